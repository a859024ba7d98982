"""How members stand in a past that was otherwise: what they used of limits, and counted.

What a member used really is part of each receipt's snapshot. A world remembers, by member, by how much
it has moved away from that: each judged receipt adds what it uses in this world and takes off what it
really used. A campaign that never ran has used nothing really, so all its use comes from here; one that
did run goes on from where it really stood before the period.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from campaigns import usage
from campaigns.engine.shopper import Shopper
from campaigns.usage import Key

#: Times, points and, where it is counted, money.
Used = tuple[Any, ...]


class Moved(Mapping[Key, Used]):
    """Uses as they were, with what has moved. Only what is asked for is added up: a year leaves many keys."""

    __slots__ = ("_moved", "_real")

    def __init__(self, real: Mapping[Key, Used], moved: Mapping[Key, Used]) -> None:
        self._real = real
        self._moved = moved

    def __getitem__(self, key: Key) -> Used:
        moved, real = self._moved.get(key), self._real.get(key)
        if moved is None:
            if real is None:
                raise KeyError(key)
            return real
        return _sum(real or (), moved)

    def __iter__(self) -> Iterator[Key]:
        yield from self._real
        for key in self._moved:
            if key not in self._real:
                yield key

    def __len__(self) -> int:
        return len({*self._real, *self._moved})


def _sum(one: Used, other: Used) -> Used:
    """Two uses together; never below none, as where a real return has taken back what is not counted here."""
    return tuple([max(part, part * 0) for part in _add(one, other)])


def _add(one: Used, other: Used, sign: int = 1) -> Used:
    """Times, points and, where it is counted, money of two uses; ``sign`` -1 takes the other off."""
    pairs = zip_longest(one, other, fillvalue=0)
    return tuple([mine + theirs * sign for mine, theirs in pairs])


def _differences(here: Mapping[Key, Used], really: Mapping[Key, Used]) -> Iterator[tuple[Key, Used]]:
    for key in {*here, *really}:
        mine, theirs = here.get(key, ()), really.get(key, ())
        if mine != theirs:
            yield key, _add(mine, theirs, -1)


def later(shopper: Shopper, added: Mapping[Key, Used]) -> Shopper:
    """The shopper after a purchase that added this to what they used and counted."""
    progress = dict(shopper.progress)
    for (campaign, period), used in added.items():
        if period == usage.PROGRESS:
            progress[campaign] = max(progress.get(campaign, 0) + used[0], 0)
    uses = {key: used for key, used in added.items() if key[1] != usage.PROGRESS}
    return replace(shopper, uses=Moved(shopper.uses, uses) if uses else shopper.uses, progress=progress)


#: Whose uses a key counts: a member's, by their id; a store's, by its code; everybody's.
Owner = tuple[str, str]
EVERYBODY: Owner = ("c", "")


def owner_of(key: Key, member: str | None, store: str) -> Owner:
    """Whose uses a key counts."""
    if key[1].startswith("c:"):
        return EVERYBODY
    return ("s", store) if key[1].startswith("s:") else ("m", member or "")


class World:
    """What has moved, by whose uses it is."""

    def __init__(self) -> None:
        self._uses: dict[Owner, dict[Key, Used]] = {}
        self._progress: dict[str, dict[int, int]] = {}

    def has_moved(self, member: str | None, store: str) -> bool:
        """Whether a member in a store stands otherwise than really."""
        return bool(member in self._progress or self._moved(member, store))

    def _moved(self, member: str | None, store: str) -> list[dict[Key, Used]]:
        owners = (EVERYBODY, ("s", store), ("m", member or ""))
        return [self._uses[owner] for owner in owners if owner in self._uses]

    def shopper(self, real: Shopper, member: str | None, store: str) -> Shopper:
        """The shopper as they stand in this world, in a store."""
        moved, counted = self._moved(member, store), self._progress.get(member or "")
        if not moved and not counted:
            return real
        uses: Mapping[Key, Used] = real.uses
        for one in moved:
            uses = Moved(uses, one)
        progress = dict(real.progress)
        for campaign, times in (counted or {}).items():
            progress[campaign] = max(progress.get(campaign, 0) + times, 0)
        return replace(real, uses=uses, progress=progress)

    def note(
        self, member: str | None, store: str, here: Mapping[Key, Used], really: Mapping[Key, Used]
    ) -> None:
        """Note what a receipt used in this world, and what it really used."""
        if here == really:
            return
        for key, change in _differences(here, really):
            if key[1] == usage.PROGRESS:
                counted = self._progress.setdefault(member or "", {})
                counted[key[0]] = counted.get(key[0], 0) + change[0]
                continue
            moved = self._uses.setdefault(owner_of(key, member, store), {})
            after = _add(moved.get(key, ()), change)
            if any(after):
                moved[key] = after
            else:
                moved.pop(key, None)

    def forget(self) -> None:
        """Start anew, with other members."""
        self._uses.clear()
        self._progress.clear()
