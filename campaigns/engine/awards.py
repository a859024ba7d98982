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
from campaigns.engine.outcome import Because
from loyalty.rounding import spread_units

#: The place of what is earned for the receipt as a whole.
WHOLE = -1

#: Lines, the weight of each, and the sum of the weights.
Weights = tuple[Sequence[int], Sequence[int], int]


class Award:
    """What one campaign would give: at most ``units``, effect by effect, spread by ``weights``."""

    __slots__ = ("by_line", "campaign", "cut", "given", "units", "weights")

    def __init__(self, campaign: Campaign, given: Sequence[Given], weights: Weights | None = None) -> None:
        self.campaign = campaign
        self.given = given
        self.weights = weights
        self.units = sum([part.units for part in given])
        self.cut: Reason | None = None
        self.by_line: dict[int, int] = {}

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
        self.because: list[list[Because]] = [[] for _ in case.lines]
        self.receipt_units = 0
        self.receipt_because: list[Because] = []
        self._weights: dict[int, Weights] = {}

    def weights(self, scope: int) -> Weights:
        """The lines of a scope by their earning amounts."""
        weights = self._weights.get(scope)
        if weights is None:
            lines, earning = self.case.scopes[scope], self.case.earning
            amounts = earning if len(lines) == len(earning) else [earning[index] for index in lines]
            weights = self._weights[scope] = (lines, amounts, sum(amounts))
        return weights

    def boost(self, campaign: Campaign) -> Award | None:
        """The award of a multiplier on what is on the sheet now; None when it adds nothing."""
        lines, given = self.case.scopes[campaign.scope], self.units
        parts = [(index, given[index]) for index in lines if given[index]]
        if campaign.to_receipt and self.receipt_units:
            parts.append((WHOLE, self.receipt_units))
        whole = sum([units for _, units in parts])
        booster = campaign.booster
        units = booster.add(whole) if booster and whole else 0
        if not booster or not units:
            return None
        args = {"by": booster.by, "of": str(self.machine.points(whole))}
        weights = ([index for index, _ in parts], [units for _, units in parts], whole)
        return Award(campaign, (Given(units, "multiplier", args),), weights)

    def enter(self, award: Award) -> None:
        """Give an award to its lines."""
        left = award.units
        for given in award.given:
            units = min(given.units, left)
            left -= units
            if units < given.units:
                if not units:
                    break
                given = given._replace(units=units, args={**given.args, **self._cut(award, units)})
            if given.to_receipt:
                self._enter_part(award, given, WHOLE, units)
                continue
            lines, weights, whole = award.weights or self.weights(award.campaign.scope)
            for index, part in zip(lines, spread_units(units, weights, whole), strict=True):
                if part:
                    self._enter_part(award, given, index, part)

    def _enter_part(self, award: Award, given: Given, index: int, units: int) -> None:
        campaign = award.campaign
        points = self.machine.points(units)
        because = Because(campaign.id, campaign.revision, points, given.code, given.args)
        if index == WHOLE:
            self.receipt_units += units
            self.receipt_because.append(because)
        else:
            self.units[index] += units
            self.because[index].append(because)
        award.by_line[index] = award.by_line.get(index, 0) + units

    def _cut(self, award: Award, units: int) -> dict[str, str]:
        """What a limit adds to a reason."""
        limit = award.cut[1] if award.cut else {}
        return {
            "cut_to": str(self.machine.points(units)),
            "limit": limit["points"],
            "period": limit["period"],
        }
