"""A rulebook made ready to run: every campaign as closures and preallocated reasons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from campaigns.engine.case import Case, listed
from campaigns.engine.conditions import Condition, Counter, compile_condition, counters_of
from campaigns.engine.effects import Booster, Effect, Unit, compile_booster, compile_effect
from campaigns.engine.gates import Test, gates_of
from campaigns.engine.limits import Limit, compile_limits
from campaigns.engine.outcome import Declined
from campaigns.engine.scopes import RECEIPT, Scopes
from campaigns.engine.stacking import Stacking
from loyalty.expiry import Delay, Expiry, activates_at, expires_at, parse, parse_delay
from loyalty.rounding import Rounding
from loyalty.spending import parse_rules

if TYPE_CHECKING:
    from campaigns.engine.rulebook import Revision, Rulebook, Terms


class Campaign(NamedTuple):
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
    zero: Declined
    limits: tuple[Limit, ...]
    stacking: Stacking | None
    dates: int
    terms: Mapping[str, Any] | None
    funder: str | None
    till_text: str | None
    receipt_text: str | None

    def decline(self, code: str, args: Mapping[str, Any]) -> Declined:
        """That this campaign gives nothing, and why."""
        return Declined(self.id, self.revision, code, args)


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
        self._dates: dict[tuple[Expiry, Delay | None], int] = {}
        ordered = sorted(rulebook.campaigns, key=lambda revision: (revision.code, revision.campaign_id))
        self.campaigns = tuple(self._compile(number, revision) for number, revision in enumerate(ordered))
        of_receipts = [campaign for campaign in self.campaigns if campaign.event is None]
        self.givers = tuple(campaign for campaign in of_receipts if campaign.booster is None)
        self.boosters = tuple(campaign for campaign in of_receipts if campaign.booster is not None)
        self.listeners: dict[str, tuple[Campaign, ...]] = {}
        for campaign in self.campaigns:
            if campaign.event is not None:
                self.listeners[campaign.event] = (*self.listeners.get(campaign.event, ()), campaign)
        self.policies = tuple(self._dates)
        self.points = Points(terms.point_decimals)

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
        document = definition.document
        what, what_for, lots = document.get("what", []), definition.part("what_for"), definition.part("lots")
        whole = what_for.get("of", "receipt") != "lines"
        booster = next((effect for effect in what if effect["effect"] == "multiplier"), None)
        return Campaign(
            number=number,
            id=revision.campaign_id,
            revision=revision.revision,
            code=revision.code,
            name=revision.name,
            event=what_for.get("event"),
            gates=tuple((test, Declined(*name, *reason)) for test, reason in gates_of(document)),
            scope=RECEIPT if whole else self.scopes.add(what_for),
            to_receipt=whole,
            no_lines=Declined(*name, "no_matching_lines", _wanted(what_for)),
            counters=tuple(counters_of(definition.part("if"))),
            condition=compile_condition(definition.part("if"), revision.campaign_id),
            effects=tuple(
                compile_effect(effect, self.unit, whole) for effect in what if effect is not booster
            ),
            booster=compile_booster(booster, self.unit) if booster else None,
            zero=Declined(*name, "zero_points", {}),
            limits=compile_limits(definition.part("judge"), self.unit),
            stacking=_stacking(definition.part("stacking"), revision.code),
            dates=self._date(lots, self.terms),
            terms=lots.get("terms") or None,
            funder=lots.get("funder"),
            till_text=definition.part("tell").get("till"),
            receipt_text=definition.part("tell").get("receipt"),
        )

    def _date(self, lots: Mapping[str, Any], terms: Terms) -> int:
        policy = parse(lots.get("expires") or terms.expiry)
        if lots.get("delay") is not None:
            delay = parse_delay(lots["delay"])
        else:
            delay = Delay("days", terms.activation_days) if terms.activation_days else None
        return self._dates.setdefault((policy, delay), len(self._dates))


def _stacking(stacking: Mapping[str, Any], code: str) -> Stacking | None:
    if "group" not in stacking:
        return None
    return Stacking(stacking["group"], stacking.get("mode", "all"), stacking.get("priority", 0), code)


def _wanted(what_for: Mapping[str, Any]) -> Mapping[str, str]:
    """What a campaign looks for on a receipt, for a person to read."""
    kinds = ("products", "sets", "categories", "brands")
    return {"wanted": listed([code for kind in kinds for code in what_for.get(kind, ())])}
