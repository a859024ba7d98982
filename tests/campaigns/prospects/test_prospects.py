"""What campaigns hold for one member: offers that are for them in words to them, and how far they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils.translation import override

from analytics import segments
from analytics.models import Segment
from campaigns.prospects import book, prospects, standing
from campaigns.prospects.standing import Standing
from loyalty.shops import places
from members import consent_texts, consents
from members.consents import Said
from members.models import Member, Purpose
from tests import factories
from tests.factories import Shop
from tests.races.selling import NOW, give_back, sell

pytestmark = pytest.mark.django_db
MEMBERS: dict[str, Any] = {"whom": {"who": "members"}}
#: A moment after what is sold in these tests.
THEN = NOW + timedelta(minutes=1)
POINTS = {"what": [{"effect": "points_fixed", "points": "30"}]}
STAMPS = MEMBERS | {"what": [{"effect": "stamp", "goal": 3, "reward": {"points": "30"}}]}


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    book.forget()
    yield
    book.forget()


@pytest.fixture
def shop() -> Shop:
    return factories.open_shop(store="s", code="club", name="The Club", currency="EUR")


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 0, phone="+4915112345678", first_name="Anna")


def look(member: Member, shop: Shop, now: datetime = THEN) -> Standing:
    return standing.read(member.id, shop.programme, places.scheme(shop.programme.pk), now)


def goals(member: Member, shop: Shop, now: datetime = THEN) -> list[tuple[str, str, str]]:
    return [
        (one.entry.name, one.unit, f"{one.value.normalize():f}/{one.goal.normalize():f}")
        for one in prospects.goals(look(member, shop, now))
    ]


def offers(member: Member, shop: Shop, now: datetime = THEN) -> list[str]:
    return [one.name for one in prospects.offers(look(member, shop, now))]


def test_a_stamp_card_fills_with_purchases_and_empties_with_returns(shop: Shop, anna: Member) -> None:
    factories.publish_campaign(shop.programme, STAMPS, code="stamps", name="Every third")
    assert goals(anna, shop) == []
    sell(anna, 1)
    second = sell(anna, 2)
    assert goals(anna, shop) == [("Every third", "stamps", "2/3")]

    give_back(second.body["id"], "R1", "all")
    assert goals(anna, shop) == [("Every third", "stamps", "1/3")]
    sell(anna, 3)
    sell(anna, 4)
    assert goals(anna, shop) == []  # full, and the next one is not begun


@pytest.mark.parametrize(
    ("condition", "unit", "shown"),
    [
        ({"condition": "nth_purchase", "every": 5, "counting": "campaign"}, "purchases", "2/5"),
        ({"condition": "nth_purchase", "every": 5}, "purchases", "2/5"),
        ({"condition": "nth_purchase", "every": 5, "period": "month"}, "purchases", "2/5"),
        ({"condition": "nth_purchase", "exactly": 4}, "purchases", "2/4"),
        ({"condition": "spent", "period": "month", "at_least": "500"}, "money", "200/500"),
        ({"condition": "spent", "period": "ever", "at_least": "500"}, "money", "200/500"),
        ({"condition": "spent", "period": {"days": 30}, "at_least": "500"}, "money", "200/500"),
        ({"condition": "bought", "period": "week", "at_least": "25", "products": ["TEA"]}, "pieces", "20/25"),
        ({"condition": "purchases", "period": "year", "at_least": 3}, "purchases", "2/3"),
        ({"condition": "nth_purchase", "every": 2}, "", ""),  # just reached: the next round is not begun
        ({"condition": "spent", "period": "month", "at_least": "150"}, "", ""),  # reached
        (
            {"none": [{"condition": "spent", "period": "month", "at_least": "500"}]},
            "",
            "",
        ),  # nothing to reach
    ],
)
def test_what_is_collected_for_is_shown_with_how_far_it_is(
    shop: Shop, anna: Member, condition: dict[str, Any], unit: str, shown: str
) -> None:
    factories.publish_campaign(shop.programme, MEMBERS | POINTS | {"if": condition}, code="c", name="Bonus")
    sell(anna, 1)
    sell(anna, 2)

    assert goals(anna, shop) == ([("Bonus", unit, shown)] if shown else [])


def test_what_is_collected_in_a_month_ends_with_it_or_with_its_campaign(shop: Shop, anna: Member) -> None:
    month = {"if": {"condition": "spent", "period": "month", "at_least": "500"}}
    until = NOW + timedelta(days=2)
    drafts = {"long": MEMBERS | POINTS | month,
              "short": MEMBERS | POINTS | month | {"when": {"until": until.isoformat()}}}  # fmt: skip
    for code, draft in drafts.items():
        factories.publish_campaign(shop.programme, draft, code=code, name=code)
    sell(anna, 1)

    ends = {one.entry.name: one.until for one in prospects.goals(look(anna, shop))}

    assert ends["short"] == until
    assert ends["long"] is not None
    assert ends["long"].date().isoformat() == "2026-04-01"
    assert [name for name, _unit, _shown in goals(anna, shop, until)] == ["long"]


def test_offers_are_those_that_run_now_for_the_tier_and_lists_of_the_member(shop: Shop, anna: Member) -> None:
    for code, threshold in (("basic", 0), ("gold", 1000)):
        factories.TierFactory(programme=shop.programme, code=code, name=code, threshold=threshold)
    places.forget()
    listed = Segment.objects.create(programme=shop.programme, code="tea", name="Tea drinkers")
    whom: dict[str, Any] = {
        "all": {}, "gold": {"tiers": ["gold"]}, "basic": {"tiers": ["basic"]}, "tea": {"segments": ["tea"]},
        "others": {"except": {"tiers": ["basic"]}}, "not tea": {"except": {"segments": ["tea"]}},
    }  # fmt: skip
    for name, who in whom.items():
        draft = {"whom": {"who": "members"} | who} | POINTS
        factories.publish_campaign(shop.programme, draft, code=name.replace(" ", ""), name=name)
    later = {"when": {"from": (NOW + timedelta(days=1)).isoformat()}}
    factories.publish_campaign(shop.programme, MEMBERS | POINTS | later, code="later", name="later")
    friends = {"what_for": {"of": "event", "event": "referral.joined"}}
    factories.publish_campaign(shop.programme, MEMBERS | POINTS | friends, code="friends", name="friends")

    assert offers(anna, shop) == ["all", "basic"]  # "not tea" speaks of a list, and nobody agreed to that

    text = consent_texts.current("club", Purpose.PROFILING, "en")
    consents.write(anna, [Said(Purpose.PROFILING, True, text=text)], NOW, "cabinet", {})
    assert offers(anna, shop) == ["not tea", "all", "basic"]
    segments.add(listed, [anna.id], NOW)
    assert offers(anna, shop) == ["tea", "all", "basic"]
    assert offers(anna, shop, NOW + timedelta(days=1)) == ["tea", "all", "basic", "later"]


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (factories.percent_of_receipt("5"), ["You get 5% back in points."]),
        (MEMBERS | POINTS | {"what_for": {"of": "event", "event": "member.birthday"}},
         ["On your birthday you get 30 points."]),
        (MEMBERS | POINTS | {"what_for": {"of": "event", "event": "member.birthday", "offset": -3}},
         ["3 days before your birthday you get 30 points."]),
        ({"whom": {"who": "members", "segments": ["secret"]}} | POINTS, ["You get 30 points."]),
        (MEMBERS | POINTS | {"judge": {"limits": [
            {"per": "member", "period": "day", "times": 1}, {"per": "campaign", "period": "day", "times": 99}]},
            "tell": {"till": "Say hello"}},
         ["You get 30 points.", "At most 1 time a day."]),
        (MEMBERS | POINTS | {"if": {"condition": "first_purchase"}},
         ["You get 30 points.", "Only if it is your first purchase."]),
        (MEMBERS | POINTS | {"when": {"around": {"date": "birthday", "before": 3}}},
         ["You get 30 points, from 3 days before your birthday to the day itself."]),
        (MEMBERS | {"what": [{"effect": "exchange", "points": "10", "amount": "15"}]},
         ["At the till you can exchange 10 points for 15\u00a0EUR off."]),
    ],
)  # fmt: skip
def test_the_member_is_spoken_to_and_what_is_the_shops_affair_is_left_out(
    shop: Shop, draft: dict[str, Any], said: list[str]
) -> None:
    factories.publish_campaign(shop.programme, draft, code="c", name="c")
    [entry] = book.in_force(shop.programme, _rulebook(shop)).entries
    assert list(entry.sentences) == said


def test_the_sentences_are_in_the_language_of_who_reads(shop: Shop) -> None:
    factories.publish_campaign(shop.programme, MEMBERS | POINTS, code="c", name="c")
    told = {}
    for language in ("en", "ru", "fr"):
        with override(language):
            told[language] = book.in_force(shop.programme, _rulebook(shop)).entries[0].sentences[0]
    assert len(set(told.values())) == 3
    assert told["ru"].startswith("Вы получ")


def test_a_coupon_says_what_it_gives_by_the_campaign_that_takes_it(shop: Shop) -> None:
    from tests.rewards.coupons.build import make_series

    make_series(shop.programme, code="spring", name="Spring")
    tree = {
        "all": [
            {"condition": "coupon", "series": ["spring"]},
            {"condition": "receipt_amount", "at_least": "50"},
        ]
    }
    factories.publish_campaign(shop.programme, MEMBERS | POINTS | {"if": tree}, code="c", name="c")
    known = book.in_force(shop.programme, _rulebook(shop))

    assert known.entries == []  # who has no coupon is told nothing
    first, only = known.coupons["spring"]
    assert first == "You get 30 points."
    assert "50" in only
    assert "coupon" not in only


def test_friends_are_told_of_by_what_the_definitions_say(shop: Shop) -> None:
    event = {"what_for": {"of": "event", "event": "friend.purchased"}}
    first = {"if": {"condition": "event_data", "key": "first", "is": "true"}}
    drafts = {
        "joined": MEMBERS | POINTS | {"what_for": {"of": "event", "event": "referral.joined"}},
        "bought": MEMBERS | POINTS | event, "first": MEMBERS | POINTS | event | first,
        "share": MEMBERS | {"what": [{"effect": "referrer_points", "percent": "2"}]},
        "welcome": MEMBERS | POINTS | {"what_for": {"of": "event", "event": "member.registered"}},
    }  # fmt: skip
    for code, draft in drafts.items():
        factories.publish_campaign(shop.programme, draft, code=code, name=code)
    known = book.in_force(shop.programme, _rulebook(shop))

    assert {one.name: one.sentences[0] for one in known.bringing} == {
        "joined": "When a friend joins by your link, you get 30 points.",
        "bought": "When a friend buys something, you get 30 points.",
        "first": "When a friend makes the first purchase, you get 30 points.",
        "share": "You get 2% of the amount in points when a friend whom you brought buys something.",
    }
    assert [one.sentences[0] for one in known.joining] == ["On joining your friend gets 30 points."]
    assert known.entries == []


def _rulebook(shop: Shop) -> int | None:
    from campaigns import rulebooks

    rules = rulebooks.in_force(shop.programme.pk, NOW)
    return rules.id if rules else None


def test_the_standing_is_what_the_till_knows(shop: Shop, anna: Member) -> None:
    from analytics import facts, stored_facts

    factories.TierFactory(programme=shop.programme, code="basic", name="basic", threshold=0)
    factories.TierFactory(programme=shop.programme, code="gold", name="gold", threshold=150)
    places.forget()
    sell(anna, 1)
    sell(anna, 2)
    known = look(anna, shop)
    ladder = known.scheme.ladder

    stored = stored_facts.read(anna.id, shop.programme.pk, ladder)
    assert known.rank == facts.rank(stored, ladder, THEN)
    assert known.facts.spent == Decimal(200)
    assert known.cards[0][0] == anna.cards.get().number
