"""What members do, and dates of theirs: events, the days around a birthday, and what comes with an event."""

from datetime import date

import pytest

from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.evaluation import evaluate_event
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.shopper import ANONYMOUS
from tests.campaigns.engine.build import (
    PLACE,
    RUBLES,
    anna,
    at,
    badge,
    campaign,
    cond,
    coupon,
    earned,
    fixed,
    next_purchase,
    per,
    percent,
    referrer,
    refusal,
    sell,
    staff,
    steps,
)


def on(event, *what, **parts):
    what_for = {"of": "event", "event": event, **parts.pop("what_for", {})}
    return campaign("c", *(what or (fixed("50"),)), number=1, what_for=what_for, **parts)


def happen(event, *campaigns, shopper=None, when="2026-11-21 12:30", data=None, **more):
    rulebook = Rulebook(RUBLES, campaigns)
    return evaluate_event(
        event, anna() if shopper is None else shopper, at(when), rulebook, data=data, **more
    )


# What comes with an event


@pytest.mark.parametrize(
    ("what", "data", "points"),
    [
        (percent("10"), {"amount": "150"}, "15.00"),
        (percent("10"), {"amount": 150}, "15.00"),
        (percent("10"), {"amount": 0.1}, "0.01"),
        (percent("10"), {}, "0.00"),
        (percent("10"), {"amount": -5}, "0.00"),
        (percent("10"), {"amount": "a lot"}, "0.00"),
        (percent("10"), {"amount": "NaN"}, "0.00"),
        (percent("10"), {"amount": True}, "0.00"),
        (per("1", "100"), {"amount": "250"}, "2.00"),
        (steps(("0", "5%"), ("100", "10%")), {"amount": "100"}, "10.00"),
        (fixed("50"), {}, "50.00"),
    ],
)
def test_a_friends_purchase_brings_a_share_of_its_amount(what, data, points):
    outcome = happen("friend.purchased", on("friend.purchased", what), data=data)
    assert earned(outcome) == points
    assert outcome.by_line(1) == ({None: outcome.earned} if outcome.earned else {})  # an event has no lines


@pytest.mark.parametrize(
    ("condition", "data", "refused"),
    [
        (cond("event_data", key="stars", at_least=4), {"stars": 4}, None),
        (cond("event_data", key="stars", at_least=4), {"stars": "5"}, None),
        (cond("event_data", key="stars", at_least=4), {"stars": 3}, "wrong_data"),
        (cond("event_data", key="stars", at_least=4), {}, "wrong_data"),
        (cond("event_data", key="first", is_="true"), {"first": True}, None),
        (cond("event_data", key="first", is_="true"), {"first": False}, "wrong_data"),
        (cond("event_data", key="tier", in_=["gold", "black"]), {"tier": "gold"}, None),
        (
            {"any": [cond("event_data", key="a", is_="1"), cond("event_data", key="b", is_="1")]},
            {"b": "1"},
            None,
        ),
    ],
)
def test_what_came_with_the_event(condition, data, refused):
    assert refusal(happen("review.left", on("review.left", if_=condition), data=data)) == refused


def test_conditions_about_the_member_are_asked_of_events_too():
    spender = on("review.left", if_=cond("spent", period="month", at_least=100))
    assert refusal(happen("review.left", spender)) == "spent_too_low"
    buyer = on(
        "review.left", if_={"any": [cond("bought", period="ever", at_least=1), cond("tier", in_=["silver"])]}
    )
    assert refusal(happen("review.left", buyer)) is None


def test_an_event_can_bring_a_coupon_a_badge_and_a_promise():
    outcome = happen(
        "goal.reached", on("goal.reached", coupon("spring"), badge("runner"), next_purchase("5", 10))
    )
    assert [extra.code for extra in outcome.extras] == ["spring", "runner"]
    assert [(use.period, use.times) for use in outcome.uses] == [("n20261201", 1)]


def test_a_registration_can_bring_points_to_the_cashier_and_to_the_friend_who_sent_the_member():
    welcome = on("member.registered", fixed("100"), staff("10"), referrer("50"))
    outcome = happen("member.registered", welcome, shopper=anna(referred=True), cashier="C-1", place=PLACE)
    assert earned(outcome) == "100.00"
    assert [(other.to, str(other.points)) for other in outcome.others] == [
        ("cashier", "10.00"),
        ("referrer", "50.00"),
    ]
    online = happen("member.registered", welcome)
    assert (earned(online), online.others) == ("100.00", ())


def test_places_and_times_hold_for_events():
    here = on("member.registered", where={"stores": ["main"]}, when={"weekdays": [6]})
    assert refusal(happen("member.registered", here)) == "wrong_store"
    assert refusal(happen("member.registered", here, place=PLACE)) is None
    assert refusal(happen("member.registered", here, place=PLACE, when="2026-11-22 12:30")) == "wrong_weekday"


def test_an_event_of_nobody_gives_nothing():
    assert refusal(happen("review.left", on("review.left"), shopper=ANONYMOUS)) == "no_member"


# Events that come with a number of days


@pytest.mark.parametrize(
    ("what_for", "event", "data", "refused"),
    [
        ({}, "member.birthday", {}, None),
        ({}, "member.birthday", {"offset": 0}, None),
        ({}, "member.birthday", {"offset": -3}, "other_day"),
        ({"offset": -3}, "member.birthday", {"offset": -3}, None),
        ({"offset": -3}, "member.birthday", {}, "other_day"),
        ({"offset": 30}, "member.anniversary", {"offset": 30}, None),
        ({"days": 60}, "member.dormant", {"days": 60}, None),
        ({"days": 60}, "member.dormant", {"days": 30}, "other_day"),
        ({"days": 60}, "member.dormant", {}, "other_day"),
    ],
)
def test_dated_events_reward_the_campaigns_of_their_day(what_for, event, data, refused):
    assert refusal(happen(event, on(event, what_for=what_for), data=data)) == refused


# Days around a date, at the till


@pytest.mark.parametrize(
    ("today", "counts_from", "said"),
    [
        ("2026-06-15", "2026-06-15", None),
        ("2026-06-15", "2026-06-16", "birthday_new"),
        ("2026-06-15", None, None),
        ("2026-06-11", "2026-06-29", "not_around"),
    ],
)
def test_days_around_a_birthday_count_only_once_the_birthday_counts(
    today: str, counts_from: str | None, said: str | None
) -> None:
    since = date.fromisoformat(counts_from) if counts_from else None
    shopper = anna(birthday=date(1990, 6, 15), birthday_from=since)
    assert (
        refusal(
            sell("tea 100", campaign("c", percent("10"), when=AROUND), shopper=shopper, when=f"{today} 12:00")
        )
        == said
    )
    joined = campaign("c", percent("10"), when={"around": {"date": "joined", "before": 3}})
    other = anna(joined_on=date(2020, 6, 16), birthday_from=date(2999, 1, 1))
    assert refusal(sell("tea 100", joined, shopper=other, when="2026-06-15 12:00")) is None


AROUND = {"around": {"date": "birthday", "before": 3, "after": 7}}


def at_the_till(today, born, around=None, **facts):
    raised = campaign("c", percent("10"), when=around or AROUND)
    shopper = anna(birthday=born and date.fromisoformat(born), **facts)
    return refusal(sell("tea 100", raised, shopper=shopper, when=f"{today} 12:00")) is None


@pytest.mark.parametrize(
    ("today", "born", "near"),
    [
        ("2026-06-11", "1990-06-15", False),
        ("2026-06-12", "1990-06-15", True),
        ("2026-06-15", "1990-06-15", True),
        ("2026-06-22", "1990-06-15", True),
        ("2026-06-23", "1990-06-15", False),
        # over New Year, from either side
        ("2026-12-30", "1990-01-02", True),
        ("2026-12-29", "1990-01-02", False),
        ("2027-01-05", "1990-12-29", True),
        ("2027-01-06", "1990-12-29", False),
        ("2026-12-31", "1990-12-31", True),
        # who was born on 29 February is celebrated on the 28th, or on the day itself
        ("2027-02-25", "1992-02-29", True),
        ("2027-02-24", "1992-02-29", False),
        ("2027-03-07", "1992-02-29", True),
        ("2027-03-08", "1992-02-29", False),
        ("2028-03-07", "1992-02-29", True),
        ("2028-02-25", "1992-02-29", False),
        ("2028-02-26", "1992-02-29", True),
        # nobody knows
        ("2026-06-15", None, False),
    ],
)
def test_around_a_birthday(today, born, near):
    assert at_the_till(today, born) == near


@pytest.mark.parametrize(
    ("around", "today", "near"),
    [
        ({"date": "birthday"}, "2026-06-15", True),
        ({"date": "birthday"}, "2026-06-16", False),
        ({"date": "birthday", "after": 1}, "2026-06-16", True),
        ({"date": "joined", "after": 2}, "2026-03-10", True),  # Anna joined on 8 March 2025
        ({"date": "joined", "after": 2}, "2026-03-11", False),
        ({"date": "wedding", "before": 1}, "2026-08-07", True),
        ({"date": "wedding", "before": 1}, "2026-08-06", False),
        ({"date": "name day"}, "2026-06-15", False),  # not among her attributes
        ({"date": "pet"}, "2026-06-15", False),  # and this one is no date
    ],
)
def test_around_other_dates(around, today, near):
    attributes = {"wedding": "2015-08-08", "pet": "cat"}
    assert at_the_till(today, "1990-06-15", {"around": around}, attributes=attributes) == near


def test_the_day_is_that_of_the_programmes_clock():
    raised = campaign("c", percent("10"), when={"around": {"date": "birthday"}})
    born = anna(birthday=date(1990, 6, 15))
    assert refusal(sell("tea 100", raised, shopper=born, when="2026-06-15 00:00")) is None
    assert refusal(sell("tea 100", raised, shopper=born, when="2026-06-16 00:00")) == "not_around"


# What makes no sense is refused


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        ({"what_for": {"of": "event", "event": "review.left", "offset": 1}}, "what_for.offset", "member.birthday"),
        ({"what_for": {"of": "event", "event": "member.dormant"}}, "what_for.days", "goes with"),
        ({"what_for": {"of": "event", "event": "review.left", "days": 5}}, "what_for.days", "goes with"),
        ({"if": cond("event_data", key="a", is_="b")}, "if", "about receipts"),
        ({"what_for": {"of": "event", "event": "a.b"}, "what": [{"effect": "points_per_piece", "points": "1"}]},
         "what[0].effect", "needs a receipt"),
        ({"what_for": {"of": "event", "event": "a.b"}, "what": [{"effect": "discount_percent", "percent": "1"}]},
         "what[0].effect", "needs a receipt"),
    ],
)  # fmt: skip
def test_what_an_event_cannot_have_is_refused(document, path, words):
    with pytest.raises(DefinitionError) as caught:
        parse({"what": [fixed("5")], **document})
    assert [problem.path for problem in caught.value.problems] == [path]
    assert words in caught.value.problems[0].message
