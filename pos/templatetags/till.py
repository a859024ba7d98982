"""What the till's templates say of numbers, limits and the basket."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template

from loyalty.templatetags import numbers
from pos.till import basket

register = template.Library()


for shown in (numbers.money, numbers.points, numbers.quantity, numbers.nonzero):
    register.filter(shown)


@register.simple_tag(takes_context=True)
def basket_id(context: template.Context) -> str:
    """The id of the session's basket, for the scans that are made for it."""
    return basket.read(context["request"].session).id


@register.filter
def binding(limits: Any) -> list[Any]:
    """The limit that decides how much may be spent; when that is the least sum or the step, also what it came from."""
    lowest = sorted(limits or (), key=lambda limit: numbers.read(limit["max"]) or Decimal(0))
    return lowest[: 2 if lowest and lowest[0]["code"] in ("min_points", "step") else 1]
