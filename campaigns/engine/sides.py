"""What a campaign gives beside points and discounts: coupons, badges, and points for other people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from campaigns.engine.effects import Unit

_PEOPLE = {"staff_points": "cashier", "referrer_points": "referrer"}


class Share(NamedTuple):
    """Points for the ``cashier`` or the ``referrer``: units by the cents that the campaign looks at."""

    to: str
    units: Callable[[int], int]


class Sides(NamedTuple):
    """Series of coupons to issue, badges, and shares of other people."""

    coupons: tuple[str, ...]
    badges: tuple[str, ...]
    shares: tuple[Share, ...]

    @property
    def for_member(self) -> bool:
        """Whether some of it is for the member."""
        return bool(self.coupons or self.badges)


def compile_sides(what: Sequence[Mapping[str, Any]], unit: Unit) -> Sides | None:
    """The side effects of a campaign; None when it has none."""
    coupons = tuple(effect["series"] for effect in what if effect["effect"] == "issue_coupon")
    badges = tuple(effect["code"] for effect in what if effect["effect"] == "badge")
    shares = tuple(_share(effect, unit) for effect in what if effect["effect"] in _PEOPLE)
    return Sides(coupons, badges, shares) if coupons or badges or shares else None


def _share(effect: Mapping[str, Any], unit: Unit) -> Share:
    to = _PEOPLE[effect["effect"]]
    if "percent" in effect:
        return Share(to, unit.share(effect["percent"]))
    units = unit.units(effect["points"])
    return Share(to, lambda cents: units)
