"""Returns, cancellations and held purchases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from analytics.models import MemberFacts
from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Usage
from foundation.refusals import Conflict, Refused
from loyalty.ledger import ledger
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Debt, Lot, Receipt, Transfer
from members.models import Member
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def shop() -> factories.Shop:
    opened = factories.open_shop(store="main-01")
    factories.publish_campaign(opened.programme, code="base", name="Base 5%")
    return opened


@pytest.fixture
def member(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, "120")


def sell(member: Member | None, number: str = "1", redeem: str = "0", **changes: Any) -> dict[str, Any]:
    lines = (
        SaleLine(1, "COFFEE", Decimal(2), Decimal("199.90")),
        SaleLine(2, "TEA", Decimal(3), Decimal("33.33")),
    )
    who = Who(phone=member.phone) if member else None
    fields: dict[str, Any] = {"store": "main-01", "purchased_at": NOW, "lines": lines, "member": who}
    now = changes.pop("now", NOW)
    sale = Sale(**{**fields, "receipt_number": number, "redeem": Decimal(redeem), **changes})
    return checkout.purchase(sale, now).body


def take_back(receipt: str, number: str = "R-1", lines: Any = "all", now: datetime = LATER) -> dict[str, Any]:
    back = lines if lines == "all" else tuple(LineBack(p, Decimal(q)) for p, q in lines)
    return returns.give_back(receipt, ReturnRequest(number, now, back), now).body  # type: ignore[arg-type]


def account(member: Member) -> Account:
    return Account.objects.get(holders__member=member)


def picture(member: Member) -> dict[str, Any]:
    """Everything that a purchase and its returns must leave as it was."""
    facts = MemberFacts.objects.filter(member=member).values_list(
        "purchases", "spent", "first_purchase_at", "last_purchase_at", "tier__code"
    )
    held = account(member)
    return {
        "balance": held.balance,
        "owed": held.owed,
        "lots": sorted(
            Lot.objects.filter(account=held, remaining__gt=0).values_list(
                "remaining", "active_from", "expires_at"
            )
        ),
        "facts": [row for row in facts if row[0]],
        "usage": sorted(
            Usage.objects.filter(member=member)
            .exclude(times=0, points=0)
            .values_list("period", "times", "points")
        ),
    }


def test_half_a_purchase_returns_half_of_everything(member: Member) -> None:
    sold = sell(member, redeem="100")
    body = take_back(sold["id"], lines=[(1, 1)])

    assert Decimal(sold["to_pay"]) == Decimal("399.79")
    assert body["status"] == "partially_returned"
    assert Decimal(body["refund"]) + Decimal(body["restored"]) == Decimal("199.90")
    assert body["owed"] == "0.00"
    assert checkout.find(sold["id"], LATER)["status"] == "partially_returned"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "split",
    [
        ["all"],
        [[(1, 1)], [(1, 1)], [(2, 3)]],
        [[(2, 1)], [(2, 1)], [(2, 1)], [(1, 2)]],
        [[(2, "0.5"), (1, "1.5")], "all"],
    ],
)
def test_a_purchase_and_its_returns_in_any_split_change_nothing(member: Member, split: list[Any]) -> None:
    before = picture(member)
    sold = sell(member, redeem="77.77")
    refunds = [take_back(sold["id"], f"R-{n}", lines) for n, lines in enumerate(split)]

    assert picture(member) == before
    assert sum(Decimal(body["refund"]) for body in refunds) == Decimal(sold["to_pay"])
    assert sum(Decimal(body["restored"]) for body in refunds) == Decimal("77.77")
    assert refunds[-1]["status"] == "returned"


def test_points_spent_elsewhere_are_taken_from_what_the_account_has_and_all_ends_as_it_began(
    member: Member,
) -> None:
    with transaction.atomic():
        ledger.adjust(account(member), Decimal(-120), "empty", Cause(NOW))
    first = sell(member, "1")
    before = picture(member)
    second = sell(member, "2", redeem="24.99")
    factories.give_points(account(member), "30", at=NOW)

    back = take_back(first["id"])
    assert (back["revoked"], back["owed"]) == ("24.99", "0.00")
    take_back(second["id"])

    assert picture(member)["balance"] == Decimal("30.00")
    assert picture(member)["lots"] == [(Decimal("30.00"), None, None)]
    assert before["balance"] == Decimal("24.99")


def test_points_that_are_gone_become_a_debt_that_the_next_points_repay(member: Member) -> None:
    with transaction.atomic():
        ledger.adjust(account(member), Decimal(-120), "empty", Cause(NOW))
    first = sell(member, "1")
    with transaction.atomic():
        ledger.adjust(account(member), Decimal("-24.99"), "spent", Cause(NOW))

    back = take_back(first["id"])
    assert (back["revoked"], back["owed"]) == ("0.00", "24.99")
    assert account(member).owed == Decimal("24.99")

    factories.give_points(account(member), "30", at=LATER)
    assert account(member).owed == 0
    assert account(member).balance == Decimal("5.01")
    assert sum(Debt.objects.values_list("points", flat=True)) == 0


def test_debts_are_forgiven_where_the_programme_says_so(shop: factories.Shop, member: Member) -> None:
    shop.programme.debt_policy = "forgive"
    shop.programme.save()
    factories.rulebooks.refresh(shop.programme, NOW)
    with transaction.atomic():
        ledger.adjust(account(member), Decimal(-120), "empty", Cause(NOW))
    first = sell(member, "1")
    with transaction.atomic():
        ledger.adjust(account(member), Decimal("-24.99"), "spent", Cause(NOW))

    assert take_back(first["id"])["owed"] == "24.99"
    assert account(member).owed == 0


def test_points_that_come_back_to_an_expired_lot_live_for_the_grace(shop: factories.Shop) -> None:
    member = factories.enrol(shop.programme)
    factories.give_points(account(member), "50", expires_at=NOW + timedelta(hours=1))
    sold = sell(member, redeem="50")

    take_back(sold["id"], now=LATER)

    lot = Lot.objects.get(origin__isnull=False, account=account(member))
    assert lot.remaining == Decimal(50)
    assert lot.expires_at == datetime(2026, 12, 6, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize("policy", ["debt", "forgive"])
def test_points_that_came_back_to_a_new_lot_go_with_the_purchase_that_gave_them(policy: str) -> None:
    shop = factories.open_shop(store="main-01", debt_policy=policy)
    document = factories.percent_of_receipt("5") | {"lots": {"expires": {"kind": "after", "days": 5}}}
    factories.publish_campaign(shop.programme, document, at=NOW - timedelta(days=1), code="short")
    member = factories.enrol(shop.programme, "0")
    first = sell(member, "1")
    second = sell(member, "2", redeem="24.99")
    later = NOW + timedelta(days=20)
    take_back(second["id"], lines=[(2, 3)], now=later)  # five points come back to a new lot
    third = sell(member, "3", redeem="5.00", purchased_at=later, now=later)

    for number, sold in enumerate((first, third, second)):
        take_back(sold["id"], f"B-{number}", now=later)

    assert (account(member).balance, account(member).owed) == (0, 0)
    assert not Lot.objects.filter(remaining__gt=0).exists()


def test_more_than_was_bought_is_refused(member: Member) -> None:
    sold = sell(member)
    take_back(sold["id"], "R-1", [(1, 2)])
    with pytest.raises(Refused, match="Position 1") as refused:
        take_back(sold["id"], "R-2", [(1, 1)])
    assert refused.value.code == "return_exceeds_purchase"


def test_a_return_is_repeated_for_ever_with_the_same_answer(member: Member) -> None:
    sold = sell(member)
    first = take_back(sold["id"], "R-1", [(1, 1)])
    balance = account(member).balance
    assert take_back(sold["id"], "R-1", [(1, 1)]) == first
    assert account(member).balance == balance
    with pytest.raises(Conflict):
        take_back(sold["id"], "R-1", [(1, 2)])


def test_a_cancelled_purchase_leaves_nothing_and_is_cancelled_once(member: Member) -> None:
    before = picture(member)
    sold = sell(member, redeem="10")
    first = returns.cancel(sold["id"], LATER)
    again = returns.cancel(sold["id"], LATER + timedelta(days=9))

    assert picture(member) == before
    assert first.body["status"] == "cancelled"
    assert again == (first.body, True)
    with pytest.raises(Refused) as refused:
        take_back(sold["id"])
    assert refused.value.code == "wrong_state"


def test_a_held_purchase_reserves_points_and_earns_only_when_confirmed(member: Member) -> None:
    held = sell(member, redeem="100", state="held")
    assert held["status"] == "held"
    assert account(member).balance == Decimal(20)
    assert MemberFacts.objects.filter(member=member).count() == 0

    confirmed = holds.confirm(held["id"], LATER)
    assert confirmed.body["status"] == "completed"
    assert account(member).balance == Decimal(20) + Decimal(held["earned"]["points"])
    assert MemberFacts.objects.get(member=member).purchases == 1
    assert holds.confirm(held["id"], LATER).replay


def test_a_held_purchase_that_is_let_go_changes_nothing(member: Member) -> None:
    before = picture(member)
    held = sell(member, redeem="100", state="held")
    body, _ = returns.cancel(held["id"], LATER)

    assert body["restored"] == "100.00"
    assert picture(member) == before
    with pytest.raises(Refused):
        holds.confirm(held["id"], LATER)


def test_a_confirmed_purchase_returns_like_any_other(member: Member) -> None:
    before = picture(member)
    held = sell(member, redeem="100", state="held")
    holds.confirm(held["id"], NOW)
    take_back(held["id"], "R-1", [(1, 1)])
    take_back(held["id"], "R-2")
    assert picture(member) == before


def test_holds_whose_time_is_over_are_let_go_once(member: Member) -> None:
    sell(member, redeem="100", state="held")
    assert holds.release_stale(NOW + timedelta(hours=23)) == 0
    assert holds.release_stale(NOW + timedelta(hours=25)) == 1
    assert holds.release_stale(NOW + timedelta(hours=25)) == 0
    assert account(member).balance == Decimal(120)
    assert Receipt.objects.get().status == "cancelled"


def test_an_anonymous_receipt_returns_money_alone(shop: factories.Shop) -> None:
    sold = sell(None)
    body = take_back(sold["id"])
    assert body["refund"] == sold["to_pay"]
    assert body["balance"] is None
    assert Transfer.objects.count() == 0
