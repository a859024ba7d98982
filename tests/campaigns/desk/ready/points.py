"""Worked examples: points for every purchase, for certain goods, at certain times, for coming again."""

from __future__ import annotations

from tests.campaigns.desk.ready.filling import ready
from tests.campaigns.desk.ready.stage import back, born, buys, enters_vip, everything_back
from tests.campaigns.desk.ready.story import BASE, Story

TUESDAY, WEDNESDAY = "2026-04-14 10:00", "2026-04-15 10:00"
SATURDAY, MONDAY = "2026-04-11 10:00", "2026-04-13 10:00"
LUNCH, LATE_LUNCH, AFTER_LUNCH = "2026-04-10 13:00", "2026-04-10 14:59", "2026-04-10 15:00"

EVERY_PURCHASE = (
    Story("percent", "5% of 100 are 5 points", (
        (buys("lamp 100 x2"), "100.00 paid, 5.00 points"),
        (back("lamp x1"), "50.00 paid, 2.50 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("percent", "half a cent of a point is rounded up", (
        (buys("tea 0.30 x3"), "0.30 paid, 0.02 points"),  # 0.015
        (back("tea x1"), "0.20 paid, 0.01 points"),
        (back("tea x1"), "0.10 paid, 0.01 points"),  # 0.005
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("percent", "whole points only, rounded down", (
        (buys("tea 59.99 x2"), "59.99 paid, 2.00 points"),  # 2.9995
        (back("tea x1"), "30.00 paid, 1.00 points"),  # half of the line is 29.995, rounded half up: 1.50
        (back(), "0.00 paid, 0.00 points"),
    ), setting={"point_decimals": 0, "rounding": "down"}),
    Story("percent", "points that were spent meanwhile are owed, until the goods they paid come back", (
        (buys("lamp 100 x2"), "100.00 paid, 5.00 points"),
        (buys("soap 10", redeem="max"), "105.00 paid, 0.25 points"),
        (back(of=1), "5.00 paid, 0.00 points, 4.75 owed"),
        (back(of=2), "0.00 paid, 0.00 points"),
    )),
    Story("steps", "5% from 1, 7% from 100, 10% from 500", (
        (buys("lamp 600 x6"), "600.00 paid, 60.00 points"),
        (back("lamp x1"), "500.00 paid, 50.00 points"),
        (back("lamp x1"), "400.00 paid, 28.00 points"),
        (back("lamp x3"), "100.00 paid, 7.00 points"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("lamp 99.99"), "99.99 paid, 5.00 points"),
        (buys("lamp 0.99"), "100.98 paid, 5.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("per_amount", "1 point for every full 10", (
        (buys("tea 59.90 x2"), "59.90 paid, 5.00 points"),
        (back("tea x1"), "29.95 paid, 2.00 points"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("tea 9.99"), "9.99 paid, 0.00 points"),
        (buys("tea 10"), "19.99 paid, 1.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("big_receipt", "from 2,000 on the 5% are doubled", (
        (buys("lamp 2500 x5"), "2500.00 paid, 250.00 points"),
        (back("lamp x1"), "2000.00 paid, 200.00 points"),
        (back("lamp x1"), "1500.00 paid, 75.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    ), beside=(BASE,)),
    Story("big_receipt_points", "from 2,000 on 50 points", (
        (buys("lamp 2500 x5"), "2500.00 paid, 50.00 points"),
        (back("lamp x1"), "2000.00 paid, 50.00 points"),
        (back("lamp x1"), "1500.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("tier_percent", "2% for gold, from the purchase after the one that reached it", (
        (buys("lamp 1000"), "1000.00 paid, 0.00 points"),
        (buys("lamp 100 x2"), "1100.00 paid, 2.00 points"),
        (back("lamp x1"), "1050.00 paid, 1.00 points"),
        (back(of=1), "50.00 paid, 1.00 points"),  # she was gold when she bought
        (buys("lamp 100"), "150.00 paid, 1.00 points"),  # and is no more
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("segment_double", "double for the group, single for the others", (
        (buys("lamp 200 x2"), "200.00 paid, 10.00 points"),
        (enters_vip(), "200.00 paid, 10.00 points"),
        (buys("lamp 200 x2"), "400.00 paid, 30.00 points"),
        (back("lamp x1"), "300.00 paid, 20.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), beside=(BASE,)),
    Story("store_percent", "10% in that store and none elsewhere", (
        (buys("lamp 30 x2"), "30.00 paid, 3.00 points"),
        (buys("lamp 30", store="berlin"), "60.00 paid, 3.00 points"),
        (back("lamp x1", of=1), "45.00 paid, 1.50 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("web_shop", "3% on the web and none at the till", (
        (buys("lamp 100"), "100.00 paid, 0.00 points"),
        (buys("lamp 100 x2", channel="web"), "200.00 paid, 3.00 points"),
        (back("lamp x1"), "150.00 paid, 1.50 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
)  # fmt: skip

CERTAIN_GOODS = (
    Story("goods_percent", "10% on coffee, none on bread", (
        (buys("coffee 20 x2, bread 9"), "29.00 paid, 2.00 points"),
        (back("coffee x1"), "19.00 paid, 1.00 points"),
        (back("bread x1"), "10.00 paid, 1.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("rest_percent", "2% on all but coffee", (
        (buys("coffee 20, bread 50 x2"), "70.00 paid, 1.00 points"),
        (back("bread x1"), "45.00 paid, 0.50 points"),
        (back("coffee x1"), "25.00 paid, 0.50 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("rest_percent", "A 3%, B 5%, all the rest 2%", (
        (buys("coffee 100 x2, tea 200 x2, bread 300"), "600.00 paid, 19.00 points"),  # 3 + 10 + 6
        (back("coffee x1"), "550.00 paid, 17.50 points"),
        (back("tea x1"), "450.00 paid, 12.50 points"),
        (back("bread x1"), "150.00 paid, 6.50 points"),
        (back(), "0.00 paid, 0.00 points"),
    ), answers={"what_for.except.products": {"products": ["coffee", "tea"]}}, beside=(
        ready("goods_percent", {"what_for.products": {"products": ["coffee"]}},
              what=[{"effect": "points_percent", "percent": "3"}]),
        ready("goods_percent", {"what_for.products": {"products": ["tea"]}},
              what=[{"effect": "points_percent", "percent": "5"}]),
    )),
    Story("goods_double", "coffee counts twice, bread once", (
        (buys("coffee 20 x2, bread 20"), "40.00 paid, 3.00 points, 1 in 2026-04"),
        (back("coffee x1"), "30.00 paid, 2.00 points, 1 in 2026-04"),
        (back("coffee x1"), "20.00 paid, 1.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    ), beside=(BASE,)),
    Story("goods_double", "at most 500 points more in a month", (
        (buys("coffee 20000 x2"), "20000.00 paid, 1500.00 points, 1 in 2026-04"),
        (buys("coffee 100"), "20100.00 paid, 1505.00 points, 1 in 2026-04"),  # nothing is left of the 500
        (back("coffee x1", of=1), "10100.00 paid, 1005.00 points, 1 in 2026-04"),
        (back("all", of=1), "100.00 paid, 5.00 points"),
        (buys("coffee 100"), "200.00 paid, 15.00 points, 1 in 2026-04"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), beside=(BASE,)),
    Story("per_piece", "10 points a piece, for 3 pieces at most", (
        (buys("coffee 50 x5"), "50.00 paid, 30.00 points"),
        (back("coffee x1"), "40.00 paid, 30.00 points"),
        (back("coffee x2"), "20.00 paid, 20.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("together", "30 points for a coffee and a bread", (
        (buys("coffee 3, bread 2 x2"), "5.00 paid, 30.00 points"),
        (back("bread x1"), "4.00 paid, 30.00 points"),
        (back("bread x1"), "3.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    ), answers={"if.all.1.products": {"products": ["bread"]}}),
)  # fmt: skip

CERTAIN_TIMES = (
    Story("happy_hours", "50 points from 13:00 to 15:00, once a day", (
        (buys("lamp 10", "2026-04-10 12:59"), "10.00 paid, 0.00 points"),
        (buys("lamp 10 x2", LUNCH), "20.00 paid, 50.00 points, 1 in 2026-04-10"),
        (buys("tea 5", "2026-04-10 14:00"), "25.00 paid, 50.00 points, 1 in 2026-04-10"),
        (back("lamp x1", of=2), "20.00 paid, 50.00 points, 1 in 2026-04-10"),
        (back(of=2), "15.00 paid, 0.00 points"),
        (buys("tea 5", LATE_LUNCH), "20.00 paid, 50.00 points, 1 in 2026-04-10"),
        (back(at=AFTER_LUNCH), "15.00 paid, 0.00 points"),
        (buys("tea 5", AFTER_LUNCH), "20.00 paid, 0.00 points"),
        (buys("tea 5", "2026-04-11 13:30"), "25.00 paid, 0.00 points"),  # a Saturday
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("happy_moment", "double points from 17:00 to 19:00", (
        (buys("lamp 100 x2", "2026-04-10 16:59"), "100.00 paid, 5.00 points"),
        (buys("lamp 100 x2", "2026-04-10 17:00"), "200.00 paid, 15.00 points"),
        (back("lamp x1", at="2026-04-10 19:30"), "150.00 paid, 10.00 points"),  # judged as it was at 17:00
        (back(), "100.00 paid, 5.00 points"),
        (buys("lamp 100", "2026-04-10 19:00"), "200.00 paid, 10.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), beside=(BASE,)),
    Story("weekday", "10% on Tuesdays", (
        (buys("lamp 30 x2", TUESDAY), "30.00 paid, 3.00 points"),
        (buys("lamp 30", WEDNESDAY), "60.00 paid, 3.00 points"),
        (back("lamp x1", of=1), "45.00 paid, 1.50 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("booster", "one and a half times the points", (
        (buys("lamp 200 x2"), "200.00 paid, 15.00 points"),
        (back("lamp x1"), "100.00 paid, 7.50 points"),
        (back(), "0.00 paid, 0.00 points"),
    ), beside=(BASE,)),
    Story("burning", "100 points from 50 on, for half of a receipt, gone after 14 days", (
        (buys("lamp 50 x2"), "50.00 paid, 100.00 points, 1 in ever"),
        (buys("soap 30", SATURDAY, redeem="max"), "65.00 paid, 85.00 points, 1 in ever"),
        (back(), "50.00 paid, 100.00 points, 1 in ever"),
        (buys("soap 30", "2026-04-24 23:59", redeem="max"), "65.00 paid, 85.00 points, 1 in ever"),
        (back(), "50.00 paid, 100.00 points, 1 in ever"),
        (buys("soap 30", "2026-04-25 00:00", redeem="max"), "80.00 paid, 0.00 points, 1 in ever"),
        (back("lamp x1", of=1), "55.00 paid, 0.00 points"),  # they are gone already: nothing is owed
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("burning", "under 50 nothing, and only once", (
        (buys("lamp 49.99"), "49.99 paid, 0.00 points"),
        (buys("lamp 50"), "99.99 paid, 100.00 points, 1 in ever"),
        (buys("lamp 50"), "149.99 paid, 100.00 points, 1 in ever"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("quiet_days", "points of a Friday pay from Monday to Wednesday, on receipts from 20", (
        (buys("lamp 50 x2"), "50.00 paid, 50.00 points"),
        (buys("soap 30", SATURDAY, redeem="max"), "80.00 paid, 50.00 points"),
        (buys("soap 19.99", MONDAY, redeem="max"), "99.99 paid, 50.00 points"),
        (buys("soap 40 x2", MONDAY, redeem="max"), "99.99 paid, 10.00 points"),
        (back("soap x1"), "99.99 paid, 30.00 points"),
        (back(), "99.99 paid, 50.00 points"),
        (back("lamp x1", of=1), "74.99 paid, 0.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
)  # fmt: skip

COMING_AGAIN = (
    Story("every_nth", "50 points for every fifth purchase of at least 10", (
        *((buys("tea 10"), f"{number}0.00 paid, 0.00 points, {number} counted") for number in (1, 2, 3, 4)),
        (buys("tea 9.99"), "49.99 paid, 0.00 points, 4 counted"),
        (buys("tea 20 x2"), "69.99 paid, 50.00 points, 5 counted"),
        (back("tea x1"), "59.99 paid, 50.00 points, 5 counted"),
        (back(), "49.99 paid, 0.00 points, 4 counted"),
        (buys("tea 10"), "59.99 paid, 50.00 points, 5 counted"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("every_nth", "100 points for every fifth, 500 for every tenth purchase, both at the tenth", (
        *((buys("tea 10"), f"{number}0.00 paid, 0.00 points, {number} counted, {number} counted")
          for number in (1, 2, 3, 4)),
        (buys("tea 10"), "50.00 paid, 100.00 points, 5 counted, 5 counted"),
        *((buys("tea 10"), f"{number}0.00 paid, 100.00 points, {number} counted, {number} counted")
          for number in (6, 7, 8, 9)),
        (buys("tea 20 x2"), "110.00 paid, 700.00 points, 10 counted, 10 counted"),
        (back("tea x1"), "100.00 paid, 700.00 points, 10 counted, 10 counted"),
        (back(), "90.00 paid, 100.00 points, 9 counted, 9 counted"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), answers={}, beside=(
        ready("every_nth", if_={"condition": "nth_purchase", "every": 10, "counting": "campaign"},
              what=[{"effect": "points_fixed", "points": "500"}]),
        ready("every_nth", if_={"condition": "nth_purchase", "every": 5, "counting": "member"}),
    )),
    Story("next_purchase", "10% of the next purchase within 30 days", (
        (buys("lamp 100"), "100.00 paid, 0.00 points, 1 promised"),
        (buys("lamp 80 x2", SATURDAY), "180.00 paid, 8.00 points, 1 promised"),
        (back("lamp x1"), "140.00 paid, 4.00 points, 1 promised"),
        (back(), "100.00 paid, 0.00 points, 1 promised"),
        (buys("lamp 80", "2026-05-10 23:59"), "180.00 paid, 8.00 points, 1 promised"),
        (back(), "100.00 paid, 0.00 points, 1 promised"),
        (buys("lamp 80", "2026-05-11 00:00"), "180.00 paid, 0.00 points, 2 promised"),  # the first is over
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("next_coupon", "from 30 on a coupon, which goes when less remains", (
        (buys("lamp 29.99"), "29.99 paid, 0.00 points"),
        (buys("lamp 30 x2"), "59.99 paid, 0.00 points, coupon thanks issued"),
        (back("lamp x1"), "44.99 paid, 0.00 points, coupon thanks revoked"),
        (everything_back(), "0.00 paid, 0.00 points, coupon thanks revoked"),
    )),
    Story("stamps", "after five coffees the sixth is free", (
        (buys("coffee 10 x5"), "10.00 paid, 0.00 points, 5 counted"),
        (buys("coffee 4 x2, bread 1"), "13.00 paid, 0.00 points, 7 counted"),
        (back("coffee x1"), "11.00 paid, 0.00 points, 6 counted"),  # the one that remains is the free one
        (back(), "10.00 paid, 0.00 points, 5 counted"),
        (back("coffee x1", of=1), "8.00 paid, 0.00 points, 4 counted"),
        (buys("coffee 4 x2"), "10.00 paid, 0.00 points, 6 counted"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("goal", "150 points for 300 in a month, once a month", (
        (buys("lamp 200"), "200.00 paid, 0.00 points"),
        (buys("lamp 100 x2", SATURDAY), "300.00 paid, 150.00 points, 1 in 2026-04"),
        (buys("lamp 100"), "400.00 paid, 150.00 points, 1 in 2026-04"),
        (back(), "300.00 paid, 150.00 points, 1 in 2026-04"),
        (back("lamp x1", of=2), "250.00 paid, 0.00 points"),
        (buys("lamp 49.99", "2026-04-12 10:00"), "299.99 paid, 0.00 points"),
        (buys("lamp 0.01", "2026-04-12 10:01"), "300.00 paid, 150.00 points, 1 in 2026-04"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("goal", "a new month begins with nothing", (
        (buys("lamp 200", "2026-04-30 23:59"), "200.00 paid, 0.00 points"),
        (buys("lamp 200", "2026-05-01 00:00"), "400.00 paid, 0.00 points"),
        (buys("lamp 100 x2", "2026-05-02 12:00"), "500.00 paid, 150.00 points, 1 in 2026-05"),
        (back("lamp x1"), "450.00 paid, 0.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("birthday_days", "double points from 3 days before to 7 days after the birthday", (
        (buys("lamp 100", "2026-04-09 23:59"), "100.00 paid, 5.00 points"),
        (buys("lamp 100 x2", "2026-04-10 00:00"), "200.00 paid, 15.00 points"),
        (back("lamp x1"), "150.00 paid, 10.00 points"),
        (buys("lamp 100", "2026-04-20 23:59"), "250.00 paid, 20.00 points"),
        (buys("lamp 100", "2026-04-21 00:00"), "350.00 paid, 25.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), beside=(BASE,), setting=born("1990-04-13")),
)  # fmt: skip

POINTS = (*EVERY_PURCHASE, *CERTAIN_GOODS, *CERTAIN_TIMES, *COMING_AGAIN)
