"""How numbers look on the till's screen and on paper, in the reader's language."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.utils import formats

from pos.till import basket

register = template.Library()


@register.filter
def money(value: Any) -> str:
    """Money with two places and grouped thousands."""
    number = _read(value)
    return "" if number is None else formats.number_format(number, 2, use_l10n=True, force_grouping=True)


@register.filter
def points(value: Any) -> str:
    """Points without a fraction of nothing: 120, 12.50."""
    number = _read(value)
    if number is None:
        return ""
    places = 0 if number == number.to_integral_value() else 2
    return formats.number_format(number, places, use_l10n=True, force_grouping=True)


@register.filter
def quantity(value: Any) -> str:
    """A quantity without useless zeros and with the language's decimal sign: 2, 0.35."""
    number = _read(value)
    return "" if number is None else formats.number_format(number.normalize() + 0, use_l10n=True)


@register.simple_tag(takes_context=True)
def basket_id(context: template.Context) -> str:
    """The id of the session's basket, for the scans that are made for it."""
    return basket.read(context["request"].session).id


@register.filter
def nonzero(value: Any) -> bool:
    """Whether a number is there and not zero."""
    return bool(_read(value))


@register.filter
def binding(limits: Any) -> list[Any]:
    """The limit that decides how much may be spent; when that is the least sum or the step, also what it came from."""
    lowest = sorted(limits or (), key=lambda limit: _read(limit["max"]) or Decimal(0))
    return lowest[: 2 if lowest and lowest[0]["code"] in ("min_points", "step") else 1]


def _read(value: Any) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
