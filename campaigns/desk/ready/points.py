"""Mechanics that give points on a purchase: always, by amount, by goods, by the clock, every nth time."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from campaigns.desk.ready.mechanic import Mechanic

MEMBERS = {"who": "members"}
RECEIPT = {"of": "receipt"}

BASE = (
    Mechanic(
        "percent", "base", "percent", _("A percent of every purchase"),
        _("The base of a programme: whoever shows the card collects points each time, and has a reason to come back."),
        _("5%: a purchase of 100.00 brings 5 points."),
        {"whom": MEMBERS, "what_for": RECEIPT, "what": [{"effect": "points_percent", "percent": "5"}],
         "tell": {"receipt": _("Thank you! This purchase brought {points} points.")}},
    ),
    Mechanic(
        "steps", "base", "stairs", _("The bigger the receipt, the higher the percent"),
        _("Gives a reason to put one more thing into the basket: the next step is in sight."),
        _("5% from 1, 7% from 100, 10% from 500: a purchase of 600.00 brings 60 points."),
        {"whom": MEMBERS, "what_for": RECEIPT, "what": [{"effect": "points_steps", "steps": [
            {"from": "1", "percent": "5"}, {"from": "100", "percent": "7"}, {"from": "500", "percent": "10"}]}]},
    ),
    Mechanic(
        "per_amount", "base", "toll", _("So many points for every so much spent"),
        _("Easy to say at the till and to print on a poster: everybody can work it out."),
        _("1 point for every 10: a purchase of 59.90 brings 5 points."),
        {"whom": MEMBERS, "what_for": RECEIPT, "what": [{"effect": "points_per", "points": "1", "per": "10"}]},
    ),
    Mechanic(
        "big_receipt", "base", "shopping_cart_checkout", _("Double points on big receipts"),
        _("Brings the weekly shop to you: from a sum on, everything that other campaigns give is doubled."),
        _("From 2,000 on: a purchase of 2,500.00 that brings 125 points brings 250."),
        {"whom": MEMBERS, "what_for": RECEIPT,
         "if": {"condition": "receipt_amount", "at_least": "2000"},
         "what": [{"effect": "multiplier", "by": "2"}]},
        companion=_("It doubles what other campaigns give: it needs one that gives points."),
    ),
    Mechanic(
        "big_receipt_points", "base", "add_shopping_cart", _("Extra points on big receipts"),
        _("The same for everybody who reaches the sum: easy to say, and its cost is known beforehand."),
        _("50 points more from 2,000 on: a purchase of 2,000.00 brings 50 points beside all others."),
        {"whom": MEMBERS, "what_for": RECEIPT,
         "if": {"condition": "receipt_amount", "at_least": "2000"},
         "what": [{"effect": "points_fixed", "points": "50"}]},
    ),
    Mechanic(
        "tier_percent", "base", "workspace_premium", _("A higher percent for a tier"),
        _("Shows loyal customers what their tier is worth. Make one campaign for each tier."),
        _("2% more for gold: a purchase of 100.00 brings 2 points beside all others."),
        {"whom": {"who": "members", "tiers": []}, "what_for": RECEIPT,
         "what": [{"effect": "points_percent", "percent": "2"}]},
        asks=("whom.tiers",),
        companion=_("The steps of the tiers, and who falls back for inactivity, are set with the tiers themselves."),
    ),
    Mechanic(
        "segment_double", "base", "diamond", _("Double points for a group of members"),
        _("For your best customers, the neighbourhood or the students: whoever you put into the segment."),
        _("Members of the group get double points: a purchase that brings 5 points brings 10."),
        {"whom": {"who": "members", "segments": []}, "what_for": RECEIPT,
         "what": [{"effect": "multiplier", "by": "2"}]},
        asks=("whom.segments",),
        companion=_("It doubles what other campaigns give: it needs one that gives points."),
    ),
    Mechanic(
        "store_percent", "base", "storefront", _("More points in certain stores"),
        _("Makes a new store known, or a quiet one livelier, and leaves the others as they are."),
        _("10% in the new store: a purchase of 30.00 brings 3 points there, and none elsewhere."),
        {"whom": MEMBERS, "where": {"stores": []}, "what_for": RECEIPT,
         "what": [{"effect": "points_percent", "percent": "10"}]},
        asks=("where.stores",),
    ),
    Mechanic(
        "web_shop", "base", "shopping_bag", _("More points in the web shop"),
        _("Leads customers to the channel that costs you less, or that you have just opened."),
        _("3% more on the web: a purchase of 100.00 brings 3 points beside all others."),
        {"whom": MEMBERS, "where": {"channels": ["web"]}, "what_for": RECEIPT,
         "what": [{"effect": "points_percent", "percent": "3"}]},
    ),
)  # fmt: skip

GOODS = (
    Mechanic(
        "goods_percent", "goods", "category", _("A percent on certain goods"),
        _("Moves what you want to move: a category, a brand, a shelf, what the supplier pays for."),
        _("10% on coffee: coffee for 20.00 brings 2 points, the bread beside it none."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "points_percent", "percent": "10"}]},
        asks=("what_for.products",),
    ),
    Mechanic(
        "rest_percent", "goods", "select_all", _("A percent on everything else"),
        _("The base beside goods that have a percent of their own: high margins give more, low ones less."),
        _("2% on all but coffee: coffee for 20.00 brings none, the bread for 50.00 beside it brings 1 point."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "except": {"products": []}},
         "what": [{"effect": "points_percent", "percent": "2"}]},
        asks=("what_for.except.products",),
    ),
    Mechanic(
        "goods_double", "goods", "local_cafe", _("Double points on certain goods"),
        _("A promotion that a supplier can pay for: everybody understands “double points on coffee”."),
        _("Coffee for 20.00 that brings 1 point brings 2."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "products": []}, "what": [{"effect": "multiplier", "by": "2"}],
         "judge": {"limits": [{"per": "member", "period": "month", "points": "500"}]}},
        asks=("what_for.products",),
        companion=_("It doubles what other campaigns give: it needs one that gives points."),
    ),
    Mechanic(
        "per_piece", "goods", "inventory_2", _("Points for every piece"),
        _("For new goods and for what a supplier counts in pieces."),
        _("10 points a piece, for 3 pieces at most: 5 pieces bring 30 points."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "points_per_piece", "points": "10", "up_to": "3"}]},
        asks=("what_for.products",),
    ),
    Mechanic(
        "together", "goods", "join_inner", _("A bonus for buying things together"),
        _("Coffee and a cake: the second thing goes into the basket because of the first."),
        _("30 points for a coffee and a cake on one receipt."),
        {"whom": MEMBERS, "what_for": RECEIPT, "if": {"all": [
            {"condition": "contains", "pieces": "1", "products": []},
            {"condition": "contains", "pieces": "1", "products": []}]},
         "what": [{"effect": "points_fixed", "points": "30"}]},
        asks=("if.all.0.products", "if.all.1.products"),
    ),
)  # fmt: skip

TIME = (
    Mechanic(
        "happy_hours", "time", "schedule", _("Happy hours"),
        _("Fills the quiet hours: who is free at lunch comes at lunch."),
        _("50 points for a purchase from 13:00 to 15:00 on weekdays, once a day."),
        {"whom": MEMBERS, "what_for": RECEIPT,
         "when": {"weekdays": [1, 2, 3, 4, 5], "hours": [["13:00", "15:00"]]},
         "what": [{"effect": "points_fixed", "points": "50"}],
         "judge": {"limits": [{"per": "member", "period": "day", "times": 1}]},
         "tell": {"till": _("Happy hours: {points} points more until three o’clock.")}},
    ),
    Mechanic(
        "happy_moment", "time", "bolt", _("Happy moment"),
        _("A surprise of a few hours, told by message or at the door: people come now, not some day."),
        _("Double points today from 17:00 to 19:00: a purchase that brings 5 points brings 10."),
        {"whom": MEMBERS, "what_for": RECEIPT, "when": {"hours": [["17:00", "19:00"]]},
         "what": [{"effect": "multiplier", "by": "2"}], "tell": {"till": _("Happy moment: double points right now.")}},
        companion=_("Give it a beginning and an end at the launch. It needs a campaign that gives points."),
    ),
    Mechanic(
        "weekday", "time", "calendar_today", _("The day of the week"),
        _("Makes a quiet day a habit: “on Tuesdays there is more”."),
        _("10% on Tuesdays: a purchase of 30.00 brings 3 points."),
        {"whom": MEMBERS, "what_for": RECEIPT, "when": {"weekdays": [2]},
         "what": [{"effect": "points_percent", "percent": "10"}]},
    ),
    Mechanic(
        "booster", "time", "rocket_launch", _("Booster of a season"),
        _("Before the holidays everything counts more, and the base stays as it is."),
        _("One and a half times the points: a purchase that brings 10 points brings 15."),
        {"whom": MEMBERS, "what_for": RECEIPT, "what": [{"effect": "multiplier", "by": "1.5"}]},
        companion=_("Give it a beginning and an end. It needs a campaign that gives points."),
    ),
    Mechanic(
        "burning", "time", "local_fire_department", _("Burning bonus of a promotion"),
        _("Points that must be spent soon bring people back soon."),
        _("100 points for a purchase from 50 on, gone after 14 days if they are not spent."),
        {"whom": MEMBERS, "what_for": RECEIPT, "if": {"condition": "receipt_amount", "at_least": "50"},
         "what": [{"effect": "points_fixed", "points": "100"}],
         "lots": {"expires": {"kind": "after", "days": 14}, "terms": {"max_share": "50"}},
         "judge": {"limits": [{"per": "member", "period": "ever", "times": 1}]},
         "tell": {"receipt": _("{points} points are yours for 14 days.")}},
    ),
    Mechanic(
        "quiet_days", "time", "weekend", _("Points for quiet days"),
        _("Points from a good day that pay on a slow one: they bring people when there is room for them."),
        _("50 points for a purchase from 50 on; they pay from Monday to Wednesday, on receipts from 20, for 30 days."),
        {"whom": MEMBERS, "what_for": RECEIPT, "if": {"condition": "receipt_amount", "at_least": "50"},
         "what": [{"effect": "points_fixed", "points": "50"}],
         "lots": {"expires": {"kind": "after", "days": 30}, "terms": {"weekdays": [1, 2, 3], "min_amount": "20"}}},
        companion=_("The terms may also name stores, hours or goods: “for cakes only”, “with a coffee”."),
    ),
)  # fmt: skip

AGAIN = (
    Mechanic(
        "every_nth", "again", "counter_5", _("Every fifth purchase"),
        _("Something to look forward to: the next one counts."),
        _("50 points for every fifth purchase of at least 10."),
        {"whom": MEMBERS, "what_for": RECEIPT,
         "if": {"condition": "nth_purchase", "every": 5, "of_at_least": "10", "counting": "campaign"},
         "what": [{"effect": "points_fixed", "points": "50"}]},
    ),
    Mechanic(
        "next_purchase", "again", "forward", _("More at the next purchase"),
        _("Whoever buys today has a reason to come again this month."),
        _("10% of the next purchase within 30 days: if that is 80.00, it brings 8 points."),
        {"whom": MEMBERS, "what_for": RECEIPT, "what": [{"effect": "next_purchase", "percent": "10", "days": 30}],
         "tell": {"receipt": _("Come again within 30 days: 10% of your next purchase are yours in points.")}},
    ),
    Mechanic(
        "next_coupon", "again", "confirmation_number", _("A coupon for the next time"),
        _("A reason to come back that fits into a pocket: the receipt prints the code."),
        _("From 30 on, a coupon for the next purchase."),
        {"whom": MEMBERS, "what_for": RECEIPT, "if": {"condition": "receipt_amount", "at_least": "30"},
         "what": [{"effect": "issue_coupon", "series": ""}]},
        asks=("what.0.series",),
        companion=_("The coupon is of a series; what it gives, a campaign that asks for a coupon of that series says."),
    ),
    Mechanic(
        "stamps", "again", "approval", _("Accumulate and buy: the sixth coffee free"),
        _("The stamp card without the card: it is never lost and never forged."),
        _("A stamp for every piece: after five coffees the sixth is free."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "stamp", "goal": 6, "per": "piece", "reward": {"free": 1}}]},
        asks=("what_for.products",),
    ),
    Mechanic(
        "goal", "again", "flag", _("A goal for the month"),
        _("Customers gather their purchases with you instead of spreading them."),
        _("Who spends 300 in a month gets 150 points, once a month."),
        {"whom": MEMBERS, "what_for": RECEIPT,
         "if": {"condition": "spent", "period": "month", "at_least": "300"},
         "what": [{"effect": "points_fixed", "points": "150"}],
         "judge": {"limits": [{"per": "member", "period": "month", "times": 1}]},
         "tell": {"receipt": _("Goal reached: {points} points. Well done!")}},
    ),
)  # fmt: skip
