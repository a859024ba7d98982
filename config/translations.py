"""The translations in ``locale/``: whether they are whole, and their compiled form.

The languages of the staff hold every text; a language of members alone holds what they may read, and nothing else
(``config.member_texts``).
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.commands import makemessages
from django.test.utils import override_settings

from config import languages
from config.member_texts import Texts

SOURCE = "en"
"""The language of the texts in the code; into every other one of ``settings.LANGUAGES`` they must be translated."""

PLACEHOLDER = re.compile(r"%\(\w+\)|\{\w*\}|%%")
"""What a text is filled in at: ``%(points)s``, ``{points}``; and the sign for percent among the former."""

TYPED = {"fr": re.compile(r"\w'\w|\S [:;?!»]|« |\S %(?!\()")}
"""What is typed otherwise than it is printed: a straight apostrophe, and a space where no line may break."""

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
            elif entry.msgid_plural and len(entry.msgstr_plural) != _count_forms(catalogue):
                yield f"{language}: not as many forms of the plural as the language has: {entry.msgid!r}"
            elif language in TYPED and TYPED[language].search(" ".join(_texts(entry))):
                yield f"{language}: typed, not printed (’ and spaces that do not break): {entry.msgid!r}"
        compiled = path.with_suffix(".mo")
        if not compiled.exists() or compiled.read_bytes() != catalogue.to_binary():
            yield f"{language}: {compiled.name} is not what {path.name} says; run `make messages`"


def find_uncollected(locale: Path) -> Iterator[str]:
    """One sentence for each text in the code that the catalogues lack, and for each that a language of members has in
    vain. Needs gettext's tools."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "locale"
        shutil.copytree(locale, copy)
        with override_settings(LOCALE_PATHS=[str(copy)]):
            collect(copy)
        for language, path in find_catalogues(locale).items():
            known, wanted = _read_keys(path), _read_keys(copy / path.relative_to(locale))
            for _context, text in sorted(wanted - known, key=str):
                yield f"{language}: not collected: {text!r}; run `make messages` and translate it"
            if language not in languages.STAFF:
                for _context, text in sorted(known - wanted, key=str):
                    yield f"{language}: nothing that members read: {text!r}; run `make messages`"


def update(locale: Path) -> None:
    """Collect the texts of the code into the catalogues, and compile them."""
    collect(locale)
    for path in find_catalogues(locale).values():
        _open(path).save_as_mofile(str(path.with_suffix(".mo")))


def collect(locale: Path) -> None:
    """Bring the catalogues in ``locale`` up to date with the texts in the code."""
    call_command(
        _Collector(),
        locale=[code for code in languages.STAFF if code != SOURCE],
        verbosity=0,
        no_wrap=True,
        no_obsolete=True,
        ignore_patterns=[".venv", "var", "tests", "benchmarks", "locale"],
    )
    texts = Texts(Path(settings.BASE_DIR))
    found = find_catalogues(locale)
    whole = _open(found[next(code for code in languages.STAFF if code != SOURCE)])
    for language, path in found.items():
        catalogue = _open(path)
        if language not in languages.STAFF:
            _keep_alone(catalogue, [entry for entry in whole if texts.hold(_places(entry))])
        _save(catalogue, language)


def _keep_alone(catalogue: polib.POFile, wanted: list[polib.POEntry]) -> None:
    """Have the catalogue hold these texts, with its own translations of them."""
    told = {_key(entry): entry for entry in catalogue if not entry.obsolete}
    catalogue.clear()
    for entry in wanted:
        known = told.get(_key(entry))
        flags = [flag for flag in entry.flags if flag != "fuzzy"] + (
            ["fuzzy"] if known and known.fuzzy else []
        )
        catalogue.append(
            polib.POEntry(
                msgctxt=entry.msgctxt,
                msgid=entry.msgid,
                msgid_plural=entry.msgid_plural,
                comment=entry.comment,
                flags=flags,
                msgstr=known.msgstr if known else "",
                msgstr_plural=_plurals(known, catalogue) if entry.msgid_plural else {},
            )
        )


def _plurals(known: polib.POEntry | None, catalogue: polib.POFile) -> dict[int, str]:
    told = known.msgstr_plural if known else {}
    return {form: told.get(form, "") for form in range(_count_forms(catalogue))}


def _open(path: Path) -> polib.POFile:
    return polib.pofile(str(path), wrapwidth=0)


def _save(catalogue: polib.POFile, language: str) -> None:
    """Write the catalogue without anything that changes without a text changing."""
    plural = catalogue.metadata.get("Plural-Forms", "nplurals=2; plural=(n > 1);")
    catalogue.header = f"Regulars in {language}."
    catalogue.metadata_is_fuzzy = []
    catalogue.metadata = {
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": plural,
    }
    for entry in catalogue:
        entry.occurrences = []
    catalogue.save()


def _count_forms(catalogue: polib.POFile) -> int:
    """How many forms of the plural a language has, by the head of its catalogue."""
    found = re.search(r"nplurals\s*=\s*(\d+)", catalogue.metadata.get("Plural-Forms", ""))
    return int(found[1]) if found else 2


def _places(entry: polib.POEntry) -> list[tuple[str, int]]:
    return [(file.removeprefix("./"), int(line or 0)) for file, line in entry.occurrences]


class _Collector(makemessages.Command):
    """Writes to the catalogues that the settings name alone: Django would take those beside the code first."""

    def find_files(self, root: str) -> list[Any]:
        self.locale_paths = [str(self.default_locale_path)]
        return super().find_files(root)


def _differs(entry: polib.POEntry) -> bool:
    """Whether a translation is filled in at other places than its text; what is missing is not looked at."""
    wanted = sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    return any(sorted(PLACEHOLDER.findall(text)) != wanted for text in _texts(entry) if text)


def _texts(entry: polib.POEntry) -> list[str]:
    """A translation in all its forms."""
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def _read_keys(path: Path) -> set[Key]:
    return {_key(entry) for entry in polib.pofile(str(path)) if not entry.obsolete}


def _key(entry: polib.POEntry) -> Key:
    return entry.msgctxt, entry.msgid
