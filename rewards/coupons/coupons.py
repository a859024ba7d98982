"""Coupons on receipts: found, used, confirmed, given back.

Every limit is held twice. A use is written by conditional updates that count only below the limit, and
each counter stands in a row with its cap, which a check constraint holds. Nothing rests on what was read
before: of many tills that found the same coupon usable, exactly as many use it as it has uses left; the
others are refused.

A sale reads the coupons with everything else and uses them in its one write statement
(``coupon_statements.shown`` and ``USE``), so a coupon costs no round trip; ``find`` and ``use`` do the same by
themselves.

Locks, always in this order, after the receipt and the account, which are the caller's, and the receipt's
uses:

1. the series, in the order of their ids, FOR KEY SHARE: this keeps no sale from another, but makes whoever
   changes a series' limits (``rewards.coupons.series``, FOR UPDATE) wait for the sales under way, and them for it;
2. the coupons, in the order of their ids; those without a limit of their own are not locked at all;
3. the members' counters, in the order of their series; only where a member's uses are limited;
4. the totals of the series, in the order of their ids: the hottest rows, so the last ones, held until the
   caller commits; only where the uses in all are limited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from foundation import prepared
from foundation.refusals import Refused
from loyalty.ledger import ledger
from members.models import new_id
from members.timeline import events
from members.timeline.events import EventRow
from rewards import codes
from rewards.coupons import statements, usability
from rewards.coupons.usability import Found, Held
from rewards.models import Coupon


class UseRow(NamedTuple):
    """A row of ``CouponUse`` to be written. ``version`` is that of the series as it was read."""

    id: UUID
    coupon_id: int
    series_id: int
    version: int
    receipt_id: UUID
    member_id: UUID | None
    state: str
    at: datetime


def find(programme_id: int, shown: Sequence[str], member_id: UUID | None, at: datetime) -> list[Found]:
    """What the codes mean that were shown together, each judged as of ``at``. One statement, no lock.

    The answer has one entry for each different code, in the order shown: a code scanned twice is one
    coupon. ``member_id`` is whoever buys, None for an anonymous shopper.
    """
    known = kept(shown)
    params = {"programme": programme_id, "codes": known, "member": member_id}
    held = [_read(row) for row in prepared.run(statements.FIND, params)] if known else []
    return judge(shown, held, member_id, at)


def kept(shown: Sequence[str]) -> list[str]:
    """The codes that were shown in their one form, without what can be no code."""
    return [code for code in map(codes.normalise, shown) if code]


def judge(
    shown: Sequence[str],
    held: Iterable[Held],
    member_id: UUID | None,
    at: datetime,
    zone: tzinfo | None = None,
) -> list[Found]:
    """As ``find``, of coupons that were read before. With a ``zone`` windows are told by its clock."""
    asked: dict[str, tuple[str, str]] = {}
    for code in shown:
        one = codes.normalise(code)
        asked.setdefault(one or code, (code, one))
    if zone is not None:
        held = [_told_in(one, zone) for one in held]
    known = {one.code: one for one in held}
    return usability.judge(((code, one, known.get(one)) for code, one in asked.values()), member_id, at)


class Mine(NamedTuple):
    """A coupon of a member: what it is called, whether it goes with others, and what was found of it."""

    name: str
    combinable: bool
    found: Found


def usable_by(member_id: UUID, programme_id: int, at: datetime, most: int) -> list[Mine]:
    """What a member can use of the coupons issued to them, or will be able to when their day comes: those that end
    first before the others, each judged by itself as of ``at``. One statement."""
    params = {"programme": programme_id, "member": member_id, "most": most, "at": at}
    mine = []
    for row in prepared.run(statements.FIND_OF_MEMBER, params):
        name, held = row.pop("name"), _read(row)
        [found] = usability.judge([(held.code, held.code, held)], member_id, at)
        if found.usable or found.reason == usability.NOT_YET:
            mine.append(Mine(name, held.combinable, found))
    return sorted(mine, key=lambda one: (one.found.closes is None, one.found.closes or at, one.found.code))


def of_member(member_id: UUID, at: datetime, most: int = 30) -> list[tuple[Coupon, Found]]:
    """The coupons that were issued to a member, the newest first, each judged by itself as of ``at``.

    Two statements. A coupon's series and its programme are read along.
    """
    rows = Coupon.objects.filter(member_id=member_id).select_related("series__programme").order_by("-id")
    coupons = {coupon.pk: coupon for coupon in rows[:most]}
    held = {
        row["id"]: _read(row)
        for row in prepared.run(statements.FIND_BY_ID, {"coupons": list(coupons), "member": member_id})
    }
    return [
        (coupon, usability.judge([(coupon.code, coupon.code, held[pk])], member_id, at)[0])
        for pk, coupon in coupons.items()
    ]


def rows(
    found: Collection[Found], receipt_id: UUID, member_id: UUID | None, at: datetime, *, reserve: bool = False
) -> list[UseRow]:
    """The uses of coupons on a receipt, for ``statements.USE`` in the statement of the sale; ``reserve`` for one that
    is held. Raises ``ValueError`` for a coupon that was not found usable.
    """
    if any(not one.usable for one in found):
        raise ValueError("A coupon that cannot be used is not used.")
    state = "reserved" if reserve else "used"
    return [
        UseRow(new_id(), one.id, one.series_id, one.version, receipt_id, member_id, state, at)
        for one in sorted(found, key=lambda one: one.id)
    ]


def told(found: Collection[Found], receipt_id: UUID, member_id: UUID | None, at: datetime) -> list[EventRow]:
    """The events of a member's coupons that were used on a receipt, to be written with it."""
    used = [(one.kept, one.series, member_id) for one in sorted(found, key=lambda one: one.id)]
    return _events("coupon.used", used, receipt_id, at)


def use(
    found: Collection[Found], receipt_id: UUID, member_id: UUID | None, at: datetime, *, reserve: bool = False
) -> None:
    """Use coupons on a receipt, or reserve them for one that is held. Records ``coupon.used`` for a member.

    Must run in the transaction of the sale; locks as said above. The receipt may be written after this.
    Raises ``Refused`` with ``coupon_not_usable`` when another sale was quicker: nothing of the
    transaction may then be kept. Raises ``ValueError`` for a coupon that was not found usable.
    """
    write(rows(found, receipt_id, member_id, at, reserve=reserve), found)
    if not reserve:
        events.record_all(told(found, receipt_id, member_id, at))


def write(uses: Collection[UseRow], found: Collection[Found]) -> None:
    """Write uses of coupons by themselves, whatever became of their series meanwhile. Two statements.

    As ``use``, but records nothing.
    """
    if not uses:
        return
    versions = _lock_series([one.series_id for one in uses])
    fresh = [one._replace(version=versions[one.series_id])._asdict() for one in uses]
    lost = prepared.run(statements.USE_ALONE, {"coupons": ledger.encode(fresh)})
    if lost:
        first = next(one for one in found if one.id == lost[0]["coupon_id"])
        reason = usability.explain(replace(first, reason=lost[0]["reason"]))
        raise Refused("coupon_not_usable", f"{first.code}: {reason}")


def confirm(receipt_id: UUID, at: datetime) -> None:
    """Turn what a held receipt reserved into uses, whatever became of the coupons since. Safe to repeat.

    Must run in a transaction; locks as said above. Records ``coupon.used`` for a member.
    """
    rows = _of_receipt(receipt_id, ("reserved",))
    if not rows:
        return
    ids = [row["use_id"] for row in rows]
    prepared.run(statements.CONFIRM, {"uses": ids})
    prepared.run(statements.UNRESERVE, {"coupons": [row["coupon_id"] for row in rows], "at": at})
    _tell("coupon.used", [(row["code"], row["series"], row["member_id"]) for row in rows], receipt_id, at)


def give_back(receipt_id: UUID, at: datetime, only: Collection[str] | None = None) -> list[str]:
    """Give back the coupons of a receipt: all of them, or ``only`` those codes. Safe to repeat.

    A coupon whose window is over at ``at`` stays expired, a revoked one revoked; one that was withdrawn while
    it was used up is revoked by this. Returns the codes that came back now. Must run in a transaction; locks
    as said above. Records ``coupon.returned`` for a member, or ``coupon.revoked``.
    """
    rows = _of_receipt(receipt_id, ("reserved", "used"))
    if only is not None:
        wanted = {codes.normalise(code) for code in only}
        rows = [row for row in rows if row["code"] in wanted]
    if not rows:
        return []
    prepared.run(statements.RETURN, {"uses": [row["use_id"] for row in rows], "at": at})
    gone = _free(rows, at)
    for kind, some in (("coupon.returned", False), ("coupon.revoked", True)):
        told = [row for row in rows if (row["coupon_id"] in gone) == some]
        _tell(kind, [(row["code"], row["series"], row["member_id"]) for row in told], receipt_id, at)
    return [row["code"] for row in rows]


def _read(row: dict[str, Any]) -> Held:
    zone = ZoneInfo(row.pop("time_zone"))
    return _told_in(Held(**row), zone)


def _told_in(held: Held, zone: tzinfo) -> Held:
    opens = held.opens.astimezone(zone) if held.opens is not None else None
    closes = held.closes.astimezone(zone) if held.closes is not None else None
    return replace(held, opens=opens, closes=closes)


def _lock_series(series: Collection[int]) -> dict[int, int]:
    """Lock series against a change of their limits. Returns their versions."""
    found = prepared.run(statements.LOCK_SERIES, {"series": list({one for one in series if one})})
    return {row["id"]: row["version"] for row in found}


def _of_receipt(receipt_id: UUID, states: Sequence[str]) -> list[dict[str, Any]]:
    """The uses of a receipt in these states, locked, and then their series and coupons."""
    rows = prepared.run(statements.OF_RECEIPT, {"receipt": receipt_id, "states": list(states)})
    if rows:
        _lock_series([row["series_id"] for row in rows])
        prepared.run(statements.LOCK, {"coupons": [row["coupon_id"] for row in rows]})
    return rows


def _free(rows: Sequence[dict[str, Any]], at: datetime) -> set[int]:
    """Take uses off every counter that there is; the coupons that go out of force by it. Runs under the lock of
    series and coupons."""
    params = {
        "coupons": [row["coupon_id"] for row in rows],
        "reserved": [int(row["state"] == "reserved") for row in rows],
        "at": at,
    }
    gone = {row["id"] for row in prepared.run(statements.FREE, params)}
    of_members = Counter((row["series_id"], row["member_id"]) for row in rows if row["member_id"])
    for (series, member), times in sorted(of_members.items()):
        prepared.run(statements.FREE_MEMBER, {"series": series, "member": member, "times": times})
    for series, times in sorted(Counter(row["series_id"] for row in rows).items()):
        prepared.run(statements.FREE_TOTAL, {"series": series, "times": times})
    return gone


def _tell(kind: str, coupons: Sequence[tuple[str, str, UUID | None]], receipt_id: UUID, at: datetime) -> None:
    if made := _events(kind, coupons, receipt_id, at):
        events.record_all(made)


def _events(
    kind: str, coupons: Sequence[tuple[str, str, UUID | None]], receipt_id: UUID, at: datetime
) -> list[EventRow]:
    return [
        events.new(kind, member_id, at, at, coupon=code, series=series, receipt=str(receipt_id))
        for code, series, member_id in coupons
        if member_id is not None
    ]
