"""Every kind of ladder on one crowd: the recount in SQL says of each member what the pure rules say."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import msgspec
import pytest

from analytics import facts, moves, recount, stored_facts
from analytics.facts import ByHand
from analytics.models import MemberFacts
from loyalty.ledger import ledger
from loyalty.models import Programme, Receipt, Tier
from loyalty.rules import tiers
from loyalty.rules.tiers import Climb
from loyalty.shops import places
from members.models import Member
from tests import factories
from tests.analytics import laddering
from tests.analytics.laddering import Books, change, open_ladder

pytestmark = pytest.mark.django_db

BEGIN, TODAY = date(2025, 1, 10), date(2026, 9, 14)
CROWD = 120
#: What each tier asks for; the first one is also tried with a lowest tier that must be reached.
THRESHOLDS = {"spent": (0, 120, 400, 1200), "points": (0, 12, 40, 120), "visits": (0, 2, 5, 12)}
BELOW = {"spent": Decimal(150), "points": Decimal(15), "visits": Decimal(2)}
TERMS = {"spent": "month", "points": "quarter", "visits": "year"}
WINDOWS: dict[str, dict[str, Any]] = {
    "in all": {"window": "ever"},
    "90 days": {"window": "rolling", "span_amount": 90},
    "5 months": {"window": "rolling", "span_amount": 5, "span_unit": "months"},
    "a month": {"window": "month"},
    "a quarter": {"window": "quarter"},
    "a year": {"window": "year"},
}
DOWNS = ("never", "idle", "less than its own", "less than an amount")
#: How far down, after which grace, with which first day of the rule, and where the ladder begins.
KINDS = (
    {"fall": "step", "grace_days": 0, "down_from": None},
    {"fall": "lowest", "grace_days": 14, "down_from": None},
    {"fall": "step", "grace_days": 45, "down_from": date(2026, 5, 20)},
    {"fall": "lowest", "grace_days": 0, "down_from": date(2026, 2, 1)},
)


def ladders() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every basis, window and way down; the other settings in turns."""
    for number, (basis, window, down) in enumerate(product(THRESHOLDS, WINDOWS, DOWNS)):
        rules: dict[str, Any] = {
            "basis": basis, "span_amount": None, "span_unit": "days", "idle_days": None, "below": None, "term": "",
            **WINDOWS[window], **KINDS[(number + number // 4) % 4],
        }  # fmt: skip
        if down == "never":
            rules["down"] = "never"
        elif down == "idle":
            rules |= {"down": "idle", "idle_days": 60}
        else:
            rules["down"] = "below"
            if down == "less than an amount" or window == "in all":
                rules["below"] = BELOW[basis]
            if window == "in all":  # looks at a period of its own
                term = "rolling" if down == "less than its own" else TERMS[basis]
                rules |= {"term": term, "span_amount": 45}
        yield f"{basis} in {window}, {down}", rules


def gather(programme: Programme) -> list[Member]:
    """Members with purchases of a year and a half, some taken back in part, and tiers set by hand."""
    chance, books = random.Random(20260914), Books(programme)
    steps = list(Tier.objects.filter(programme=programme))
    members = Member.objects.bulk_create(factories.MemberFactory.build_batch(CROWD))
    ledger.open_accounts([member.pk for member in members], programme)
    for member in members:
        for _ in range(chance.choice((0, 1, 2, 5, 9))):
            day = BEGIN + timedelta(days=chance.randrange((TODAY - BEGIN).days))
            at = laddering.noon(day, programme) + timedelta(hours=chance.choice((-12, -6, 3, 11)))
            status = chance.choice(("completed", "completed", "completed", "returned", "held"))
            receipt = books.buy(member, at, chance.choice((5, 60, 150, 400)), chance.randrange(30), status)
            if status == "completed" and chance.random() < 0.2:
                books.give_back(receipt, receipt.to_pay / 4, receipt.earned // 2)
        by_hand: dict[str, Any] = {}
        if chance.random() < 0.35:
            end = laddering.noon(TODAY + timedelta(days=chance.choice((-9, 0, 3, 80))), programme)
            by_hand = {
                "set_tier": chance.choice(steps), "set_until": chance.choice((end, end, None)),
                "set_exactly": chance.random() < 0.5,
            }  # fmt: skip
        books.total(member, **by_hand)
    return members


def expected(rows: list[MemberFacts], programme: Programme, now: datetime) -> dict[Any, Any]:
    """The tier and its end of each member, by the pure rules from nothing but the purchases and what was set."""
    ladder = laddering.read(programme)
    bought = stored_facts.read_bought([row.member_id for row in rows], programme.pk)
    found = {}
    for row in rows:
        known = facts.Facts(climb=tiers.fold(ladder, bought[row.member_id]), version=ladder.version)
        if ladder.plain:
            known = known._replace(purchases=row.purchases, spent=row.spent, points=row.points)
        if row.set_tier_id is not None:
            known = known._replace(by_hand=ByHand(row.set_tier_id, row.set_until, row.set_exactly))
        step = ladder.step(facts.level(known, ladder, now))
        climb = None if ladder.plain else known.climb
        found[row.member_id] = (step.id if step else None, facts.look_again_at(known, ladder, now), climb)
    return found


def stored(rows: list[MemberFacts]) -> dict[Any, Any]:
    """The same as the recount left it."""
    return {
        row.member_id: (
            row.tier_id,
            row.tier_until,
            None if row.climb is None else msgspec.convert(row.climb, Climb, strict=False),
        )
        for row in rows
    }


def test_every_ladder_is_counted_in_sql_as_by_the_rules_for_a_crowd() -> None:
    programme = open_ladder(tuple((f"tier-{n}", n) for n in range(4)))
    gather(programme)
    assert Receipt.objects.count() > 3 * CROWD
    now = laddering.noon(TODAY, programme)
    moved = 0
    for number, (name, rules) in enumerate(ladders()):
        for step, threshold in zip(range(4), THRESHOLDS[rules["basis"]], strict=True):
            lowest = 1 if step == 0 and number % 3 == 0 else threshold
            Tier.objects.filter(code=f"tier-{step}").update(threshold=lowest)
        change(programme, **rules)
        for moment in (now, now + timedelta(days=75)):
            places.forget()
            before = dict(MemberFacts.objects.values_list("member_id", "tier__code"))
            foreseen = moves.foresee(programme.pk, laddering.read(programme), moment)
            recount.settle(moment)
            after = dict(MemberFacts.objects.values_list("member_id", "tier__code"))
            moved_now = Counter(
                (before[key] or "", after[key] or "") for key in after if before[key] != after[key]
            )
            assert foreseen is not None
            assert {(one.was, one.now): one.members for one in foreseen} == moved_now, name
            rows = list(MemberFacts.objects.filter(programme=programme))
            if laddering.read(programme).plain:  # only those whose tier changes are written
                told = {key: value[0] for key, value in stored(rows).items()}
                assert told == {key: v[0] for key, v in expected(rows, programme, moment).items()}, name
            else:
                assert stored(rows) == expected(rows, programme, moment), name
            moved += sum(row.tier_until is not None and row.tier_until < moment for row in rows)
    assert moved == 0  # nobody's time is over after a recount
    places.forget()
