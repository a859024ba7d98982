"""The examples that loyalty systems are sold with, made of ready mechanics: one point is one ruble.

"5% of 100", "5, 7 and 10% by the receipt", "A 3%, B 5%, the rest 2%" are in ``points.py`` under their mechanics;
"X points for a voucher" and "for a percent off a category" in ``offers.py``.
"""

from __future__ import annotations

from typing import Any

from tests.campaigns.desk.ready.filling import ready
from tests.campaigns.desk.ready.stage import back, buys, day, everything_back
from tests.campaigns.desk.ready.story import Story

TWO_PERCENT = ready("percent", what=[{"effect": "points_percent", "percent": "2"}])
FROM_13_TO_15 = {"hours": [["13:00", "15:00"]]}
OVER_2000 = {"condition": "receipt_amount", "at_least": "2000.01"}
BEFORE, AT, AFTER = "2026-04-10 12:59", "2026-04-10 13:00", "2026-04-10 15:00"


def level(percent: str, **total: str) -> dict[str, Any]:
    """A percent for who has spent so much in all, this purchase included."""
    return ready(
        "percent",
        if_={"condition": "spent", "period": "ever", **total},
        what=[{"effect": "points_percent", "percent": percent}],
    )


def fixed(points: str) -> list[dict[str, Any]]:
    return [{"effect": "points_fixed", "points": points}]


EARNING = (
    Story("happy_hours", "2%, and 50 points from 13:00 to 15:00", (
        (buys("tea 100 x2", BEFORE), "100.00 paid, 2.00 points"),
        (buys("tea 100 x2", AT), "200.00 paid, 54.00 points"),
        (back("tea x1", at=AFTER), "150.00 paid, 53.00 points"),
        (buys("tea 100 x2", AFTER), "250.00 paid, 55.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={"when": FROM_13_TO_15, "judge": {}}, beside=(TWO_PERCENT,)),
    Story("happy_moment", "2%, and double from 13:00 to 15:00", (
        (buys("tea 100 x2", BEFORE), "100.00 paid, 2.00 points"),
        (buys("tea 100 x2", AT), "200.00 paid, 6.00 points"),
        (back("tea x1", at=AFTER), "150.00 paid, 4.00 points"),
        (buys("tea 100 x2", AFTER), "250.00 paid, 6.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={"when": FROM_13_TO_15}, beside=(TWO_PERCENT,)),
    Story("big_receipt_points", "2%, and over 2000 50 points more", (
        (buys("tea 2000"), "2000.00 paid, 40.00 points"),
        (buys("tea 3000 x2"), "5000.00 paid, 150.00 points"),
        (back("tea x1"), "3500.00 paid, 70.00 points"),
        (buys("tea 2000.01"), "5500.01 paid, 160.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={"if": OVER_2000}, beside=(TWO_PERCENT,)),
    Story("big_receipt", "2%, and over 2000 double", (
        (buys("tea 2000"), "2000.00 paid, 40.00 points"),
        (buys("tea 3000 x2"), "5000.00 paid, 160.00 points"),
        (back("tea x1"), "3500.00 paid, 70.00 points"),
        (buys("tea 2000.01"), "5500.01 paid, 150.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={"if": OVER_2000}, beside=(TWO_PERCENT,)),
    Story("every_nth", "2%, and 100 points for every fifth purchase over 500, which burn on 31 December", (
        *((buys("tea 600"), f"{600 * number}.00 paid, {12 * number}.00 points, {number} counted")
          for number in (1, 2, 3, 4)),
        (buys("tea 500"), "2900.00 paid, 58.00 points, 4 counted"),  # not over 500
        (buys("tea 600 x2"), "3500.00 paid, 170.00 points, 5 counted"),
        (back("tea x1"), "3200.00 paid, 64.00 points, 4 counted"),
        (back(), "2900.00 paid, 58.00 points, 4 counted"),
        (buys("tea 600"), "3500.00 paid, 170.00 points, 5 counted"),
        (day("2026-12-31 23:59"), "3500.00 paid, 170.00 points, 5 counted"),
        (day("2027-01-01 00:00"), "3500.00 paid, 70.00 points, 5 counted"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={
        "if": {"condition": "nth_purchase", "every": 5, "of_at_least": "500.01", "counting": "campaign"},
        "what": fixed("100"), "lots": {"expires": {"kind": "on_date", "date": "2026-12-31"}},
    }, beside=(TWO_PERCENT,)),
    Story("percent", "5, 7 and 10% by all that was ever spent: to 100, to 500, and above", (
        (buys("tea 50"), "50.00 paid, 2.50 points"),
        (buys("tea 50"), "100.00 paid, 6.00 points"),
        (buys("tea 400 x2"), "500.00 paid, 46.00 points"),
        (back("tea x1"), "300.00 paid, 20.00 points"),  # 300 in all: the 200 that are kept bring 7%
        (buys("tea 199.99"), "499.99 paid, 34.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={"if": {"condition": "spent", "period": "ever", "below": "100"}},
       beside=(level("7", at_least="100", below="500"), level("10", at_least="500"))),
)  # fmt: skip

SPENDING = (
    Story("percent", "10%, and points pay up to 50% of a receipt", (
        (buys("tea 1000"), "1000.00 paid, 100.00 points"),
        (buys("tea 150 x2", redeem="max"), "1075.00 paid, 32.50 points"),  # 75 are spent, 7.50 earned
        (back("tea x1"), "1037.50 paid, 66.25 points"),
        (back(), "1000.00 paid, 100.00 points"),
        (buys("tea 99.99", redeem="max"), "1050.00 paid, 55.01 points"),  # 49.99 are spent, 5.00 earned
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={"what": [{"effect": "points_percent", "percent": "10"}]}, setting={"spending": {"max_share": "50"}}),
    Story("percent", "5%, and points pay all but 1", (
        (buys("tea 300 x3", redeem="max"), "1.00 paid, 201.05 points"),
        (back("tea x1"), "0.67 paid, 300.70 points"),  # two thirds of 299 stay spent: 199.33
        (back(), "0.00 paid, 500.00 points"),
        (buys("tea 1", redeem="max"), "1.00 paid, 500.05 points"),
        (buys("tea 1.50", redeem="max"), "2.00 paid, 499.60 points"),
        (everything_back(), "0.00 paid, 500.00 points"),
    ), setting={"spending": {"leave": "1"}, "points": 500}),
)  # fmt: skip


def burning(title: str, terms: dict[str, Any], *rows: Any) -> Story:
    """100 points of a promotion, with terms of use."""
    lots = {"expires": {"kind": "after", "days": 14}, "terms": terms}
    first = (buys("lamp 50"), "50.00 paid, 100.00 points, 1 in ever")
    return Story("burning", title, (first, *rows), changed={"lots": lots})


TERMS = (
    burning("points that pay for certain goods", {"products": ["soap"]},
        (buys("tea 30", redeem="max"), "80.00 paid, 100.00 points, 1 in ever"),
        (buys("soap 30 x2, tea 5", redeem="max"), "85.00 paid, 70.00 points, 1 in ever"),
        (back("soap x1"), "85.00 paid, 85.00 points, 1 in ever"),
        (back(), "80.00 paid, 100.00 points, 1 in ever"),
        (everything_back(), "0.00 paid, 0.00 points")),
    burning("points that pay in one store", {"stores": ["berlin"]},
        (buys("soap 30", redeem="max"), "80.00 paid, 100.00 points, 1 in ever"),
        (buys("soap 30 x2", redeem="max", store="berlin"), "80.00 paid, 70.00 points, 1 in ever"),
        (back("soap x1"), "80.00 paid, 85.00 points, 1 in ever"),
        (everything_back(), "0.00 paid, 0.00 points")),
    burning("points that pay from 13:00 to 15:00", {"hours": [["13:00", "15:00"]]},
        (buys("soap 30", BEFORE, redeem="max"), "80.00 paid, 100.00 points, 1 in ever"),
        (buys("soap 30 x2", AT, redeem="max"), "80.00 paid, 70.00 points, 1 in ever"),
        (back("soap x1", at=AFTER), "80.00 paid, 85.00 points, 1 in ever"),
        (buys("soap 30", AFTER, redeem="max"), "110.00 paid, 85.00 points, 1 in ever"),
        (everything_back(), "0.00 paid, 0.00 points")),
    burning("points that pay when the receipt holds coffee and bread",
        {"contains": [{"products": ["coffee"]}, {"products": ["bread"]}]},
        (buys("coffee 10, tea 20", redeem="max"), "80.00 paid, 100.00 points, 1 in ever"),
        (buys("coffee 10, bread 20", redeem="max"), "80.00 paid, 70.00 points, 1 in ever"),
        (back("bread x1"), "80.00 paid, 90.00 points, 1 in ever"),
        (everything_back(), "0.00 paid, 0.00 points")),
    burning("points that pay on receipts of three lines", {"min_lines": 3},
        (buys("coffee 10, bread 20", redeem="max"), "80.00 paid, 100.00 points, 1 in ever"),
        (buys("coffee 10, bread 15, soap 5", redeem="max"), "80.00 paid, 70.00 points, 1 in ever"),
        (back("soap x1"), "80.00 paid, 75.00 points, 1 in ever"),
        (everything_back(), "0.00 paid, 0.00 points")),
)  # fmt: skip

CLASSICS = (*EARNING, *SPENDING, *TERMS)
