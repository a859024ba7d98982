"""What campaigns take off a basket: line by line, one campaign after the other, each out of what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from campaigns.engine.case import Case, cents_text
from campaigns.engine.discounts import Cut
from campaigns.engine.gates import Reason
from campaigns.engine.limits import Room
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import ZERO, Because
from loyalty.basket import Settled
from loyalty.rounding import spread_units, to_cents

_new = tuple.__new__


class Cuts:
    """The discounts of a basket. ``left`` is what remains of each line, in cents."""

    def __init__(self, case: Case, money: Mapping[int, Decimal]) -> None:
        self.case = case
        self._money = money
        self.left = list(case.earning)
        self.because: list[list[Because]] = [[] for _ in case.lines]
        #: The lines that were made cheaper.
        self._touched: set[int] = set()
        #: The campaigns that took money off, by number, and how many cents.
        self.campaigns: dict[int, tuple[Campaign, int]] = {}

    def find(self, campaign: Campaign) -> list[Cut] | Reason:
        """What a campaign would take off what is left now: its effects, one after the other."""
        case, rest = self.case, list(self.left)
        lines = case.scopes[campaign.scope]
        if campaign.full_price and case.discounted:
            lines = case.at_full_price(campaign.scope, campaign.number)
            if not lines:
                return "all_discounted", {}
        cuts: list[Cut] = []
        reason: Reason = ("nothing_left", {})
        for discount in campaign.discounts:
            found = discount(case, lines, rest)
            if not isinstance(found, Cut):
                reason = found
                continue
            for index, cents in found.parts:
                rest[index] -= cents
            if found.cents:
                cuts.append(found)
        return cuts or reason

    def find_anew(self, campaign: Campaign, found: list[Cut]) -> list[Cut] | Reason:
        """What a campaign takes off now; ``found`` is what it would take off the basket as it came."""
        if campaign.elsewhere or not self._touched.isdisjoint(self.case.scopes[campaign.scope]):
            return self.find(campaign)
        return found

    def enter(self, campaign: Campaign, cuts: Sequence[Cut], room: Room) -> int:
        """Take money off, as far as the campaign's budget goes, and no line below what points paid; how many cents."""
        whole = 0
        for cut in cuts:
            if room.units is not None:
                cut = _shorten(cut, room.units - whole)
            if isinstance(self.case.basket.redeem, Settled):
                cut = self._spare(cut, self.case.basket.redeem)
            whole += cut.cents
            for index, cents in cut.parts:
                if cents:
                    self.left[index] -= cents
                    self._touched.add(index)
                    self.case.discounted.setdefault(index, set()).add(campaign.number)
                    because = (campaign.id, campaign.revision, ZERO, cut.code, cut.args, self._money[cents])
                    self.because[index].append(_new(Because, because))
        if whole:
            self.campaigns[campaign.number] = (campaign, whole)
        return whole

    def _spare(self, cut: Cut, settled: Settled) -> Cut:
        """A cut that leaves on each line what points paid of it: only what remains after a return is cut so."""
        parts = []
        for index, cents in cut.parts:
            paid = settled.by_line.get(self.case.lines[index].position)
            free = self.left[index] - (to_cents(paid[1]) if paid else 0)
            parts.append((index, min(cents, max(free, 0))))
        return cut._replace(parts=parts)


def _shorten(cut: Cut, room: int) -> Cut:
    """A cut of at most so many cents."""
    if cut.cents <= room:
        return cut
    weights = [cents for _, cents in cut.parts]
    parts = spread_units(room, weights, cut.cents)
    lines = [index for index, _ in cut.parts]
    return Cut(list(zip(lines, parts, strict=True)), cut.code, {**cut.args, "cut_money": cents_text(room)})
