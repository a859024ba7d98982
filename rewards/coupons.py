"""Coupons on receipts: found, used, confirmed, given back.

Every limit is held twice. A use is written by conditional updates that count only below the limit, and
each counter stands in a row with its cap, which a check constraint holds. Nothing rests on what was read
before: of many tills that found the same coupon usable, exactly as many use it as it has uses left; the
others are refused.

Locks, always in this order, after the receipt and the account, which are the caller's, and the receipt's
uses:

1. the series, in the order of their ids, FOR KEY SHARE: this keeps no sale from another, but makes whoever
   changes a series' limits (``rewards.series``, FOR UPDATE) wait for the sales under way, and them for it;
2. the coupons, in the order of their ids; those without a limit of their own are not locked at all;
3. the members' counters, in the order of their series; only where a member's uses are limited;
4. the totals of the series, in the order of their ids: the hottest rows, so the last ones, held until the
   caller commits; only where the uses in all are limited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from members import events, prepared
from members.models import new_id
from members.refusals import Refused
from rewards import codes, usability
from rewards import coupon_statements as statements
from rewards.models import Coupon
from rewards.usability import Found, Held


def find(programme_id: int, shown: Sequence[str], member_id: UUID | None, at: datetime) -> list[Found]:
    """What the codes mean that were shown together, each judged as of ``at``. One statement, no lock.

    The answer has one entry for each different code, in the order shown: a code scanned twice is one
    coupon. ``member_id`` is whoever buys, None for an anonymous shopper.
    """
    asked: dict[str, tuple[str, str]] = {}
    for code in shown:
        kept = codes.normalise(code)
        asked.setdefault(kept or code, (code, kept))
    known = [kept for _code, kept in asked.values() if kept]
    params = {"programme": programme_id, "codes": known, "member": member_id}
    held = {row["code"]: _read(row) for row in prepared.run(statements.FIND, params)} if known else {}
    return usability.judge(((code, kept, held.get(kept)) for code, kept in asked.values()), member_id, at)


def unknown(programme_ids: Collection[int], shown: Sequence[str]) -> set[str]:
    """The codes, in their one form, that no coupon has in any of these programmes. One statement.

    Codes that wait in a pool are unknown, too; what cannot be a code at all is left out.
    """
    asked = {codes.normalise(code) for code in shown} - {""}
    if not asked:
        return asked
    params = {"programmes": list(programme_ids), "codes": list(asked)}
    return asked - {row["code"] for row in prepared.run(statements.KNOWN, params)}


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


def lock(found: Collection[Found]) -> None:
    """Lock coupons and series in the order said above, for whoever wants to find them again under the lock.

    ``use`` needs no lock beforehand. Must run in a transaction.
    """
    _lock_series([one.series_id for one in found])
    prepared.run(statements.LOCK, {"coupons": [one.id for one in found if one.id]})


def use(
    found: Collection[Found], receipt_id: UUID, member_id: UUID | None, at: datetime, *, reserve: bool = False
) -> None:
    """Use coupons on a receipt, or reserve them for one that is held. Records ``coupon.used`` for a member.

    Must run in the transaction of the sale; locks as said above. The receipt may be written after this.
    Raises ``Refused`` with ``coupon_not_usable`` when another sale was quicker: nothing of the
    transaction may then be kept. Raises ``ValueError`` for a coupon that was not found usable.
    """
    if not found:
        return
    if any(not one.usable for one in found):
        raise ValueError("A coupon that cannot be used is not used.")
    chosen = sorted(found, key=lambda one: one.id)
    limits = _lock_series([one.series_id for one in chosen])
    for one in chosen:
        _use_one(one, at, reserve)
    times = Counter(one.series_id for one in chosen)
    _use_limits(chosen, times, limits, member_id)
    _note(chosen, receipt_id, member_id, at, "reserved" if reserve else "used")
    if not reserve:
        _tell("coupon.used", [(one.kept, one.series, member_id) for one in chosen], receipt_id, at)


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

    A coupon whose window is over at ``at`` stays expired, a revoked one revoked. Returns the codes that
    came back now. Must run in a transaction; locks as said above. Records ``coupon.returned`` for a member.
    """
    rows = _of_receipt(receipt_id, ("reserved", "used"))
    if only is not None:
        wanted = {codes.normalise(code) for code in only}
        rows = [row for row in rows if row["code"] in wanted]
    if not rows:
        return []
    prepared.run(statements.RETURN, {"uses": [row["use_id"] for row in rows], "at": at})
    _free(rows, at)
    _tell("coupon.returned", [(row["code"], row["series"], row["member_id"]) for row in rows], receipt_id, at)
    return [row["code"] for row in rows]


def _read(row: dict[str, Any]) -> Held:
    zone = ZoneInfo(row.pop("time_zone"))
    for bound in ("opens", "closes"):
        row[bound] = row[bound].astimezone(zone) if row[bound] is not None else None
    return Held(**row)


def _lock_series(series: Collection[int]) -> dict[int, int | None]:
    """Lock series against a change of their limits. Returns the most uses of a member, by series."""
    rows = prepared.run(statements.LOCK_SERIES, {"series": list({one for one in series if one})})
    return {row["id"]: row["most_per_member"] for row in rows}


def _use_one(one: Found, at: datetime, reserve: bool) -> None:
    if prepared.run(statements.USE, {"coupon": one.id, "reserve": int(reserve), "at": at}):
        return
    row = prepared.run(statements.LOOK, {"coupon": one.id})[0]
    if row["state"] in ("revoked", "waiting"):
        raise _lost(one, _("The coupon is no longer in force."))
    if row["most"] is not None:
        raise _lost(one, _("The coupon was used already."))


def _use_limits(
    chosen: Sequence[Found], times: Counter[int], limits: dict[int, int | None], member_id: UUID | None
) -> None:
    first = {one.series_id: one for one in reversed(chosen)}
    for series in sorted(times):
        most = limits[series]
        if most is None:
            continue
        params = {"series": series, "member": member_id, "times": times[series], "most": most}
        if member_id is None or not prepared.run(statements.USE_OF_MEMBER, params):
            raise _lost(first[series], _("The member has used as many coupons of this kind as allowed."))
    limited = {row["series_id"] for row in prepared.run(statements.IS_LIMITED, {"series": list(times)})}
    for series in sorted(limited):
        if not prepared.run(statements.USE_IN_ALL, {"series": series, "times": times[series]}):
            raise _lost(first[series], _("All coupons of this kind have been used."))


def _lost(one: Found, reason: str) -> Refused:
    return Refused("coupon_not_usable", f"{one.code}: {reason}")


def _note(
    chosen: Sequence[Found], receipt_id: UUID, member_id: UUID | None, at: datetime, state: str
) -> None:
    prepared.run(
        statements.NOTE,
        {
            "ids": [new_id() for _one in chosen],
            "coupons": [one.id for one in chosen],
            "series": [one.series_id for one in chosen],
            "receipt": receipt_id,
            "member": member_id,
            "state": state,
            "at": at,
        },
    )


def _of_receipt(receipt_id: UUID, states: Sequence[str]) -> list[dict[str, Any]]:
    """The uses of a receipt in these states, locked, and then their series and coupons."""
    rows = prepared.run(statements.OF_RECEIPT, {"receipt": receipt_id, "states": list(states)})
    if rows:
        _lock_series([row["series_id"] for row in rows])
        prepared.run(statements.LOCK, {"coupons": [row["coupon_id"] for row in rows]})
    return rows


def _free(rows: Sequence[dict[str, Any]], at: datetime) -> None:
    """Take uses off every counter that there is. Runs under the lock of series and coupons."""
    reserved = [int(row["state"] == "reserved") for row in rows]
    prepared.run(
        statements.FREE, {"coupons": [row["coupon_id"] for row in rows], "reserved": reserved, "at": at}
    )
    of_members = Counter((row["series_id"], row["member_id"]) for row in rows if row["member_id"])
    for (series, member), times in sorted(of_members.items()):
        prepared.run(statements.FREE_MEMBER, {"series": series, "member": member, "times": times})
    for series, times in sorted(Counter(row["series_id"] for row in rows).items()):
        prepared.run(statements.FREE_TOTAL, {"series": series, "times": times})


def _tell(kind: str, coupons: Sequence[tuple[str, str, UUID | None]], receipt_id: UUID, at: datetime) -> None:
    for code, series, member_id in coupons:
        if member_id is not None:
            events.record(kind, member_id, at, coupon=code, series=series, receipt=str(receipt_id))
