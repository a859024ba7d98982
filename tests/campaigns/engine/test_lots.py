"""The lots that campaigns create: their life, terms and funder."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from campaigns.engine.evaluation import evaluate_event
from campaigns.engine.rulebook import Rulebook
from campaigns.engine.shopper import Shopper
from tests.campaigns.engine.build import (
    RUBLES,
    anna,
    at,
    badge,
    campaign,
    coupon,
    fixed,
    next_purchase,
    off,
    percent,
    referrer,
    refusals,
    sell,
    staff,
    times,
)


def lot(lots=None, terms=RUBLES, shopper=None):
    outcome = sell("tea 100", campaign("c", percent("5"), lots=lots or {}), terms=terms, shopper=shopper)
    (grant,) = outcome.grants
    return grant


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("lots", "expires_at"),
    [
        ({}, "2027-11-21 20:59:59"),  # the programme's year, to the last second of the day in Moscow
        ({"expires": None}, "2027-11-21 20:59:59"),
        ({"expires": {"kind": "after", "days": 7}}, "2026-11-28 20:59:59"),
        ({"expires": {"kind": "on_date", "date": "2026-12-31"}}, "2026-12-31 20:59:59"),
        ({"expires": {"kind": "end_of", "unit": "month"}}, "2026-11-30 20:59:59"),
        ({"expires": {"kind": "anniversary"}}, "2027-03-08 20:59:59"),
    ],
)
def test_points_live_as_the_campaign_or_the_programme_says(lots, expires_at):
    grant = lot(lots)
    assert (grant.active_from, grant.expires_at) == (None, utc(expires_at))


def test_points_can_live_for_ever():
    assert lot({"expires": {"kind": "never"}}).expires_at is None
    assert lot(terms=replace(RUBLES, expiry=None)).expires_at is None


def test_a_member_whose_day_of_joining_is_unknown_joined_today():
    grant = lot({"expires": {"kind": "anniversary"}}, shopper=Shopper("anna"))
    assert grant.expires_at == utc("2027-11-21 20:59:59")


@pytest.mark.parametrize(
    ("days", "lots", "active_from", "expires_at"),
    [
        (0, {"delay": {"days": 1}}, "2026-11-21 21:00", "2027-11-22 20:59:59"),
        (14, {}, "2026-12-04 21:00", "2027-12-05 20:59:59"),
        (14, {"delay": {"hours": 2}}, "2026-11-21 11:30", "2027-11-21 20:59:59"),
    ],
)
def test_points_wait_as_the_campaign_or_the_programme_says(days, lots, active_from, expires_at):
    grant = lot(lots, replace(RUBLES, activation_days=days))
    assert (grant.active_from, grant.expires_at) == (utc(active_from), utc(expires_at))


def test_a_campaign_can_have_its_points_active_at_once_where_the_programme_waits():
    assert lot({"delay": {"days": 0}}, replace(RUBLES, activation_days=14)).active_from is None


def test_terms_of_use_and_funder_go_with_the_lot():
    grant = lot({"terms": {"max_share": "20"}, "funder": "lavazza"})
    assert (grant.terms, grant.funder) == ({"max_share": "20"}, "lavazza")
    assert (lot({"terms": {}}).terms, lot().funder) == (None, None)


def test_each_campaign_makes_one_lot():
    outcome = sell(
        "tea 100, soap 100", campaign("a", percent("5"), number=1), campaign("b", percent("1"), number=2)
    )
    assert [(g.campaign_id, str(g.points), len(outcome.by_line(g.campaign_id))) for g in outcome.grants] == [
        (1, "10.00", 2),
        (2, "2.00", 2),
    ]


# Points that nobody could ever spend

BY_23RD = {"expires": {"kind": "on_date", "date": "2026-11-23"}}


@pytest.mark.parametrize(
    ("lots", "terms", "refused"),
    [
        ({"expires": {"kind": "on_date", "date": "2026-11-20"}}, RUBLES, True),  # yesterday
        ({"expires": {"kind": "on_date", "date": "2026-11-21"}}, RUBLES, False),  # through today
        (BY_23RD | {"delay": {"days": 2}}, RUBLES, False),  # through the day on which they are active
        (BY_23RD | {"delay": {"days": 3}}, RUBLES, True),
        (BY_23RD | {"delay": {"return_window": 2}}, RUBLES, True),
        (BY_23RD | {"delay": {"hours": 59}}, RUBLES, False),  # half an hour of life
        (BY_23RD | {"delay": {"hours": 60}}, RUBLES, True),
        (BY_23RD, replace(RUBLES, activation_days=7), True),
        ({}, replace(RUBLES, expiry=BY_23RD["expires"], activation_days=7), True),
        ({"delay": {"days": 0}}, replace(RUBLES, expiry=BY_23RD["expires"], activation_days=7), False),
        ({"delay": {"days": 300}, "expires": {"kind": "after", "days": 1}}, RUBLES, False),  # counted from there
    ],
)  # fmt: skip
def test_points_that_would_expire_before_they_are_active_are_not_given(lots, terms, refused):
    outcome = sell("tea 100", campaign("c", percent("5"), number=1, lots=lots), terms=terms)
    assert (refusals(outcome) == {1: "never_spendable"}) == refused
    assert (outcome.earned == 0, outcome.grants == ()) == (refused, refused)


@pytest.mark.parametrize(
    ("what", "kept"),
    [
        ([times("2")], ""),
        ([next_purchase("10", 5)], ""),
        ([staff("5")], ""),
        ([referrer("5%")], ""),
        ([percent("5"), staff("5")], ""),
        ([percent("5"), off("10%")], "discount"),
        ([percent("5"), coupon("spring")], "coupon"),
        ([next_purchase("10", 5), badge("b")], "badge"),
    ],
)
def test_nobody_is_given_such_points_in_any_way_and_the_rest_of_the_campaign_counts(what, kept):
    late = campaign("c", *what, number=1, lots={"expires": {"kind": "on_date", "date": "2026-11-20"}})
    base = campaign("base", percent("3"), number=2)
    outcome = sell("tea 100", late, base, shopper=anna(referred=True), cashier="C-1")
    assert {grant.campaign_id for grant in outcome.grants} == {2}
    assert (outcome.others, outcome.uses) == ((), ())
    assert (refusals(outcome) == {1: "never_spendable"}) == (kept == "")
    assert ("discount" if outcome.discount else "".join(one.kind for one in outcome.extras)) == kept


def test_a_promise_that_could_only_give_such_points_stays_open():
    late = campaign(
        "c", next_purchase("10", 5), number=1, lots={"expires": {"kind": "on_date", "date": "2026-11-20"}}
    )
    outcome = sell("tea 100", late, shopper=anna(uses={(1, "n20261124"): (1, Decimal(0))}))
    assert (outcome.grants, outcome.uses) == ((), ())


def test_an_event_gives_no_such_points_either():
    late = campaign("c", fixed("5"), number=1, what_for={"of": "event", "event": "review.left"},
                    lots={"expires": {"kind": "on_date", "date": "2026-11-20"}})  # fmt: skip
    outcome = evaluate_event("review.left", anna(), at("2026-11-21 12:30"), Rulebook(RUBLES, (late,)))
    assert (outcome.grants, refusals(outcome)) == ((), {1: "never_spendable"})
