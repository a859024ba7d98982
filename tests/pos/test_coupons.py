"""Coupons through the API: each kind shown at a till, held, used, given back, and refused in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from loyalty.models import Programme
from members.models import Member
from rewards import codes
from rewards.coupons import batches, handouts
from rewards.models import Coupon, CouponUse, Series
from tests import factories
from tests.pos.conftest import SOLD_AT, Api, coffee
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db
AT = datetime.fromisoformat(SOLD_AT)
TEN_OFF = {"effect": "discount_amount", "amount": "10"}


@pytest.fixture
def programme(shop: factories.Shop) -> Programme:
    return shop.programme


def offer(programme: Programme, series: Series, *effects: dict[str, Any], **definition: Any) -> Series:
    """A campaign that takes the coupons of the series: ten off, unless said otherwise."""
    asked = {"condition": "coupon", "series": [series.code]}
    factories.publish_campaign(
        programme, {"if": asked, "what": list(effects or (TEN_OFF,)), **definition}, code=f"for-{series.code}"
    )
    return series


def sell(api: Api, number: str, *shown: str, **changes: Any) -> dict[str, Any]:
    return api.post("purchases", coffee(number, redeem="0", coupons=list(shown), **changes))


def quote(api: Api, *shown: str, **changes: Any) -> dict[str, Any]:
    return api.post("quotes", coffee(None, redeem="0", coupons=list(shown), **changes))


def state(code: str) -> tuple[str, int, int]:
    coupon = Coupon.objects.get(code=code)
    return coupon.state, coupon.uses, coupon.reserved


def why(api: Api, *shown: str, **changes: Any) -> list[str]:
    """The codes of the reasons why coupons are declined in a quote."""
    return [one["code"] for one in quote(api, *shown, **changes)["declined"] if one["campaign"] in shown]


def test_one_code_for_all_serves_each_member_as_often_as_it_may(
    api: Api, programme: Programme, member: Member
) -> None:
    offer(programme, make_series(programme, mass_code="Welcome 10", most_per_member=1))
    other = {"member": {"phone": factories.enrol(programme).phone}}

    assert quote(api, "welcome-10")["coupons"]["used"] == ["WELCOME10"]
    sold = sell(api, "1", "welcome-10")
    assert (sold["discount"], sold["to_pay"], sold["coupons"]["used"]) == ("10.00", "389.80", ["WELCOME10"])
    refused = sell(api, "2", "WELCOME10")
    assert (api.status, refused["code"]) == (422, "coupon_not_usable")
    assert "as many coupons of this kind as allowed" in refused["detail"]
    assert sell(api, "2", "WELCOME10", **other)["discount"] == "10.00"
    assert why(api, "WELCOME10", member=None) == ["coupon_member_required"]


def test_generated_and_imported_codes_serve_once_however_they_are_typed(
    api: Api, programme: Programme, member: Member
) -> None:
    series = offer(programme, make_series(programme, prefix="SUN"))
    batches.work(batches.generate(series, 3, AT).pk)
    batches.work(batches.take_in(series, b"code\nSUMMER-7\n", "codes.csv", AT).pk)
    made = Coupon.objects.filter(code__startswith="SUN").first()
    assert made is not None and codes.is_right(made.code.removeprefix("SUN"))

    for number, (code, typed) in enumerate(
        ((made.code, codes.show(made.code, "SUN").lower()), ("SUMMER7", "summer 7"))
    ):
        assert sell(api, f"a{number}", typed)["coupons"]["used"] == [code]
        assert state(code) == ("used", 1, 0)
        assert why(api, code) == ["coupon_used_up"]
        assert sell(api, f"b{number}", code)["code"] == "coupon_not_usable"


def test_a_held_sale_reserves_the_coupon_until_it_is_confirmed_or_let_go(
    api: Api, programme: Programme, member: Member
) -> None:
    offer(programme, make_series(programme, mass_code="ONCE", uses_each=1, most_in_all=1))

    held = sell(api, "1", "ONCE", state="held")
    assert state("ONCE") == ("reserved", 1, 1)
    assert why(api, "ONCE") == ["coupon_used_up"]
    api.post(f"purchases/{held['id']}/cancel", {}, Idempotency_Key="let-go")
    assert state("ONCE") == ("issued", 0, 0)

    held = sell(api, "2", "ONCE", state="held")
    api.post(f"purchases/{held['id']}/confirm", {}, Idempotency_Key="confirm")
    assert state("ONCE") == ("used", 1, 0)
    assert CouponUse.objects.get(state="used").receipt.number == "2"


def test_a_return_gives_the_coupon_back_when_what_remains_does_not_need_it(
    api: Api, programme: Programme, member: Member
) -> None:
    series = make_series(programme, mass_code="BIG", uses_each=1, most_in_all=1, most_per_member=1)
    big = {
        "all": [
            {"condition": "coupon", "series": [series.code]},
            {"condition": "receipt_amount", "at_least": "300"},
        ]
    }
    factories.publish_campaign(programme, {"if": big, "what": [TEN_OFF]})
    lines = [
        {"position": 1, "sku": "TEA", "name": "Tea", "quantity": "1", "price": "50"},
        {"position": 2, "sku": "SET", "name": "Set", "quantity": "1", "price": "320"},
    ]
    sold = sell(api, "1", "BIG", lines=lines)

    def give_back(position: int) -> None:
        back = {
            "return_number": f"R{position}",
            "returned_at": SOLD_AT,
            "lines": [{"position": position, "quantity": "1"}],
        }
        api.post(f"purchases/{sold['id']}/returns", back)
        assert api.status == 201

    give_back(1)
    assert state("BIG") == ("used", 1, 0)
    give_back(2)
    assert state("BIG") == ("issued", 0, 0)
    assert sell(api, "2", "BIG", lines=lines)["coupons"]["used"] == ["BIG"]


def test_days_run_from_the_issue_and_an_offline_till_is_judged_by_its_own_time(
    api: Api, programme: Programme, member: Member
) -> None:
    series = offer(programme, make_series(programme, days=3))
    with transaction.atomic():
        coupon = handouts.issue(series, member.id, AT - timedelta(days=9), "a gift")
    assert coupon is not None

    assert why(api, coupon.code) == ["coupon_expired"]
    refused = sell(api, "1", coupon.code)
    assert "was valid until" in refused["detail"]
    stranger = {"member": {"phone": factories.enrol(programme).phone}}
    assert why(api, coupon.code, **stranger) == ["coupon_not_yours"]
    early = (AT - timedelta(days=7)).isoformat()
    assert sell(api, "2", coupon.code, purchased_at=early)["coupons"]["used"] == [coupon.code]
    assert state(coupon.code) == ("used", 1, 0)


def test_a_coupon_that_goes_with_no_other_is_the_only_one_of_its_receipt(
    api: Api, programme: Programme, member: Member
) -> None:
    offer(programme, make_series(programme, mass_code="ALONE", combinable=False))
    offer(programme, make_series(programme, mass_code="FRIENDLY"))
    offer(programme, make_series(programme, mass_code="OTHER"))

    assert quote(api, "FRIENDLY", "OTHER")["discount"] == "20.00"
    assert why(api, "ALONE", "FRIENDLY") == ["coupon_not_combinable"]
    assert why(api, "FRIENDLY", "ALONE") == ["coupon_not_combinable"]
    assert sell(api, "1", "ALONE", "OTHER")["code"] == "coupon_not_usable"
    assert sell(api, "1", "ALONE")["discount"] == "10.00"


def test_a_limit_in_all_holds_over_members_and_comes_back_with_a_cancelled_sale(
    api: Api, programme: Programme, member: Member
) -> None:
    offer(programme, make_series(programme, mass_code="FIRST2", most_in_all=2))
    first = sell(api, "1", "FIRST2")
    sell(api, "2", "FIRST2", member=None)

    assert why(api, "FIRST2", member=None) == ["coupon_total_limit"]
    api.post(f"purchases/{first['id']}/cancel", {}, Idempotency_Key="x")
    assert why(api, "FIRST2", member=None) == []


def test_a_coupon_for_an_item_takes_money_off_that_alone(
    api: Api, programme: Programme, member: Member
) -> None:
    series = make_series(programme, mass_code="HALFTEA", good_for="item")
    half = {"effect": "discount_percent", "percent": "50"}
    lines = [
        {"position": 1, "sku": "TEA", "name": "Tea", "category": "tea", "quantity": "1", "price": "50"},
        {"position": 2, "sku": "SET", "name": "Set", "quantity": "1", "price": "320"},
    ]
    api.post("purchases", coffee("known", redeem="0", lines=lines))  # makes the product and its category
    offer(programme, series, half, what_for={"of": "lines", "products": ["TEA"]})

    sold = sell(api, "1", "HALFTEA", lines=lines)

    assert [line["discount"] for line in sold["lines"] if line["position"]] == ["25.00", "0.00"]


def test_a_revoked_coupon_and_one_that_no_campaign_takes_are_told_apart(
    api: Api, programme: Programme, member: Member
) -> None:
    offer(programme, make_series(programme, mass_code="GONE"))
    make_series(programme, mass_code="NOTHING")
    handouts.revoke([Coupon.objects.get(code="GONE").pk], AT)

    assert why(api, "GONE", "NOTHING", "NOSUCH1") == [
        "coupon_revoked",
        "coupon_no_campaign",
        "coupon_unknown",
    ]
