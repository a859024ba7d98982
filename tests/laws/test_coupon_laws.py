"""Laws 3, 5 and 6 for coupons on random histories: counters say what the uses say, and no limit is passed."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import Q
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from foundation.refusals import Invalid
from members.models import Member
from rewards.coupons import coupons, handouts
from rewards.coupons import expiry as coupon_expiry
from rewards.coupons import series as house
from rewards.models import Coupon, CouponUse, Series, SeriesMember, SeriesTotal
from tests.factories import MemberFactory, ProgrammeFactory, StoreFactory
from tests.laws.world import _Undo, undone
from tests.rewards.coupons.build import ask, back, confirm, make_coupon, make_receipt, make_series

LIMIT = st.none() | st.integers(1, 4)
PLACES = st.integers(0, 5)
BUYERS = st.integers(0, 2)
STANDS = ~Q(state=CouponUse.State.RETURNED)


class Coupons(RuleBasedStateMachine):
    """Random sales, holds, returns and changes of limits over two series of three coupons each."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = undone()
        self.scope.__enter__()
        self.receipts: list[UUID] = []
        self.now = datetime(2026, 5, 1, 12, tzinfo=UTC)

    def teardown(self) -> None:
        self.scope.__exit__(_Undo, _Undo(), None)

    @initialize(
        each=st.tuples(LIMIT, LIMIT),
        in_all=LIMIT,
        of_member=LIMIT,
        combinable=st.booleans(),
        ends=st.booleans(),
    )
    def begin(
        self, each: tuple[int | None, int | None], in_all: int | None, of_member: int | None, combinable: bool,
        ends: bool,
    ) -> None:  # fmt: skip
        programme = ProgrammeFactory(time_zone="Europe/Moscow")
        until = date(2026, 5, 4) if ends else None
        self.store = StoreFactory()
        self.members = [MemberFactory(), MemberFactory(), None]
        self.series = [
            make_series(programme, in_all, uses_each=each[0], most_per_member=of_member, valid_until=until),
            make_series(programme, uses_each=each[1], combinable=combinable),
        ]
        self.coupons = [make_coupon(of) for of in self.series for _ in range(3)]
        Coupon.objects.filter(pk=self.coupons[5].pk).update(member=self.members[0])

    @rule(places=st.lists(PLACES, min_size=1, max_size=3), buyer=BUYERS, reserve=st.booleans())
    def sell(self, places: list[int], buyer: int, reserve: bool) -> None:
        member = self.members[buyer]
        shown = [self.coupons[place] for place in places]
        found = ask(self.series[0], *shown, member=member, at=self.now)
        assert [one.usable for one in found] == self.expect(shown, member)
        usable = [one for one in found if one.usable]
        receipt = make_receipt(self.series[0].programme, self.store)
        coupons.use(usable, receipt, member.id if member else None, self.now, reserve=reserve)
        assert CouponUse.objects.filter(receipt=receipt).count() == len(usable)
        self.receipts.append(receipt)

    def expect(self, shown: list[Coupon], member: Member | None) -> list[bool]:
        """Which of the coupons can be used, counted from the uses that stand, and from nothing else."""
        taken: list[Series] = []
        verdicts = []
        for coupon in dict.fromkeys(shown):
            coupon = Coupon.objects.select_related("series").get(pk=coupon.pk)
            of = next(one for one in self.series if one == coupon.series)
            stand = CouponUse.objects.filter(STANDS, series=of)
            total = SeriesTotal.objects.filter(series=of).first()
            good = (
                coupon.state != "revoked"
                and (coupon.member is None or coupon.member == member)
                and (of.valid_until is None or (self.now + timedelta(hours=3)).date() <= of.valid_until)
                and (of.uses_each is None or stand.filter(coupon=coupon).count() < of.uses_each)
                and (total is None or stand.count() + taken.count(of) < total.most)
                and (not taken or (of.combinable and all(other.combinable for other in taken)))
            )
            if good and of.most_per_member is not None:
                good = member is not None and (
                    stand.filter(member=member).count() + taken.count(of) < of.most_per_member
                )
            taken += [of] if good else []
            verdicts.append(good)
        return verdicts

    @rule(place=st.integers(0, 9), twice=st.booleans(), only=st.none() | PLACES)
    def return_one(self, place: int, twice: bool, only: int | None) -> None:
        if not self.receipts:
            return
        receipt = self.receipts[place % len(self.receipts)]
        codes = None if only is None else [self.coupons[only].code]
        stood = CouponUse.objects.filter(STANDS, receipt=receipt)
        expected = set(
            stood.filter(*([Q(coupon__code__in=codes)] if codes else [])).values_list(
                "coupon__code", flat=True
            )
        )
        assert set(back(receipt, self.now, codes)) == expected
        if twice:
            assert back(receipt, self.now, codes) == []

    @rule(place=st.integers(0, 9))
    def complete(self, place: int) -> None:
        if self.receipts:
            confirm(self.receipts[place % len(self.receipts)], self.now)

    @rule(place=PLACES)
    def revoke(self, place: int) -> None:
        handouts.revoke([self.coupons[place].pk], self.now)

    @rule(of=st.integers(0, 1), in_all=LIMIT, of_member=LIMIT)
    def limit(self, of: int, in_all: int | None, of_member: int | None) -> None:
        found = Series.objects.get(pk=self.series[of].pk)
        found.most_per_member = of_member
        try:
            with transaction.atomic():
                self.series[of] = house.save(found, in_all, self.now)
        except Invalid:
            assert in_all is not None
            assert CouponUse.objects.filter(STANDS, series=found).count() > in_all

    @rule(days=st.integers(0, 2), late=st.booleans())
    def wait(self, days: int, late: bool) -> None:
        self.now += timedelta(days=days)
        if not late:
            coupon_expiry.expire(self.now)

    @invariant()
    def counters_say_what_the_uses_say(self) -> None:
        for coupon in Coupon.objects.all():
            uses = CouponUse.objects.filter(STANDS, coupon=coupon)
            if coupon.most is None:
                assert (coupon.uses, coupon.reserved) == (0, 0)
                continue
            assert coupon.uses == uses.count() <= coupon.most
            assert coupon.reserved == uses.filter(state="reserved").count()
            full = coupon.uses == coupon.most
            if coupon.state != "revoked":
                assert full == (coupon.state in ("used", "reserved"))
                assert (coupon.state == "reserved") == (full and coupon.reserved > 0)

    @invariant()
    def no_limit_is_passed(self) -> None:
        for total in SeriesTotal.objects.all():
            stand = CouponUse.objects.filter(STANDS, series=total.series_id)
            assert total.uses == stand.count() <= total.most
        for row in SeriesMember.objects.select_related("series"):
            stand = CouponUse.objects.filter(STANDS, series=row.series_id, member=row.member_id)
            assert row.uses == stand.count() <= row.most
            assert row.series.most_per_member is not None


@pytest.mark.django_db
def test_coupons_on_random_histories() -> None:
    run_state_machine_as_test(
        Coupons,
        settings=settings(
            max_examples=int(os.environ.get("LAW_EXAMPLES", "25")),
            stateful_step_count=int(os.environ.get("LAW_STEPS", "20")),
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
