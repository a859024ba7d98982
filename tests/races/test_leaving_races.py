"""Leaving, raced: against sales at the till, against taking it back, and by many workers at once."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from campaigns.leaving import carrying_out, leaving
from loyalty.models import Receipt
from members.models import Departure, Erasure, Member
from tests import factories
from tests.races.parallel import THREADS, books_right_after, done, refusals, together
from tests.races.selling import NOW, sell

pytestmark = pytest.mark.django_db(transaction=True)
DUE = NOW + timedelta(days=14)
#: So that every receipt knows something of its buyer.
WOMEN = {"whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": "5"}],
         "if": {"condition": "gender", "is": "female"}}  # fmt: skip


@pytest.fixture
def shop() -> factories.Shop:
    shop = factories.open_shop(store="s", code="club")
    factories.publish_campaign(shop.programme, WOMEN)
    return shop


@pytest.fixture
def member(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, 40, phone="+79167654321", gender="female")


def test_a_sale_comes_before_the_erasure_as_a_whole_or_finds_nobody(
    shop: factories.Shop, member: Member
) -> None:
    departure = leaving.ask(member, shop.programme, NOW)
    sales: list[Any] = [partial(sell, member, number) for number in range(THREADS - 2)]
    with books_right_after():
        results = together(
            [*sales[:7], *[partial(carrying_out.carry_out, departure.pk, DUE)] * 2, *sales[7:]]
        )

    assert sorted(one for one in results if isinstance(one, bool)) == [False, True]
    assert set(refusals(results)) <= {"member_not_found"}
    receipts = Receipt.objects.all()
    assert receipts.count() == len(done(results)) - 2
    assert not [
        one
        for one in receipts
        if one.member_id != member.pk or one.content_hash or "gender" in (one.shopper or {})
    ]
    assert Erasure.objects.count() == 1


def test_taking_it_back_and_being_erased_at_once_is_one_of_both(shop: factories.Shop, member: Member) -> None:
    departure = leaving.ask(member, shop.programme, NOW)
    with books_right_after():
        erased, *stayed = together(
            [
                partial(carrying_out.carry_out, departure.pk, DUE),
                *[partial(leaving.take_back, member, shop.programme, DUE)] * 7,
            ]
        )

    assert [erased, *stayed].count(True) == 1
    assert (Member.objects.get(pk=member.pk).status == "erased") is erased


def test_asked_by_sixteen_at_once_it_is_one_departure(shop: factories.Shop, member: Member) -> None:
    asked = together([partial(leaving.ask, member, shop.programme, NOW)] * THREADS)
    assert len({departure.pk for departure in asked}) == Departure.objects.count() == 1
    assert member.events.filter(kind="member.leaving").count() == 1
