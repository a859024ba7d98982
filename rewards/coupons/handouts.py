"""Coupons given to members and taken out of force again.

A coupon is handed out under a key that says by what (a receipt and a campaign, a step of a chain): the
same key gives the same coupon again, for ever, at any number of writers. Each function locks the
coupons that it writes, in the order of their ids, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from foundation import prepared
from foundation.violations import constraint_of
from members.timeline import events
from members.timeline.events import EventRow
from rewards import codes
from rewards.coupons import validity
from rewards.models import Coupon, Series

log = structlog.get_logger(__name__)

#: Another writer may take the same random code or the same key; each loss is told by the other's row.
_ATTEMPTS = 5
_RACED = ("coupon_code_in_programme", "coupon_once_by_cause")
#: So often what was withdrawn can be handed out again under the same key.
MOST_AGAIN = 20
#: Coupons that are revoked in one transaction.
BATCH = 10_000

#: The lock makes of many who ask at once each take another; without an order, as any one will do.
_TAKE = """
UPDATE rewards_coupon
   SET state = 'issued', member_id = %(member)s::uuid, issued_at = %(at)s::timestamptz, cause = %(key)s::text,
       valid_until = %(until)s::timestamptz
 WHERE id = (SELECT id FROM rewards_coupon WHERE series_id = %(series)s::bigint AND state = 'waiting'
              LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id
"""
#: What is used up keeps its label (``kept``) until a use of it comes back.
_REVOKE = """
WITH chosen AS MATERIALIZED (
  SELECT c.id FROM rewards_coupon c
   WHERE {chosen} AND c.state <> 'revoked' AND NOT c.withdrawn
   {how})
UPDATE rewards_coupon c
   SET withdrawn = true, state = CASE WHEN c.state = ANY(%(kept)s::text[]) THEN c.state ELSE 'revoked' END
  FROM chosen WHERE c.id = chosen.id
RETURNING c.code, c.member_id, c.state, (SELECT code FROM rewards_series s WHERE s.id = c.series_id) AS series
"""
_IN_ORDER = "ORDER BY c.id FOR NO KEY UPDATE"
_REVOKE_CAUSE = _REVOKE.format(chosen="c.cause = ANY(%(keys)s::text[])", how=_IN_ORDER)
_REVOKE_IDS = _REVOKE.format(chosen="c.id = ANY(%(ids)s::bigint[])", how=_IN_ORDER)
#: Whichever are free, and in the end those that somebody held: sorting a million for each part takes too long.
_REVOKE_SOME = _REVOKE.format(
    chosen="c.series_id = %(series)s::bigint", how="LIMIT %(most)s::int FOR NO KEY UPDATE SKIP LOCKED"
)
_REVOKE_REST = _REVOKE.format(chosen="c.series_id = %(series)s::bigint", how=_IN_ORDER)
_USED, _TAKEN = ["used"], ["used", "reserved"]


def issue(series: Series, member_id: UUID | None, at: datetime, key: str) -> Coupon | None:
    """Give a member a coupon of the series: a new code, or one of the pool. Records ``coupon.issued``.

    The same key gives the same coupon again, whatever became of it. Of a series of one code for all it
    is that one, and nothing is written. None when there is none to give: the series is not active or
    over, or its pool is empty. Without a member the coupon serves whoever shows it.
    Must run in a transaction.
    """
    if series.kind == Series.Kind.MASS:
        return series.coupons.first() if _is_open(series, at) else None
    for _ in range(_ATTEMPTS):
        known = Coupon.objects.filter(series=series, cause=key).first()
        if known is not None or not _is_open(series, at):
            return known
        try:
            with transaction.atomic():
                made = (_take if series.from_pool else _make)(series, member_id, at, key)
        except IntegrityError as error:
            if constraint_of(error) not in _RACED:
                raise
            continue
        if made is None:
            log.warning("coupon_pool_empty", series=series.code)
        elif member_id is not None:
            events.record("coupon.issued", member_id, at, coupon=made.code, series=series.code)
        return made
    raise AssertionError(f"No free code of {series.length} characters was found for series {series.code}.")


def issue_again(series: Series, member_id: UUID | None, at: datetime, key: str) -> Coupon | None:
    """As ``issue``, where what was withdrawn may have come back: another code then, the withdrawn one stays revoked.

    One that was used before it was withdrawn stands again in place of another: nobody gets two. Must run in a
    transaction, under a lock of whatever stands behind the key.
    """
    if series.kind == Series.Kind.MASS:
        return issue(series, member_id, at, key)
    names = _names(key)
    known = {one.cause: one for one in Coupon.objects.filter(series=series, cause__in=names)}
    last = next((known[name] for name in reversed(names) if name in known), None)
    if last is None or last.state == Coupon.State.REVOKED:
        free = names[names.index(last.cause or "") + 1 :] if last else names
        made = issue(series, member_id, at, free[0]) if free else None
        if made and last and last.most and last.uses:  # what was used of the one before is used
            made.most = last.most - last.uses
            made.save(update_fields=["most"])
        return made
    if last.withdrawn:
        Coupon.objects.filter(pk=last.pk).update(withdrawn=False)
    return last


def _names(key: str) -> list[str]:
    """Under which keys coupons are handed out for one cause: the first one, and each one after a withdrawal."""
    return [key, *(f"{key}~{number}" for number in range(1, MOST_AGAIN + 1))]


def withdraw(key: str, at: datetime) -> list[str]:
    """Take what was issued under the key out of force. Safe to repeat. Returns the codes revoked now.

    Purchases that use it keep it. While these take all its uses it is called used, or reserved; when one of
    them comes back, it is revoked (``coupons.give_back``), in whatever order things happen.
    Must run in a transaction. Records ``coupon.revoked`` for a member, once it is.
    """
    return _tell(prepared.run(_REVOKE_CAUSE, {"keys": _names(key), "kept": _TAKEN}), at)


def given(programme_id: int, asked: Mapping[str, str]) -> dict[str, str]:
    """The codes of the coupons that were issued under keys, whatever became of them, by key.

    ``asked`` names the series of each key. Of one with a code for all it is that code.
    """
    issued = Coupon.objects.filter(programme_id=programme_id, cause__in=asked).values_list("cause", "code")
    found: dict[str, str] = {key: code for key, code in issued if key}
    rest = {series for key, series in asked.items() if key not in found}
    if rest:
        for_all = Coupon.objects.filter(
            series__programme_id=programme_id, series__code__in=rest, series__kind=Series.Kind.MASS
        )
        codes_ = dict(for_all.values_list("series__code", "code"))
        found |= {key: codes_[series] for key, series in asked.items() if series in codes_}
    return found


def revoke(coupons: Collection[int], at: datetime) -> list[str]:
    """Take coupons out of force by their ids; used ones stay used until they come back, reserved ones may still
    be confirmed.

    Returns the codes revoked now. Must run in a transaction. Records ``coupon.revoked`` for a member.
    """
    return _tell(prepared.run(_REVOKE_IDS, {"ids": list(coupons), "kept": _USED}), at)


def revoke_series(series_id: int, at: datetime) -> int:
    """Take all coupons of a series out of force, ``BATCH`` in a transaction. Returns how many it were now."""
    total, found = 0, BATCH
    params = {"series": series_id, "kept": _USED}
    while found:
        with transaction.atomic():
            rows = prepared.run(_REVOKE_SOME, {**params, "most": BATCH})
            found, total = len(rows), total + len(_tell(rows, at))
    with transaction.atomic():
        return total + len(_tell(prepared.run(_REVOKE_REST, params), at))


def _is_open(series: Series, at: datetime) -> bool:
    return series.active and not validity.is_over(series, at)


def _take(series: Series, member_id: UUID | None, at: datetime, key: str) -> Coupon | None:
    params = {
        "series": series.pk,
        "member": member_id,
        "at": at,
        "key": key,
        "until": validity.end_of_issue(series, at),
    }
    rows = prepared.run(_TAKE, params)
    return Coupon.objects.get(id=rows[0]["id"]) if rows else None


def _make(series: Series, member_id: UUID | None, at: datetime, key: str) -> Coupon:
    [code] = codes.generate(1, series.length, series.prefix)
    return Coupon.objects.create(
        programme_id=series.programme_id, series=series, code=code, member_id=member_id, most=series.uses_each,
        valid_until=validity.end_of_issue(series, at), issued_at=at, cause=key,
    )  # fmt: skip


def _tell(rows: list[dict[str, Any]], at: datetime) -> list[str]:
    """Record what was revoked, for those who are known. Returns its codes."""
    rows = [row for row in rows if row["state"] == "revoked"]
    told: list[EventRow] = [
        events.new("coupon.revoked", row["member_id"], at, at, coupon=row["code"], series=row["series"])
        for row in rows
        if row["member_id"] is not None
    ]
    if told:
        events.copy(told)
        events.announce(told)
    return [row["code"] for row in rows]
