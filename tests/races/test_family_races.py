"""A family at many tills at once: the limit of a day holds, nobody loses points, and there is always one owner."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from campaigns.checkout import holds, returns
from foundation.refusals import Refused
from foundation.violations import constraint_of
from loyalty.ledger import allowance
from loyalty.models import Account, Holder, Receipt, Transfer
from loyalty.models.receipt import HOLDER_LIMIT
from loyalty.sharing import holders
from loyalty.sharing.holders import By
from loyalty.sharing.rights import Rights
from members.models import Event, Member, new_id
from tests import factories
from tests.laws.world import account_of
from tests.races.parallel import THREADS, books_right_after, done, refusals, together
from tests.races.selling import NOW, give_back, moved, sell

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books(request: pytest.FixtureRequest) -> Iterator[None]:
    """Books that are right after each race, but for the one that writes past them on purpose."""
    with nullcontext() if "past_the_checkout" in request.node.name else books_right_after():
        yield


@pytest.fixture
def shop() -> factories.Shop:
    return factories.open_shop(store="s")


@pytest.fixture
def mother(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, "500")


def join(mother: Member, shop: factories.Shop, points: str = "0", a_day: str | None = None) -> Member:
    """Somebody comes to share the mother's account; what they have comes along."""
    child = factories.enrol(shop.programme, points)
    rights = Rights(True, Decimal(a_day) if a_day else None)
    holders.come(account_of(mother).id, child, rights, NOW - timedelta(days=30), bring=True)
    return child


def holder(member: Member) -> Holder:
    return Holder.objects.select_related("programme").get(member=member)


def test_a_limit_a_day_holds_at_many_tills_at_once_and_the_owner_has_none(
    shop: factories.Shop, mother: Member
) -> None:
    son = join(mother, shop, a_day="50")

    results = together(
        [partial(sell, (mother, son)[n % 2], n, redeem=Decimal(10)) for n in range(2 * THREADS)]
    )

    assert len(done(results)) == THREADS + 5
    assert refusals(results) == ["redeem_exceeds_limit"] * (THREADS - 5)
    assert moved("redeem", source=account_of(mother)) == 10 * THREADS + 50
    assert allowance.left(holder(son), NOW) == 0


def test_held_purchases_count_from_the_moment_they_are_held_and_what_comes_back_is_free_again(
    shop: factories.Shop, mother: Member
) -> None:
    son = join(mother, shop, a_day="50")
    held = [
        answer.body["id"]
        for answer in done(
            together([partial(sell, son, n, redeem=Decimal(10), state="held") for n in range(THREADS)])
        )
    ]
    assert len(held) == 5

    together(
        [
            *(partial(holds.confirm, one, NOW) for one in held[:2]),
            *(partial(returns.cancel, one, NOW) for one in held[2:]),
            *(partial(sell, son, f"more-{n}", redeem=Decimal(10)) for n in range(THREADS)),
        ]
    )

    assert Receipt.objects.filter(member=son, status__in=("held", "completed")).count() <= 5
    spent = moved("redeem", source=account_of(mother)) + 20
    assert spent <= 50
    assert allowance.left(holder(son), NOW) == 50 - spent
    give_back(held[0], "R", "all")
    assert allowance.left(holder(son), NOW) == 60 - spent


def test_the_database_itself_keeps_the_limit_of_whoever_writes_past_the_checkout_at_once(
    shop: factories.Shop, mother: Member
) -> None:
    son = join(mother, shop, a_day="50")
    known = Receipt.objects.get(id=sell(son, "pattern", redeem=Decimal(10)).body["id"])

    def write(number: int) -> str:
        row = {field.attname: getattr(known, field.attname) for field in Receipt._meta.concrete_fields}
        row |= {"id": new_id(), "number": f"copy-{number}", "redeemed_points": Decimal(15)}
        try:
            Receipt.objects.bulk_create([Receipt(**row)])
        except IntegrityError as error:
            return constraint_of(error) or ""
        return "written"

    assert Counter(together([partial(write, n) for n in range(8)])) == {"written": 2, HOLDER_LIMIT: 6}


def test_whoever_comes_to_share_while_buying_loses_no_point_and_buys_nothing_twice(
    shop: factories.Shop, mother: Member
) -> None:
    factories.publish_campaign(shop.programme)
    aunt = factories.enrol(shop.programme, "200")
    own, shared = account_of(aunt), account_of(mother)

    results = together(
        [
            *(partial(sell, aunt, n, redeem=Decimal(5)) for n in range(THREADS // 2)),
            *[partial(holders.come, shared.id, aunt, Rights(), NOW, bring=True)] * 2,
            partial(holders.bring_along, aunt, shop.programme.id, NOW),
            *(partial(sell, mother, f"m-{n}", redeem=Decimal(5)) for n in range(4)),
        ]
    )

    assert refusals(results) == []
    holders.bring_along(aunt, shop.programme.id, NOW)
    own.refresh_from_db()
    shared.refresh_from_db()
    sold = THREADS // 2 + 4
    earned = Transfer.objects.filter(kind="accrue", receipt__isnull=False).aggregate(p=Sum("points"))["p"]
    assert own.balance == 0
    assert shared.balance == 700 - 5 * sold + earned
    assert holder(aunt).account_id == shared.id
    assert Event.objects.filter(kind="account.joined").count() == 1


def test_a_right_that_is_taken_away_while_the_holder_buys_is_gone_with_the_next_sale(
    shop: factories.Shop, mother: Member
) -> None:
    son = join(mother, shop)
    shared = account_of(mother)
    owner = By(mother.id)

    together(
        [
            *(partial(sell, son, n, redeem="max") for n in range(8)),
            partial(holders.set_rights, shared.id, son.id, Rights(True, Decimal(7)), owner, NOW),
        ]
    )
    spent = allowance.spent(holder(son), NOW)
    with pytest.raises(Refused):
        sell(son, "next", redeem=Decimal(8))

    assert allowance.spent(holder(son), NOW) == spent


def test_there_is_one_owner_however_many_leave_and_are_made_the_owner_at_once(
    shop: factories.Shop, mother: Member
) -> None:
    shared = account_of(mother)
    family = [mother, *(join(mother, shop) for _ in range(3))]

    together(
        [
            *(partial(holders.hand_over, shared.id, heir.id, By(mother.id), NOW) for heir in family[1:]),
            *(partial(holders.leave, shared.id, one.id, By(one.id), NOW) for one in family),
            *(partial(holders.leave, shared.id, one.id, By(mother.id), NOW) for one in family[1:]),
        ]
    )

    for account in Account.objects.filter(holders__isnull=False).distinct():
        assert account.holders.filter(role="owner").count() == 1
    assert Holder.objects.count() == len(family)
    assert Holder.objects.filter(account=shared).exists()


def test_the_database_refuses_an_account_without_its_owner(shop: factories.Shop, mother: Member) -> None:
    join(mother, shop)
    with pytest.raises(IntegrityError, match="has one owner"), transaction.atomic():
        Holder.objects.filter(member=mother).update(role="holder")
    with pytest.raises(IntegrityError, match="has one owner"), transaction.atomic():
        Holder.objects.filter(member=mother).delete()
