"""Which exchanges of points for money take place on a basket, and what they pay on its lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from campaigns.engine.case import plain
from campaigns.engine.gates import Reason
from campaigns.engine.judgement import Judgement
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import Exchange
from campaigns.engine.trade import Trade
from loyalty.rules.basket import Wallet
from loyalty.rules.exchange import after, amounts_left, exchange, forbid, together
from loyalty.rules.redemption import Plan
from loyalty.rules.rounding import from_cents, to_cents

ZERO = Decimal("0.00")
NOTHING = Plan(ZERO, (), ZERO, ZERO, ZERO)


class Swap(NamedTuple):
    """An exchange that can be made: what points may pay of each heap (its index), in cents, and what it takes off."""

    payable: Mapping[int, int]
    amount: Decimal


class Trades:
    """The exchanges of a basket: ``plan`` is all they pay, ``wallet`` what they leave of the points."""

    def __init__(self, judgement: Judgement, costs: Sequence[Decimal], wallet: Wallet | None) -> None:
        self.judgement = judgement
        #: What each heap still costs.
        self.costs = list(costs)
        self.wallet = wallet
        self.plan = NOTHING
        self.made: list[Exchange] = []

    def make(self, campaigns: Sequence[Campaign]) -> None:
        """Carry out the exchanges that were asked for, in the order of their codes; offer those that could be."""
        asked = set(self.judgement.case.basket.exchanges)
        for campaign in campaigns:
            trade = campaign.trade
            if trade is None or not self.judgement.admit(campaign) or not self.judgement.fits(campaign):
                continue
            found = self._find(campaign, trade)
            if not isinstance(found, Swap):
                self.judgement.decline(campaign, *found)
            elif campaign.code in asked:
                self._carry_out(campaign, trade, found)
            else:
                self.judgement.decline(campaign, *trade.offer)

    def _find(self, campaign: Campaign, trade: Trade) -> Swap | Reason:
        """What an exchange would pay, or the reason why it cannot be made."""
        judgement = self.judgement
        if (refusal := _refusal(judgement, campaign, trade)) is not None:
            return refusal
        if self.wallet is None:
            return "no_member", {}
        payable = self._payable(campaign)
        whole = sum(payable.values())
        cents = trade.worth(whole)
        if not cents or cents > whole:
            return "exchange_too_large", {**trade.words, "value": plain(from_cents(whole))}
        amount, to_pay = from_cents(cents), sum(self.costs, ZERO)
        rules, moment = judgement.machine.rules, judgement.case.moment
        limit = forbid(trade.points, amount, to_pay, moment, rules, self.wallet)
        if limit is not None:
            return f"exchange_{limit.code}", {**trade.words, **limit.args, "value": plain(limit.max)}
        return Swap(payable, amount)

    def _payable(self, campaign: Campaign) -> dict[int, int]:
        """What points may pay of each heap, in cents: of those of its pieces that the campaign looks at."""
        case, left, rules = self.judgement.case, self.judgement.cuts.left, self.judgement.machine.rules
        indices: Sequence[int] = case.scopes[campaign.scope]
        if campaign.full_price and case.discounted:
            indices = case.at_full_price(campaign.scope, campaign.number)
        if (excluded := rules.excluded) is not None:
            indices = [index for index in indices if not excluded.match(case.lines[index])]
        if case.heap_of is None:
            payable = {index: left[index] for index in indices}
        else:
            payable = dict.fromkeys([case.heap_of[index] for index in indices], 0)
            for index in indices:
                payable[case.heap_of[index]] += left[index]
        if not self.made:
            return payable
        return {heap: min(cents, max(to_cents(self.costs[heap]), 0)) for heap, cents in payable.items()}

    def _carry_out(self, campaign: Campaign, trade: Trade, swap: Swap) -> None:
        """Let points pay what an exchange takes off."""
        judgement = self.judgement
        case, rules, wallet = judgement.case, judgement.machine.rules, self.wallet
        if wallet is None:
            return
        lines = [case.heaps[heap] for heap in swap.payable]
        costs = [from_cents(cents) for cents in swap.payable.values()]
        made = exchange(lines, costs, swap.amount, trade.points, case.moment, rules, wallet)
        self.costs = amounts_left(case.heaps, self.costs, made)
        self.wallet = after(wallet, made)
        self.plan = together(self.plan, made)
        self.made.append(Exchange(campaign.id, campaign.revision, made.points, made.amount))
        judgement.exchange(campaign, trade.words)


def stand(judgement: Judgement, campaigns: Sequence[Campaign]) -> None:
    """Note the exchanges of a basket whose redemption is settled: those that were asked for were made then.

    Of the others it is said again what does not depend on the points that were there.
    """
    for campaign in campaigns:
        trade = campaign.trade
        if trade is None or not judgement.admit(campaign) or not judgement.fits(campaign):
            continue
        if campaign.code in judgement.case.basket.exchanges:
            judgement.exchange(campaign, trade.words)
        else:
            judgement.decline(campaign, *(_refusal(judgement, campaign, trade) or trade.offer))


def _refusal(judgement: Judgement, campaign: Campaign, trade: Trade) -> Reason | None:
    """Why an exchange could not be made, whatever points there are; None when it could."""
    if not judgement.case.is_member:
        return "no_member", {}
    if not trade.points:  # less than half of what the programme keeps of a point
        return "zero_points", {}
    return judgement.room(campaign)
