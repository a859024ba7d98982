"""How many points can be sent, and what it costs."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rules import remitting
from loyalty.rules.remitting import Sent, Terms
from loyalty.rules.rounding import Rounding


@pytest.mark.parametrize(
    ("points", "terms", "fee"),
    [
        ("100", Terms(D(1)), "0"),
        ("100", Terms(D(1), fee_percent=D(5)), "5.00"),
        ("100", Terms(D(1), fee_percent=D(5), fee_points=D(3)), "8.00"),
        ("33.33", Terms(D(1), fee_percent=D("2.5")), "0.83"),
        ("33", Terms(D(1), fee_percent=D("2.5"), places=0), "1"),
        ("33", Terms(D(1), fee_percent=D("2.5"), places=0, rule=Rounding.DOWN), "0"),
        ("33", Terms(D(1), fee_points=D("1.75"), places=0), "1"),
    ],
)
def test_the_fee_is_a_share_and_a_number_of_points_rounded_as_the_programme_rounds(
    points: str, terms: Terms, fee: str
) -> None:
    assert remitting.fee(D(points), terms) == D(fee)


@pytest.mark.parametrize(
    ("spendable", "sent", "terms", "code", "most"),
    [
        ("100", Sent(), Terms(D(1)), "balance", "100"),
        ("105", Sent(), Terms(D(1), fee_percent=D(5)), "balance", "100"),
        ("3", Sent(), Terms(D(1), fee_points=D(5)), "balance", "0"),
        ("100", Sent(), Terms(D(1), most=D(40)), "at_once", "40"),
        ("100", Sent(D(30), D(70)), Terms(D(1), D(40), D(50), D(200)), "day", "20"),
        ("100", Sent(D(0), D(190)), Terms(D(1), D(40), D(50), D(200)), "month", "10"),
        ("100", Sent(D(60), D(60)), Terms(D(1), D(40), D(50), D(200)), "day", "0"),
        ("15", Sent(D(30), D(70)), Terms(D(1), D(40), D(50), D(200)), "balance", "15"),
    ],
)
def test_the_tightest_bound_is_told_with_what_it_leaves(
    spendable: str, sent: Sent, terms: Terms, code: str, most: str
) -> None:
    tightest = remitting.bounds(D(spendable), sent, terms)[0]

    assert (tightest.code, tightest.points) == (code, D(most))


@given(
    st.decimals(0, 10_000, places=2),
    st.decimals(0, 100, places=2),
    st.decimals(0, 50, places=2),
    st.integers(0, 2),
    st.sampled_from(Rounding),
)
def test_the_most_that_can_be_afforded_leaves_room_for_the_fee_and_for_nothing_more(
    spendable: D, percent: D, fixed: D, places: int, rule: Rounding
) -> None:
    terms = Terms(D(1), fee_percent=percent, fee_points=fixed, places=places, rule=rule)
    unit = D(1).scaleb(-places)

    most = remitting.affordable(spendable, terms)

    assert most == 0 or most + remitting.fee(most, terms) <= spendable
    assert most + unit + remitting.fee(most + unit, terms) > spendable
