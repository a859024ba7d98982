"""The recount of many members in SQL agrees with the rules of one member, and is safe to repeat and to share."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import facts, recount, stored_facts
from analytics.models import MemberFacts
from loyalty.ledger import ledger
from loyalty.models import Account, Programme, Tier, TierChange
from loyalty.rules import tiers
from loyalty.rules.tiers import Climb
from loyalty.shops import places
from members.models import Event, Member
from members.timeline import events
from members.timeline.events import EventRow
from tests import factories
from tests.analytics import laddering
from tests.analytics.laddering import Books, change, open_ladder
from tests.laws.world import undone

pytestmark = pytest.mark.django_db

BEGIN = date(2026, 1, 20)
SPANS = st.one_of(
    st.fixed_dictionaries({"span_unit": st.just("days"), "span_amount": st.sampled_from((1, 7, 30, 90))}),
    st.fixed_dictionaries({"span_unit": st.just("months"), "span_amount": st.sampled_from((1, 2, 6))}),
)
WINDOWS = ("rolling", "month", "quarter", "year")
EVERY = {
    "basis": st.sampled_from(("spent", "points", "visits")),
    "fall": st.sampled_from(("step", "lowest")),
    "grace_days": st.sampled_from((0, 0, 1, 14, 40)),
    "down_from": st.sampled_from((None, None, date(2026, 3, 1), date(2026, 4, 30))),
}
#: Every ladder that can be described.
LADDERS = st.builds(
    lambda rules, span: {**rules, **span},
    st.one_of(
        st.fixed_dictionaries({**EVERY, "window": st.sampled_from(("ever", *WINDOWS))}),
        st.fixed_dictionaries(
            {**EVERY, "window": st.sampled_from(("ever", *WINDOWS)), "down": st.just("idle"), 
             "idle_days": st.sampled_from((1, 10, 45))}
        ),
        st.fixed_dictionaries(
            {
                **EVERY, "window": st.sampled_from(WINDOWS), "down": st.just("below"),
                "below": st.sampled_from((None, None, Decimal(1), Decimal(2), Decimal(40))),
            }
        ),
        st.fixed_dictionaries(
            {
                **EVERY, "window": st.just("ever"), "down": st.just("below"), "term": st.sampled_from(WINDOWS),
                "below": st.sampled_from((Decimal(1), Decimal(2), Decimal(40))),
            }
        ),
    ),
    SPANS,
)  # fmt: skip
#: Days since the beginning, hours of the day, money, points, and what becomes of it.
PURCHASE = st.tuples(
    st.one_of(st.integers(0, 500), st.integers(0, 40)),
    st.sampled_from((0, 3, 12, 23)),
    st.integers(0, 60),
    st.integers(0, 9),
    st.sampled_from(("completed", "completed", "completed", "partially_returned", "returned", "held")),
)
PEOPLE = st.lists(st.lists(PURCHASE, max_size=14), min_size=4, max_size=14)
STEPS = (("base", 0), ("bronze", 2), ("silver", 30), ("gold", 70))


def made(programme: Programme, people: list[Any]) -> list[Member]:
    """Members with these purchases."""
    books = Books(programme)
    members: list[Member] = []
    for purchases in people:
        member = factories.MemberFactory()
        ledger.open_account(member, programme)
        for day, hour, spent, points, status in purchases:
            at = laddering.noon(BEGIN + timedelta(days=day), programme) + timedelta(hours=hour - 12)
            receipt = books.buy(member, at, spent, points, status)
            if status == "partially_returned":
                books.give_back(receipt, Decimal(spent) / 4, points // 2)
                books.give_back(receipt, Decimal(spent) / 4, points // 3)
        books.total(member)
        members.append(member)
    return members


def shown(row: MemberFacts) -> tuple[Any, ...]:
    climb = msgspec.convert(row.climb, Climb, strict=False) if row.climb is not None else None
    return row.tier.code if row.tier else "", row.tier_until, climb


def expected(member: Member, programme: Programme, now: datetime) -> tuple[Any, ...]:
    """The same, member by member and in Python."""
    ladder = laddering.read(programme)
    known = facts.Facts(climb=tiers.START, version=ladder.version)
    bought = stored_facts.read_bought([member.pk], programme.pk)[member.pk]
    if ladder.plain:
        known = stored_facts.known(MemberFacts.objects.get(member=member))
    else:
        known = known._replace(climb=tiers.fold(ladder, bought))
    step = ladder.step(facts.level(known, ladder, now))
    climb = None if ladder.plain else known.climb
    return step.code if step else "", facts.look_again_at(known, ladder, now), climb


@given(
    rules=LADDERS, people=PEOPLE, lowest=st.sampled_from((0, 1)), days=st.lists(st.integers(0, 400), max_size=2),
    zone=st.sampled_from(("Europe/Moscow", "America/New_York", "Pacific/Auckland")),
)  # fmt: skip
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_many_are_counted_in_sql_as_each_is_by_the_rules(
    rules: dict[str, Any], people: list[Any], lowest: int, days: list[int], zone: str
) -> None:
    with undone():
        programme = open_ladder(STEPS[lowest:], zone=zone)
        members = made(programme, people)
        change(programme, **rules)
        now = laddering.noon(BEGIN + timedelta(days=520), programme)
        for passed in (0, *sorted(days)):
            moment = now + timedelta(days=passed)
            recount.settle(moment, batch=3)
            for member in members:
                row = MemberFacts.objects.select_related("tier").get(member=member)
                assert shown(row) == expected(member, programme, moment)
        assert not recount.settle(moment).members
    places.forget()


NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forget_places() -> None:
    places.forget()


def someone(programme: Programme, spent: Any, tier: str = "", **fields: Any) -> Member:
    """A member with one purchase in May, whose facts were last written on the tier."""
    member = factories.MemberFactory()
    ledger.open_account(member, programme)
    books = Books(programme)
    books.buy(member, datetime(2026, 5, 10, 9, 0, tzinfo=UTC), spent)
    known = Tier.objects.filter(programme=programme, code=tier).first()
    books.total(member, tier=known, **fields)
    return member


def tier_of(member: Member) -> str:
    tier = MemberFacts.objects.select_related("tier").get(member=member).tier
    return tier.code if tier else ""


def history(member: Member) -> list[tuple[str, str, str]]:
    return list(TierChange.objects.filter(member=member).order_by("id").values_list("was", "now", "why"))


def told(member: Member) -> list[tuple[str, dict[str, Any]]]:
    found = Event.objects.filter(member=member, kind__startswith="tier.").order_by("id")
    return [(event.kind, event.data) for event in found]


def test_a_lower_threshold_lifts_and_a_higher_one_lowers_members_once() -> None:
    programme = open_ladder()
    poor, rich = someone(programme, 250, "classic"), someone(programme, 950, "gold")
    Tier.objects.filter(code="silver").update(threshold=200)
    Tier.objects.filter(code="gold").update(threshold=1000)
    change(programme)

    tally = recount.settle(NOW)

    assert (tally.members, tally.up, tally.down, tally.busy) == (2, 1, 1, 0)
    assert (tier_of(poor), tier_of(rich)) == ("silver", "silver")
    assert history(poor) == [("classic", "silver", "ladder")]
    assert told(rich) == [
        ("tier.lost", {"tier": "gold", "now": "silver", "programme": programme.code, "why": "ladder"})
    ]
    assert recount.settle(NOW).members == 0
    assert TierChange.objects.count() == Event.objects.filter(kind__startswith="tier.").count() == 2


def test_members_whose_tier_stays_are_not_written_by_a_recount_of_totals() -> None:
    programme = open_ladder()
    member = someone(programme, 400, "silver")
    version = Account.objects.get(holders__member=member).version
    change(programme)

    assert recount.settle(NOW).members == 0
    assert Account.objects.get(holders__member=member).version == version


def test_time_takes_a_tier_once_it_is_over_and_not_before() -> None:
    programme = open_ladder(down="idle", idle_days=60)
    member = someone(programme, 950)
    recount.settle(NOW)
    until = MemberFacts.objects.get(member=member).tier_until
    assert until == datetime(2026, 7, 9, 20, 59, 59, tzinfo=UTC)  # the end of a day in Moscow

    assert recount.settle(until).members == 0
    account = Account.objects.get(holders__member=member)
    assert recount.settle(until + timedelta(seconds=1)).down == 1

    assert tier_of(member) == "silver"
    change_row = TierChange.objects.get(member=member, was="gold")
    assert (change_row.now, change_row.why, change_row.at, change_row.up) == ("silver", "rule", until, False)
    assert Account.objects.get(pk=account.pk).version == account.version + 1
    assert recount.settle(until + timedelta(seconds=1)).members == 0


@pytest.mark.parametrize(
    ("exactly", "set_tier", "expected"),
    [
        (False, "gold", "gold"),
        (False, "classic", "silver"),
        (True, "classic", "classic"),
        (True, "gold", "gold"),
    ],
)
def test_what_was_set_by_hand_holds_until_it_ends(exactly: bool, set_tier: str, expected: str) -> None:
    programme = open_ladder()
    chosen = Tier.objects.get(code=set_tier)
    end = NOW + timedelta(days=3)
    member = someone(
        programme, 400, "silver", set_tier=chosen, set_exactly=exactly, set_until=end, tier_until=end
    )
    change(programme)

    recount.settle(NOW)
    assert tier_of(member) == expected
    recount.settle(end)
    assert tier_of(member) == expected
    recount.settle(end + timedelta(seconds=1))
    assert tier_of(member) == "silver"
    if expected != "silver":
        assert history(member)[-1] == (expected, "silver", "ended")


def test_each_programme_has_its_own_ladder_and_one_without_tiers_none() -> None:
    first, second = open_ladder(), open_ladder(steps=(("only", 10),))
    factories.ProgrammeFactory()
    members = [someone(first, 950), someone(second, 950)]
    for programme in (first, second):
        change(programme)

    recount.settle(NOW)

    assert [tier_of(member) for member in members] == ["gold", "only"]


def test_small_batches_do_what_a_large_one_does() -> None:
    programme = open_ladder(window="year", down="below")
    members = [someone(programme, spent) for spent in (100, 300, 900, 950, 299)]

    tally = recount.settle(NOW, batch=2)

    assert (tally.batches, tally.members, tally.up) == (3, 5, 5)
    assert [tier_of(member) for member in members] == ["classic", "silver", "gold", "gold", "classic"]


def test_those_who_listen_hear_of_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[EventRow] = []
    monkeypatch.setattr(events, "_table", lambda: {"tier.reached": events.Subscribers(now=(heard.append,))})
    programme = open_ladder()
    member = someone(programme, 950)
    change(programme)

    recount.settle(NOW)

    assert [(event.kind, event.member_id, event.data["tier"]) for event in heard] == [
        ("tier.reached", member.pk, "gold")
    ]
