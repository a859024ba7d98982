"""Figures of tables and cards in the reader's language.

A story tells its amounts as the API does, as texts with a decimal point; so do events. Nobody reads them so.
"""

from __future__ import annotations

import re
from decimal import Decimal

from django.utils.formats import get_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

_PLAIN = re.compile(r"-?\d{1,18}(\.\d{1,18})?")


def amount(value: object) -> str:
    """A number with the places that it has, in the language's signs; anything else as it is, None as nothing."""
    text = "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)
    if not _PLAIN.fullmatch(text):
        return text
    places = len(text.partition(".")[2])
    return str(number_format(Decimal(text), places, use_l10n=True, force_grouping=True))


def typed(text: str) -> str:
    """A number as somebody types it: with the language's decimal sign, its thousands together."""
    return text.replace(".", get_format("DECIMAL_SEPARATOR")) if _PLAIN.fullmatch(text) else text


def earned(points: Decimal, given: bool) -> SafeString:
    """Points of a purchase: struck out where nobody has them, not yet or no more."""
    return format_html("{}" if given else '<s class="regulars-soft">{}</s>', amount(points))
