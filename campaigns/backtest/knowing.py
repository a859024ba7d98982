"""What tried campaigns ask about members that nobody asked for then.

A receipt keeps what the rules of its day asked for: a figure of past purchases, an attribute, a segment.
What only a tried campaign asks for is found here: figures from the receipts themselves, as the checkout
would have found them; the rest (attributes, gender, segments, who was referred) as it is today, for
nobody knows what it was.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection

from campaigns.backtest.past_receipts import Past, PastPeriod, Stretch, of_stretch
from campaigns.backtest.trial import Books
from campaigns.checkout import history
from campaigns.checkout.history import PastDocument
from campaigns.engine.needs import Need, PastPurchase, answer
from campaigns.engine.shopper import Shopper

_LATE = datetime(9999, 1, 1, tzinfo=UTC)
_decode_purchase = msgspec.json.Decoder(PastDocument, strict=False).decode

_MEMBERS = """
SELECT m.id::text, m.gender, m.referred_by_id IS NOT NULL, m.attributes FROM members_member m
 WHERE m.id IN ({members})
"""


@dataclass(frozen=True, slots=True)
class Lack:
    """What the tried rules ask for beyond those of the day."""

    figures: tuple[Need, ...] = ()
    attributes: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    gender: bool = False
    referrer: bool = False
    last_purchase: bool = False
    balance: bool = False

    @property
    def of_members(self) -> bool:
        """Whether today's members must be read."""
        return bool(self.attributes or self.gender or self.referrer)

    @property
    def of_history(self) -> bool:
        """Whether past purchases must be read."""
        return bool(self.figures or self.last_purchase)

    @property
    def anything(self) -> bool:
        """Whether anything is lacking."""
        return self.of_members or self.of_history or bool(self.segments or self.balance)


@dataclass(slots=True)
class _Series:
    """Purchases of one member in the order of their time, with the sums of a figure so far."""

    times: list[datetime] = field(default_factory=list)
    sums: list[Decimal] = field(default_factory=lambda: [Decimal(0)])

    def add(self, at: datetime, part: Decimal) -> None:
        self.times.append(at)
        self.sums.append(self.sums[-1] + part)

    def between(self, since: datetime | None, before: datetime) -> Decimal:
        first = bisect_left(self.times, since) if since is not None else 0
        return self.sums[max(bisect_left(self.times, before), first)] - self.sums[first]


class Knowledge:
    """What is lacking in the snapshots of receipts, for the members of the stretches it was told of."""

    def __init__(self, period: PastPeriod, books: Books, rulebooks: list[int]) -> None:
        self._period = period
        self._books = books
        self.lack_of = lru_cache(maxsize=500)(self._compare)
        self._all = [lack for rulebook in rulebooks if (lack := self.lack_of(rulebook)).anything]
        self._members: dict[str, tuple[str, bool, Mapping[str, Any]]] = {}
        self._series: dict[tuple[str, str, str], _Series] = {}
        self._bought: set[str] = set()
        #: Codes of the segments that members are in.
        self.segments: Mapping[str, tuple[str, ...]] = {}

    @property
    def of_balance(self) -> bool:
        """Whether receipts must be read with the balance of their members."""
        return any(lack.balance for lack in self._all)

    def learn(self, stretch: Stretch) -> None:
        """Read what is lacking of the members of a stretch."""
        if stretch.kind == "anonymous" or not self._all:
            return
        members = f"SELECT q.member_id FROM loyalty_receipt q WHERE {of_stretch(stretch, 'q')}"
        params = self._period.params | {"low": stretch.low, "high": stretch.high}
        with connection.cursor() as cursor:
            if any(lack.of_members for lack in self._all):
                cursor.execute(_MEMBERS.format(members=members), params)
                for member, gender, referred, attributes in cursor.fetchall():
                    document = (
                        attributes if not isinstance(attributes, str) else msgspec.json.decode(attributes)
                    )
                    self._members[member] = (gender, referred, document or {})
            if any(lack.of_history for lack in self._all):
                condition = f"r.member_id IN ({members}) AND r.member_id <> ALL(%(known)s::uuid[])"
                needs = {need.key: need for lack in self._all for need in lack.figures}
                cursor.execute(
                    f"SELECT h.purchase::text FROM ({history.of_members(condition)}) h",
                    params | {
                        "at": self._period.ends, "since": self._since(), "known": list(self._bought),
                        "lines": any(need.goods for need in needs.values()),
                    },
                )  # fmt: skip
                self._note([_decode_purchase(row[0]) for row in cursor.fetchall()], list(needs.values()))

    def forget(self) -> None:
        """Forget the members: others come."""
        self._members.clear()
        self._series.clear()
        self._bought.clear()

    def complete(self, past: Past) -> Shopper:
        """The shopper of a receipt with what is lacking."""
        lack = self.lack_of(past.rulebook_id)
        if not lack.anything or past.member is None:
            return past.shopper
        shopper, member = past.shopper, past.member
        changed: dict[str, Any] = {}
        if lack.of_members and member in self._members:
            gender, referred, attributes = self._members[member]
            known = {key: attributes[key] for key in lack.attributes if key in attributes}
            changed = {
                "gender": gender if lack.gender else shopper.gender,
                "referred": referred if lack.referrer else shopper.referred,
                "attributes": {**shopper.attributes, **known},
            }
        if lack.segments:
            own = lack.segments.intersection(self.segments.get(member, ()))
            changed["segments"] = shopper.segments | own
        if lack.last_purchase:
            changed["last_purchase_on"] = self._last(member, past.moment.in_programme)
        if lack.figures or lack.balance:
            changed["known"] = {**shopper.known, **self._figures(lack, past)}
        return replace(shopper, **changed)

    def _compare(self, rulebook_id: int) -> Lack:
        asked = self._books.happened(rulebook_id).machine.needs
        wanted = self._books.tried(rulebook_id).machine.needs
        return Lack(
            tuple(need for key, need in wanted.figures.items() if key not in asked.figures),
            frozenset(wanted.attributes - asked.attributes),
            frozenset(wanted.segments - asked.segments),
            wanted.gender and not asked.gender,
            wanted.referrer and not asked.referrer,
            wanted.last_purchase and not asked.last_purchase,
            wanted.balance and not asked.balance,
        )

    def _since(self) -> datetime | None:
        """From when past purchases matter; None from the beginning."""
        if any(lack.last_purchase for lack in self._all):
            return None
        starts = [need.since(self._period.begins) for lack in self._all for need in lack.figures]
        return None if None in starts else min(start for start in starts if start)

    def _note(self, documents: list[PastDocument], needs: list[Need]) -> None:
        by_time = sorted(documents, key=lambda document: document.at)
        for document, one in zip(by_time, history.read(by_time), strict=True):
            member = document.member_id
            self._bought.add(member)
            self._of(member, "", "").add(one.at, Decimal(1))
            for need in needs:
                self._of(member, need.key, _place(need, one.store, one.partner)).add(one.at, _part(need, one))

    def _of(self, member: str, key: str, place: str) -> _Series:
        name = (member, key, place)
        found = self._series.get(name)
        if found is None:
            found = self._series[name] = _Series()
        return found

    def _figures(self, lack: Lack, past: Past) -> dict[str, Decimal]:
        assert past.member is not None
        moment, place = past.moment.in_programme, past.basket.place
        known = {
            need.key: self._of(past.member, need.key, _place(need, place.store, place.partner)).between(
                need.since(moment), moment
            )
            for need in lack.figures
        }
        if lack.balance:
            bounds = [bound.max for bound in past.then.limits if bound.code == "balance"]
            known["balance"] = bounds[0] if bounds else Decimal(0)
        return known

    def _last(self, member: str, moment: datetime) -> Any:
        times = self._of(member, "", "").times
        before = bisect_left(times, moment)
        return times[before - 1].astimezone(moment.tzinfo).date() if before else None


def _place(need: Need, store: str, partner: str) -> str:
    """Where purchases count for a figure; the empty text is everywhere."""
    return store if need.kind == "in_store" else partner if need.kind == "in_partner" else ""


def _part(need: Need, one: PastPurchase) -> Decimal:
    """What one purchase adds to a figure."""
    return answer(need._replace(period="ever"), [one], _LATE, one.store, one.partner)
