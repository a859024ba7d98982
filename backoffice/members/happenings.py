"""What is known of events, as people read it: things by their names, with the way to them, and no ids.

An event's data are what the API and webhooks tell: codes, ids and numbers as texts. Each of our own keys has its
words here; a key of another system is shown as that system calls it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics.models import Segment
from backoffice import figures
from campaigns.models import Campaign
from loyalty import wording
from loyalty.models import Programme, Receipt, Return, Tier, TierChange, Transfer
from members.models import Event, Member
from members.wording import name_channel
from rewards.models import Coupon, Series

UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Characters of a value that are shown, and things of a list.
MOST, LISTED = 120, 5


@dataclass(frozen=True, slots=True)
class Part:
    """A thing that is known of an event: what it is called, how it reads, and where it leads."""

    label: str
    text: str
    link: str = ""


@dataclass(slots=True)
class Names:
    """The things that some events speak of, each kind read in one statement, by what the events call them."""

    coupons_shown: bool
    #: That of the event which is being told, by its code.
    programme: str = ""
    found: dict[str, dict[str, Part]] = field(default_factory=dict)

    def read(self, kind: str, rows: Iterable[Any], key: str, page: str) -> None:
        """Note rows by their ``key``, as text; of two of one code, in two programmes, none can be meant."""
        known: dict[str, Part] = {}
        for row in rows:
            name = str(getattr(row, key))
            link = reverse(f"admin:{page}_change", args=[row.pk]) if page else ""
            known[name] = Part("", name if name in known else str(row), "" if name in known else link)
        self.found[kind] = self.found.get(kind, {}) | known

    def get(self, kind: str, value: Any) -> Part:
        """The thing by what an event calls it; an id of something that is not there is told as nothing."""
        known = self.found.get(kind, {}).get(str(value))
        return known or Part("", "" if is_id(value) else str(value))


def tell(events: Sequence[Event], *, coupons: bool) -> list[list[Part]]:
    """What is known of each event. ``coupons``: whether codes of coupons may be seen. A few statements in all."""
    names = _gather(events, coupons)
    return [list(_parts(event, names)) for event in events]


def render(parts: Iterable[Part]) -> SafeString:
    """The parts in a row."""
    return format_html_join(", ", "{}", ((_render(part),) for part in parts))


def _render(part: Part) -> SafeString:
    said = (
        format_html('<a class="regulars-link" href="{}">{}</a>', part.link, part.text)
        if part.link
        else part.text
    )
    return format_html("{}: {}", part.label, said) if part.label else format_html("{}", said)


def is_id(value: object) -> bool:
    """Whether a value is an id, which says nothing to people."""
    return isinstance(value, str) and UUID_SHAPE.fullmatch(value) is not None


# Reading what events speak of


def _gather(events: Sequence[Event], coupons: bool) -> Names:
    said: dict[str, set[Any]] = {}
    for event in events:
        for key, value in event.data.items():
            if isinstance(value, str | int) and not isinstance(value, bool):
                said.setdefault(key, set()).add(value)
    names = Names(coupons)
    for kind, (keys, look, key, page) in _THINGS.items():
        wanted = {value for name in keys for value in said.get(name, ())}
        if kind == "receipt":
            wanted |= {value for name in said.keys() - _KNOWN.keys() for value in said[name] if is_id(value)}
        if wanted:
            names.read(kind, look(wanted), key, page)
    tiers = Tier.objects.select_related("programme") if said.keys() & {"tier", "was", "now"} else ()
    names.found["tier"] = {f"{tier.programme.code} {tier.code}": Part("", tier.name) for tier in tiers}
    return names


def _by_id(model: type[Model], wanted: set[Any]) -> QuerySet[Any]:
    rows = model._default_manager.filter(pk__in=[value for value in wanted if is_id(value)])
    return rows.defer("outcome", "shopper") if model is Receipt else rows


def _by_code(model: type[Model], wanted: set[Any]) -> QuerySet[Any]:
    return model._default_manager.filter(code__in=[value for value in wanted if isinstance(value, str)])


def _coupons(wanted: set[Any]) -> QuerySet[Coupon]:
    """Codes are indexed within programmes."""
    return Coupon.objects.filter(
        programme__in=list(Programme.objects.values_list("pk", flat=True)), code__in=map(str, wanted)
    )


def _campaigns(wanted: set[Any]) -> QuerySet[Campaign]:
    return Campaign.objects.filter(pk__in=[value for value in wanted if isinstance(value, int)])


#: By kind: the keys that name such a thing, how it is looked up, by what it is called, and its page.
_THINGS: Mapping[str, tuple[tuple[str, ...], Callable[[set[Any]], Iterable[Any]], str, str]] = {
    "receipt": (("receipt",), partial(_by_id, Receipt), "pk", "loyalty_receipt"),
    "return": (("back",), partial(_by_id, Return), "pk", "loyalty_return"),
    "transfer": (("transfer",), partial(_by_id, Transfer), "pk", "loyalty_transfer"),
    "member": (("friend", "referred_by"), partial(_by_id, Member), "pk", "members_member"),
    "campaign": (("campaign",), partial(_by_code, Campaign), "code", "campaigns_campaign"),
    "campaign id": (("campaign",), _campaigns, "pk", "campaigns_campaign"),
    "series": (("series",), partial(_by_code, Series), "code", "rewards_series"),
    "coupon": (("coupon",), _coupons, "code", "rewards_coupon"),
    "segment": (("segment",), partial(_by_code, Segment), "code", "analytics_segment"),
    "programme": (("programme",), partial(_by_code, Programme), "code", ""),
}

# Telling them


def _parts(event: Event, names: Names) -> Iterable[Part]:
    names.programme = str(event.data.get("programme", ""))
    for key in sorted(event.data, key=_place):
        value = event.data[key]
        if value is None or value == "":
            continue
        part = _KNOWN[key](value, names) if key in _KNOWN else _other(key, value, names)
        if part is not None and part.text:
            yield part


def _thing(kind: str, label: Any, value: Any, names: Names) -> Part:
    found = names.get(kind, value)
    return Part(str(label), found.text, found.link)


def _numbered(kind: str, value: Any, names: Names) -> Part:
    found = names.get(kind, value)
    return Part("", f"№\u00a0{found.text}" if found.text else "", found.link)


def _campaign(value: Any, names: Names) -> Part:
    return _thing("campaign id" if isinstance(value, int) else "campaign", "", value, names)


def _coupon(value: Any, names: Names) -> Part | None:
    return _thing("coupon", _("code"), value, names) if names.coupons_shown else None


def _transfer(value: Any, names: Names) -> Part:
    link = names.get("transfer", value).link
    return Part("", _("in the ledger") if link else "", link)


def _amount(label: Any, value: Any, names: Names) -> Part:
    return Part(str(label), figures.amount(value))


def _day(label: Any, value: Any, names: Names) -> Part:
    return Part(str(label), say(value))


def _reason(value: Any, names: Names) -> Part:
    return Part(_("reason"), wording.describe_reason(str(value)))


def _why(value: Any, names: Names) -> Part:
    return Part("", str(dict(TierChange.Why.choices).get(value, value)))


def _channel(label: Any, value: Any, names: Names) -> Part:
    return Part(str(label), name_channel(str(value)))


def _tier(label: Any, value: Any, names: Names) -> Part:
    known = names.found["tier"].get(f"{names.programme} {value}")
    return Part(str(label), known.text if known else str(value))


def _nothing(value: Any, names: Names) -> None:
    """What only the machinery needs."""


#: Our own keys, in the order in which they are told.
_KNOWN: Mapping[str, Callable[[Any, Names], Part | None]] = {
    "receipt": partial(_numbered, "receipt"),
    "back": partial(_thing, "return", gettext_lazy("return")),
    "campaign": _campaign,
    "revision": partial(_amount, gettext_lazy("revision")),
    "series": partial(_thing, "series", ""),
    "coupon": _coupon,
    "badge": partial(_day, gettext_lazy("badge")),
    "segment": partial(_thing, "segment", ""),
    "tier": partial(_tier, ""),
    "was": partial(_tier, gettext_lazy("before")),
    "now": partial(_tier, gettext_lazy("after")),
    "why": _why,
    "friend": partial(_thing, "member", gettext_lazy("friend")),
    "referred_by": partial(_thing, "member", gettext_lazy("recommended by")),
    "channel": partial(_channel, gettext_lazy("joined through")),
    "source": partial(_channel, gettext_lazy("source")),
    "points": partial(_amount, gettext_lazy("points")),
    "owed": partial(_amount, gettext_lazy("owed")),
    "expires_at": partial(_day, gettext_lazy("expire")),
    "reason": _reason,
    "on": partial(_day, gettext_lazy("date")),
    "years": partial(_amount, gettext_lazy("years")),
    "days": partial(_amount, gettext_lazy("days")),
    "since": partial(_day, gettext_lazy("since")),
    "offset": partial(_amount, gettext_lazy("days from the date")),
    "last_day": partial(_day, gettext_lazy("last day")),
    "households": partial(_amount, gettext_lazy("members")),
    "receipts": partial(_amount, gettext_lazy("receipts")),
    "programme": partial(_thing, "programme", gettext_lazy("programme")),
    "transfer": _transfer,
    "account": _nothing,
    "language": _nothing,
}
_PLACES = {key: place for place, key in enumerate(_KNOWN)}


def _place(key: str) -> tuple[int, str]:
    return _PLACES.get(key, len(_PLACES)), key


def _other(key: str, value: Any, names: Names) -> Part | None:
    """What another system said of its event, under its own name; of ids, those of receipts say something."""
    if is_id(value):
        return _numbered("receipt", value, names)
    return Part(str(key).replace("_", " ")[:MOST], say(value))


def say(value: Any) -> str:
    """A value of JSON as people write it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float | Decimal):
        return figures.amount(value)
    if isinstance(value, list):
        return _cut(", ".join(say(one) for one in value[:LISTED]))
    if isinstance(value, dict):
        return _cut(", ".join(f"{str(key).replace('_', ' ')}: {say(one)}" for key, one in value.items()))
    text = "" if value is None or is_id(value) else str(value)
    return _cut(_say_day(text) or text)


def _cut(text: str) -> str:
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def _say_day(text: str) -> str:
    """A day or moment as ISO 8601 has it, as the reader's language writes it; empty where it is none."""
    if not re.match(r"\d{4}-\d\d-\d\d(T\d\d:\d\d|\Z)", text):
        return ""
    try:
        if len(text) == 10:
            return date_format(date.fromisoformat(text), "DATE_FORMAT")
        at = datetime.fromisoformat(text)
        return date_format(timezone.localtime(at) if at.tzinfo else at, "DATETIME_FORMAT")
    except (ValueError, OverflowError):
        return ""
