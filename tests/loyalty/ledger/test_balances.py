"""What can be spent and what waits is the same by the database, in memory, in a statement and in a shop's profile."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import example, given, settings
from hypothesis import strategies as st

from loyalty.ledger import balances, inactivity, ledger, statement
from loyalty.models import Holder, Lot
from tests.analytics.laddering import Books
from tests.factories import START, ProgrammeFactory, enrol, give_points

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
NOW = START + 20 * DAY
ZONE = ZoneInfo("America/New_York")
#: Days from the beginning; half days lie beside the ends of days.
DAYS = st.sampled_from((0, 1, 9.5, 10, 19.5, 20, 20.5, 30))
#: Lots: points, when they were earned, from when they are active, until when.
LOTS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from((0, 5, 9.5, 10, 19)), st.none() | DAYS, st.none() | DAYS),
    max_size=6,
)
BOUGHT = st.lists(st.sampled_from((1, 9, 10.5, 15, 20)), max_size=2)


def day(number: float) -> datetime:
    return START + number * DAY


@settings(max_examples=60)
@given(LOTS, BOUGHT, st.none() | st.sampled_from((5, 10)))
@example([(3, 0, 30, 10), (4, 0, 10, 10), (5, 0, 20, 20)], [], None)
def test_a_balance_is_the_same_whoever_asks_for_it(
    lots: list[tuple[int, float, float | None, float | None]],
    bought_on: list[float],
    days: int | None,
) -> None:
    programme = ProgrammeFactory(time_zone=ZONE.key, inactivity_days=days)
    member = enrol(programme)
    account = Holder.objects.get(member=member).account
    for points, earned, active, expires in lots:
        begins, ends = (None if at is None else day(at) for at in (active, expires))
        give_points(account, points, day(earned), begins, ends)
    for when in bought_on:
        Books(programme).buy(member, day(when), 1, account=account)

    asked = balances.of_account(account.id, NOW)

    with transaction.atomic():
        book = ledger.lock([account.id])[account.id]
    assert balances.of_book(book, days, ZONE, NOW) == asked
    gone = inactivity.gone_until(account.id, days, ZONE, NOW)
    rows = map(ledger.open_lot, Lot.objects.filter(account=account, remaining__gt=0))
    assert balances.of_lots(balances.counting(rows, gone, NOW), NOW) == asked
    if gone is None:
        told = statement.standing(account.id, NOW)
        assert (book.spendable(NOW), book.pending(NOW)) == (told.spendable, told.pending) == asked
