"""The rules of a ladder: which tier a member holds, seen from what the member bought. Pure: no database, no clock.

A member's place is a function of the ladder as it is now and of the purchases that stand, nothing else; what
is given by hand lies over it (``Pin``). A ``Climb`` keeps just so much of the past that the next purchase,
and the passing of time, can be judged without looking back. docs/algorithms/tiers.md says it in prose;
``analytics.recount_statements`` says the same in SQL for many members at once.

Days are local days of the programme. Levels are numbers: 0 is the lowest step, -1 is below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from loyalty.rules.days import end_of_day
from loyalty.rules.spans import Span, first_day, period

ZERO = Decimal(0)
BELOW = -1
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Step:
    """A tier of a ladder: reached when ``threshold`` is counted (money, points or visits)."""

    id: int
    code: str
    name: str
    threshold: Decimal
    benefits: str = ""


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of a programme, and how one goes up and down on them.

    ``basis`` is what counts (``spent``, ``points``, ``visits``) and ``window`` when (None: ever). ``down``:
    ``never``, ``idle`` (without a purchase for ``term``), or ``below`` (less than ``below`` within ``term``;
    with None: less than the tier's own threshold, and ``term`` is then the window). ``lowest`` says that who
    falls falls to the lowest step, else by one. Nobody falls for what was before ``down_from``.
    ``since`` is when the ladder became what it is, where that is known.
    """

    steps: tuple[Step, ...]
    zone: ZoneInfo
    version: int = 0
    basis: str = "spent"
    window: Span | None = None
    down: str = "never"
    term: Span | None = None
    below: Decimal | None = None
    lowest: bool = False
    grace: int = 0
    down_from: date | None = None
    since: datetime | None = None

    @property
    def plain(self) -> bool:
        """Whether the tier follows from the member's totals alone."""
        return self.window is None and self.down == "never"

    @property
    def renews(self) -> bool:
        """Whether a tier must be reached anew within the window to be kept."""
        return self.down == "below" and self.below is None

    @property
    def looks_back(self) -> Span | None:
        """The rolling span whose purchases must be at hand to judge another one, if any."""
        if self.window is not None and not self.window.calendar:
            return self.window
        if self.down == "below" and self.term is not None and not self.term.calendar:
            return self.term
        return None

    def level(self, counted: Decimal) -> int:
        """The level that an amount reaches."""
        reached = BELOW
        for number, step in enumerate(self.steps):
            if step.threshold <= counted:
                reached = number
        return reached

    def day(self, moment: datetime) -> date:
        """The local day of a moment."""
        return moment.astimezone(self.zone).date()

    def step(self, level: int) -> Step | None:
        """The step of a level."""
        return self.steps[level] if 0 <= level < len(self.steps) else None

    def level_of(self, tier_id: int | None) -> int:
        """The level of a tier; ``BELOW`` for none, and for one that is not on the ladder."""
        return next((number for number, step in enumerate(self.steps) if step.id == tier_id), BELOW)


class Bought(NamedTuple):
    """A purchase that stands: money paid and points earned, less what came back."""

    id: UUID
    at: datetime
    spent: Decimal
    points: Decimal

    def amount(self, basis: str) -> Decimal:
        """What it counts for."""
        return self.spent if basis == "spent" else self.points if basis == "points" else Decimal(1)


class Climb(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a member stands on a ladder that looks at time, as of the last purchase.

    ``counted`` counts towards the next step: within ``period`` (its first day) of a calendar window, and
    from the day ``anew`` on, that of the first purchase after a fall. ``measured`` is what a calendar term has
    seen in ``period``. ``reached`` is, level by level, the day on which its amount was last reached, where
    tiers are to be renewed; elsewhere ``level`` was held on the last purchase, ``held`` is the day on which
    the condition of staying was last met, and ``fallen`` the falls since then that ``level`` accounts for.
    """

    counted: Decimal = ZERO
    measured: Decimal = ZERO
    period: date | None = None
    anew: date | None = None
    reached: tuple[date | None, ...] = ()
    level: int = BELOW
    held: date | None = None
    fallen: int = 0


START = Climb()


def level_on(ladder: Ladder, climb: Climb, day: date) -> int:
    """The level that a member holds by the ladder's rules on a day not before the last purchase."""
    base = ladder.level(ZERO)
    if ladder.renews:
        held = [_decayed(ladder, level, start, day) for level, start in _reached(climb)]
        return max([base, *held])
    if climb.level <= base or climb.held is None or ladder.down == "never":
        return max(base, climb.level)
    falls = _falls(ladder, climb.held, day) - climb.fallen
    return max(base, _fall(ladder, climb.level, falls))


def last_day(ladder: Ladder, climb: Climb, day: date) -> date | None:
    """The last day on which the level of ``day`` is kept without another purchase; None: it is kept for ever."""
    level = level_on(ladder, climb, day)
    if level <= max(ladder.level(ZERO), 0) or ladder.down == "never" or ladder.term is None:
        return None
    term, grace = ladder.term, ladder.grace
    if ladder.renews:
        return max(
            term.last_held(_not_before(ladder, start), 1 if ladder.lowest else number - level + 1, grace)
            for number, start in _reached(climb)
            if number >= level
        )
    assert climb.held is not None
    start = _not_before(ladder, climb.held)
    return term.last_held(start, _falls(ladder, climb.held, day) + 1, grace)


def until(ladder: Ladder, climb: Climb, day: date) -> datetime | None:
    """The last second of ``last_day``."""
    last = last_day(ladder, climb, day)
    return end_of_day(last, ladder.zone) if last is not None else None


def buy(ladder: Ladder, climb: Climb, purchase: Bought, earlier: Iterable[Bought] = ()) -> Climb:
    """The climb once a purchase was made, on the day of the last one or later.

    ``earlier`` must hold the purchases before it of ``ladder.looks_back``; it may hold others.
    """
    day, amount = ladder.day(purchase.at), purchase.amount(ladder.basis)
    before = level_on(ladder, climb, day)
    falls = _falls(ladder, climb.held, day) if climb.held is not None else 0
    climb = _cut(ladder, climb, falls, day)
    recent = [(ladder.day(one.at), one.amount(ladder.basis)) for one in earlier] if ladder.looks_back else []
    climb = _count(ladder, climb, day, amount, recent)
    level = ladder.level(climb.counted)
    if ladder.renews:
        reached = (*climb.reached, *(None,) * (len(ladder.steps) - len(climb.reached)))
        climb = msgspec.structs.replace(
            climb, reached=tuple(day if number <= level else start for number, start in enumerate(reached))
        )
        return climb
    met = climb.held is None or _is_met(ladder, climb, day, amount, recent)
    return msgspec.structs.replace(
        climb,
        level=max(before, level),
        held=day if met else climb.held,
        fallen=0 if met else falls,
    )


def fold(ladder: Ladder, purchases: Sequence[Bought]) -> Climb:
    """The climb of one who made these purchases, and no others. The rule of rules: all else must agree with it."""
    ordered = sorted(purchases, key=lambda one: one.at)
    climb = START
    for number, purchase in enumerate(ordered):
        climb = buy(ladder, climb, purchase, ordered[:number])
    return climb


def counted_on(ladder: Ladder, climb: Climb, day: date, earlier: Iterable[Bought] = ()) -> Decimal:
    """What counts on a day towards the next step. ``earlier`` as in ``buy``, the day's own purchases with them."""
    if not ladder.renews and climb.held is not None:
        climb = _cut(ladder, climb, _falls(ladder, climb.held, day), day)
    if ladder.window is None:
        return climb.counted
    begin = ladder.window.begin(day)
    if ladder.window.calendar:
        return climb.counted if climb.period == begin else ZERO
    recent = ((ladder.day(one.at), one.amount(ladder.basis)) for one in earlier)
    return _sum(recent, begin, climb.anew)


def floor(ladder: Ladder) -> date | None:
    """The day on which everybody met the condition of staying: nobody falls for what was before ``down_from``."""
    first, term = ladder.down_from, ladder.term
    if first is None or term is None or not term.calendar:
        return first
    return first_day(
        period(first, term.amount) - 1, term.amount
    )  # the day's own period is the first that is judged


def _reached(climb: Climb) -> list[tuple[int, date]]:
    return [(level, start) for level, start in enumerate(climb.reached) if start is not None]


def _decayed(ladder: Ladder, level: int, start: date, day: date) -> int:
    return _fall(ladder, level, _falls(ladder, start, day))


def _fall(ladder: Ladder, level: int, falls: int) -> int:
    """The level after so many falls: never below the lowest step."""
    if falls <= 0 or level <= 0:
        return level
    return 0 if ladder.lowest else max(0, level - falls)


def _falls(ladder: Ladder, start: date, day: date) -> int:
    if ladder.term is None or ladder.down == "never":
        return 0
    return ladder.term.falls(_not_before(ladder, start), day, ladder.grace)


def _not_before(ladder: Ladder, start: date) -> date:
    """The day from which falls are counted: nobody falls for what was before ``down_from``."""
    if ladder.down_from is None or ladder.term is None:
        return start
    first = ladder.down_from
    if (
        ladder.term.calendar
    ):  # its period is the first that is judged: as if the one before had met the condition
        first = first_day(period(first, ladder.term.amount) - 1, ladder.term.amount)
    return max(start, first)


def _cut(ladder: Ladder, climb: Climb, falls: int, day: date) -> Climb:
    """Who fell since the last purchase counts anew, unless the window's own period begins anew with it."""
    if falls <= climb.fallen or ladder.renews:
        return climb
    if ladder.down == "below" and ladder.window is not None and ladder.window.calendar:
        return climb
    return msgspec.structs.replace(climb, counted=ZERO, anew=day)


def _count(
    ladder: Ladder, climb: Climb, day: date, amount: Decimal, recent: Sequence[tuple[date, Decimal]]
) -> Climb:
    """Count a purchase towards the next step, and within the term if that is a calendar's."""
    window, term = ladder.window, ladder.term
    calendar = next((span for span in (window, term) if span is not None and span.calendar), None)
    counted, measured, begin = climb.counted, climb.measured, climb.period
    if calendar is not None:
        begin = calendar.begin(day)
        if begin != climb.period:
            measured = ZERO
            if window is not None:
                counted = ZERO
        measured += amount if term is not None and term.calendar else ZERO
    if window is None or window.calendar:
        counted += amount
    else:
        counted = _sum(recent, window.begin(day), climb.anew) + amount
    return msgspec.structs.replace(
        climb, counted=counted.quantize(_CENT), measured=measured.quantize(_CENT), period=begin
    )


def _is_met(
    ladder: Ladder, climb: Climb, day: date, amount: Decimal, recent: Sequence[tuple[date, Decimal]]
) -> bool:
    """Whether the condition of staying is met with this purchase."""
    if ladder.down != "below" or ladder.term is None or ladder.below is None:
        return True
    if ladder.term.calendar:
        return climb.measured >= ladder.below
    return _sum(recent, ladder.term.begin(day), None) + amount >= ladder.below


def _sum(purchases: Iterable[tuple[date, Decimal]], begin: date, anew: date | None) -> Decimal:
    return sum((amount for day, amount in purchases if day >= begin and (anew is None or day >= anew)), ZERO)
