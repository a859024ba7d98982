"""Phone numbers: brought into E.164 form as people of a country mean them, named by country, and masked.

A number without ``+`` or ``00`` is tried as one of the country first (``country``: two letters, of the store,
partner or programme where it is said), then as an international one. A number counts only if the numbering
plan of its country has it; what was kept under older, laxer rules can still be found (``spellings``).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import phonenumbers

MOST_CHARACTERS = 40
COUNTRIES: frozenset[str] = frozenset(phonenumbers.SUPPORTED_REGIONS)
_SEPARATORS = re.compile(r"[\s().\-/\u2010-\u2015\u2212\u00a0]+")
_DIGITS = re.compile(r"\+?[0-9]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
#: Where a number is dialled with 8 before it, people write +8 for it; what it reads as lies in Asia.
_TRUNK_8 = frozenset({"RU", "KZ"})
_PLUS_8 = re.compile(r"\+8[0-9]{10}")


class Phone(NamedTuple):
    """What a text is as a phone: a valid ``number`` in E.164 form, or None and perhaps what was ``meant``."""

    number: str | None
    meant: str | None = None


def read(text: str, country: str) -> Phone:
    """The phone that a text is where people of ``country`` say it. ``country`` may be empty."""
    plain = _plain(text)
    if plain is None:
        return Phone(None)
    if not plain.startswith("+"):
        return Phone(_valid(plain, country) or _valid(f"+{plain}", ""))
    if country in _TRUNK_8 and _PLUS_8.fullmatch(plain) and not _is_dialled(text):
        meant = _valid(plain[1:], country)
        if meant is not None:
            return Phone(None, meant)
    number = _valid(plain, "")
    return Phone(number) if number else Phone(None, _valid(plain[1:], country))


def parse(text: str, country: str = "") -> str | None:
    """The number in E.164 form, None when the text is no phone; see ``read``."""
    return read(text, country).number


def is_national(text: str, country: str) -> bool:
    """Whether a text is a number as people of the country say it among themselves."""
    plain = _plain(text)
    return (
        plain is not None
        and not plain.startswith("+")
        and bool(country)
        and _valid(plain, country) is not None
    )


def is_international(text: str) -> bool:
    """Whether a text is written as an international number, right or wrong."""
    plain = _plain(text)
    return plain is not None and plain.startswith("+")


def spellings(text: str, country: str) -> tuple[str, ...]:
    """Under which numbers somebody who says this may be kept, the likeliest first; none when it is no phone.

    Those that no numbering plan has are among them: they were taken before it was asked.
    """
    plain = _plain(text)
    if plain is None:
        return ()
    if plain.startswith("+"):
        return (plain,) if _E164.fullmatch(plain) else ()
    national, abroad = _valid(plain, country), _valid(f"+{plain}", "")
    if national is None and abroad is not None:
        return (abroad,)
    found = (national,) if national else ()
    return (*found, f"+{plain}") if abroad is None and _E164.fullmatch(f"+{plain}") else found


def spell(text: str, country: str) -> str | None:
    """A number as receipts up to version 1 have it in their fingerprint: whether it is one was hardly asked."""
    plain = _SEPARATORS.sub("", text)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not plain.startswith("+"):
        plain = (_possible(plain, country) if country else None) or "+" + plain
    return plain if _E164.fullmatch(plain) else None


def country_of(number: str) -> str:
    """The country of a number in E.164 form, two letters; empty where it is of none."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
    except phonenumbers.NumberParseException:
        return ""


def show(number: str) -> str:
    """A number in E.164 form as people write it: ``+7 916 123-45-45``."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def mask(phone: str) -> str:
    """``+79161234545`` as ``+79•••••••45``: enough to recognise, too little to call."""
    return f"{phone[:3]}{'•' * (len(phone) - 5)}{phone[-2:]}"


def _plain(text: str) -> str | None:
    """Digits, with a plus before an international number; None for what cannot be a phone."""
    if len(text) > MOST_CHARACTERS:
        return None
    plain = _SEPARATORS.sub("", text)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    return plain if _DIGITS.fullmatch(plain) else None


def _is_dialled(text: str) -> bool:
    """Whether the number is written as it is dialled abroad, so that its first digits are a country's for sure."""
    return _SEPARATORS.sub("", text).startswith("00")


@lru_cache(maxsize=1024)
def _valid(digits: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(digits, country or None)
    except phonenumbers.NumberParseException:
        return None
    return _e164(number) if phonenumbers.is_valid_number(number) else None


def _possible(digits: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    return _e164(number) if phonenumbers.is_possible_number(number) else None


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
