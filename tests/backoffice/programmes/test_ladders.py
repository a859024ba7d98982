"""Tiers in the back office: the ladder's page, the history, and a tier that is set by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from analytics import moves, recount
from analytics.models import MemberFacts
from backoffice.staff import roles
from campaigns.models import Rulebook
from loyalty.models import Ladder, Programme, Tier, TierChange
from loyalty.shops import places
from loyalty.tiers import ladder_wording, ladders
from tests import factories
from tests.analytics.laddering import change, open_ladder

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def forget_places() -> None:
    places.forget()


@pytest.fixture
def ladder(scene: Any) -> Ladder:
    return Ladder.objects.create(programme=scene.shop.programme)


def address(ladder: Ladder) -> str:
    return reverse("admin:loyalty_ladder_change", args=[ladder.pk])


def filled(boss: Any, ladder: Ladder) -> dict[str, Any]:
    """What the browser sends back when nothing is changed."""
    page = boss.get(address(ladder)).context
    forms = [page["adminform"].form, page["inline_admin_formsets"][0].formset.management_form]
    forms += page["inline_admin_formsets"][0].formset.forms
    sent = {}
    for form in forms:
        for field in form:
            value = field.value()
            sent[field.html_name] = "" if value is None else str(value)
    return sent


def agree(boss: Any, page: str, sent: dict[str, Any]) -> Any:
    """Send a form that moves members, and agree to what is said of it."""
    asked = boss.post(page, sent)
    assert asked.status_code == 200
    assert asked.templates[0].name == "backoffice/moving.html"
    return boss.post(page, dict(asked.context["sent"]) | {"sure": asked.context["sure"]})


def test_the_page_says_the_rules_and_counts_the_members(ladder: Ladder, boss: Any, scene: Any) -> None:
    recount.settle(timezone.now())
    text = boss.get(address(ladder)).content.decode()
    assert "Members go up by the money that they spend, counted in all. They never go down." in text
    assert "Base: 1 · Gold: 0" in text
    listed = boss.get(reverse("admin:loyalty_ladder_changelist")).content.decode()
    assert "Gold from 1,000.00 EUR" in listed


def test_a_ladder_is_made_with_its_tiers_on_one_page(boss: Any, scene: Any) -> None:
    other = factories.ProgrammeFactory(name="Baby club")
    page = boss.get(reverse("admin:loyalty_ladder_add"))
    assert [str(one) for one in page.context["adminform"].form.fields["programme"].queryset] == [
        str(scene.shop.programme), "Baby club",
    ]  # fmt: skip
    sent = {
        "programme": other.pk, "basis": "visits", "window": "rolling", "span_amount": "90", "span_unit": "days",
        "down": "idle", "idle_days": "60", "fall": "lowest", "grace_days": "14", "below": "", "term": "",
        "tiers-TOTAL_FORMS": "2", "tiers-INITIAL_FORMS": "0",
        "tiers-0-name": "Guest", "tiers-0-code": "guest", "tiers-0-threshold": "0", "tiers-0-benefits": "",
        "tiers-1-name": "Friend", "tiers-1-code": "friend", "tiers-1-threshold": "5", "tiers-1-benefits": "Cake",
    }  # fmt: skip
    assert boss.post(reverse("admin:loyalty_ladder_add"), sent).status_code == 302

    made = ladders.read(other)
    assert [(step.code, step.threshold, step.benefits) for step in made.steps] == [
        ("guest", 0, ""), ("friend", 5, "Cake"),
    ]  # fmt: skip
    assert (made.basis, made.down, made.lowest, made.grace) == ("visits", "idle", True, 14)


def test_thresholds_may_change_places_and_members_are_counted_again(
    ladder: Ladder, boss: Any, scene: Any, django_capture_on_commit_callbacks: Any
) -> None:
    rulebooks = Rulebook.objects.count()
    sent = filled(boss, ladder) | {"tiers-0-threshold": "1000", "tiers-1-threshold": "0"}
    with django_capture_on_commit_callbacks(execute=True):
        assert agree(boss, address(ladder), sent).status_code == 302

    assert dict(Tier.objects.values_list("code", "threshold")) == {"gold": 0, "base": 1000}
    assert Ladder.objects.get().version == ladder.version + 1
    assert Rulebook.objects.count() == rulebooks + 1
    facts = MemberFacts.objects.select_related("tier").get(member=scene.member)
    assert facts.tier is not None and facts.tier.code == "gold"
    assert [(c.was, c.now, c.why, c.up) for c in TierChange.objects.all()] == [
        ("base", "gold", "ladder", False)
    ]


@pytest.mark.parametrize("threshold", ["5", "0.5"])
@pytest.mark.parametrize("page", ["ladder", "tier"])
def test_a_threshold_says_before_it_is_saved_how_many_members_it_moves_and_from_where_to_where(
    page: str, threshold: str, ladder: Ladder, boss: Any, scene: Any, django_capture_on_commit_callbacks: Any
) -> None:
    where = address(ladder)
    sent = filled(boss, ladder) | {"tiers-1-threshold": threshold}
    if page == "tier":
        gold = Tier.objects.get(code="gold")
        where = reverse("admin:loyalty_tier_change", args=[gold.pk])
        sent = {"name": "Gold", "threshold": threshold, "benefits": ""}
    recount.settle(timezone.now())
    before = (Tier.objects.get(code="gold").threshold, Ladder.objects.get().version, Rulebook.objects.count())

    asked = boss.post(where, sent)

    assert asked.context["told"] == ["1 member goes from “Base” to “Gold”."]
    text = asked.content.decode()
    assert "Nothing is saved yet" in text and "changed successfully" not in text
    now = (Tier.objects.get(code="gold").threshold, Ladder.objects.get().version, Rulebook.objects.count())
    assert now == before, "nothing is done before somebody agrees"
    other = dict(asked.context["sent"]) | {"sure": asked.context["sure"]}
    other["tiers-1-threshold" if page == "ladder" else "threshold"] = "6"
    assert boss.post(where, other).status_code == 200, "other content is asked about again"

    with django_capture_on_commit_callbacks(execute=True):
        assert agree(boss, where, sent).status_code == 302
    tier = MemberFacts.objects.select_related("tier").get(member=scene.member).tier
    assert tier is not None and (tier.code, tier.threshold) == ("gold", Decimal(threshold))

    raised = sent | {"tiers-1-threshold" if page == "ladder" else "threshold": "800"}
    if page == "ladder":
        raised = filled(boss, ladder) | {"tiers-1-threshold": "800"}
    assert boss.post(where, raised).context["told"] == ["1 member goes from “Gold” to “Base”."]


def test_what_moves_nobody_is_saved_at_once_and_what_takes_too_long_to_count_says_so(
    ladder: Ladder, boss: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recount.settle(timezone.now())
    assert boss.post(address(ladder), filled(boss, ladder) | {"tiers-1-threshold": "900"}).status_code == 302
    monkeypatch.setattr(moves, "PATIENCE", 1)
    monkeypatch.setattr(moves.statements, "moving", lambda ladder: "SELECT '', '', pg_sleep(5)::text")
    asked = boss.post(address(ladder), filled(boss, ladder) | {"tiers-1-threshold": "901"})
    assert "are not enough to count whom this moves" in asked.context["told"][0]
    assert agree(boss, address(ladder), dict(asked.context["sent"])).status_code == 302
    assert Tier.objects.get(code="gold").threshold == 901


def test_who_deletes_a_tier_is_told_whom_that_moves(ladder: Ladder, boss: Any, scene: Any) -> None:
    gold = Tier.objects.get(code="gold")
    Tier.objects.filter(pk=gold.pk).update(threshold=5)
    ladders.note_change(scene.shop.programme, NOW)
    recount.settle(timezone.now())
    page = boss.get(reverse("admin:loyalty_tier_delete", args=[gold.pk])).content.decode()
    assert "1 member goes from “Gold” to “Base”." in page

    taken = filled(boss, ladder) | {"tiers-1-DELETE": "on"}
    assert boss.post(address(ladder), taken).context["told"] == ["1 member goes from “Gold” to “Base”."]


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.ANALYST])
def test_those_who_only_look_read_the_ladder_and_its_history(
    role: str, ladder: Ladder, boss: Any, scene: Any, enter: Any
) -> None:
    sent, client = filled(boss, ladder), enter(role)
    text = client.get(address(ladder)).content.decode()
    assert "They never go down." in text and "1000.00" in text
    assert "How members go down" not in text  # the words say it
    assert client.get(reverse("admin:loyalty_tierchange_changelist")).status_code == 200
    assert client.post(address(ladder), sent | {"grace_days": "5"}).status_code == 403
    assert Ladder.objects.get().grace_days == 0


def test_nothing_changed_changes_nothing(ladder: Ladder, boss: Any) -> None:
    before = Rulebook.objects.count()
    assert boss.post(address(ladder), filled(boss, ladder)).status_code == 302
    assert (Rulebook.objects.count(), Ladder.objects.get().version) == (before, ladder.version)


def test_a_rule_for_going_down_applies_from_today_unless_it_says_otherwise(ladder: Ladder, boss: Any) -> None:
    sent = filled(boss, ladder) | {"down": "idle", "idle_days": "90"}
    assert boss.post(address(ladder), sent).status_code == 302
    saved = Ladder.objects.get()
    assert (saved.idle_days, saved.down_from) == (90, timezone.now().date())
    sent = filled(boss, ladder) | {"down_from": "2026-01-31"}
    assert boss.post(address(ladder), sent).status_code == 302
    assert str(Ladder.objects.get().down_from) == "2026-01-31"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"window": "rolling"}, "span_amount"),
        ({"down": "idle"}, "idle_days"),
        ({"down": "below"}, "below"),
        ({"down": "below", "below": "10"}, "term"),
        ({"down": "below", "below": "10", "term": "rolling"}, "span_amount"),
        ({"down": "below", "below": "-1", "window": "year"}, "below"),
        ({"tiers-0-threshold": "-5"}, ""),
        ({"tiers-0-threshold": "1000"}, ""),
    ],
)
def test_what_cannot_be_counted_is_told_beside_its_field(
    ladder: Ladder, boss: Any, wrong: dict[str, str], field: str
) -> None:
    answer = boss.post(address(ladder), filled(boss, ladder) | wrong)
    assert answer.status_code == 200
    context = answer.context
    if field:
        assert field in context["adminform"].form.errors
    else:
        rows = context["inline_admin_formsets"][0].formset
        assert any("threshold" in form.errors for form in rows.forms)
    assert Ladder.objects.get().version == ladder.version


def test_a_tier_that_is_deleted_is_lost_by_those_who_had_it(
    ladder: Ladder, boss: Any, scene: Any, django_capture_on_commit_callbacks: Any
) -> None:
    gold = Tier.objects.get(code="gold")
    Tier.objects.filter(code="gold").update(threshold=5)
    ladders.note_change(scene.shop.programme, NOW)
    recount.settle(timezone.now())
    assert MemberFacts.objects.get(member=scene.member).tier == gold

    with django_capture_on_commit_callbacks(execute=True):
        boss.post(reverse("admin:loyalty_tier_delete", args=[gold.pk]), {"post": "yes"})

    assert [(c.was, c.now, c.why, c.up) for c in TierChange.objects.order_by("id")] == [
        ("base", "gold", "ladder", True), ("gold", "base", "ladder", False),
    ]  # fmt: skip
    assert recount.settle(timezone.now()).members == 0


# By hand


def page_of(scene: Any) -> str:
    return reverse("admin:members_member_set_tier", args=[scene.member.pk])


def tier(code: str) -> str:
    return str(Tier.objects.get(code=code).pk)


@pytest.mark.parametrize("role", [roles.MANAGER, roles.OPERATOR])
def test_an_operator_gives_a_tier_with_a_reason_that_the_page_then_tells(
    role: str, scene: Any, enter: Any
) -> None:
    client = enter(role)
    until = timezone.now().date() + timedelta(days=30)
    sent = {"what": "at_least", "tier": tier("gold"), "until": str(until), "reason": "A regular of ours"}
    assert client.post(page_of(scene), sent).status_code == 302

    page = client.get(reverse("admin:members_member_change", args=[scene.member.pk]))
    purse = page.context["page"].purses[0]
    assert (purse.tier.code, purse.by_hand.tier.code, purse.by_hand.exactly) == ("gold", "gold", False)
    text = page.content.decode()
    assert "A regular of ours" in text
    assert "by hand at least Gold" in text
    assert "Base → Gold – by hand" in text
    listed = client.get(reverse("admin:loyalty_tierchange_changelist")).content.decode()
    assert "Base → Gold, until " in listed

    assert (
        client.post(
            page_of(scene), {"what": "let_go", "tier": tier("gold"), "reason": "Moved away"}
        ).status_code
        == 302
    )
    changes = TierChange.objects.order_by("id").values_list("was", "now", "reason")
    assert list(changes) == [("base", "gold", "A regular of ours"), ("gold", "base", "Moved away")]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"what": "keep"}, "until"),
        ({"what": "at_least", "reason": ""}, "reason"),
        ({"what": "exactly", "until": "2020-01-01"}, "until"),
        ({"what": "let_go"}, "tier"),
        ({"what": "steal"}, "what"),
        ({"what": "exactly", "tier": "0"}, "tier"),
    ],
)
def test_what_cannot_be_set_is_told_beside_its_field(
    scene: Any, boss: Any, sent: dict[str, str], field: str
) -> None:
    answer = boss.post(page_of(scene), {"tier": tier("gold"), "reason": "because", **sent})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not TierChange.objects.exists()


def test_an_analyst_sets_no_tier(scene: Any, enter: Any) -> None:
    client = enter(roles.ANALYST)
    assert client.get(page_of(scene)).status_code == 403
    assert (
        client.post(page_of(scene), {"what": "at_least", "tier": tier("gold"), "reason": "x"}).status_code
        == 403
    )
    assert not TierChange.objects.exists()


# In words


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ({}, "Members go up by the money that they spend, counted in all. They never go down."),
        (
            {"basis": "visits", "window": "rolling", "span_amount": 3, "span_unit": "months"},
            "Members go up by the purchases that they make in the last 3 months. They never go down.",
        ),
        (
            {"basis": "points", "window": "year", "down": "below", "grace_days": 31},
            "Members go up by the points that they earn with purchases in a calendar year. A tier is kept through the"
            " next year and must be reached in it again; who does not goes down by one tier. Every tier is kept for"
            " 31 days of grace.",
        ),
        (
            {"window": "rolling", "span_amount": 90, "down": "below", "fall": "lowest"},
            "Members go up by the money that they spend in the last 90 days. A tier is kept for 90 days after it was"
            " last reached; who does not falls to the tier that was reached meanwhile.",
        ),
        (
            {"down": "idle", "idle_days": 60, "down_from": datetime(2026, 3, 1).date()},
            "Members go up by the money that they spend, counted in all. Without a purchase for 60 days they go down by"
            " one tier. Who goes down counts anew from then on. Nobody goes down for what was before 2026-03-01.",
        ),
        (
            {"down": "below", "below": Decimal("99.50"), "term": "quarter", "fall": "lowest"},
            "Members go up by the money that they spend, counted in all. With less than 99.50 EUR in a calendar"
            " quarter they go down to the lowest tier. Who goes down counts anew from then on.",
        ),
        (
            {"basis": "visits", "down": "below", "below": Decimal(1), "term": "rolling", "span_amount": 1},
            "Members go up by the purchases that they make, counted in all. With less than 1 purchase in 1 day they"
            " go down by one tier. Who goes down counts anew from then on.",
        ),
    ],
)  # fmt: skip
def test_a_ladder_is_told_in_words(rules: dict[str, Any], told: str) -> None:
    programme: Programme = open_ladder()
    if rules:
        change(programme, **rules)
    assert " ".join(ladder_wording.describe(ladders.read(programme), "EUR")) == told
