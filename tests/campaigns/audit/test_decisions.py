"""What a wrong script, a restored dump or a forger with rights on the database would leave: each is found and named."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from campaigns.checkout import holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.occasions.occasions import reward
from loyalty.ledger import audit
from loyalty.models import Account, Receipt
from members.timeline import events
from tests import factories
from tests.campaigns.audit.planting import NOW, found, sell, silent

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
FORGE = """
WITH t AS (
  INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, target_balance, reason, receipt_id)
  SELECT gen_random_uuid(), %(kind)s, e.id, a.id, 25, %(key)s, '2026-11-21 09:31Z', a.balance + 25, '', %(receipt)s
    FROM loyalty_account e, loyalty_account a WHERE e.kind = 'issuance' AND a.id = %(account)s
     AND e.programme_id = a.programme_id
  RETURNING id, target_id),
l AS (
  INSERT INTO loyalty_lot (id, account_id, transfer_id, points, remaining, earned_at, pending)
  SELECT gen_random_uuid(), target_id, id, 25, 25, '2026-11-21 09:31Z', false FROM t)
UPDATE loyalty_account SET balance = balance + 25 WHERE id = %(account)s
"""
#: Removes what a receipt earned as if it had never been: transfer, lot, and the balance of the account.
VANISH = """
WITH t AS (DELETE FROM loyalty_transfer WHERE key = %(receipt)s || ':earn:' || %(campaign)s RETURNING id, points),
l AS (DELETE FROM loyalty_lot WHERE transfer_id = (SELECT id FROM t))
UPDATE loyalty_account SET balance = balance - (SELECT points FROM t) WHERE id = %(account)s
"""
EARNED = "key = %(receipt)s || ':earn:' || %(campaign)s"
SPENT = "key = %(receipt)s || ':redeem'"
PLANTS: dict[str, tuple[str, str]] = {
    "a balance": (
        "UPDATE loyalty_account SET balance = balance + 1 WHERE id = %(account)s", "balance_is_what_lots_hold",
    ),
    "a balance and a lot together": (
        "WITH l AS (UPDATE loyalty_lot SET remaining = remaining - 1 WHERE id = "
        "(SELECT id FROM loyalty_lot WHERE account_id = %(account)s AND remaining > 1 LIMIT 1)) "
        "UPDATE loyalty_account SET balance = balance - 1 WHERE id = %(account)s", "lot_holds_what_was_not_used",
    ),
    "a use that vanished": (
        f"DELETE FROM loyalty_lotuse WHERE transfer_id = (SELECT id FROM loyalty_transfer WHERE {SPENT})",
        "transfer_moves_its_points",
    ),
    "a debt": ("UPDATE loyalty_account SET owed = owed + 1 WHERE id = %(account)s", "debt_is_what_is_owed"),
    "points given by nobody: transfer, lot and balance together": (
        FORGE.replace("%(kind)s", "'adjust'").replace("%(key)s", "'adjust:1'").replace("%(receipt)s", "NULL"),
        "adjustment_is_told",
    ),
    "points for no event": (
        FORGE.replace("%(kind)s", "'accrue'").replace("%(key)s", "'event:x:earn:1'").replace("%(receipt)s", "NULL"),
        "reward_gave_what_it_says",
    ),
    "points for an event that gave others": (
        FORGE.replace("%(kind)s", "'accrue'").replace("%(key)s", "'event:' || %(event)s || ':earn:0'")
        .replace("%(receipt)s", "NULL"),
        "reward_gave_what_it_says",
    ),
    "an accrual of a receipt twice": (
        FORGE.replace("%(kind)s", "'accrue'").replace("%(key)s", "%(receipt)s || ':earn:0'"),
        "receipt_gave_what_it_says",
    ),
    "points for another member's receipt": (
        FORGE.replace("%(kind)s", "'accrue'").replace("%(key)s", "%(receipt)s || ':share:7:cashier:0'")
        .replace("%(account)s", "%(other)s"),
        "share_gave_what_it_says",
    ),
    "an accrual that vanished": (VANISH, "receipt_gave_what_it_says"),
    "a receipt cancelled with its points kept": (
        "UPDATE loyalty_receipt SET status = 'cancelled' WHERE id = %(receipt)s::uuid", "receipt_gave_what_it_says",
    ),
    "a returned receipt made whole again": (
        "UPDATE loyalty_receipt SET status = 'completed' WHERE id = %(part)s::uuid", "receipt_gave_what_it_says",
    ),
    "what a receipt earned": (
        "UPDATE loyalty_receipt SET earned = earned + 1 WHERE id = %(receipt)s::uuid", "receipt_gave_what_it_says",
    ),
    "what a return took back": (
        "UPDATE loyalty_return SET revoked = revoked - 1 WHERE receipt_id = %(part)s::uuid",
        "receipt_gave_what_it_says",
    ),
    "a kind, earned told as given by hand": (
        f"UPDATE loyalty_transfer SET kind = 'adjust' WHERE {EARNED}", "adjustment_is_told",
    ),
    "a kind, spent told as expired": (
        f"UPDATE loyalty_transfer SET kind = 'expire' WHERE {SPENT}", "transfer_goes_its_way",
    ),
    "the receipt of a transfer": (
        f"UPDATE loyalty_transfer SET receipt_id = %(part)s::uuid WHERE {EARNED}", "transfer_belongs_to_its_receipt",
    ),
    "the points of a transfer and its lot": (
        f"WITH t AS (UPDATE loyalty_transfer SET points = points + 1 WHERE {EARNED} RETURNING id), "
        "l AS (UPDATE loyalty_lot SET points = points + 1, remaining = remaining + 1 "
        "WHERE transfer_id = (SELECT id FROM t)) "
        "UPDATE loyalty_account SET balance = balance + 1 WHERE id = %(account)s", "receipt_gave_what_it_says",
    ),
    "a balance noted with a transfer": (
        f"UPDATE loyalty_transfer SET target_balance = target_balance + 1 WHERE {EARNED}",
        "snapshots_are_running_sums",
    ),
    "a balance that was not noted": (
        f"UPDATE loyalty_transfer SET target_balance = NULL WHERE {EARNED}", "snapshots_are_running_sums",
    ),
    "the date of an accrual": (
        f"UPDATE loyalty_transfer SET at = at - interval '3 days' WHERE {EARNED}", "transfer_belongs_to_its_receipt",
    ),
    "the date of a spending, before its points were there": (
        f"UPDATE loyalty_transfer SET at = at - interval '400 days' WHERE {SPENT}", "use_is_not_before_its_lot",
    ),
    "the expiry of a lot": (
        "UPDATE loyalty_lot SET expires_at = expires_at + interval '1 year' WHERE transfer_id = "
        f"(SELECT id FROM loyalty_transfer WHERE {EARNED})", "lot_keeps_its_terms",
    ),
    "the start of a lot": (
        "UPDATE loyalty_lot SET active_from = earned_at + interval '1 year' WHERE transfer_id = "
        f"(SELECT id FROM loyalty_transfer WHERE {EARNED})", "lot_keeps_its_terms",
    ),
    "the expiry of a lot given by hand": (
        "UPDATE loyalty_lot l SET expires_at = '2050-01-01' FROM loyalty_transfer t "
        "WHERE t.id = l.transfer_id AND t.kind = 'adjust' AND l.account_id = %(account)s", "adjustment_keeps_its_terms",
    ),
    "a transfer of another programme": (
        "UPDATE loyalty_transfer SET target_id = (SELECT id FROM loyalty_account WHERE kind = 'issuance' "
        f"AND programme_id <> (SELECT programme_id FROM loyalty_account WHERE id = %(account)s)) WHERE {SPENT}",
        "transfer_stays_in_its_programme",
    ),
}  # fmt: skip
TRIGGER = "pgtrigger_append_only_"
GUARDS = {
    "switched off": "ALTER TABLE loyalty_transfer DISABLE TRIGGER {name}",
    "only on a replica": "ALTER TABLE loyalty_transfer ENABLE REPLICA TRIGGER {name}",
    "emptied": "CREATE OR REPLACE FUNCTION {name}() RETURNS TRIGGER AS $$ BEGIN RETURN NEW; END; $$ LANGUAGE plpgsql",
    "on another condition": (
        "CREATE OR REPLACE TRIGGER {name} BEFORE UPDATE OR DELETE ON loyalty_transfer FOR EACH ROW "
        "WHEN (OLD.points > 5) EXECUTE FUNCTION {name}()"
    ),
    "let everything pass": (
        "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN "
        "AS $$ BEGIN RETURN TRUE; END; $$ LANGUAGE plpgsql"
    ),
    "a check dropped": "ALTER TABLE loyalty_account DROP CONSTRAINT account_not_overspent",
    "a unique key dropped": "ALTER TABLE loyalty_receipt DROP CONSTRAINT receipt_number_in_store",
}


@pytest.fixture
def names() -> dict[str, Any]:
    """A shop with a story: sold, spent, held and confirmed, returned in part, cancelled, and rewarded for an event."""
    shop = factories.open_shop(store="s", expiry={"kind": "after", "years": 1})
    campaign = factories.publish_campaign(shop.programme, code="base", name="Base 5%")
    review = {"whom": {"who": "members"}, "what_for": {"of": "event", "event": "review.left"}}
    factories.publish_campaign(
        shop.programme, {**review, "what": [{"effect": "points_fixed", "points": "7"}]}, code="review"
    )
    factories.enrol(factories.ProgrammeFactory(), "5")
    member, other = factories.enrol(shop.programme, "120"), factories.enrol(shop.programme, "9")
    receipt, part, held = sell(member, "1", "40"), sell(member, "2"), sell(member, "3", "20", "held")
    some = ReturnRequest("R", NOW + DAY, (LineBack(1, Decimal(1)),))
    gone = sell(member, "4", "10")
    holds.confirm(held, NOW + DAY)  # type: ignore[arg-type]
    returns.give_back(part, some, NOW + DAY)  # type: ignore[arg-type]
    returns.cancel(gone, NOW + DAY)  # type: ignore[arg-type]
    with transaction.atomic():
        event = events.record("review.left", member.pk, NOW, key="1")
        reward(member, event, NOW + DAY, [shop.programme.pk])
    account, others = (Account.objects.get(holders__member=one) for one in (member, other))
    return {
        "account": account.pk, "other": others.pk, "receipt": receipt, "part": part, "event": str(event.id),
        "campaign": str(campaign.pk),
    }  # fmt: skip


def test_what_happened_in_the_shop_is_proved(names: dict[str, Any]) -> None:
    assert audit.audit().problems == []
    assert set(Receipt.objects.values_list("status", flat=True)) == {
        "completed",
        "partially_returned",
        "cancelled",
    }


def test_whatever_was_planted_is_found_and_named(names: dict[str, Any]) -> None:
    assert silent(PLANTS, names) == []


@pytest.mark.parametrize("change", GUARDS)
def test_a_guard_that_is_not_what_the_code_says_is_found(change: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'loyalty_transfer'::regclass AND tgname LIKE %s",
            [f"{TRIGGER}%"],
        )
        cursor.execute(GUARDS[change].format(name=cursor.fetchone()[0]))

    assert found() == {"guards_stand"}
