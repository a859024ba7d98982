"""Coupons that purchases issue: when, and what becomes of them when the purchases come back, in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest

from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.return_request import ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from members.models import Event, Member
from rewards.coupons import series
from rewards.models import Coupon, Series
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def shop() -> factories.Shop:
    """A shop that thanks for 100 with a coupon of 5 off, once a month."""
    opened = factories.open_shop(store="main-01")
    series.save(Series(programme=opened.programme, code="thanks", name="Thanks", kind="personal"), None, NOW)
    factories.publish_campaign(opened.programme, {
        "whom": {"who": "members"}, "if": {"condition": "receipt_amount", "at_least": "100"},
        "what": [{"effect": "issue_coupon", "series": "thanks"}],
        "judge": {"limits": [{"per": "member", "period": "month", "times": 1}]},
    }, code="thank")  # fmt: skip
    factories.publish_campaign(opened.programme, {
        "if": {"condition": "coupon", "series": ["thanks"]},
        "what": [{"effect": "discount_amount", "amount": "5"}],
    }, code="five-off")  # fmt: skip
    return opened


@pytest.fixture
def member(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme)


def sell(member: Member, number: str, amount: str, **changes: Any) -> dict[str, Any]:
    lines = (SaleLine(1, "A", Decimal(1), Decimal(amount)),)
    fields: dict[str, Any] = {"store": "main-01", "purchased_at": NOW, "member": Who(phone=member.phone)}
    return checkout.purchase(Sale(**fields, lines=lines, receipt_number=number, **changes), NOW).body


def back(sold: dict[str, Any]) -> None:
    returns.give_back(UUID(sold["id"]), ReturnRequest("R", LATER, "all"), LATER)


def declined(member: Member, code: str) -> list[str]:
    """How a quote for 20.00 refuses the coupon; empty when it takes it."""
    lines = (SaleLine(1, "A", Decimal(1), Decimal(20)),)
    sale = Sale("main-01", LATER, lines, member=Who(phone=member.phone), coupons=(code,))
    return [one["text"] for one in checkout.quote(sale, LATER)["declined"] if one["campaign"] == code]


def test_a_held_purchase_that_issues_a_coupon_is_confirmed_and_issues_it_then(member: Member) -> None:
    held = sell(member, "1", "100", state="held")
    assert (held["coupons"]["issued"], Coupon.objects.count()) == ([], 0)
    confirmed = holds.confirm(UUID(held["id"]), LATER)
    coupon = Coupon.objects.get()
    assert confirmed.body["status"] == "completed"
    assert confirmed.body["coupons"]["issued"] == [coupon.code]
    assert (coupon.member, coupon.issued_at) == (member, LATER)
    assert confirmed.body["extras"][0]["coupon"] == coupon.code
    again = holds.confirm(UUID(held["id"]), LATER)
    assert (again.replay, again.body, Coupon.objects.count()) == (True, confirmed.body, 1)
    assert sell(member, "1", "100", state="held") == held  # the first answer, for ever
    assert declined(member, coupon.code) == []


def test_a_held_purchase_that_brings_the_code_for_all_tells_it_when_it_is_confirmed(
    shop: factories.Shop, member: Member
) -> None:
    made = Series(programme=shop.programme, code="all", name="All", kind="mass", uses_each=None)
    series.save(made, None, NOW, "EVERYBODY")
    factories.publish_campaign(shop.programme, {
        "whom": {"who": "members"}, "what": [{"effect": "issue_coupon", "series": "all"}],
    }, code="for-all")  # fmt: skip
    held = sell(member, "1", "20", state="held")
    assert held["coupons"]["issued"] == []
    assert holds.confirm(UUID(held["id"]), LATER).body["coupons"]["issued"] == ["EVERYBODY"]


def test_the_coupon_of_a_confirmed_purchase_is_revoked_when_the_goods_come_back(member: Member) -> None:
    held = sell(member, "1", "100", state="held")
    [code] = holds.confirm(UUID(held["id"]), NOW).body["coupons"]["issued"]
    back(held)
    assert Coupon.objects.get(code=code).state == "revoked"
    assert declined(member, code) != []


@pytest.mark.parametrize("state", ["completed", "held"])
@pytest.mark.parametrize("order", list(permutations(("issuing", "using"))))
def test_a_coupon_is_revoked_with_the_purchase_that_issued_it_whatever_comes_back_first(
    member: Member, state: str, order: tuple[str, str]
) -> None:
    issuing = sell(member, "1", "100")
    [code] = issuing["coupons"]["issued"]
    using = sell(member, "2", "20", coupons=(code,), state=state)
    for which in order:
        if which == "issuing":
            back(issuing)
        elif state == "held":
            returns.cancel(UUID(using["id"]), LATER)
        else:
            back(using)
    assert declined(member, code) != []
    assert Coupon.objects.get(code=code).state == "revoked"
    told = Event.objects.filter(kind="coupon.revoked", member=member)
    assert [event.data["coupon"] for event in told] == [code]


def test_a_limit_of_one_coupon_a_month_never_leaves_two_that_can_be_used(member: Member) -> None:
    codes = []
    for turn in range(3):
        issuing = sell(member, f"A{turn}", "100")
        codes += issuing["coupons"]["issued"]
        using = sell(member, f"B{turn}", "20", coupons=(codes[-1],), state="held")
        back(issuing)
        returns.cancel(UUID(using["id"]), LATER)
    assert len(codes) == 3
    assert all(declined(member, code) for code in codes)


def test_a_coupon_that_was_held_when_its_purchase_came_back_is_still_confirmed(member: Member) -> None:
    issuing = sell(member, "1", "100")
    [code] = issuing["coupons"]["issued"]
    using = sell(member, "2", "20", coupons=(code,), state="held")
    back(issuing)
    assert holds.confirm(UUID(using["id"]), LATER).body["to_pay"] == "15.00"
    assert Coupon.objects.get(code=code).state == "used"
    back(using)
    assert Coupon.objects.get(code=code).state == "revoked"
