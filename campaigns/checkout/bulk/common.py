"""What replayed sales need to know beyond the accounts: common counters, segments, and past purchases.

Read once for each chunk, and only where the rules ask for it. The counters stay locked until the chunk is
written; what the chunk itself adds is known here before it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from analytics import segments
from campaigns import rulebooks
from campaigns.checkout import history, tallies
from campaigns.checkout.bulk.buyers import Pair
from campaigns.checkout.bulk.chunk import Candidate
from campaigns.checkout.decision import Decision
from campaigns.checkout.history import PastDocument
from campaigns.engine.needs import Needs, PastPurchase
from foundation import prepared
from loyalty.shops.places import Shop

_FAR = datetime(9999, 1, 1, tzinfo=UTC)
_HISTORY = f"""
SELECT json_agg(h.purchase)::text AS document FROM (
{history.of_members("r.member_id = ANY(%(members)s::uuid[])", "%(now)s::timestamptz")} ORDER BY r.purchased_at, r.id) h
"""
_SEGMENTS = f"""
SELECT wanted.id, {segments.codes_sql("wanted.id", "%(programme)s::bigint")} AS codes
  FROM unnest(%(members)s::uuid[]) AS wanted(id)
"""
_decode = msgspec.json.Decoder(list[PastDocument]).decode


class Common:
    """What is known beside the accounts."""

    def __init__(self) -> None:
        self._sums: dict[tuple[int, int | None, str], tallies.Sums] = {}
        self._segments: dict[Pair, list[str]] = {}
        self._past: dict[Pair, list[PastPurchase]] = {}
        self._asks: dict[int, tuple[bool, bool, bool]] = {}

    def read(
        self, candidates: Sequence[Candidate], in_force: Mapping[int, list[tuple[datetime, int]]]
    ) -> None:
        """Read for a chunk what the rulebooks that may judge it ask for. Locks the counters."""
        shared: set[int] = set()
        for programme, books in in_force.items():
            needs = [rulebooks.get(book).engine.machine.needs for _, book in books]
            shared |= {campaign for need in needs for campaign, _ in need.shared}
            pairs = {c.pair for c in candidates if c.pair and c.scheme.id == programme}
            if any(need.segments for need in needs):
                self._read_segments(pairs, programme)
            if any(need.of_history for need in needs):
                now = min((c.sale.purchased_at for c in candidates), default=_FAR)
                self._read_past(pairs, programme, any(need.of_lines for need in needs), now)
        self._sums = {tuple(row[:3]): tuple(row[3:]) for row in tallies.lock(shared)}  # type: ignore[misc]

    def tallies(
        self, needs: Needs | None, shop: Shop, periods: Collection[str]
    ) -> list[tuple[int, int | None, str, int, Decimal, Decimal]]:
        """The counters as a till in this store reads them."""
        if needs is None or not needs.shared:
            return []
        campaigns = {campaign for campaign, _ in needs.shared}
        return [
            (campaign, store, period, *sums)
            for (campaign, store, period), sums in self._sums.items()
            if campaign in campaigns and period in periods and store in (None, shop.id)
        ]

    def segments(self, pair: Pair | None) -> list[str] | None:
        """The segments of a member."""
        return self._segments.get(pair) if pair else None

    def past(self, pair: Pair | None) -> Sequence[PastPurchase]:
        """The past purchases of a member."""
        return self._past.get(pair, ()) if pair else ()

    def note(self, decided: Decision, pair: Pair | None, shop: Shop) -> None:
        """Take in what was decided, as it would be read back."""
        for row in decided.tallies:
            key = row.campaign_id, row.store_id, row.period
            was = self._sums.get(key, tallies.NONE)
            self._sums[key] = (was[0] + row.times, was[1] + row.points, was[2] + row.money)
        if pair in self._past:
            bought = history.of_decision(decided.receipt, decided.lines, shop.code, shop.partner)
            self._past[pair].append(bought)

    def _read_segments(self, pairs: Collection[Pair], programme: int) -> None:
        params = {"members": [member for member, _ in pairs], "programme": programme}
        for row in prepared.run(_SEGMENTS, params):
            self._segments[row["id"], programme] = row["codes"]

    def _read_past(self, pairs: Collection[Pair], programme: int, lines: bool, now: datetime) -> None:
        """Past purchases are read anew for each chunk: tills may have sold meanwhile. What is held at ``now`` counts
        for all of it: a chunk ends where a hold does."""
        for pair in pairs:
            self._past[pair] = []
        params = {
            "members": [member for member, _ in pairs], "programme": programme, "at": _FAR, "since": None,
            "lines": lines, "now": now,
        }  # fmt: skip
        document = prepared.run(_HISTORY, params)[0]["document"]
        for one in _decode(document) if document else ():
            self._past[UUID(one.member_id), one.programme_id] += history.read([one])
