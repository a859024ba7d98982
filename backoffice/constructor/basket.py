"""The sample basket beside the questions: its fields, kept in the session, and what the engine says to it.

Only fields that the definition asks about are shown; the rest keeps its last value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice import figures
from backoffice.constructor.fields import State, Written, first, local, places, zone
from backoffice.constructor.questions import Document
from backoffice.constructor.things import Names
from campaigns.desk.sample import Item, Sample
from loyalty.models import Product, Programme, Store, Tier
from members.models import CardKind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ZERO = Decimal(0)
#: The most lines that a sample has.
MOST = 12


def mentions(document: Document) -> frozenset[str]:
    """The words of a definition that decide which fields of the sample are of use."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, Mapping):
            found.update(str(key) for key in value)
            found.update(
                str(value[key]) for key in ("condition", "effect", "of", "event", "date") if key in value
            )
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)
    return frozenset(found)


def _any(*words: str) -> Callable[[frozenset[str]], bool]:
    return lambda found: not found.isdisjoint(words)


@dataclass(frozen=True)
class Knob:
    """A field of the sample: how it is asked for, and when."""

    name: str
    label: StrOrPromise
    kind: str
    applies: Callable[[frozenset[str]], bool] = lambda found: True
    #: Only for a member.
    member: bool = True


SALE: Callable[[frozenset[str]], bool] = lambda found: "event" not in found  # noqa: E731
KNOBS = (
    Knob("member", _("Who buys"), "member", member=False),
    Knob("tier", _("Tier"), "tier"),
    Knob("at", _("When"), "moment", member=False),
    Knob("store", _("Where"), "store", member=False),
    Knob("channel", _("Channel"), "text", _any("channels"), member=False),
    Knob("till", _("Till"), "text", _any("tills"), member=False),
    Knob("cashier", _("Cashier"), "text", _any("cashier", "staff_points"), member=False),
    Knob("card_kind", _("Card"), "card", _any("card_kinds", "card_kind")),
    Knob("purchases", _("Purchases before"), "number", _any("first_purchase", "nth_purchase", "purchases")),
    Knob("counted", _("Counted so far"), "number", _any("stamp", "of_at_least", "counting")),
    Knob("spent", _("Spent before"), "number", _any("spent")),
    Knob("pieces", _("Pieces bought before"), "number", _any("bought")),
    Knob("balance", _("Points on the account"), "number", _any("balance", "exchange", "paid_with_points")),
    Knob("redeem", _("Points to spend"), "number", _any("paid_with_points")),
    Knob("last_purchase_on", _("Last purchase"), "date", _any("days_since_purchase")),
    Knob("joined_on", _("Joined"), "date", _any("days_since_joining", "joined", "member.anniversary")),
    Knob("birthday", _("Birthday"), "date", _any("age", "birthday", "member.birthday")),
    Knob("gender", _("Gender"), "gender", _any("gender")),
    Knob("segments", _("Segments"), "texts", _any("segments", "segment")),
    Knob("coupons", _("Coupons shown, by series"), "texts", _any("coupon"), member=False),
    Knob("promised", _("Has such a promise from the last purchase"), "flag", _any("next_purchase")),
    Knob("exchange", _("Asks for the exchange at the till"), "flag", _any("exchange")),
    Knob("referred", _("Was brought by a friend"), "flag", _any("referrer_points")),
    Knob("attributes", _("Attributes"), "pairs", _any("attribute")),
    Knob("data", _("What comes with the event"), "pairs", _any("event"), member=False),
)


def read(state: State, before: Sample) -> Sample:
    """The sample that was sent; what was not sent is as it was before."""
    values: dict[str, Any] = {}
    for knob in KNOBS:
        name = f"sample.{knob.name}"
        if name in state or f"{name}.~" in state:
            found = _READ.get(knob.kind, _text)(state, name)
            if found is not None:
                values[knob.name] = found
    if "sample.~items" in state:
        values["items"] = tuple(_items(state))
    return replace(before, **values)


def _items(state: State) -> list[Item]:
    items = []
    for at in places(state, "sample.items")[:MOST]:
        name = f"sample.items.{at}"
        if sku := first(state, f"{name}.sku"):
            quantity = _decimal(state, f"{name}.quantity") or ZERO
            items.append(Item(sku, min(quantity, Decimal(9999)), _decimal(state, f"{name}.price") or ZERO))
    return items


def add(sample: Sample, sku: str) -> Sample:
    """One piece more of a product."""
    for number, item in enumerate(sample.items):
        if item.sku == sku:
            more = replace(item, quantity=item.quantity + 1)
            return replace(sample, items=(*sample.items[:number], more, *sample.items[number + 1 :]))
    price = Product.objects.filter(sku=sku, price__gt=0).values_list("price", flat=True).first()
    if len(sample.items) >= MOST:
        return sample
    return replace(sample, items=(*sample.items, Item(sku, Decimal(1), price or Decimal(10))))


def remove(sample: Sample, number: int) -> Sample:
    """The sample without one of its lines."""
    return replace(sample, items=tuple(item for at, item in enumerate(sample.items) if at != number))


def _text(state: State, name: str) -> Any:
    return first(state, name)[:200]


def _decimal(state: State, name: str) -> Decimal | None:
    text = "".join(first(state, name).split()).replace(",", ".")
    try:
        found = Decimal(text or 0)
    except ArithmeticError:
        return None
    return found if found.is_finite() and 0 <= found < Decimal(10) ** 9 else None


def _date(state: State, name: str) -> date | None:
    try:
        return date.fromisoformat(first(state, name))
    except ValueError:
        return None


def _moment(state: State, name: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(first(state, name))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone())


def _pairs(state: State, name: str) -> dict[str, str]:
    """``key = value`` on a line each."""
    lines = [line.partition("=") for line in first(state, name).splitlines() if "=" in line]
    return {key.strip()[:100]: value.strip()[:200] for key, _sign, value in lines if key.strip()}


_READ: dict[str, Callable[[State, str], Any]] = {
    "member": lambda state, name: first(state, name) != "anonymous",
    "flag": lambda state, name: first(state, name) == "yes",
    "number": _decimal,
    "date": _date,
    "moment": _moment,
    "texts": lambda state, name: tuple(
        text.strip() for text in first(state, name).split(",") if text.strip()
    ),
    "pairs": _pairs,
}


def dump(sample: Sample) -> dict[str, Any]:
    """A sample as JSON, for the session."""
    values = asdict(sample)
    values["items"] = [[item.sku, str(item.quantity), str(item.price)] for item in sample.items]
    for name, value in values.items():
        if isinstance(value, date | datetime):
            values[name] = value.isoformat()
        elif isinstance(value, Decimal):
            values[name] = str(value)
        elif isinstance(value, frozenset | tuple):
            values[name] = sorted(value)
    return values


def load(values: Mapping[str, Any]) -> Sample:
    """A sample from the session. Raises ``ValueError``, ``TypeError`` or ``KeyError`` for what is none."""
    found = dict(values)
    found["items"] = tuple(Item(sku, Decimal(n), Decimal(price)) for sku, n, price in found["items"])
    found["at"] = datetime.fromisoformat(found["at"])
    for name in ("birthday", "joined_on", "last_purchase_on"):
        found[name] = date.fromisoformat(found[name]) if found.get(name) else None
    for name in ("spent", "pieces", "balance", "redeem"):
        found[name] = Decimal(found[name])
    found["segments"] = frozenset(found["segments"])
    found["coupons"] = tuple(found["coupons"])
    return Sample(**found)


def show(sample: Sample, document: Document, programme: Programme, names: Names) -> Written | dict[str, Any]:
    """The sample's fields for the template."""
    found = mentions(document)
    sale = document.get("what_for", {}).get("of") != "event"
    names.learn("products", [item.sku for item in sample.items])
    knobs = [
        {"name": f"sample.{knob.name}", "label": knob.label, "kind": knob.kind,
         "value": _shown(sample, knob), "options": _options(knob, programme)}
        for knob in KNOBS
        if knob.applies(found if not sale else found - {"event"}) and (sample.member or not knob.member)
    ]  # fmt: skip
    items = [
        {"name": f"sample.items.{number}", "title": names("products", item.sku), "sku": item.sku,
         "quantity": _plain(item.quantity), "price": _plain(item.price), "remove": f"sample-remove:{number}"}
        for number, item in enumerate(sample.items)
    ]  # fmt: skip
    return {"knobs": knobs, "items": items, "sale": sale, "full": len(items) >= MOST}


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return figures.typed(text.rstrip("0").rstrip(".") if "." in text else text)


def _shown(sample: Sample, knob: Knob) -> Any:
    value = getattr(sample, knob.name)
    match knob.kind:
        case "member":
            return "member" if value else "anonymous"
        case "moment":
            return local(value.isoformat())
        case "number":
            return _plain(Decimal(value))
        case "date":
            return value.isoformat() if value else ""
        case "texts":
            return ", ".join(sorted(value))
        case "pairs":
            return "\n".join(f"{key} = {text}" for key, text in value.items())
    return value


def _options(knob: Knob, programme: Programme) -> list[tuple[str, Any]]:
    match knob.kind:
        case "member":
            return [("member", _("a member")), ("anonymous", _("somebody without a card"))]
        case "tier":
            tiers = Tier.objects.filter(programme=programme).order_by("threshold")
            return [("", _("no tier")), *tiers.values_list("code", "name")]
        case "store":
            stores = Store.objects.filter(active=True, partner__programmes=programme).order_by("name")
            return [("", _("any store")), *stores.values_list("code", "name")[:300]]
        case "card":
            return [("", _("no card")), *CardKind.objects.values_list("code", "name")]
        case "gender":
            return [("", _("unknown")), ("female", pgettext_lazy("member", "female")),
                    ("male", pgettext_lazy("member", "male"))]  # fmt: skip
    return []
