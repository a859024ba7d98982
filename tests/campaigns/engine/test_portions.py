"""What a line's reasons say is true of that line, and can be reckoned again from it with a pocket calculator."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings

from campaigns.checkout import record
from campaigns.engine import portions
from campaigns.engine.evaluation import evaluate
from campaigns.engine.outcome import Outcome
from campaigns.engine.reasons import describe
from campaigns.engine.rulebook import Terms
from campaigns.words import wording
from loyalty.rules.rounding import Rounding, round_points, round_ratio
from tests.campaigns.engine.build import (
    RUBLES,
    campaign,
    cheapest,
    fixed,
    gift,
    off,
    only,
    per_piece,
    percent,
    price,
    sell,
    steps,
    times,
)
from tests.campaigns.engine.chance import TRIES, cases

CENT = Decimal("0.01")


def texts(outcome: Outcome, terms: Terms = RUBLES) -> list[list[str]]:
    """What each line says, in English, and what the receipt says."""
    told = portions.of(outcome.lines, outcome.receipt_because, terms)
    codes = [[one.code for one in line.because] for line in outcome.lines]
    codes.append([one.code for one in outcome.receipt_because])
    return [
        [describe(code, args) for code, args in zip(*both, strict=True)]
        for both in zip(codes, told, strict=True)
    ]


def test_a_line_says_its_own_amount_where_that_comes_to_what_it_was_given():
    outcome = sell("tea 5.54, soap 1.09", campaign("a", percent("4")))
    assert texts(outcome) == [["4% of 6.63; in all 0.27, here 0.23 (5.54 of 6.63)"], ["4% of 1.09"], []]


@pytest.mark.parametrize(
    ("bought", "what", "parts", "said"),
    [
        # three of 0.33: 0.0396 points in all, and 0.0132 of a line alone
        ("tea 0.33, soap 0.33, lamp 0.33", percent("4"), {}, [
            "4% of 0.99; in all 0.04, here 0.02 (0.33 of 0.99)", "4% of 0.33", "4% of 0.33"]),
        ("tea 30, soap 10", fixed("8"), {"what_for": {"of": "lines", "categories": ["food", "home"]}}, [
            "8 points; in all 8.00, here 6.00 (30.00 of 40.00)", "8 points; in all 8.00, here 2.00 (10.00 of 40.00)"]),
        ("tea 30 x2, soap 10", per_piece("2"), {}, [
            "2 points a piece, pieces: 3; in all 6.00, here 4.50 (30.00 of 40.00)",
            "2 points a piece, pieces: 3; in all 6.00, here 1.50 (10.00 of 40.00)"]),
        ("tea 30, soap 10", off("4"), {}, [
            "4 off; in all 4.00, here 3.00 (30.00 of 40.00)", "4 off; in all 4.00, here 1.00 (10.00 of 40.00)"]),
        ("tea 3", off("4"), {}, ["4 off, of which there was 3.00"]),
        ("tea 30, soap 10", off("10%"), {}, ["10% off 30.00", "10% off 10.00"]),
        ("tea 300 x3", price("80"), {}, ["80 a piece (pieces here: 3, together 300.00)"]),
        ("tea 99.99, soap 500", price("33.33"), {"judge": {"budget": {"money": "50"}}}, [
            "33.33 a piece (pieces here: 1, together 99.99), cut to 50.00: the budget for discounts ends here; "
            "in all 50.00, here 6.25 (66.66 of 533.33)",
            "33.33 a piece (pieces here: 1, together 500.00), cut to 50.00: the budget for discounts ends here; "
            "in all 50.00, here 43.75 (466.67 of 533.33)"]),
        ("tea 200 x2, soap 90", cheapest(3, percent="50"), {}, [
            None, "of every 3 the cheapest 1 at 50% off (pieces here: 1, together 90.00)"]),
        ("tea 300 x3", gift("tea"), {}, ["a gift (pieces here: 1, together 100.00)"]),
        ("tea 30, soap 10", percent("50"), {"judge": {"limits": [{"period": "receipt", "points": "8"}]}}, [
            "50% of 40.00, cut to 8.00: at most 8 points a receipt; in all 8.00, here 6.00 (30.00 of 40.00)",
            "50% of 40.00, cut to 8.00: at most 8 points a receipt; in all 8.00, here 2.00 (10.00 of 40.00)"]),
        ("tea 30, soap 10", steps(("5", "10%")), {}, [
            "10% of 30.00, for 40.00 has reached 5", "10% of 10.00, for 40.00 has reached 5"]),
    ],
)  # fmt: skip
def test_what_a_line_says(bought, what, parts, said):
    told = texts(sell(bought, campaign("a", what, **parts)))
    assert [line[0] if line else None for line in told[:-1]] == said


def test_a_multiplier_says_what_it_adds_to_the_points_of_the_line():
    outcome = sell("tea 8.75, soap 4", campaign("a", percent("4")), campaign("x", times("4")))
    assert texts(outcome)[0] == ["4% of 8.75", "4 times the 0.35 points of other campaigns: 3 × 0.35 more"]
    assert str(outcome.lines[0].because[1].points) == "1.05"


def test_points_of_the_receipt_that_are_multiplied_say_their_part():
    outcome = sell(
        "tea 10", campaign("a", percent("10")), campaign("b", fixed("2")), campaign("x", times("2"))
    )
    assert texts(outcome)[0][1] == "2 times the 1.00 points of other campaigns: 1 × 1.00 more"
    assert texts(outcome)[1] == ["2 points", "2 times the 2.00 points of other campaigns: 1 × 2.00 more"]


def test_points_of_a_step_that_belong_to_the_receipt_are_told_as_they_are():
    assert texts(sell("tea 100", campaign("a", steps(("20", "30")))))[1] == [
        "30 points, for 100.00 has reached 20"
    ]


def test_a_piece_of_a_line_says_what_it_was_reckoned_on():
    deal, half = (
        campaign("a", cheapest(2, percent="20")),
        campaign("b", off("50%"), stacking={"discounted": "exclude"}),
    )
    assert texts(sell("tea 300 x3", deal, half))[0] == [
        "of every 2 the cheapest 1 at 20% off (pieces here: 1, together 100.00)", "50% off 200.00",
    ]  # fmt: skip


def reckon(code: str, args: Mapping[str, Any], terms: Terms) -> Decimal | None:
    """What a reason's own words come to; None where they tell a total that this line has a share of."""
    unit, rule = Decimal(1).scaleb(-terms.point_decimals), Rounding(terms.rounding)

    def points(value: Decimal) -> Decimal:
        return round_points(value, terms.point_decimals, rule)

    def money(top: Decimal) -> Decimal:
        return round_ratio(*(top * 100).as_integer_ratio()) * CENT

    number = {
        name: Decimal(value) for name, value in args.items() if re.fullmatch(r"\d+(\.\d+)?", str(value))
    }
    if "cut_to" in number:
        return number["cut_to"]
    if "cut_money" in number:
        return number["cut_money"]
    match code:
        case "percent" | "promised" | "step_percent":
            return points(number["percent"] * number["of"] / 100)
        case "fixed" | "step_points":
            return points(number["points"])
        case "per":
            return points(number["points"]) * (number["of"] // number["per"])
        case "per_piece":
            return points(number["points"] * number["pieces"])
        case "multiplier":
            return points((number["by"] - 1) * number["of"])
        case "stamps":
            return points(number["points"]) * number["rounds"]
        case "slices":
            return sum_of_slices(args["slices"], number["of"], points, unit)
        case "off_percent" | "stamps_percent":
            return money(number["percent"] * number["of"] / 100)
        case "off_amount":
            return number.get("most", number["amount"])
        case "fixed_price":
            return number["worth_here"] - money(number["price"] * number["pieces_here"])
        case "cheapest_free" | "gift" | "stamps_free":
            return money(number.get("percent", Decimal(100)) * number["worth_here"] / 100)
    return None


def sum_of_slices(text: str, amount: Decimal, points: Any, unit: Decimal) -> Decimal:
    found = [(Decimal(p), Decimal(start)) for p, start in re.findall(r"([\d.]+)% ≥ ([\d.]+)", text)]
    ends = [start for _, start in found[1:]] + [amount]
    parts = [
        p * max(min(amount, end) - start, Decimal(0)) for (p, start), end in zip(found, ends, strict=True)
    ]
    whole: Decimal = points(sum(parts, Decimal(0)) / 100)
    return whole


#: Codes whose text is of pieces of this line: never a share, unless a budget cuts them.
OF_PIECES = ("fixed_price", "cheapest_free", "gift", "stamps_free")


@settings(max_examples=TRIES)
@given(cases())
def test_every_reason_of_a_line_can_be_reckoned_from_what_it_says(case):
    outcome, terms = evaluate(*case), case[3].terms
    told = portions.of(outcome.lines, outcome.receipt_because, terms)
    for reasons, argued in zip(
        [*(line.because for line in outcome.lines), outcome.receipt_because], told, strict=True
    ):
        for because, args in zip(reasons, argued, strict=True):
            given_ = because.points or because.discount
            if because.code == "exchange":
                continue
            if "share" not in args:
                assert reckon(because.code, args, terms) == given_
                continue
            share, whole = Decimal(args["share"]), Decimal(args["whole"])
            assert share == given_
            if because.code not in OF_PIECES or "cut_money" in args:
                assert reckon(because.code, args, terms) == whole
            if "total" in args:
                unit = CENT if because.discount else Decimal(1).scaleb(-terms.point_decimals)
                assert abs(whole * Decimal(args["here"]) / Decimal(args["total"]) - share) < unit
            require_said(because.code, args)


def require_said(code: str, args: Mapping[str, Any]) -> None:
    """That the sentence holds the numbers, in both languages."""
    for language, sign in (("en", "."), ("ru", ",")):
        with translation.override(language):
            text = wording.reason(code, args, language)
        for name in ("share", "whole", *(("here", "total") if "total" in args else ())):
            assert args[name].replace(".", sign) in text


def test_decisions_that_were_stored_before_are_told_by_it_too():
    outcome = sell(
        "tea 5, soap 1.64", campaign("a", percent("4")), campaign("b", off("1"), what_for=only("tea"))
    )
    kept = record.load(record.dump(record.pack(outcome)))
    told = record.as_told(kept, RUBLES)
    assert [[why.args for why in line.because] for line in told.lines] == portions.of(
        outcome.lines, outcome.receipt_because, RUBLES
    )[:-1]
    assert [line.earned for line in told.lines] == [line.earned for line in kept.lines]
