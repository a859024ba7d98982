"""How many points a basket takes, from which lots, on which lines: tables, then properties."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain, combinations
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loyalty.rules.basket import Allowance, Line, Moment, Place, Wallet, WalletLot
from loyalty.rules.redemption import Plan, plan
from loyalty.rules.rounding import worth
from loyalty.rules.spending import SpendingRules, parse_rules
from loyalty.rules.terms import read_terms

D = Decimal
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)  # a Saturday
NOW = Moment(NOON, NOON)
PLACE = Place("acme", "main-01", frozenset({"city"}))


def line(position: int, amount: str, brand: str = "", **more: Any) -> Line:
    return Line(position, f"SKU-{position}", D(1), D(amount), brand=brand, **more)


def lot(
    name: str, points: str, days: int | None = None, terms: Mapping[str, object] | None = None
) -> WalletLot:
    """A lot that expires in so many days, or never."""
    return WalletLot(name, D(points), None, None if days is None else NOON + timedelta(days=days), terms)


def spend(
    lines: list[Line],
    lots: list[WalletLot],
    want: str = "max",
    rules: Mapping[str, object] | None = None,
    spent_today: str = "0",
    may_redeem: bool = True,
    amounts: list[Decimal] | None = None,
) -> Plan:
    wallet = Wallet(tuple(lots), D(spent_today), may_redeem)
    points: Decimal | Literal["max"] = "max" if want == "max" else D(want)
    return plan(lines, PLACE, NOW, parse_rules(rules), wallet, points, amounts=amounts)


def limits(made: Plan) -> dict[str, str]:
    return {limit.code: str(limit.max) for limit in made.limits}


def uses(made: Plan) -> dict[str, str]:
    return {name: format(points, ".2f") for name, points in made.uses}


def paid(made: Plan) -> dict[int, str]:
    return {position: str(amount) for position, (_, amount) in made.by_line.items()}


def test_the_example_of_the_pos_api() -> None:
    amounts = [D("399.80") - D("39.98")]
    made = spend([line(1, "399.80")], [lot("a", "120.00")], "100", {"max_share": "50"}, amounts=amounts)
    assert limits(made) == {"balance": "120.00", "max_share": "179.91"}
    assert str(made.max) == "120.00"
    assert (str(made.points), str(made.amount)) == ("100.00", "100.00")
    assert made.by_line == {1: (D("100.00"), D("100.00"))}
    assert uses(made) == {"a": "100.00"}
    assert amounts[0] - made.amount == D("259.82")


@pytest.mark.parametrize(
    ("rules", "balance", "expected_max", "code", "code_max"),
    [
        ({}, "500", "200.00", "max_share", "200.00"),
        ({}, "80", "80.00", "balance", "80.00"),
        # up to half of a receipt
        ({"max_share": "50"}, "500", "100.00", "max_share", "100.00"),
        ({"max_share": "33.33"}, "500", "66.66", "max_share", "66.66"),
        ({"max_share": "0"}, "500", "0.00", "max_share", "0.00"),
        # "all but 1": the whole purchase but one of the currency
        ({"leave": "1"}, "500", "199.00", "leave", "199.00"),
        ({"leave": "1", "point_decimals": 0, "point_value": "3"}, "500", "66", "leave", "66"),
        ({"leave": "300"}, "500", "0.00", "leave", "0.00"),
        ({"leave": "1", "max_share": "50"}, "500", "100.00", "leave", "199.00"),
        ({"min_receipt": "200"}, "500", "200.00", "max_share", "200.00"),
        ({"min_receipt": "200.01"}, "500", "0.00", "min_receipt", "0.00"),
        ({"min_points": "80"}, "80", "80.00", "balance", "80.00"),
        ({"min_points": "80.01"}, "80", "0.00", "min_points", "0.00"),
        ({"step": "50"}, "190", "150.00", "step", "150.00"),
        ({"step": "50", "min_points": "100"}, "99", "0.00", "min_points", "0.00"),
        ({"step": "50"}, "49", "0.00", "step", "0.00"),
        ({"max_points_per_day": "100"}, "500", "70.00", "per_day", "70.00"),
        ({"max_points_per_day": "20"}, "500", "0.00", "per_day", "0.00"),
        ({"excluded": {"brands": ["tobacco"]}}, "500", "50.00", "excluded", "50.00"),
        ({"excluded": {"brands": ["tobacco"]}, "max_share": "20"}, "500", "40.00", "max_share", "40.00"),
        ({"excluded": {"brands": ["none such"]}}, "500", "200.00", "max_share", "200.00"),
        # a point is worth something else than one
        ({"point_value": "0.01", "point_decimals": 0}, "500", "500", "max_share", "20000"),
        ({"point_value": "2", "point_decimals": 0}, "500", "100", "max_share", "100"),
        ({"point_value": "0.3", "point_decimals": 1}, "5000", "666.6", "max_share", "666.6"),
        ({"point_decimals": 0}, "80.75", "80", "balance", "80"),
        # too few points to be worth a cent
        ({"point_value": "0.001", "point_decimals": 0}, "4", "0", "min_points", "0"),
        ({"point_value": "0.001", "point_decimals": 0}, "5", "5", "balance", "5"),
    ],
)
def test_a_receipt_of_200_takes_at_most(
    rules: dict[str, object], balance: str, expected_max: str, code: str, code_max: str
) -> None:
    lines = [line(1, "150.00", "tobacco"), line(2, "50.00", "bread")]
    made = spend(lines, [lot("a", balance)], "max", rules, spent_today="30")
    assert str(made.max) == expected_max
    assert str(made.points) == expected_max
    assert limits(made)[code] == code_max
    assert made.binding or made.max == 0


def test_limits_that_do_not_apply_are_not_listed() -> None:
    rules = {"max_share": "50", "min_receipt": "10", "min_points": "5", "excluded": {"brands": ["tobacco"]}}
    made = spend([line(1, "100.00")], [lot("a", "30")], rules=rules)
    assert limits(made) == {"balance": "30.00", "max_share": "50.00"}


def test_without_points_no_other_reason_is_given_than_the_balance() -> None:
    made = spend([line(1, "100.00")], [], rules={"min_points": "5", "step": "10"})
    assert limits(made) == {"balance": "0.00", "max_share": "100.00"}
    assert made.binding == (("balance", D(0), {}),)


def test_a_holder_without_the_right_to_spend_spends_nothing() -> None:
    made = spend([line(1, "100.00")], [lot("a", "30")], "10", may_redeem=False)
    assert limits(made)["not_allowed"] == "0.00"
    assert (made.max, made.points, made.amount, made.uses, made.by_line) == (0, 0, 0, (), {})


@pytest.mark.parametrize(
    ("most", "spent", "left"),
    [("20", "0", "20.00"), ("20", "7.5", "12.50"), ("20", "20", "0.00"), ("5", "20", "0.00")],
)
def test_a_holder_with_a_limit_a_day_spends_what_is_left_of_it(most: str, spent: str, left: str) -> None:
    wallet = Wallet((lot("a", "30"),), allowance=Allowance(D(most), D(spent)))
    made = plan([line(1, "100.00")], PLACE, NOW, SpendingRules(), wallet, "max")
    assert limits(made)["holder_per_day"] == left
    assert str(made.points) == left
    assert made.limits[-1].args == {"most": most, "spent": spent}


def test_an_empty_basket_takes_nothing() -> None:
    made = spend([], [lot("a", "30")])
    assert (made.max, made.points, made.uses) == (0, 0, ())


@pytest.mark.parametrize(
    ("want", "rules", "points"),
    [
        ("0", {}, "0.00"),
        ("-5", {}, "0.00"),
        ("30.55", {}, "30.55"),
        ("30.559", {}, "30.55"),
        ("100.01", {}, "100.00"),
        ("99999", {}, "100.00"),
        ("max", {}, "100.00"),
        ("30.55", {"point_decimals": 0}, "30"),
        ("70", {"step": "25"}, "50.00"),
        ("20", {"step": "25"}, "0.00"),
        ("20", {"min_points": "25"}, "0.00"),
        ("25", {"min_points": "25"}, "25.00"),
    ],
)
def test_what_is_wanted_is_cut_down_to_what_can_be_spent(
    want: str, rules: dict[str, object], points: str
) -> None:
    made = spend([line(1, "100.00")], [lot("a", "500")], want, rules)
    assert str(made.points) == points
    assert str(made.max).startswith("100")


def test_points_pay_on_lines_in_proportion_and_add_up() -> None:
    lines = [line(3, "33.33"), line(1, "33.33"), line(2, "33.33")]
    made = spend(lines, [lot("a", "500")], "10")
    assert paid(made) == {3: "3.34", 1: "3.33", 2: "3.33"}


def test_whole_points_of_small_lines_still_pay_them_all() -> None:
    lines = [line(number, "1.50") for number in range(1, 11)]
    made = spend(lines, [lot("a", "500")], rules={"point_decimals": 0})
    assert (str(made.points), str(made.amount)) == ("15", "15.00")
    assert set(paid(made).values()) == {"1.50"}
    assert sum(points for points, _ in made.by_line.values()) == 15


def test_excluded_lines_take_no_points() -> None:
    made = spend(
        [line(1, "80.00", "tobacco"), line(2, "20.00"), line(3, "30.00", sets=frozenset({"gifts"}))],
        [lot("a", "500")],
        rules={"excluded": {"brands": ["tobacco"], "sets": ["gifts"]}},
    )
    assert paid(made) == {2: "20.00"}
    assert limits(made)["excluded"] == "20.00"


@pytest.mark.parametrize(
    ("active_in", "expires_in", "spendable"),
    [
        (None, None, True),
        (None, timedelta(0), True),
        (None, timedelta(seconds=-1), False),
        (timedelta(0), None, True),
        (timedelta(seconds=1), None, False),
        (timedelta(days=-2), timedelta(days=-1), False),
    ],
)
def test_a_lot_is_spendable_from_its_activation_through_its_expiry(
    active_in: timedelta | None, expires_in: timedelta | None, spendable: bool
) -> None:
    dated = WalletLot(
        "a",
        D(10),
        None if active_in is None else NOON + active_in,
        None if expires_in is None else NOON + expires_in,
    )
    made = spend([line(1, "100.00")], [dated])
    assert made.points == (10 if spendable else 0)


@pytest.mark.parametrize(
    ("lots", "want", "expected"),
    [
        # soonest expiry first, those that never expire last
        (
            [lot("never", "50"), lot("late", "50", 90), lot("soon", "50", 5)],
            "70",
            {"soon": "50.00", "late": "20.00"},
        ),
        ([lot("never", "50"), lot("soon", "50", 5)], "max", {"soon": "50.00", "never": "50.00"}),
        # then the most restricted that fits
        (
            [lot("any", "50", 5), lot("tea", "50", 5, {"brands": ["tea"]})],
            "30",
            {"tea": "30.00"},
        ),
        (
            [
                lot("any", "50", 5),
                lot("half", "50", 5, {"max_share": "50"}),
                lot("tea", "50", 5, {"brands": ["tea"]}),
            ],
            "90",
            {"tea": "40.00", "half": "50.00"},
        ),
        # but never before one that expires sooner
        ([lot("any", "50", 5), lot("tea", "50", 6, {"brands": ["tea"]})], "30", {"any": "30.00"}),
        # terms that do not narrow the basket still come before none
        (
            [lot("any", "50", 5), lot("here", "50", 5, {"stores": ["main-01"]})],
            "60",
            {"here": "50.00", "any": "10.00"},
        ),
        # a lot that does not fit is passed over
        ([lot("any", "50", 5), lot("there", "50", 1, {"stores": ["main-02"]})], "max", {"any": "50.00"}),
    ],
)
def test_lots_are_consumed_in_order(lots: list[WalletLot], want: str, expected: dict[str, str]) -> None:
    lines = [line(1, "40.00", "tea"), line(2, "60.00", "soap")]
    made = spend(lines, lots, want)
    assert list(uses(made).items()) == list(expected.items())


def test_among_equal_lots_the_earliest_earned_goes_first_then_the_lower_id() -> None:
    early, late = NOON - timedelta(days=9), NOON - timedelta(days=3)
    lots = [
        replace(lot("c", "10", 5), earned_at=late),
        replace(lot("b", "10", 5), earned_at=late),
        replace(lot("d", "10", 5), earned_at=early),
    ]
    assert list(uses(spend([line(1, "100.00")], lots))) == ["d", "b", "c"]


LINES = [
    line(1, "40.00", "tea"),
    line(2, "60.00", "soap"),
    line(3, "100.00", "tea", categories=("food", "hot")),
]


@pytest.mark.parametrize(
    ("terms", "points", "code"),
    [
        ({"max_share": "10"}, "20.00", None),
        ({"brands": ["tea"]}, "140.00", None),
        ({"brands": ["tea"], "max_share": "25"}, "50.00", None),
        ({"categories": ["hot"]}, "100.00", None),
        ({"products": ["SKU-2"], "categories": ["food"]}, "160.00", None),
        ({"brands": ["milk"]}, "0.00", "goods"),
        ({"stores": ["main-01"]}, "200.00", None),
        ({"stores": ["main-02"]}, "0.00", "place"),
        ({"stores": ["main-02"], "groups": ["city"]}, "200.00", None),
        ({"partners": ["other"], "groups": ["town"]}, "0.00", "place"),
        ({"weekdays": [6, 7]}, "200.00", None),
        ({"weekdays": [1]}, "0.00", "weekdays"),
        ({"hours": [["10:00", "12:00"]]}, "0.00", "hours"),
        ({"hours": [["10:00", "12:00"], ["12:00", "14:00"]]}, "200.00", None),
        ({"min_lines": 3}, "200.00", None),
        ({"min_lines": 4}, "0.00", "min_lines"),
        ({"min_amount": "200"}, "200.00", None),
        ({"min_amount": "200.01"}, "0.00", "min_amount"),
        ({"contains": [{"brands": ["tea"]}, {"brands": ["soap"]}]}, "200.00", None),
        ({"contains": [{"brands": ["tea"], "at_least": "3"}]}, "0.00", "contains"),
        ({"contains": [{"brands": ["tea"]}, {"brands": ["milk"]}]}, "0.00", "contains"),
    ],
)
def test_a_lot_pays_only_what_its_terms_let_it(
    terms: dict[str, object], points: str, code: str | None
) -> None:
    made = spend(LINES, [lot("a", "300", None, terms)])
    assert str(made.points) == points
    held_back = limits(made).get("lot_terms")
    assert held_back == (points if points != "200.00" else None)
    refused = [why for limit in made.limits for why in limit.args.get("refused", ())]
    assert [why["code"] for why in refused] == ([code] if code else [])
    json.dumps([limit.args for limit in made.limits])


def test_lots_with_the_same_terms_share_their_part_of_the_receipt() -> None:
    terms = {"max_share": "10"}
    lots = [lot("a", "15", 5, terms), lot("b", "15", 6, dict(terms)), lot("c", "15", 7, {"max_share": "5"})]
    made = spend(LINES, lots)
    assert uses(made) == {"a": "15.00", "b": "5.00", "c": "10.00"}
    assert limits(made)["lot_terms"] == "30.00"


def test_the_part_of_a_lot_is_reckoned_from_the_receipt_after_discounts() -> None:
    made = spend(
        LINES, [lot("a", "90", 5, {"max_share": "10"})], amounts=[D("20.00"), D("30.00"), D("50.00")]
    )
    assert str(made.points) == "10.00"


def test_points_make_way_for_points_that_have_nowhere_else_to_go() -> None:
    """The sooner lot may pay for tea or soap; it moves to soap so that the tea lot finds its tea."""
    lines = [line(1, "40.00", "tea"), line(2, "40.00", "soap"), line(3, "40.00", "milk")]
    lots = [lot("both", "40", 5, {"brands": ["tea", "soap"]}), lot("tea", "40", 6, {"brands": ["tea"]})]
    made = spend(lines, lots)
    assert uses(made) == {"both": "40.00", "tea": "40.00"}
    assert paid(made) == {1: "40.00", 2: "40.00"}


def test_terms_that_overlap_crosswise_are_served_in_a_chain() -> None:
    lines = [line(1, "10.00", "a"), line(2, "10.00", "b"), line(3, "10.00", "c")]
    lots = [
        lot("ab", "10", 1, {"brands": ["a", "b"]}),
        lot("bc", "10", 2, {"brands": ["b", "c"]}),
        lot("a", "10", 3, {"brands": ["a"]}),
    ]
    made = spend(lines, lots)
    assert uses(made) == {"ab": "10.00", "bc": "10.00", "a": "10.00"}
    assert paid(made) == {1: "10.00", 2: "10.00", 3: "10.00"}


def test_free_points_spread_over_what_restricted_ones_leave() -> None:
    lots = [lot("tea", "40", 5, {"products": ["SKU-1"]}), lot("any", "80", 6)]
    made = spend(LINES, lots)
    assert paid(made) == {1: "40.00", 2: "30.00", 3: "50.00"}


def test_the_example_of_the_documentation() -> None:
    lines = [line(1, "40.00", "tea"), line(2, "60.00", "soap"), line(3, "100.00", "cheese")]
    lots = [
        lot("A", "30", 5),
        lot("B", "50", 5, {"brands": ["tea"]}),
        lot("C", "40", None, {"max_share": "10"}),
        lot("D", "25"),
    ]
    made = spend(lines, lots, rules={"max_share": "50"})
    assert limits(made) == {"balance": "145.00", "max_share": "100.00", "lot_terms": "115.00"}
    assert uses(made) == {"B": "40.00", "A": "30.00", "C": "20.00", "D": "10.00"}
    assert paid(made) == {1: "40.00", 2: "22.50", 3: "37.50"}


# Properties ------------------------------------------------------------------------------------------

BRANDS = "abcd"
MONEY = st.integers(0, 5_000).map(lambda cents: D(cents).scaleb(-2))
BASKETS = st.lists(st.tuples(MONEY, st.sampled_from(BRANDS)), min_size=1, max_size=6).map(
    lambda items: [line(number, str(amount), brand) for number, (amount, brand) in enumerate(items, 1)]
)
TERMS = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {},
        optional={
            "brands": st.lists(st.sampled_from(BRANDS), min_size=1, max_size=3, unique=True),
            "max_share": st.sampled_from(["5", "12.5", "33.33", "60"]),
            "min_lines": st.sampled_from([2, 4]),
            "stores": st.sampled_from([["main-01"], ["main-02"]]),
        },
    ),
)
DAYS = st.sampled_from([None, -1, 3, 3, 10, 200])
LOTS = st.lists(st.tuples(st.integers(1, 4_000), DAYS, TERMS), max_size=6).map(
    lambda items: [
        lot(f"l{n}", str(D(cents).scaleb(-2)), days, terms) for n, (cents, days, terms) in enumerate(items)
    ]
)
#: One unit of points is a whole number of cents.
WHOLE = st.sampled_from([("1", 2), ("1", 0), ("0.01", 0), ("0.5", 0), ("2", 1)])
ODD = st.sampled_from([("0.333", 0), ("0.333", 2), ("0.007", 0), ("1.75", 2), ("0.0125", 1)])


def with_value(value: tuple[str, int], **fields: Any) -> SpendingRules:
    return SpendingRules(point_value=D(value[0]), point_decimals=value[1], **fields)


def rules_of(values: st.SearchStrategy[tuple[str, int]]) -> st.SearchStrategy[SpendingRules]:
    return st.builds(
        with_value,
        values,
        max_share=st.sampled_from([D(100), D(100), D(50), D("33.33")]),
        leave=st.sampled_from([D(0), D(1)]),
        max_points_per_day=st.sampled_from([None, None, D(20)]),
        step=st.sampled_from([None, None, D(5)]),
        min_points=st.sampled_from([D(0), D(7)]),
    )


RULES = rules_of(WHOLE | ODD)
WANTS = st.one_of(st.just("max"), st.integers(0, 9_000).map(lambda cents: D(cents).scaleb(-2)))


def judge(lines: list[Line], rules: SpendingRules, lots: list[WalletLot], want: Any) -> Plan:
    return plan(lines, PLACE, NOW, rules, Wallet(tuple(lots), D("3")), want)


@given(lines=BASKETS, rules=RULES, lots=LOTS, want=WANTS)
def test_a_plan_adds_up_and_exceeds_no_limit(
    lines: list[Line], rules: SpendingRules, lots: list[WalletLot], want: Any
) -> None:
    made = judge(lines, rules, lots, want)
    assert made.points <= made.max
    assert want == "max" or made.points <= want
    assert made.points == 0 or made.points >= rules.min_points
    assert not rules.step or made.points % rules.step == 0
    assert all(made.max <= limit.max for limit in made.limits)
    assert any(made.max == limit.max for limit in made.limits) or made.points % 1
    assert made.amount == worth(made.points, rules.point_value)
    assert sum(points for points, _ in made.by_line.values()) == made.points
    assert sum(amount for _, amount in made.by_line.values()) == made.amount
    total = sum(item.amount for item in lines)
    assert made.amount <= total * rules.max_share / 100
    assert made.points == 0 or total - made.amount >= rules.leave
    costs = {item.position: item.amount for item in lines}
    assert all(0 < amount <= costs[position] for position, (_, amount) in made.by_line.items())
    left = {item.id: item.remaining for item in lots}
    assert sum(points for _, points in made.uses) == made.points
    assert all(0 < points <= left[name] for name, points in made.uses)
    assert len({name for name, _ in made.uses}) == len(made.uses)


def pools_of(lots: list[WalletLot]) -> dict[Any, list[WalletLot]]:
    pools = defaultdict(list)
    for item in lots:
        if item.expires_at is None or item.expires_at >= NOON:
            pools[read_terms(item.terms)].append(item)
    return pools


def admits(terms: Any, lines: list[Line], item: Line) -> bool:
    """The terms the strategies above make, judged another way."""
    return terms is None or (
        len(lines) >= terms.min_lines
        and terms.stores <= {"main-01"}
        and (terms.goods is None or item.brand in terms.goods.brands)
    )


def subsets(items: Any) -> Any:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


@given(lines=BASKETS, rules=RULES, lots=LOTS, want=WANTS)
def test_a_plan_can_be_carried_out_every_point_on_a_line_it_may_pay_for(
    lines: list[Line], rules: SpendingRules, lots: list[WalletLot], want: Any
) -> None:
    """Hall's condition: whatever pools are chosen, the lines they may pay for hold at least their money.

    A pool's money is exact only where a unit of points is whole cents and lots hold whole units; elsewhere
    rounding the total moves less than a cent.
    """
    made = judge(lines, rules, lots, want)
    used = dict(made.uses)
    total = sum(item.amount for item in lines)
    pools = pools_of(lots)
    money = {
        terms: sum((used.get(item.id, D(0)) for item in members), D(0)) * rules.point_value
        for terms, members in pools.items()
    }
    unit = D(1).scaleb(-rules.point_decimals)
    exact = rules.point_value * unit * 100 % 1 == 0 and not any(item.remaining % unit for item in lots)
    slack = D(0) if exact else D("0.01")
    for terms, pays in money.items():
        if terms is not None and terms.max_share is not None:
            assert pays <= total * terms.max_share / 100 + slack
    for chosen in subsets(list(pools)):
        reached = [item for item in lines if any(admits(terms, lines, item) for terms in chosen)]
        room = sum((made.by_line.get(item.position, (D(0), D(0)))[1] for item in reached), D(0))
        assert sum((money[terms] for terms in chosen), D(0)) <= room + slack * len(chosen)


@given(lines=BASKETS, value=WHOLE, lots=LOTS)
def test_the_maximum_is_the_most_that_any_plan_could_spend(
    lines: list[Line], value: tuple[str, int], lots: list[WalletLot]
) -> None:
    """By the theorem of maximum flow and minimum cut, over every choice of pools."""
    rules = with_value(value)
    unit = D(1).scaleb(-rules.point_decimals)
    total = sum((item.amount for item in lines), D(0))
    lots = [replace(item, remaining=item.remaining // unit * unit) for item in lots]
    pools = pools_of(lots)

    def holds(terms: Any) -> Decimal:
        points = sum((item.remaining for item in pools[terms]), D(0))
        share = D(100) if terms is None or terms.max_share is None else terms.max_share
        return min(points * rules.point_value, (total * share / 100).quantize(D("0.01"), "ROUND_DOWN"))

    cut = min(
        sum((holds(terms) for terms in pools if terms not in chosen), D(0))
        + sum((item.amount for item in lines if any(admits(t, lines, item) for t in chosen)), D(0))
        for chosen in subsets(list(pools))
    )
    most = judge(lines, rules, lots, "max").max
    assert most * rules.point_value <= cut
    if unit * rules.point_value <= D("0.01"):
        assert most * rules.point_value == cut


@given(lines=BASKETS, rules=RULES, lots=LOTS, extra=st.integers(1, 3_000), data=st.data())
def test_more_points_never_lower_the_maximum(
    lines: list[Line], rules: SpendingRules, lots: list[WalletLot], extra: int, data: st.DataObject
) -> None:
    before = judge(lines, rules, lots, "max").max
    more = D(extra).scaleb(-2)
    index = data.draw(st.integers(0, len(lots)))
    if index < len(lots):
        richer = [*lots]
        richer[index] = replace(lots[index], remaining=lots[index].remaining + more)
    else:
        richer = [*lots, lot("more", str(more), data.draw(DAYS), data.draw(TERMS))]
    assert judge(lines, rules, richer, "max").max >= before


@given(lines=BASKETS, rules=RULES, lots=LOTS, want=WANTS, data=st.data())
def test_the_order_of_lines_and_lots_changes_no_total(
    lines: list[Line], rules: SpendingRules, lots: list[WalletLot], want: Any, data: st.DataObject
) -> None:
    made = judge(lines, rules, lots, want)
    again = judge(data.draw(st.permutations(lines)), rules, data.draw(st.permutations(lots)), want)
    assert (again.max, again.points, again.amount) == (made.max, made.points, made.amount)
    assert again.uses == made.uses
    assert [limit[:2] for limit in again.limits] == [limit[:2] for limit in made.limits]


@given(lines=BASKETS, rules=RULES, lots=LOTS, want=WANTS)
def test_spending_less_takes_the_first_of_the_lots_that_spending_the_most_takes(
    lines: list[Line], rules: SpendingRules, lots: list[WalletLot], want: Any
) -> None:
    some, most = judge(lines, rules, lots, want).uses, judge(lines, rules, lots, "max").uses
    assert [name for name, _ in some] == [name for name, _ in most][: len(some)]
    assert list(some[:-1]) == list(most[: len(some[:-1])])


@given(lines=BASKETS, rules=RULES, lots=LOTS, want=WANTS)
def test_free_points_that_expire_sooner_are_never_left_while_later_ones_are_spent(
    lines: list[Line], rules: SpendingRules, lots: list[WalletLot], want: Any
) -> None:
    used = dict(judge(lines, rules, lots, want).uses)
    unit = D(1).scaleb(-rules.point_decimals)
    for sooner in pools_of(lots).get(None, ()):
        if sooner.expires_at and sooner.remaining - used.get(sooner.id, D(0)) >= unit:
            later = [item for item in lots if item.expires_at is None or item.expires_at > sooner.expires_at]
            assert not any(item.id in used for item in later)
