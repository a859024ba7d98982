"""Terms of lots and spending rules as documents: what they mean, and how wrong ones are refused."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from loyalty.rules.basket import Line
from loyalty.rules.document import DocumentError
from loyalty.rules.spending import RULES_SCHEMA, SpendingRules, parse_rules
from loyalty.rules.terms import (
    TERMS_SCHEMA,
    Goods,
    Need,
    Terms,
    Window,
    is_open,
    parse_goods,
    parse_terms,
    read_terms,
)

D = Decimal
# 16 November 2026 is a Monday.


@pytest.mark.parametrize(
    ("document", "terms"),
    [
        (None, None),
        ({}, None),
        ({"stores": [], "hours": [], "min_lines": 0}, None),
        ({"max_share": "30"}, Terms(max_share=D(30))),
        ({"max_share": 12.5}, Terms(max_share=D("12.5"))),
        ({"stores": ["a", "b"]}, Terms(stores=frozenset("ab"))),
        ({"weekdays": [1, 7]}, Terms(weekdays=frozenset({1, 7}))),
        ({"hours": [["13:00", "15:30"]]}, Terms(hours=(Window(780, 930),))),
        ({"hours": [["00:00", "24:00"]]}, Terms(hours=(Window(0, 1440),))),
        ({"brands": ["tea"]}, Terms(goods=Goods(brands=frozenset({"tea"})))),
        (
            {"contains": [{"sets": ["s"], "at_least": "2"}, {"products": ["p"]}]},
            Terms(
                contains=(Need(Goods(sets=frozenset("s")), D(2)), Need(Goods(products=frozenset("p")), D(1)))
            ),
        ),
        ({"min_lines": 3, "min_amount": "500"}, Terms(min_lines=3, min_amount=D(500))),
    ],
)
def test_terms_are_read_from_a_document(document: Any, terms: Terms | None) -> None:
    assert parse_terms(document) == terms
    assert read_terms(document) == terms
    if document is not None:
        Draft202012Validator(TERMS_SCHEMA).validate(document)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "terms: [] is not an object"),
        ({"shops": ["a"]}, "terms.shops: is not known here; known are brands, categories, contains"),
        (
            {"max_share": "0"},
            "terms.max_share: '0' will not do; give a number from 0.01 to 100, at most 2 places",
        ),
        ({"max_share": "101"}, "terms.max_share: '101' will not do"),
        ({"max_share": "1e1"}, "terms.max_share: '1e1' will not do"),
        ({"max_share": "NaN"}, "terms.max_share: 'NaN' will not do"),
        ({"max_share": "10.555"}, "terms.max_share: '10.555' will not do"),
        ({"max_share": [10]}, "terms.max_share: [10] will not do"),
        ({"stores": "main"}, "terms.stores: 'main' will not do; give a list of codes"),
        ({"stores": [""]}, "terms.stores: [''] will not do; give a list of codes"),
        ({"weekdays": ["mon"]}, "terms.weekdays: ['mon'] will not do; give numbers 1 (Monday) to 7"),
        ({"weekdays": [0]}, "terms.weekdays: [0] will not do"),
        ({"weekdays": [True]}, "terms.weekdays: [True] will not do"),
        ({"hours": ["13:00"]}, "terms.hours[0]: '13:00' will not do; give a pair"),
        (
            {"hours": [["13:00", "15:00"], ["9:00", "10:00"]]},
            "terms.hours[1]: '9:00' is not a time; write it as",
        ),
        ({"hours": [["13:00", "25:00"]]}, "terms.hours[0]: '25:00' is not a time"),
        ({"hours": [["13:00", "13:00"]]}, "terms.hours[0]: never opens; for the whole day give"),
        ({"hours": [["24:00", "13:00"]]}, "terms.hours[0]: never opens"),
        (
            {"contains": {"brands": ["a"]}},
            "terms.contains: {'brands': ['a']} will not do; give a list of objects",
        ),
        ({"contains": [{"at_least": 2}]}, "terms.contains[0]: names no goods; give products, sets,"),
        ({"contains": [{"brands": ["a"], "at_least": 0}]}, "terms.contains[0].at_least: 0 will not do"),
        ({"contains": [{"brands": ["a"], "n": 1}]}, "terms.contains[0].n: is not known here"),
        ({"min_lines": -1}, "terms.min_lines: -1 will not do; give a whole number from 0 to 1000"),
        ({"min_amount": "-1"}, "terms.min_amount: '-1' will not do"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_the_field_and_the_fix(
    document: Any, complaint: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_terms(document)
    assert str(refused.value).startswith(complaint)


@pytest.mark.parametrize(
    ("document", "rules"),
    [
        (None, SpendingRules()),
        ({}, SpendingRules()),
        ({"max_share": "50", "leave": "1"}, SpendingRules(max_share=D(50), leave=D(1))),
        ({"point_value": 0.01, "point_decimals": 0}, SpendingRules(D("0.01"), 0)),
        ({"step": None, "excluded": None, "max_points_per_day": None}, SpendingRules()),
        ({"step": "100", "min_points": 300}, SpendingRules(step=D(100), min_points=D(300))),
        ({"max_points_per_day": "0"}, SpendingRules(max_points_per_day=D(0))),
        (
            {"excluded": {"categories": ["gifts"]}},
            SpendingRules(excluded=Goods(categories=frozenset({"gifts"}))),
        ),
        ({"excluded": {"brands": []}}, SpendingRules()),
    ],
)
def test_spending_rules_are_read_from_a_document(document: Any, rules: SpendingRules) -> None:
    assert parse_rules(document) == rules
    if document is not None:
        Draft202012Validator(RULES_SCHEMA).validate(document)


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ("half", "spending: 'half' is not an object"),
        ({"share": "50"}, "spending.share: is not known here"),
        ({"max_share": "100.01"}, "spending.max_share: '100.01' will not do; give a number from 0 to 100"),
        ({"point_value": "0"}, "spending.point_value: '0' will not do"),
        ({"point_decimals": 3}, "spending.point_decimals: 3 will not do; give a whole number from 0 to 2"),
        ({"leave": "-1"}, "spending.leave: '-1' will not do"),
        ({"step": "0"}, "spending.step: '0' will not do"),
        ({"step": "0.5", "point_decimals": 0}, "spending.step: '0.5' will not do; give a number from 1"),
        ({"min_points": "0.5", "point_decimals": 0}, "spending.min_points: '0.5' will not do"),
        ({"min_receipt": True}, "spending.min_receipt: True will not do"),
        ({"excluded": ["gifts"]}, "spending.excluded: ['gifts'] is not an object"),
        (
            {"excluded": {"skus": ["a"]}},
            "spending.excluded.skus: is not known here; known are brands, categories",
        ),
    ],
)
def test_rules_that_make_no_sense_are_refused_with_the_field_and_the_fix(
    document: Any, complaint: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_rules(document)
    assert str(refused.value).startswith(complaint)


@pytest.mark.parametrize(
    ("goods", "line", "matches"),
    [
        ({"products": ["A"]}, {"sku": "A"}, True),
        ({"products": ["A"]}, {"sku": "B"}, False),
        ({"brands": ["tea"]}, {"sku": "B", "brand": "tea"}, True),
        ({"sets": ["gifts"]}, {"sku": "B", "sets": frozenset({"x", "gifts"})}, True),
        ({"categories": ["food"]}, {"sku": "B", "categories": ("food", "hot")}, True),
        ({"categories": ["hot"]}, {"sku": "B", "categories": ("food",)}, False),
        ({"products": ["A"], "brands": ["tea"]}, {"sku": "B", "brand": "tea"}, True),
    ],
)
def test_goods_are_chosen_by_any_of_their_codes(goods: Any, line: Any, matches: bool) -> None:
    chosen = parse_goods(goods)
    assert chosen is not None
    assert chosen.match(Line(1, quantity=D(1), amount=D(1), **line)) is matches


DAY, NIGHT = [["13:00", "15:00"]], [["22:00", "02:00"]]


@pytest.mark.parametrize(
    ("weekdays", "hours", "moment", "open_then"),
    [
        ([], [], "2026-11-16T03:00", True),
        ([1], [], "2026-11-16T00:00", True),
        ([1], [], "2026-11-16T23:59:59", True),
        ([1], [], "2026-11-17T00:00", False),
        ([7], [], "2026-11-22T12:00", True),
        ([], DAY, "2026-11-16T12:59:59", False),
        ([], DAY, "2026-11-16T13:00", True),
        ([], DAY, "2026-11-16T14:59:59", True),
        ([], DAY, "2026-11-16T15:00", False),
        ([1], DAY, "2026-11-17T13:00", False),
        # over midnight
        ([], NIGHT, "2026-11-16T21:59", False),
        ([], NIGHT, "2026-11-16T22:00", True),
        ([], NIGHT, "2026-11-17T01:59", True),
        ([], NIGHT, "2026-11-17T02:00", False),
        # Monday's night ends on Tuesday; Sunday's night is not Monday's
        ([1], NIGHT, "2026-11-16T22:00", True),
        ([1], NIGHT, "2026-11-17T01:00", True),
        ([1], NIGHT, "2026-11-16T01:00", False),
        ([1], NIGHT, "2026-11-17T22:00", False),
        ([7], NIGHT, "2026-11-16T01:00", True),
        # until midnight, and all day
        ([1], [["20:00", "24:00"]], "2026-11-16T23:59:59", True),
        ([1], [["20:00", "24:00"]], "2026-11-17T00:00", False),
        ([1], [["20:00", "00:00"]], "2026-11-16T23:59:59", True),
        ([1], [["20:00", "00:00"]], "2026-11-17T00:00", False),
        ([], [["00:00", "24:00"]], "2026-11-16T00:00", True),
        ([], [["09:00", "10:00"], ["12:00", "13:00"]], "2026-11-16T12:30", True),
        ([], [["09:00", "10:00"], ["12:00", "13:00"]], "2026-11-16T11:30", False),
    ],
)
def test_hours_are_of_the_day_on_which_they_begin(
    weekdays: list[int], hours: list[list[str]], moment: str, open_then: bool
) -> None:
    terms = parse_terms({"weekdays": weekdays, "hours": hours, "min_lines": 1})
    assert terms is not None
    assert is_open(terms.weekdays, terms.hours, datetime.fromisoformat(moment)) is open_then


NUMBERS = st.sampled_from([0, 1, 50, 100, 12.5, "0", "1", "50", "99.99", "100", "1000", "-1", "x", 0.001])
CODES = st.sampled_from([[], ["a"], ["a", "b"], [""], "a", [1]])
GOODS = st.dictionaries(st.sampled_from(["products", "sets", "categories", "brands", "x"]), CODES, max_size=2)


@given(
    document=st.fixed_dictionaries(
        {},
        optional={
            "max_share": NUMBERS,
            "stores": CODES,
            "weekdays": st.sampled_from([[], [1, 2], [8], ["mon"]]),
            "hours": st.sampled_from([[], DAY, NIGHT, [["13:00"]], [["24:00", "01:00"]], [["7:00", "8:00"]]]),
            "brands": CODES,
            "contains": st.lists(GOODS, max_size=2),
            "min_lines": st.sampled_from([0, 1, 1000, 1001, "1"]),
            "min_amount": NUMBERS,
        },
    )
)
def test_terms_that_the_parser_accepts_the_schema_accepts(document: dict[str, Any]) -> None:
    try:
        parse_terms(document)
    except DocumentError:
        return
    Draft202012Validator(TERMS_SCHEMA).validate(document)


@given(
    document=st.fixed_dictionaries(
        {},
        optional={
            "point_value": NUMBERS,
            "point_decimals": st.sampled_from([0, 1, 2, 3, "2"]),
            "max_share": NUMBERS,
            "leave": NUMBERS,
            "min_points": NUMBERS,
            "step": NUMBERS | st.none(),
            "max_points_per_day": NUMBERS | st.none(),
            "excluded": GOODS | st.none(),
        },
    )
)
def test_rules_that_the_parser_accepts_the_schema_accepts(document: dict[str, Any]) -> None:
    try:
        parse_rules(document)
    except DocumentError:
        return
    Draft202012Validator(RULES_SCHEMA).validate(document)
