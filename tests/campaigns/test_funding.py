"""Who pays for a campaign: named by code, refused where nobody is called so, and charged in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from campaigns import funding, rulebooks
from campaigns.checkout import checkout, returns
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.desk import charges, warnings
from campaigns.engine.definition import DefinitionError
from campaigns.models import Rulebook
from loyalty.models import Account, Lot, Payer, Transfer
from members.models import Member
from tests import factories
from tests.factories import Shop

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def shop() -> Shop:
    return factories.open_shop(code="main", name="Main")


def ten_percent(funder: Any) -> dict[str, Any]:
    return {**factories.percent_of_receipt("10"), "lots": {"funder": funder}}


def sell(shop: Shop, member: Member, number: str) -> UUID:
    line = SaleLine(position=1, sku="C1", quantity=Decimal(1), price=Decimal("100.00"))
    sale = Sale(
        store=shop.store.code, till="1", receipt_number=number, purchased_at=NOON, lines=(line,),
        member=Who(phone=member.phone), redeem=Decimal(0),
    )  # fmt: skip
    return UUID(checkout.purchase(sale, NOON).body["id"])


@pytest.mark.parametrize("funder", ["lavaza", "LAVAZZA", "Lavazza"])
def test_a_payer_that_the_programme_does_not_have_is_refused_by_name(shop: Shop, funder: str) -> None:
    factories.PayerFactory(programme=shop.programme, code="lavazza", name="Lavazza")
    factories.PayerFactory(code=funder, name="Of another programme")
    campaign = factories.CampaignFactory(programme=shop.programme, draft=ten_percent(funder))
    rules = Rulebook.objects.count()

    with pytest.raises(DefinitionError) as refused:
        rulebooks.publish(campaign, NOON)

    (problem,) = refused.value.problems
    assert problem.path == "lots.funder"
    assert f"There is no payer “{funder}” in this programme: choose one, or make it first." == problem.message
    assert (campaign.revisions.count(), Rulebook.objects.count()) == (0, rules)
    assert not Account.objects.filter(kind="budget").exists()
    told = [caution for caution in warnings.check(campaign.draft, campaign, NOON) if caution.grave]
    assert [(caution.path, caution.text) for caution in told] == [("lots.funder", problem.message)]


def test_points_come_from_the_payer_and_what_goes_back_is_taken_off(shop: Shop) -> None:
    payer = factories.PayerFactory(programme=shop.programme, code="lavazza", name="Lavazza")
    own = factories.publish_campaign(shop.programme, code="own", name="Own")
    paid = factories.publish_campaign(shop.programme, ten_percent("lavazza"), code="paid", name="Paid")
    member = factories.enrol(shop.programme)
    first, _second = sell(shop, member, "1"), sell(shop, member, "2")
    returns.cancel(first, NOON)

    house = Payer.objects.get(programme=shop.programme, kind="house")
    assert charges.net_of([payer, house]) == {payer.pk: Decimal(10), house.pk: Decimal(5)}
    told = charges.read(payer)
    assert (told.given, told.back, told.net, told.worth) == (20, 10, 10, 10)
    assert told.by_campaign == [(paid, Decimal(20))]
    assert (list(funding.campaigns_of(payer)), list(funding.campaigns_of(house))) == ([paid], [own])


def test_the_house_pays_where_it_is_named_as_where_nobody_is(shop: Shop) -> None:
    factories.publish_campaign(shop.programme, ten_percent("house"), code="named")
    factories.publish_campaign(shop.programme, ten_percent(None), code="silent")
    member = factories.enrol(shop.programme)
    sell(shop, member, "1")

    assert set(Lot.objects.values_list("funder", "points")) == {(None, Decimal(10))}
    assert set(Transfer.objects.values_list("source__kind", flat=True)) == {"issuance"}
    house = Payer.objects.get(programme=shop.programme, kind="house")
    assert funding.campaigns_of(house).count() == 2


def test_a_revision_that_spells_its_payer_as_people_typed_it_goes_on_from_its_account(shop: Shop) -> None:
    payer = factories.PayerFactory(programme=shop.programme, code="lavazza", name="Lavazza")
    typed = Account.objects.create(programme=shop.programme, kind="budget", code=" LAVAZZA SpA", payer=payer)
    old = factories.publish_campaign(shop.programme, ten_percent(" LAVAZZA SpA"), code="old", name="Old")
    new = factories.publish_campaign(shop.programme, ten_percent("lavazza"), code="new", name="New")
    sell(shop, factories.enrol(shop.programme), "1")

    assert set(Lot.objects.values_list("funder", "points")) == {(typed.id, Decimal(10))}
    assert list(funding.campaigns_of(payer)) == [new, old]
    assert charges.read(payer).net == 20
    assert not warnings.check(old.draft, old, timezone.now())
