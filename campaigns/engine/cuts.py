"""What campaigns take off a basket: item by item, one campaign after the other, each out of what is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from campaigns.engine.case import Case, cents_text, plain
from campaigns.engine.discounts import Cut
from campaigns.engine.gates import Reason
from campaigns.engine.limits import Room
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import ZERO, Because
from campaigns.engine.pieces import cost, whole_pieces
from campaigns.engine.scopes import Scopes
from loyalty.rules.rounding import spread_units, to_cents

_new = tuple.__new__


class Cuts:
    """The discounts of a basket. ``left`` is what remains of each item, in cents.

    ``paid`` is what points paid of each heap, in cents, where that is settled.
    """

    def __init__(
        self, case: Case, money: Mapping[int, Decimal], scopes: Scopes, paid: Mapping[int, int] | None
    ) -> None:
        self.case = case
        self._money = money
        self._scopes = scopes
        self._paid = paid
        self.left = list(case.earning)
        self.because: list[list[Because]] = [[] for _ in case.lines]
        #: The items that were made cheaper, or are not the pieces any more that they were.
        self._touched: set[int] = set()
        #: The campaigns that took money off, by number, and how many cents.
        self.campaigns: dict[int, tuple[Campaign, int]] = {}

    def find(self, campaign: Campaign) -> list[Cut] | Reason:
        """What a campaign would take off what is left now: its effects, one after the other."""
        if campaign.parts and self.case.by_piece:
            return self._try(campaign)
        rest = list(self.left)
        lines = self._lines(campaign)
        if not lines:
            return "all_discounted", {}
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

    def _try(self, campaign: Campaign) -> list[Cut] | Reason:
        """The same for effects of which a later one must see the pieces that an earlier one took: on a copy."""
        trial = Cuts(self.case.copy(), self._money, self._scopes, None)
        trial.left, trial.because = list(self.left), [list(because) for because in self.because]
        cuts: list[Cut] = []
        reason: Reason = ("nothing_left", {})
        for discount in campaign.discounts:
            lines = trial._lines(campaign)
            if not lines:
                return cuts or ("all_discounted", {})
            found = discount(trial.case, lines, trial.left)
            if not isinstance(found, Cut):
                reason = found
            elif found.cents:
                trial._take(campaign, found)
                cuts.append(found)
        return cuts or reason

    def _lines(self, campaign: Campaign) -> Sequence[int]:
        if campaign.full_price and self.case.discounted:
            return self.case.at_full_price(campaign.scope, campaign.number)
        return self.case.scopes[campaign.scope]

    def find_anew(self, campaign: Campaign, found: list[Cut]) -> list[Cut] | Reason:
        """What a campaign takes off now; ``found`` is what it would take off the basket as it came."""
        if (
            campaign.elsewhere
            or campaign.parts
            or not self._touched.isdisjoint(self.case.scopes[campaign.scope])
        ):
            return self.find(campaign)
        return found

    def enter(self, campaign: Campaign, cuts: Sequence[Cut], room: Room) -> int:
        """Take money off, as far as the campaign's budget goes, and no heap below what points paid; how many cents."""
        whole = 0
        for cut in cuts:
            if room.units is not None:
                cut = _shorten(cut, room.units - whole)
            if self._paid is not None:
                cut = self._spare(cut, self._paid)
            whole += cut.cents
            self._take(campaign, cut)
        if whole:
            self.campaigns[campaign.number] = (campaign, whole)
        return whole

    def _take(self, campaign: Campaign, cut: Cut) -> None:
        """Take a cut off its items. What it takes by the piece is an item of its own from now on."""
        case, pieces = self.case, cut.pieces if self.case.by_piece else None
        for index, cents in cut.parts:
            args: Mapping[str, Any] = cut.args
            if pieces is not None:
                taken = pieces[index]
                if taken != case.lines[index].quantity:
                    self._part(index, taken)
                text = str(taken) if isinstance(taken, int) else plain(taken)
                args = {**args, "taken": text, "worth": cents_text(self.left[index])}
            if cents:
                self.left[index] -= cents
                self._touched.add(index)
                case.discounted.setdefault(index, set()).add(campaign.number)
                because = (campaign.id, campaign.revision, ZERO, cut.code, args, self._money[cents])
                self.because[index].append(_new(Because, because))

    def _part(self, index: int, pieces: int | Decimal) -> None:
        """Make the first pieces of an item an item of their own, with their share of all that was taken off it."""
        case, line = self.case, self.case.lines[index]
        of = whole_pieces(line.quantity)
        if pieces >= of or pieces != int(pieces) or line.quantity != of:
            return
        taken = int(pieces)
        rest = case.part(index, taken, self._scopes.of(line))
        left, came = self.left[index], case.earning[index]
        self.left[index], case.earning[index] = cost(left, taken, of), cost(came, taken, of)
        self.left.append(left - self.left[index])
        case.earning.append(came - case.earning[index])
        self._touched |= {index, rest}
        mine, theirs = self._divide(self.because[index], case.earning[index] - self.left[index])
        self.because[index] = mine
        self.because.append(theirs)

    def _divide(self, reasons: list[Because], cents: int) -> tuple[list[Because], list[Because]]:
        """Reasons for money off as two lists, the first of which comes to so many cents."""
        if not reasons:
            return [], []
        whole = [to_cents(because.discount) for because in reasons]
        first = spread_units(cents, whole, sum(whole))
        money = self._money
        mine = [
            because._replace(discount=money[part])
            for because, part in zip(reasons, first, strict=True)
            if part
        ]
        theirs = [
            because._replace(discount=money[every - part])
            for because, every, part in zip(reasons, whole, first, strict=True)
            if every - part
        ]  # fmt: skip
        return mine, theirs

    def _spare(self, cut: Cut, paid: Mapping[int, int]) -> Cut:
        """A cut that leaves of each heap what points paid of it: only what remains after a return is cut so."""
        heaps = self.case.heap_of
        left = dict(enumerate(self.left))
        if heaps is not None:
            left = {}
            for index, cents in enumerate(self.left):
                left[heaps[index]] = left.get(heaps[index], 0) + cents
        parts = []
        for index, cents in cut.parts:
            heap = index if heaps is None else heaps[index]
            cents = min(cents, max(left[heap] - paid.get(heap, 0), 0))
            left[heap] -= cents
            parts.append((index, cents))
        return cut._replace(parts=parts)


def _shorten(cut: Cut, room: int) -> Cut:
    """A cut of at most so many cents."""
    if cut.cents <= room:
        return cut
    weights = [cents for _, cents in cut.parts]
    parts = spread_units(room, weights, cut.cents)
    lines = [index for index, _ in cut.parts]
    args = {**cut.args, "cut_money": cents_text(room)}
    return Cut(list(zip(lines, parts, strict=True)), cut.code, args, cut.pieces)
