"""Reading a programme in: what the file says happens, and is told before."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import yaml
from django.db import connection

from analytics.models import MemberFacts
from campaigns import rulebooks
from campaigns.models import Campaign, Revision, Rulebook
from campaigns.programme_file import importing, notation, snapshot
from campaigns.programme_file.document import Moment
from loyalty.models import Ladder, Product, ProductSet, Programme, TierChange
from members.models import CardKind, Event
from rewards.models import Coupon
from tests.campaigns.programme_file.editing import LATER, NOW, apply, coffee, edited, told
from tests.factories import (
    UserFactory,
    enrol,
)

pytestmark = pytest.mark.django_db


# Nothing changes


def test_importing_an_export_changes_nothing(programme: Programme) -> None:
    text = snapshot.export(programme)
    counts = Rulebook.objects.count(), Revision.objects.count(), Event.objects.count()

    plan = apply(text)

    assert plan.changes == ()
    assert snapshot.export(programme) == text
    assert (Rulebook.objects.count(), Revision.objects.count(), Event.objects.count()) == counts


def test_a_file_names_things_by_their_codes_and_has_no_ids(programme: Programme) -> None:
    document = notation.read(snapshot.export(programme)).value

    assert list(document) == [
        "version", "programme", "ladder", "tiers", "card_types", "partners", "payers", "product_sets",
        "coupon_series", "campaigns", "templates",
    ]  # fmt: skip
    assert document["partners"] == {
        "corner": {
            "name": "Corner", "country": "", "priority": 7, "card_type": "business", "product_set": None,
        }
    }  # fmt: skip
    assert document["product_sets"]["tobacco"] == {"name": "Tobacco", "products": {"corner": ["T-1", "T-2"]}}
    assert document["coupon_series"]["spring"]["mass_code"] == "SPRING26"
    assert document["campaigns"]["next"] == {"name": "Next", "status": "draft", "definition": {"what": []}}


def test_an_export_is_plain_yaml_for_every_other_reader(programme: Programme) -> None:
    text = snapshot.export(programme)

    assert yaml.safe_load(text) == notation.read(text).value


def test_what_a_file_does_not_mention_is_left_alone(programme: Programme) -> None:
    text = "version: 1\nprogramme:\n  code: main\n  return_days: 30\ntiers:\n  gold: {threshold: 900}\n"

    plan = apply(text)

    assert told(plan) == [
        "changed Programme “Main”: return window, days: 14 → 30",
        "changed Tier “Gold”: reached at: 1000 → 900",
    ]
    programme.refresh_from_db()
    assert (programme.return_days, programme.name) == (30, "Main")
    assert list(programme.tiers.values_list("code", "threshold")) == [("basic", 0), ("gold", 900)]
    assert programme.campaigns.count() == 2


# Changes


def test_a_changed_campaign_is_published_and_told_in_words(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["campaigns"]["coffee-hours"]["definition"]["what"][0]["percent"] = 7

    user = UserFactory()
    plan = importing.apply(edited(programme, edit), Moment(LATER, user.pk))

    assert told(plan) == ["changed Campaign “Coffee hours”: percent of points: 5 → 7"]
    newest = Revision.objects.get(campaign__code="coffee-hours", number=2)
    assert newest.definition["what"] == [{"effect": "points_percent", "percent": 7}]
    assert (newest.published_at, newest.published_by) == (LATER, user)
    rules = rulebooks.in_force(programme.pk, LATER)
    assert rules is not None and newest.pk in rules.revision_ids.values()


def test_many_campaigns_of_a_file_make_one_rulebook_that_holds_them_all(programme: Programme) -> None:
    """Each rulebook names every campaign: one for each would make a file of many take as long as their square."""

    def edit(document: dict[str, Any]) -> None:
        for number in range(3):
            entry = {"name": f"New {number}", "status": "live", "definition": coffee("3")}
            document["campaigns"][f"new-{number}"] = entry
        document["campaigns"]["coffee-hours"]["status"] = "paused"

    before = Rulebook.objects.count()
    apply(edited(programme, edit))

    assert Rulebook.objects.count() == before + 1
    rules = rulebooks.in_force(programme.pk, LATER)
    assert rules is not None
    live = Campaign.objects.filter(code__startswith="new-").values_list("pk", flat=True)
    assert set(rules.revision_ids) == set(live)


def test_a_draft_is_edited_without_touching_what_is_in_force(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["campaigns"]["coffee-hours"]["draft"] = {"definition": coffee("9")}

    text = edited(programme, edit)
    plan = apply(text)

    assert told(plan) == [
        "changed Campaign “Coffee hours”: draft of the next version: looks at: lines of the receipt → –; "
        "draft of the next version: product sets: coffee → –; draft of the next version: percent of points: 5 → 9"
    ]
    assert Revision.objects.filter(campaign__code="coffee-hours").count() == 1
    assert Campaign.objects.get(code="coffee-hours").draft == coffee("9")
    assert apply(text).changes == ()


def test_a_draft_of_a_colleague_is_left_alone_by_a_file_that_says_nothing_of_it(programme: Programme) -> None:
    text = snapshot.export(programme)
    Campaign.objects.filter(code="coffee-hours").update(draft=coffee("11"))

    assert apply(text).changes == ()
    assert Campaign.objects.get(code="coffee-hours").draft == coffee("11")
    assert told(apply(text, prune=True)) == [
        "changed Campaign “Coffee hours”: the draft of the next version is dropped"
    ]
    assert snapshot.export(programme) == text


@pytest.mark.parametrize(
    ("statuses", "revisions", "live"),
    [
        (["draft", "live"], 1, True),
        (["live", "paused"], 1, False),
        (["live", "paused", "live"], 1, True),
        (["live", "ended"], 1, False),
        (["paused"], 1, False),
        (["ended", "live"], 2, True),
        (["draft"], 0, False),
    ],
)
def test_a_campaign_goes_from_status_to_status(statuses: list[str], revisions: int, live: bool) -> None:
    for status in statuses:
        entry = {"name": "Coffee", "status": status, "definition": coffee()}
        apply(
            notation.write({"version": 1, "programme": {"code": "p", "name": "P"}, "campaigns": {"c": entry}})
        )

    row = Campaign.objects.get(code="c")
    assert (row.status, row.revisions.count()) == (statuses[-1], revisions)
    rules = rulebooks.in_force(row.programme_id, LATER)
    assert rules is not None and (row.pk in rules.revision_ids) is live


def test_a_new_campaign_is_told_in_sentences(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["campaigns"]["night"] = {
            "name": "Night", "status": "live", "definition": coffee("3", when={"hours": [["22:00", "24:00"]]}),
        }  # fmt: skip

    plan = importing.foresee(edited(programme, edit), Moment(LATER))

    assert told(plan) == [
        "added Campaign “Night”: live; All members get 3% back in points, from 22:00 to 24:00."
    ]


def test_publishing_from_a_file_ends_the_review(programme: Programme) -> None:
    Campaign.objects.filter(code="next").update(submitted_at=NOW, draft=coffee())

    apply("version: 1\nprogramme: {code: main}\ncampaigns: {next: {status: live}}\n")

    row = Campaign.objects.get(code="next")
    assert (row.status, row.submitted_at) == ("live", None)


def test_tiers_change_places_and_members_are_counted_anew(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["tiers"] = {
            "gold": document["tiers"]["gold"] | {"threshold": "0"},
            "basic": document["tiers"]["basic"] | {"threshold": "1000"},
        }
        document["ladder"] |= {"down": "idle", "idle_days": 90}

    plan = apply(edited(programme, edit))

    assert told(plan) == [
        "changed Ladder of tiers: members go down: never → without a purchase for some days; "
        "days without a purchase: – → 90; nobody goes down for what was before: – → 2026-06-02",
        "changed Tier “Basic”: reached at: 0 → 1000",
        "changed Tier “Gold”: reached at: 1000 → 0",
    ]
    assert dict(programme.tiers.values_list("code", "threshold")) == {"gold": 0, "basic": 1000}
    ladder = Ladder.objects.get(programme=programme)
    assert (ladder.down, ladder.down_from, ladder.version > 1) == ("idle", LATER.date(), True)


def test_a_new_rulebook_is_in_force_when_terms_change(programme: Programme) -> None:
    before = Rulebook.objects.filter(programme=programme).count()

    apply("version: 1\nprogramme: {code: main, hold_minutes: 30}\n")

    newest = Rulebook.objects.filter(programme=programme).latest("in_force_from", "id")
    assert Rulebook.objects.filter(programme=programme).count() == before + 1
    assert (newest.terms["hold_minutes"], newest.in_force_from) == (30, LATER)


def test_a_series_of_coupons_keeps_its_codes_and_takes_its_new_rules(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["coupon_series"]["spring"] |= {"most_in_all": None, "valid_until": "2026-12-31"}

    plan = apply(edited(programme, edit))

    assert told(plan) == ["changed Coupon series “Spring”: valid until: – → 2026-12-31; uses in all: 500 → –"]
    assert Coupon.objects.get().code == "SPRING26"


def test_products_that_nobody_knows_are_made_of_their_skus(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["product_sets"]["coffee"]["products"]["corner"] = ["C-9", "T-1"]

    plan = apply(edited(programme, edit))

    assert told(plan) == ["changed Product set “Coffee”: added: C-9, T-1; removed: C-1"]
    assert set(ProductSet.objects.get(code="coffee").products.values_list("sku", flat=True)) == {"C-9", "T-1"}
    assert Product.objects.count() == 4


# Somewhere else


def test_an_empty_database_gets_the_same_programme(programme: Programme) -> None:
    text = snapshot.export(programme)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in connection.introspection.table_names(cursor):
            if table.split("_")[0] in ("campaigns", "loyalty", "rewards", "members"):
                cursor.execute(f'DELETE FROM "{table}"')
        cursor.execute("SET session_replication_role = DEFAULT")
    assert not Programme.objects.exists() and not CardKind.objects.exists()

    plan = apply(text)

    assert plan.is_new
    copy = Programme.objects.get()
    assert snapshot.export(copy) == text
    assert rulebooks.in_force(copy.pk, LATER) is not None


def test_two_programmes_of_one_database_may_be_alike(programme: Programme) -> None:
    text = snapshot.export(programme).replace("code: main", "code: twin")

    apply(text)

    assert snapshot.export(Programme.objects.get(code="twin")) == text
    assert apply(snapshot.export(programme)).changes == ()


def test_a_file_that_changes_the_ladder_says_whom_that_moves(programme: Programme) -> None:
    """As the form of the ladder does, tiers that go among them by their names; one that moves nobody says nothing."""
    basic, gold = programme.tiers.order_by("threshold")
    for spent, tier in (("700", basic), ("650", basic), ("1200", gold)):
        member = enrol(programme)
        MemberFacts.objects.create(member=member, programme=programme, spent=Decimal(spent), tier=tier)
        TierChange.objects.create(
            member=member,
            programme=programme,
            at=NOW,
            recorded_at=NOW,
            now=tier.code,
            up=True,
            why="purchase",
        )

    def lower(document: dict[str, Any]) -> None:
        document["tiers"]["gold"]["threshold"] = "600"

    def drop(document: dict[str, Any]) -> None:
        del document["tiers"]["gold"]

    def moved(edit: Callable[[dict[str, Any]], object], prune: bool = False) -> list[str]:
        plan = importing.foresee(edited(programme, edit), Moment(LATER), prune)
        return [note for note in plan.notes if "member" in note]

    assert moved(lower) == ["2 members go from “Basic” to “Gold”."]
    assert moved(drop, prune=True) == ["1 member goes from “Gold” to “Basic”."]
    assert moved(lambda _document: None) == []
