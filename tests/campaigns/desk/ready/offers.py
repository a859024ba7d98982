"""Worked examples: money off, gifts and vouchers; and what members get for what they do."""

from __future__ import annotations

from tests.campaigns.desk.ready.stage import (
    back,
    born,
    buys,
    day,
    enters_vip,
    everything_back,
    friends_join,
    joins,
    leaves_vip,
    reports,
)
from tests.campaigns.desk.ready.story import Story

MONEY_OFF = (
    Story("discount", "20% off tea", (
        (buys("tea 10 x2, bread 5"), "13.00 paid, 0.00 points"),
        (back("tea x1"), "9.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("tea 10", by=None), "8.00 paid, 0.00 points"),  # for everybody
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("discount", "cents are rounded half up, line by line", (
        (buys("tea 0.99 x3"), "0.79 paid, 0.00 points"),  # 0.198 off
        (back("tea x1"), "0.53 paid, 0.00 points"),  # 0.132 off 0.66
        (back("tea x1"), "0.26 paid, 0.00 points"),  # 0.066 off 0.33
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("money_off", "5 off from 50 on", (
        (buys("lamp 50 x2"), "45.00 paid, 0.00 points"),
        (back("lamp x1"), "25.00 paid, 0.00 points"),  # the half that is kept costs its full price
        (back(), "0.00 paid, 0.00 points"),
        (buys("lamp 49.99"), "49.99 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("member_price", "1.99 a piece with the card", (
        (buys("coffee 5.58 x2"), "3.98 paid, 0.00 points"),
        (back("coffee x1"), "1.99 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("coffee 1.50"), "1.50 paid, 0.00 points"),  # cheaper already
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("three_for_two", "of three the cheapest is free", (
        (buys("coffee 5, tea 4, coffee 3"), "9.00 paid, 0.00 points"),
        (back("tea x1"), "8.00 paid, 0.00 points"),  # two are no three: both cost their price
        (back(), "0.00 paid, 0.00 points"),
        (buys("coffee 24 x6"), "16.00 paid, 0.00 points"),
        (back("coffee x1"), "16.00 paid, 0.00 points"),  # of five one is free, four are paid
        (back("coffee x3"), "8.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("gift", "from 50 on a coffee costs nothing", (
        (buys("lamp 50 x2, coffee 2"), "50.00 paid, 0.00 points"),
        (back("lamp x1"), "27.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("lamp 50 x2, coffee 4 x2"), "52.00 paid, 0.00 points"),  # one piece
        (back("coffee x1"), "50.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("promo_code", "10% off with the code, which can be used again once all came back", (
        (buys("lamp 40 x2", shows="SPRING1"), "36.00 paid, 0.00 points, coupon spring used"),
        (back("lamp x1"), "18.00 paid, 0.00 points, coupon spring used"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("lamp 40 x2"), "40.00 paid, 0.00 points"),
        (buys("lamp 40 x2", shows="SPRING1"), "76.00 paid, 0.00 points, coupon spring used"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("voucher", "10 off for 100 points", (
        (buys("lamp 40 x2", exchange=True), "30.00 paid, 0.00 points"),
        (back("lamp x1"), "15.00 paid, 50.00 points"),
        (back(), "0.00 paid, 100.00 points"),
        (buys("lamp 40"), "40.00 paid, 100.00 points"),  # nobody asked
        (back(), "0.00 paid, 100.00 points"),
    ), setting={"points": 100}),
    Story("voucher", "once a month: it counts as long as something of the purchase remains", (
        (buys("lamp 40 x2", exchange=True), "30.00 paid, 100.00 points, 1 in 2026-04"),
        (back("lamp x1"), "15.00 paid, 150.00 points, 1 in 2026-04"),
        (back(), "0.00 paid, 200.00 points"),
        (buys("lamp 40", exchange=True), "30.00 paid, 100.00 points, 1 in 2026-04"),
        (buys("lamp 40", "2026-05-01 00:00", exchange=True), "60.00 paid, 0.00 points, 1 in 2026-04, 1 in 2026-05"),
        (everything_back(), "0.00 paid, 200.00 points"),
    ), changed={"judge": {"limits": [{"per": "member", "period": "month", "times": 1}]}}, setting={"points": 200}),
    Story("percent_for_points", "20% off coffee for 50 points", (
        (buys("coffee 30 x2, lamp 10", exchange=True), "34.00 paid, 10.00 points"),
        (back("lamp x1"), "24.00 paid, 10.00 points"),
        (back("coffee x1"), "12.00 paid, 35.00 points"),
        (back(), "0.00 paid, 60.00 points"),
    ), setting={"points": 60}),
)  # fmt: skip

OCCASIONS = (
    Story("welcome", "100 points on joining, for half of a receipt, for 60 days", (
        (joins(), "0.00 paid, 100.00 points, 1 in ever"),
        (buys("lamp 40 x2", redeem="max"), "20.00 paid, 80.00 points, 1 in ever"),
        (back("lamp x1"), "10.00 paid, 90.00 points, 1 in ever"),
        (back(), "0.00 paid, 100.00 points, 1 in ever"),
        (buys("lamp 40", "2026-06-09 23:59", redeem="max"), "20.00 paid, 80.00 points, 1 in ever"),
        (back(), "0.00 paid, 100.00 points, 1 in ever"),
        (buys("lamp 40", "2026-06-10 00:00", redeem="max"), "40.00 paid, 0.00 points, 1 in ever"),
        (back(), "0.00 paid, 0.00 points, 1 in ever"),
    )),
    Story("first_purchase", "50 points for the first purchase, and for the next one once it came back", (
        (buys("lamp 10 x2"), "10.00 paid, 50.00 points"),
        (back("lamp x1"), "5.00 paid, 50.00 points"),
        (buys("lamp 10"), "15.00 paid, 50.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
        (buys("lamp 10"), "10.00 paid, 50.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("refer_a_friend", "100 points for the first purchase of a friend", (
        (buys("lamp 20 x2", by="Boris"), "20.00 paid, 100.00 points"),
        (buys("lamp 10", by="Boris"), "30.00 paid, 100.00 points"),
        (back("lamp x1", of=1), "20.00 paid, 100.00 points"),
        (back(of=1), "10.00 paid, 0.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("refer_a_friend", "10% of what a friend paid and kept, for every purchase", (
        (buys("lamp 100 x2", by="Boris"), "100.00 paid, 10.00 points"),
        (back("lamp x1"), "50.00 paid, 5.00 points"),
        (buys("lamp 30", by="Boris"), "80.00 paid, 8.00 points"),
        (everything_back(), "0.00 paid, 0.00 points"),
    ), changed={"if": {"condition": "event_data", "key": "amount", "at_least": "0"},
                "what": [{"effect": "points_percent", "percent": "10"}]}),
    Story("friend_joins", "30 points for each friend, for 5 a month", (
        (friends_join(1), "0.00 paid, 30.00 points, 1 in 2026-04"),
        (friends_join(4), "0.00 paid, 150.00 points, 5 in 2026-04"),
        (friends_join(2), "0.00 paid, 150.00 points, 5 in 2026-04"),
        (friends_join(1, "2026-05-01 00:00"), "0.00 paid, 180.00 points, 5 in 2026-04, 1 in 2026-05"),
    )),
    Story("friends_percent", "2% of what a friend buys", (
        (buys("lamp 100 x2", by="Boris"), "100.00 paid, 2.00 points"),
        (back("lamp x1"), "50.00 paid, 1.00 points"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("lamp 100"), "100.00 paid, 0.00 points"),  # nobody brought Anna
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("friend_welcome", "50 points with the first purchase, for who shows the coupon", (
        (buys("lamp 10 x2", shows="SPRING1"), "10.00 paid, 50.00 points, coupon spring used"),
        (back("lamp x1"), "5.00 paid, 50.00 points, coupon spring used"),
        (back(), "0.00 paid, 0.00 points"),
        (buys("lamp 10"), "10.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
    Story("birthday_gift", "200 points three days before the birthday, gone after 14 days", (
        (day("2026-04-09 23:00"), "0.00 paid, 0.00 points"),
        (day("2026-04-10 00:30"), "0.00 paid, 200.00 points"),
        (day("2026-04-13 09:00"), "0.00 paid, 200.00 points"),
        (buys("lamp 40 x2", "2026-04-13 10:00", redeem="max"), "0.00 paid, 160.00 points"),
        (back("lamp x1"), "0.00 paid, 180.00 points"),
        (back(), "0.00 paid, 200.00 points"),
        (day("2026-04-25 00:00"), "0.00 paid, 0.00 points"),
    ), setting=born("1990-04-13")),
    Story("birthday_gift", "who was born on 29 February celebrates on the 28th", (
        (day("2026-02-24 23:00"), "0.00 paid, 0.00 points"),
        (day("2026-02-25 10:00"), "0.00 paid, 200.00 points"),
        (day("2026-02-26 10:00"), "0.00 paid, 200.00 points"),
    ), setting=born("1992-02-29")),
    Story("anniversary", "100 points a year after joining, gone after 30 days", (
        (day("2026-04-09 23:00"), "0.00 paid, 0.00 points"),
        (day("2026-04-10 00:30"), "0.00 paid, 100.00 points"),
        (day("2026-04-11 00:30"), "0.00 paid, 100.00 points"),
        (day("2026-05-10 23:59"), "0.00 paid, 100.00 points"),
        (day("2026-05-11 00:00"), "0.00 paid, 0.00 points"),
    ), setting=born("1990-01-01")),
    Story("profile", "50 points, once", (
        (reports("profile.completed"), "0.00 paid, 50.00 points, 1 in ever"),
        (reports("profile.completed"), "0.00 paid, 50.00 points, 1 in ever"),
    )),
    Story("review", "20 points, twice a month", (
        (reports("review.left"), "0.00 paid, 20.00 points, 1 in 2026-04"),
        (reports("review.left"), "0.00 paid, 40.00 points, 2 in 2026-04"),
        (reports("review.left", "2026-04-30 23:59"), "0.00 paid, 40.00 points, 2 in 2026-04"),
        (reports("review.left", "2026-05-01 00:00"), "0.00 paid, 60.00 points, 2 in 2026-04, 1 in 2026-05"),
    )),
    Story("subscription", "30 points, once", (
        (reports("subscription.made"), "0.00 paid, 30.00 points, 1 in ever"),
        (reports("subscription.made"), "0.00 paid, 30.00 points, 1 in ever"),
    )),
    Story("survey", "20 points, once a month", (
        (reports("survey.answered"), "0.00 paid, 20.00 points, 1 in 2026-04"),
        (reports("survey.answered"), "0.00 paid, 20.00 points, 1 in 2026-04"),
        (reports("survey.answered", "2026-05-01 00:00"), "0.00 paid, 40.00 points, 1 in 2026-04, 1 in 2026-05"),
    )),
    Story("reactivation", "100 points after 60 days without a purchase, on receipts from 20, for 14 days", (
        (buys("lamp 10"), "10.00 paid, 0.00 points"),
        (day("2026-06-08 23:00"), "10.00 paid, 0.00 points"),
        (day("2026-06-09 01:00"), "10.00 paid, 100.00 points"),
        (day("2026-06-10 01:00"), "10.00 paid, 100.00 points"),
        (buys("soap 19.99", "2026-06-10 10:00", redeem="max"), "29.99 paid, 100.00 points"),
        (buys("soap 40 x2", redeem="max"), "29.99 paid, 60.00 points"),
        (back("soap x1"), "29.99 paid, 80.00 points"),
        (back(), "29.99 paid, 100.00 points"),
        (day("2026-06-24 00:00"), "29.99 paid, 0.00 points"),
    )),
    Story("goal_reached", "100 points for each goal", (
        (reports("goal.reached"), "0.00 paid, 100.00 points"),
        (reports("goal.reached"), "0.00 paid, 200.00 points"),
    )),
    Story("tier_reached", "200 points on reaching gold, once, as long as what was bought for it stays", (
        (buys("lamp 999.99"), "999.99 paid, 0.00 points"),
        (buys("lamp 0.01"), "1000.00 paid, 200.00 points, 1 in ever"),
        (back(), "999.99 paid, 0.00 points"),
        (buys("lamp 500"), "1499.99 paid, 200.00 points, 1 in ever"),
        (everything_back(), "0.00 paid, 0.00 points"),
    )),
    Story("segment_entered", "50 points on coming into the segment, once", (
        (enters_vip(), "0.00 paid, 50.00 points, 1 in ever"),
        (leaves_vip(), "0.00 paid, 50.00 points, 1 in ever"),
        (enters_vip(), "0.00 paid, 50.00 points, 1 in ever"),
    ), answers={"if.in": {"in": ["vip"]}}),
    Story("cashier_registers", "10 points to the cashier for a new member", (
        (joins("C-1"), "0.00 paid, 0.00 points, cashier 10.00"),
        (buys("lamp 40"), "40.00 paid, 0.00 points, cashier 10.00"),
        (back(), "0.00 paid, 0.00 points, cashier 10.00"),
    )),
    Story("cashier_registers", "nothing where no till says who it was", (
        (joins(), "0.00 paid, 0.00 points"),
        (friends_join(1), "0.00 paid, 0.00 points"),
    )),
    Story("cashier", "5 points to the cashier for a receipt with coffee", (
        (buys("coffee 10 x2, bread 3"), "13.00 paid, 0.00 points, cashier 5.00"),
        (back("coffee x1"), "8.00 paid, 0.00 points, cashier 5.00"),
        (back("coffee x1"), "3.00 paid, 0.00 points"),
        (back(), "0.00 paid, 0.00 points"),
    )),
)  # fmt: skip

OFFERS = (*MONEY_OFF, *OCCASIONS)
