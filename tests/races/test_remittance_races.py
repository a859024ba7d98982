"""Points sent to others at the same moment, both ways, twice, and past every limit."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings

from foundation.refusals import Refusal
from loyalty.ledger import balances
from loyalty.models import Remittance
from loyalty.remittances import bounds, remittances
from members.codes import approval
from members.models import Code, Member
from tests import factories
from tests.cabinet import post
from tests.laws.world import account_of
from tests.loyalty.remittances.sending import NOW, approved, holder, open_programme
from tests.races.parallel import THREADS, books_right_after, done, together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _books() -> Iterator[None]:
    with books_right_after():
        yield


def two(points: str = "100", **fields: Any) -> tuple[Member, Member]:
    programme = open_programme(**fields)
    return factories.enrol(programme, points), factories.enrol(programme, points)


def spendable(member: Member) -> Decimal:
    return balances.of_account(account_of(member).id, NOW)[0]


def test_points_sent_both_ways_at_once_neither_wait_in_a_circle_nor_get_lost() -> None:
    anna, boris = two()
    there = [approved(anna, boris, "5") for _n in range(THREADS // 2)]
    back = [approved(boris, anna, "5") for _n in range(THREADS // 2)]

    results = together([partial(remittances.carry_out, row.id, row.member, NOW) for row in (*there, *back)])

    assert len(done(results)) == THREADS
    assert (spendable(anna), spendable(boris)) == (100, 100)


@pytest.mark.parametrize("guard", ["the rule", "the database"])
def test_no_limit_of_a_day_or_month_overshoots_at_any_number_of_writers(
    guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, boris = two("1000", transfer_most_day=45, transfer_most_month=70)
    rows = [approved(anna, boris, "10") for _n in range(THREADS)]
    if guard == "the database":
        monkeypatch.setattr(bounds, "require", lambda *_args: None)

    def carry_out(row: Remittance) -> bool:
        try:
            remittances.carry_out(row.id, anna, NOW)
        except Exception as error:
            if (
                "remittance_within_limits" in str(error)
                or isinstance(error, Refusal)
                or "may be sent" in str(error)
            ):
                return False
            raise
        return True

    results = together([partial(carry_out, row) for row in rows])

    assert sum(results) == 4
    assert (spendable(anna), spendable(boris)) == (960, 1040)


def test_nobody_sends_more_than_they_have_at_any_number_of_writers() -> None:
    anna, boris = two(transfer_fee_percent=10)
    rows = [approved(anna, boris, "20") for _n in range(THREADS)]

    results = together([partial(remittances.carry_out, row.id, anna, NOW) for row in rows])

    assert len(done(results)) == 4
    assert (spendable(anna), spendable(boris)) == (12, 180)


def test_one_wish_is_carried_out_once_at_any_number_of_clicks() -> None:
    anna, boris = two()
    row = approved(anna, boris, "20")

    results = together([partial(remittances.carry_out, row.id, anna, NOW)] * THREADS)

    assert len({answer.transfer_id for answer in done(results)}) == 1
    assert (spendable(anna), spendable(boris)) == (80, 120)


def test_one_form_is_one_wish_and_one_code_and_no_number_of_threads_gets_a_sixth_try(
    settings: LazySettings,
) -> None:
    anna, boris = two()
    mine = holder(anna)
    key = mine.account_id
    with post.box(settings) as box:
        begun = together(
            [partial(remittances.begin, mine, boris.phone or "", Decimal(20), "", key, NOW)] * THREADS
        )
        assert len({row.id for row in done(begun)}) == 1
        [message] = box
    row = done(begun)[0]
    wrong = str((int(message.code) + 1) % 10**6).zfill(6)

    tried = together(
        [partial(remittances.approve, Remittance.objects.get(id=row.id), wrong, NOW) for _n in range(THREADS)]
    )

    assert [refusal.detail.startswith("This is not") for refusal in tried].count(True) == approval.MOST_TRIES
    assert Code.objects.get().attempts == approval.MOST_TRIES
