"""The first page: what there is, what waits, what ends, what is being collected; few statements, whatever the past."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from loyalty.ledger import balances, statement
from loyalty.models import Account, Receipt
from members.models import Member
from tests import factories
from tests.cabinet.test_access import log_in
from tests.factories import Shop
from tests.races.selling import NOW, sell
from tests.rewards.coupons.build import make_coupon, make_series

pytestmark = pytest.mark.django_db
SPENT = factories.percent_of_receipt("3") | {
    "if": {"condition": "spent", "period": "month", "at_least": "99999"}
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


def test_the_page_takes_as_many_statements_after_many_purchases_as_after_one(
    shop: Shop, anna: Member
) -> None:
    client = log_in(anna)

    def count() -> int:
        """Of a few visits the one that asks least: what a process keeps for some seconds is asked for now and then."""
        counts = []
        for _visit in range(3):
            with CaptureQueriesContext(connection) as asked:
                assert client.get("/cabinet/club/").status_code == 200
            counts.append(len(asked))
        return min(counts)

    factories.publish_campaign(shop.programme, SPENT, code="month", name="Big month")
    make_coupon(make_series(shop.programme), member=anna)
    sell(anna, 1)
    first = count()
    for number in range(2, 12):
        sell(anna, number)
        factories.give_points(account_of(anna), 1)
        make_coupon(make_series(shop.programme), member=anna)

    assert count() == first
    assert first <= 8


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Santiago"])
@pytest.mark.parametrize("seed", range(6))
def test_what_is_ahead_is_the_same_by_the_balance_and_lot_by_lot(
    shop: Shop, anna: Member, zone: str, seed: int
) -> None:
    """The statement for programmes in which nothing lapses reads few lots; the other one reads them all."""
    chance, account = random.Random(seed), account_of(anna)
    now = datetime(2026, 9, 5, 2, 30, tzinfo=UTC)

    def someday(least: int, most: int) -> datetime | None:
        return now + timedelta(hours=chance.randint(least, most)) if chance.random() < 0.8 else None

    for _ in range(25):
        factories.give_points(
            account, chance.randint(1, 99), active_from=someday(-60, 60), expires_at=someday(61, 99)
        )
        factories.give_points(account, chance.randint(1, 99), expires_at=someday(-40, 40))

    quick = statement.ahead(account.id, ZoneInfo(zone), None, now)
    slow = statement.ahead(account.id, ZoneInfo(zone), 9999, now)

    assert quick == slow._replace(lapse=None)
    assert (quick.spendable, quick.pending) == balances.of_account(account.id, now)


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
