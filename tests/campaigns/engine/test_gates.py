"""Whom, where and when."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from campaigns.engine.shopper import ANONYMOUS
from loyalty.rules.terms import Window, is_open
from tests.campaigns.engine.build import PLACE, anna, at, campaign, earned, fixed, refusal, sell

GIFT = fixed("50")


@pytest.mark.parametrize(
    ("whom", "shopper", "refused"),
    [
        ({}, anna(), None),
        ({"who": "everyone"}, anna(), None),
        ({"who": "members"}, anna(), None),
        ({"who": "members"}, ANONYMOUS, "not_member"),
        ({"tiers": ["silver", "gold"]}, anna(), None),
        ({"tiers": ["gold"]}, anna(), "wrong_tier"),
        ({"tiers": ["gold"]}, anna(tier=""), "wrong_tier"),
        ({"tiers": ["gold"]}, ANONYMOUS, "not_member"),
        ({"card_kinds": ["plastic"]}, anna(), None),
        ({"card_kinds": ["virtual"]}, anna(), "wrong_card"),
        ({"tiers": ["silver"], "card_kinds": ["virtual"]}, anna(), "wrong_card"),
    ],
)
def test_whom(whom, shopper, refused):
    assert refusal(sell("tea 100", campaign("c", GIFT, whom=whom), shopper=shopper)) == refused


@pytest.mark.parametrize(
    ("where", "refused"),
    [
        ({}, None),
        ({"partners": ["acme"]}, None),
        ({"partners": ["other"]}, "wrong_partner"),
        ({"stores": ["main", "mall"]}, None),
        ({"stores": ["mall"]}, "wrong_store"),
        ({"groups": ["city"]}, None),
        ({"groups": ["village"]}, "wrong_group"),
        ({"stores": ["mall"], "groups": ["city"]}, None),  # any of the places will do
        ({"stores": ["mall"], "groups": ["village"]}, "wrong_store"),
        ({"tills": ["1"]}, None),
        ({"tills": ["2"]}, "wrong_till"),
        ({"channels": ["pos", "web"]}, None),
        ({"channels": ["web"]}, "wrong_channel"),
        ({"stores": ["main"], "channels": ["web"]}, "wrong_channel"),  # a channel narrows the places
        ({"partners": ["acme"], "except": {"stores": ["main"]}}, "wrong_store"),
        ({"partners": ["acme"], "except": {"stores": ["mall"]}}, None),
        ({"except": {"groups": ["big"]}}, "wrong_group"),
    ],
)
def test_where(where, refused):
    assert refusal(sell("tea 100", campaign("c", GIFT, where=where))) == refused


def test_a_shop_without_a_till_is_at_no_till():
    outcome = sell("tea 100", campaign("c", GIFT, where={"tills": ["1"]}), place=replace(PLACE, till=""))
    assert refusal(outcome) == "wrong_till"


@pytest.mark.parametrize(
    ("when", "moment", "refused"),
    [
        # the first moment counts, the last does not
        ({"from": "2026-11-21T12:30:00+03:00"}, "2026-11-21 12:30", None),
        ({"from": "2026-11-21T12:30:01+03:00"}, "2026-11-21 12:30", "not_started"),
        ({"until": "2026-11-21T12:30:00+03:00"}, "2026-11-21 12:30", "ended"),
        ({"until": "2026-11-21T12:30:01+03:00"}, "2026-11-21 12:30", None),
        ({"until": "2026-11-21T10:00:00+00:00"}, "2026-11-21 12:59:59", None),
        # 21 November 2026 is a Saturday
        ({"weekdays": [6, 7]}, "2026-11-21 00:00", None),
        ({"weekdays": [1, 2, 3, 4, 5]}, "2026-11-21 23:59:59", "wrong_weekday"),
        # 50 points from 13:00 to 15:00
        ({"hours": [["13:00", "15:00"]]}, "2026-11-21 12:59:59", "outside_hours"),
        ({"hours": [["13:00", "15:00"]]}, "2026-11-21 13:00", None),
        ({"hours": [["13:00", "15:00"]]}, "2026-11-21 14:59:59.999999", None),
        ({"hours": [["13:00", "15:00"]]}, "2026-11-21 15:00", "outside_hours"),
        ({"hours": [["09:00", "10:00"], ["13:00", "24:00"]]}, "2026-11-21 23:59", None),
        # over midnight: the night belongs to the day it begins on
        ({"hours": [["22:00", "02:00"]]}, "2026-11-21 01:59", None),
        ({"hours": [["22:00", "02:00"]]}, "2026-11-21 02:00", "outside_hours"),
        ({"weekdays": [5], "hours": [["22:00", "02:00"]]}, "2026-11-21 01:00", None),
        ({"weekdays": [6], "hours": [["22:00", "02:00"]]}, "2026-11-21 01:00", "outside_hours"),
        ({"weekdays": [6], "hours": [["22:00", "02:00"]]}, "2026-11-22 01:00", None),
        ({"weekdays": [7], "hours": [["22:00", "02:00"]]}, "2026-11-23 01:00", None),
        ({"weekdays": [5], "hours": [["22:00", "24:00"]]}, "2026-11-21 00:00", "wrong_weekday"),
    ],
)
def test_when(when, moment, refused):
    assert refusal(sell("tea 100", campaign("c", GIFT, when=when), when=moment)) == refused


@pytest.mark.parametrize(
    ("zone", "points"), [("Europe/Moscow", "0.00"), ("Asia/Yekaterinburg", "50.00"), ("Asia/Tokyo", "0.00")]
)
def test_hours_are_those_of_the_clock_on_the_wall_of_the_store(zone, points):
    happy = campaign("happy", GIFT, when={"hours": [["13:00", "15:00"]]})
    moment = at("2026-11-21 12:30", ZoneInfo(zone))  # 14:30 in Yekaterinburg
    assert earned(sell("tea 100", happy, moment=moment)) == points


@pytest.mark.parametrize(
    "hours", [[["22:00", "02:00"]], [["00:00", "24:00"]], [["06:00", "09:30"], ["23:00", "00:00"]]]
)
@pytest.mark.parametrize("weekdays", [[5], [6, 7], [1, 3]])
def test_hours_mean_the_same_for_campaigns_as_for_the_terms_of_a_lot(weekdays, hours):
    happy = campaign("happy", GIFT, when={"weekdays": weekdays, "hours": hours})
    windows = [Window(*(int(c[:2]) * 60 + int(c[3:]) for c in pair)) for pair in hours]
    for day in range(20, 27):
        for clock in ("00:00", "01:59", "02:00", "06:00", "09:30", "21:59", "22:00", "23:00", "23:59"):
            moment = at(f"2026-11-{day} {clock}")
            open_ = is_open(frozenset(weekdays), windows, moment.in_store)
            assert (refusal(sell("tea 100", happy, moment=moment)) is None) == open_, (day, clock)
