"""The sample basket beside the questions: its fields, kept in the session, and what the engine says to it.

Only fields that the definition asks about are shown; the rest keeps its last value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice import figures
from backoffice.constructor.fields import State, Written, first, local, places, zone
from backoffice.constructor.questions import Document
from campaigns.desk.names import Names
from campaigns.desk.sample import Item, Sample
from campaigns.engine.vocabulary import word_of
from loyalty.models import Product, Programme, Store, Tier
from members.models import CardKind

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ZERO = Decimal(0)
#: The most lines that a sample has.
MOST = 12


class Mentioned(NamedTuple):
    """What a definition speaks of: its fields and some of their values, and the facts that its words look at."""

    names: frozenset[str]
    facts: frozenset[str]


def mentions(document: Document) -> Mentioned:
    """What a definition says that decides which fields of the sample are of use."""
    names: set[str] = set()
    facts: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, Mapping):
            names.update(str(key) for key in value)
            names.update(str(value[key]) for key in ("of", "event", "date") if key in value)
            if word := word_of(value):
                facts.update(word.facts)
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(document)
    return Mentioned(frozenset(names), frozenset(facts))


@dataclass(frozen=True)
class Knob:
    """A field of the sample: how it is asked for, and when.

    It is of use where a word of the definition looks at this fact, and where one of the names in ``also`` is said.
    """

    name: str
    label: StrOrPromise
    kind: str
    also: tuple[str, ...] = ()
    always: bool = False
    #: Only for a member; and whether it is asked of a sale, too.
    member: bool = True
    sale: bool = True

    def applies(self, found: Mentioned) -> bool:
        """Whether a definition that mentions this has a use for it."""
        return self.always or self.name in found.facts or not found.names.isdisjoint(self.also)


KNOBS = (
    Knob("member", _("Who buys"), "member", always=True, member=False),
    Knob("tier", _("Tier"), "tier", always=True),
    Knob("at", _("When"), "moment", always=True, member=False),
    Knob("store", _("Where"), "store", always=True, member=False),
    Knob("channel", _("Channel"), "text", ("channels",), member=False),
    Knob("till", _("Till"), "text", ("tills",), member=False),
    Knob("cashier", _("Cashier"), "text", member=False),
    Knob("card_kind", _("Card"), "card", ("card_kinds",)),
    Knob("purchases", _("Purchases before"), "number"),
    Knob("counted", _("Counted so far"), "number", ("of_at_least", "counting")),
    Knob("spent", _("Spent before"), "number"),
    Knob("pieces", _("Pieces bought before"), "number"),
    Knob("balance", _("Points on the account"), "number"),
    Knob("redeem", _("Points to spend"), "number"),
    Knob("last_purchase_on", _("Last purchase"), "date"),
    Knob("joined_on", _("Joined"), "date", ("joined", "member.anniversary")),
    Knob("birthday", _("Birthday"), "date", ("birthday", "member.birthday")),
    Knob("gender", _("Gender"), "gender"),
    Knob("segments", _("Segments"), "texts", ("segments",)),
    Knob("coupons", _("Coupons shown, by series"), "texts", member=False),
    Knob("promised", _("Has such a promise from the last purchase"), "flag"),
    Knob("exchange", _("Asks for the exchange at the till"), "flag"),
    Knob("referred", _("Was brought by a friend"), "flag"),
    Knob("attributes", _("Attributes"), "pairs"),
    Knob("facts", _("What else the till tells"), "pairs", member=False),
    Knob("data", _("What comes with the event"), "pairs", ("event",), member=False, sale=False),
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
        if knob.applies(found) and (sample.member or not knob.member) and (knob.sale or not sale)
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
