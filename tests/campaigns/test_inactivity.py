"""Points that lapsed or expired cannot be spent from that moment on, whenever the job comes by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from backoffice.members import member_page
from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from loyalty.ledger import audit, balances, ledger, sweep
from loyalty.ledger.lots import NotEnoughPoints
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Transfer
from loyalty.shops import places
from members.lookup.lookup import Manner
from members.models import Event, Member
from pos import profiles
from pos.keys import Client
from tests.factories import START, HolderFactory, ProgrammeFactory, enrol, give_points, open_shop

pytestmark = pytest.mark.django_db

#: 90 days after 1 January; the points of that day live through this one.
LAST = datetime(2026, 4, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def shop() -> Any:
    places.forget()
    return open_shop(inactivity_days=90, time_zone="UTC")


@pytest.fixture
def member(shop: Any) -> Member:
    return enrol(shop.programme, 50)


def account_of(member: Member) -> Account:
    return Account.objects.get(holders__member=member)


def sale(shop: Any, member: Member, at: datetime, redeem: Any = "max", state: Any = "completed") -> Sale:
    lines = (SaleLine(1, "TEA", Decimal(1), Decimal(10)),)
    return Sale(
        store=shop.store.code, till="1", receipt_number=f"{at} {redeem} {state} {member.phone}", purchased_at=at,
        member=Who(id=str(member.id)), lines=lines, redeem=redeem, state=state,
    )  # fmt: skip


def buy(shop: Any, member: Member, at: datetime, redeem: Any = Decimal(0), **more: Any) -> dict[str, Any]:
    return checkout.purchase(sale(shop, member, at, redeem, **more), at).body


def test_points_can_be_spent_through_the_last_day(shop: Any, member: Member) -> None:
    told = buy(shop, member, LAST, "max")

    assert told["redeemed"]["points"] == "10.00"
    assert account_of(member).balance == 40


def test_a_quote_and_a_purchase_after_it_spend_nothing_though_no_job_ran(shop: Any, member: Member) -> None:
    quoted = checkout.quote(sale(shop, member, LAST + DAY), LAST + DAY)
    told = buy(shop, member, LAST + DAY, "max")

    assert quoted["redeemable"]["max"] == told["redeemed"]["points"] == "0.00"
    assert quoted["balance"] == told["balance"]
    assert told["balance"]["spendable"] == "0.00"
    assert account_of(member).balance == 0
    expired = Transfer.objects.get(kind="expire")
    assert (expired.points, expired.reason) == (50, "inactivity")
    assert str(expired.receipt_id) == told["id"]
    event = Event.objects.get(kind="points.expired")
    assert (event.member, event.data["points"], event.data["transfer"]) == (member, "50.00", str(expired.id))
    assert audit.audit().problems == []


def test_the_job_finds_nothing_left_and_the_purchase_is_the_same_when_it_came_first(
    shop: Any, member: Member
) -> None:
    other = enrol(shop.programme, 50)
    buy(shop, member, LAST + DAY, "max")

    assert sweep.lapse(LAST + DAY).points == 50  # the other's
    assert buy(shop, other, LAST + DAY, "max")["balance"]["spendable"] == "0.00"
    assert account_of(member).balance == account_of(other).balance == 0


def test_a_purchase_does_not_revive_what_had_lapsed(shop: Any, member: Member) -> None:
    buy(shop, member, LAST + DAY)
    give_points(account_of(member), 7, at=LAST + DAY)

    assert buy(shop, member, LAST + 30 * DAY, Decimal(7))["redeemed"]["points"] == "7.00"


def test_each_purchase_begins_the_period_anew(shop: Any, member: Member) -> None:
    for days in (80, 160, 240):
        buy(shop, member, START + days * DAY)

    assert buy(shop, member, START + 320 * DAY, "max")["redeemed"]["points"] == "10.00"
    assert not Transfer.objects.filter(kind="expire").exists()


def test_the_purchase_of_another_holder_keeps_the_points_alive(shop: Any, member: Member) -> None:
    cousin = HolderFactory(account=account_of(member), programme=shop.programme, role="holder").member
    buy(shop, cousin, START + 60 * DAY)

    assert buy(shop, member, LAST + DAY, "max")["redeemed"]["points"] == "10.00"


@pytest.mark.parametrize("swept", [True, False])
def test_a_receipt_that_comes_late_finds_gone_what_lapsed_before_it_came(
    shop: Any, member: Member, swept: bool
) -> None:
    if swept:
        sweep.lapse(LAST + 4 * DAY)

    told = checkout.purchase(sale(shop, member, LAST), LAST + 5 * DAY).body

    assert told["redeemed"]["points"] == "0.00"
    assert account_of(member).balance == 0


@pytest.mark.parametrize("swept", [True, False])
def test_a_receipt_that_comes_late_spends_no_points_that_expired_meanwhile(swept: bool) -> None:
    places.forget()
    shop = open_shop(time_zone="UTC")
    member = enrol(shop.programme)
    give_points(account_of(member), 50, expires_at=LAST)
    give_points(account_of(member), 4)
    if swept:
        sweep.expire(LAST + DAY)

    told = checkout.purchase(sale(shop, member, LAST - DAY), LAST + DAY).body

    assert told["redeemed"]["points"] == "4.00"


@pytest.mark.parametrize("swept", [True, False])
def test_what_is_shown_is_what_can_be_spent_whether_or_not_the_job_was_there(
    shop: Any, member: Member, swept: bool
) -> None:
    account = account_of(member)
    client = Client(
        key_id="k", name="k", partner_id=shop.partner.id, partner=shop.partner.code, store_id=None, store=None,
        till=None, programmes=(shop.programme.id,), valid_until=None, manner=Manner(),
    )  # fmt: skip
    give_points(account, 3, active_from=LAST + 30 * DAY)
    give_points(account, 7, at=LAST)
    assert balances.of_account(account.id, LAST) == (57, 3)
    if swept:
        sweep.lapse(LAST + DAY)

    assert balances.of_account(account.id, LAST + DAY) == (7, 0)
    (told,) = profiles.tell(member, client, LAST + DAY)["accounts"]
    assert (told["spendable"], told["pending"]) == ("7.00", "0.00")
    (purse,) = member_page.read_purses(member, LAST + DAY)
    assert (purse.spendable, purse.pending) == (7, 0)


def test_a_purchase_in_time_keeps_what_is_shown(shop: Any, member: Member) -> None:
    buy(shop, member, LAST)
    assert balances.of_account(account_of(member).id, LAST + DAY) == (50, 0)


def test_where_points_do_not_lapse_a_balance_is_one_statement(django_assert_num_queries: Any) -> None:
    places.forget()
    account = account_of(enrol(open_shop(time_zone="UTC").programme, 50))
    with django_assert_num_queries(1):
        assert balances.of_account(account.id, LAST + 900 * DAY) == (50, 0)


def test_a_refused_purchase_takes_nothing_out(shop: Any, member: Member) -> None:
    with pytest.raises(checkout.Refused):
        buy(shop, member, LAST + DAY, Decimal(10))

    assert account_of(member).balance == 50


def test_lapsed_points_cannot_be_deducted_or_exchanged_by_hand(shop: Any, member: Member) -> None:
    elsewhere = ProgrammeFactory()
    there = ledger.open_account(enrol(elsewhere), elsewhere)
    account = account_of(member)
    for take in (
        lambda: ledger.adjust(account, Decimal(-1), "down", Cause(LAST + DAY)),
        lambda: ledger.exchange(
            account, there, Decimal(1), Decimal(1), "swap", Cause(LAST + DAY), ledger.LotTerms(LAST)
        ),
    ):
        with pytest.raises(NotEnoughPoints), transaction.atomic():
            take()
    ledger.adjust(account, Decimal(-1), "in time", Cause(LAST))
    account.refresh_from_db()
    assert account.balance == 49


def test_a_return_tells_the_balance_that_is_there_afterwards_though_points_have_lapsed(
    shop: Any, member: Member
) -> None:
    sold = buy(shop, member, LAST - 30 * DAY)
    later = LAST + 90 * DAY
    wanted = ReturnRequest("R-1", later, (LineBack(1, Decimal("0.5")),))

    told = returns.give_back(UUID(sold["id"]), wanted, later).body

    assert told["balance"] == checkout.find(UUID(sold["id"]), later)["balance"]
    assert told["balance"]["spendable"] == "0.00"
    assert returns.cancel(UUID(sold["id"]), later).body["balance"]["spendable"] == "0.00"
