"""Offers that run and are for a member, and how far they are with what they collect for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from campaigns.checkout import history
from campaigns.engine.counters import PROGRESS, Counter, counter_key
from campaigns.engine.limits import period_keys
from campaigns.engine.needs import PastPurchase, answer, is_total
from campaigns.prospects.book import Book, Entry, Sum
from campaigns.prospects.standing import Standing

Unit = Literal["stamps", "purchases", "money", "pieces"]
_UNITS: dict[str, Unit] = {"spent": "money", "pieces": "pieces", "purchases": "purchases"}


class Goal(NamedTuple):
    """How far a member is: ``value`` of ``goal``, until a moment or without an end; and what for."""

    entry: Entry
    unit: Unit
    value: Decimal
    goal: Decimal
    until: datetime | None


def offers(standing: Standing) -> list[Entry]:
    """The campaigns that run and are for the member: those made for them first, then those that end first.

    Of what is for some lists of members they are told if they agreed to personal offers.
    """
    now = standing.moment.in_programme
    mine = [one for one in running(standing.book.entries, standing) if one.listed]
    return sorted(mine, key=lambda one: (not one.personal, one.closes is None, one.closes or now, one.name))


def running(entries: Iterable[Entry], standing: Standing) -> list[Entry]:
    """Those of some campaigns that run and are for the member."""
    now = standing.moment.in_programme
    return [one for one in entries if one.is_open(now) and is_for(one, standing)]


def welcoming(standing: Standing) -> list[Entry]:
    """What anybody gets who joins now: what is for some members alone is not promised to a stranger."""
    return joining(standing.book, standing.moment.in_programme)


def joining(book: Book, now: datetime) -> list[Entry]:
    """The same of a book, for a stranger who was invited."""
    anyone = [one for one in book.joining if one.listed and one.sentences and one.is_open(now)]
    return [one for one in anyone if not any(map(one.whom.named, ("tiers", "card_kinds", "segments")))]


def is_for(entry: Entry, standing: Standing) -> bool:
    """Whether a campaign is for the member, and may be told to them."""
    if entry.personal and not standing.profiled:
        return False
    tier = standing.rank.tier
    own = {
        "tiers": {tier.code} if tier else set(), "card_kinds": {kind for _number, kind in standing.cards},
        "segments": standing.segments,
    }  # fmt: skip
    return all(
        (named := entry.whom.named(kind)) is None or not own[kind].isdisjoint(named) for kind in own
    ) and all(own[kind].isdisjoint(entry.whom.but.get(kind, ())) for kind in own)


def goals(standing: Standing) -> list[Goal]:
    """What the member has begun to collect for, of campaigns that run and are for them; the fullest first."""
    past = history.read(standing.history) if standing.history else []
    mine = running(standing.book.entries, standing)
    found = [goal for entry in mine for goal in _goals(entry, standing, past) if 0 < goal.value < goal.goal]
    return sorted(found, key=lambda one: (-one.value / one.goal, one.entry.name))


def _goals(entry: Entry, standing: Standing, past: Iterable[PastPurchase]) -> Iterator[Goal]:
    if entry.card is not None:
        goal = entry.card.goal
        value = standing.uses.get((entry.id, PROGRESS), 0) % goal
        yield Goal(entry, "stamps", Decimal(value), Decimal(goal), entry.closes)
    for counter in entry.counters:
        yield _counted(entry, counter, standing)
    for one in entry.sums:
        yield _summed(entry, one, standing, past)


def _counted(entry: Entry, counter: Counter, standing: Standing) -> Goal:
    """Purchases towards every nth one."""
    keys = period_keys(standing.moment.in_programme)
    key = counter_key(keys[counter.period]) if counter.period else PROGRESS
    count = standing.uses.get((entry.id, key), 0) if counter.own else standing.facts.purchases
    value = count % counter.goal if counter.repeats else min(count, counter.goal)
    until = _sooner(entry.closes, _end(counter.period, standing))
    return Goal(entry, "purchases", Decimal(value), Decimal(counter.goal), until)


def _summed(entry: Entry, one: Sum, standing: Standing, past: Iterable[PastPurchase]) -> Goal:
    """Money, pieces or purchases in a period."""
    need = one.need
    if is_total(need):
        value = standing.facts.spent if need.kind == "spent" else Decimal(standing.facts.purchases)
    else:
        value = answer(need, list(past), standing.moment.in_programme, "", "")
    period = need.period if isinstance(need.period, str) else None
    return Goal(entry, _UNITS[need.kind], value, one.goal, _sooner(entry.closes, _end(period, standing)))


def _end(period: str | None, standing: Standing) -> datetime | None:
    """The first moment after a period of the calendar; None for what has no end."""
    day = standing.moment.in_programme.replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case "day":
            return day + timedelta(days=1)
        case "week":
            return day + timedelta(days=7 - day.weekday())
        case "month":
            return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
        case "year":
            return day.replace(year=day.year + 1, month=1, day=1)
    return None


def _sooner(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)
