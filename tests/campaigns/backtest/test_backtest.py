"""A backtest of what was live equals what really happened; one of drafts, what they would really have given."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import transaction

from analytics import segments
from campaigns import rulebooks
from campaigns.backtest import judging, parts, trial
from campaigns.backtest.adding_up import Tally
from campaigns.backtest.judging import Judged
from campaigns.checkout import checkout, record, returns
from campaigns.checkout.record import Record
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Backtest, Campaign, Rulebook
from foundation.refusals import Refusal
from loyalty.models import Programme, Receipt, Return
from loyalty.shops import places
from members.models import Member
from tests import factories
from tests.campaigns.checkout.bulk.test_replay import (
    BEGIN,
    MORE,
    add_more,
    ask_for_more,
    enrol_buyers,
    make_sales,
    open_chain,
    sell_in_bulk,
)

pytestmark = pytest.mark.django_db

LAST = datetime(2026, 11, 20, tzinfo=UTC)
#: What a stored decision holds that campaigns do not decide, or that was settled at the till: points spent.
_ELSEWHERE: dict[str, Any] = {"balance": None, "taken": {}, "most": Decimal(0), "limits": (), "exchanged": ()}


def backtest(programme: Programme, tried: list[dict[str, Any]], **fields: Any) -> Backtest:
    period = {"begins": date(2026, 1, 1), "ends": date(2026, 11, 20)}
    return Backtest.objects.create(programme=programme, name="Try", tried=tried, **(period | fields))


def judge(test: Backtest, size: int = 50) -> Iterator[Judged]:
    """Every receipt of a backtest, judged."""
    one_order = parts.in_one_order(
        parts.period_of(test), parts.trial_of(test), trial.Books(parts.trial_of(test))
    )
    part = parts.Part(test, one_order=one_order)
    for stretch in parts.cut(parts.period_of(test), one_order=one_order, size=size):
        yield from part.judge(stretch)
        if not one_order:
            part.end()


def add_up(test: Backtest, size: int = 50) -> Tally:
    period, tried = parts.period_of(test), parts.trial_of(test)
    one_order = parts.in_one_order(period, tried, trial.Books(tried))
    whole = Tally()
    for _receipts, tally in parts.work_alone(
        test, parts.cut(period, one_order=one_order, size=size), one_order=one_order
    ):
        whole.merge(tally)
    return whole


def gives(*effects: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"whom": {"who": "members"}, "what": list(effects), **more}


#: The rest of the vocabulary: other effects, groups, conditions on the member, budgets of points.
REST: dict[str, dict[str, Any]] = {
    "steps": gives(
        {"effect": "points_steps", "steps": [{"from": "20", "points": "1"}, {"from": "60", "points": "5"}]},
        stacking={"group": "size", "mode": "best"},
    ),
    "large": gives({"effect": "points_percent", "percent": "6"}, stacking={"group": "size", "mode": "best"}),
    "pieces": gives(
        {"effect": "points_per_piece", "points": "0.5", "up_to": 4},
        what_for={"of": "lines", "brands": ["B1"]},
        judge={"budget": {"points": "30"}},
    ),
    "three-for-two": gives(
        {"effect": "cheapest_free", "every": 3},
        what_for={"of": "lines", "brands": ["B2"]},
        judge={"limits": [{"per": "member", "period": "day", "times": 1}]},
    ),
    "fixed-price": {
        "what_for": {"of": "lines", "products": ["SKU-0"]},
        "what": [{"effect": "fixed_price", "price": "2.50"}],
        "stacking": {"priority": 5},
    },
    "gift": gives(
        {"effect": "gift", "products": ["SKU-3"]}, **{"if": {"condition": "receipt_amount", "at_least": "70"}}
    ),
    "cashier": gives(
        {"effect": "staff_points", "percent": "1"},
        judge={"limits": [{"per": "campaign", "period": "ever", "points": "4"}]},
    ),
    "friend": gives({"effect": "referrer_points", "percent": "2"}),
    "alone": gives(
        {"effect": "points_fixed", "points": "9"},
        stacking={"group": "size", "mode": "exclusive", "priority": 1},
        **{"if": {"all": [
            {"condition": "gender", "is": "female"},
            {"any": [{"condition": "purchases", "period": "month", "at_least": 3},
                     {"condition": "days_since_purchase", "at_least": 15}]},
        ]}},
    ),
    "second-of-month": gives(
        {"effect": "points_fixed", "points": "2"},
        **{"if": {"condition": "nth_purchase", "every": 2, "counting": "campaign", "period": "month"}},
    ),
    "full-price": gives({"effect": "points_percent", "percent": "1"}, stacking={"discounted": "exclude"}),
}  # fmt: skip


def add_rest(shop: factories.Shop, buyers: list[Member]) -> None:
    """Campaigns of the rest of the vocabulary. The third buyer was referred by the first; two are women."""
    Member.objects.filter(id__in=[buyer.id for buyer in buyers[:2]]).update(gender="female")
    Member.objects.filter(id=buyers[2].id).update(referred_by=buyers[0])
    for code, document in REST.items():
        factories.publish_campaign(shop.programme, document, code=code)


@pytest.fixture(scope="session")
def make_world() -> Callable[[], factories.Shop]:
    """The past is the same for all who judge it again."""
    return make_history


@pytest.fixture
def history(kept_world: factories.Shop) -> factories.Shop:
    """A shop with a past."""
    return kept_world


def make_history() -> factories.Shop:
    """Receipts of members and strangers under campaigns of the whole vocabulary; some came back."""
    shop = open_chain()
    buyers = enrol_buyers(shop)
    add_more(shop, buyers)
    add_rest(shop, buyers)
    sales = ask_for_more(make_sales(buyers))
    sell_in_bulk(msgspec.structs.replace(sale, cashier="C-7") for sale in sales)
    chance = random.Random(11)
    for number, receipt in enumerate(Receipt.objects.filter(status="completed").order_by("purchased_at")):
        if not number % 4:
            take_some_back(receipt, chance)
    return shop


def take_some_back(receipt: Receipt, chance: random.Random) -> None:
    """One or two returns of some of the lines; now and then everything."""
    for number in range(chance.choice([1, 1, 2])):
        lines = tuple(
            LineBack(line.position, Decimal(chance.randint(1, int(line.quantity))))
            for line in receipt.lines.all()
            if chance.random() < 0.6
        )
        wanted = ReturnRequest(f"R{number}", LAST, lines or "all")
        try:
            with transaction.atomic():
                returns.give_back(receipt.id, wanted, LAST)
        except Refusal:
            return  # more than is left


def who_gave(judged: Judged) -> set[str]:
    """The codes of the campaigns that gave something on a receipt."""
    codes = dict(Campaign.objects.values_list("id", "code"))
    before = judged.before
    return {codes[one] for given in (before.points, before.discounts, before.shared) for one in given}


def standing(receipt: Receipt) -> Record:
    """The decision on a receipt that stands."""
    back = Return.objects.filter(receipt=receipt).order_by("recorded_at", "id").last()
    return by_campaigns(record.load(back.outcome if back else receipt.outcome))


def by_campaigns(decision: Record) -> Record:
    """What campaigns decided, as it is stored and read back."""
    kept = record.load(record.dump(decision))
    traded = set(Campaign.objects.filter(code="trade").values_list("id", flat=True))
    return msgspec.structs.replace(
        kept,
        declined=tuple(one for one in kept.declined if one.campaign_id not in traded),
        receipt=tuple(one for one in kept.receipt if one.code != "exchange"),
        extras=tuple(msgspec.structs.replace(extra, issued="") for extra in kept.extras),
        lines=tuple(
            msgspec.structs.replace(
                line, because=tuple(one for one in line.because if one.code != "exchange")
            )
            for line in kept.lines
        ),
        **_ELSEWHERE,
    )


def test_judging_again_what_was_live_equals_what_happened_receipt_by_receipt(history: factories.Shop) -> None:
    judged = {one.past.id: one for one in judge(backtest(history.programme, []))}
    receipts = Receipt.objects.filter(status__in=["completed", "partially_returned"])
    gave = {code for one in judged.values() for code in who_gave(one)}
    assert gave >= {*REST, *MORE} - {"trade", "vip"}  # points spent, and a coupon
    assert {str(receipt.id) for receipt in receipts} == set(judged)
    assert receipts.filter(status="partially_returned").count() > 5
    for receipt in receipts:
        one = judged[str(receipt.id)]
        assert by_campaigns(record.pack(one.outcome)) == standing(receipt)
        assert one.before == one.after


def test_trying_the_live_campaigns_as_they_are_changes_nothing(history: factories.Shop) -> None:
    live = list(Campaign.objects.filter(programme=history.programme, status="live").exclude(code="trade"))
    for campaign in live:
        begins = Rulebook.objects.filter(revisions__contains=[campaign.revisions.get().pk]).earliest(
            "in_force_from"
        )
        campaign.draft["when"] = {"from": begins.in_force_from.isoformat()}
    test = backtest(history.programme, trial.freeze(live, keep_dates=True))
    for one in judge(test):
        assert one.before == one.after
    tally = add_up(test)
    assert tally.differing == 0
    assert tally.all.touched > 50
    assert (tally.all.points, tally.all.cost) == (0, 0)


@pytest.mark.parametrize(
    "codes",
    [
        ("dairy", "weekly", "third", "silver", "later", "next-time", "faithful", "store", "member-of-vip"),
        ("cheaper", "every-fifth", "later", "third"),
    ],
    ids=["points", "discounts"],
)
def test_drafts_give_in_a_backtest_what_they_give_when_they_are_live(
    codes: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same sales twice: with all campaigns in force, and with all but one as drafts that are tried then."""
    monkeypatch.setattr(factories, "publish_campaign", publisher(("base", *codes), ()))
    really = undone(sell_and_tell)
    monkeypatch.setattr(factories, "publish_campaign", publisher(("base",), codes))
    tried = undone(sell_and_try)
    assert {code for given in really.values() for code in given} == {"base", *codes}
    assert tried == really


Given = dict[str, dict[str, Decimal]]


def undone(work: Callable[[], Given]) -> Given:
    with transaction.atomic():
        result = work()
        transaction.set_rollback(True)
    places.forget()
    return result


def publisher(live: tuple[str, ...], tried: tuple[str, ...]) -> Callable[..., None]:
    """In the place of ``publish_campaign``: drafts begin when they would have been published; others are left."""
    moments = [factories.START]

    def publish(
        programme: Programme, draft: dict[str, Any], at: datetime = factories.START, **fields: Any
    ) -> None:
        moments.append(max(at, moments[-1]))  # rules never change backwards
        if fields["code"] in tried:
            draft = draft | {"when": {"from": moments[-1].isoformat()}}
        if fields["code"] in (*live, *tried):
            campaign = factories.CampaignFactory(programme=programme, draft=draft, **fields)
            if fields["code"] in live:
                rulebooks.publish(campaign, moments[-1])

    return publish


def sell_all() -> factories.Shop:
    """Nobody spends points: how many a member has then changes no receipt. Nothing is held."""
    shop = open_chain()
    buyers = enrol_buyers(shop)
    add_more(shop, buyers)
    only_vip = {
        "all": [
            {"condition": "segment", "in": ["vip"]},
            {"condition": "attribute", "key": "dog", "is": "yes"},
        ]
    }
    points = [{"effect": "points_fixed", "points": "1"}]
    factories.publish_campaign(
        shop.programme, {"whom": {"who": "members"}, "if": only_vip, "what": points}, code="member-of-vip"
    )
    sales = make_sales(buyers)
    sell_in_bulk(msgspec.structs.replace(sale, redeem=Decimal(0), state="completed") for sale in sales)
    return shop


def sell_and_tell() -> Given:
    """What each campaign gave on each receipt, points and money off."""
    sell_all()
    codes = dict(Campaign.objects.values_list("id", "code"))
    return {
        receipt.number: given(judging.of_then(record.load(receipt.outcome)), codes)
        for receipt in Receipt.objects.filter(status="completed")
    }


def sell_and_try() -> Given:
    """What each campaign would have given on each receipt."""
    shop = sell_all()
    codes = dict(Campaign.objects.values_list("id", "code"))
    numbers = dict(Receipt.objects.values_list("id", "number"))
    drafts = Campaign.objects.filter(status="draft")
    return {
        numbers[UUID(one.past.id)]: given(one.after, codes)
        for one in judge(backtest(shop.programme, trial.freeze(drafts, keep_dates=True)))
    }


def given(verdict: judging.Verdict, codes: dict[int, str]) -> dict[str, Decimal]:
    return {
        codes[one]: verdict.points.get(one, Decimal(0)) + verdict.discounts.get(one, Decimal(0))
        for one in {*verdict.points, *verdict.discounts}
    }


def test_without_a_live_campaign_is_the_past_as_it_would_have_been(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compared with a past without them, live campaigns cost what they gave and what they kept others from."""
    shop = factories.open_shop(store="s-1")
    in_group = {"stacking": {"group": "g", "mode": "best"}}
    better = factories.publish_campaign(
        shop.programme, factories.percent_of_receipt("5") | in_group, code="better"
    )
    factories.publish_campaign(shop.programme, factories.percent_of_receipt("2") | in_group, code="worse")
    member = factories.enrol(shop.programme)
    sell_one(member, "100.00")
    test = backtest(shop.programme, trial.freeze([better], keep_dates=True), against=Backtest.Against.WITHOUT)
    (judged,) = judge(test)
    assert (judged.before.earned, judged.after.earned) == (Decimal("2.00"), Decimal("5.00"))


def sell_one(member: Member | None, amount: str, number: str = "1", at: datetime = BEGIN) -> None:
    line = SaleLine(1, "SKU-0", Decimal(1), amount=Decimal(amount))
    who = Who(phone=member.phone) if member else None
    checkout.purchase(Sale("s-1", at, (line,), receipt_number=number, member=who), at)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_parts_of_any_size_come_to_the_same(history: factories.Shop, size: int) -> None:
    drafts = trial.freeze(Campaign.objects.filter(programme=history.programme, code__in=["third", "weekly"]))
    test = backtest(history.programme, [one | {"campaign": one["campaign"] + 1000} for one in drafts])
    stretches = parts.cut(parts.period_of(test), one_order=False, size=size)
    assert sum(stretch.receipts for stretch in stretches) == len(list(judge(test)))
    strangers = Receipt.objects.filter(status__in=["completed", "partially_returned"], member=None).count()
    assert [stretch.receipts for stretch in stretches if stretch.kind == "anonymous"] == [
        min(size, strangers - start) for start in range(0, strangers, size)
    ]
    assert len([stretch for stretch in stretches if stretch.kind == "members"]) == (1 if size == 1000 else 4)
    assert add_up(test, size) == add_up(test, 50)


#: The id of a campaign that is not there: far above what a long run of tests comes to.
NEW_ONE = 1_000_000_001


def test_the_tally_adds_up(history: factories.Shop) -> None:
    draft = factories.percent_of_receipt("1")
    tried = [{"campaign": NEW_ONE, "code": "t", "name": "T", "revision": 1, "definition": draft}]
    tally = add_up(backtest(history.programme, tried))
    judged = list(judge(backtest(history.programme, tried)))
    assert tally.all.points == sum(one.after.earned - one.before.earned for one in judged) > 0
    assert tally.tried[NEW_ONE].points == sum(one.after.points.get(NEW_ONE, 0) for one in judged)
    assert (
        tally.all.receipts
        == len(judged)
        == tally.anonymous.receipts + sum(one.receipts for one in tally.by_tier.values())
    )
    paid = tally.by_payer[""]  # nobody is named: the house pays
    assert (paid.points, paid.discount, paid.cost) == (tally.all.points, tally.all.discount, tally.all.cost)
    for table in (tally.by_store, tally.by_day):
        assert sum(one.points for one in table.values()) == tally.all.points
    assert sum(winner.points for winner in tally.people.winners) == tally.all.points  # four members in all
    assert [one.value for one in tally.people.winners] == sorted(
        (one.value for one in tally.people.winners), reverse=True
    )
    assert sum(tally.people.gains.values()) == tally.people.gain == 4


def test_segments_are_those_that_members_are_in_now(history: factories.Shop) -> None:
    member = Member.objects.order_by("id").first()
    assert member is not None
    segments.add(factories.SegmentFactory(code="friends"), [member.id], LAST)
    tried = [
        {
            "campaign": NEW_ONE,
            "code": "t",
            "name": "T",
            "revision": 1,
            "definition": factories.percent_of_receipt("1"),
        }
    ]
    tally = add_up(backtest(history.programme, tried))
    assert (
        tally.by_segment["friends"].receipts
        == Receipt.objects.filter(member=member, status__in=["completed", "partially_returned"]).count()
    )
