"""Ready mechanics: each is whole, and its worked example is what the engine gives."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from backoffice.constructor import forms
from campaigns.desk.ready.catalogue import GROUPS, MECHANICS, grouped
from campaigns.desk.ready.mechanic import Mechanic
from campaigns.engine.definition import parse
from campaigns.engine.evaluation import evaluate, evaluate_event
from campaigns.engine.outcome import Outcome
from campaigns.engine.rulebook import Revision, Rulebook
from campaigns.words.sentence import describe
from loyalty.rules.basket import Basket, Coupon, Line, Moment, Wallet, WalletLot
from tests.campaigns.desk.ready.filling import filled
from tests.campaigns.engine.build import GOODS, MOSCOW, PLACE, RUBLES, anna
from tests.campaigns.engine.build import at as moment

ALL = pytest.mark.parametrize("mechanic", MECHANICS.values(), ids=lambda mechanic: mechanic.key)


@ALL
def test_a_mechanic_is_a_definition_once_it_is_filled_in(mechanic: Mechanic) -> None:
    parse(filled(mechanic))


@ALL
def test_a_mechanic_opens_in_the_form_as_it_is(mechanic: Mechanic) -> None:
    assert forms.read(forms.write(mechanic.begin())) == mechanic.begin()


@ALL
def test_a_mechanic_is_told_to_a_shop_owner(mechanic: Mechanic) -> None:
    with translation.override("en"):
        for text in (mechanic.title, mechanic.gain, mechanic.example):
            assert len(str(text)) > 8
        assert not any(character.isdigit() for character in str(mechanic.title))
        assert any(character.isdigit() for character in str(mechanic.example)) or "free" in str(
            mechanic.example
        )
        assert describe(filled(mechanic))[0].startswith(
            ("All ", "Members", "When", "On", "After", "3 days", "This")
        )


def test_every_mechanic_is_in_a_group_of_the_gallery() -> None:
    assert {mechanic.key for _title, some in grouped() for mechanic in some} == set(MECHANICS)
    assert {mechanic.group for mechanic in MECHANICS.values()} == set(GROUPS)


# Worked examples


BASE = Revision(
    1,
    "base",
    "base",
    1,
    parse({"whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": "5"}]}),
)


def rules(mechanic: Mechanic, beside: bool = False, answers: Any = None) -> Rulebook:
    mine = Revision(7, mechanic.key, "mine", 1, parse(filled(mechanic, answers)))
    return Rulebook(RUBLES, (mine, BASE) if beside else (mine,))


def buy(key: str, *goods: tuple[str, str, str], at: str = "2026-11-20 12:30", beside: bool = False, who: Any = None,
        coupons: tuple[str, ...] = (), exchange: bool = False, answers: Any = None) -> Outcome:  # fmt: skip
    """Sell goods (sku, quantity, amount) by one ready mechanic, and 5% beside it if it needs that."""
    lines = tuple(
        Line(position, sku, Decimal(quantity), Decimal(amount), Decimal(amount), sku, *GOODS[sku])
        for position, (sku, quantity, amount) in enumerate(goods, 1)
    )
    basket = Basket(
        PLACE, lines, coupons=tuple(Coupon(code, code) for code in coupons), cashier="7",
        exchanges=(key,) if exchange else (),
    )  # fmt: skip
    return evaluate(basket, who or anna(), moment(at), rules(MECHANICS[key], beside, answers))


def mine(outcome: Outcome) -> Decimal:
    return sum((grant.points for grant in outcome.grants if grant.campaign_id == 7), Decimal(0))


WITH_BREAD = {"answers": {"if.all.1.products": {"products": ["bread"]}}}


@pytest.mark.parametrize(
    ("key", "goods", "options", "points"),
    [
        ("percent", [("lamp", "1", "100")], {}, "5"),
        ("steps", [("lamp", "1", "600")], {}, "60"),
        ("steps", [("lamp", "1", "100")], {}, "7"),
        ("steps", [("lamp", "1", "99.99")], {}, "5"),
        ("per_amount", [("lamp", "1", "59.90")], {}, "5"),
        ("big_receipt", [("lamp", "1", "2500")], {"beside": True}, "125"),
        ("big_receipt", [("lamp", "1", "1999.99")], {"beside": True}, "0"),
        ("tier_percent", [("lamp", "1", "100")], {"who": anna(tier="gold")}, "2"),
        ("tier_percent", [("lamp", "1", "100")], {}, "0"),
        ("goods_percent", [("coffee", "1", "20"), ("bread", "1", "9")], {}, "2"),
        ("goods_double", [("coffee", "1", "20"), ("bread", "1", "9")], {"beside": True}, "1"),
        ("per_piece", [("coffee", "5", "50")], {}, "30"),
        ("together", [("coffee", "1", "3"), ("bread", "1", "2")], WITH_BREAD, "30"),
        ("together", [("coffee", "1", "3")], WITH_BREAD, "0"),
        ("happy_hours", [("lamp", "1", "10")], {"at": "2026-11-20 13:00"}, "50"),
        ("happy_hours", [("lamp", "1", "10")], {"at": "2026-11-20 15:00"}, "0"),
        ("happy_hours", [("lamp", "1", "10")], {"at": "2026-11-21 13:30"}, "0"),
        ("happy_moment", [("lamp", "1", "100")], {"at": "2026-11-20 18:00", "beside": True}, "5"),
        ("weekday", [("lamp", "1", "30")], {"at": "2026-11-17 10:00"}, "3"),
        ("weekday", [("lamp", "1", "30")], {"at": "2026-11-18 10:00"}, "0"),
        ("booster", [("lamp", "1", "200")], {"beside": True}, "5"),
        ("burning", [("lamp", "1", "50")], {}, "100"),
        ("burning", [("lamp", "1", "49.99")], {}, "0"),
        ("every_nth", [("lamp", "1", "10")], {"who": anna(progress={7: 4})}, "50"),
        ("every_nth", [("lamp", "1", "10")], {"who": anna(progress={7: 3})}, "0"),
        ("next_purchase", [("lamp", "1", "80")], {"who": anna(uses={(7, "n20261220"): (1, Decimal(0))})}, "8"),
        ("next_purchase", [("lamp", "1", "80")], {}, "0"),
        ("goal", [("lamp", "1", "100")], {"who": anna(known={"spent:month": Decimal(200)})}, "150"),
        ("goal", [("lamp", "1", "100")], {"who": anna(known={"spent:month": Decimal(199)})}, "0"),
        ("first_purchase", [("lamp", "1", "10")], {}, "50"),
        ("first_purchase", [("lamp", "1", "10")], {"who": anna(purchases=1)}, "0"),
        ("friend_welcome", [("lamp", "1", "10")], {"coupons": ("spring",)}, "50"),
        ("friend_welcome", [("lamp", "1", "10")], {}, "0"),
        ("birthday_days", [("lamp", "1", "100")], {"who": anna(birthday=date(1990, 11, 23)), "beside": True}, "5"),
        ("birthday_days", [("lamp", "1", "100")], {"who": anna(birthday=date(1990, 11, 24)), "beside": True}, "0"),
    ],
)  # fmt: skip
def test_what_a_purchase_brings(key: str, goods: Any, options: dict[str, Any], points: str) -> None:
    assert mine(buy(key, *goods, **options)) == Decimal(points)


@pytest.mark.parametrize(
    ("key", "goods", "options", "to_pay"),
    [
        ("discount", [("tea", "1", "10")], {}, "8"),
        ("member_price", [("coffee", "1", "2.79")], {}, "1.99"),
        ("three_for_two", [("coffee", "1", "5"), ("tea", "1", "4"), ("coffee", "1", "3")], {}, "9"),
        ("gift", [("lamp", "1", "50"), ("coffee", "1", "2")], {}, "50"),
        ("gift", [("lamp", "1", "40"), ("coffee", "1", "2")], {}, "42"),
        ("promo_code", [("lamp", "1", "40")], {"coupons": ("spring",)}, "36"),
        ("promo_code", [("lamp", "1", "40")], {}, "40"),
        ("voucher", [("lamp", "1", "40")], {"exchange": True}, "30"),
        ("percent_for_points", [("coffee", "1", "30"), ("lamp", "1", "10")], {"exchange": True}, "34"),
        ("stamps", [("coffee", "1", "3")], {"who": anna(progress={7: 5})}, "0"),
        ("stamps", [("coffee", "1", "3")], {"who": anna(progress={7: 4})}, "3"),
    ],
)  # fmt: skip
def test_what_a_purchase_costs(key: str, goods: Any, options: dict[str, Any], to_pay: str) -> None:
    if options.get("exchange"):
        options["who"] = anna(wallet=Wallet((WalletLot("lot", Decimal(100)),)))
    assert buy(key, *goods, **options).to_pay == Decimal(to_pay)


@pytest.mark.parametrize(
    ("key", "event", "data", "points"),
    [
        ("welcome", "member.registered", {}, "100"),
        ("refer_a_friend", "friend.purchased", {"first": True, "amount": "10"}, "100"),
        ("refer_a_friend", "friend.purchased", {"first": False, "amount": "10"}, "0"),
        ("birthday_gift", "member.birthday", {"offset": -3}, "200"),
        ("profile", "profile.completed", {}, "50"),
        ("review", "review.left", {}, "20"),
        ("subscription", "subscription.made", {}, "30"),
        ("reactivation", "member.dormant", {"days": 60}, "100"),
        ("goal_reached", "goal.reached", {}, "100"),
        ("tier_reached", "tier.reached", {"tier": "gold"}, "200"),
        ("tier_reached", "tier.reached", {"tier": "silver"}, "0"),
    ],
)
def test_what_an_event_brings(key: str, event: str, data: dict[str, Any], points: str) -> None:
    noon: Moment = moment("2026-11-20 12:00")
    assert mine(evaluate_event(event, anna(), noon, rules(MECHANICS[key]), data=data)) == Decimal(points)


@pytest.mark.parametrize(
    ("key", "to", "points"), [("friends_percent", "referrer", "2"), ("cashier", "cashier", "5")]
)
def test_what_others_get(key: str, to: str, points: str) -> None:
    outcome = buy(key, ("coffee", "1", "100"), who=anna(referred=True))
    assert [(one.to, one.points) for one in outcome.others] == [(to, Decimal(points))]


def test_the_welcome_of_a_burning_bonus_ends_on_its_last_day() -> None:
    grant = buy("burning", ("lamp", "1", "50")).grants[0]
    assert grant.expires_at is not None
    assert grant.expires_at.astimezone(MOSCOW).date() == date(2026, 12, 4)
