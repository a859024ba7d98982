"""Budgets, store limits and coupons under many tills at once: never more than there is, and never less."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import transaction

from campaigns.models import Tally
from loyalty.models import Receipt
from rewards.coupons import series
from rewards.models import Coupon, CouponUse, Series, SeriesMember, SeriesTotal
from tests import factories
from tests.laws.world import MORNING
from tests.races.parallel import THREADS, books_right_after, done, refusals, together
from tests.races.selling import give_back, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books() -> Iterator[None]:
    with books_right_after():
        yield


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="s")


def publish(shop: factories.Shop, **definition: Any) -> Any:
    return factories.publish_campaign(shop.programme, definition, at=MORNING)


def buy(shop: factories.Shop) -> list[Any]:
    """Sixteen members buy at the same moment."""
    members = [factories.enrol(shop.programme) for _ in range(THREADS)]
    return done(together([partial(sell, member, n) for n, member in enumerate(members)]))


def test_a_budget_of_points_is_given_to_its_last_point_and_no_further(shop: factories.Shop) -> None:
    publish(shop, what=[{"effect": "points_fixed", "points": "10"}], judge={"budget": {"points": "65"}},
            whom={"who": "members"})  # fmt: skip

    bodies = [answer.body for answer in buy(shop)]

    assert len(bodies) == THREADS
    assert sorted(Decimal(body["earned"]["points"]) for body in bodies) == [0] * 9 + [5] + [10] * 6
    tally = Tally.objects.get()
    assert (tally.points, tally.times, tally.most_points) == (65, 7, 65)


def test_a_budget_of_money_pays_for_discounts_of_everybody_and_no_further(shop: factories.Shop) -> None:
    publish(shop, what=[{"effect": "discount_amount", "amount": "30"}], judge={"budget": {"money": "100"}})

    answers = done(together([partial(sell, None, n) for n in range(THREADS)]))

    assert sorted(Decimal(answer.body["discount"]) for answer in answers) == [0] * 12 + [10] + [30] * 3
    assert Tally.objects.get().money == 100


def test_a_limit_of_times_in_a_store_holds_for_all_its_tills(shop: factories.Shop) -> None:
    publish(shop, what=[{"effect": "points_fixed", "points": "7"}], whom={"who": "members"},
            judge={"limits": [{"per": "store", "period": "day", "times": 5}]})  # fmt: skip

    bodies = [answer.body for answer in buy(shop)]

    assert sum(Decimal(body["earned"]["points"]) for body in bodies) == 35
    reasons = [d["code"] for body in bodies for d in body["declined"]]
    assert reasons == ["limit_reached"] * 11
    tally = Tally.objects.get()
    assert (tally.store_id, tally.times) == (shop.store.id, 5)


def test_what_comes_back_is_free_for_others_again(shop: factories.Shop) -> None:
    publish(shop, what=[{"effect": "points_fixed", "points": "10"}], whom={"who": "members"},
            judge={"budget": {"points": "160"}})  # fmt: skip
    receipts = [answer.body["id"] for answer in buy(shop)]
    assert Tally.objects.get().points == 160

    together([partial(give_back, receipt, n, "all") for n, receipt in enumerate(receipts)])

    tally = Tally.objects.get()
    assert (tally.points, tally.times) == (0, 0)
    member = factories.enrol(shop.programme)
    assert sell(member, "again").body["earned"]["points"] == "10.00"


@pytest.fixture
def code(shop: factories.Shop, request: pytest.FixtureRequest) -> str:
    made = Series(programme=shop.programme, code="ten", name="Ten off", kind="mass", uses_each=request.param)
    condition = {"condition": "coupon", "series": ["ten"]}
    publish(shop, what=[{"effect": "discount_amount", "amount": "10"}], **{"if": condition})
    with transaction.atomic():
        return series.code_for_all(series.save(made, None, MORNING, "TENOFF10")).code


@pytest.mark.parametrize(("code", "uses"), [(1, 1), (5, 5)], indirect=["code"])
def test_a_coupon_is_used_as_often_as_it_may_be_by_sixteen_tills(
    shop: factories.Shop, code: str, uses: int
) -> None:
    results = together([partial(sell, None, n, coupons=(code,)) for n in range(THREADS)])

    assert len(done(results)) == uses
    assert refusals(results) == ["coupon_not_usable"] * (THREADS - uses)
    assert Coupon.objects.get().uses == CouponUse.objects.filter(state="used").count() == uses
    assert Receipt.objects.count() == uses
    assert {answer.body["discount"] for answer in done(results)} == {"10.00"}


@pytest.mark.parametrize("code", [None], indirect=True)
def test_a_limit_that_is_set_among_sales_counts_every_one_of_them(shop: factories.Shop, code: str) -> None:
    member = factories.enrol(shop.programme)
    made = Series.objects.get()

    def limit() -> None:
        made.most_per_member = 50
        with transaction.atomic():
            series.save(made, 50, MORNING)

    sales = [partial(sell, None if n % 2 else member, n, coupons=(code,)) for n in range(THREADS)]
    results = together([*sales[:8], limit, *sales[8:]])

    sold = len(done(results)) - 1
    assert refusals(results) == ["coupon_not_usable"] * (
        THREADS - sold
    )  # who showed no card when the limit came
    assert CouponUse.objects.count() == SeriesTotal.objects.get().uses == sold
    assert SeriesMember.objects.get().uses == CouponUse.objects.filter(member=member).count() == 8


@pytest.mark.parametrize("code", [1], indirect=True)
def test_one_receipt_with_a_coupon_sent_by_many_uses_it_once(shop: factories.Shop, code: str) -> None:
    answers = done(together([partial(sell, None, "same", coupons=(code,)) for _ in range(THREADS)]))

    assert len(answers) == THREADS
    assert len({str(answer.body) for answer in answers}) == 1
    assert Coupon.objects.get().uses == 1


@pytest.mark.parametrize("code", [1], indirect=True)
def test_a_return_gives_the_coupon_back_once(shop: factories.Shop, code: str) -> None:
    receipt = sell(None, 1, coupons=(code,)).body["id"]

    together([partial(give_back, receipt, "R", "all") for _ in range(THREADS)])

    assert (Coupon.objects.get().uses, Coupon.objects.get().state) == (0, "issued")
    assert sell(None, 2, coupons=(code,)).body["coupons"]["used"] == [code]


def test_sales_with_several_coupons_and_budgets_never_wait_for_each_other_in_a_circle(
    shop: factories.Shop,
) -> None:
    for code in ("one", "two"):
        made = Series(programme=shop.programme, code=code, name=code, kind="mass", uses_each=99)
        with transaction.atomic():
            series.save(made, 10, MORNING, code.upper())
        condition = {"condition": "coupon", "series": [code]}
        publish(shop, what=[{"effect": "discount_amount", "amount": "10"}], judge={"budget": {"money": "900"}},
                **{"if": condition})  # fmt: skip
    members = [factories.enrol(shop.programme) for _ in range(4)]

    results = together(
        [
            partial(sell, members[n % 4], n, coupons=("ONE", "TWO") if n % 2 else ("TWO", "ONE"))
            for n in range(THREADS)
        ]
    )

    assert len(done(results)) == 10
    assert refusals(results) == ["coupon_not_usable"] * (THREADS - 10)
    assert [total.uses for total in SeriesTotal.objects.all()] == [10, 10]
    assert [coupon.uses for coupon in Coupon.objects.all()] == [10, 10]
    assert [tally.money for tally in Tally.objects.all()] == [100, 100]
    assert CouponUse.objects.filter(state="used").count() == 20
