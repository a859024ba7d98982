"""The limit a day of a holder at the till: which day, what counts, what is told. Its races are in tests/races."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import ReturnRequest
from foundation.refusals import Refused
from loyalty.ledger import allowance
from loyalty.models import Holder
from loyalty.sharing import holders
from loyalty.sharing.holders import By
from loyalty.sharing.rights import Rights
from loyalty.shops import places
from members.models import Member
from tests import factories
from tests.laws.world import account_of
from tests.races.selling import NOW, basket

pytestmark = pytest.mark.django_db
#: NOW is nine in the morning in UTC; in Auckland it is ten in the evening of the same day.
EVENING = NOW
NEXT_DAY = NOW + timedelta(hours=3)


@pytest.fixture
def shop() -> factories.Shop:
    places.forget()
    return factories.open_shop(store="s", time_zone="Pacific/Auckland")


@pytest.fixture
def mother(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, 500, first_name="Mother")


@pytest.fixture
def son(shop: factories.Shop, mother: Member) -> Member:
    child = factories.enrol(shop.programme)
    holders.come(
        account_of(mother).id, child, Rights(True, Decimal(50)), NOW - timedelta(days=9), bring=False
    )
    return child


def spend(
    buyer: Member,
    number: object,
    points: str,
    at: datetime = NOW,
    now: datetime | None = None,
    **more: Any,
) -> str:
    sale = basket(buyer, number, redeem=Decimal(points), purchased_at=at, **more)
    return str(checkout.purchase(sale, now or at).body["id"])


def left(member: Member, now: datetime = NOW) -> Decimal | None:
    return allowance.left(Holder.objects.select_related("programme").get(member=member), now)


def test_the_till_says_the_limit_and_what_is_left_of_it_and_a_quote_keeps_to_it(son: Member) -> None:
    spend(son, 1, "30")

    quoted = checkout.quote(basket(son, 2, redeem="max"), NOW)
    with pytest.raises(Refused) as refused:
        spend(son, 2, "20.01")

    assert quoted["redeemed"]["points"] == "20.00"
    assert {"code": "holder_per_day", "max": "20.00"}.items() <= quoted["redeemable"]["limits"][-1].items()
    assert refused.value.code == "redeem_exceeds_limit"
    assert "50 points a day" in refused.value.detail.replace("50.00", "50")
    assert "20" in refused.value.detail
    spend(son, 2, "20")
    with pytest.raises(Refused, match="No points can be spent"):
        spend(son, 3, "0.01")


def test_the_day_is_that_of_the_programme_s_clock(son: Member) -> None:
    spend(son, 1, "50", EVENING)
    with pytest.raises(Refused):
        spend(son, 2, "1", EVENING + timedelta(minutes=119))

    assert left(son, NEXT_DAY) == 50
    spend(son, 3, "50", NEXT_DAY)


def test_a_receipt_that_comes_late_counts_for_the_day_on_which_it_was_made(son: Member) -> None:
    spend(son, 1, "40", NEXT_DAY)
    spend(son, 2, "45", EVENING, now=NEXT_DAY)  # the till was offline
    assert (left(son, EVENING), left(son, NEXT_DAY)) == (5, 10)
    with pytest.raises(Refused):
        spend(son, 3, "5.01", EVENING, now=NEXT_DAY)
    with pytest.raises(Refused):
        spend(son, 4, "10.01", NEXT_DAY)


@pytest.mark.parametrize("way", ["returned", "cancelled", "let go"])
def test_what_comes_back_is_free_for_its_own_day_and_gives_the_next_one_no_more(
    son: Member, way: str
) -> None:
    held: dict[str, Any] = {"state": "held"} if way == "let go" else {}
    receipt = UUID(spend(son, 1, "50", EVENING, **held))
    if way == "returned":
        returns.give_back(receipt, ReturnRequest("R", NEXT_DAY, "all"), NEXT_DAY)
    else:
        returns.cancel(receipt, NEXT_DAY)

    assert (left(son, EVENING), left(son, NEXT_DAY)) == (50, 50)
    with pytest.raises(Refused):
        spend(son, 2, "50.01", NEXT_DAY)


def test_the_limit_is_of_one_holder_and_others_spend_what_they_may(
    shop: factories.Shop, mother: Member, son: Member
) -> None:
    spend(son, 1, "50")
    spend(mother, 2, "90")
    daughter = factories.enrol(shop.programme)
    holders.come(account_of(mother).id, daughter, Rights(False), NOW, bring=False)
    with pytest.raises(Refused, match="this holder may not spend"):
        spend(daughter, 3, "1")

    shared = account_of(mother).id
    holders.set_rights(shared, daughter.id, Rights(), By(mother.id), NOW)
    spend(daughter, 3, "60")
    assert (left(son), left(daughter), left(mother)) == (0, None, None)


def test_a_limit_that_was_lowered_below_what_is_spent_leaves_nothing_and_one_that_was_raised_leaves_more(
    mother: Member, son: Member
) -> None:
    spend(son, 1, "30")
    shared = account_of(mother).id
    holders.set_rights(shared, son.id, Rights(True, Decimal(20)), By(mother.id), NOW)
    assert left(son) == 0
    with pytest.raises(Refused):
        spend(son, 2, "1")
    holders.set_rights(shared, son.id, Rights(True, Decimal(31)), By(mother.id), NOW)
    spend(son, 3, "1")
