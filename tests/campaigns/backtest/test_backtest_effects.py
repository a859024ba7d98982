"""What a backtest says of a draft: what it does to live campaigns, who is short of it, what it cannot do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from analytics import segments
from campaigns.backtest import parts, trial
from campaigns.backtest.adding_up import Live, Tally
from campaigns.checkout import checkout, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.engine.definition import parse
from campaigns.engine.rulebook import Revision
from campaigns.models import Backtest, Campaign
from loyalty.models import Receipt
from members.models import Member
from tests import factories
from tests.campaigns.backtest.test_backtest import add_up, judge

pytestmark = pytest.mark.django_db

#: A Tuesday.
NOON = datetime(2026, 2, 3, 12, 0, tzinfo=UTC)
PERIOD = {"begins": date(2026, 2, 1), "ends": date(2026, 2, 28)}
Document = dict[str, Any]


def percent(value: str, **parts: Any) -> Document:
    return {
        "whom": {"who": "members"},
        "what": [{"effect": "points_percent", "percent": value}],
        **parts,
    }


def fixed(points: str, **parts: Any) -> Document:
    return {"whom": {"who": "members"}, "what": [{"effect": "points_fixed", "points": points}], **parts}


def off(value: str, **parts: Any) -> Document:
    return {"what": [{"effect": "discount_percent", "percent": value}], **parts}


class Stage:
    """A shop, its live campaigns, one member, and what is bought."""

    def __init__(self, *live: Document, **terms: Any) -> None:
        self.shop = factories.open_shop(store="main", **terms)
        for number, sku in enumerate(("COFFEE", "TEA", "MILK")):
            factories.ProductFactory(partner=self.shop.partner, sku=sku, brand=f"B{number}")
        self.live = [
            factories.publish_campaign(self.shop.programme, document, code=f"live{number}")
            for number, document in enumerate(live)
        ]
        self.member = factories.enrol(self.shop.programme)
        self.number = 0

    def buy(
        self,
        *amounts: str,
        who: Member | str | None = "the member",
        at: datetime = NOON,
        redeem: str = "0",
        quantity: str = "1",
    ) -> None:
        """Buy coffee, tea and milk for these amounts."""
        self.number += 1
        member = self.member if who == "the member" else who
        lines = tuple(
            SaleLine(position, sku, Decimal(quantity), amount=Decimal(amount))
            for position, (sku, amount) in enumerate(zip(("COFFEE", "TEA", "MILK"), amounts, strict=False), 1)
        )
        sale = Sale(
            "main", at, lines, receipt_number=str(self.number), redeem=Decimal(redeem),
            member=Who(phone=member.phone) if isinstance(member, Member) else None,
        )  # fmt: skip
        checkout.purchase(sale, at)

    def draft(self, document: Document) -> Campaign:
        return factories.CampaignFactory(programme=self.shop.programme, draft=document)

    def test(self, *drafts: Document, **fields: Any) -> Backtest:
        tried = trial.freeze([self.draft(document) for document in drafts])
        return Backtest.objects.create(
            programme=self.shop.programme, name="Try", tried=tried, **(PERIOD | fields)
        )

    def tally(self, *drafts: Document) -> Tally:
        return add_up(self.test(*drafts))


def moves(tally: Tally, campaign: Campaign) -> tuple[int, int, int, int, list[str]]:
    """Receipts lost, gained, less and more, and the codes of the reasons."""
    told = tally.live.get(campaign.pk, Live())
    return told.lost, told.gained, told.less, told.more, sorted(why.split(":")[0] for why in told.because)


BEST = {"stacking": {"group": "g", "mode": "best"}}
EXCLUSIVE = {"stacking": {"group": "g", "mode": "exclusive", "priority": 1}}
BOOST: Document = {"whom": {"who": "members"}, "what": [{"effect": "multiplier", "by": "2"}]}
MONTHLY = {"judge": {"limits": [{"per": "member", "period": "month", "points": "8"}]}}


@pytest.mark.parametrize(
    ("live", "draft", "expected"),
    [
        pytest.param(percent("5"), percent("3"), (0, 0, 0, 0, []), id="beside each other"),
        pytest.param(percent("5", **BEST), percent("7", **BEST), (1, 0, 0, 0, ["beaten"]), id="beaten"),
        pytest.param(percent("5", **BEST), percent("3", **BEST), (0, 0, 0, 0, []), id="not beaten"),
        pytest.param(
            percent("5", **BEST), fixed("1", **EXCLUSIVE), (1, 0, 0, 0, ["excluded_by"]), id="shut out"
        ),
        pytest.param(percent("5"), off("10"), (0, 0, 1, 0, ["discounted"]), id="made cheaper"),
        pytest.param(
            percent("5", **{"if": {"condition": "receipt_amount", "at_least": "95"}}),
            off("10"),
            (1, 0, 0, 0, ["amount_too_low"]),
            id="below its amount",
        ),
        pytest.param(
            fixed("1", **{"if": {"condition": "receipt_amount", "below": "95"}}),
            off("10"),
            (0, 1, 0, 0, ["discounted"]),
            id="only now",
        ),
    ],
)
def test_what_a_draft_does_to_a_live_campaign(
    live: Document, draft: Document, expected: tuple[int, int, int, int, list[str]]
) -> None:
    stage = Stage(live)
    stage.buy("60.00", "40.00")
    assert moves(stage.tally(draft), stage.live[0]) == expected


def test_a_live_multiplier_multiplies_what_a_draft_gives() -> None:
    stage = Stage(percent("5"), BOOST)
    stage.buy("100.00")
    tally = stage.tally(percent("3"))
    assert moves(tally, stage.live[1]) == (0, 0, 0, 1, ["otherwise"])
    assert (tally.live[stage.live[1].pk].points_before, tally.live[stage.live[1].pk].points) == (5, 8)
    assert tally.all.points == 6


def test_a_live_limit_is_used_up_sooner_by_a_draft_that_is_multiplied() -> None:
    stage = Stage(percent("5"), BOOST | MONTHLY)
    for day in range(3):
        stage.buy("50.00", at=NOON + timedelta(days=day))
    tally = stage.tally(percent("5"))  # 5 and 3 points instead of 2.50 each; then the 8 are used up
    assert moves(tally, stage.live[1]) == (1, 0, 0, 2, ["limit_reached", "otherwise"])
    assert tally.live[stage.live[1].pk].points == tally.live[stage.live[1].pk].points_before + Decimal("0.50")


def test_a_draft_that_is_beaten_says_by_whom() -> None:
    stage = Stage(percent("5", **BEST))
    stage.buy("100.00")
    tally = stage.tally(percent("3", **BEST))
    (tried,) = tally.tried.values()
    assert (tried.receipts, tried.declined, tried.beaten_by) == (0, {"beaten": 1}, {stage.live[0].pk: 1})
    assert (tally.all.touched, tally.all.points) == (0, 0)


def test_a_better_draft_can_cost_members_what_they_had() -> None:
    stage = Stage(percent("5", **BEST), percent("2", **BEST))
    stage.buy("100.00")
    tally = stage.tally(fixed("1", **EXCLUSIVE))
    assert (tally.all.points, tally.people.gain, tally.people.lose, tally.people.winners) == (-4, 0, 1, [])


def test_points_that_were_spent_never_pay_more_than_a_line_then_costs() -> None:
    stage = Stage(spending={"max_share": "100"})
    factories.give_points(stage.member.holdings.get().account, 100, at=NOON - timedelta(days=1))
    stage.buy("60.00", "40.00", redeem="80")
    (judged,) = judge(stage.test(off("50")))
    assert [line.to_pay for line in judged.outcome.lines] == [0, 0]
    assert [line.redeemed_amount for line in judged.outcome.lines] == [Decimal(30), Decimal(20)]
    assert judged.after.discount == 50


def test_what_remains_after_a_return_keeps_the_points_that_paid_it() -> None:
    """As a return itself judges: a discount takes no more off a line than points left of it."""
    stage = Stage(spending={"max_share": "100"})
    factories.give_points(stage.member.holdings.get().account, 100, at=NOON - timedelta(days=1))
    stage.buy("60.00", "40.00", redeem="80")
    receipt = Receipt.objects.get()
    with transaction.atomic():
        returns.give_back(receipt.pk, ReturnRequest("R1", NOON, (LineBack(2, Decimal(1)),)), NOON)
    (judged,) = judge(stage.test(off("50")))
    assert [line.redeemed_amount for line in judged.outcome.lines] == [Decimal(48)]
    assert (judged.before.discount, judged.after.discount) == (0, 12)


def test_what_points_are_worth_is_the_programmes() -> None:
    stage = Stage(point_value=Decimal("0.5"))
    stage.buy("100.00")
    tally = stage.tally(percent("4"), off("1"))
    assert (tally.all.points, tally.all.worth, tally.all.discount) == (
        Decimal("3.96"),
        Decimal("1.98"),
        Decimal("1.00"),
    )
    assert tally.people.winners[0].value == Decimal("2.98") == tally.all.cost


def test_points_for_others_are_a_cost_and_nobodys_gain() -> None:
    stage = Stage()
    stage.member.referred_by = factories.enrol(stage.shop.programme)
    stage.member.save()
    stage.buy("100.00")
    tally = stage.tally({"whom": {"who": "members"}, "what": [{"effect": "referrer_points", "percent": "2"}]})
    assert (tally.all.points, tally.all.shared, tally.all.touched, tally.people.gain) == (2, 2, 1, 0)


def test_coupons_and_badges_are_counted() -> None:
    stage = Stage()
    stage.buy("100.00")
    stage.buy("10.00", at=NOON + timedelta(days=1))
    rich = {"condition": "receipt_amount", "at_least": "50"}
    tally = stage.tally(
        {"whom": {"who": "members"}, "if": rich, "what": [{"effect": "badge", "code": "rich"}]}
    )
    (tried,) = tally.tried.values()
    assert tried.extras == {"badge:rich": 1}


def test_dates_of_a_campaign_are_left_out_unless_they_are_asked_for() -> None:
    stage = Stage()
    stage.buy("100.00")
    later = percent("5", when={"from": "2027-01-01T00:00:00+00:00", "weekdays": [2]})
    assert stage.tally(later).all.points == 5
    tried = trial.freeze([stage.draft(later)], keep_dates=True)
    test = Backtest.objects.create(programme=stage.shop.programme, name="T", tried=tried, **PERIOD)
    assert add_up(test).all.points == 0


def test_the_first_and_the_last_day_count_by_the_programmes_clock() -> None:
    stage = Stage(time_zone="Asia/Tokyo")
    for hour in (14, 15):  # the day begins at 15:00 UTC
        stage.buy("10.00", at=datetime(2026, 1, 31, hour, 30, tzinfo=UTC))
        stage.buy("10.00", at=datetime(2026, 2, 28, hour, 30, tzinfo=UTC))
    assert sorted(stage.tally(percent("5")).by_day) == ["2026-02-01", "2026-02-28"]


# Facts that nobody asked for then


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param({"condition": "spent", "period": {"days": 7}, "at_least": "50"}, 1, id="spent lately"),
        pytest.param({"condition": "spent", "period": "ever", "at_least": "60"}, 2, id="spent ever"),
        pytest.param({"condition": "purchases", "period": "month", "at_least": 3}, 1, id="bought often"),
        pytest.param(
            {"condition": "bought", "period": "ever", "products": ["TEA"], "at_least": "2"},
            1,
            id="bought tea",
        ),
        pytest.param({"condition": "first_purchase", "in": "store"}, 0, id="first in the store"),
        pytest.param({"condition": "days_since_purchase", "at_least": 10}, 2, id="back after ten days"),
        pytest.param({"condition": "gender", "is": "female"}, 3, id="gender"),
        pytest.param({"condition": "attribute", "key": "dog", "is": "yes"}, 3, id="attribute"),
        pytest.param({"condition": "balance", "at_least": "2"}, 1, id="balance"),
    ],
)
def test_what_only_a_draft_asks_is_found_in_history(condition: Document, expected: int) -> None:
    """Purchases on the 3rd, 5th and 20th of February, and one in January that only history knows."""
    stage = Stage(percent("5"))
    Member.objects.filter(pk=stage.member.pk).update(gender="female", attributes={"dog": "yes"})
    stage.buy("15.00", at=NOON - timedelta(days=20))
    stage.buy("20.00", at=NOON)
    stage.buy("20.00", "10.00", at=NOON + timedelta(days=2))
    stage.buy("21.00", "10.00", at=NOON + timedelta(days=17))
    assert stage.tally(fixed("1", **{"if": condition})).all.points == expected


def test_segments_of_a_draft_are_those_of_today() -> None:
    stage = Stage()
    stage.buy("15.00")
    segments.add(factories.SegmentFactory(code="friends"), [stage.member.id], NOON + timedelta(days=90))
    friends = {"whom": {"segments": ["friends"]}, "what": [{"effect": "points_fixed", "points": "1"}]}
    assert stage.tally(friends).all.points == 1


# Near misses

MISSES = [
    pytest.param(
        fixed("10", **{"if": {"condition": "receipt_amount", "at_least": "50"}}),
        ("30.00", "17.00"), "amount", "3.00", id="a little below the amount",
    ),
    pytest.param(
        fixed("10", **{"if": {"condition": "receipt_amount", "at_least": "60"}}),
        ("30.00", "17.00"), None, None, id="far below the amount",
    ),
    pytest.param(
        fixed("10", **{"if": {"all": [
            {"condition": "receipt_amount", "at_least": "50"}, {"condition": "line_count", "at_least": 9},
        ]}}),
        ("30.00", "17.00"), None, None, id="something else is in the way",
    ),
    pytest.param(
        fixed("10", **{"if": {"condition": "matching_amount", "products": ["TEA"], "at_least": "18"}}),
        ("30.00", "17.00"), "amount", "1.00", id="a little less tea",
    ),
    pytest.param(
        fixed("10", **{"if": {"condition": "contains", "products": ["TEA"], "pieces": 2}}),
        ("30.00", "17.00"), "piece", "1", id="one piece of tea",
    ),
    pytest.param(
        fixed("10", **{"if": {"condition": "contains", "products": ["SALT"], "pieces": 1}}),
        ("30.00", "17.00"), None, None, id="nothing of it there",
    ),
    pytest.param(
        {"what": [{"effect": "cheapest_free", "every": 3}]}, ("30.00", "17.00"), "piece", "1", id="two for three"
    ),
    pytest.param(fixed("10", when={"hours": [["12:30", "15:00"]]}), ("9.00",), "early", "30", id="too early"),
    pytest.param(fixed("10", when={"hours": [["09:00", "11:30"]]}), ("9.00",), "late", "31", id="too late"),
    pytest.param(fixed("10", when={"hours": [["14:00", "15:00"]]}), ("9.00",), None, None, id="much too early"),
    pytest.param(fixed("10", when={"weekdays": [3]}), ("9.00",), "day_early", "1", id="a day early"),
    pytest.param(fixed("10", when={"weekdays": [1]}), ("9.00",), "day_late", "1", id="a day late"),
    pytest.param(fixed("10", when={"weekdays": [5]}), ("9.00",), None, None, id="another day"),
    pytest.param(
        {"whom": {"who": "members"}, "what": [{"effect": "points_steps", "steps": [
            {"from": "10", "points": "1"}, {"from": "50", "points": "11"},
        ]}]},
        ("47.00",), "step", "3.00", id="the next step",
    ),
    pytest.param(
        fixed("10", **{"if": {"condition": "nth_purchase", "every": 2}}), ("9.00",), "purchase", "1", id="one purchase",
    ),
    pytest.param(
        fixed("10", **{"if": {"condition": "nth_purchase", "every": 3}}), ("9.00",), None, None, id="two purchases",
    ),
    pytest.param(
        fixed("10", **{"if": {"condition": "nth_purchase", "every": 2, "counting": "campaign"}}),
        ("9.00",), "purchase", "1", id="one purchase of its own count",
    ),
    pytest.param(
        {"whom": {"who": "members"}, "what": [
            {"effect": "stamp", "goal": 2, "per": "receipt", "reward": {"percent": "50"}},
        ]},
        ("20.00",), "stamp", "1", id="one stamp",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("draft", "amounts", "kind", "short"), MISSES)
def test_near_misses(draft: Document, amounts: Sequence[str], kind: str | None, short: str | None) -> None:
    stage = Stage()
    stage.buy(*amounts)
    tally = stage.tally(draft)
    found = {name: miss for kinds in tally.misses.values() for name, miss in kinds.items()}
    if kind is None:
        assert found == {}
        return
    assert list(found) == [kind]
    assert (found[kind].receipts, found[kind].short) == (1, Decimal(short or 0))
    assert found[kind].points + found[kind].discount >= 10 or (kind == "piece" and found[kind].discount > 0)


def test_without_a_card_is_a_near_miss_for_strangers() -> None:
    stage = Stage()
    stage.buy("100.00", who=None)
    (kinds,) = stage.tally(percent("5")).misses.values()
    assert (kinds["card"].receipts, kinds["card"].points) == (1, 5)


def test_what_was_missed_counts_from_before_the_receipt() -> None:
    """What a receipt itself used up of a limit is not in the way of what it nearly earned."""
    stage = Stage()
    stage.buy("100.00", at=NOON - timedelta(days=2))
    stage.buy("100.00", at=NOON + timedelta(days=7))
    weekly = fixed("5", judge={"limits": [{"per": "member", "period": "week", "times": 1}]})
    missed = stage.tally(weekly, BOOST | {"when": {"hours": [["12:30", "15:00"]]}}).misses
    (kinds,) = missed.values()
    assert (kinds["early"].receipts, kinds["early"].short, kinds["early"].points) == (2, 60, 10)


@pytest.mark.parametrize("limited", ["day", "week", "month"])
def test_what_was_missed_on_another_day_is_held_to_the_limits_of_that_day(limited: str) -> None:
    """On Monday and Tuesday of a week; the day before the Tuesday is that Monday, on which it was used up."""
    stage = Stage()
    stage.buy("9.00", at=NOON - timedelta(days=1))
    stage.buy("9.00")
    judge_by = {"limits": [{"per": "member", "period": limited, "times": 1}]}
    tally = stage.tally(fixed("10", when={"weekdays": [1]}, judge=judge_by))
    assert (tally.all.points, tally.misses) == (10, {})


def test_who_comes_again_was_not_short_of_a_purchase() -> None:
    stage = Stage()
    stage.buy("9.00")
    stage.buy("9.00", at=NOON + timedelta(days=1))
    tally = stage.tally(fixed("10", **{"if": {"condition": "nth_purchase", "every": 2}}))
    assert (tally.misses, tally.all.points) == ({}, 10)


def test_of_many_receipts_some_stand_for_all() -> None:
    stage = Stage()
    for number in range(6):
        stage.buy("47.00", at=NOON + timedelta(hours=number))
    test = stage.test(fixed("10", **{"if": {"condition": "receipt_amount", "at_least": "50"}}))
    part = parts.Part(test, one_order=False, step=3)
    (stretch,) = parts.cut(parts.period_of(test), one_order=False)
    ((_campaign, kinds),) = part.work(stretch).misses.items()
    assert (kinds["amount"].receipts, kinds["amount"].short, kinds["amount"].points) == (6, 18, 60)


# Limits that all members use up together

BUDGET = {"judge": {"budget": {"points": "10"}}}
IN_STORE = {"judge": {"limits": [{"per": "store", "period": "day", "times": 1}]}}


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        pytest.param(fixed("4", **BUDGET), [4, 4, 2, 0], id="a budget"),
        pytest.param(fixed("4", **IN_STORE), [4, 0, 4, 0], id="once a day in a store"),
        pytest.param(
            off("10", judge={"budget": {"money": "2.50"}}), [1, 1, "0.50", 0], id="a budget of money"
        ),
    ],
)
def test_what_members_use_up_together_goes_by_time(draft: Document, expected: list[Any]) -> None:
    stage = Stage()
    others = [stage.member, *(factories.enrol(stage.shop.programme) for _number in range(3))]
    for number, member in enumerate(reversed(others)):
        stage.buy("10.00", who=member, at=NOON + timedelta(hours=6 * number))
    test = stage.test(draft)
    given = [one.after.earned + one.after.discount for one in judge(test)]
    assert given == [Decimal(value) for value in expected]
    assert add_up(test).people.members == 4


@pytest.mark.parametrize(
    ("live", "draft", "expected"),
    [
        pytest.param(percent("5"), fixed("4"), False, id="nothing in common"),
        pytest.param(percent("5"), fixed("4", **BUDGET), True, id="the draft has a budget"),
        pytest.param(percent("5"), fixed("4", **IN_STORE), True, id="the draft has a limit for the store"),
        pytest.param(percent("5", **BUDGET), fixed("4"), False, id="a live budget is not touched"),
        pytest.param(percent("5", **BUDGET, **BEST), fixed("4", **BEST), True, id="its group is"),
        pytest.param(percent("5", **BUDGET), off("10"), True, id="its amounts are"),
        pytest.param(BOOST | BUDGET, fixed("4"), True, id="what it multiplies is"),
    ],
)
def test_receipts_go_by_time_only_where_it_matters(live: Document, draft: Document, expected: bool) -> None:
    first, second = (
        Revision(number, f"c{number}", "C", 1, parse(document))
        for number, document in enumerate((live, draft))
    )
    assert trial.needs_one_order(trial.Trial({1: second}), [first]) is expected
