"""The translations in ``locale/``: whether they are whole, and their compiled form."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from django.core.management import call_command
from django.core.management.commands import makemessages
from django.test.utils import override_settings

SOURCE = "en"
"""The language of the texts in the code; in every other one of ``settings.LANGUAGES`` all must be translated."""

PLACEHOLDER = re.compile(r"%\(\w+\)|\{\w*\}|%%")
"""What a text is filled in at: ``%(points)s``, ``{points}``; and the sign for percent among the former."""

DOMAIN = "django.po"
Key = tuple[str | None, str]


def find_catalogues(locale: Path) -> dict[str, Path]:
    """The ``.po`` file of each language."""
    return {path.parent.parent.name: path for path in sorted(locale.glob(f"*/LC_MESSAGES/{DOMAIN}"))}


def find_faults(locale: Path) -> Iterator[str]:
    """One sentence for each thing that is wrong with the catalogues themselves."""
    for language, path in find_catalogues(locale).items():
        catalogue = polib.pofile(str(path))
        for entry in catalogue:
            if entry.obsolete:
                continue
            if entry.fuzzy:
                yield f"{language}: only a guess so far: {entry.msgid!r}"
            elif language != SOURCE and not entry.translated():
                yield f"{language}: not translated: {entry.msgid!r}"
            elif _differs(entry):
                yield f"{language}: other placeholders than in the text: {entry.msgid!r}"
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != catalogue.to_binary():
            yield f"{language}: {compiled.name} is not what {path.name} says; run `make messages`"


def find_uncollected(locale: Path) -> Iterator[str]:
    """One sentence for each text in the code that the catalogues lack. Needs gettext's tools."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "locale"
        shutil.copytree(locale, copy)
        with override_settings(LOCALE_PATHS=[str(copy)]):
            collect(list(find_catalogues(locale)))
        for language, path in find_catalogues(locale).items():
            known = _read_keys(path)
            for _context, text in sorted(_read_keys(copy / path.relative_to(locale)) - known, key=str):
                yield f"{language}: not collected: {text!r}; run `make messages` and translate it"


def update(locale: Path, languages: list[str]) -> None:
    """Collect the texts of the code into the catalogues, and compile them."""
    collect(languages)
    for language, path in find_catalogues(locale).items():
        catalogue = polib.pofile(str(path), wrapwidth=0)
        plural = catalogue.metadata.get("Plural-Forms", "nplurals=2; plural=(n > 1);")
        catalogue.header = f"Regulars in {language}."
        catalogue.metadata_is_fuzzy = []
        catalogue.metadata = {  # nothing that changes without a text changing
            "Language": language,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Transfer-Encoding": "8bit",
            "Plural-Forms": plural,
        }
        catalogue.save()
        catalogue.save_as_mofile(str(path.with_suffix(".mo")))


def collect(languages: list[str]) -> None:
    """Bring the catalogues up to date with the texts in the code."""
    call_command(
        _Collector(),
        locale=languages,
        verbosity=0,
        no_location=True,
        no_wrap=True,
        no_obsolete=True,
        ignore_patterns=[".venv", "var", "tests", "benchmarks", "locale"],
    )


class _Collector(makemessages.Command):
    """Writes to the catalogues that the settings name alone: Django would take those beside the code first."""

    def find_files(self, root: str) -> list[Any]:
        self.locale_paths = [str(self.default_locale_path)]
        return super().find_files(root)


def _differs(entry: polib.POEntry) -> bool:
    """Whether a translation is filled in at other places than its text; what is missing is not looked at."""
    wanted = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    texts = entry.msgstr_plural.values() if entry.msgid_plural else (entry.msgstr,)
    return any(sorted(PLACEHOLDER.findall(text)) != wanted for text in texts if text)


def _read_keys(path: Path) -> set[Key]:
    return {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(path)) if not entry.obsolete}
