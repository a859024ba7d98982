"""Countries by their two letters: by whose rules phones are read, and what they are called."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from members.lookup.phones import COUNTRIES


def name(code: str) -> str:
    """The country's name in the language of the moment; the code itself where it has none."""
    try:
        locale = Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return str(locale.territories.get(code, code))


def choices() -> list[tuple[str, str]]:
    """Every country whose phones can be read, with its name, by name."""
    return sorted(((code, name(code)) for code in COUNTRIES), key=lambda pair: pair[1])


def validate(code: str) -> None:
    """Refuse what is no country of two letters."""
    if code not in COUNTRIES:
        detail = _("“%(code)s” is no country: give its two letters, like RU or US.")
        raise ValidationError(detail, params={"code": code})
