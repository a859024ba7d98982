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
from loyalty.exchange import after, amounts_left, exchange, together
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
            if self.judgement.admit(campaign):
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
        indices = judgement.case.scopes[campaign.scope]
        lines = [judgement.case.lines[index] for index in indices]
        costs = [self.costs[index] for index in indices]
        whole = sum(to_cents(cost) for cost in costs)
        cents = trade.worth(whole)
        if not cents or cents > whole:
            return "exchange_too_large", {**trade.words, "value": plain(from_cents(whole))}
        machine = judgement.machine
        found = exchange(
            lines, costs, trade.points, from_cents(cents), judgement.case.moment, machine.rules, self.wallet
        )
        if isinstance(found, Limit):
            return f"exchange_{found.code}", {**trade.words, "value": plain(found.max)}
        self.costs = amounts_left(judgement.case.lines, self.costs, found)
        self.wallet = after(self.wallet, found)
        self.plan = together(self.plan, found)
        self.made.append(Exchange(campaign.id, campaign.revision, found.points, found.amount))
        judgement.exchange(campaign, {**trade.words, "amount": plain(found.amount)})
        return None
