"""The check of the translations: what it lets pass, and what it names."""

from __future__ import annotations

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import ngettext

from campaigns.words import wording
from config import translations
from config.member_texts import Texts
from loyalty.templatetags import numbers

LOCALE = Path(settings.LOCALE_PATHS[0])


def write(locale: Path, *entries: polib.POEntry, language: str = "ru") -> None:
    """A catalogue of these entries, compiled."""
    folder = locale / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue = polib.POFile()
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Language": language,
        "Plural-Forms": "nplurals=3; plural=(n % 3);",
    }
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
        (forms("%(n)s балл", "%(n)s балла"), "not as many forms"),
    ],
)
def test_a_fault_is_named_once_with_its_text(tmp_path: Path, entry: polib.POEntry, fault: str | None) -> None:
    write(tmp_path, entry)
    found = list(translations.find_faults(tmp_path))
    assert len(found) == (1 if fault else 0)
    assert fault is None or (fault in found[0] and repr(entry.msgid) in found[0])


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("D'ici", True), ("D’ici", False), ("Qui ?", True), ("Qui\u202f?", False), ("Filtre : tout", True),
        ("« oui\u00a0»", True), ("%(share)s %% du ticket", True), ("avec %(points)s points", False),
    ],
)  # fmt: skip
def test_french_is_written_as_it_is_printed(tmp_path: Path, text: str, typed: bool) -> None:
    write(tmp_path, polib.POEntry(msgid=text, msgstr=text), language="fr")
    assert bool(list(translations.find_faults(tmp_path))) is typed


def test_a_compiled_catalogue_that_says_something_else_is_named(tmp_path: Path) -> None:
    write(tmp_path, polib.POEntry(msgid="Find", msgstr="Найти"))
    path = tmp_path / "ru" / "LC_MESSAGES" / "django.po"
    path.write_text(path.read_text(encoding="utf-8").replace("Найти", "Искать"), encoding="utf-8")
    assert list(translations.find_faults(tmp_path)) == [
        "ru: django.mo is not what django.po says; run `make messages`"
    ]


def test_our_own_catalogues_are_whole_the_french_of_what_members_read_among_them() -> None:
    assert set(translations.find_catalogues(LOCALE)) == {code for code, _name in settings.LANGUAGES} - {"en"}
    assert list(translations.find_faults(Path(settings.LOCALE_PATHS[0]))) == []


def test_a_reason_is_told_in_the_language_of_whoever_reads_it() -> None:
    with translation.override("en"):
        english = wording.reason("outside_hours", {"hours": "13:00–15:00"})
    with translation.override("ru"):
        russian = wording.reason("outside_hours", {"hours": "13:00–15:00"})
    assert (english, russian) == ("only at 13:00–15:00", "только в часы 13:00–15:00")


SENTENCES = {
    "en": ("from 1234.50 on, and the receipt comes to 9.90", "1,234.50", "12.50", "2026-11-30"),
    "ru": ("от 1234,50, а чек на 9,90", "1\xa0234,50", "12,50", "30.11.2026"),
    "fr": ("à partir de 1234,50, et le ticket fait 9,90", "1\u202f234,50", "12,50", "30/11/2026"),
}


@pytest.mark.parametrize("language", SENTENCES)
def test_reasons_money_points_and_days_look_as_the_language_writes_them(language: str) -> None:
    with translation.override(language):
        reason = wording.reason(
            "amount_too_low", {"at_least": Decimal("1234.50"), "amount": Decimal("9.90")}, language
        )
        money, points = numbers.money(Decimal("1234.5")), numbers.points(Decimal("12.5"))
        day = date_format(date(2026, 11, 30), "DATE_FORMAT")
    assert (reason, money, points, day) == SENTENCES[language]


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 campagne ne s’est pas appliquée"),
        (1, "1 campagne ne s’est pas appliquée"),
        (2, "2 campagnes ne se sont pas appliquées"),
    ],
)
def test_none_is_singular_in_french(count: int, told: str) -> None:
    with translation.override("fr"):
        text = ngettext("%(count)s campaign did not apply", "%(count)s campaigns did not apply", count)
    assert text % {"count": count} == told


def lay(root: Path, **files: str) -> Texts:
    """A small house of these files; its texts."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_html", ".html")
        path = path if path.suffix else path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Texts(root)


def test_members_read_what_the_cabinet_reaches_and_what_is_sent_to_them_and_nothing_else(
    tmp_path: Path,
) -> None:
    texts = lay(
        tmp_path,
        cabinet__home="from loyalty import moves\nrender('cabinet/home.html')",
        loyalty__moves="import rewards.gifts",
        rewards__gifts="",
        rewards__letters="from members import delivery",
        rewards__desk="",
        members__delivery="",
        backoffice__admin="from loyalty import moves\nfrom members import delivery",
        templates__cabinet__home_html="{% extends 'plain.html' %}{% load sums %}",
        templates__plain_html="",
        templates__admin_html="",
        loyalty__templatetags__sums="",
    )

    assert texts.files == {
        "cabinet/home.py", "loyalty/moves.py", "rewards/gifts.py", "rewards/letters.py", "members/delivery.py",
        "templates/cabinet/home.html", "templates/plain.html", "loyalty/templatetags/sums.py",
    }  # fmt: skip


def test_of_a_table_members_read_the_words_for_states_and_no_names_of_columns(tmp_path: Path) -> None:
    texts = lay(
        tmp_path,
        members__models="class One:\n    class Kind(TextChoices):\n        A = 'a', _('a')\n    name = _('n')\n",
    )

    assert texts.hold([("members/models.py", 3)])
    assert not texts.hold([("members/models.py", 4)])
    assert texts.hold([("backoffice/admin.py", 1), ("members/models.py", 3)])


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs gettext")
def test_a_text_that_is_not_collected_is_named_and_the_catalogues_stay_as_they_are(tmp_path: Path) -> None:
    source = Path(settings.LOCALE_PATHS[0])
    locale = tmp_path / "locale"
    shutil.copytree(source, locale)
    path = locale / "ru" / "LC_MESSAGES" / "django.po"
    catalogue = polib.pofile(str(path))
    catalogue.remove(catalogue.find("Open the till"))
    catalogue.save()
    french = polib.pofile(str(locale / "fr" / "LC_MESSAGES" / "django.po"))
    french.remove(french.find("To my card"))
    french.append(polib.POEntry(msgid="Open the till", msgstr="Ouvrir la caisse"))
    french.save()
    before = path.read_bytes(), (source / path.relative_to(locale)).read_bytes()

    found = list(translations.find_uncollected(locale))  # others may be missing too
    assert "ru: not collected: 'Open the till'; run `make messages` and translate it" in found
    assert "fr: not collected: 'To my card'; run `make messages` and translate it" in found
    assert "fr: nothing that members read: 'Open the till'; run `make messages`" in found
    assert (path.read_bytes(), (source / path.relative_to(locale)).read_bytes()) == before
