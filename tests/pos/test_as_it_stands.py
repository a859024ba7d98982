"""Purchases read again: what stands of them, what can still come back, what is owed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.checkout import holds
from loyalty.ledger import balances
from loyalty.models import Receipt
from members.models import Member
from rewards.coupons import series
from rewards.models import Coupon, Series
from tests import factories
from tests.pos.conftest import SOLD_AT, Api, coffee
from tests.rewards.coupons.build import make_series

pytestmark = pytest.mark.django_db
AT = datetime.fromisoformat(SOLD_AT)
LINES = [
    {"position": 1, "sku": "COFFEE-250", "quantity": "2", "price": "100"},
    {"position": 2, "sku": "CHEESE", "quantity": "1.5", "price": "20"},
]


def sell(api: Api, number: str = "1", **changes: Any) -> dict[str, Any]:
    sold = api.post("purchases", coffee(number, redeem="0", lines=LINES) | changes)
    assert api.status == 201, sold
    return dict(sold)


def back(api: Api, sold: dict[str, Any], number: str, lines: Any) -> dict[str, Any]:
    given = {"return_number": number, "returned_at": SOLD_AT, "lines": lines}
    answer = api.post(f"purchases/{sold['id']}/returns", given)
    assert api.status == 201, answer
    return dict(answer)


def returnable(api: Api, sold: dict[str, Any]) -> list[str]:
    told = api.get(f"purchases/{sold['id']}")
    return [line["returnable"] for line in told["lines"] if line["position"] is not None]


def test_a_purchase_read_again_tells_how_much_of_each_line_can_still_come_back(
    api: Api, member: Member
) -> None:
    sold = sell(api)
    assert returnable(api, sold) == ["2", "1.5"]
    back(api, sold, "R1", [{"position": 1, "quantity": "1"}, {"position": 2, "quantity": "0.125"}])
    assert returnable(api, sold) == ["1", "1.375"]
    back(api, sold, "R2", "all")
    assert returnable(api, sold) == ["0", "0"]
    held = sell(api, "2", state="held")
    assert returnable(api, held) == ["0", "0"]


def test_a_coupon_that_was_given_back_is_not_told_as_used_any_more(
    api: Api, shop: factories.Shop, member: Member
) -> None:
    ten = make_series(shop.programme, mass_code="TENOFF")
    series.save(Series(programme=shop.programme, code="thanks", name="Thanks", kind="personal"), None, AT)
    factories.publish_campaign(shop.programme, {
        "if": {"all": [{"condition": "coupon", "series": [ten.code]},
                       {"condition": "receipt_amount", "at_least": "200"}]},
        "what": [{"effect": "discount_amount", "amount": "10"}],
    }, code="ten")  # fmt: skip
    factories.publish_campaign(shop.programme, {
        "whom": {"who": "members"}, "if": {"condition": "receipt_amount", "at_least": "200"},
        "what": [{"effect": "issue_coupon", "series": "thanks"}],
    }, code="thank")  # fmt: skip
    sold = sell(api, coupons=["TENOFF"])
    issued = Coupon.objects.get(series__code="thanks").code
    assert api.get(f"purchases/{sold['id']}")["coupons"] == {"used": ["TENOFF"], "issued": [issued]}
    back(api, sold, "R1", [{"position": 1, "quantity": "1"}])
    told = api.get(f"purchases/{sold['id']}")
    assert (told["coupons"], told["extras"]) == ({"used": [], "issued": []}, [])
    assert (told["status"], told["total"]) == ("partially_returned", "230.00")
    assert sell_again(api, ["TENOFF"]) == sold["coupons"]  # the first answer stays


def sell_again(api: Api, coupons: list[str]) -> dict[str, Any]:
    again = api.post("purchases", coffee("1", redeem="0", lines=LINES, coupons=coupons))
    assert (api.status, api.replayed) == (200, True)
    return dict(again["coupons"])


def test_what_is_owed_is_told_of_the_purchase_and_of_the_account(
    api: Api, shop: factories.Shop, member: Member
) -> None:
    def owed() -> list[str]:
        account = api.get(f"members/{member.id}")["accounts"][0]
        return [api.get(f"purchases/{sold['id']}")["owed"], account["owed"]]

    factories.publish_campaign(shop.programme, {
        "whom": {"who": "members"}, "what": [{"effect": "points_fixed", "points": "300"}],
        "if": {"condition": "receipt_amount", "at_least": "230"},
    }, code="much")  # fmt: skip
    sold = sell(api)
    spent = sell(api, "2", lines=[{"position": 1, "sku": "TV", "quantity": "1", "price": "400"}])
    assert (sold["owed"], owed()) == ("0.00", ["0.00", "0.00"])
    assert spent["owed"] == "0.00"
    held = Receipt.objects.get(id=sold["id"]).account
    assert held is not None
    factories.ledger.adjust(held, -balances.of_account(held.id, AT)[0], "gone", factories.Cause(AT))
    answer = back(api, sold, "R1", "all")
    assert float(answer["owed"]) > 0
    assert owed() == [answer["owed"], answer["owed"]]
    assert api.get(f"purchases/{spent['id']}")["owed"] == "0.00"


def test_a_hold_whose_time_is_over_reads_as_cancelled_and_is_not_confirmed(
    api: Api, shop: factories.Shop, member: Member
) -> None:
    held = sell(api, state="held")
    Receipt.objects.update(hold_until=AT - timedelta(days=1))
    assert api.get(f"purchases/{held['id']}")["status"] == "cancelled"
    refused = api.post(f"purchases/{held['id']}/confirm")
    assert (api.status, refused["code"]) == (422, "wrong_state")
    assert Receipt.objects.get(id=UUID(held["id"])).status == "cancelled"
    assert holds.release_stale(AT) == 0
