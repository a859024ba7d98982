"""Adding up: what a trial comes to, as a tally. Tallies of parts merge into that of the whole, in any order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from campaigns.backtest.judging import Judged

ZERO = Decimal(0)
WINNERS = 10
#: Where the bars of the distribution of gains begin, money.
GAINS = tuple(Decimal(edge) for edge in ("0", "1", "2", "5", "10", "20", "50", "100", "200", "500", "1000"))


class Change(NamedTuple):
    """What a trial changes on one receipt. Points and money; ``worth`` is what the points are worth.

    ``shared`` are the points of those that go to others than the shopper, ``value`` what the shopper gains.
    """

    touched: bool
    sales: Decimal
    points: Decimal
    shared: Decimal
    discount: Decimal
    worth: Decimal
    value: Decimal
    points_before: Decimal
    discount_before: Decimal


class Sums(msgspec.Struct):
    """Some receipts together: how many, how many of them the tried campaigns touched, what that changed.

    ``points``, ``discount`` and ``worth`` are what comes on top of ``points_before`` and
    ``discount_before``; ``shared`` of the points go to cashiers and referrers. ``sales`` is what was paid
    for the receipts, ``touched_sales`` for those touched.
    """

    receipts: int = 0
    touched: int = 0
    sales: Decimal = ZERO
    touched_sales: Decimal = ZERO
    points: Decimal = ZERO
    shared: Decimal = ZERO
    discount: Decimal = ZERO
    worth: Decimal = ZERO
    points_before: Decimal = ZERO
    discount_before: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """Extra points at their value, and money off."""
        return self.worth + self.discount

    def add(self, change: Change) -> None:
        """Count a receipt."""
        self.receipts += 1
        self.sales += change.sales
        self.points_before += change.points_before
        self.discount_before += change.discount_before
        if change.touched:
            self.touched += 1
            self.touched_sales += change.sales
        if change.points or change.discount:
            self.points += change.points
            self.shared += change.shared
            self.discount += change.discount
            self.worth += change.worth


class Tried(msgspec.Struct):
    """What a tried campaign gave, and why it often did not: receipts by reason, and by the one that beat it."""

    receipts: int = 0
    members: int = 0
    points: Decimal = ZERO
    shared: Decimal = ZERO
    discount: Decimal = ZERO
    #: Coupons and badges: how many, by ``kind:code``.
    extras: dict[str, int] = {}
    declined: dict[str, int] = {}
    beaten_by: dict[int, int] = {}


class Live(msgspec.Struct):
    """What a campaign that is not tried gives with the tried ones, and gave without them.

    ``lost`` and ``gained`` are receipts on which it gives nothing any more, or only now; ``less`` and
    ``more`` those on which it gives another amount. ``because`` counts receipts by ``code:campaign``.
    """

    receipts_before: int = 0
    receipts: int = 0
    points_before: Decimal = ZERO
    points: Decimal = ZERO
    discount_before: Decimal = ZERO
    discount: Decimal = ZERO
    lost: int = 0
    gained: int = 0
    less: int = 0
    more: int = 0
    because: dict[str, int] = {}

    @property
    def is_moved(self) -> bool:
        """Whether the trial changes anything for it."""
        return bool(self.lost or self.gained or self.less or self.more)


class Paid(msgspec.Struct):
    """What a trial changes for who pays: on how many receipts, points, what these are worth, and money off."""

    receipts: int = 0
    points: Decimal = ZERO
    discount: Decimal = ZERO
    worth: Decimal = ZERO

    @property
    def cost(self) -> Decimal:
        """Extra points at their value, and money off."""
        return self.worth + self.discount


class Miss(msgspec.Struct):
    """Receipts that came close to earning from a tried campaign: by how much in all, and what they missed."""

    receipts: int = 0
    short: Decimal = ZERO
    points: Decimal = ZERO
    discount: Decimal = ZERO


class Winner(msgspec.Struct):
    """A member who would have gained."""

    member: str
    value: Decimal
    points: Decimal
    discount: Decimal
    receipts: int
    sales: Decimal


class People(msgspec.Struct):
    """The members among the receipts; of those who would have gained, how many by how much."""

    members: int = 0
    touched: int = 0
    gain: int = 0
    lose: int = 0
    winners: list[Winner] = []
    gains: dict[str, int] = {}
    gained: Decimal = ZERO


class Tally(msgspec.Struct):
    """What a trial comes to."""

    all: Sums = msgspec.field(default_factory=Sums)
    anonymous: Sums = msgspec.field(default_factory=Sums)
    by_tier: dict[str, Sums] = {}
    by_store: dict[str, Sums] = {}
    by_segment: dict[str, Sums] = {}
    by_day: dict[str, Sums] = {}
    #: By what campaigns call their payer; empty where they name nobody, and the house pays.
    by_payer: dict[str, Paid] = {}
    people: People = msgspec.field(default_factory=People)
    tried: dict[int, Tried] = {}
    live: dict[int, Live] = {}
    misses: dict[int, dict[str, Miss]] = {}
    #: Receipts whose points or discounts differ in any way.
    differing: int = 0

    def merge(self, other: Tally) -> None:
        """Take in the tally of other receipts and other members."""
        _merge(self, other)


def _merge(one: Any, other: Any) -> None:
    for name in one.__struct_fields__:
        mine, theirs = getattr(one, name), getattr(other, name)
        if isinstance(mine, dict):
            _merge_table(mine, theirs)
        elif isinstance(mine, list):
            setattr(one, name, best(mine + theirs))
        elif isinstance(mine, msgspec.Struct):
            _merge(mine, theirs)
        else:
            setattr(one, name, mine + theirs)


def _merge_table(mine: dict[Any, Any], theirs: Mapping[Any, Any]) -> None:
    for key, value in theirs.items():
        if key not in mine:
            mine[key] = value
        elif isinstance(value, msgspec.Struct):
            _merge(mine[key], value)
        elif isinstance(value, dict):
            _merge_table(mine[key], value)
        else:
            mine[key] += value


def best(winners: list[Winner]) -> list[Winner]:
    """The largest winners; among equals by their ids, so that it does not matter who counted first."""
    return sorted(winners, key=lambda one: (-one.value, one.member))[:WINNERS]


class _Total:
    """What a member gains on all their receipts."""

    __slots__ = ("discount", "points", "receipts", "sales", "touched", "value")

    def __init__(self) -> None:
        self.points = self.discount = self.value = self.sales = ZERO
        self.receipts = self.touched = 0


class Adder:
    """Adds up judged receipts. Members are settled by ``settle``, once all of their receipts are counted."""

    def __init__(self, tried: frozenset[int]) -> None:
        self.tally = Tally()
        #: Codes of the segments that members are in.
        self.segments: Mapping[str, tuple[str, ...]] = {}
        self._tried = tried
        self._totals: dict[str, _Total] = {}
        self._touched: dict[int, set[str]] = {}
        self._values: dict[int, Decimal] = {}

    def add(self, judged: Judged) -> Change:
        """Count a receipt."""
        change, tally, past = self._measure(judged), self.tally, judged.past
        member = past.member
        _of(tally.by_day, past.moment.in_programme.date().isoformat()).add(change)
        _of(tally.by_store, past.basket.place.store).add(change)
        if member is None:
            tally.anonymous.add(change)
        else:
            _of(tally.by_tier, past.shopper.tier).add(change)
            if self.segments:
                for segment in self.segments.get(member, ()):
                    _of(tally.by_segment, segment).add(change)
            self._count(member, change)
        return change

    def _measure(self, judged: Judged) -> Change:
        before, after = judged.before, judged.after
        points, discount = after.cost - before.cost, after.discount - before.discount
        own = after.earned - before.earned
        is_free = self._tried.isdisjoint
        touched = not (is_free(after.points) and is_free(after.discounts) and is_free(after.shared))
        if before != after:
            self.tally.differing += 1
        each = self.value_of(judged) if points or own else ZERO
        return Change(
            touched, judged.past.then.to_pay, points, points - own, discount, points * each,
            own * each + discount, before.cost, before.discount,
        )  # fmt: skip

    def value_of(self, judged: Judged) -> Decimal:
        """What a point is worth by the rules of a receipt, money."""
        key = id(judged.book)
        if key not in self._values:
            self._values[key] = Decimal(str(judged.book.terms.spending.get("point_value", 1)))
        return self._values[key]

    def _count(self, member: str, change: Change) -> None:
        total = self._totals.get(member)
        if total is None:
            total = self._totals[member] = _Total()
        total.receipts += change.touched
        total.touched = total.touched or change.touched
        total.sales += change.sales
        if change.points or change.discount:
            total.points += change.points - change.shared
            total.discount += change.discount
            total.value += change.value

    def gave(self, campaign_id: int, judged: Judged) -> Tried:
        """The tally of a tried campaign, its member noted as touched."""
        if judged.past.member is not None:
            self._touched.setdefault(campaign_id, set()).add(judged.past.member)
        return _of(self.tally.tried, campaign_id, Tried)

    def settle(self) -> None:
        """Count the members whose receipts are all counted."""
        people, winners = self.tally.people, []
        for member, total in self._totals.items():
            people.members += 1
            people.touched += bool(total.touched)
            if total.value > 0:
                people.gain += 1
                people.gained += total.value
                edge = str(max(edge for edge in GAINS if edge < total.value))
                people.gains[edge] = people.gains.get(edge, 0) + 1
                winners.append(
                    Winner(member, total.value, total.points, total.discount, total.receipts, total.sales)
                )
            elif total.value < 0:
                people.lose += 1
        people.winners = best(people.winners + winners)
        for campaign_id, members in self._touched.items():
            _of(self.tally.tried, campaign_id, Tried).members += len(members)
        self._totals.clear()
        self._touched.clear()

    def take(self) -> Tally:
        """The tally so far; goes on with an empty one. Every receipt is of a day, so the days come to all."""
        tally, self.tally = self.tally, Tally()
        for day in tally.by_day.values():
            _merge(tally.all, day)
        return tally


def _of(table: dict[Any, Any], key: Any, make: Any = Sums) -> Any:
    found = table.get(key)
    if found is None:
        found = table[key] = make()
    return found


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Tally)


def write(tally: Tally) -> bytes:
    """A tally as one line of JSON."""
    return _encoder.encode(tally)


def read(text: bytes) -> Tally:
    """A tally as ``write`` wrote it."""
    return _decoder.decode(text)


def dump(tally: Tally) -> Any:
    """A tally as a document to store."""
    return msgspec.json.decode(write(tally))


def load(document: Any) -> Tally:
    """The tally of a stored result."""
    return msgspec.convert(document, Tally, strict=False)
