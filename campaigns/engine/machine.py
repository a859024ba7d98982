"""A rulebook made ready to run: every campaign as closures and preallocated reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

from campaigns.engine import questions
from campaigns.engine.case import Case, listed
from campaigns.engine.counters import Counter
from campaigns.engine.discounts import Discount
from campaigns.engine.document import Document, goods_of, leaves
from campaigns.engine.effects import Booster, Effect, Unit
from campaigns.engine.gates import Test, gates_of
from campaigns.engine.limits import Limit, compile_limits
from campaigns.engine.needs import Needs
from campaigns.engine.outcome import Declined
from campaigns.engine.promises import Promise
from campaigns.engine.questions import Lots, Tell
from campaigns.engine.scopes import RECEIPT, Scopes
from campaigns.engine.sides import Sides
from campaigns.engine.stacking import Stacking
from campaigns.engine.stamps import StampCard
from campaigns.engine.trade import Trade
from campaigns.engine.tree import Needed, compile_condition, compile_coupons, series_of
from campaigns.engine.vocabulary import CONDITIONS, EFFECTS
from campaigns.engine.words.site import Condition, Site
from campaigns.engine.words.work import Work
from loyalty.rules.expiry import Delay, Expiry, OnDate, activates_at, expires_at, parse, parse_delay
from loyalty.rules.rounding import Rounding
from loyalty.rules.spending import parse_rules

if TYPE_CHECKING:
    from campaigns.engine.rulebook import Revision, Rulebook, Terms


@dataclass(frozen=True, slots=True, eq=False)
class Campaign:
    """A compiled campaign. ``number`` is its place in the machine; ``dates`` that of its lots' dates.

    ``event`` is what it rewards, None for receipts.
    """

    number: int
    id: int
    revision: int
    code: str
    name: str
    event: str | None
    gates: tuple[tuple[Test, Declined], ...]
    scope: int
    to_receipt: bool
    no_lines: Declined
    counters: tuple[Counter, ...]
    condition: Condition | None
    effects: tuple[Effect, ...]
    booster: Booster | None
    discounts: tuple[Discount, ...]
    #: Whether it takes money off lines that it does not look at: gifts.
    elsewhere: bool
    #: Whether it takes money off several times, by the piece: each time sees which pieces were taken before.
    parts: bool
    card: StampCard | None
    promise: Promise | None
    trade: Trade | None
    sides: Sides | None
    #: Series of the coupons it takes, and which of those that were shown its conditions need.
    series: frozenset[str]
    coupons: Needed | None
    #: Whether lines that another campaign made cheaper earn nothing here.
    full_price: bool
    zero: Declined
    limits: tuple[Limit, ...]
    stacking: Stacking | None
    priority: int
    dates: int
    #: Whether its points expire on a fixed day, so that they can be dead before they live.
    dated: bool
    terms: Mapping[str, Any] | None
    funder: str | None
    till_text: str | None
    receipt_text: str | None
    #: Whether something is kept of what it gives: uses of limits, promises, points for others.
    counted: bool
    speaks: bool

    def decline(self, code: str, args: Mapping[str, Any]) -> Declined:
        """That this campaign gives nothing, and why."""
        return Declined(self.id, self.revision, code, args)

    @property
    def cheapens(self) -> bool:
        """Whether it takes money off."""
        return bool(self.discounts)

    @property
    def gives(self) -> bool:
        """Whether it is asked once the discounts are known: it gives points or something else, or says something."""
        return bool(self.effects or self.sides or self.promise or not self.discounts)


class Points(dict[int, Decimal]):
    """Points by units: ``points[1299]`` is 12.99. Remembers what it was asked for."""

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def __missing__(self, units: int) -> Decimal:
        points = Decimal(units).scaleb(-self.places)
        if len(self) < 20_000:
            self[units] = points
        return points


class Machine:
    """A compiled rulebook. Nothing in it changes what it decides, so it can be shared by threads."""

    def __init__(self, rulebook: Rulebook) -> None:
        terms = rulebook.terms
        self.terms = terms
        self.earn_before = terms.earn_on == "before"
        self.unit = Unit(terms.point_decimals, Rounding(terms.rounding))
        self.rules = parse_rules({**terms.spending, "point_decimals": terms.point_decimals})
        self.scopes = Scopes()
        #: What the campaigns want to know about a member beside what every sale reads.
        self.needs = Needs()
        self._dates: dict[tuple[Expiry, Delay | None], int] = {}
        ordered = sorted(rulebook.campaigns, key=lambda revision: (revision.code, revision.campaign_id))
        self.campaigns = tuple(self._compile(number, revision) for number, revision in enumerate(ordered))
        of_receipts = [campaign for campaign in self.campaigns if campaign.event is None]
        plain = [campaign for campaign in of_receipts if campaign.booster is None and campaign.trade is None]
        self.givers = tuple(campaign for campaign in plain if campaign.gives)
        self.discounters = tuple(sorted((campaign for campaign in plain if campaign.cheapens), key=_turn))
        self.traders = tuple(campaign for campaign in of_receipts if campaign.trade is not None)
        self.promisers = tuple(campaign for campaign in self.campaigns if campaign.promise is not None)
        self.boosters = tuple(campaign for campaign in of_receipts if campaign.booster is not None)
        self.listeners: dict[str, tuple[Campaign, ...]] = {}
        for campaign in self.campaigns:
            if campaign.event is not None:
                self.listeners[campaign.event] = (*self.listeners.get(campaign.event, ()), campaign)
        self.policies = tuple(self._dates)
        self.points = Points(terms.point_decimals)
        #: Money by cents, remembered in the same way.
        self.money = Points(2)

    def life(self, dates: int, case: Case) -> tuple[datetime | None, datetime | None]:
        """From when and until when points given now can be spent."""
        policy, delay = self.policies[dates]
        now = case.moment.in_programme
        zone = cast(ZoneInfo, now.tzinfo)
        active_from = activates_at(delay, now, zone)
        joined_on = case.shopper.joined_on or now.date()
        return active_from, expires_at(policy, active_from or now, zone, joined_on)

    def _compile(self, number: int, revision: Revision) -> Campaign:
        definition, name = revision.definition, (revision.campaign_id, revision.revision)
        asked = definition.questions
        what_for, lots, stacking, tree = asked.what_for, asked.lots, asked.stacking, asked.tree
        whole = what_for.of != "lines"
        scope = RECEIPT if whole else self.scopes.add(what_for.goods, what_for.but)
        limits = compile_limits(asked.judge, self.unit)
        site = Site(revision.campaign_id, self.scopes, self.needs)
        self.needs.shared |= {
            (revision.campaign_id, limit.prefix + limit.period)
            for limit in limits
            if limit.prefix and limit.period != "receipt"
        }
        work = self._work(asked.what, Work(revision.campaign_id, self.unit, whole, scope))
        dates = self._date(lots, self.terms)
        return Campaign(
            number=number,
            id=revision.campaign_id,
            revision=revision.revision,
            code=revision.code,
            name=revision.name,
            event=what_for.event,
            gates=tuple((test, Declined(*name, *reason)) for test, reason in gates_of(asked, self.needs)),
            scope=scope,
            to_receipt=whole,
            no_lines=Declined(*name, "no_matching_lines", {"wanted": listed(goods_of(what_for.goods))}),
            counters=tuple(_counters(tree)),
            condition=compile_condition(tree, site),
            effects=tuple(work.effects),
            booster=work.booster,
            discounts=tuple(work.discounts),
            elsewhere=work.elsewhere,
            parts=len(work.discounts) > 1 and work.by_piece,
            card=work.card,
            promise=work.promise,
            trade=work.trade,
            sides=work.sides,
            series=series_of(tree),
            coupons=compile_coupons(tree, site),
            full_price=stacking.discounted == "exclude",
            zero=Declined(*name, "zero_points", {}),
            limits=limits,
            stacking=_stacking(stacking, revision.code),
            priority=stacking.priority,
            dates=dates,
            dated=isinstance(self.policies_of(dates), OnDate),
            terms=lots.terms or None,
            funder=lots.funder,
            till_text=asked.tell.till,
            receipt_text=asked.tell.receipt,
            counted=bool(limits or work.promise or work.shares),
            speaks=asked.tell != Tell(),
        )

    def _work(self, what: Sequence[Document], work: Work) -> Work:
        """What the effects of a campaign add up to; those that come last, last."""
        for effect in sorted(what, key=lambda effect: EFFECTS[effect["effect"]].last):
            word = EFFECTS[effect["effect"]]
            word.needs(effect, self.needs)
            word.work(effect, work)
        return work

    def policies_of(self, dates: int) -> Expiry:
        """The policy by which points of these dates expire."""
        return list(self._dates)[dates][0]

    def _date(self, lots: Lots, terms: Terms) -> int:
        policy = parse(lots.expires or terms.expiry)
        if lots.delay is not None:
            delay = parse_delay(lots.delay)
        else:
            delay = Delay("days", terms.activation_days) if terms.activation_days else None
        return self._dates.setdefault((policy, delay), len(self._dates))


def _stacking(asked: questions.Stacking, code: str) -> Stacking | None:
    return Stacking(asked.group, asked.mode, asked.priority, code) if asked.group is not None else None


def _turn(campaign: Campaign) -> tuple[int, str]:
    """The place of a campaign among those that take money off: by priority, then code."""
    return -campaign.priority, campaign.code


def _counters(tree: Document) -> Iterator[Counter]:
    """The counters behind the conditions of a tree, in its order."""
    for leaf in leaves(tree):
        if counter := CONDITIONS[leaf.kind].counter:
            yield counter(leaf.fields)
