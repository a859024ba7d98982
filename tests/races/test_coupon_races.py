"""Sixteen tills, one coupon: as many use it as it has uses, and every counter says so."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest
from django.db import transaction

from members.models import Event, Member
from rewards.coupons import batches, coupons, handouts, series
from rewards.models import Coupon, CouponUse, Series, SeriesMember, SeriesTotal
from tests.factories import MemberFactory, StoreFactory
from tests.races.parallel import THREADS, done, refusals, together
from tests.rewards.coupons.build import NOW, ask, count_of, make_coupon, make_receipt, make_series, spend

pytestmark = pytest.mark.django_db(transaction=True)


def tills(of: Series) -> list[UUID]:
    """A receipt for each till."""
    store = StoreFactory()
    return [make_receipt(of.programme, store) for _ in range(THREADS)]


def using(
    of: Series, receipt: UUID, *shown: Coupon, member: Member | None = None, reserve: bool = False
) -> Callable[[], UUID]:
    """A till that has found the coupons usable and now sells."""
    found = ask(of, *shown, member=member)
    assert all(one.usable for one in found)

    def sell() -> UUID:
        with transaction.atomic():
            coupons.use(found, receipt, member.id if member else None, NOW, reserve=reserve)
        return receipt

    return sell


@pytest.mark.parametrize(
    ("uses_each", "state"), [(1, "used"), (5, "used"), (15, "used"), (16, "used"), (17, "issued")]
)
def test_a_coupon_is_used_exactly_as_often_as_it_may_be(uses_each: int, state: str) -> None:
    of = make_series(uses_each=uses_each)
    coupon = make_coupon(of)
    results = together([using(of, receipt, coupon) for receipt in tills(of)])
    expected = min(uses_each, THREADS)
    assert len(done(results)) == expected
    assert refusals(results) == ["coupon_not_usable"] * (THREADS - expected)
    assert count_of(coupon) == (state, expected, 0)
    assert sorted(CouponUse.objects.values_list("receipt", flat=True)) == sorted(done(results))


def test_a_reserved_coupon_is_reserved_once() -> None:
    of = make_series()
    coupon = make_coupon(of)
    results = together(
        [using(of, receipt, coupon, reserve=n % 2 == 0) for n, receipt in enumerate(tills(of))]
    )
    assert len(done(results)) == 1
    assert CouponUse.objects.count() == 1


def test_a_limit_in_all_is_exact_over_different_coupons() -> None:
    of = make_series(most_in_all=7)
    works = [using(of, receipt, make_coupon(of)) for receipt in tills(of)]
    results = together(works)
    assert len(done(results)) == SeriesTotal.objects.get().uses == CouponUse.objects.count() == 7
    assert Coupon.objects.filter(state="used").count() == 7
    assert Coupon.objects.filter(state="issued", uses=0).count() == THREADS - 7


def test_a_limit_of_a_member_is_exact_over_different_coupons() -> None:
    of = make_series(most_per_member=3)
    anna = MemberFactory()
    results = together([using(of, receipt, make_coupon(of), member=anna) for receipt in tills(of)])
    assert len(done(results)) == SeriesMember.objects.get().uses == CouponUse.objects.count() == 3


def test_many_coupons_in_any_order_do_not_wait_for_each_other_in_a_circle() -> None:
    series_ = [make_series(most_in_all=99, most_per_member=99, uses_each=THREADS)]
    series_ += [
        make_series(series_[0].programme, most_in_all=99, most_per_member=99, uses_each=THREADS)
        for _ in range(2)
    ]
    shown = [make_coupon(of) for of in series_ for _ in range(2)]
    anna = MemberFactory()
    works = [
        using(series_[0], receipt, *(shown if n % 2 else shown[::-1]), member=anna)
        for n, receipt in enumerate(tills(series_[0]))
    ]
    assert len(done(together(works))) == THREADS
    assert [total.uses for total in SeriesTotal.objects.all()] == [2 * THREADS] * 3
    assert {count_of(coupon) for coupon in shown} == {("used", THREADS, 0)}


def test_a_code_for_all_without_limits_is_used_by_all_at_once() -> None:
    of = make_series(mass_code="ALL")
    coupon = Coupon.objects.get()
    assert len(done(together([using(of, receipt, coupon) for receipt in tills(of)]))) == THREADS
    assert (CouponUse.objects.count(), count_of(coupon)) == (THREADS, ("issued", 0, 0))


def test_one_receipt_given_back_by_many_comes_back_once() -> None:
    of = make_series(uses_each=3, most_in_all=9, most_per_member=9)
    coupon, anna = make_coupon(of), MemberFactory()
    spend(of, coupon, member=anna)
    receipt = spend(of, coupon, member=anna)

    def return_it() -> list[str]:
        with transaction.atomic():
            return coupons.give_back(receipt, NOW)

    assert sorted(together([return_it] * THREADS)) == [[]] * (THREADS - 1) + [[coupon.code]]
    assert count_of(coupon) == ("issued", 1, 0)
    assert SeriesTotal.objects.get().uses == SeriesMember.objects.get().uses == 1


@pytest.mark.parametrize("uses_each", [1, None])
def test_a_held_receipt_confirmed_and_given_back_at_once_ends_in_one_of_both(uses_each: int | None) -> None:
    of = make_series(uses_each=uses_each, most_in_all=9)
    coupon = make_coupon(of)
    receipt = spend(of, coupon, reserve=True)

    def confirm() -> None:
        with transaction.atomic():
            coupons.confirm(receipt, NOW)

    def return_it() -> None:
        with transaction.atomic():
            coupons.give_back(receipt, NOW)

    together([confirm, return_it] * (THREADS // 2))
    assert count_of(coupon) == ("issued", 0, 0)
    assert SeriesTotal.objects.get().uses == 0
    assert CouponUse.objects.get().state == "returned"


def test_a_limit_set_among_sales_and_returns_counts_every_one_of_them() -> None:
    of = make_series(mass_code="ALL")
    coupon, anna = Coupon.objects.get(), MemberFactory()
    held = [spend(of, "ALL", member=anna) for _ in range(4)]

    def limit() -> None:
        of.most_per_member = 50
        with transaction.atomic():
            series.save(of, 50, NOW)

    def return_it(receipt: UUID) -> Callable[[], None]:
        def work() -> None:
            with transaction.atomic():
                coupons.give_back(receipt, NOW)

        return work

    sales = [using(of, receipt, coupon, member=anna) for receipt in tills(of)]
    together([*sales[:8], limit, *map(return_it, held), *sales[8:]])
    assert SeriesTotal.objects.get().uses == SeriesMember.objects.get().uses == THREADS


def test_the_pool_gives_each_of_its_codes_once() -> None:
    of = make_series(from_pool=True)
    for _ in range(THREADS - 4):
        make_coupon(of, state="waiting", issued_at=None)
    members = [MemberFactory() for _ in range(THREADS)]

    def take(number: int) -> Callable[[], Coupon | None]:
        def work() -> Coupon | None:
            with transaction.atomic():
                return handouts.issue(of, members[number].id, NOW, f"key-{number}")

        return work

    given = [coupon for coupon in together([take(number) for number in range(THREADS)]) if coupon]
    assert len({coupon.pk for coupon in given}) == len(given) == THREADS - 4
    assert len({coupon.member_id for coupon in given}) == THREADS - 4


@pytest.mark.parametrize("from_pool", [False, True])
def test_one_key_gives_one_coupon_however_many_ask(from_pool: bool) -> None:
    of, anna = make_series(from_pool=from_pool), MemberFactory()
    for _ in range(THREADS if from_pool else 0):
        make_coupon(of, state="waiting", issued_at=None)

    def take() -> Coupon | None:
        with transaction.atomic():
            return handouts.issue(of, anna.id, NOW, "one key")

    assert len({coupon.pk for coupon in together([take] * THREADS)}) == 1
    assert Coupon.objects.filter(cause="one key").count() == 1
    assert Event.objects.filter(kind="coupon.issued").count() == 1


@pytest.mark.parametrize("kind", ["generate", "import"])
def test_many_workers_on_one_batch_make_no_code_twice(kind: str) -> None:
    of = make_series()
    if kind == "generate":
        batch = batches.generate(of, 200, NOW)
    else:
        batch = batches.take_in(of, "\n".join(f"CODE{n}" for n in range(200)).encode(), "x", NOW)
    together([partial(batches.work, batch.pk, part=7)] * 4)
    batch.refresh_from_db()
    assert (batch.status, batch.made, batch.repeated, batch.present) == ("done", 200, 0, 0)
    assert Coupon.objects.count() == 200


def test_two_files_with_the_same_codes_in_other_orders_are_taken_in_at_once() -> None:
    of = make_series()
    lines = [f"CODE{n}" for n in range(300)]
    made = [
        batches.take_in(of, "\n".join(part).encode(), "x", NOW)
        for part in (lines, lines[::-1], lines[150:] + lines[:150])
    ]
    together([partial(batches.work, batch.pk, part=100) for batch in made])
    for batch in made:
        batch.refresh_from_db()
    assert sum(batch.made for batch in made) == Coupon.objects.count() == 300
    assert sum(batch.present for batch in made) == 600
