"""What a holder may do with an account: own it, spend, spend so much a day, or only earn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from foundation.refusals import Fault, Invalid
from loyalty.models import Holder
from members.bounds import POINTS, read_number

OWNER, SPENDS, LIMITED, EARNS = "owner", "spends", "limited", "earns"
#: The roles that an owner can give, and how they are called.
NAMES: dict[str, Any] = {
    SPENDS: gettext_lazy("may spend"),
    LIMITED: gettext_lazy("may spend up to a limit a day"),
    EARNS: gettext_lazy("may only earn"),
}


class Given(Protocol):
    """Whatever keeps rights: a holder, or an invitation."""

    @property
    def may_redeem(self) -> bool: ...
    @property
    def daily_limit(self) -> Decimal | None: ...


class Rights(NamedTuple):
    """The right to spend from an account: not at all, up to ``a_day`` points a day of the programme, or freely."""

    may_spend: bool = True
    a_day: Decimal | None = None

    @property
    def role(self) -> str:
        """Which of the roles it is."""
        if not self.may_spend:
            return EARNS
        return SPENDS if self.a_day is None else LIMITED


def of(given: Given) -> Rights:
    """The rights that a holder has, or that somebody is invited with."""
    return Rights(given.may_redeem, given.daily_limit)


def role_of(holder: Holder) -> str:
    """Which of the four a holder is."""
    return OWNER if holder.role == Holder.Role.OWNER else of(holder).role


def read(role: str, a_day: str, places: int) -> Rights:
    """The rights that a form says; ``places`` are those of the programme's points.

    Raises ``Invalid`` for a role that is none, or a limit that is missing or no number of points.
    """
    if role not in NAMES:
        raise Invalid(Fault("role", "unknown", _("Choose what they may do.")))
    if role != LIMITED:
        return Rights(role == SPENDS)
    points = read_number(a_day.strip().replace(",", "."))
    if points is None or points <= 0:
        raise Invalid(Fault("a_day", "invalid", _("Say how many points a day: a number above zero.")))
    if points != round(points, places):
        detail = _("Points of this programme have %(places)s decimals.") % {"places": places}
        raise Invalid(Fault("a_day", "too_fine", detail))
    if points >= POINTS.below:
        raise Invalid(Fault("a_day", "too_much", _("That is more points than anybody can have.")))
    return Rights(True, points)
