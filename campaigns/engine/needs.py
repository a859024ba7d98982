"""What the rules of a rulebook want to know about a member beyond what every sale reads.

Compiling a campaign notes its wishes here, so that whoever reads a sale's situation reads them only
where somebody asks. What was found is kept with the purchase: a return judges by it again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from campaigns.engine.document import GOODS
from loyalty.rules.terms import Goods

Kind = Literal["spent", "pieces", "purchases", "in_store", "in_partner", "in_category"]


class Need(NamedTuple):
    """A figure of the member's past purchases. ``key`` names it in ``Shopper.known``.

    ``spent`` is money, ``pieces`` a quantity, the others are numbers of purchases. ``period`` is one of
    the calendar, or a number of days back from the moment; ``goods`` None counts everything.
    """

    key: str
    kind: Kind
    period: str | int
    goods: Goods | None

    def since(self, moment: datetime) -> datetime | None:
        """The first moment that counts, for a moment of the programme's clocks; None for the beginning."""
        if isinstance(self.period, int):
            return moment - timedelta(days=self.period)
        day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        match self.period:
            case "day":
                return day
            case "week":
                return day - timedelta(days=day.weekday())
            case "month":
                return day.replace(day=1)
            case "year":
                return day.replace(month=1, day=1)
        return None


def figure(kind: Kind, period: Any, goods: Mapping[str, Any]) -> Need:
    """A figure of a period as a definition has it, of the goods that are named there."""
    chosen = {name: sorted(goods[name]) for name in GOODS if name in goods}
    length: str | int = period["days"] if isinstance(period, Mapping) else period
    key = f"{kind}:{length}" + (f":{json.dumps(chosen, ensure_ascii=False)}" if chosen else "")
    read = Goods(**{name: frozenset(codes) for name, codes in chosen.items()}) if chosen else None
    return Need(key, kind, length, read)


class Needs:
    """The wishes of all campaigns of a rulebook."""

    def __init__(self) -> None:
        self.figures: dict[str, Need] = {}
        self.attributes: set[str] = set()
        self.segments: set[str] = set()
        self.gender = self.balance = self.last_purchase = self.promises = self.referrer = False
        #: Campaigns that keep common uses of a period: (campaign, key as in ``Shopper.uses``).
        self.shared: set[tuple[int, str]] = set()

    def add(self, need: Need) -> None:
        """Wish for a figure."""
        self.figures[need.key] = need

    @property
    def anything(self) -> bool:
        """Whether something must be read that not every sale reads."""
        return bool(self.of_history or self.attributes or self.segments or self.shared or self.promises)

    @property
    def of_lines(self) -> bool:
        """Whether some figure asks what was bought."""
        return any(need.goods for need in self.figures.values())

    @property
    def of_history(self) -> list[Need]:
        """The figures that only past receipts can tell; the others follow from the member's facts."""
        return [need for need in self.figures.values() if not is_total(need)]

    def since(self, moment: datetime) -> datetime | None:
        """From when past receipts are asked for; None for the beginning. Only where there are such figures."""
        starts = [need.since(moment) for need in self.of_history]
        return None if None in starts else min(filter(None, starts))


def is_total(need: Need) -> bool:
    """Whether a figure counts everything ever: such are kept as facts."""
    return need.period == "ever" and need.goods is None and need.kind in ("spent", "purchases")


class PastLine(NamedTuple):
    """A line that was bought and kept: what it was, how many, the money paid."""

    sku: str
    brand: str
    categories: tuple[str, ...]
    sets: frozenset[str]
    quantity: Decimal
    paid: Decimal


class PastPurchase(NamedTuple):
    """A purchase that was not wholly returned, with what is left of it."""

    at: datetime
    store: str
    partner: str
    paid: Decimal
    lines: tuple[PastLine, ...] = ()


def answer(
    need: Need,
    past: Sequence[PastPurchase],
    moment: datetime,
    store: str,
    partner: str,
) -> Decimal:
    """A figure of the purchases before a moment, for someone who stands in this store."""
    since = need.since(moment)
    seen = [one for one in past if one.at < moment and (since is None or one.at >= since)]
    match need.kind:
        case "in_store":
            return Decimal(sum(one.store == store for one in seen))
        case "in_partner":
            return Decimal(sum(one.partner == partner for one in seen))
        case "purchases":
            return Decimal(len(seen))
        case "in_category":
            return Decimal(sum(any(_fits(need, line) for line in one.lines) for one in seen))
        case "pieces":
            return _sum(line.quantity for one in seen for line in one.lines if _fits(need, line))
    if need.goods is None:
        return _sum(one.paid for one in seen)
    return _sum(line.paid for one in seen for line in one.lines if _fits(need, line))


def _fits(need: Need, line: PastLine) -> bool:
    return need.goods is None or need.goods.match(line)


def _sum(numbers: Any) -> Decimal:
    return sum(numbers, Decimal(0))
