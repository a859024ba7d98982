"""The first page: what there is, what waits, what ends, what is being collected; few statements, whatever the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from campaigns.checkout import stamp_cards
from loyalty.ledger import statement
from loyalty.models import Account, Receipt
from members.models import Member
from tests import factories
from tests.cabinet.test_access import log_in
from tests.factories import Shop
from tests.races.selling import NOW, give_back, sell

pytestmark = pytest.mark.django_db
STAMPS = {
    "whom": {"who": "members"},
    "what": [{"effect": "stamp", "goal": 3, "reward": {"points": "30"}}],
}


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 0, phone="+4915112345678", first_name="Anna")


def account_of(member: Member) -> Account:
    return Account.objects.get(holders__member=member)


def test_what_waits_and_what_expires_on_the_next_day_on_which_anything_does(shop: Shop, anna: Member) -> None:
    account, now = account_of(anna), datetime(2026, 11, 30, 12, tzinfo=UTC)
    evening, night = datetime(2026, 12, 5, 18, tzinfo=UTC), datetime(2026, 12, 5, 22, 59, 59, tzinfo=UTC)
    factories.give_points(account, 40, expires_at=night)
    factories.give_points(account, 10, expires_at=evening)
    factories.give_points(account, 500, expires_at=night + timedelta(seconds=1))  # the next day in Berlin
    factories.give_points(account, 7, active_from=now + timedelta(days=2))
    factories.give_points(account, 70, active_from=now + timedelta(days=9))
    factories.give_points(account, 99, expires_at=now - timedelta(seconds=1))

    ahead = statement.ahead(account.id, ZoneInfo("Europe/Berlin"), None, now)

    assert ahead.active_from == now + timedelta(days=2)
    assert ahead.due is not None
    assert (ahead.due.at, ahead.due.points) == (evening, Decimal(50))


def test_an_empty_account_has_nothing_ahead(shop: Shop, anna: Member) -> None:
    assert statement.ahead(account_of(anna).id, ZoneInfo("UTC"), None, NOW) == (0, 0, None, None, None)


def test_a_stamp_card_fills_with_purchases_and_empties_with_returns(shop: Shop, anna: Member) -> None:
    factories.publish_campaign(shop.programme, STAMPS, code="stamps", name="Every third")

    def shown() -> list[tuple[str, int, int, int]]:
        return [card[:4] for card in stamp_cards.begun(anna.id, shop.programme.pk, NOW)]

    assert shown() == []
    sell(anna, 1)
    second = sell(anna, 2)
    assert shown() == [("Every third", 2, 3, 0)]
    assert "2 of 3" in log_in(anna).get("/cabinet/club/").content.decode()

    give_back(second.body["id"], "R1", "all")
    assert shown() == [("Every third", 1, 3, 0)]
    sell(anna, 3)
    sell(anna, 4)
    assert shown() == []  # full, and the next one is not begun


def test_a_campaign_that_is_over_collects_nothing(shop: Shop, anna: Member) -> None:
    until = (NOW + timedelta(days=1)).isoformat()
    factories.publish_campaign(
        shop.programme, STAMPS | {"when": {"until": until}}, code="stamps", name="Brief"
    )
    sell(anna, 1)

    assert len(stamp_cards.begun(anna.id, shop.programme.pk, NOW)) == 1
    assert stamp_cards.begun(anna.id, shop.programme.pk, NOW + timedelta(days=1)) == []


def test_the_page_takes_as_many_statements_after_many_purchases_as_after_one(
    shop: Shop, anna: Member
) -> None:
    client = log_in(anna)

    def count() -> int:
        client.get("/cabinet/club/")  # what a process keeps is kept now
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get("/cabinet/club/").status_code == 200
        return len(asked)

    sell(anna, 1)
    first = count()
    for number in range(2, 12):
        sell(anna, number)

    assert count() == first
    assert first <= 8


def test_a_receipt_is_explained_as_at_the_till(shop: Shop, anna: Member) -> None:
    factories.publish_campaign(shop.programme, code="base", name="Every purchase")
    factories.publish_campaign(
        shop.programme,
        factories.percent_of_receipt("9") | {"if": {"condition": "receipt_amount", "at_least": "1000"}},
        code="big",
        name="Big basket",
    )
    story = sell(anna, 1).body
    receipt = Receipt.objects.get()

    page = log_in(anna).get(f"/cabinet/club/history/{receipt.id}/").content.decode()

    said = [reason["text"] for line in story["lines"] for reason in line["because"]]
    assert said
    for text in [*said, *(declined["text"] for declined in story["declined"])]:
        assert text in page
    assert "Big basket" in page


@pytest.mark.parametrize(
    ("kind", "shows"), [("", 2), ("earned", 1), ("adjusted", 1), ("expired", 0), ("nonsense", 2)]
)
def test_the_history_shows_one_kind_alone(shop: Shop, anna: Member, kind: str, shows: int) -> None:
    factories.publish_campaign(shop.programme, code="base", name="Every purchase")
    factories.give_points(account_of(anna), 5)
    sell(anna, 1)

    page = log_in(anna).get(f"/cabinet/club/history/?kind={kind}").content.decode()

    assert page.count('class="row"') == shows
