"""The sentence that says what a mechanic does, as tables: a definition, what is read."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone, translation
from hypothesis import given

from campaigns.words.sentence import describe
from tests.backoffice.definitions import documents

NAMES = {
    ("tiers", "silver"): "Silver",
    ("tiers", "gold"): "Gold",
    ("segments", "vip"): "VIP",
    ("card_kinds", "plastic"): "Plastic",
    ("categories", "coffee"): "Coffee",
    ("sets", "breakfast"): "Breakfast",
    ("products", "RYE"): "Rye bread",
    ("stores", "corner"): "Green Corner",
    ("groups", "north"): "North",
    ("series", "spring"): "Spring",
    ("funders", "supplier"): "Supplier Ltd",
    ("events", "review.left"): "a review is left",
    ("channels", "web"): "web shop",
}
FIVE = [{"effect": "points_percent", "percent": "5"}]
MEMBERS = {"who": "members"}


def name(kind: str, code: str) -> str:
    return NAMES.get((kind, code), code)


def read(document: dict[str, Any]) -> list[str]:
    with translation.override("en"), timezone.override("Europe/Berlin"):
        return describe(document, name, "EUR")


@given(documents())
def test_whatever_is_in_a_definition_it_is_told_in_sentences(document: dict[str, Any]) -> None:
    told = read(document)
    assert told
    for text in told:
        assert text[-1] in ".”", text
        assert text == text.strip()


def test_the_mechanic_of_the_brief_reads_as_it_was_asked_for() -> None:
    assert read(
        {
            "whom": {"who": "members", "tiers": ["silver"]},
            "when": {"weekdays": [1, 2, 3, 4, 5], "hours": [["13:00", "15:00"]]},
            "what_for": {"of": "lines", "categories": ["coffee"]},
            "what": [{"effect": "multiplier", "by": "2"}],
            "lots": {"funder": "supplier"},
            "judge": {"limits": [{"per": "member", "period": "month", "points": "500"}]},
        }
    ) == [
        "Members of the tier Silver get double points on Coffee, from Monday to Friday, from 13:00 to 15:00.",
        "At most 500 points a month for each member.",
        "It is paid for by Supplier Ltd.",
    ]


@pytest.mark.parametrize(
    ("whom", "who"),
    [
        ({}, "All buyers"),
        ({"who": "everyone"}, "All buyers"),
        ({"who": "members"}, "All members"),
        ({"who": "members", "tiers": ["silver", "gold"]}, "Members of the tier Silver or Gold"),
        ({"who": "members", "segments": ["vip"], "card_kinds": ["plastic"]},
         "Members of the segment VIP, with a card Plastic"),
        ({"who": "members", "except": {"tiers": ["gold"]}}, "Members but not Gold"),
        ({"who": "members", "tiers": []}, "Members of the tier ‹choose the tier›"),
    ],
)  # fmt: skip
def test_who_is_told(whom: dict[str, Any], who: str) -> None:
    assert read({"whom": whom, "what": FIVE}) == [f"{who} get 5% back in points."]


@pytest.mark.parametrize(
    ("effect", "what"),
    [
        ({"effect": "points_percent", "percent": "7.50"}, "7.5% back in points"),
        ({"effect": "points_fixed", "points": "1"}, "1 point"),
        ({"effect": "points_fixed", "points": "1000"}, "1,000 points"),
        ({"effect": "points_per", "points": "1", "per": "10"}, "1 point for every 10 EUR"),
        ({"effect": "points_per_piece", "points": "10"}, "10 points for every piece"),
        ({"effect": "points_per_piece", "points": "10", "up_to": "3"},
         "10 points for every piece (of 3 pieces at most)"),
        ({"effect": "points_steps", "steps": [{"from": "1", "percent": "5"}, {"from": "100", "points": "7"}]},
         "points by the amount (from 1 EUR: 5%; from 100 EUR: 7 points)"),
        ({"effect": "multiplier", "by": "2"}, "double points"),
        ({"effect": "multiplier", "by": "1.5"}, "1.5 times the points"),
        ({"effect": "discount_percent", "percent": "10"}, "a discount of 10%"),
        ({"effect": "discount_amount", "amount": "3"}, "a discount of 3 EUR"),
        ({"effect": "fixed_price", "price": "9.99"}, "the price of 9.99 EUR a piece"),
        ({"effect": "cheapest_free", "every": 3}, "the cheapest 1 of every 3 pieces free"),
        ({"effect": "cheapest_free", "every": 2, "percent": "50"}, "the cheapest 1 of every 2 pieces with 50% off"),
        ({"effect": "gift", "products": ["RYE"]}, "Rye bread as a gift"),
        ({"effect": "next_purchase", "percent": "10", "days": 30},
         "10% of their next purchase within 30 days, in points"),
        ({"effect": "stamp", "goal": 6, "reward": {"free": 1}},
         "a stamp for every receipt, and for 6 stamps 1 piece free"),
        ({"effect": "issue_coupon", "series": "spring"}, "a coupon “Spring”"),
        ({"effect": "badge", "code": "early-bird"}, "the badge “early-bird”"),
        ({"effect": "points_percent"}, "‹how many percent› back in points"),
    ],
)  # fmt: skip
def test_what_they_get_is_told(effect: dict[str, Any], what: str) -> None:
    text = read({"whom": MEMBERS, "what": [effect]})[0].replace("\u00a0", " ")
    assert text == f"All members get {what}."


@pytest.mark.parametrize(
    ("effect", "sentence"),
    [
        ({"effect": "exchange", "points": "100", "amount": "10"},
         "At the till they can exchange 100 points for 10 EUR off."),
        ({"effect": "staff_points", "points": "5"}, "The cashier gets 5 points."),
        ({"effect": "referrer_points", "percent": "2"},
         "The friend who brought the member gets 2% of the amount in points."),
    ],
)  # fmt: skip
def test_what_others_get_is_told_beside_it(effect: dict[str, Any], sentence: str) -> None:
    assert read({"whom": MEMBERS, "what": [*FIVE, effect]})[1].replace("\u00a0", " ") == sentence


@pytest.mark.parametrize(
    ("what_for", "text"),
    [
        ({"of": "lines", "categories": ["coffee"], "products": ["RYE"]},
         "All members get 5% back in points on Rye bread or Coffee."),
        ({"of": "lines", "except": {"sets": ["breakfast"]}},
         "All members get 5% back in points on all goods, but not on Breakfast."),
        ({"of": "event", "event": "review.left"}, "When a review is left, all members get 5% back in points."),
        ({"of": "event", "event": "member.birthday", "offset": -3},
         "3 days before their birthday all members get 5% back in points."),
        ({"of": "event", "event": "member.dormant", "days": 60},
         "After 60 days without a purchase all members get 5% back in points."),
    ],
)  # fmt: skip
def test_what_it_is_for_is_told(what_for: dict[str, Any], text: str) -> None:
    assert read({"whom": MEMBERS, "what_for": what_for, "what": FIVE}) == [text]


@pytest.mark.parametrize(
    ("when", "text"),
    [
        ({"weekdays": [6, 7]}, "at weekends"),
        ({"weekdays": [1, 5]}, "on Mondays and Fridays"),
        ({"hours": [["09:00", "11:00"], ["15:00", "17:00"]]}, "from 09:00 to 11:00 and from 15:00 to 17:00"),
        ({"from": "2026-12-01T00:00:00+01:00"}, "from 2026-12-01 on"),
        ({"until": "2027-01-01T00:00:00+01:00"}, "until 2026-12-31"),
        ({"from": "2026-12-01T00:00:00+01:00", "until": "2026-12-24T14:00:00+01:00"},
         "from 2026-12-01 to 2026-12-24 14:00"),
        ({"around": {"date": "birthday", "before": 3, "after": 7}},
         "from 3 days before to 7 days after their birthday"),
        ({"around": {"date": "joined"}}, "on the day of their anniversary of joining"),
    ],
)  # fmt: skip
def test_when_it_is_on_is_told_on_the_programmes_clocks(when: dict[str, Any], text: str) -> None:
    assert read({"whom": MEMBERS, "when": when, "what": FIVE}) == [
        f"All members get 5% back in points, {text}."
    ]


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({"stores": ["corner"], "groups": ["north"]}, "at Green Corner or North"),
        ({"channels": ["web"]}, "in the channel web shop"),
        (
            {"except": {"stores": ["corner"], "channels": ["web"]}},
            "but not at Green Corner, but not in web shop",
        ),
    ],
)
def test_where_it_is_on_is_told(where: dict[str, Any], text: str) -> None:
    assert read({"whom": MEMBERS, "where": where, "what": FIVE}) == [
        f"All members get 5% back in points, {text}."
    ]


@pytest.mark.parametrize(
    ("tree", "clause"),
    [
        ({"condition": "receipt_amount", "at_least": "100"}, "the receipt comes to at least 100 EUR"),
        ({"condition": "receipt_amount", "at_least": "100", "below": "500"},
         "the receipt comes to at least 100 EUR and less than 500 EUR"),
        ({"condition": "line_count", "at_least": 2, "at_most": 5}, "the receipt has this many lines: from 2 to 5"),
        ({"condition": "contains", "products": ["RYE"], "pieces": "2"},
         "at least 2 pieces of Rye bread are on the receipt"),
        ({"condition": "nth_purchase", "every": 5, "of_at_least": "20", "period": "month"},
         "it is every 5th purchase of at least 20 EUR this month"),
        ({"condition": "nth_purchase", "every": 2}, "it is every 2nd purchase"),
        ({"condition": "nth_purchase", "every": 12}, "it is every 12th purchase"),
        ({"condition": "nth_purchase", "every": 23}, "it is every 23rd purchase"),
        ({"condition": "first_purchase", "in": "category", "category": "coffee"},
         "it is the member’s first purchase of Coffee"),
        ({"condition": "spent", "period": {"days": 30}, "at_least": "200", "categories": ["coffee"]},
         "at least 200 EUR was spent on Coffee within 30 days"),
        ({"condition": "bought", "period": "month", "at_least": "3", "with_this": False, "sets": ["breakfast"]},
         "at least 3 pieces of Breakfast were bought this month before this receipt"),
        ({"condition": "days_since_purchase", "at_least": 60}, "at least 60 days passed since the last purchase"),
        ({"condition": "age", "at_least": 18, "at_most": 18}, "the member’s age is exactly 18"),
        ({"condition": "attribute", "key": "pet", "in": ["cat", "dog"]}, "the member’s pet is “cat” or “dog”"),
        ({"condition": "paid_with_points", "is": False}, "no points are spent on the receipt"),
        ({"all": [{"condition": "first_purchase"},
                  {"any": [{"condition": "gender", "is": "female"}, {"condition": "tier", "in": ["gold"]}]}]},
         "it is the member’s first purchase and (the member is a woman or the tier is Gold)"),
        ({"none": [{"condition": "tier", "in": ["gold"]}]}, "none of this holds: the tier is Gold"),
    ],
)  # fmt: skip
def test_conditions_are_told_as_one_clause(tree: dict[str, Any], clause: str) -> None:
    told = read({"whom": MEMBERS, "if": tree, "what": FIVE})[1].replace("\u00a0", " ")
    assert told == f"Only if {clause}."


@pytest.mark.parametrize(
    ("more", "sentences"),
    [
        ({"judge": {"limits": [{"period": "day", "times": 1}]}}, ["At most 1 time a day for each member."]),
        ({"judge": {"limits": [{"per": "store", "period": "ever", "points": "900"}]}},
         ["At most 900 points in all for each store."]),
        ({"judge": {"budget": {"points": "10000", "money": "50"}}},
         ["The campaign gives at most 10,000 points and 50 EUR in discounts and then stops."]),
        ({"lots": {"expires": {"kind": "after", "days": 30}, "delay": {"return_window": 14}}},
         ["The points can be spent when the return window of 14 days is over and expire 30 days after they are "
          "earned."]),
        ({"lots": {"terms": {"max_share": "50", "categories": ["coffee"], "weekdays": [6, 7]}}},
         ["They can only be spent for at most 50% of a receipt, on Coffee, at weekends."]),
        ({"stacking": {"group": "lunch", "mode": "best"}},
         ["Of the campaigns in the group lunch only the one that gives most counts."]),
        ({"stacking": {"group": "lunch", "mode": "exclusive", "discounted": "exclude"}},
         ["When it counts, no other campaign of the group lunch does.",
          "Goods that are cheaper through another campaign earn nothing here."]),
        ({"tell": {"till": "Smile!", "receipt": "Thank you"}},
         ["The till shows: “Smile!”", "The receipt says: “Thank you”"]),
    ],
)  # fmt: skip
def test_limits_points_and_company_have_their_own_sentences(
    more: dict[str, Any], sentences: list[str]
) -> None:
    told = read({"whom": MEMBERS, "what": FIVE, **more})
    assert [text.replace("\u00a0", " ") for text in told[1:]] == sentences


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({}, "All buyers get ‹choose what they get›."),
        ({"whom": MEMBERS, "tell": {"till": "Hi"}}, "All members are only told something."),
        (
            {"whom": MEMBERS, "what": [{"effect": "staff_points", "points": "5"}]},
            "This concerns all members.",
        ),
    ],
)
def test_a_definition_that_gives_nothing_yet_is_told_too(document: dict[str, Any], text: str) -> None:
    assert read(document)[0] == text


def read_in_russian(document: dict[str, Any]) -> str:
    with translation.override("ru"), timezone.override("Europe/Moscow"):
        return " ".join(describe(document, lambda kind, code: RUSSIAN.get(code, code), "₽")).replace(
            "\u00a0", " "
        )


RUSSIAN = {
    "silver": "Серебро",
    "gold": "Золото",
    "coffee": "Кофе",
    "corner": "На углу",
    "supplier": "Поставщик",
}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"whom": {"who": "members", "tiers": ["silver"]},
          "when": {"weekdays": [1, 2, 3, 4, 5], "hours": [["13:00", "15:00"]]},
          "what_for": {"of": "lines", "categories": ["coffee"]},
          "what": [{"effect": "multiplier", "by": "2"}],
          "lots": {"funder": "supplier"},
          "judge": {"limits": [{"per": "member", "period": "month", "points": "500"}]}},
         "Участники с уровнем Серебро получают двойные баллы на Кофе, с понедельника по пятницу, с 13:00 до 15:00. "
         "Не больше 500 баллов за месяц на каждого участника. Платит Поставщик."),
        ({"what": FIVE}, "Все покупатели получают 5% баллами."),
        ({"whom": MEMBERS, "what": [{"effect": "points_per", "points": "1", "per": "10"}]},
         "Все участники получают 1 балл за каждые 10 ₽."),
        ({"whom": MEMBERS, "what": [{"effect": "points_fixed", "points": "1.5"}]},
         "Все участники получают 1,5 балла."),
        ({"whom": MEMBERS, "what": [{"effect": "points_fixed", "points": "50"}],
          "if": {"condition": "nth_purchase", "every": 5, "of_at_least": "1000"}},
         "Все участники получают 50 баллов. Только если это каждая 5-я покупка на сумму от 1 000 ₽."),
        ({"whom": MEMBERS, "what": FIVE, "when": {"weekdays": [6, 7]}, "where": {"stores": ["corner"]}},
         "Все участники получают 5% баллами, по выходным, в торговых точках На углу."),
        ({"whom": MEMBERS, "what": FIVE, "judge": {"limits": [{"period": "week", "times": 1}]}},
         "Все участники получают 5% баллами. Не больше 1 раза за неделю на каждого участника."),
        ({"whom": MEMBERS, "what": FIVE, "lots": {"expires": {"kind": "after", "days": 31}}},
         "Все участники получают 5% баллами. Баллы сгорают через 31 день после начисления."),
        ({"whom": MEMBERS, "what": [{"effect": "exchange", "points": "100", "percent": "20"}]},
         "Для кого: все участники. На кассе в обмен на 100 баллов — скидка 20%."),
        ({"whom": MEMBERS, "what": FIVE, "when": {"until": "2027-01-01T00:00:00+03:00"}},
         "Все участники получают 5% баллами, до 31.12.2026."),
    ],
)  # fmt: skip
def test_it_is_told_in_russian_too(document: dict[str, Any], text: str) -> None:
    assert read_in_russian(document) == text


@given(documents())
def test_every_definition_is_told_in_russian_without_a_word_of_english(document: dict[str, Any]) -> None:
    with translation.override("ru"):
        told = describe(document, lambda kind, code: "Имя", "₽")
    document_words = {word for word in re.findall("[A-Za-z]{3,}", str(document))}
    whole = [re.sub("‹[^›]*›", "", text) for text in told]  # gaps are asked for elsewhere
    words = {word for text in whole for word in re.findall("[A-Za-z]{3,}", text)}
    assert words <= document_words, words
