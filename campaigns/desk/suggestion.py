"""A sample that shows a definition at work: goods it speaks of, a moment in its hours, a member it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from campaigns.desk.sample import Item, Sample
from campaigns.engine.document import Document, leaves
from campaigns.words.shape import readable
from loyalty.models import Category, Product, Programme, Store, Tier
from loyalty.rules.rounding import line_amount

ZERO, ONE = Decimal(0), Decimal(1)
#: How many days ahead a moment is looked for.
_AHEAD = 40


def suggest(document: Document, programme: Programme, now: datetime) -> Sample:
    """A sample that a definition would reward, as far as that can be guessed."""
    document = readable(document)
    zone = ZoneInfo(programme.time_zone)
    asked = [leaf for leaf in leaves(document.get("if", {})) if leaf.wanted]
    kinds = {leaf.kind: leaf.fields for leaf in asked}
    at = _moment(document.get("when", {}), now, zone)
    today = at.astimezone(zone).date()
    whom = document.get("whom", {})
    items = tuple(_items(document, kinds))
    return Sample(
        at=at,
        items=items,
        store=_store(document.get("where", {}), programme, items),
        till=_first(document.get("where", {}).get("tills")),
        channel=_first(document.get("where", {}).get("channels")) or "pos",
        tier=_first(kinds.get("tier", {}).get("in"), whom.get("tiers")) or _lowest(programme),
        card_kind=_first(kinds.get("card_kind", {}).get("in"), whom.get("card_kinds")),
        segments=frozenset(filter(None, [_first(kinds.get("segment", {}).get("in"), whom.get("segments"))])),
        gender=str(kinds.get("gender", {}).get("is", "")),
        birthday=_birthday(document, kinds, today),
        joined_on=today - timedelta(days=_whole(kinds.get("days_since_joining", {}).get("at_least"), 0)),
        last_purchase_on=today - timedelta(days=_whole(kinds.get("days_since_purchase", {}).get("at_least"), 1)),
        purchases=_purchases(kinds),
        spent=_number(kinds.get("spent", {}).get("at_least")),
        pieces=_number(kinds.get("bought", {}).get("at_least")),
        balance=_balance(document, kinds),
        counted=_counted(document, kinds),
        exchange=any(effect.get("effect") == "exchange" for effect in document.get("what", ())),
        referred=any(effect.get("effect") == "referrer_points" for effect in document.get("what", ())),
        coupons=tuple(filter(None, [_first(kinds.get("coupon", {}).get("series"))])),
        cashier=_first(kinds.get("cashier", {}).get("in")) or "1",
        attributes=dict(_compared(leaf.fields) for leaf in asked if leaf.kind == "attribute"),
        data=dict(_compared(leaf.fields) for leaf in asked if leaf.kind == "event_data") | {"amount": "100"},
    )  # fmt: skip


def _first(*lists: Any) -> str:
    return next((str(codes[0]) for codes in lists if isinstance(codes, list) and codes), "")


def _number(value: object, default: Decimal = ZERO) -> Decimal:
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return default
    return found if found.is_finite() else default


def _whole(value: object, default: int) -> int:
    return int(min(_number(value, Decimal(default)), Decimal(36_500)))


def _lowest(programme: Programme) -> str:
    return (
        Tier.objects.filter(programme=programme).order_by("threshold").values_list("code", flat=True).first()
        or ""
    )


def _store(where: Document, programme: Programme, items: Sequence[Item]) -> str:
    """A store that the definition lets in, one that sells the first of the goods if there is one; or the first."""
    stores = Store.objects.filter(active=True, partner__programmes=programme).order_by("code")
    wanted = Q()
    for kind, path in (("stores", "code"), ("groups", "groups__code"), ("partners", "partner__code")):
        if where.get(kind):
            wanted |= Q(**{f"{path}__in": where[kind]})
        if but := where.get("except", {}).get(kind):
            stores = stores.exclude(**{f"{path}__in": but})
    let_in = stores.filter(wanted).values_list("code", flat=True)
    selling = let_in.filter(partner__products__sku__in=[item.sku for item in items[:1]])
    return selling.first() or let_in.first() or ""


def _moment(when: Document, now: datetime, zone: ZoneInfo) -> datetime:
    """The next moment at which the definition's window is open, to the minute."""
    begin = max(now, _read(when.get("from")) or now).astimezone(zone).replace(second=0, microsecond=0)
    days = [day for day in when.get("weekdays", ()) if isinstance(day, int)] or list(range(1, 8))
    starts = [start for window in when.get("hours", ()) if (start := _clock(window[0])) is not None]
    for ahead in range(_AHEAD):
        day = begin.date() + timedelta(days=ahead)
        if day.isoweekday() not in days:
            continue
        if not starts:
            return begin if not ahead else datetime.combine(day, time(12), zone)
        if (at := datetime.combine(day, min(starts), zone) + timedelta(minutes=30)) >= begin:
            return at
    return begin


def _read(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _clock(text: object) -> time | None:
    try:
        return time.fromisoformat(str(text))
    except ValueError:
        return None


def _birthday(document: Document, kinds: Mapping[str, Document], today: date) -> date | None:
    """A birthday on the day itself where the definition celebrates it, else one that makes the right age."""
    years = _whole(kinds.get("age", {}).get("at_least"), 30)
    around = document.get("when", {}).get("around", {})
    if around.get("date") == "birthday" or "age" in kinds:
        return date(today.year - years, today.month, min(today.day, 28))
    return None


def _purchases(kinds: Mapping[str, Document]) -> int:
    if nth := kinds.get("nth_purchase"):
        return max(_whole(nth.get("every", nth.get("exactly")), 1) - 1, 0)
    if "first_purchase" in kinds:
        return 0
    return max(_whole(kinds.get("purchases", {}).get("at_least"), 4) - 1, 0)


def _counted(document: Document, kinds: Mapping[str, Document]) -> int:
    for effect in document.get("what", ()):
        if effect.get("effect") == "stamp":
            return max(_whole(effect.get("goal"), 1) - 1, 0)
    return _purchases(kinds) if "nth_purchase" in kinds else 0


def _balance(document: Document, kinds: Mapping[str, Document]) -> Decimal:
    wanted = [_number(kinds.get("balance", {}).get("at_least"))]
    wanted += [_number(e.get("points")) for e in document.get("what", ()) if e.get("effect") == "exchange"]
    return max(wanted)


def _compared(leaf: Document) -> tuple[str, str]:
    value = leaf.get("is") or _first(leaf.get("in")) or leaf.get("at_least") or leaf.get("at_most") or ""
    return str(leaf.get("key", "")), str(value)


def _items(document: Document, kinds: Mapping[str, Document]) -> Iterator[Item]:
    """Goods that the definition asks for, enough of them; something ordinary where it asks for none."""
    what_for = document.get("what_for", {})
    if what_for.get("of") == "event":
        return
    wanted = [(what_for, _pieces(document))]
    for kind in ("contains", "matching_amount", "piece_count", "bought", "spent"):
        if kind in kinds:
            wanted.append((kinds[kind], _number(kinds[kind].get("pieces"), ONE)))
    wanted += [(effect, ONE) for effect in document.get("what", ()) if effect.get("effect") == "gift"]
    found: dict[str, Item] = {}
    for goods, pieces in wanted:
        for product in matching(goods, what_for.get("except", {}) if goods is what_for else {})[:1]:
            found[product.sku] = Item(product.sku, max(pieces, ONE), product.price or Decimal(10))
    for product in matching({}, {})[: max(0, 2 - len(found))]:
        found.setdefault(product.sku, Item(product.sku, ONE, product.price or Decimal(10)))
    items = list(found.values())
    least = [
        kinds.get("receipt_amount", {}).get("at_least"),
        kinds.get("nth_purchase", {}).get("of_at_least"),
        kinds.get("matching_amount", {}).get("at_least"),
    ]
    off = [effect.get("amount") for effect in document.get("what", ())]  # more than is taken off
    yield from _enlarge(items, max(*map(_number, least), *(2 * _number(amount) for amount in off), ZERO))


def _pieces(document: Document) -> Decimal:
    """How many pieces of its goods show what the definition gives."""
    for effect in document.get("what", ()):
        if effect.get("effect") == "cheapest_free":
            return _number(effect.get("every"), ONE)
    return ONE


def _enlarge(items: list[Item], amount: Decimal) -> Iterator[Item]:
    """More of the first thing, until the receipt comes to an amount."""
    short = amount - sum((line_amount(item.quantity, item.price) for item in items), ZERO)
    for item in items:
        more = Decimal(ceil(short / item.price)) if short > 0 and item.price > 0 else ZERO
        yield Item(item.sku, item.quantity + min(more, Decimal(999)), item.price)
        short = ZERO


def matching(goods: Document, but: Document) -> QuerySet[Product]:
    """Products with a price, of the goods that are named; of all when none are."""
    products = Product.objects.filter(active=True, price__gt=0)
    wanted = _any_of(goods)
    products = products.filter(wanted) if wanted else products.filter(price__gte=5)
    if without := _any_of(but):
        products = products.exclude(without)
    return products.order_by("id").distinct()


def _any_of(goods: Document) -> Q:
    found = Q()
    for kind, path in (("products", "sku"), ("sets", "sets__code"), ("brands", "brand")):
        if goods.get(kind):
            found |= Q(**{f"{path}__in": goods[kind]})
    if goods.get("categories"):
        found |= Q(category__in=below(goods["categories"]))
    return found


def below(codes: list[str]) -> QuerySet[Category, Any]:
    """Categories of these codes, and all below them."""
    inside = Q()
    for code in codes:
        inside |= Q(path__contains=[code])
    return Category.objects.filter(inside).values("id")
