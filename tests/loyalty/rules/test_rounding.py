"""Rounding rules, conversions between points and money, and division over lines."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rules.rounding import (
    Rounding,
    floor_points,
    from_cents,
    least_points,
    points_within,
    round_money,
    round_points,
    round_ratio,
    spread,
    spread_units,
    to_cents,
    worth,
)

D = Decimal
MONEY = st.decimals(min_value=0, max_value=100_000, places=2)
VALUES = st.sampled_from(["1", "0.01", "0.1", "0.5", "2", "0.333", "0.0125", "7.77"]).map(Decimal)


@pytest.mark.parametrize(
    ("value", "places", "rule", "expected"),
    [
        ("1.005", 2, "half_up", "1.01"),
        ("1.015", 2, "half_up", "1.02"),
        ("-1.005", 2, "half_up", "-1.01"),
        ("1.005", 2, "half_even", "1.00"),
        ("1.015", 2, "half_even", "1.02"),
        ("1.0151", 2, "half_even", "1.02"),
        ("1.999", 2, "down", "1.99"),
        ("-1.999", 2, "down", "-1.99"),
        ("1.001", 2, "up", "1.01"),
        ("1.000", 2, "up", "1.00"),
        ("12.991", 2, "half_up", "12.99"),
        ("2.5", 0, "half_up", "3"),
        ("2.5", 0, "half_even", "2"),
        ("2.5", 0, "down", "2"),
        ("2.1", 0, "up", "3"),
        ("0.05", 1, "half_up", "0.1"),
    ],
)
def test_points_round_by_the_programmes_rule(value: str, places: int, rule: str, expected: str) -> None:
    assert str(round_points(D(value), places, Rounding(rule))) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("0.005", "0.01"), ("0.00499", "0.00"), ("359.82", "359.82"), ("2.675", "2.68")]
)
def test_money_rounds_half_up_to_cents(value: str, expected: str) -> None:
    assert str(round_money(D(value))) == expected


@pytest.mark.parametrize(
    ("money", "point_value", "places", "points"),
    [
        ("179.91", "1", 2, "179.91"),
        ("179.91", "1", 0, "179"),
        ("3.2967", "1", 2, "3.29"),
        ("3.2967", "0.5", 2, "6.58"),
        ("5.00", "0.01", 0, "500"),
        ("1.00", "0.333", 0, "3"),
        ("1.00", "0.335", 0, "2"),
        ("1.99", "2", 0, "0"),
        ("0", "1", 2, "0.00"),
        ("-4", "1", 2, "0.00"),
    ],
)
def test_points_within_a_sum_of_money(money: str, point_value: str, places: int, points: str) -> None:
    assert str(points_within(D(money), D(point_value), places)) == points


@given(money=MONEY, point_value=VALUES, places=st.integers(0, 2))
def test_points_within_a_sum_are_never_worth_more_and_one_unit_more_costs_more(
    money: Decimal, point_value: Decimal, places: int
) -> None:
    points = points_within(money, point_value, places)
    unit = D(1).scaleb(-places)
    assert worth(points, point_value) <= money
    assert (points + unit) * point_value > money


@given(point_value=VALUES, places=st.integers(0, 2))
def test_least_points_are_worth_a_cent_and_one_unit_less_is_not(point_value: Decimal, places: int) -> None:
    least = least_points(point_value, places)
    assert worth(least, point_value) > 0
    assert worth(least - D(1).scaleb(-places), point_value) == 0


@pytest.mark.parametrize(
    ("points", "places", "step", "expected"),
    [
        ("119.99", 2, None, "119.99"),
        ("119.999", 2, None, "119.99"),
        ("119.99", 0, None, "119"),
        ("119.99", 2, "50", "100.00"),
        ("49.99", 0, "50", "0"),
        ("0.75", 2, "0.50", "0.50"),
        ("-3", 2, None, "0.00"),
    ],
)
def test_points_are_cut_down_to_places_and_steps(
    points: str, places: int, step: str | None, expected: str
) -> None:
    assert str(floor_points(D(points), places, D(step) if step else None)) == expected


@given(cents=st.integers(0, 10**12))
def test_cents_and_money_are_the_same_sum(cents: int) -> None:
    assert to_cents(from_cents(cents)) == cents
    assert from_cents(cents).as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("total", "weights", "places", "parts"),
    [
        ("100", ["1", "1", "1"], 2, ["33.34", "33.33", "33.33"]),
        ("0.01", ["1", "1", "1"], 2, ["0.01", "0.00", "0.00"]),
        ("0.05", ["1", "1", "1"], 2, ["0.02", "0.02", "0.01"]),
        ("10", ["0", "5", "0", "5"], 0, ["0", "5", "0", "5"]),
        ("1", ["0.01", "0.99"], 0, ["0", "1"]),
        ("7", ["1.5", "2.5"], 0, ["3", "4"]),
        ("10.00", ["0", "0", "0"], 2, ["3.34", "3.33", "3.33"]),
        ("0", ["1", "2"], 2, ["0.00", "0.00"]),
        ("0.00", [], 2, []),
        ("39.98", ["399.80"], 2, ["39.98"]),
        ("2", ["1", "1", "1", "1"], 0, ["1", "1", "0", "0"]),
        ("100.00", ["199.90", "99.95", "0.15"], 2, ["66.63", "33.32", "0.05"]),
    ],
)
def test_a_total_is_spread_by_largest_remainder_the_earliest_first_among_equals(
    total: str, weights: list[str], places: int, parts: list[str]
) -> None:
    assert [str(part) for part in spread(D(total), [D(weight) for weight in weights], places)] == parts


@pytest.mark.parametrize(
    ("total", "weights", "complaint"),
    [
        ("-1", ["1"], "the total -1 is negative"),
        ("1", ["1", "-1"], "the weight -1 is negative"),
        ("1", ["-1"], "the weight -1 is negative"),
        ("0", ["1", "-1"], "the weight -1 is negative"),
        ("0.001", ["1", "1"], "is finer than 0.01"),
        ("0.001", ["1"], "is finer than 0.01"),
        ("1", [], "no parts"),
    ],
)
def test_what_cannot_be_spread_is_refused(total: str, weights: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        spread(D(total), [D(weight) for weight in weights], 2)


@given(
    cents=st.integers(0, 10**9),
    places=st.integers(0, 3),
    weights=st.lists(st.decimals(min_value=0, max_value=10**7, places=3), min_size=1, max_size=60),
)
def test_parts_always_add_up_and_stay_within_a_unit_of_their_exact_share(
    cents: int, places: int, weights: list[Decimal]
) -> None:
    total = D(cents).scaleb(-places)
    parts = spread(total, weights, places)
    assert sum(parts) == total
    assert all(part.as_tuple().exponent == -places for part in parts)
    whole = sum(map(Fraction, weights))
    for part, weight in zip(parts, weights, strict=True):
        exact = Fraction(total) * Fraction(weight) / whole if whole else Fraction(total) / len(weights)
        assert abs(Fraction(part) - exact) < Fraction(1, 10**places)
        assert part >= 0
        assert weight or not whole or not part


@given(weights=st.lists(MONEY, min_size=1, max_size=30), share=st.integers(0, 100))
def test_a_part_never_exceeds_its_weight_when_the_total_does_not_exceed_all_weights(
    weights: list[Decimal], share: int
) -> None:
    total = round_points(sum(weights, D(0)) * share / 100, 2, Rounding.DOWN)
    assert all(part <= weight for part, weight in zip(spread(total, weights, 2), weights, strict=True))


@given(
    numerator=st.integers(0, 10**9),
    denominator=st.sampled_from([1, 2, 4, 5, 8, 10, 20, 1000]),
    rule=st.sampled_from(Rounding),
)
def test_a_ratio_of_whole_numbers_rounds_as_points_do(
    numerator: int, denominator: int, rule: Rounding
) -> None:
    assert round_ratio(numerator, denominator, rule) == round_points(D(numerator) / denominator, 0, rule)


@given(units=st.integers(0, 10**7), weights=st.lists(st.integers(0, 10**7), min_size=1, max_size=60))
def test_spreading_whole_units_gives_what_spreading_the_total_gives(units: int, weights: list[int]) -> None:
    parts = spread(D(units).scaleb(-2), [D(weight).scaleb(-2) for weight in weights], 2)
    assert spread_units(units, weights, sum(weights)) == [to_cents(part) for part in parts]
