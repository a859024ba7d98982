"""What is owed for points that a payer paid goes back to that payer, whenever it is repaid and by whichever points."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from campaigns.checkout import returns
from campaigns.checkout.return_request import ReturnRequest
from campaigns.desk import charges
from loyalty.ledger import adjustment, audit
from loyalty.models import Account, Payer, Transfer
from members.models import Member
from tests import factories
from tests.races.selling import NOW, sell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def gives(percent: str, **lots: Any) -> dict[str, Any]:
    return {**factories.percent_of_receipt(percent), "lots": lots}


def open_shop(policy: str) -> tuple[factories.Shop, Member, Payer]:
    """The brand pays 20% of a purchase, the house 10%."""
    shop = factories.open_shop(store="s", debt_policy=policy)
    brand = factories.PayerFactory(programme=shop.programme, code="brand")
    factories.publish_campaign(shop.programme, gives("20", funder="brand"))
    factories.publish_campaign(shop.programme, gives("10"))
    return shop, factories.enrol(shop.programme), brand


def come_back(receipt: str, days: int) -> dict[str, Any]:
    at = NOW + days * DAY
    request = ReturnRequest("R", at, "all")
    return returns.give_back(receipt, request, at).body  # type: ignore[arg-type]


def net(payer: Payer) -> Decimal:
    return charges.net_of([payer])[payer.pk]


@pytest.mark.parametrize("by", ["a purchase", "a gift"])
def test_a_debt_for_points_of_a_payer_is_repaid_to_that_payer(by: str) -> None:
    shop, member, brand = open_shop("debt")
    house = Payer.objects.get(programme=shop.programme, kind="house")
    account = Account.objects.get(holders__member=member)
    first = sell(member, 1, "100").body["id"]
    adjustment.adjust(member, account, Decimal(-30), "spent elsewhere", "1", NOW + DAY, None)
    assert come_back(first, 2)["owed"] == "30.00"
    assert (net(brand), net(house)) == (20, -20)  # what was taken by hand went to the house

    if by == "a gift":
        adjustment.adjust(member, account, Decimal(40), "sorry", "2", NOW + 3 * DAY, None)
        assert (net(brand), net(house)) == (0, 10)
    else:
        sell(member, 2, "200")
        assert (net(brand), net(house)) == (40, -10)  # the second purchase alone

    account.refresh_from_db()
    repaid = Transfer.objects.filter(kind="repay").values_list("target__kind").annotate(Sum("points"))
    assert dict(repaid) == {"budget": Decimal(20), "issuance": Decimal(10)}
    assert account.owed == 0
    assert audit.audit().problems == []


def test_forgiven_points_of_a_payer_that_come_back_after_all_go_to_that_payer() -> None:
    _shop, member, brand = open_shop("forgive")
    first = sell(member, 1, "100").body["id"]
    second = sell(member, 2, "30", redeem=Decimal(30)).body["id"]
    come_back(first, 1)
    assert net(brand) == 20

    come_back(second, 2)

    assert net(brand) == 0
    assert Account.objects.get(holders__member=member).balance == 0
    assert audit.audit().problems == []
