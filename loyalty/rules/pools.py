"""Lots grouped by their terms, and what each group may pay on one basket (feature P5).

Lots with the same terms are one *pool*: they share their limit on the receipt, so many small lots of one
campaign do not pay more together than the campaign meant. docs/algorithms/redemption.md says how pools
are served and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from loyalty.rules.allocation import Allocation
from loyalty.rules.basket import Line, Moment, Place, WalletLot
from loyalty.rules.rounding import floor_points, from_cents, points_within, spread, to_cents, worth
from loyalty.rules.spending import SpendingRules
from loyalty.rules.terms import Terms, read_terms, refuse

ZERO = Decimal(0)
FIRST = datetime.min.replace(tzinfo=UTC)
LAST = datetime.max.replace(tzinfo=UTC)


class Pools:
    """The pools of a basket. ``most`` is what they can spend together, ``refused`` the lots that cannot.

    ``payable`` is what each line can take, ``total`` what the receipt costs, both in money after
    discounts; ``lots`` are spendable at this moment.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        payable: list[Decimal],
        total: Decimal,
        place: Place,
        moment: Moment,
        rules: SpendingRules,
        lots: list[WalletLot],
    ) -> None:
        self.rules = rules
        self.payable = payable
        self.refused: list[tuple[WalletLot, str, Mapping[str, str]]] = []
        numbers: dict[Terms | None, int] = {}
        refusals: dict[Terms, tuple[str, dict[str, str]] | None] = {}
        admitted: list[tuple[WalletLot, int]] = []
        for lot in lots:
            terms = read_terms(lot.terms)
            if terms is not None:
                if terms not in refusals:
                    refusals[terms] = refuse(terms, lines, total, place, moment.in_store)
                if refusal := refusals[terms]:
                    self.refused.append((lot, *refusal))
                    continue
            admitted.append((lot, numbers.setdefault(terms, len(numbers))))
        self.terms = list(numbers)
        self._build_shelves(lines)
        self.caps = [self._find_cap(terms, pool, total) for pool, terms in enumerate(self.terms)]
        self.lots = sorted((item for item in admitted if self.caps[item[1]]), key=self._order)
        self.most = floor_points(
            sum((points for _, points in self._run(None)[0]), ZERO), rules.point_decimals
        )

    def _build_shelves(self, lines: Sequence[Line]) -> None:
        """Put lines that the same pools may pay for on one shelf."""
        shelves: dict[tuple[bool, ...], list[int]] = {}
        for index, line in enumerate(lines):
            if self.payable[index]:
                open_to = tuple(
                    terms is None or terms.goods is None or terms.goods.match(line) for terms in self.terms
                )
                shelves.setdefault(open_to, []).append(index)
        self.shelves = list(shelves.values())
        self.rooms = [sum(to_cents(self.payable[index]) for index in shelf) for shelf in self.shelves]
        pools = range(len(self.terms))
        self.reach = [[shelf for shelf, open_to in enumerate(shelves) if open_to[pool]] for pool in pools]

    def _find_cap(self, terms: Terms | None, pool: int, total: Decimal) -> int:
        """The most cents that a pool may pay on this receipt by its own terms."""
        room = sum(self.rooms[shelf] for shelf in self.reach[pool])
        if terms is None or terms.max_share is None:
            return room
        return min(room, max(to_cents(total * terms.max_share / 100), 0))

    def _order(self, item: tuple[WalletLot, int]) -> tuple[datetime, int, int, datetime, str]:
        """Soonest expiry, then the most restricted on this basket, then the earliest earned, then by id."""
        lot, pool = item
        terms = self.terms[pool]
        strictness = 0 if terms is None else terms.strictness
        return lot.expires_at or LAST, self.caps[pool], -strictness, lot.earned_at or FIRST, lot.id

    def _run(self, points: Decimal | None) -> tuple[list[tuple[str, Decimal]], Allocation]:
        """Consume lots in order as far as their terms let them, up to ``points`` in all."""
        value, places = self.rules.point_value, self.rules.point_decimals
        allocation = Allocation(self.caps, self.rooms, self.reach)
        uses = []
        used, paid = ZERO, 0
        for lot, pool in self.lots:
            part = lot.remaining if points is None else min(lot.remaining, points - used)
            need = to_cents(worth(used + part, value)) - paid
            sent = allocation.push(pool, need)
            if sent < need:
                part = max(points_within(from_cents(paid + sent), value, places) - used, ZERO)
                excess = sent - (to_cents(worth(used + part, value)) - paid)
                allocation.pull(pool, excess)
                sent -= excess
            if part:
                uses.append((lot.id, part))
                used, paid = used + part, paid + sent
        return uses, allocation

    def serve(self, points: Decimal) -> tuple[tuple[tuple[str, Decimal], ...], list[Decimal]]:
        """The uses of lots for ``points`` (not above ``most``), and the money on each line."""
        uses, allocation = self._run(points)
        money = [from_cents(0)] * len(self.payable)
        for shelf, cents in zip(self.shelves, allocation.by_shelf(), strict=True):
            parts = spread(from_cents(cents), [self.payable[index] for index in shelf], 2)
            for index, part in zip(shelf, parts, strict=True):
                money[index] = part
        return tuple(uses), money

    def allow(self) -> Decimal:
        """The most points that the terms of the lots let through, for the reader of an explanation.

        It is ``most`` where the goods of the basket decide; else what the lots hold within their caps.
        """
        value, places = self.rules.point_value, self.rules.point_decimals
        pooled = [ZERO] * len(self.terms)
        for lot, pool in self.lots:
            pooled[pool] += lot.remaining
        everything = sum(self.rooms)
        free = ZERO
        for points, cap in zip(pooled, self.caps, strict=True):
            free += min(points, points_within(from_cents(cap), value, places)) if cap < everything else points
        room = points_within(from_cents(everything), value, places)
        return self.most if self.most < min(free, room) else floor_points(free, places)
