"""A member's tier set by hand, kept with its reason, and let go again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics import facts, hand, recount, stored_facts
from analytics.hand import TierToSet
from analytics.models import MemberFacts
from foundation.refusals import Invalid
from loyalty.ledger import ledger
from loyalty.models import Account, Programme, TierChange
from loyalty.shops import places
from members.models import Event, Member
from tests import factories
from tests.analytics.laddering import Books, open_ladder, read

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
END = datetime(2026, 6, 30, 20, 59, 59, tzinfo=UTC)


@pytest.fixture
def programme() -> Programme:
    places.forget()
    return open_ladder()


def someone(programme: Programme, spent: Any) -> Member:
    member = factories.MemberFactory()
    ledger.open_account(member, programme)
    if spent:
        books = Books(programme)
        books.buy(member, NOW - timedelta(days=10), spent)
        books.total(member, tier=programme.tiers.filter(threshold__lte=spent).order_by("threshold").last())
    return member


def standing(member: Member, programme: Programme, at: datetime = NOW) -> tuple[str, datetime | None]:
    ladder = read(programme)
    rank = facts.rank(stored_facts.read(member.pk, programme.pk, ladder), ladder, at)
    return rank.tier.code if rank.tier else "", rank.until


def test_a_tier_is_set_to_the_end_of_a_day_with_its_reason_and_its_author(programme: Programme) -> None:
    member, user = someone(programme, 400), factories.UserFactory()
    version = Account.objects.get(holders__member=member).version

    hand.set_tier(
        member, programme, TierToSet("gold", date(2026, 6, 30)), " A friend of the house ", NOW, user.pk
    )

    assert standing(member, programme) == ("gold", END)
    assert standing(member, programme, END) == ("gold", END)
    assert standing(member, programme, END + timedelta(seconds=1)) == ("silver", None)
    row = TierChange.objects.get(member=member)
    assert (row.was, row.now, row.why, row.user, row.reason, row.until, row.up) == (
        "silver", "gold", "hand", user, "A friend of the house", END, True,
    )  # fmt: skip
    assert [event.data["tier"] for event in Event.objects.filter(kind="tier.reached")] == ["gold"]
    assert Account.objects.get(holders__member=member).version == version + 1
    assert MemberFacts.objects.get(member=member).spent == 400

    recount.settle(END + timedelta(seconds=1))
    assert TierChange.objects.filter(member=member, was="gold", now="silver", why="ended").count() == 1


def test_at_least_a_tier_does_not_hold_back_and_exactly_a_tier_does(programme: Programme) -> None:
    member = someone(programme, 950)

    hand.set_tier(member, programme, TierToSet("silver"), "because", NOW, None)
    assert standing(member, programme) == ("gold", None)
    hand.set_tier(member, programme, TierToSet("silver", exactly=True), "because", NOW, None)
    assert standing(member, programme) == ("silver", None)
    hand.let_go(member, programme, "because not", NOW, None)
    assert standing(member, programme) == ("gold", None)

    assert list(TierChange.objects.order_by("id").values_list("was", "now")) == [
        ("gold", "gold"), ("gold", "silver"), ("silver", "gold"),
    ]  # fmt: skip
    assert (
        Event.objects.filter(kind="tier.lost").count()
        == Event.objects.filter(kind="tier.reached").count()
        == 1
    )


def test_a_protected_tier_is_kept_although_the_rule_would_take_it() -> None:
    places.forget()
    programme = open_ladder(down="idle", idle_days=10)
    member = someone(programme, 950)
    recount.settle(NOW)
    before = standing(member, programme)[1]
    assert before == NOW.replace(hour=20, minute=59, second=59)

    hand.keep(member, programme, date(2026, 6, 30), "on a long journey", NOW, None)

    assert standing(member, programme) == ("gold", END)
    recount.settle(END)
    assert standing(member, programme, END) == ("gold", END)
    recount.settle(END + timedelta(seconds=1))
    over = END + timedelta(seconds=1)
    assert standing(member, programme, over)[0] == "classic"  # the rule went on underneath, for 25 days


def test_a_member_who_never_bought_can_be_given_a_tier(programme: Programme) -> None:
    stranger = factories.MemberFactory()

    hand.set_tier(stranger, programme, TierToSet("gold"), "a guest", NOW, None)

    assert standing(stranger, programme) == ("gold", None)
    assert Account.objects.get(holders__member=stranger).balance == Decimal(0)
    assert MemberFacts.objects.get(member=stranger).purchases == 0


@pytest.mark.parametrize(
    ("given", "reason", "field"),
    [
        (TierToSet("platinum"), "because", "tier"),
        (TierToSet("gold", date(2026, 6, 14)), "because", "until"),
        (TierToSet("gold"), "  ", "reason"),
        (TierToSet("gold"), "x" * 201, "reason"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_is_written(
    programme: Programme, given: TierToSet, reason: str, field: str
) -> None:
    member = someone(programme, 400)

    with pytest.raises(Invalid) as refused:
        hand.set_tier(member, programme, given, reason, NOW, None)

    assert [fault.field for fault in refused.value.faults] == [field]
    assert not TierChange.objects.exists()
    assert MemberFacts.objects.get(member=member).set_tier is None


def test_what_is_not_set_cannot_be_let_go_nor_a_missing_tier_kept(programme: Programme) -> None:
    member = someone(programme, 400)
    with pytest.raises(Invalid, match="No tier is set"):
        hand.let_go(member, programme, "because", NOW, None)
    bare = open_ladder(steps=(("high", 1000),))
    with pytest.raises(Invalid, match="no tier that could be kept"):
        hand.keep(someone(bare, 400), bare, date(2026, 6, 30), "because", NOW, None)
