"""Reading past receipts as the engine wants them: baskets, shoppers and moments, and what was decided then.

A receipt comes with its lines in one row: the numbers of all lines as one text, and of each product only
its id and a hash of its traits, which are read once and remembered. The same few numbers stand on most
receipts, so texts become decimals by a look-up. That makes reading a small part of a backtest, whatever
the engine costs (``benchmarks/backtest.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from django.db import connection
from psycopg import ServerCursor

from campaigns.backtest.decided import Then, of_columns, of_document, read_shopper
from campaigns.checkout import record, remains
from campaigns.engine.rulebook import Terms
from campaigns.engine.shopper import ANONYMOUS, Shopper
from loyalty.models import Till
from loyalty.rules.basket import NO_FACTS, Basket, Coupon, Line, Moment, Place, Settled, read_facts
from loyalty.shops import pasts, places
from loyalty.shops.pasts import StorePast

#: Receipts that are in memory at once, of each process.
BATCH = 2000
#: Kinds of goods whose traits are remembered.
_MOST_GOODS = 200_000
_NOTHING = Settled({})
ZERO = Decimal(0)

_STRETCHES = {
    "members": "{r}.member_id BETWEEN %(low)s::uuid AND %(high)s::uuid",
    "anonymous": "{r}.member_id IS NULL AND {r}.purchased_at >= %(low)s::timestamptz "
                 "AND {r}.purchased_at < %(high)s::timestamptz",
    "everyone": "{r}.purchased_at >= %(low)s::timestamptz AND {r}.purchased_at < %(high)s::timestamptz",
}  # fmt: skip
_ORDERS = {
    "members": " ORDER BY r.member_id, r.recorded_at, r.id",
    "anonymous": " ORDER BY r.purchased_at, r.id",
    "everyone": " ORDER BY r.purchased_at, r.id",
}
#: Receipts of which something stands, judged by rules that are known.
_STANDING = """
{r}.programme_id = %(programme)s AND {r}.purchased_at >= %(begins)s AND {r}.purchased_at < %(ends)s
   AND {r}.status IN ('completed', 'partially_returned') AND {r}.rulebook_id IS NOT NULL
"""
STANDING = _STANDING.format(r="r")
_READ = """
SELECT r.id::text, r.place_id, r.store_id, r.till_id, r.member_id::text, r.cashier, r.channel, r.purchased_at,
       r.rulebook_id, r.status, r.shopper::text, r.earned, r.discount, r.to_pay,
       (SELECT string_agg(l.position || ' ' || l.product_id || ':' || jsonb_hash_extended(l.traits, 0) || ' '
                          || l.quantity || ' ' || l.price || ' ' || l.amount, ' ' ORDER BY l.position)
          FROM loyalty_receiptline l WHERE l.receipt_id = r.id),
       CASE WHEN r.redeemed_points > 0 OR r.redeemed_amount > 0 THEN
         (SELECT string_agg(l.position || ' ' || l.redeemed_points || ' ' || l.redeemed_amount, ' ')
            FROM loyalty_receiptline l
           WHERE l.receipt_id = r.id AND (l.redeemed_points > 0 OR l.redeemed_amount > 0)) END,
       (r.outcome -> 'edition')::int, (r.outcome -> 'grants')::text, (r.outcome -> 'uses')::text,
       CASE WHEN r.discount <> 0 THEN (r.outcome -> 'lines')::text END,
       CASE WHEN %(tallies)s THEN (r.outcome -> 'tallies')::text END,
       CASE WHEN %(shares)s THEN (r.outcome -> 'shares')::text END,
       CASE WHEN %(limits)s THEN (r.outcome -> 'limits')::text END
  FROM loyalty_receipt r
 WHERE """
_TRAITS = """
SELECT l.product_id || ':' || jsonb_hash_extended(l.traits, 0), l.traits::text
  FROM unnest(%(receipts)s::uuid[], %(positions)s::int[]) AS wanted(receipt_id, position)
  JOIN loyalty_receiptline l USING (receipt_id, position)
"""
_RETURNS = """
SELECT DISTINCT ON (t.receipt_id) t.receipt_id::text, t.outcome::text
  FROM loyalty_return t WHERE t.receipt_id = ANY(%(receipts)s::uuid[])
 ORDER BY t.receipt_id, t.recorded_at DESC, t.id DESC
"""
_GONE = """
SELECT l.receipt_id::text, l.position, sum(b.quantity)
  FROM loyalty_receiptline l JOIN loyalty_returnline b ON b.line_id = l.id
 WHERE l.receipt_id = ANY(%(receipts)s::uuid[]) GROUP BY l.receipt_id, l.position
"""


_decode = msgspec.json.decode


class Wanted(NamedTuple):
    """The parts of decisions that are read only where they can be there, or are asked for."""

    tallies: bool = True
    shares: bool = True
    limits: bool = True


EVERYTHING = Wanted()


class Stretch(msgspec.Struct, frozen=True):
    """A part of the receipts: those of members from ``low`` to ``high`` (ids), or of a time up to ``high``."""

    kind: Literal["members", "anonymous", "everyone"]
    low: str
    high: str
    receipts: int


@dataclass(frozen=True, slots=True)
class PastPeriod:
    """The receipts of a programme from ``begins`` up to ``ends``."""

    programme_id: int
    begins: datetime
    ends: datetime

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of ``STANDING``."""
        return {"programme": self.programme_id, "begins": self.begins, "ends": self.ends}


@dataclass(slots=True)
class Past:
    """A receipt as it stands: what was bought (less what came back), by whom, when, and what it gave."""

    id: str
    member: str | None
    rulebook_id: int
    basket: Basket
    shopper: Shopper
    moment: Moment
    then: Then
    #: Whether nothing of it came back.
    is_whole: bool = True


class _Numbers(dict[str, Decimal]):
    """Decimals by their texts."""

    def __missing__(self, text: str) -> Decimal:
        number = Decimal(text)
        if len(self) < 100_000:
            self[text] = number
        return number


class _Line(Line):
    """A line, made quickly: not by the constructor of a frozen dataclass, as a year has millions of them."""

    __slots__ = ()
    __setattr__ = object.__setattr__

    def __init__(
        self: Any,
        position: int,
        sku: str,
        quantity: Decimal,
        amount: Decimal,
        price: Decimal,
        name: str,
        brand: str,
        categories: tuple[str, ...],
        sets: frozenset[str],
    ) -> None:
        self.position = position
        self.sku = sku
        self.quantity = quantity
        self.amount = amount
        self.price = price
        self.name = name
        self.brand = brand
        self.categories = categories
        self.sets = sets


class _Goods(NamedTuple):
    """What the engine reads of a product, as the last fields of a ``Line``."""

    sku: str
    name: str
    brand: str
    categories: tuple[str, ...]
    sets: frozenset[str]


def of_stretch(stretch: Stretch, alias: str) -> str:
    """A condition on receipts of that alias: those of a stretch. Its parameters are the period's, low and high."""
    return f"{_STANDING} AND {_STRETCHES[stretch.kind]}".format(r=alias)


class Reader:
    """Reads receipts of a period. Remembers goods, numbers and shops from stretch to stretch."""

    def __init__(
        self, period: PastPeriod, terms_of: Callable[[int], Terms], wanted: Wanted = EVERYTHING
    ) -> None:
        self._period = period
        self._wanted = wanted._asdict()
        self._terms_of = terms_of
        self._zone = places.scheme(period.programme_id).zone
        self._tills = dict(Till.objects.values_list("id", "code"))
        self._pasts: dict[int, StorePast] = {}
        self._known: dict[int, list[StorePast]] = {}
        self._places: dict[tuple[int, int | None, str], tuple[Place, ZoneInfo, ZoneInfo]] = {}
        self._numbers = _Numbers()
        self._goods: dict[str, _Goods] = {}
        self._same: dict[Any, Any] = {}

    def read(self, stretch: Stretch) -> Iterator[Past]:
        """The receipts of a stretch: of members by member, in the order in which they were judged; else by time.

        Must run in a transaction.
        """
        params = self._period.params | self._wanted | {"low": stretch.low, "high": stretch.high}
        connection.ensure_connection()
        with closing(ServerCursor(connection.connection, "backtest")) as cursor:
            cursor.execute(_READ + of_stretch(stretch, "r") + _ORDERS[stretch.kind], params, binary=True)
            while rows := cursor.fetchmany(BATCH):
                yield from self._make(rows)

    def _make(self, rows: Sequence[tuple[Any, ...]]) -> Iterator[Past]:
        texts = [(row[14] or "").split(" ") for row in rows]
        try:
            lines = [self._lines(fields) for fields in texts]
        except KeyError:
            self._learn(rows, texts)
            lines = [self._lines(fields) for fields in texts]
        returned = [row[0] for row in rows if row[9] == "partially_returned"]
        standing, gone = _read_returns(returned) if returned else ({}, {})
        for row, bought in zip(rows, lines, strict=True):
            id_, where, store, till, member, cashier, channel, at, rulebook, _status, facts, *then = row
            place, local, zone = self._place(self._past(where, store, at), till, channel)
            kept = read_shopper(facts) if facts else None
            coupons = tuple([Coupon(*pair) for pair in kept.coupons]) if kept and kept.coupons else ()
            told = read_facts(kept.facts) if kept else NO_FACTS
            basket = Basket(place, bought, self._settled(then[4]), cashier, coupons, facts=told)
            whole = id_ not in gone
            if not whole:
                basket = remains.of(basket, gone[id_], self._terms_of(rulebook), then[5] or 1)
            yield Past(
                id_,
                member,
                rulebook,
                basket,
                record.unpack_shopper(kept) if kept else ANONYMOUS,
                _moment(at, local, zone),
                of_document(standing[id_]) if id_ in standing else of_columns(*then[:3], *then[5:]),
                whole,
            )

    def _learn(self, rows: Sequence[tuple[Any, ...]], texts: Sequence[list[str]]) -> None:
        """Read the traits of goods not seen before, once each."""
        if len(self._goods) > _MOST_GOODS:
            self._goods.clear()
            self._same.clear()
        known, wanted = self._goods, {}
        for row, fields in zip(rows, texts, strict=True):
            for position, goods in zip(fields[::5], fields[1::5], strict=False):
                if goods not in known and goods not in wanted:
                    wanted[goods] = (row[0], int(position))
        params = {
            "receipts": [receipt for receipt, _position in wanted.values()],
            "positions": [position for _receipt, position in wanted.values()],
        }
        with connection.cursor() as cursor:
            cursor.execute(_TRAITS, params)
            for goods, traits in cursor.fetchall():
                self._goods[goods] = self._read_traits(_decode(traits))

    def _read_traits(self, traits: Mapping[str, Any]) -> _Goods:
        same = self._same
        brand, categories = traits.get("brand", ""), tuple(traits.get("categories", ()))
        sets = frozenset(traits.get("sets", ()))
        return _Goods(
            traits.get("sku", ""),
            traits.get("name", ""),
            same.setdefault(brand, brand),
            same.setdefault(categories, categories),
            same.setdefault(sets, sets),
        )

    def _lines(self, texts: list[str]) -> tuple[Line, ...]:
        fields, number, goods = iter(texts), self._numbers, self._goods
        each = zip(fields, fields, fields, fields, fields, strict=False)
        return tuple(
            [
                _Line(int(position), of[0], number[quantity], number[amount], number[price], *of[1:])
                for position, key, quantity, price, amount in each
                for of in (goods[key],)
            ]
        )

    def _settled(self, text: str | None) -> Settled:
        if not text:
            return _NOTHING
        fields, number = iter(text.split(" ")), self._numbers
        spent = zip(fields, fields, fields, strict=False)
        return Settled(
            {int(position): (number[points], number[amount]) for position, points, amount in spent}
        )

    def _past(self, state_id: int | None, store_id: int, at: datetime) -> StorePast:
        """What the store of a receipt was; as ``pasts.of_receipt`` finds it."""
        if state_id is None:
            known = self._known.get(store_id)
            if known is None:
                known = self._known[store_id] = pasts.known(store_id)
            return pasts.choose(known, at) or pasts.at(store_id, at)
        found = self._pasts.get(state_id)
        if found is None:
            found = self._pasts[state_id] = pasts.get(state_id)
        return found

    def _place(self, past: StorePast, till_id: int | None, channel: str) -> tuple[Place, ZoneInfo, ZoneInfo]:
        """The place, and the time zones of its clocks and of the programme's, all as they were."""
        key = past.id, till_id, channel
        found = self._places.get(key)
        if found is None:
            till = (past.till_code(till_id) or self._tills.get(till_id, "")) if till_id else ""
            zone = past.zone_of(self._period.programme_id) or self._zone
            found = self._places[key] = (past.place(till, channel), past.zone, zone)
        return found


def _moment(at: datetime, local: ZoneInfo, zone: ZoneInfo) -> Moment:
    in_store = at.astimezone(local)
    return Moment(in_store, in_store if zone is local else at.astimezone(zone))


def _read_returns(receipts: Sequence[str]) -> tuple[dict[str, str], dict[str, dict[int, Decimal]]]:
    """Of receipts of which something came back: the decision that stands, and what came back by position."""
    gone: dict[str, dict[int, Decimal]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_RETURNS, {"receipts": list(receipts)})
        standing = dict(cursor.fetchall())
        cursor.execute(_GONE, {"receipts": list(receipts)})
        for receipt, position, quantity in cursor.fetchall():
            gone.setdefault(receipt, {})[position] = quantity
    return standing, gone
