"""A recount that comes late tells every step as it would have been told on time, whoever comes to it first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import facts, recount, stored_facts
from analytics.models import MemberFacts
from loyalty.models import Ladder, Programme, Tier, TierChange
from loyalty.shops import places
from loyalty.tiers.tier_changes import Because
from members.models import Event, Member
from tests.analytics import laddering
from tests.analytics.laddering import change, open_ladder
from tests.analytics.test_recount import BEGIN, LADDERS, STEPS, made, someone
from tests.laws.world import undone

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
LATE = timedelta(days=400)
#: Who bought what in the six weeks before the ladder was changed, so that there is something to lose.
PURCHASE = st.tuples(
    st.integers(0, 44), st.sampled_from((0, 12, 23)), st.integers(5, 60), st.integers(0, 40),
    st.sampled_from(("completed", "completed", "completed", "partially_returned")),
)  # fmt: skip
PEOPLE = st.lists(st.lists(PURCHASE, min_size=1, max_size=6), min_size=4, max_size=10)
#: What was set by hand: for how many days, at least or exactly which tier; None: nothing.
BY_HAND = st.lists(
    st.one_of(
        st.none(), st.tuples(st.integers(0, 300), st.booleans(), st.sampled_from([code for code, _ in STEPS]))
    ),
    min_size=10,
    max_size=10,
)


@pytest.fixture(autouse=True)
def forget_places() -> None:
    places.forget()


def story(member: Member) -> list[Any]:
    """Every step of a member and every event of one, but for when it was written."""
    changes = TierChange.objects.filter(member=member).order_by("id")
    told = Event.objects.filter(member=member, kind__startswith="tier.").order_by("id")
    return [*changes.values_list("was", "now", "at", "why", "up"), *told.values_list("kind", "at", "data")]


def settle_in_time(programme: Programme, begin: datetime, end: datetime) -> int:
    """Recount when the ladder was changed, and at noon of each day after one on which somebody's time ran out: on the
    other days nothing is due. How often somebody was looked at."""
    looked = recount.settle(begin).members
    zone = laddering.read(programme).zone
    while True:
        due = MemberFacts.objects.filter(tier_until__lt=end - timedelta(days=1)).order_by("tier_until")
        until = due.values_list("tier_until", flat=True).first()
        if until is None:
            return looked + recount.settle(end).members
        moment = laddering.noon(until.astimezone(zone).date() + timedelta(days=1), programme)
        looked += recount.settle(moment).members


def set_by_hand(members: list[Member], by_hand: list[Any], programme: Programme, now: datetime) -> None:
    for member, given_ in zip(members, by_hand, strict=False):
        if given_ is not None:
            days, exactly, code = given_
            tier = Tier.objects.filter(programme=programme, code=code).first()
            until = laddering.noon((now + timedelta(days=days)).date(), programme) + timedelta(hours=11.99)
            if tier is not None:
                MemberFacts.objects.filter(member=member).update(
                    set_tier=tier, set_until=until, set_exactly=exactly
                )


def test_many_days_in_one_go_are_told_as_a_recount_of_each_day_tells_them() -> None:
    longest = [0]

    @given(
        rules=LADDERS, people=PEOPLE, by_hand=BY_HAND, lowest=st.sampled_from((0, 1)),
        zone=st.sampled_from(("Europe/Moscow", "America/New_York", "Pacific/Auckland")),
    )  # fmt: skip
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def late_is_as_on_time(**world: Any) -> None:
        longest.append(require_late_as_on_time(**world))

    late_is_as_on_time()
    assert max(longest) > 3  # there was something to be told


def require_late_as_on_time(
    rules: dict[str, Any], people: list[Any], by_hand: list[Any], lowest: int, zone: str
) -> int:
    """Returns the most steps that somebody took."""
    with undone():
        programme = open_ladder(STEPS[lowest:], zone=zone)
        members = made(programme, people)
        change(programme, **rules)
        begin = laddering.noon(BEGIN + timedelta(days=45), programme)
        end = begin + LATE
        Ladder.objects.update(changed_at=begin)
        set_by_hand(members, by_hand, programme, begin)
        with undone():
            settle_in_time(programme, begin, end)
            in_time = {member.pk: story(member) for member in members}

        places.forget()
        scheme = places.scheme(programme.pk)
        bought = stored_facts.read_bought([member.pk for member in members], programme.pk)
        for member in members:  # whoever is served before the recount comes
            known = stored_facts.known(MemberFacts.objects.get(member=member), bought[member.pk])
            stays = facts.as_of(known, scheme.ladder)
            found = facts.changes(member.pk, scheme, known, stays, Because("purchase"), end)
            steps = [(row.was, row.now, row.at, row.why, row.up) for row in found]
            assert steps == in_time[member.pk][: len(in_time[member.pk]) // 2]
        recount.settle(end, batch=3)
        assert {member.pk: story(member) for member in members} == in_time
        assert not recount.settle(end).members
    places.forget()
    return max(len(told) // 2 for told in in_time.values())


def test_a_late_recount_tells_each_step_down_with_the_day_on_which_it_was_due() -> None:
    programme = open_ladder(down="idle", idle_days=60)
    member = someone(programme, 950)
    recount.settle(NOW)

    tally = recount.settle(NOW + LATE)

    first = datetime(
        2026, 7, 9, 20, 59, 59, tzinfo=UTC
    )  # the end of a day in Moscow, 60 days after the purchase
    assert list(TierChange.objects.order_by("id").values_list("was", "now", "why", "at"))[1:] == [
        ("gold", "silver", "rule", first),
        ("silver", "classic", "rule", first + timedelta(days=60)),
    ]
    told = Event.objects.filter(member=member, kind="tier.lost").order_by("id")
    assert [(one.data["tier"], one.data["now"], one.at) for one in told] == [
        ("gold", "silver", first),
        ("silver", "classic", first + timedelta(days=60)),
    ]
    assert (tally.down, tally.unfinished) == (2, 0)
    assert MemberFacts.objects.get(member=member).tier_until is None


def test_a_changed_ladder_is_told_as_of_its_change_and_what_time_did_after_it() -> None:
    programme = open_ladder()
    member = someone(programme, 950, "gold")
    change(programme, down="idle", idle_days=60)
    Tier.objects.filter(code="gold").update(threshold=1000)
    Ladder.objects.update(changed_at=NOW)

    recount.settle(NOW + LATE)

    assert list(TierChange.objects.filter(member=member).order_by("id").values_list("now", "why", "at")) == [
        ("silver", "ladder", NOW),
        ("classic", "rule", datetime(2026, 7, 9, 20, 59, 59, tzinfo=UTC)),
    ]


def test_a_late_recount_of_many_takes_as_many_statements_as_its_longest_fall_has_steps(
    django_assert_num_queries: Any,
) -> None:
    programme = open_ladder(down="idle", idle_days=60)
    for spent in (950, 950, 400, 950):
        someone(programme, spent)
    recount.settle(NOW)
    places.scheme(programme.pk)
    many = recount.settle_programme(programme.pk, NOW + LATE, batch=1000)
    assert (many.batches, many.members, many.down) == (2, 7, 7)
