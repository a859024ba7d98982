"""Changes of a definition, told as a manager would tell them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.words.differences import differences, mean_the_same, tell

COFFEE: dict[str, Any] = {
    "whom": {"who": "members", "tiers": ["silver"]},
    "when": {"hours": [["13:00", "15:00"]], "weekdays": [1, 2, 3, 4, 5]},
    "what_for": {"of": "lines", "categories": ["coffee"]},
    "what": [{"effect": "points_percent", "percent": "5"}],
    "judge": {"limits": [{"per": "member", "period": "month", "points": "500"}]},
}


def changed(**parts: Any) -> dict[str, Any]:
    return COFFEE | parts


CASES = [
    (
        {"what": [{"effect": "points_percent", "percent": "7"}]},
        ["percent of points: 5 → 7"],
    ),
    (
        {"when": {"hours": [["13:00", "15:00"], ["18:00", "20:00"]], "weekdays": [6, 7]}},
        ["weekdays: Mon, Tue, Wed, Thu, Fri → Sat, Sun", "hours: 13:00–15:00 → 13:00–15:00, 18:00–20:00"],
    ),
    ({"whom": {"who": "everyone"}}, ["for whom: members → everyone", "tiers: silver → –"]),
    (
        {"what_for": {"of": "lines", "categories": ["coffee", "tea"], "except": {"brands": ["Nerva"]}}},
        ["categories: coffee → coffee, tea", "without the brands: – → Nerva"],
    ),
    (
        {"judge": {"limits": [{"per": "member", "period": "month", "points": "300", "times": 2}]}},
        ["limit of a member, a month, times: – → 2", "limit of a member, a month, points: 500 → 300"],
    ),
    (
        {"judge": {"limits": [{"period": "day", "times": 1}], "budget": {"points": "10000"}}},
        [
            "budget of points: – → 10000",
            "removed: limit of a member, a month: points 500",
            "added: limit of a member, a day: times 1",
        ],
    ),
    (
        {"what": [{"effect": "badge", "code": "barista"}, {"effect": "points_percent", "percent": 6}]},
        ["percent of points: 5 → 6", "added: badge barista"],
    ),
    (
        {"what": [{"effect": "points_fixed", "points": "50"}]},
        ["removed: percent of points 5", "added: points 50"],
    ),
    (
        {"if": {"condition": "receipt_amount", "at_least": 100}},
        ["condition: – → amount of the receipt, at least 100"],
    ),
    (
        {"lots": {"expires": {"kind": "after", "days": 30}, "funder": "supplier"}},
        ["points expire: – → 30 days after they were earned", "paid for by: – → supplier"],
    ),
    (
        {"tell": {"receipt": "Thank you!\nCome again."}},
        ["text on the receipt: – → Thank you! ⏎ Come again."],
    ),
]


@pytest.mark.parametrize(("parts", "lines"), CASES)
def test_a_change_is_a_line_that_says_what_was_and_what_is(parts: dict[str, Any], lines: list[str]) -> None:
    assert differences(COFFEE, changed(**parts)) == lines
    assert not mean_the_same(COFFEE, changed(**parts))


@pytest.mark.parametrize(
    "other",
    [
        changed(what=[{"effect": "points_percent", "percent": 5}]),
        changed(where={}, tell={}),
        changed(whom={"tiers": ["silver"]}),
    ],
)
def test_what_means_the_same_is_no_difference(other: dict[str, Any]) -> None:
    assert differences(COFFEE, other) == []
    assert mean_the_same(COFFEE, other)


def test_conditions_are_compared_with_their_own_kind() -> None:
    amount = {"condition": "receipt_amount", "at_least": "100"}
    tier = {"condition": "tier", "in": ["gold"]}
    age = {"condition": "age", "at_least": 18}

    before = changed(**{"if": {"all": [amount, {"any": [tier, age]}]}})
    after = changed(**{"if": {"all": [{"any": [age]}, amount | {"at_least": "200"}]}})

    assert differences(before, after) == [
        "amount of the receipt, at least: 100 → 200",
        "removed: any of these: (tier gold; age, at least 18)",
        "added: any of these: (age, at least 18)",
    ]


def test_a_definition_is_told_line_by_line() -> None:
    assert tell(COFFEE) == [
        "for whom: members",
        "tiers: silver",
        "weekdays: Mon, Tue, Wed, Thu, Fri",
        "hours: 13:00–15:00",
        "looks at: lines of the receipt",
        "categories: coffee",
        "percent of points 5",
        "limit of a member, a month: points 500",
    ]


def test_a_broken_draft_is_compared_all_the_same() -> None:
    assert differences({"what": [{"effect": "points_percent"}]}, {"what": "?"}) == [
        "removed: percent of points"
    ]
    assert differences({}, {"nonsense": [1]}) == ["nonsense: – → 1"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text("ab:\n", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*COFFEE, "if", "limits", "effect", "all", "percent"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


@given(before=JSON, after=JSON)
def test_any_two_documents_differ_in_words_exactly_when_they_differ(before: Any, after: Any) -> None:
    assert bool(differences(before, after)) == (not mean_the_same(before, after))
