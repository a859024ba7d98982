"""Where campaigns meet: which of them can apply to the same receipt line, and what comes of it. Pure.

Two campaigns can meet when nothing in their definitions keeps them apart: their windows, weekdays, hours,
tiers, places and goods. What cannot be told from the definitions (who is in a segment) does not keep them
apart. Meeting is normal; only what may surprise is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from campaigns.engine.document import GOODS, Document
from campaigns.engine.vocabulary import DISCOUNTS

#: The codes of a category and of all above it.
Ancestors = Callable[[str], Iterable[str]]

#: Discounts that come to the same whichever is first (but for a cent): of one family each.
_COMMUTING = ({"discount_percent", "gift"}, {"discount_amount"}, {"fixed_price", "gift"})
#: What the rewards of a stamp card are like.
_STAMPS = {"percent": "discount_percent", "free": "cheapest_free"}
_BEGINNING = datetime.min.replace(tzinfo=UTC)
_END = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A campaign with the definition that is or would be in force, and from when until when."""

    id: int
    name: str
    document: Document
    opens: datetime | None = None
    closes: datetime | None = None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two campaigns that can meet, and what comes of it: ``undecided``, ``exclusive``, ``best``, ``boosters``,
    ``order`` or ``discounts``. ``undecided`` is a clash: neither goes first. ``order`` is one, too, that the codes
    of the campaigns decide: which of two discounts comes first changes what is paid, and nobody said which.
    """

    one: Entry
    other: Entry
    kind: str


def find(entries: Iterable[Entry], ancestors: Ancestors = lambda code: (code,)) -> Iterator[Meeting]:
    """Every pair of campaigns whose meeting may surprise."""
    for one, other in combinations(entries, 2):
        kind = kind_of(one.document, other.document)
        if kind and may_meet(one, other, ancestors):
            yield Meeting(one, other, kind)


def kind_of(one: Document, other: Document) -> str:
    """What comes of two campaigns that meet; empty when each just gives its own."""
    mine, theirs = one.get("stacking", {}), other.get("stacking", {})
    if mine.get("group") and mine.get("group") == theirs.get("group"):
        modes = {mine.get("mode", "all"), theirs.get("mode", "all")}
        if modes == {"exclusive"} and mine.get("priority", 0) == theirs.get("priority", 0):
            return "undecided"
        if "exclusive" in modes or modes == {"best"}:
            return "exclusive" if "exclusive" in modes else "best"
        return _of_discounts(one, other)
    if "multiplier" in _effects(one) & _effects(other):
        return "boosters"
    return _of_discounts(one, other)


def _of_discounts(one: Document, other: Document) -> str:
    """``discounts`` of two that take money off; ``order`` where it matters which does first, and is not said."""
    kinds, others = _cuts(one), _cuts(other)
    if not kinds or not others:
        return ""
    mine, theirs = one.get("stacking", {}), other.get("stacking", {})
    if mine.get("priority", 0) != theirs.get("priority", 0):
        return "discounts"
    leaves_out = "exclude" in (mine.get("discounted"), theirs.get("discounted"))
    same_either_way = any(kinds | others <= family for family in _COMMUTING)
    return "discounts" if same_either_way and not leaves_out else "order"


def _cuts(document: Document) -> set[str]:
    """The ways in which a campaign takes money off."""
    found = _effects(document) & DISCOUNTS
    for effect in document.get("what", ()):
        reward = effect.get("reward", {}) if effect.get("effect") == "stamp" else {}
        found |= {name for kind, name in _STAMPS.items() if kind in reward}
    return found


def _effects(document: Document) -> set[str]:
    return {str(effect.get("effect")) for effect in document.get("what", ())}


def may_meet(one: Entry, other: Entry, ancestors: Ancestors = lambda code: (code,)) -> bool:
    """Whether nothing in their definitions keeps two campaigns apart."""
    a, b = one.document, other.document
    return (
        max(one.opens or _BEGINNING, other.opens or _BEGINNING)
        < min(one.closes or _END, other.closes or _END)
        and _share(a.get("whom", {}).get("tiers"), b.get("whom", {}).get("tiers"))
        and _share(a.get("whom", {}).get("card_kinds"), b.get("whom", {}).get("card_kinds"))
        and _same_days(a.get("when", {}), b.get("when", {}))
        and _same_places(a.get("where", {}), b.get("where", {}))
        and any(_same_goods(mine, theirs, ancestors) for mine in _aims(a) for theirs in _aims(b))
    )


def _aims(document: Document) -> list[Document]:
    """The goods that a campaign looks at, and those that it makes cheaper elsewhere: gifts."""
    gifts = [effect for effect in document.get("what", ()) if effect.get("effect") == "gift"]
    return [
        document.get("what_for", {}),
        *({"of": "lines", "products": gift.get("products", ())} for gift in gifts),
    ]


def _share(one: Iterable[Any] | None, other: Iterable[Any] | None) -> bool:
    """Whether two lists have something in common; a list that is not there holds everything."""
    return one is None or other is None or not set(one).isdisjoint(other)


def _same_days(one: Document, other: Document) -> bool:
    if not _share(one.get("weekdays"), other.get("weekdays")):
        return False
    if "hours" not in one or "hours" not in other:
        return True
    return any(
        start < end
        for a in _spans(one)
        for b in _spans(other)
        for start, end in [(max(a[0], b[0]), min(a[1], b[1]))]
    )


def _spans(when: Document) -> list[tuple[str, str]]:
    """Windows of a day; one over midnight is two."""
    found = []
    for start, end in when["hours"]:
        found += [(start, end)] if start < end else [(start, "24:00"), ("00:00", end)]
    return found


def _same_places(one: Document, other: Document) -> bool:
    if not _share(one.get("channels"), other.get("channels")) or not _share(
        one.get("tills"), other.get("tills")
    ):
        return False
    mine, theirs = (
        {kind for kind in ("stores", "groups", "partners") if kind in where} for where in (one, other)
    )
    if len(mine) == 1 and mine == theirs:
        (kind,) = mine
        return _share(one[kind], other[kind])
    return True  # a store may be in a group: the definitions alone do not say


def _same_goods(one: Document, other: Document, ancestors: Ancestors) -> bool:
    if "event" in (one.get("of"), other.get("of")):
        return one.get("event") == other.get("event")
    mine, theirs = ({kind for kind in GOODS if kind in what_for} for what_for in (one, other))
    if not mine or not theirs:
        return True
    if mine != theirs or len(mine) > 1:
        return True  # a product may be in a category: the definitions alone do not say
    (kind,) = mine
    if kind != "categories":
        return _share(one[kind], other[kind])
    return any(a in ancestors(b) or b in ancestors(a) for a in one[kind] for b in other[kind])
