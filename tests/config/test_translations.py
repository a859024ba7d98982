"""The check of the translations: what it lets pass, and what it names."""

from __future__ import annotations

import shutil
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation

from campaigns.words import wording
from config import translations


def write(locale: Path, *entries: polib.POEntry) -> None:
    """A Russian catalogue of these entries, compiled."""
    folder = locale / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "ru"}
    catalogue.extend(entries)
    catalogue.save(str(folder / "django.po"))
    catalogue.save_as_mofile(str(folder / "django.mo"))


def forms(*texts: str) -> polib.POEntry:
    """Points in the forms of a plural."""
    entry = polib.POEntry(msgid="%(n)s point", msgid_plural="%(n)s points")
    entry.msgstr_plural = dict(enumerate(texts))
    return entry


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (polib.POEntry(msgid="Find", msgstr="Найти"), None),
        (polib.POEntry(msgid="Find", msgstr=""), "not translated"),
        (polib.POEntry(msgid="Find", msgstr="Найти", flags=["fuzzy"]), "only a guess"),
        (polib.POEntry(msgid="Find %(name)s", msgstr="Найти: %(name)s"), None),
        (polib.POEntry(msgid="Find %(name)s", msgstr="Найти"), "other placeholders"),
        (polib.POEntry(msgid="Find %(name)s", msgstr="Найти %(nome)s"), "other placeholders"),
        (polib.POEntry(msgid="{points} of {of}", msgstr="{points} из {из}"), "other placeholders"),
        (polib.POEntry(msgid="%(n)s%% of it", msgstr="%(n)s% этого"), "other placeholders"),
        (forms("%(n)s балл", "%(n)s балла", "%(n)s баллов"), None),
        (forms("%(n)s балл", "", "%(n)s баллов"), "not translated"),
        (forms("%(n)s балл", "балла", "%(n)s баллов"), "other placeholders"),
    ],
)
def test_a_fault_is_named_once_with_its_text(tmp_path: Path, entry: polib.POEntry, fault: str | None) -> None:
    write(tmp_path, entry)
    found = list(translations.find_faults(tmp_path))
    assert len(found) == (1 if fault else 0)
    assert fault is None or (fault in found[0] and repr(entry.msgid) in found[0])


def test_a_compiled_catalogue_that_says_something_else_is_named(tmp_path: Path) -> None:
    write(tmp_path, polib.POEntry(msgid="Find", msgstr="Найти"))
    path = tmp_path / "ru" / "LC_MESSAGES" / "django.po"
    path.write_text(path.read_text(encoding="utf-8").replace("Найти", "Искать"), encoding="utf-8")
    assert list(translations.find_faults(tmp_path)) == [
        "ru: django.mo is not what django.po says; run `make messages`"
    ]


def test_our_own_catalogues_are_whole() -> None:
    assert list(translations.find_faults(Path(settings.LOCALE_PATHS[0]))) == []


def test_a_reason_is_told_in_the_language_of_whoever_reads_it() -> None:
    with translation.override("en"):
        english = wording.reason("outside_hours", {"hours": "13:00–15:00"})
    with translation.override("ru"):
        russian = wording.reason("outside_hours", {"hours": "13:00–15:00"})
    assert (english, russian) == ("only at 13:00–15:00", "только в часы 13:00–15:00")


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs gettext")
def test_a_text_that_is_not_collected_is_named_and_the_catalogues_stay_as_they_are(tmp_path: Path) -> None:
    source = Path(settings.LOCALE_PATHS[0])
    locale = tmp_path / "locale"
    shutil.copytree(source, locale)
    path = locale / "ru" / "LC_MESSAGES" / "django.po"
    catalogue = polib.pofile(str(path))
    catalogue.remove(catalogue.find("Open the till"))
    catalogue.save()
    before = path.read_bytes(), (source / path.relative_to(locale)).read_bytes()

    found = list(translations.find_uncollected(locale))  # others may be missing too
    assert "ru: not collected: 'Open the till'; run `make messages` and translate it" in found
    assert (path.read_bytes(), (source / path.relative_to(locale)).read_bytes()) == before
