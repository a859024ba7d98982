"""The numbers of the first page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from backoffice import dashboard
from loyalty.models import Account, Receipt, Transfer
from tests import factories
from tests.backoffice.conftest import NOON, buy


def test_the_board_tells_what_the_books_say(scene):
    later = NOON + timedelta(hours=6)
    board = dashboard.read(later)[0]
    receipt = Receipt.objects.get()
    assert (board.purchases, board.turnover) == (1, receipt.to_pay)
    assert board.earned == sum(t.points for t in Transfer.objects.filter(kind="accrue"))
    assert board.spent == Decimal(10)
    assert board.liability == Account.objects.get(kind="member").balance
    assert [campaign.code for campaign in board.campaigns] == ["base5", "night"]


def test_the_day_begins_at_the_programmes_own_midnight(scene):
    scene.shop.programme.time_zone = "Pacific/Auckland"
    scene.shop.programme.save()
    # 12:00 UTC is already tomorrow in Auckland
    assert dashboard.read(NOON + timedelta(hours=1))[0].purchases == 1
    assert dashboard.read(NOON - timedelta(hours=2))[0].midnight == datetime(2026, 3, 9, 11, tzinfo=UTC)
    assert dashboard.read(NOON + timedelta(days=1))[0].purchases == 0


def test_points_that_expire_soon_are_counted_and_later_ones_are_not(scene):
    account = scene.account
    for days in (-1, 5, 29, 31):
        factories.give_points(account, 8, at=NOON - timedelta(days=3), expires_at=NOON + timedelta(days=days))
    assert dashboard.read(NOON)[0].expiring == 16


def test_cancelled_purchases_are_not_sales(scene):
    Receipt.objects.update(status=Receipt.Status.CANCELLED)
    assert dashboard.read(NOON)[0].purchases == 0


def test_the_number_of_statements_does_not_grow(scene, django_assert_num_queries):
    for number in range(2, 6):
        buy(scene.shop, scene.member, str(number))
    factories.open_shop(code="other")
    with django_assert_num_queries(5 + 2 * 2):
        dashboard.read(NOON)


def test_the_least_id_of_a_moment_is_below_every_id_made_then(scene):
    transfer = Transfer.objects.latest("id")
    made = datetime.fromtimestamp((transfer.id.int >> 80) / 1000, UTC)
    assert dashboard.first_id(made) <= transfer.id < dashboard.first_id(made + timedelta(milliseconds=1))
