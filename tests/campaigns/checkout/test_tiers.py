"""Tiers at the till: up at once, never by a late or undone purchase more than the rules say, told once."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

import msgspec
import pytest

from analytics import facts, hand, recount, stored_facts
from analytics.hand import TierToSet
from analytics.models import MemberFacts
from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.occasions import occasions
from loyalty.models import TierChange
from loyalty.rules import tiers
from loyalty.rules.tiers import Climb
from loyalty.shops import places
from members.models import Event
from tests import factories
from tests.analytics.laddering import change, read

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 1, 28, 9, 0, tzinfo=UTC)
LADDERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "points": {"basis": "points"},
    "visits in a month": {"basis": "visits", "window": "month"},
    "year": {"window": "year", "down": "below"},
    "quarter to the lowest": {"window": "quarter", "down": "below", "fall": "lowest", "grace_days": 14},
    "rolling": {"window": "rolling", "span_amount": 60, "down": "below"},
    "rolling months": {
        "window": "rolling", "span_amount": 2, "span_unit": "months", "down": "below", "fall": "lowest",
    },
    "rolling visits": {"basis": "visits", "window": "rolling", "span_amount": 30},
    "idle": {"down": "idle", "idle_days": 20, "grace_days": 3},
    "idle in a year": {"window": "year", "down": "idle", "idle_days": 15, "fall": "lowest"},
    "less in days": {"down": "below", "below": Decimal(60), "term": "rolling", "span_amount": 30},
    "less in a month": {"down": "below", "below": Decimal(60), "term": "month", "fall": "lowest"},
    "less in a rolling window": {
        "window": "rolling", "span_amount": 45, "down": "below", "below": Decimal(50), "fall": "lowest",
    },
}  # fmt: skip
STEPS: dict[str, Any] = {"spent": (0, 150, 400), "points": (0, 8, 20), "visits": (0, 2, 5)}


class Corner:
    """A shop with a ladder, and a member who buys in it."""

    def __init__(self, **rules: Any) -> None:
        places.forget()
        self.shop = factories.open_shop(store="s", time_zone="Europe/Moscow")
        factories.publish_campaign(self.shop.programme)
        thresholds = STEPS[rules.get("basis", "spent")]
        for code, threshold in zip(("classic", "silver", "gold"), thresholds, strict=True):
            factories.TierFactory(programme=self.shop.programme, code=code, threshold=threshold)
        if rules:
            change(self.shop.programme, **rules)
        self.ladder = read(self.shop.programme)
        self.member = factories.enrol(self.shop.programme)
        self.sold = 0
        places.forget()

    def sale(self, at: datetime, amount: Any = 100, **fields: Any) -> Sale:
        self.sold += 1
        lines = (SaleLine(1, "TEA", Decimal(4), amount=Decimal(amount), name="Tea"),)
        who = Who(phone=self.member.phone)
        known = {
            "store": "s",
            "purchased_at": at,
            "lines": lines,
            "receipt_number": str(self.sold),
            "member": who,
        }
        return Sale(**{**known, **fields})

    def buy(self, at: datetime, amount: Any = 100, now: datetime | None = None, **fields: Any) -> UUID:
        body = checkout.purchase(self.sale(at, amount, **fields), now or at).body
        return UUID(body["id"])

    def give_back(self, receipt: UUID, at: datetime, packets: Any = "all") -> None:
        self.sold += 1
        lines = packets if packets == "all" else (LineBack(1, Decimal(packets)),)
        returns.give_back(receipt, ReturnRequest(f"R{self.sold}", at, lines), at)

    def rank(self, at: datetime) -> facts.Rank:
        """Where the member stands, as anybody is told it."""
        known = stored_facts.read(self.member.pk, self.shop.programme.pk, self.ladder)
        return facts.rank(known, self.ladder, at)

    def tier(self, at: datetime) -> str:
        step = self.rank(at).tier
        return step.code if step else ""

    @property
    def row(self) -> MemberFacts:
        return MemberFacts.objects.select_related("tier").get(member=self.member)

    def picture(self, at: datetime) -> Any:
        """What a purchase and its returns must leave as it was."""
        row = MemberFacts.objects.filter(member=self.member).first()
        known = (row.purchases, row.spent, row.points, row.climb) if row and row.purchases else None
        step, above, needs, counted, until = self.rank(at)
        return known, step and step.code, above and above.code, needs, counted, until

    def check(self, now: datetime) -> None:
        """The facts are what the rules make of the purchases that stand."""
        row = self.row
        bought = stored_facts.read_bought([self.member.pk], self.shop.programme.pk)[self.member.pk]
        assert row.spent == sum(one.spent for one in bought)
        assert row.points == sum(one.points for one in bought)
        assert row.purchases == len(bought)
        if self.ladder.plain:
            level = self.ladder.level(row.points if self.ladder.basis == "points" else row.spent)
        else:
            climb = tiers.fold(self.ladder, bought)
            assert msgspec.convert(row.climb, Climb, strict=False) == climb
            level = tiers.level_on(self.ladder, climb, self.ladder.day(now))
            assert row.tier_until == tiers.until(self.ladder, climb, self.ladder.day(now))
        assert row.tier == self.shop.programme.tiers.get(code=self.ladder.steps[level].code)
        changes = list(TierChange.objects.filter(member=self.member).order_by("id").values_list("was", "now"))
        assert all(one[1] == other[0] for one, other in pairwise(changes))
        assert not changes or changes[-1][1] == self.ladder.steps[level].code


@pytest.mark.parametrize("name", LADDERS)
def test_sales_returns_and_late_receipts_leave_what_the_rules_make_of_them(name: str) -> None:
    corner, chance = Corner(**LADDERS[name]), random.Random(name)
    now, receipts = BEGIN, []
    for _ in range(28):
        now += timedelta(hours=chance.choice([3, 20, 60, 200, 500]))
        match chance.choice(["sell", "sell", "sell", "late", "hold", "return", "part", "recount"]):
            case "sell":
                receipts.append(corner.buy(now, chance.choice([5, 60, 120, 200])))
            case "late":
                late = max(BEGIN, now - timedelta(hours=chance.choice([1, 30, 400])))
                receipts.append(corner.buy(late, chance.choice([5, 60, 200]), now))
            case "hold":
                held = corner.buy(now, 90, state="held")
                now += timedelta(hours=chance.choice([1, 23]))
                holds.confirm(held, now)
                receipts.append(held)
            case "return" if receipts:
                corner.give_back(receipts.pop(chance.randrange(len(receipts))), now)
            case "part" if receipts:
                corner.give_back(receipts.pop(chance.randrange(len(receipts))), now, chance.choice([1, 3]))
            case "recount":
                recount.settle(now)
                continue
        if MemberFacts.objects.exists():
            corner.check(now)


@pytest.mark.parametrize("name", LADDERS)
@pytest.mark.parametrize("later", [timedelta(), timedelta(days=45)])
def test_a_purchase_and_its_returns_leave_the_tier_as_it_was(name: str, later: timedelta) -> None:
    corner = Corner(**LADDERS[name])
    for days in (0, 9, 18):
        corner.buy(BEGIN + timedelta(days=days), 70)
    now = BEGIN + timedelta(days=20)
    end = now + later
    never = corner.picture(end)

    receipt = corner.buy(now, 500)
    assert corner.tier(now) == "gold" or "visits" in name
    corner.give_back(receipt, end, 1)
    corner.give_back(receipt, end, 3)

    assert corner.picture(end) == never
    corner.check(end)


@pytest.mark.parametrize("name", LADDERS)
def test_a_receipt_that_comes_late_counts_as_if_it_had_come_in_time(name: str) -> None:
    days, late = (0, 12, 30, 75), 24
    pictures = []
    for order in ((0, 12, 24, 30, 75), (0, 12, 30, 75, 24)):
        corner = Corner(**LADDERS[name])
        end = BEGIN + timedelta(days=days[-1])
        for day in order:
            at = BEGIN + timedelta(days=day)
            corner.buy(at, 130, end if day == late else at)
        pictures.append(corner.picture(end))
        corner.shop.store.code = f"was-{order}"[:32]
        corner.shop.store.save()

    assert pictures[0] == pictures[1]


def test_a_purchase_lifts_at_once_and_is_told_once() -> None:
    corner = Corner()
    corner.buy(BEGIN, 149)
    assert not TierChange.objects.exists()

    receipt = corner.buy(BEGIN + timedelta(hours=1), 1)

    row = TierChange.objects.get()
    assert (row.was, row.now, row.why, row.receipt_id, row.up) == (
        "classic",
        "silver",
        "purchase",
        receipt,
        True,
    )
    event = Event.objects.get(kind="tier.reached")
    assert event.data == {
        "tier": "silver", "was": "classic", "programme": corner.shop.programme.code, "why": "purchase",
        "receipt": str(receipt),
    }  # fmt: skip
    corner.buy(BEGIN + timedelta(hours=2), 1)
    assert TierChange.objects.count() == 1


def test_a_return_takes_the_tier_back_and_says_so() -> None:
    corner = Corner(window="year", down="below")
    receipt = corner.buy(BEGIN, 400)
    corner.give_back(receipt, BEGIN + timedelta(days=1), 2)

    assert [(c.was, c.now, c.why) for c in TierChange.objects.order_by("id")] == [
        ("classic", "gold", "purchase"), ("gold", "silver", "return"),
    ]  # fmt: skip
    lost = Event.objects.get(kind="tier.lost")
    assert (lost.data["tier"], lost.data["now"], lost.data["why"]) == ("gold", "silver", "return")


def test_a_return_does_not_take_a_tier_that_is_protected() -> None:
    corner = Corner()
    receipt = corner.buy(BEGIN, 400)
    hand.keep(
        corner.member, corner.shop.programme, (BEGIN + timedelta(days=9)).date(), "why not", BEGIN, None
    )

    corner.give_back(receipt, BEGIN + timedelta(days=1))

    assert corner.tier(BEGIN + timedelta(days=9)) == "gold"
    assert corner.tier(BEGIN + timedelta(days=11)) == "classic"
    assert not Event.objects.filter(kind="tier.lost").exists()


def test_the_till_knows_that_a_tier_is_over_although_no_job_was_there() -> None:
    corner = Corner(down="idle", idle_days=20)
    factories.publish_campaign(
        corner.shop.programme,
        {"whom": {"who": "members", "tiers": ["gold"]}, "what": [{"effect": "points_fixed", "points": "7"}]},
    )
    corner.buy(BEGIN, 400)
    until = corner.row.tier_until
    assert until is not None

    in_time = checkout.quote(corner.sale(until, 10), until)
    too_late = checkout.quote(corner.sale(until + timedelta(seconds=1), 10), until + timedelta(seconds=1))
    assert (in_time["earned"]["points"], too_late["earned"]["points"]) == ("7.50", "0.50")

    corner.buy(until + timedelta(seconds=1), 10)
    assert [(c.was, c.now, c.why, c.at) for c in TierChange.objects.order_by("id")] == [
        ("classic", "gold", "purchase", BEGIN), ("gold", "silver", "rule", until),
    ]  # fmt: skip


def test_events_of_the_member_are_judged_with_the_tier_of_their_moment() -> None:
    corner = Corner(down="idle", idle_days=20)
    factories.publish_campaign(
        corner.shop.programme,
        {
            "whom": {"who": "members", "tiers": ["gold"]}, "what_for": {"of": "event", "event": "review.left"},
            "what": [{"effect": "points_fixed", "points": "7"}],
        },
    )  # fmt: skip
    corner.buy(BEGIN, 400)
    programmes = [corner.shop.programme.pk]

    for days, earned in ((1, 1), (30, 0)):
        at = BEGIN + timedelta(days=days)
        told = occasions.report(corner.member, "review.left", at, {}, at, programmes)
        assert len(told.earned) == earned


def test_a_changed_ladder_holds_at_the_till_before_anybody_was_recounted() -> None:
    corner = Corner()
    corner.buy(BEGIN, 300)
    change(corner.shop.programme, window="month", down="below")
    corner.ladder = read(corner.shop.programme)
    places.forget()

    corner.buy(BEGIN + timedelta(days=1), 100)

    assert corner.tier(BEGIN + timedelta(days=1)) == "gold"
    corner.check(BEGIN + timedelta(days=1))
    assert corner.row.ladder_version == corner.ladder.version


def test_a_given_tier_is_what_campaigns_ask_for() -> None:
    corner = Corner()
    factories.publish_campaign(
        corner.shop.programme,
        {"whom": {"who": "members", "tiers": ["gold"]}, "what": [{"effect": "points_fixed", "points": "7"}]},
    )
    hand.set_tier(corner.member, corner.shop.programme, TierToSet("gold"), "a guest", BEGIN, None)

    assert checkout.quote(corner.sale(BEGIN, 10), BEGIN)["earned"]["points"] == "7.50"
    corner.buy(BEGIN, 10)
    row = corner.row
    assert row.tier is not None and row.set_tier is not None
    assert (row.tier.code, row.set_tier.code) == ("gold", "gold")
