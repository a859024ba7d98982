"""Whether the books can hold what was decided: asked before anything is written, so that quote and purchase agree.

One number is bounded where it comes in (``members.bounds``). What campaigns make of it (points multiplied by
factors, counters, balances that grow for years) is looked at here, against what the columns hold. What slips
through all the same is refused by the database, and told in the same words (``clashes.retried``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from analytics.facts import FactsRow
from campaigns.checkout.beyond import refusal, too_much
from campaigns.checkout.tallies import NONE
from campaigns.checkout.usage import UsageRow
from campaigns.engine.evaluation import evaluate
from campaigns.engine.outcome import Outcome
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.shopper import Shopper
from loyalty.ledger.passbook import Passbook
from loyalty.rules.basket import Basket, Moment
from members.bounds import COUNTED, HELD, HELD_IN_COMMON


def judge(basket: Basket, shopper: Shopper, moment: Moment, rulebook: Rulebook) -> Outcome:
    """What the engine decides. Raises ``Refused`` where that is more than the books can hold."""
    try:
        outcome = evaluate(basket, shopper, moment, rulebook)
    except InvalidOperation as error:  # more digits than Decimal reckons with
        raise refusal() from error
    require_outcome(outcome, shopper.uses)
    return outcome


def require_outcome(outcome: Outcome, used: Mapping[tuple[int, str], Any]) -> None:
    """Raise ``Refused`` for an outcome with a sum that no column holds. ``used`` is how far limits were used."""
    if outcome.total >= HELD:
        raise refusal(too_much(_("the total"), outcome.total, HELD))
    if outcome.earned >= HELD or any(other.points >= HELD for other in outcome.others):
        points = max([outcome.earned, *(other.points for other in outcome.others)])
        raise refusal(too_much(_("the points"), points, HELD))
    for tally in outcome.tallies:
        times, points, money = used.get((tally.campaign_id, tally.key), NONE)
        require_count(times + tally.times)
        if max(points + tally.points, money + tally.money) >= HELD_IN_COMMON:
            raise refusal(too_much(_("a campaign's counter"), max(tally.points, tally.money), HELD_IN_COMMON))
    for use in outcome.uses:
        require_count(use.times)
    for step in outcome.progress:
        require_count(step.increment)


def require_rows(book: Passbook | None, facts: Iterable[FactsRow], uses: Iterable[UsageRow]) -> None:
    """Raise ``Refused`` for a decision whose account, facts or counters would hold more than they can."""
    if book is not None and (book.balance >= HELD or book.owed >= HELD):
        raise refusal(too_much(_("the balance"), max(book.balance, book.owed), HELD))
    for row in facts:
        if row.spent >= HELD or row.points >= HELD:
            raise refusal(
                too_much(_("what the member has bought or earned"), max(row.spent, row.points), HELD)
            )
    for use in uses:
        require_count(use.times)
        if use.points >= HELD:
            raise refusal(too_much(_("the points"), use.points, HELD))


def require_count(times: int) -> None:
    """Raise ``Refused`` for a counter that runs over."""
    if times >= COUNTED:
        raise refusal(too_much(_("a campaign's counter"), Decimal(times), Decimal(COUNTED)))
