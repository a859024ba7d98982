"""What campaigns take off a basket: line by line, one campaign after the other, each out of what is left."""

from __future__ import annotations

from collections.abc import Sequence

from campaigns.engine.case import Case, cents_text
from campaigns.engine.discounts import Cut
from campaigns.engine.gates import Reason
from campaigns.engine.limits import Room
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import ZERO, Because
from loyalty.rounding import from_cents, spread_units


class Cuts:
    """The discounts of a basket. ``left`` is what remains of each line, in cents."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.left = list(case.earning)
        self.because: list[list[Because]] = [[] for _ in case.lines]
        #: The campaigns that took money off, and how many cents.
        self.campaigns: list[tuple[Campaign, int]] = []

    def find(self, campaign: Campaign, left: Sequence[int]) -> list[Cut] | Reason:
        """What a campaign would take off lines that come to ``left``: its effects, one after the other."""
        lines, rest = self.case.scopes[campaign.scope], list(left)
        cuts: list[Cut] = []
        reason: Reason = ("nothing_left", {})
        for discount in campaign.discounts:
            found = discount(self.case, lines, rest)
            if not isinstance(found, Cut):
                reason = found
                continue
            for index, cents in found.parts:
                rest[index] -= cents
            if found.cents:
                cuts.append(found)
        return cuts or reason

    def enter(self, campaign: Campaign, cuts: Sequence[Cut], room: Room) -> None:
        """Take money off, as far as the campaign's budget goes."""
        whole = 0
        for cut in cuts:
            if room.units is not None:
                cut = _shorten(cut, room.units - whole)
            whole += cut.cents
            for index, cents in cut.parts:
                if cents:
                    self.left[index] -= cents
                    self.case.discounted.setdefault(index, set()).add(campaign.number)
                    self.because[index].append(
                        Because(campaign.id, campaign.revision, ZERO, cut.code, cut.args, from_cents(cents))
                    )
        self.campaigns.append((campaign, whole))


def _shorten(cut: Cut, room: int) -> Cut:
    """A cut of at most so many cents."""
    if cut.cents <= room:
        return cut
    weights = [cents for _, cents in cut.parts]
    parts = spread_units(room, weights, cut.cents)
    lines = [index for index, _ in cut.parts]
    return Cut(list(zip(lines, parts, strict=True)), cut.code, {**cut.args, "cut_money": cents_text(room)})
