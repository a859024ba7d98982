"""What a campaign gives beside points and discounts: coupons, badges, and points for other people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from campaigns.engine.case import Case
from campaigns.engine.gates import Reason

_NOBODY: Mapping[str, Reason] = {"cashier": ("no_cashier", {}), "referrer": ("not_referred", {})}
_ZERO: Reason = ("zero_points", {})


class OtherShare(NamedTuple):
    """Points for the ``cashier`` or the ``referrer``: units by the cents that the campaign looks at."""

    to: str
    units: Callable[[int], int]


class Sides(NamedTuple):
    """Series of coupons to issue, badges, and shares of other people."""

    coupons: tuple[str, ...]
    badges: tuple[str, ...]
    shares: tuple[OtherShare, ...]

    @property
    def for_member(self) -> bool:
        """Whether some of it is for the member."""
        return bool(self.coupons or self.badges)

    def due(self, case: Case, cents: int) -> dict[str, int]:
        """Units for each of the other people who is there, the cashier first, of so many cents."""
        units: dict[str, int] = {}
        for share in self.shares:
            if is_there(share.to, case):
                units[share.to] = units.get(share.to, 0) + share.units(cents)
        return {to: units[to] for to in sorted(units) if units[to]}

    def missing(self, case: Case, cents: int) -> Reason | None:
        """Why nobody else gets anything; None when somebody does."""
        if self.due(case, cents):
            return None
        absent = [share.to for share in self.shares if not is_there(share.to, case)]
        return _NOBODY[absent[0]] if absent else _ZERO


def is_there(to: str, case: Case) -> bool:
    """Whether the cashier is named, or the member was brought by someone."""
    return bool(case.basket.cashier) if to == "cashier" else case.shopper.referred
