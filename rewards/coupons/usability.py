"""Whether coupons can be used: a rule over plain values, the same for a quote and a sale.

Decided from dates, counters and holders as they are read, never from a coupon's label: a job that runs
late lets nobody use an expired coupon, and a sale that comes late is judged by its own time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

UNKNOWN: Final = "unknown"
REVOKED: Final = "revoked"
NOT_YET: Final = "not_yet"
EXPIRED: Final = "expired"
NOT_YOURS: Final = "not_yours"
MEMBER_REQUIRED: Final = "member_required"
USED_UP: Final = "used_up"
MEMBER_LIMIT: Final = "member_limit"
TOTAL_LIMIT: Final = "total_limit"
NOT_COMBINABLE: Final = "not_combinable"


@dataclass(frozen=True, slots=True)
class Held:
    """A coupon as it is stored, with its series and how far the limits are used.

    ``opens`` and ``closes`` are the first and the last second of the window, by the programme's clock,
    None without a bound. A limit that is None does not exist; ``uses_of_member`` are those of whoever shows
    the coupon. ``version`` counts the changes of the series.
    """

    id: int
    code: str
    state: str
    member_id: UUID | None
    uses: int
    most: int | None
    opens: datetime | None
    closes: datetime | None
    series_id: int
    series: str
    good_for: str
    offer: str
    active: bool
    combinable: bool
    uses_of_member: int
    most_per_member: int | None
    uses_in_all: int
    most_in_all: int | None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """A coupon as it was shown, and whether it can be used.

    ``code`` is what the client sent, ``kept`` the code in its one form. ``reason`` is empty for a usable
    coupon, otherwise one of this module's words. An unknown code has no ``id``; nothing is said of a
    coupon that is another member's but that.
    """

    code: str
    kept: str
    reason: str = ""
    id: int = 0
    series_id: int = 0
    series: str = ""
    good_for: str = ""
    offer: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    version: int = 0

    @property
    def usable(self) -> bool:
        """Whether the coupon can be used."""
        return not self.reason

    @property
    def text(self) -> str:
        """Why it cannot be used, for people."""
        return explain(self)


def judge(shown: Iterable[tuple[str, str, Held | None]], member_id: UUID | None, at: datetime) -> list[Found]:
    """Judge coupons in the order in which they were shown: (code as shown, its one form, what is stored).

    What an earlier one takes is gone for the later ones: of limits, and of being the only one.
    """
    judged: list[Found] = []
    taken: dict[int, int] = {}
    alone = False
    for code, kept, held in shown:
        if held is None or held.state == "waiting":
            judged.append(Found(code, kept, UNKNOWN))
            continue
        reason = _of_itself(held, member_id, at) or _of_limits(held, taken.get(held.series_id, 0))
        if not reason and taken and (alone or not held.combinable):
            reason = NOT_COMBINABLE
        if not reason:
            taken[held.series_id] = taken.get(held.series_id, 0) + 1
            alone = alone or not held.combinable
        if reason == NOT_YOURS:
            judged.append(Found(code, kept, reason))
            continue
        judged.append(
            Found(code, kept, reason, held.id, held.series_id, held.series, held.good_for, held.offer,
                  held.opens, held.closes, held.version)
        )  # fmt: skip
    return judged


def _of_itself(held: Held, member_id: UUID | None, at: datetime) -> str:
    if held.member_id is not None and held.member_id != member_id:
        return NOT_YOURS
    if held.state == "revoked" or not held.active:
        return REVOKED
    if held.opens is not None and at < held.opens:
        return NOT_YET
    if held.closes is not None and at > held.closes:
        return EXPIRED
    if held.most is not None and held.uses >= held.most:
        return USED_UP
    return MEMBER_REQUIRED if held.most_per_member is not None and member_id is None else ""


def _of_limits(held: Held, taken: int) -> str:
    if held.most_per_member is not None and held.uses_of_member + taken >= held.most_per_member:
        return MEMBER_LIMIT
    if held.most_in_all is not None and held.uses_in_all + taken >= held.most_in_all:
        return TOTAL_LIMIT
    return ""


def explain(found: Found) -> str:
    """Why a coupon cannot be used, in words for a cashier and a customer. Empty for a usable one."""
    match found.reason:
        case "":
            return ""
        case "revoked":
            return _("The coupon is no longer in force.")
        case "not_yet":
            assert found.opens is not None
            return _("The coupon is valid from %(date)s.") % {"date": _day(found.opens)}
        case "expired":
            assert found.closes is not None
            return _("The coupon was valid until %(date)s.") % {"date": _day(found.closes)}
        case "not_yours":
            return _("The coupon was given to somebody else.")
        case "member_required":
            return _("The coupon is for members: show the card.")
        case "used_up":
            return _("The coupon was used already.")
        case "member_limit":
            return _("The member has used as many coupons of this kind as allowed.")
        case "total_limit":
            return _("All coupons of this kind have been used.")
        case "not_combinable":
            return _("This coupon does not go together with the others.")
        case _:
            return _("There is no coupon “%(code)s”.") % {"code": found.code}


def _day(moment: datetime) -> str:
    return date_format(moment, "SHORT_DATE_FORMAT")
