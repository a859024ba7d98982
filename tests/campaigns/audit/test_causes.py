"""A forger who keeps every sum right still needs a cause: a receipt, a debt, a payer, a partner, an act told of."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from campaigns.checkout import holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.occasions.occasions import reward
from loyalty.ledger import adjustment, audit, ledger, reversal, sweep
from loyalty.ledger.passbook import Cause, LotTerms
from loyalty.models import Account
from members.timeline import events
from tests import factories
from tests.campaigns.audit.planting import NOW, sell, silent

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
REVIEW = {"whom": {"who": "members"}, "what_for": {"of": "event", "event": "review.left"}}
EARNED = "key = %(receipt)s || ':earn:' || %(campaign)s"
LOT_EARNED = f"transfer_id = (SELECT id FROM loyalty_transfer WHERE {EARNED})"
OF_EVENT = "key LIKE 'event:%%'"
LOT_OF_EVENT = f"transfer_id = (SELECT id FROM loyalty_transfer WHERE {OF_EVENT})"
SPENT = "key = %(receipt)s || ':redeem'"


def give(kind: str, source: str, reverses: str = "NULL") -> str:
    """Forges 25 points for an account: transfer, lot, running balance and balance agree."""
    return f"""
WITH t AS (
  INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, target_balance, reason, reverses_id)
  SELECT gen_random_uuid(), '{kind}', e.id, a.id, 25, 'forged', '2026-11-29', a.balance + 25, '', {reverses}
    FROM loyalty_account e, loyalty_account a
   WHERE e.kind = '{source}' AND a.id = %(account)s AND e.programme_id = a.programme_id LIMIT 1
  RETURNING id, target_id),
l AS (
  INSERT INTO loyalty_lot (id, account_id, transfer_id, points, remaining, earned_at, pending)
  SELECT gen_random_uuid(), target_id, id, 25, 25, '2026-11-29', false FROM t)
UPDATE loyalty_account SET balance = balance + 25 WHERE id = %(account)s"""


def take(kind: str, target: str) -> str:
    """Takes 5 points from an account in the same way."""
    return f"""
WITH l AS (
  UPDATE loyalty_lot SET remaining = remaining - 5 WHERE id = (
    SELECT id FROM loyalty_lot WHERE account_id = %(account)s AND remaining >= 5 LIMIT 1) RETURNING id),
t AS (
  INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, source_balance, reason)
  SELECT gen_random_uuid(), '{kind}', a.id, e.id, 5, 'forged', '2026-11-29', a.balance - 5, ''
    FROM loyalty_account e, loyalty_account a
   WHERE e.kind = '{target}' AND a.id = %(account)s AND e.programme_id = a.programme_id LIMIT 1
  RETURNING id),
u AS (INSERT INTO loyalty_lotuse (transfer_id, lot_id, points) SELECT t.id, l.id, 5 FROM t, l)
UPDATE loyalty_account SET balance = balance - 5 WHERE id = %(account)s"""


def payer(where: str, what: str = "source_id") -> str:
    """Has another payer pay for points, or be named for them."""
    table = "loyalty_transfer" if what == "source_id" else "loyalty_lot"
    return f"UPDATE {table} SET {what} = %(budget)s WHERE {where}"


PLANTS: dict[str, tuple[str, str]] = {
    "points that come back from no receipt": (
        give("restore", "partner", f"(SELECT id FROM loyalty_transfer WHERE {SPENT})"), "transfer_has_its_cause",
    ),
    "points let go of by no receipt": (
        give("release", "hold", f"(SELECT id FROM loyalty_transfer WHERE {SPENT})"), "transfer_has_its_cause",
    ),
    "points exchanged for none": (give("exchange", "exchange"), "transfer_has_its_cause"),
    "a reversal that nobody told": (
        give("adjust", "issuance", "%(by_hand)s"), "what_was_told_is_booked",
    ),
    "points spent on no receipt": (take("redeem", "partner"), "transfer_has_its_cause"),
    "points taken back for nothing": (take("revoke", "issuance"), "transfer_has_its_cause"),
    "a debt repaid that was none": (take("repay", "issuance"), "transfer_has_its_cause"),
    "points taken by hand that vanished, the last entry": (
        "WITH t AS (DELETE FROM loyalty_transfer WHERE id = %(by_hand)s RETURNING id), "
        "u AS (DELETE FROM loyalty_lotuse WHERE transfer_id = %(by_hand)s RETURNING lot_id, points), "
        "l AS (UPDATE loyalty_lot l SET remaining = l.remaining + u.points FROM u WHERE u.lot_id = l.id) "
        "UPDATE loyalty_account SET balance = balance + 6 WHERE id = %(other)s", "what_was_told_is_booked",
    ),
    "a debt wiped out": (
        "WITH d AS (DELETE FROM loyalty_debt WHERE account_id = %(debtor)s) "
        "UPDATE loyalty_account SET owed = 0 WHERE id = %(debtor)s", "receipt_gave_what_it_says",
    ),
    "a capture that vanished": (
        "DELETE FROM loyalty_transfer WHERE key = %(held)s || ':capture'", "receipt_gave_what_it_says",
    ),
    "a capture of less": (
        "UPDATE loyalty_transfer SET points = points - 1 WHERE key = %(held)s || ':capture'",
        "receipt_gave_what_it_says",
    ),
    "points spent at another partner": (
        f"UPDATE loyalty_transfer SET target_id = %(partner)s WHERE {SPENT}", "spending_reaches_its_partner",
    ),
    "points captured by another partner": (
        "UPDATE loyalty_transfer SET target_id = %(partner)s WHERE key = %(held)s || ':capture'",
        "spending_reaches_its_partner",
    ),
    "another who pays": (payer(EARNED), "lot_names_its_payer"),
    "another who is named as payer": (payer(LOT_EARNED, "funder_id"), "lot_names_its_payer"),
    "another who pays and is named": (
        f"WITH t AS ({payer(EARNED)}) {payer(LOT_EARNED, 'funder_id')}", "lot_keeps_its_terms",
    ),
    "another who pays for an event, and is named": (
        f"WITH t AS ({payer(OF_EVENT)}) {payer(LOT_OF_EVENT, 'funder_id')}",
        "lot_keeps_its_terms",
    ),
    "another campaign": (
        "UPDATE loyalty_transfer SET revision_id = (SELECT r.id FROM campaigns_revision r "
        f"JOIN campaigns_campaign c ON c.id = r.campaign_id WHERE c.code = 'review') WHERE {EARNED}",
        "lot_keeps_its_terms",
    ),
    "terms of use": (
        f"UPDATE loyalty_lot SET terms = '{{\"categories\": [\"x\"]}}' WHERE {LOT_EARNED}", "lot_keeps_its_terms",
    ),
    "the expiry of a lot given for an event": (
        f"UPDATE loyalty_lot SET expires_at = '2050-01-01' WHERE {LOT_OF_EVENT}", "lot_keeps_its_terms",
    ),
    "a lot that waits for no day": (f"UPDATE loyalty_lot SET pending = true WHERE {LOT_EARNED}", "lot_is_in_range"),
}  # fmt: skip


@pytest.fixture
def names() -> dict[str, Any]:
    """Sold, spent, held and confirmed, owed, rewarded, given and taken by hand, reversed, and exchanged."""
    shop = factories.open_shop(store="s", expiry={"kind": "after", "years": 1}, debt_policy="debt")
    campaign = factories.publish_campaign(shop.programme, code="base")
    review = {**REVIEW, "what": [{"effect": "points_fixed", "points": "7"}]}
    factories.publish_campaign(shop.programme, review, code="review")
    member, other, debtor = (factories.enrol(shop.programme, points) for points in ("120", "9", "0"))
    account, others, debts = (Account.objects.get(holders__member=one) for one in (member, other, debtor))
    receipt, held, owed = sell(member, "1", "40"), sell(member, "2", "20", "held"), sell(debtor, "3")
    holds.confirm(held, NOW + DAY)  # type: ignore[arg-type]
    adjustment.adjust(debtor, debts, Decimal(-3), "mistake", "1", NOW + DAY, None)
    returns.give_back(owed, ReturnRequest("R", NOW + DAY, "all"), NOW + DAY)  # type: ignore[arg-type]
    given = adjustment.adjust(member, account, Decimal(30), "sorry", "2", NOW + DAY, None)
    reversal.reverse(given.transfer_id, "mistake", NOW + DAY, None)
    by_hand = adjustment.adjust(other, others, Decimal(-6), "mistake", "3", NOW + DAY, None)
    elsewhere = ledger.open_account(member, factories.ProgrammeFactory())
    with transaction.atomic():
        event = events.record("review.left", member.pk, NOW, key="1")
        reward(member, event, NOW + DAY, [shop.programme.pk])
        ledger.exchange(
            account, elsewhere, Decimal(4), Decimal(1), "x", Cause(NOW + DAY), LotTerms(NOW + DAY)
        )
    partner = factories.ParticipationFactory(programme=shop.programme).partner
    return {
        "account": account.pk, "other": others.pk, "debtor": debts.pk, "receipt": receipt, "held": held,
        "by_hand": by_hand.transfer_id, "campaign": str(campaign.pk),
        "partner": ledger.partner_account(shop.programme, partner.pk),
        "budget": ledger.budget_account(factories.PayerFactory(programme=shop.programme)),
    }  # fmt: skip


def test_every_entry_has_its_cause_and_one_that_is_forged_or_gone_is_found_and_named(
    names: dict[str, Any],
) -> None:
    """One world for all plants: each is planted, looked for, and taken back."""
    assert audit.audit().problems == []
    assert silent(PLANTS, names) == []


@pytest.mark.parametrize("spent", ["0", "2"])
def test_goods_that_come_back_after_their_points_ran_out_leave_books_that_are_right(spent: str) -> None:
    shop = factories.open_shop(store="s", expiry={"kind": "after", "days": 5})
    factories.publish_campaign(shop.programme)
    member = factories.enrol(shop.programme)
    receipt, later = sell(member, "1"), NOW + 9 * DAY
    if spent != "0":
        sell(member, "2", spent)
    sweep.expire(later)
    for number in ("R1", "R2", "R3"):
        back = ReturnRequest(number, later, (LineBack(1, Decimal(1)),))
        returns.give_back(receipt, back, later)  # type: ignore[arg-type]
        assert audit.audit().problems == []

    with connection.cursor() as cursor:  # what was not there any more vouches for no more than that
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE loyalty_lotuse SET points = points - 1 WHERE transfer_id IN "
                       "(SELECT id FROM loyalty_transfer WHERE kind = 'expire')")  # fmt: skip
        cursor.execute("RESET session_replication_role")
    assert "receipt_gave_what_it_says" in {problem.check for problem in audit.audit().problems}
