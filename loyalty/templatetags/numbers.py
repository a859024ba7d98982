"""How points, money and quantities look to people, in the reader's language: on the till, on paper, in the cabinet."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.utils import formats

register = template.Library()


@register.filter
def money(value: Any) -> str:
    """Money with two places and grouped thousands."""
    number = read(value)
    return "" if number is None else formats.number_format(number, 2, use_l10n=True, force_grouping=True)


@register.filter
def points(value: Any) -> str:
    """Points without a fraction of nothing: 120, 12.50."""
    number = read(value)
    if number is None:
        return ""
    places = 0 if number == number.to_integral_value() else 2
    return formats.number_format(number, places, use_l10n=True, force_grouping=True)


@register.filter
def quantity(value: Any) -> str:
    """A quantity without useless zeros and with the language's decimal sign: 2, 0.35."""
    number = read(value)
    return "" if number is None else formats.number_format(number.normalize() + 0, use_l10n=True)


@register.filter
def nonzero(value: Any) -> bool:
    """Whether a number is there and not zero."""
    return bool(read(value))


def read(value: Any) -> Decimal | None:
    """The number of a value that may be a text; None where there is none."""
    if isinstance(value, Decimal):
        return value
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
