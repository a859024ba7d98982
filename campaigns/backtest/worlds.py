"""How members stand in a past that was otherwise: what they used of limits, and counted.

What a member used really is part of each receipt's snapshot. A world remembers, by member, by how much
it has moved away from that: each judged receipt adds what it uses in this world and takes off what it
really used. A campaign that never ran has used nothing really, so all its use comes from here; one that
did run goes on from where it really stood before the period.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import zip_longest
from operator import attrgetter
from typing import Any, NamedTuple

from campaigns.checkout import usage
from campaigns.checkout.usage import Key
from campaigns.engine.counters import counter_key
from campaigns.engine.limits import PREFIXES, period_keys
from campaigns.engine.promises import PREFIX as PROMISE
from campaigns.engine.shopper import Shopper, used_of
from loyalty.rules.basket import Moment

#: Times, points and, where it is counted, money.
Used = tuple[Any, ...]
NONE: Used = ()


def _sum(one: Used, other: Used) -> Used:
    """Two uses together; never below none, as where a real return has taken back what is not counted here."""
    total = _add(one, other)
    return total if min(total) >= 0 else tuple([max(part, part * 0) for part in total])


def _add(one: Used, other: Used) -> Used:
    """Times, points and, where it is counted, money of two uses."""
    if not one:
        return other
    if len(one) == len(other) == 2:
        return one[0] + other[0], one[1] + other[1]
    return tuple([mine + theirs for mine, theirs in zip_longest(one, other, fillvalue=0)])


def _difference(one: Used, other: Used) -> Used:
    """One use without another."""
    if not other:
        return one
    return tuple([mine - theirs for mine, theirs in zip_longest(one, other, fillvalue=0)])


def _differences(here: Mapping[Key, Used], really: Mapping[Key, Used]) -> Iterator[tuple[Key, Used]]:
    for key, mine in here.items():
        theirs = really.get(key, NONE)
        if mine != theirs:
            yield key, _difference(mine, theirs)
    for key, theirs in really.items():
        if key not in here:
            yield key, tuple([-part for part in theirs])


_FIELDS = tuple(field.name for field in fields(Shopper))
_values = attrgetter(*_FIELDS)
_PROGRESS, _USES = _FIELDS.index("progress"), _FIELDS.index("uses")


def _changed(shopper: Shopper, uses: Mapping[Key, Used], progress: Mapping[int, int]) -> Shopper:
    """As ``dataclasses.replace``, which takes its time over so many fields."""
    values = [*_values(shopper)]
    values[_USES], values[_PROGRESS] = uses, progress
    return Shopper(*values)


def later(shopper: Shopper, added: Mapping[Key, Used]) -> Shopper:
    """The shopper after a purchase that added this to what they used and counted."""
    uses, progress = dict(shopper.uses), dict(shopper.progress)
    for key, used in added.items():
        if key[1] == usage.PROGRESS:
            progress[key[0]] = max(progress.get(key[0], 0) + used[0], 0)
        else:
            uses[key] = used_of(key[1], *_sum(uses.get(key, NONE), used))
    return _changed(shopper, uses, progress)


#: Whose uses a key counts: a member's, by their id; a store's, by its code; everybody's.
Owner = tuple[str, str]
EVERYBODY: Owner = ("c", "")


def owner_of(key: Key, member: str | None, store: str) -> Owner:
    """Whose uses a key counts."""
    if key[1].startswith("c:"):
        return EVERYBODY
    return ("s", store) if key[1].startswith("s:") else ("m", member or "")


class Asked(NamedTuple):
    """The periods of uses that rules can ask for at a moment: everybody's, a store's, a member's.

    ``promise`` is the first period of the promises that still hold; all later ones are asked for too.
    """

    everybody: tuple[str, ...]
    store: tuple[str, ...]
    member: tuple[str, ...]
    promise: str


@lru_cache(maxsize=1000)
def _asked(today: date, near: int) -> Asked:
    days = [today + timedelta(days=shift) for shift in range(-near, near + 1)]
    moments = [period_keys(datetime.combine(day, time())) for day in days]
    periods = dict.fromkeys(key for keys in moments for key in keys.values())
    counters = dict.fromkeys(counter_key(key) for keys in moments for key in keys.values())
    return Asked(
        tuple(PREFIXES["campaign"] + key for key in periods),
        tuple(PREFIXES["store"] + key for key in periods),
        (*periods, *counters),
        f"{PROMISE}{days[0]:%Y%m%d}",
    )


class World:
    """What has moved, by whose uses it is and by period.

    A member leaves many periods behind in a year, and no rule looks back at them: only those of the moment
    are put together for it. ``near`` is for how many days before and after a receipt is judged as well.
    """

    def __init__(self, near: int = 0) -> None:
        self._near = near
        self._uses: dict[Owner, dict[str, dict[int, Used]]] = {}
        #: The periods of a member's promises, in order.
        self._promises: dict[Owner, list[str]] = {}
        self._progress: dict[str, dict[int, int]] = {}

    def has_moved(self, member: str | None, store: str) -> bool:
        """Whether a member in a store stands otherwise than really."""
        owners: tuple[Owner, ...] = (EVERYBODY, ("s", store), ("m", member or ""))
        return member in self._progress or any(self._uses.get(owner) for owner in owners)

    def shopper(self, real: Shopper, member: str | None, store: str, moment: Moment) -> Shopper:
        """The shopper as they stand in this world, in a store, at a moment."""
        counted = self._progress.get(member or "")
        if not self._uses and not counted:
            return real
        uses = self._add_moved(real.uses, member or "", store, _asked(moment.in_programme.date(), self._near))
        if uses is real.uses and not counted:
            return real
        progress = real.progress
        if counted:
            progress = dict(progress)
            for campaign, times in counted.items():
                progress[campaign] = max(progress.get(campaign, 0) + times, 0)
        return _changed(real, uses, progress)

    def _add_moved(
        self, real: Mapping[Key, Used], member: str, store: str, asked: Asked
    ) -> Mapping[Key, Used]:
        """Uses as they were, with what has moved."""
        uses = real
        owned: tuple[tuple[Owner, tuple[str, ...]], ...] = (
            (EVERYBODY, asked.everybody), (("s", store), asked.store), (("m", member), asked.member)
        )  # fmt: skip
        for owner, periods in owned:
            moved = self._uses.get(owner)
            if not moved:
                continue
            promises = self._promises.get(owner)
            if promises:
                periods = (*periods, *promises[bisect_left(promises, asked.promise) :])
            for period in periods:
                if period in moved:
                    uses = dict(real) if uses is real else uses
                    for campaign, used in moved[period].items():
                        key = campaign, period
                        uses[key] = used_of(period, *_sum(real.get(key, NONE), used))  # type: ignore[index]
        return uses

    def note(
        self, member: str | None, store: str, here: Mapping[Key, Used], really: Mapping[Key, Used]
    ) -> None:
        """Note what a receipt used in this world, and what it really used."""
        for key, change in _differences(here, really):
            if key[1] == usage.PROGRESS:
                counted = self._progress.setdefault(member or "", {})
                counted[key[0]] = counted.get(key[0], 0) + change[0]
            else:
                self._move(owner_of(key, member, store), key, change)

    def _move(self, owner: Owner, key: Key, change: Used) -> None:
        campaign, period = key
        moved = self._uses.setdefault(owner, {})
        found = moved.get(period)
        if found is None:
            found = moved[period] = {}
            if period.startswith(PROMISE):
                insort(self._promises.setdefault(owner, []), period)
        after = _add(found.get(campaign, NONE), change)
        if any(after):
            found[campaign] = after
            return
        found.pop(campaign, None)
        if not found:
            del moved[period]
            if period.startswith(PROMISE):
                self._promises[owner].remove(period)

    def forget(self) -> None:
        """Start anew, with other members."""
        self._uses.clear()
        self._promises.clear()
        self._progress.clear()
