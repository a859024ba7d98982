"""Rulebooks: which rules judge which receipt, and from when on."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from campaigns import rulebooks
from campaigns.checkout import checkout
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.engine.definition import DefinitionError
from campaigns.models import Campaign, Revision, Rulebook
from members.models import Event, Member
from tests import factories

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)


def earned(member: Member, number: str, at: datetime, now: datetime = NOW + 5 * HOUR) -> str:
    line = SaleLine(1, "TEA", Decimal(1), Decimal(100))
    sale = Sale(
        store="s", purchased_at=at, receipt_number=number, lines=(line,), member=Who(phone=member.phone)
    )
    return str(checkout.purchase(sale, now).body["earned"]["points"])


@pytest.mark.django_db
def test_each_receipt_is_judged_by_the_rules_in_force_when_it_was_made() -> None:
    shop = factories.open_shop(store="s")
    campaign = factories.publish_campaign(shop.programme, factories.percent_of_receipt("5"), at=NOW)
    campaign.draft = factories.percent_of_receipt("10")
    rulebooks.publish(campaign, NOW + HOUR)
    rulebooks.stop(campaign, NOW + 2 * HOUR)
    member = factories.enrol(shop.programme)

    minute = timedelta(minutes=1)
    times = {"4": NOW + 3 * HOUR, "3": NOW + HOUR + minute, "2": NOW + minute, "1": NOW - minute}
    assert [earned(member, number, at) for number, at in times.items()] == ["0.00", "10.00", "5.00", "0.00"]


@pytest.mark.django_db
def test_a_paused_campaign_goes_on_with_its_last_revision_and_not_with_its_draft() -> None:
    shop = factories.open_shop(store="s")
    campaign = factories.publish_campaign(shop.programme, factories.percent_of_receipt("5"), at=NOW)
    rulebooks.stop(campaign, NOW + HOUR)
    campaign.draft = factories.percent_of_receipt("10")
    campaign.save()
    assert rulebooks.resume(campaign, NOW + 2 * HOUR)
    member = factories.enrol(shop.programme)

    times = {"1": NOW, "2": NOW + HOUR, "3": NOW + 2 * HOUR}
    assert [earned(member, number, at) for number, at in times.items()] == ["5.00", "0.00", "5.00"]
    assert Revision.objects.count() == 1
    campaign.refresh_from_db()
    assert (campaign.status, campaign.draft) == (Campaign.Status.LIVE, factories.percent_of_receipt("10"))
    told = Event.objects.get(kind="campaign.resumed")
    assert (told.at, told.data) == (NOW + 2 * HOUR, {"campaign": campaign.code, "revision": 1})


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Campaign.Status.DRAFT, Campaign.Status.LIVE, Campaign.Status.ENDED])
def test_only_a_paused_campaign_goes_on(status: str) -> None:
    shop = factories.open_shop(store="s")
    campaign = factories.publish_campaign(shop.programme, at=NOW)
    Campaign.objects.update(status=status)
    before = Rulebook.objects.count()
    assert not rulebooks.resume(campaign, NOW + HOUR)
    campaign.refresh_from_db()
    assert campaign.status == status
    assert Rulebook.objects.count() == before
    assert not Event.objects.filter(kind="campaign.resumed").exists()


@pytest.mark.django_db
def test_a_change_of_the_programmes_terms_makes_a_rulebook_and_leaves_the_old_receipts_theirs() -> None:
    shop = factories.open_shop(store="s")
    factories.publish_campaign(shop.programme, at=NOW - HOUR)
    shop.programme.point_decimals = 0
    shop.programme.save()
    rulebooks.refresh(shop.programme, NOW)
    member = factories.enrol(shop.programme)

    assert earned(member, "1", NOW - timedelta(minutes=1)) == "5.00"
    assert earned(member, "2", NOW) == "5"


@pytest.mark.django_db
def test_a_broken_draft_is_refused_with_the_place_and_changes_nothing() -> None:
    shop = factories.open_shop(store="s")
    campaign = factories.CampaignFactory(
        programme=shop.programme, draft={"what": [{"effect": "points_percent"}]}
    )
    before = Rulebook.objects.count()
    with pytest.raises(DefinitionError) as refused:
        rulebooks.publish(campaign, NOW)
    assert [problem.path for problem in refused.value.problems] == ["what[0].percent"]
    assert (Rulebook.objects.count(), Revision.objects.count()) == (before, 0)


@pytest.mark.django_db
def test_rules_never_change_backwards() -> None:
    shop = factories.open_shop(store="s")
    factories.publish_campaign(shop.programme, at=NOW)
    late = rulebooks.refresh(shop.programme, NOW - HOUR)
    assert late.in_force_from == NOW


@pytest.mark.django_db(transaction=True)
def test_what_another_connection_publishes_is_live_with_the_next_basket() -> None:
    shop = factories.open_shop(store="s")
    member = factories.enrol(shop.programme)
    assert earned(member, "1", NOW) == "0.00"

    def publish() -> None:
        factories.publish_campaign(shop.programme, factories.percent_of_receipt("7"), at=NOW)
        connection.close()

    thread = threading.Thread(target=publish)
    thread.start()
    thread.join()
    assert earned(member, "2", NOW + timedelta(seconds=1)) == "7.00"


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"definition": {}}, {"number": 9}])
def test_a_revision_is_never_changed(change: dict[str, Any]) -> None:
    shop = factories.open_shop(store="s")
    factories.publish_campaign(shop.programme)
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        Revision.objects.update(**change)
