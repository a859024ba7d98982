"""Judging a past receipt twice: as it was, and as it would have been with the tried campaigns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from campaigns.backtest.decided import Then
from campaigns.backtest.knowing import Knowledge
from campaigns.backtest.past_receipts import Past
from campaigns.backtest.trial import Books, Trial
from campaigns.backtest.worlds import Used, World
from campaigns.checkout import usage
from campaigns.checkout.record import Record
from campaigns.checkout.usage import Key
from campaigns.engine.evaluation import evaluate
from campaigns.engine.outcome import Outcome
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.shopper import Shopper
from loyalty.rules.basket import Settled

ZERO = Decimal(0)


@dataclass(slots=True)
class Verdict:
    """What a receipt gave: points and money off, in all and by campaign; ``shared`` are points for others."""

    earned: Decimal
    discount: Decimal
    points: dict[int, Decimal]
    discounts: dict[int, Decimal]
    shared: dict[int, Decimal]

    @property
    def cost(self) -> Decimal:
        """All points that it costs."""
        return self.earned + sum(self.shared.values(), ZERO) if self.shared else self.earned


@dataclass(slots=True)
class Judged:
    """A receipt in both pasts. ``outcome`` is the engine's, with the tried campaigns, by ``book``; ``was`` is the
    rulebook of its time.
    """

    past: Past
    shopper: Shopper
    before: Verdict
    after: Verdict
    outcome: Outcome
    book: Rulebook
    was: Rulebook


class Judge:
    """Judges receipts in the order in which they come, which is each member's own order."""

    def __init__(self, trial: Trial, books: Books, knowledge: Knowledge) -> None:
        self._trial = trial
        self._books = books
        self._knowledge = knowledge
        # near misses judge a receipt as if it had been made a day earlier or later
        by_day = any(one.definition.questions.when.weekdays is not None for one in trial.revisions.values())
        self._with, self._without = World(near=int(by_day)), World()

    def judge(self, past: Past) -> Judged:
        """A receipt as it was and as it would have been."""
        really = past.then.used
        book, store = self._books.tried(past.rulebook_id), past.basket.place.store
        shopper = self._with.shopper(self._knowledge.complete(past), past.member, store, past.moment)
        outcome = decide(past, shopper, book)
        self._with.note(past.member, store, used_by(outcome), really)
        was = self._books.happened(past.rulebook_id)
        return Judged(past, shopper, self._before(past, really), of_outcome(outcome), outcome, book, was)

    def _before(self, past: Past, really: Mapping[Key, Used]) -> Verdict:
        """What happened; or, where that is asked for, what would have happened without the tried campaigns."""
        if not self._trial.without:
            return of_then(past.then)
        member, store = past.member, past.basket.place.store
        if not self._books.had_tried(past.rulebook_id) and not self._without.has_moved(member, store):
            return of_then(past.then)
        book = self._books.without(past.rulebook_id)
        outcome = decide(past, self._without.shopper(past.shopper, member, store, past.moment), book)
        self._without.note(member, store, used_by(outcome), really)
        return of_outcome(outcome)

    def forget(self) -> None:
        """Start anew, with other members."""
        self._with.forget()
        self._without.forget()


def used_by(outcome: Outcome) -> dict[Key, Used]:
    """What a decision adds to limits and counters, a member's and common ones."""
    used: dict[Key, Used] = usage.increments(outcome)  # type: ignore[assignment]
    for tally in outcome.tallies:
        used[tally.campaign_id, tally.key] = (tally.times, tally.points, tally.money)
    return used


def decide(past: Past, shopper: Shopper, book: Rulebook) -> Outcome:
    """What the rules give. Points that were spent stay spent, but never pay more than a line then costs.

    What remains after a return keeps the points that paid it: no discount takes them away, as at the return.
    """
    edition = past.then.edition  # another one's differences would seem to be the trial's doing
    outcome = evaluate(past.basket, shopper, past.moment, book, edition)
    settled = past.basket.redeem
    if past.is_whole and isinstance(settled, Settled) and settled.by_line and _is_held_back(outcome, book):
        free = evaluate(replace(past.basket, redeem=Settled({})), shopper, past.moment, book, edition)
        fitted = _fitted(settled, free)
        if fitted.by_line != settled.by_line:
            outcome = evaluate(replace(past.basket, redeem=fitted), shopper, past.moment, book, edition)
    return outcome


def _is_held_back(outcome: Outcome, book: Rulebook) -> bool:
    """Whether points that paid a line may have kept a discount from it: nothing else of it is left to pay."""
    return bool(book.machine.discounters) and any(
        [line.redeemed_amount > 0 and line.to_pay <= 0 for line in outcome.lines]
    )


def _fitted(settled: Settled, free: Outcome) -> Settled:
    """What was spent, with no more on a line than it costs after its discounts."""
    spent = {}
    for line in free.lines:
        points, paid = settled.by_line.get(line.position, (ZERO, ZERO))
        amount = min(paid, line.amount - line.discount)
        if amount > 0:
            spent[line.position] = (
                points if amount == paid else (points * amount / paid).quantize(points),
                amount,
            )
    return Settled(spent)


def of_then(then: Then | Record) -> Verdict:
    """What a decision that was stored gave."""
    discounts = discounts_by_campaign(then.lines) if then.discount else {}
    return Verdict(
        then.earned, then.discount, _by_campaign(then.grants), discounts, _by_campaign(then.shares)
    )


def of_outcome(outcome: Outcome) -> Verdict:
    """What a decision gives."""
    discounts = discounts_by_campaign(outcome.lines) if outcome.discount else {}
    points, shared = _by_campaign(outcome.grants), _by_campaign(outcome.others)
    return Verdict(outcome.earned, outcome.discount, points, discounts, shared)


def _by_campaign(grants: Sequence[Any]) -> dict[int, Decimal]:
    points = {grant.campaign_id: grant.points for grant in grants}
    if len(points) < len(grants):  # to the cashier and to the referrer
        points = dict.fromkeys(points, ZERO)
        for grant in grants:
            points[grant.campaign_id] += grant.points
    return points


def discounts_by_campaign(lines: Iterable[Any]) -> dict[int, Decimal]:
    """Money off by campaign, from the reasons of the lines."""
    discounts: dict[int, Decimal] = {}
    for line in lines:
        for because in line.because:
            if money := because.discount:
                discounts[because.campaign_id] = discounts.get(because.campaign_id, ZERO) + money
    return discounts
