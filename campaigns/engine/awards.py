"""What campaigns give to a basket, spread over its lines.

Points are whole units here (see ``effects``). A sheet collects what is given to each line and why;
the parts of every award add up to it exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.engine.case import Case
from campaigns.engine.effects import Given
from campaigns.engine.gates import Reason
from campaigns.engine.limits import Room
from campaigns.engine.machine import Campaign, Machine
from campaigns.engine.outcome import ZERO, Because
from loyalty.rules.rounding import spread_units

_new = tuple.__new__
#: The place of what is earned for the receipt as a whole.
WHOLE = -1

#: Lines, the weight of each, and the sum of the weights.
Weights = tuple[Sequence[int], Sequence[int], int]


class Award:
    """What one campaign would give: at most ``units``, effect by effect, spread by ``weights``."""

    __slots__ = ("campaign", "cut", "given", "units", "weights")

    def __init__(self, campaign: Campaign, given: Sequence[Given], weights: Weights | None = None) -> None:
        self.campaign = campaign
        self.given = given
        self.weights = weights
        self.units = sum([part.units for part in given])
        self.cut: Reason | None = None

    def limit(self, room: Room) -> None:
        """Cut the award to what a limit leaves."""
        if room.units is not None and room.units < self.units:
            self.units = room.units
            self.cut = room.reason


class Sheet:
    """What each line has been given so far, and the receipt as a whole."""

    def __init__(self, case: Case, machine: Machine) -> None:
        self.case = case
        self.machine = machine
        self.units = [0] * len(case.lines)
        #: Why each line was given what it was given, in the order of the awards.
        self.because: list[list[Because]] = [[] for _ in case.lines]
        self.receipt_units = 0
        self.receipt_because: list[Because] = []
        self._weights: dict[int, Weights] = {}

    def fit(self) -> None:
        """Have room for every item: there may be more than there were heaps."""
        more = len(self.case.lines) - len(self.units)
        self.units += [0] * more
        self.because += [[] for _ in range(more)]

    def weights(self, scope: int) -> Weights:
        """The lines of a scope by their earning amounts."""
        weights = self._weights.get(scope)
        if weights is None:
            lines, earning = self.case.scopes[scope], self.case.earning
            every = len(lines) == len(earning) and self.case.heap_of is None
            amounts = earning if every else [earning[index] for index in lines]
            weights = self._weights[scope] = (lines, amounts, sum(amounts))
        return weights

    def full_price(self, campaign: Campaign) -> Weights:
        """The lines of a campaign's scope that no other campaign made cheaper."""
        earning = self.case.earning
        lines = self.case.at_full_price(campaign.scope, campaign.number)
        amounts = [earning[index] for index in lines]
        return lines, amounts, sum(amounts)

    def boost(self, campaign: Campaign) -> Award | None:
        """The award of a multiplier on what is on the sheet now; None when it adds nothing."""
        lines, given = self.case.scopes[campaign.scope], self.units
        if campaign.full_price and self.case.discounted:
            lines = self.case.at_full_price(campaign.scope, campaign.number)
        parts = [(index, given[index]) for index in lines if given[index]]
        if campaign.to_receipt and self.receipt_units:
            parts.append((WHOLE, self.receipt_units))
        whole = sum([units for _, units in parts])
        booster = campaign.booster
        units = booster.add(whole) if booster and whole else 0
        if not booster or not units:
            return None
        args = {"by": booster.by, "of": str(self.machine.points[whole])}
        weights = ([index for index, _ in parts], [units for _, units in parts], whole)
        return Award(campaign, (Given(units, "multiplier", args),), weights)

    def enter(self, award: Award) -> None:
        """Give an award to its lines; what its limits cut off is taken from its last effects."""
        if award.cut is None:
            for given in award.given:
                self._enter(award, given)
            return
        left = award.units
        for given in award.given:
            units = min(given.units, left)
            left -= units
            if units < given.units:
                if not units:
                    break
                given = given._replace(units=units, args={**given.args, **self._cut(award, units)})
            self._enter(award, given)

    def _enter(self, award: Award, given: Given) -> None:
        """Give what one effect gives."""
        if given.to_receipt:
            self._enter_receipt(award, given, given.units)
            return
        lines, weights, whole = award.weights or self.weights(award.campaign.scope)
        parts = spread_units(given.units, weights, whole)
        if award.weights and lines[-1] == WHOLE:
            self._enter_receipt(award, given, parts[-1])
            lines, parts = lines[:-1], parts[:-1]
        self._enter_lines(award, given, lines, parts)

    def _enter_receipt(self, award: Award, given: Given, units: int) -> None:
        if units:
            campaign, points = award.campaign, self.machine.points[units]
            self.receipt_units += units
            because = Because(campaign.id, campaign.revision, points, given.code, given.args)
            self.receipt_because.append(because)

    def _enter_lines(self, award: Award, given: Given, lines: Sequence[int], parts: Sequence[int]) -> None:
        """The inner loop of the engine: once for every line of every award."""
        ident, revision, code, args = award.campaign.id, award.campaign.revision, given.code, given.args
        units_of, because, points = self.units, self.because, self.machine.points
        for index, part in zip(lines, parts, strict=True):
            if part:
                units_of[index] += part
                # What Because() does, without its detour.
                because[index].append(_new(Because, (ident, revision, points[part], code, args, ZERO)))

    def _cut(self, award: Award, units: int) -> dict[str, str]:
        """What a limit adds to a reason."""
        limit = award.cut[1] if award.cut else {}
        words = {
            "cut_to": str(self.machine.points[units]),
            "limit": limit["points"],
            "period": limit["period"],
        }
        return {**words, "limit_per": limit["per"]} if "per" in limit else words
