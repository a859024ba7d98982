"""Codes of coupons in templates."""

from __future__ import annotations

from django import template

from rewards import codes
from rewards.models import Coupon

register = template.Library()


@register.filter
def printed(coupon: Coupon) -> str:
    """The coupon's code as it is printed."""
    return codes.show(coupon.code, coupon.series.prefix)
