"""The money, the goods and the owner of a receipt, and what is counted beside it: a wrong one is found and named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.occasions.occasions import reward
from loyalty.ledger import audit, sweep
from loyalty.models import Account
from members.models import Member
from members.timeline import events
from rewards.models import Coupon
from tests import factories
from tests.campaigns.audit.planting import silent
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
DAY = timedelta(days=1)
RECEIPT = "WHERE id = %(receipt)s::uuid"
LINE = "WHERE receipt_id = %(receipt)s::uuid AND position = 1"
OF_EVENT = "WHERE key = 'event:' || %(event)s || ':earn:' || %(review)s"
BACK = "WHERE receipt_id = %(part)s::uuid"
LAPSED = "WHERE kind = 'expire' AND reason = 'inactivity' AND source_id = %(idle)s"

#: Of a receipt and of its line the same.
BOTH = (
    "WITH l AS (UPDATE loyalty_receiptline SET {line} "
    + LINE
    + ") UPDATE loyalty_receipt SET {receipt} "
    + RECEIPT
)
#: Points of a member that are said to have lapsed: transfer, use, lot, balance and event agree.
LAPSE = """
WITH l AS (
  UPDATE loyalty_lot SET remaining = remaining - 5 WHERE id = (
    SELECT id FROM loyalty_lot WHERE account_id = %(account)s AND remaining >= 5 ORDER BY id LIMIT 1) RETURNING id),
t AS (
  INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, source_balance, reason)
  SELECT gen_random_uuid(), 'expire', a.id, e.id, 5, 'expire:' || a.id || ':900', '{at}', a.balance - 5, '{reason}'
    FROM loyalty_account e, loyalty_account a
   WHERE e.kind = 'expiry' AND a.id = %(account)s AND e.programme_id = a.programme_id
  RETURNING id),
u AS (INSERT INTO loyalty_lotuse (transfer_id, lot_id, points) SELECT t.id, l.id, 5 FROM t, l)
UPDATE loyalty_account SET balance = balance - 5 WHERE id = %(account)s"""

PLANTS: dict[str, tuple[str, str]] = {
    # money
    "the total of a receipt, and what is to pay": (
        f"UPDATE loyalty_receipt SET total = total + 1, to_pay = to_pay + 1 {RECEIPT}", "receipt_adds_up",
    ),
    "a total and its line together": (
        BOTH.format(line="amount = amount + 1, to_pay = to_pay + 1", receipt="total = total + 1, to_pay = to_pay + 1"),
        "receipt_adds_up",
    ),
    "a total, its line and the decision on the whole": (
        BOTH.format(
            line="amount = amount + 1, to_pay = to_pay + 1",
            receipt="total = total + 1, to_pay = to_pay + 1, outcome = outcome || jsonb_build_object("
            "'total', (total + 1)::text, 'to_pay', (to_pay + 1)::text)",
        ),
        "receipt_adds_up",
    ),
    "the discount of a line": (
        f"UPDATE loyalty_receiptline SET discount = discount + 1, to_pay = to_pay - 1 {LINE}", "receipt_adds_up",
    ),
    "the points spent on a line": (
        f"UPDATE loyalty_receiptline SET redeemed_points = redeemed_points + 1 {LINE}", "receipt_adds_up",
    ),
    "the points spent on a receipt": (
        f"UPDATE loyalty_receipt SET redeemed_points = redeemed_points + 1 {RECEIPT}", "receipt_gave_what_it_says",
    ),
    "the points spent on a receipt and its line": (
        BOTH.format(line="redeemed_points = redeemed_points + 1", receipt="redeemed_points = redeemed_points + 1"),
        "receipt_gave_what_it_says",
    ),
    "what the points of a receipt paid": (
        BOTH.format(
            line="redeemed_amount = redeemed_amount + 1, to_pay = to_pay - 1",
            receipt="redeemed_amount = redeemed_amount + 1, to_pay = to_pay - 1",
        ),
        "receipt_adds_up",
    ),
    "points earned, moved from one line to another": (
        "WITH l AS (UPDATE loyalty_receiptline SET earned = earned - 0.1 WHERE receipt_id = %(receipt)s::uuid "
        f"AND position = 2) UPDATE loyalty_receiptline SET earned = earned + 0.1 {LINE}",
        "receipt_adds_up",
    ),
    "a line that vanished": (f"DELETE FROM loyalty_receiptline {LINE}", "receipt_adds_up"),
    "a line that was not sold": (
        "INSERT INTO loyalty_receiptline (receipt_id, position, product_id, quantity, price, amount, discount, "
        "redeemed_points, redeemed_amount, to_pay, earned, traits) SELECT receipt_id, 9, product_id, 1, 0, 0, 0, 0, 0, "
        f"0, 0, '{{}}' FROM loyalty_receiptline {LINE}", "receipt_adds_up",
    ),
    "a receipt made another member's": (
        f"UPDATE loyalty_receipt SET member_id = %(other_member)s {RECEIPT}", "receipt_is_its_members",
    ),
    "a receipt made another member's, with what it knew of them": (
        "UPDATE loyalty_receipt SET member_id = %(other_member)s, shopper = jsonb_set(shopper, '{member_id}', "
        f"to_jsonb(%(other_member)s::text)) {RECEIPT}", "receipt_is_its_members",
    ),
    "a receipt made another member's, with the account": (
        "UPDATE loyalty_receipt SET member_id = %(other_member)s, account_id = %(other)s, "
        f"shopper = jsonb_set(shopper, '{{member_id}}', to_jsonb(%(other_member)s::text)) {RECEIPT}",
        "receipt_gave_what_it_says",
    ),
    "a stranger's receipt made a member's": (
        "UPDATE loyalty_receipt SET member_id = %(other_member)s WHERE id = %(strange)s::uuid",
        "receipt_is_its_members",
    ),
    # returns
    "a refund": (f"UPDATE loyalty_return SET refund = refund + 1 {BACK}", "return_refunds_what_it_says"),
    "a refund of more than was paid, with its answer": (
        "UPDATE loyalty_return SET refund = 1000, answer = answer || '{\"refund\": \"1000.00\"}' " + BACK,
        "return_refunds_what_it_says",
    ),
    "a refund and what is said to remain": (
        "UPDATE loyalty_return SET refund = refund + 1, answer = answer || jsonb_build_object('refund', "
        "(refund + 1)::text), outcome = outcome || jsonb_build_object('to_pay', "
        f"((outcome->>'to_pay')::numeric - 1)::text) {BACK}", "facts_are_what_stands",
    ),
    "what a return answered": (
        "UPDATE loyalty_return SET answer = answer || '{\"restored\": \"7.00\"}' " + BACK,
        "return_refunds_what_it_says",
    ),
    "a return of more than was sold": (
        "UPDATE loyalty_returnline SET quantity = 99 WHERE back_id = (SELECT id FROM loyalty_return " + BACK + ")",
        "return_is_of_what_was_sold",
    ),
    "a return of more than came back": (
        "UPDATE loyalty_returnline SET quantity = 2 WHERE back_id = (SELECT id FROM loyalty_return " + BACK + ")",
        "return_is_of_what_was_sold",
    ),
    "a return without goods": (
        "DELETE FROM loyalty_returnline WHERE back_id = (SELECT id FROM loyalty_return " + BACK + ")",
        "return_is_of_what_was_sold",
    ),
    "a return of another receipt's goods": (
        "UPDATE loyalty_returnline SET line_id = (SELECT id FROM loyalty_receiptline " + LINE + ") "
        "WHERE back_id = (SELECT id FROM loyalty_return " + BACK + ")", "return_is_of_what_was_sold",
    ),
    "how many were sold": (
        "UPDATE loyalty_receiptline SET quantity = 30 WHERE receipt_id = %(part)s::uuid AND position = 1",
        "return_is_of_what_was_sold",
    ),
    "a purchase that came back in part, told as whole": (
        "UPDATE loyalty_receipt SET status = 'returned' WHERE id = %(part)s::uuid", "return_is_of_what_was_sold",
    ),
    "a purchase that came back as a whole, told as in part": (
        "UPDATE loyalty_receipt SET status = 'partially_returned' WHERE id = %(gone)s::uuid",
        "return_is_of_what_was_sold",
    ),
    "a return that vanished, its points too": (
        "WITH l AS (DELETE FROM loyalty_returnline WHERE back_id = (SELECT id FROM loyalty_return " + BACK + ")) "
        "DELETE FROM loyalty_return " + BACK, "receipt_gave_what_it_says",
    ),
    "a hold without an end": (
        "UPDATE loyalty_receipt SET hold_until = NULL WHERE id = %(held)s::uuid", "hold_has_an_end",
    ),
    "a hold told as done": (
        "UPDATE loyalty_receipt SET status = 'completed' WHERE id = %(held)s::uuid", "receipt_gave_what_it_says",
    ),
    # what comes and goes by itself
    "a lapse that no rule knows": (
        LAPSE.format(at="2026-11-29", reason="inactivity"), "lapse_is_due",
    ),
    "points that expired for a reason of somebody's own": (
        LAPSE.format(at="2026-11-29", reason="because"), "expiry_is_due",
    ),
    "the date of a lapse, before it was due": (
        f"UPDATE loyalty_transfer SET at = at - interval '20 days' {LAPSED}", "lapse_is_due",
    ),
    "the date of what an event gave, before": (
        f"UPDATE loyalty_transfer SET at = at - interval '2 days' {OF_EVENT}", "reward_is_booked_when_judged",
    ),
    "the date of what an event gave, later": (
        f"UPDATE loyalty_transfer SET at = at + interval '2 days' {OF_EVENT}", "reward_is_booked_when_judged",
    ),
    # what is counted
    "how often a member used a campaign": (
        "UPDATE campaigns_usage SET times = times - 1 WHERE id = (SELECT min(id) FROM campaigns_usage WHERE times > 0)",
        "usage_is_what_stands",
    ),
    "for how many points a member used a campaign": (
        "UPDATE campaigns_usage SET points = 0 WHERE id = (SELECT min(id) FROM campaigns_usage WHERE points > 0)",
        "usage_is_what_stands",
    ),
    "a use of a campaign that vanished": (
        "DELETE FROM campaigns_usage WHERE id = (SELECT min(id) FROM campaigns_usage WHERE times > 0)",
        "usage_is_what_stands",
    ),
    "a budget, told as less used": (
        "UPDATE campaigns_tally SET points = points - 1 WHERE id = (SELECT min(id) FROM campaigns_tally)",
        "tally_is_what_stands",
    ),
    "the uses of a coupon": ("UPDATE rewards_coupon SET uses = uses - 1 WHERE uses > 0", "coupon_counts_its_uses"),
    "the uses of a series": ("UPDATE rewards_seriestotal SET uses = uses - 1", "coupon_counts_its_uses"),
    "the uses of a member": ("UPDATE rewards_seriesmember SET uses = uses - 1", "coupon_counts_its_uses"),
    "a coupon given back that is used": (
        "UPDATE rewards_couponuse SET state = 'returned', returned_at = at", "coupon_is_on_its_receipt",
    ),
    "a coupon on another receipt": (
        "UPDATE rewards_couponuse SET receipt_id = %(part)s::uuid", "coupon_is_on_its_receipt",
    ),
    "a coupon reserved on what is paid": (
        "UPDATE rewards_couponuse SET state = 'reserved'", "coupon_is_on_its_receipt",
    ),
    # what is known of a member
    "the money that a member spent": (
        "UPDATE analytics_memberfacts SET spent = spent + 100 WHERE member_id = %(member)s", "facts_are_what_stands",
    ),
    "how often a member bought": (
        "UPDATE analytics_memberfacts SET purchases = purchases + 1 WHERE member_id = %(member)s",
        "facts_are_what_stands",
    ),
    "a tier that nobody reached": (
        "UPDATE analytics_memberfacts SET tier_id = (SELECT id FROM loyalty_tier WHERE code = 'gold') "
        "WHERE member_id = %(member)s", "tier_is_the_last_change",
    ),
}  # fmt: skip


def sell(member: Member | None, number: str, at: datetime = NOW, **changes: Any) -> str:
    lines = (SaleLine(1, "TEA", Decimal(3), Decimal("33.30")), SaleLine(2, "CUP", Decimal(1), Decimal("5")))
    who = Who(phone=member.phone) if member else None
    sale = Sale(store="s", receipt_number=number, purchased_at=at, lines=lines, member=who, **changes)
    return str(checkout.purchase(sale, at).body["id"])


@pytest.fixture
def names() -> dict[str, Any]:
    """Sold with points, coupon and limits, returned in part and as a whole, held, lapsed, and rewarded for an event."""
    shop = factories.open_shop(store="s", expiry={"kind": "after", "years": 1}, inactivity_days=330)
    programme = shop.programme
    for code, threshold in (("classic", 0), ("silver", 60), ("gold", 9000)):
        factories.TierFactory(programme=programme, code=code, threshold=threshold)
    limits = [
        {"per": "member", "period": "month", "points": "500"},
        {"per": "campaign", "period": "month", "points": "900"},
    ]
    factories.publish_campaign(
        programme, factories.percent_of_receipt("5") | {"judge": {"limits": limits}}, code="base"
    )
    ten = {
        "if": {"condition": "coupon", "series": ["ten"]},
        "what": [{"effect": "discount_amount", "amount": "10"}],
    }
    factories.publish_campaign(programme, ten, code="ten")
    left = {"whom": {"who": "members"}, "what_for": {"of": "event", "event": "review.left"}}
    review = factories.publish_campaign(
        programme, left | {"what": [{"effect": "points_fixed", "points": "7"}]}, code="review"
    )
    series = make_series(
        programme, 5, mass_code="TENOFF", code="ten", uses_each=4, most_per_member=3, valid_from=None
    )
    member, other = factories.enrol(programme, "120"), factories.enrol(programme, "9")
    idle = factories.enrol(programme)
    receipt = sell(member, "1", redeem=Decimal(40), coupons=(Coupon.objects.get(series=series).code,))
    part, gone, held = (
        sell(member, "2"),
        sell(member, "3", redeem=Decimal(5)),
        sell(member, "4", state="held"),
    )
    let_go, done = sell(other, "5", state="held"), sell(member, "6", redeem=Decimal(2), state="held")
    holds.confirm(done, NOW + DAY)  # type: ignore[arg-type]
    back = ReturnRequest("R", NOW + DAY, (LineBack(1, Decimal(1)),))
    returns.give_back(part, back, NOW + DAY)  # type: ignore[arg-type]
    returns.give_back(gone, ReturnRequest("W", NOW + DAY, "all"), NOW + DAY)  # type: ignore[arg-type]
    returns.cancel(let_go, NOW + DAY)  # type: ignore[arg-type]
    strange = sell(None, "7")
    sell(idle, "8", factories.START)
    sweep.lapse(NOW + 7 * DAY)
    with transaction.atomic():
        event = events.record("review.left", member.pk, NOW, key="1")
        reward(member, event, NOW + DAY, [programme.pk])
    account, others, lapsed = (Account.objects.get(holders__member=one).pk for one in (member, other, idle))
    return {
        "account": account, "other": others, "idle": lapsed, "member": member.pk, "other_member": str(other.pk),
        "receipt": receipt, "part": part, "gone": gone, "held": held, "strange": strange, "event": str(event.id),
        "review": str(review.pk),
    }  # fmt: skip


def test_a_receipt_a_return_a_counter_or_a_date_that_is_wrong_is_found_and_named(
    names: dict[str, Any],
) -> None:
    """One world for all plants: each is planted, looked for, and taken back."""
    assert audit.audit().problems == []
    assert silent(PLANTS, names) == []
