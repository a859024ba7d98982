"""Mechanics that take money off, and those for what a member does: join, celebrate, recommend, come back."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from campaigns.desk.ready.mechanic import Mechanic
from campaigns.desk.ready.points import MEMBERS, RECEIPT

EVERYONE = {"who": "everyone"}
ONCE = {"limits": [{"per": "member", "period": "ever", "times": 1}]}

DISCOUNTS = (
    Mechanic(
        "discount", "discounts", "sell", _("A percent off certain goods"),
        _("The plain discount, for everybody or for members, with a budget that it cannot overrun."),
        _("20% off tea: tea for 10.00 costs 8.00."),
        {"whom": EVERYONE, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "discount_percent", "percent": "20"}]},
        asks=("what_for.products",),
    ),
    Mechanic(
        "money_off", "discounts", "money_off", _("Money off a big receipt"),
        _("A round sum is easier to say than a percent, and it brings the receipt up to the sum that you name."),
        _("From 50 on, 5 off: a receipt of 50.00 costs 45.00."),
        {"whom": EVERYONE, "what_for": RECEIPT, "if": {"condition": "receipt_amount", "at_least": "50"},
         "what": [{"effect": "discount_amount", "amount": "5"}]},
    ),
    Mechanic(
        "member_price", "discounts", "price_change", _("A special price with the card"),
        _("Two prices on the shelf are the best reason to take a card."),
        _("Butter at 1.99 with the card instead of 2.79."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "fixed_price", "price": "1.99"}]},
        asks=("what_for.products",),
    ),
    Mechanic(
        "three_for_two", "discounts", "looks_3", _("Three for the price of two"),
        _("Clears a shelf and fills a basket."),
        _("Of three pieces the cheapest is free: 5.00, 4.00 and 3.00 cost 9.00."),
        {"whom": EVERYONE, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "cheapest_free", "every": 3, "free": 1}]},
        asks=("what_for.products",),
    ),
    Mechanic(
        "gift", "discounts", "redeem", _("A gift from a sum on"),
        _("A present is remembered longer than a discount of the same worth."),
        _("From 50 on, a chocolate on the receipt costs nothing."),
        {"whom": MEMBERS, "what_for": RECEIPT, "if": {"condition": "receipt_amount", "at_least": "50"},
         "what": [{"effect": "gift", "products": [], "pieces": 1}]},
        asks=("what.0.products",),
    ),
    Mechanic(
        "promo_code", "discounts", "confirmation_number", _("A promo code or coupon"),
        _("Tells which advertisement brought the customer: the code says it."),
        _("With the code, 10% off the receipt: 40.00 become 36.00."),
        {"whom": EVERYONE, "what_for": RECEIPT, "if": {"condition": "coupon", "series": []},
         "what": [{"effect": "discount_percent", "percent": "10"}]},
        asks=("if.series",),
        companion=_("The codes are made in a coupon series."),
    ),
    Mechanic(
        "voucher", "discounts", "currency_exchange", _("Points for a voucher at the till"),
        _("A round sum that people save for: “100 points are 10 off”."),
        _("For 100 points 10.00 come off the receipt."),
        {"whom": MEMBERS, "what_for": RECEIPT, "what": [{"effect": "exchange", "points": "100", "amount": "10"}]},
    ),
    Mechanic(
        "percent_for_points", "discounts", "shopping_basket", _("Points for a percent off a category"),
        _("Turns points into something that costs you less than money does."),
        _("For 50 points 20% come off a category: cakes for 30.00 cost 24.00."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "exchange", "points": "50", "percent": "20"}]},
        asks=("what_for.products",),
    ),
)  # fmt: skip


def _event(name: str, **more: object) -> dict[str, object]:
    return {"of": "event", "event": name, **more}


OCCASIONS = (
    Mechanic(
        "welcome", "occasions", "waving_hand", _("Welcome bonus"),
        _("Makes the first “Do you have our card?” easy to answer with yes."),
        _("100 points on joining, good for 60 days and half of a receipt."),
        {"whom": MEMBERS, "what_for": _event("member.registered"),
         "what": [{"effect": "points_fixed", "points": "100"}],
         "lots": {"expires": {"kind": "after", "days": 60}, "terms": {"max_share": "50"}}, "judge": ONCE},
    ),
    Mechanic(
        "first_purchase", "occasions", "looks_one", _("Bonus for the first purchase"),
        _("The step from a card in the drawer to a customer."),
        _("50 points for the first purchase with the card."),
        {"whom": MEMBERS, "what_for": RECEIPT, "if": {"condition": "first_purchase"},
         "what": [{"effect": "points_fixed", "points": "50"}]},
    ),
    Mechanic(
        "refer_a_friend", "occasions", "group_add", _("Refer a friend"),
        _("The cheapest new customer is the one whom a friend brings."),
        _("When a friend joins and buys for the first time, who brought them gets 100 points."),
        {"whom": MEMBERS, "what_for": _event("friend.purchased"),
         "if": {"condition": "event_data", "key": "first", "is": "true"},
         "what": [{"effect": "points_fixed", "points": "100"}]},
    ),
    Mechanic(
        "friend_joins", "occasions", "person_add", _("Bonus for each friend who joins"),
        _("Thanks at once: the message comes while they still stand at the till together."),
        _("30 points for each friend who takes a card, for 5 friends a month at most."),
        {"whom": MEMBERS, "what_for": _event("referral.joined"), "what": [{"effect": "points_fixed", "points": "30"}],
         "judge": {"limits": [{"per": "member", "period": "month", "times": 5}]}},
    ),
    Mechanic(
        "friends_percent", "occasions", "diversity_1", _("A percent of what friends buy"),
        _("Who brings good customers is paid as long as they buy."),
        _("2% of every purchase of a friend: a purchase of 100.00 brings 2 points to who brought them."),
        {"whom": MEMBERS, "what_for": RECEIPT, "what": [{"effect": "referrer_points", "percent": "2"}]},
    ),
    Mechanic(
        "friend_welcome", "occasions", "handshake", _("Welcome for the friend"),
        _("The friend gets something too: that makes it easy to recommend you."),
        _("A friend who was brought gets 50 points with the first purchase."),
        {"whom": MEMBERS, "what_for": RECEIPT, "if": {"all": [
            {"condition": "first_purchase"}, {"condition": "coupon", "series": []}]},
         "what": [{"effect": "points_fixed", "points": "50"}]},
        asks=("if.all.1.series",),
        companion=_("Give friends a coupon series to bring along."),
    ),
    Mechanic(
        "birthday_gift", "occasions", "cake", _("Birthday present"),
        _("People buy for their party where they were congratulated."),
        _("200 points three days before the birthday, gone after 14 days."),
        {"whom": MEMBERS, "what_for": _event("member.birthday", offset=-3),
         "what": [{"effect": "points_fixed", "points": "200"}],
         "lots": {"expires": {"kind": "after", "days": 14}}},
    ),
    Mechanic(
        "birthday_days", "occasions", "celebration", _("Raised points around the birthday"),
        _("The days around a birthday are days of shopping: be the place for it."),
        _("From 3 days before to 7 days after the birthday double points: 5 become 10."),
        {"whom": MEMBERS, "what_for": RECEIPT, "when": {"around": {"date": "birthday", "before": 3, "after": 7}},
         "what": [{"effect": "multiplier", "by": "2"}]},
        companion=_("It doubles what other campaigns give: it needs one that gives points."),
    ),
    Mechanic(
        "anniversary", "occasions", "event_repeat", _("Present for the anniversary"),
        _("A day that nobody else congratulates on: the day on which they took your card."),
        _("100 points on every anniversary of joining, gone after 30 days."),
        {"whom": MEMBERS, "what_for": _event("member.anniversary"),
         "what": [{"effect": "points_fixed", "points": "100"}],
         "lots": {"expires": {"kind": "after", "days": 30}}},
    ),
    Mechanic(
        "profile", "occasions", "contact_page", _("Bonus for a filled-in profile"),
        _("Birthday, e-mail, children: what you know is what you can offer."),
        _("50 points when the profile is complete, once."),
        {"whom": MEMBERS, "what_for": _event("profile.completed"), "what": [{"effect": "points_fixed", "points": "50"}],
         "judge": ONCE},
    ),
    Mechanic(
        "review", "occasions", "rate_review", _("Bonus for a review"),
        _("Reviews bring new customers; a few points bring reviews."),
        _("20 points for a review, at most 2 a month."),
        {"whom": MEMBERS, "what_for": _event("review.left"), "what": [{"effect": "points_fixed", "points": "20"}],
         "judge": {"limits": [{"per": "member", "period": "month", "times": 2}]}},
    ),
    Mechanic(
        "subscription", "occasions", "mark_email_read", _("Bonus for a subscription"),
        _("Who reads your news hears of your promotions first."),
        _("30 points for subscribing, once."),
        {"whom": MEMBERS, "what_for": _event("subscription.made"), "what": [{"effect": "points_fixed", "points": "30"}],
         "judge": ONCE},
    ),
    Mechanic(
        "survey", "occasions", "quiz", _("Bonus for answering questions"),
        _("A few minutes of your customers’ time for a few points: you learn what they want."),
        _("20 points for a questionnaire, one a month at most."),
        {"whom": MEMBERS, "what_for": _event("survey.answered"), "what": [{"effect": "points_fixed", "points": "20"}],
         "judge": {"limits": [{"per": "member", "period": "month", "times": 1}]}},
    ),
    Mechanic(
        "reactivation", "occasions", "history", _("Come back"),
        _("Wins back who has not been there for a while, before they are gone for good."),
        _("After 60 days without a purchase: 100 points, gone after 14 days."),
        {"whom": MEMBERS, "what_for": _event("member.dormant", days=60),
         "what": [{"effect": "points_fixed", "points": "100"}],
         "lots": {"expires": {"kind": "after", "days": 14}, "terms": {"min_amount": "20"}}},
    ),
    Mechanic(
        "goal_reached", "occasions", "emoji_events", _("Reward for a goal that is reached"),
        _("The reward at the end of a challenge."),
        _("100 points when a goal is reached."),
        {"whom": MEMBERS, "what_for": _event("goal.reached"), "what": [{"effect": "points_fixed", "points": "100"}]},
    ),
    Mechanic(
        "tier_reached", "occasions", "military_tech", _("Reward for a new tier"),
        _("Celebrates the step up, and shows that more is to come."),
        _("200 points on reaching gold, once."),
        {"whom": MEMBERS, "what_for": _event("tier.reached"),
         "if": {"condition": "event_data", "key": "tier", "in": []},
         "what": [{"effect": "points_fixed", "points": "200"}], "judge": ONCE},
        asks=("if.in",),
    ),
    Mechanic(
        "segment_entered", "occasions", "groups", _("Welcome to a segment"),
        _("Whoever comes into a group, your best customers for one, hears of it by a present."),
        _("50 points on coming into the segment, once."),
        {"whom": MEMBERS, "what_for": _event("segment.entered"),
         "if": {"condition": "event_data", "key": "segment", "in": []},
         "what": [{"effect": "points_fixed", "points": "50"}], "judge": ONCE},
        asks=("if.in",),
    ),
    Mechanic(
        "cashier", "occasions", "badge", _("Points for the cashier"),
        _("Who asks for the card and offers the new coffee has something of it."),
        _("5 points to the cashier for a receipt that holds the promoted goods."),
        {"whom": MEMBERS, "what_for": {"of": "lines", "products": []},
         "what": [{"effect": "staff_points", "points": "5"}]},
        asks=("what_for.products",),
        companion=_("Cashiers need an account: make them sellers first."),
    ),
    Mechanic(
        "cashier_registers", "occasions", "how_to_reg", _("Points for the cashier for each new member"),
        _("“Do you have our card?” is asked more often where a yes is worth something."),
        _("10 points to the cashier for each customer who takes a card."),
        {"whom": MEMBERS, "what_for": _event("member.registered"),
         "what": [{"effect": "staff_points", "points": "10"}]},
        companion=_("Cashiers need an account: make them sellers first. The till says who registers."),
    ),
)  # fmt: skip
