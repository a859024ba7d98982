"""The checkout: quote, purchase, hold and what they write."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from campaigns.checkout import checkout, returns
from campaigns.checkout.sale import Sale, SaleLine, Who
from foundation.refusals import Conflict, Invalid, Refused
from loyalty.models import Account, Lot, Receipt, ReceiptLine, Transfer
from members.models import Event, Member
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


@pytest.fixture
def shop() -> factories.Shop:
    opened = factories.open_shop(store="main-01", currency="RUB", spending={"max_share": "50"})
    factories.publish_campaign(opened.programme, code="base", name="Base 5%")
    return opened


@pytest.fixture
def member(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, "120")


def coffee(buyer: Member | None, **changes: object) -> Sale:
    fields: dict[str, object] = {
        "store": "main-01",
        "till": "1",
        "receipt_number": "000123",
        "purchased_at": NOW,
        "member": Who(phone=buyer.phone) if buyer else None,
        "lines": (
            SaleLine(1, "COFFEE-250", Decimal(2), Decimal("199.90"), name="Coffee", category="Coffee"),
        ),
        "redeem": Decimal(100),
    }
    return Sale(**{**fields, **changes})  # type: ignore[arg-type]


def account(member: Member) -> Account:
    return Account.objects.get(holders__member=member)


def test_a_purchase_spends_and_earns_and_says_why(shop: factories.Shop, member: Member) -> None:
    body, replay = checkout.purchase(coffee(member), NOW)

    assert not replay
    assert body["total"] == "399.80"
    assert body["redeemed"] == {"points": "100.00", "amount": "100.00"}
    assert body["to_pay"] == "299.80"
    assert body["earned"]["points"] == "14.99"
    assert [b["text"] for b in body["lines"][0]["because"]] == ["5% of 299.80"]
    assert body["balance"] == {"programme": shop.programme.code, "spendable": "34.99", "pending": "0.00"}
    assert account(member).balance == Decimal("34.99")
    assert sum(lot.remaining for lot in Lot.objects.filter(account=account(member))) == Decimal("34.99")
    assert list(Transfer.objects.order_by("id").values_list("kind", flat=True)) == [
        "adjust",
        "redeem",
        "accrue",
    ]
    assert Receipt.objects.get().to_pay == Decimal("299.80")
    assert Event.objects.filter(kind="purchase.completed", member=member).count() == 1


def test_a_quote_says_what_the_purchase_will_and_changes_nothing(
    shop: factories.Shop, member: Member
) -> None:
    quoted = checkout.quote(coffee(member), NOW)

    assert Receipt.objects.count() == 0
    assert ReceiptLine.objects.count() == 0
    assert account(member).balance == Decimal(120)
    bought, _ = checkout.purchase(coffee(member), NOW)
    ours = {"id", "status", "confirmation_needed"}
    assert {k: v for k, v in quoted.items() if k not in ours} == {
        k: v for k, v in bought.items() if k not in ours
    }
    assert (quoted["status"], quoted["confirmation_needed"]) == ("quote", False)


def test_the_same_purchase_again_is_answered_as_the_first_time(shop: factories.Shop, member: Member) -> None:
    first, _ = checkout.purchase(coffee(member), NOW)
    again, replay = checkout.purchase(coffee(member), NOW + timedelta(days=400))

    assert replay
    assert again == first
    assert account(member).balance == Decimal("34.99")


def test_the_same_number_with_other_content_is_refused(shop: factories.Shop, member: Member) -> None:
    checkout.purchase(coffee(member), NOW)
    with pytest.raises(Conflict):
        checkout.purchase(coffee(member, redeem=Decimal(1)), NOW)


def test_more_points_than_allowed_are_refused_in_a_purchase_and_capped_in_a_quote(
    shop: factories.Shop, member: Member
) -> None:
    greedy = coffee(member, redeem=Decimal(121))
    with pytest.raises(Refused) as refused:
        checkout.purchase(greedy, NOW)
    assert refused.value.code == "redeem_exceeds_limit"
    assert "120" in refused.value.detail
    assert checkout.quote(greedy, NOW)["redeemed"]["points"] == "120.00"
    assert account(member).balance == Decimal(120)


def test_an_anonymous_receipt_is_sold_without_points(shop: factories.Shop) -> None:
    body, _ = checkout.purchase(coffee(None, redeem=Decimal(0)), NOW)

    assert body["to_pay"] == "399.80"
    assert body["earned"]["points"] == "0.00"
    assert body["balance"] is None


def test_an_unknown_and_a_blocked_member_are_refused(shop: factories.Shop, member: Member) -> None:
    with pytest.raises(Refused, match="no such member"):
        checkout.purchase(coffee(None, member=Who(card="0")), NOW)
    member.status = "blocked"
    member.save()
    with pytest.raises(Refused) as refused:
        checkout.purchase(coffee(member), NOW)
    assert refused.value.code == "member_blocked"


def test_every_fault_of_a_malformed_sale_is_named(shop: factories.Shop) -> None:
    bad = coffee(
        None,
        receipt_number="",
        purchased_at=NOW + timedelta(hours=1),
        lines=(SaleLine(1, "", Decimal(0), Decimal(-1)), SaleLine(1, "A", Decimal("1.0001"))),
    )
    with pytest.raises(Invalid) as invalid:
        checkout.purchase(bad, NOW)
    assert [fault.field for fault in invalid.value.faults] == [
        "receipt_number",
        "purchased_at",
        "lines[0].sku",
        "lines[0].quantity",
        "lines[0].price",
        "lines[1].position",
        "lines[1].quantity",
        "lines[1].amount",
    ]


def test_a_purchase_takes_four_round_trips_and_a_quote_one(
    lasting_memory: None, shop: factories.Shop, member: Member, django_assert_num_queries: object
) -> None:
    checkout.purchase(coffee(member), NOW)  # the store is known and the product exists
    with django_assert_num_queries(4):  # type: ignore[operator]
        checkout.purchase(coffee(member, receipt_number="2", redeem=Decimal(1)), NOW)
    with django_assert_num_queries(1):  # type: ignore[operator]
        checkout.quote(coffee(member, receipt_number="3", redeem=Decimal(1)), NOW)


def test_a_purchase_that_lost_a_race_is_judged_again_under_the_lock(
    shop: factories.Shop, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reads = checkout.situation.read, []

    def outdated(*args: object) -> object:
        found = read(*args)  # type: ignore[arg-type]
        reads.append(found)
        if len(reads) == 1 and found.book is not None:
            found.book.version -= 1  # as if somebody had written the account since it was read
        return found

    checkout.purchase(coffee(member, receipt_number="1", redeem=Decimal(0)), NOW)
    monkeypatch.setattr(checkout.situation, "read", outdated)
    body, _ = checkout.purchase(coffee(member), NOW)
    assert len(reads) == 2
    assert body["redeemed"]["points"] == "100.00"
    assert Receipt.objects.count() == 2


def test_points_that_a_budget_pays_for_come_from_its_account_and_go_back_to_it(shop: factories.Shop) -> None:
    factories.PayerFactory(programme=shop.programme, code="lavazza")
    definition = {**factories.percent_of_receipt("10"), "lots": {"funder": "lavazza"}}
    factories.publish_campaign(shop.programme, definition, name="Coffee month")
    member = factories.enrol(shop.programme)
    sold, _ = checkout.purchase(coffee(member, redeem=Decimal(0)), NOW)

    budget = Account.objects.get(kind="budget", code="lavazza")
    assert Transfer.objects.get(source=budget).points == Decimal("39.98")
    assert Lot.objects.get(funder=budget).points == Decimal("39.98")
    returns.cancel(UUID(sold["id"]), NOW)
    assert Transfer.objects.get(target=budget).points == Decimal("39.98")
