"""Which exchanges of points for money take place on a basket, and what they pay on its lines."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from campaigns.engine.case import plain
from campaigns.engine.gates import Reason
from campaigns.engine.judgement import Judgement
from campaigns.engine.machine import Campaign
from campaigns.engine.outcome import Exchange
from loyalty.basket import Wallet
from loyalty.exchange import after, amounts_left, exchange, payable, together
from loyalty.redemption import Limit, Plan
from loyalty.rounding import from_cents, to_cents

ZERO = Decimal("0.00")
NOTHING = Plan(ZERO, (), ZERO, ZERO, ZERO)


class Trades:
    """The exchanges of a basket: ``plan`` is all they pay, ``wallet`` what they leave of the points."""

    def __init__(self, judgement: Judgement, costs: Sequence[Decimal], wallet: Wallet | None) -> None:
        self.judgement = judgement
        self.costs = list(costs)
        self.wallet = wallet
        self.plan = NOTHING
        self.made: list[Exchange] = []

    def make(self, campaigns: Sequence[Campaign]) -> None:
        """Carry out the exchanges that were asked for, in the order of their codes."""
        asked = set(self.judgement.case.basket.exchanges)
        for campaign in campaigns:
            if self.judgement.admit(campaign) and self.judgement.fits(campaign):
                reason = (
                    self._make(campaign)
                    if campaign.code in asked
                    else campaign.trade and campaign.trade.offer
                )
                if reason:
                    self.judgement.decline(campaign, *reason)

    def _make(self, campaign: Campaign) -> Reason | None:
        """Carry out one exchange; the reason why not."""
        judgement, trade = self.judgement, campaign.trade
        if trade is None or self.wallet is None:
            return "no_member", {}
        if (room := judgement.room(campaign)) is not None:
            return room
        case, rules = judgement.case, judgement.machine.rules
        indices = case.scopes[campaign.scope]
        if campaign.full_price and case.discounted:
            indices = case.at_full_price(campaign.scope, campaign.number)
        lines = [case.lines[index] for index in indices]
        costs = payable(lines, [self.costs[index] for index in indices], rules)
        whole = sum([to_cents(cost) for cost in costs])
        cents = trade.worth(whole)
        if not cents or cents > whole:
            return "exchange_too_large", {**trade.words, "value": plain(from_cents(whole))}
        amount, to_pay = from_cents(cents), sum(self.costs, ZERO)
        found = exchange(lines, costs, trade.points, amount, to_pay, case.moment, rules, self.wallet)
        if isinstance(found, Limit):
            return f"exchange_{found.code}", {**trade.words, **found.args, "value": plain(found.max)}
        self.costs = amounts_left(case.lines, self.costs, found)
        self.wallet = after(self.wallet, found)
        self.plan = together(self.plan, found)
        self.made.append(Exchange(campaign.id, campaign.revision, found.points, found.amount))
        judgement.exchange(campaign, trade.words)
        return None


def stand(judgement: Judgement, campaigns: Sequence[Campaign]) -> None:
    """Note the exchanges of a basket whose redemption is settled: those that were asked for were made then."""
    for campaign in campaigns:
        if campaign.trade is not None and judgement.admit(campaign) and judgement.fits(campaign):
            if campaign.code in judgement.case.basket.exchanges:
                judgement.exchange(campaign, campaign.trade.words)
            else:
                judgement.decline(campaign, *campaign.trade.offer)
