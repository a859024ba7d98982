"""The campaigns of a rulebook, told to members: what is promised, to whom, and which of it is collected for.

A rulebook never changes, and its sentences are made once for each language. Names of tiers, goods and stores may
change, so a book is kept for a minute.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import get_language

from campaigns import rulebooks
from campaigns.desk.names import Names
from campaigns.engine.counters import Counter
from campaigns.engine.document import leaves
from campaigns.engine.needs import Need, figure, is_total
from campaigns.engine.questions import Whom
from campaigns.engine.rulebook import Revision
from campaigns.engine.stamps import StampCard
from campaigns.rulebooks import Rules
from campaigns.words import personal, readers
from loyalty.models import Programme

_KEPT_SECONDS = 60.0
#: Conditions that nobody is told of: what is known of a member by lists, or what only a till sees.
_PRIVATE = frozenset({"segment", "attribute", "cashier", "event_data"})
#: Conditions on what was bought before: towards these a member collects.
_FIGURES: Mapping[str, Any] = {"spent": "spent", "bought": "pieces", "purchases": "purchases"}
_OF_FRIENDS = (readers.JOINED, readers.PURCHASED)


class Sum(NamedTuple):
    """A figure of past purchases that a campaign asks for, and how much of it."""

    need: Need
    goal: Decimal


class Entry(NamedTuple):
    """A campaign as its members may know it: ``sentences`` speak to the one who reads, the main one first.

    ``opens`` and ``closes`` are its window. ``listed`` says that it may be told to whom it is for, whoever they are.
    """

    id: int
    name: str
    sentences: Sequence[str]
    whom: Whom
    listed: bool
    opens: datetime | None
    closes: datetime | None
    card: StampCard | None
    counters: Sequence[Counter]
    sums: Sequence[Sum]
    #: Why it is shown to somebody whom it is for; nothing where it is for everybody.
    why: Sequence[str] = ()

    @property
    def personal(self) -> bool:
        """Whether it is for members of some segments: an offer made for them."""
        return bool(self.whom.segments or self.whom.but.get("segments"))

    def is_open(self, now: datetime) -> bool:
        """Whether it runs at a moment."""
        return (self.opens is None or self.opens <= now) and (self.closes is None or now < self.closes)


@dataclass(frozen=True, slots=True)
class Book:
    """All of it. ``coupons`` are by the code of their series what a coupon gives, ``bringing`` what a member gets for
    friends, ``joining`` what these get."""

    entries: Sequence[Entry]
    coupons: Mapping[str, Sequence[str]]
    bringing: Sequence[Entry]
    joining: Sequence[Entry]

    @property
    def sums(self) -> list[Sum]:
        """Figures that only past receipts can tell."""
        return [one for entry in self.entries for one in entry.sums if not is_total(one.need)]


EMPTY = Book((), {}, (), ())
_known: dict[tuple[int, str], tuple[float, Book]] = {}


def in_force(programme: Programme, rulebook_id: int | None) -> Book:
    """The book of a rulebook in the current language; asks for names once a minute."""
    if rulebook_id is None:
        return EMPTY
    key, now = (rulebook_id, get_language() or ""), time.monotonic()
    found = _known.get(key)
    if found is None or found[0] < now:
        for old in [one for one, (until, _book) in tuple(_known.items()) if until < now]:
            _known.pop(old, None)
        found = _known[key] = (now + _KEPT_SECONDS, _write(programme, rulebooks.get(rulebook_id)))
    return found[1]


def forget() -> None:
    """Forget what is kept, in this process."""
    _known.clear()


def _write(programme: Programme, rules: Rules) -> Book:
    names = Names(programme)
    names.learn_all([revision.definition.document for revision in rules.engine.campaigns])
    revisions = sorted(rules.engine.campaigns, key=lambda one: (one.name, one.campaign_id))
    machine = {campaign.id: campaign for campaign in rules.engine.machine.campaigns}
    entries, bringing, joining = [], [], []
    coupons: dict[str, list[str]] = {}
    for revision in revisions:
        campaign, event = machine[revision.campaign_id], revision.definition.questions.what_for.event
        told = _entry(revision, programme, names, readers.you())
        told = told._replace(card=campaign.card, counters=campaign.counters)
        if event in _OF_FRIENDS:
            bringing.append(told)
        elif event == readers.REGISTERED:
            joining.append(_entry(revision, programme, names, readers.friend()))
        elif told.sentences and not campaign.series:
            entries.append(told)
        for series in campaign.series if told.sentences else ():
            coupons.setdefault(series, []).extend(told.sentences)
        if said := readers.describe_bringing(revision.definition.document, names, programme.currency):
            bringing.append(told._replace(sentences=said))
    return Book(entries, coupons, bringing, joining)


def _entry(revision: Revision, programme: Programme, names: Names, reader: readers.Reader) -> Entry:
    document, asked = revision.definition.document, revision.definition.questions
    told = {leaf.kind for leaf in leaves(document.get("if") or {})}
    if asked.what_for.event == readers.PURCHASED:
        told.discard("event_data")
    return Entry(
        revision.campaign_id, revision.name, readers.describe(document, reader, names, programme.currency), asked.whom,
        _PRIVATE.isdisjoint(told), _moment(asked.when.begins), _moment(asked.when.until), None, (),
        tuple(_sums(document)), personal.why(document, names, programme.currency),
    )  # fmt: skip


def _sums(document: Mapping[str, Any]) -> Iterator[Sum]:
    """What must have been spent or bought for it to give something."""
    for leaf in leaves(document.get("if") or {}):
        kind, fields = _FIGURES.get(leaf.kind), leaf.fields
        if kind and leaf.wanted and "at_least" in fields:
            yield Sum(figure(kind, fields["period"], fields), Decimal(str(fields["at_least"])))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
