"""Reading a programme in: what the file says happens, all of it or nothing, and is told before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml
from django.db import connection

from campaigns import rulebooks
from campaigns.models import Campaign, CampaignTemplate, Revision, Rulebook
from campaigns.programme_file import importing, notation, snapshot
from campaigns.programme_file.document import Moment
from campaigns.programme_file.importing import Plan, StaleError
from campaigns.programme_file.problems import FileError
from loyalty.models import Ladder, Participation, Product, ProductSet, Programme, Tier
from members.models import CardKind, Event
from rewards.coupons import series as coupon_series
from rewards.models import Coupon, Series
from tests.factories import (
    CardKindFactory,
    ParticipationFactory,
    PartnerFactory,
    ProductFactory,
    ProductSetFactory,
    ProgrammeFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 2, 12, tzinfo=UTC)


def coffee(percent: str = "5", **parts: Any) -> dict[str, Any]:
    effect = {"effect": "points_percent", "percent": percent}
    return {"whom": {"who": "members"}, "what": [effect]} | parts


@pytest.fixture
def programme() -> Programme:
    """A programme with something of everything."""
    programme = ProgrammeFactory(code="main", name="Main", spending={"excluded": {"sets": ["tobacco"]}})
    corner = PartnerFactory(code="corner", name="Corner")
    business = CardKindFactory(code="business", name="Business")
    for code, skus in (("tobacco", ("T-1", "T-2")), ("coffee", ("C-1",))):
        products = [ProductFactory(partner=corner, sku=sku) for sku in skus]
        ProductSetFactory(code=code, name=code.title()).products.set(products)
    ParticipationFactory(programme=programme, partner=corner, priority=7, card_kind=business)
    Tier.objects.create(programme=programme, code="basic", name="Basic", threshold=0)
    Tier.objects.create(programme=programme, code="gold", name="Gold", threshold=1000, benefits="More\nof it")
    series = Series(programme=programme, code="spring", name="Spring", kind="mass", uses_each=None)
    coupon_series.save(series, 500, NOW, "SPRING-26")
    hours = campaign(
        programme, "coffee-hours", "Coffee hours", coffee(what_for={"of": "lines", "sets": ["coffee"]})
    )
    rulebooks.publish(hours, NOW)
    campaign(programme, "next", "Next", {"what": []})
    CampaignTemplate.objects.create(programme=programme, name="House", definition=coffee("3"))
    rulebooks.refresh(programme, NOW)
    return programme


def campaign(programme: Programme, code: str, name: str, draft: dict[str, Any]) -> Campaign:
    return Campaign.objects.create(programme=programme, code=code, name=name, draft=draft)


def edited(programme: Programme, edit: Callable[[dict[str, Any]], object]) -> str:
    """The programme's file after somebody edited it."""
    document = notation.read(snapshot.export(programme)).value
    edit(document)
    return notation.write(document)


def apply(text: str, prune: bool = False, at: datetime = LATER, **options: Any) -> Plan:
    return importing.apply(text, Moment(at), prune, **options)


def told(plan: Plan) -> list[str]:
    return [f"{c.kind} {c.subject}: {'; '.join(c.lines)}".removesuffix(": ") for c in plan.changes]


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


# Pruning


def test_pruning_takes_away_what_a_section_of_the_file_does_not_name(programme: Programme) -> None:
    text = """
version: 1
programme: {code: main}
tiers: {basic: {}}
campaigns: {}
coupon_series: {}
"""
    assert apply(text).changes == ()

    plan = apply(text, prune=True)

    assert told(plan) == [
        "removed Tier “Gold”",
        "changed Coupon series “Spring”: active: yes → no",
        "changed Campaign “Coffee hours”: status: live → ended; archived",
        "removed Campaign “Next”",
    ]
    hours = Campaign.objects.get()
    assert (hours.status, hours.archived_at) == ("ended", LATER)
    assert Participation.objects.filter(programme=programme).exists()  # the file has no section of partners
    assert CampaignTemplate.objects.filter(programme=programme).exists()
    assert apply(text, prune=True).changes == ()


def test_a_series_without_coupons_and_a_partner_go_when_pruned(programme: Programme) -> None:
    Coupon.objects.all().delete()

    plan = apply(
        "version: 1\nprogramme: {code: main}\npartners: {}\ncoupon_series: {}\ntemplates: []\n", prune=True
    )

    assert told(plan) == [
        "removed Partner “Corner”",
        "removed Coupon series “Spring”",
        "removed Template “House”",
    ]


# Nothing at all


def test_a_preview_says_what_would_happen_and_changes_nothing(programme: Programme) -> None:
    before = snapshot.export(programme)
    text = before.replace("percent: '5'", "percent: '8'").replace("name: Gold", "name: Golden")

    plan = importing.foresee(text, Moment(LATER))

    assert told(plan) == [
        "changed Tier “Golden”: name: Gold → Golden",
        "changed Campaign “Coffee hours”: percent of points: 5 → 8",
    ]
    assert snapshot.export(programme) == before
    assert apply(text).changes == plan.changes


def test_what_was_agreed_to_is_done_only_to_what_was_seen(programme: Programme) -> None:
    text = edited(programme, lambda document: document["programme"].update(name="Club"))
    seen = importing.foresee(text, Moment(LATER))
    Tier.objects.filter(code="gold").update(name="Golden")

    with pytest.raises(StaleError):
        apply(text, base=seen.base)

    programme.refresh_from_db()
    assert programme.name == "Main"
    assert apply(text, base=importing.foresee(text, Moment(LATER)).base).changes


PROBLEMS = [
    ("programme: {code: main}", ["version: is missing; add it"]),
    ("version: 2\nprogramme: {code: main}", ["version (line 1): is 2; this Regulars reads version 1"]),
    ("version: 1\nprogramme: main", ["programme (line 2): 'main' will not do; write {…}"]),
    ("version: 1\nprogramme: {code: other}", ["programme.name (line 2): is missing; add it"]),
    (
        "version: 1\nprogramme:\n  code: main\n  colour: red\n  active: sure\n",
        ["programme.active (line 5): 'sure' will not do; write true / false",
         "programme.colour (line 4): is not known here; known are code, name, active"],
    ),
    (
        "version: 1\nprogramme:\n  code: main\n  currency: USD\n  point_value: 0.12345\n",
        ["programme.currency (line 4): is fixed once the programme is there (EUR)",
         "programme.point_value (line 5): Ensure that there are no more than 4 decimal places."],
    ),
    (
        "version: 1\nprogramme:\n  code: yen\n  name: Yen\n  currency: JPY\n",
        ["programme.currency (line 5): Sums have two decimal places here, and those of JPY have 0: programmes in "
         "this currency are not possible."],
    ),
    (
        "version: 1\nprogramme:\n  code: main\n  time_zone: Mars/Base\n  expiry: {kind: after, years: 1000}\n",
        ["programme.expiry.years (line 5): 1000 will not do; give a whole number from 1 to 100",
         "programme.time_zone (line 4): “Mars/Base” is no time zone: give UTC or Area/City, such as Europe/Berlin."],
    ),
    (
        "version: 1\nprogramme: {code: main}\ntiers:\n  gold: {threshold: 0}\n  'no code': {name: X}\n",
        ["tiers.gold.threshold (line 4): “basic” is reached at 0 too; give another number",
         "tiers.no code (line 5): is no code"],
    ),
    (
        "version: 1\nprogramme: {code: main}\ntiers:\n  gold: {threshold: 0}\n",
        ["tiers.gold.threshold (line 4): “basic” is reached at 0 too; give another number"],
    ),
    (
        "version: 1\nprogramme: {code: main}\nladder: {window: rolling}\n",
        ["ladder.span_amount (line 3): Say how many days or months count."],
    ),
    (
        "version: 1\nprogramme: {code: main}\npartners:\n"
        "  shop: {name: Shop, card_type: gold, product_set: none-such}\n",
        ["partners.shop.card_type (line 4): there is no card type “gold”; add it to card_types",
         "partners.shop.product_set (line 4): there is no product set “none-such”; add it to product_sets"],
    ),
    (
        "version: 1\nprogramme: {code: main}\nproduct_sets:\n  tea:\n    name: Tea\n    products: {mars: ['1']}\n",
        ["product_sets.tea.products.mars (line 6): there is no partner “mars”; add it to partners"],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncoupon_series:\n  spring: {kind: personal, mass_code: null}\n",
        ["coupon_series.spring.kind (line 4): is chosen once, when the series is made (mass); make another series",
         "coupon_series.spring.mass_code (line 4): is chosen once, when the series is made (SPRING26)"],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncoupon_series:\n  autumn: {name: Autumn, kind: mass}\n",
        ["coupon_series.autumn.mass_code (line 4): Give from 3 to 40 letters and digits."],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncoupon_series:\n  a: {name: A, kind: mass, mass_code: spring-26}\n",
        ["coupon_series.a.mass_code (line 4): There is a coupon “SPRING26” already."],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncampaigns:\n  coffee-hours: {status: draft}\n",
        ["campaigns.coffee-hours.status (line 4): was published before; use live, paused or ended"],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncampaigns:\n  new: {status: live}\n",
        ["campaigns.new.definition (line 4): is missing; add it", "campaigns.new.name (line 4): is missing; add it"],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncampaigns:\n  new:\n    name: New\n    status: live\n    definition:\n"
        "      what:\n      - {effect: points_percent, percent: 101}\n      - {effect: magic}\n",
        ["campaigns.new.definition.what[0].percent (line 9): 101 will not do; give a percent above 0 and at most 100",
         "campaigns.new.definition.what[1].effect (line 10): 'magic' is not known"],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncampaigns:\n  coffee-hours: {archived: true}\n",
        ["campaigns.coffee-hours.archived (line 4): a campaign that is live cannot be archived; pause or end it"],
    ),
    (
        "version: 1\nprogramme: {code: main}\ncampaigns:\n  next: {status: live}\n",
        ["campaigns.next.definition"],
    ),
]  # fmt: skip


#: One mistake for each judge: notation, shape, definition, model, what is fixed, what is saved, what is named, what
#: would come of it.
EVERYTHING = """
version: 1
programme:
  code: main
  colour: red
  active: sure
  currency: USD
  time_zone: Mars/Base
  activation_days: !!int 3
tiers:
  gold: {threshold: much, name: Gold}
  silver: {name: Silver, threshold: 0}
  silver: {name: Silver, threshold: 0}
payers:
  acme: {name: Acme, kind: partner, partner: nobody}
partners:
  shop: {name: Shop, card_type: none-such}
product_sets:
  tea: {name: Tea, products: {mars: ['1']}}
coupon_series:
  spring: {kind: personal}
  late: {name: Late, valid_from: 2026-02-01, valid_until: 2026-01-01}
  taken: {name: Taken, kind: mass, mass_code: spring-26}
  first: {name: First, kind: mass, mass_code: SAME1}
  second: {name: Second, kind: mass, mass_code: same-1}
campaigns:
  broken: {name: Broken, status: live, definition: {what: [{effect: magic}]}}
  astray: {name: Astray, status: live, definition: {whom: {who: members, segments: [vipp], tiers: [gold, golld]},
    what: [{effect: points_percent, percent: '5'}]}}
  over: {name: Over, status: live, definition: {what: [{effect: points_percent, percent: '5'}],
    lots: {expires: {kind: on_date, date: '2026-01-01'}}}}
  coffee-hours: {archived: true}
templates:
  - {name: T, colour: blue, definition: {}}
"""


def test_every_mistake_of_a_file_is_told_at_once_whoever_finds_it(programme: Programme) -> None:
    """Mending one brings out no other; what comes of a mistake alone is not told beside it."""
    with pytest.raises(FileError) as error:
        apply(EVERYTHING)

    told = [(problem.line, problem.place) for problem in error.value.problems]
    assert told == [
        (5, "programme.colour"), (6, "programme.active"), (7, "programme.currency"), (8, "programme.time_zone"),
        (9, ""), (11, "tiers.gold.threshold"), (13, ""), (13, "tiers.silver.threshold"), (15, "payers.acme.partner"),
        (17, "partners.shop.card_type"), (19, "product_sets.tea.products.mars"), (21, "coupon_series.spring.kind"),
        (22, "coupon_series.late.valid_until"), (23, "coupon_series.taken.mass_code"),
        (25, "coupon_series.second.mass_code"), (27, "campaigns.broken.definition.what[0].effect"),
        (28, "campaigns.astray.definition"), (28, "campaigns.astray.definition"),
        (31, "campaigns.over.definition.lots.expires"), (32, "campaigns.coffee-hours.archived"),
        (34, "templates[0].colour"),
    ], "\n".join(map(str, error.value.problems))  # fmt: skip
    text = str(error.value)
    assert "“vipp” among the segments" in text and "“golld” among the tiers" in text
    assert not Campaign.objects.filter(code="over").exists()


@pytest.mark.parametrize(("text", "said"), PROBLEMS)
def test_every_problem_is_named_with_its_place_and_nothing_is_done(
    programme: Programme, text: str, said: list[str]
) -> None:
    before = snapshot.export(programme)

    with pytest.raises(FileError) as error:
        apply(text)

    problems = sorted(map(str, error.value.problems))
    assert len(problems) == len(said) and all(map(str.startswith, problems, said)), problems
    assert snapshot.export(programme) == before
    assert not Programme.objects.exclude(code="main").exists()


def test_a_mistake_late_in_the_file_undoes_what_came_before_it(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["tiers"]["gold"]["name"] = "Golden"
        document["coupon_series"]["spring"]["valid_until"] = "2026-01-01"
        document["coupon_series"]["spring"]["valid_from"] = "2026-02-01"

    with pytest.raises(FileError, match="valid_until"):
        apply(edited(programme, edit))

    assert Tier.objects.get(code="gold").name == "Gold"


def test_unfinished_drafts_and_unknown_codes_are_allowed_and_noted(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["campaigns"]["next"]["definition"] = coffee(
            whom={"segments": ["vip"]}, where={"stores": ["moon"]}
        )
        document["campaigns"]["later"] = {"name": "Later", "definition": {"what": "?"}}

    plan = apply(edited(programme, edit))

    assert len(plan.notes) == 3
    assert plan.notes[0].startswith("campaigns.later.definition is not finished: what: '?' will not do")
    assert "“vip” among its segments" in plan.notes[1]
    assert "“moon” among its stores" in plan.notes[2]


@pytest.mark.parametrize("named", [{"whom": {"segments": ["vipp"]}}, {"whom": {"tiers": ["golld"]}}])
def test_a_misspelt_code_does_not_go_live(programme: Programme, named: dict[str, Any]) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["campaigns"]["fresh"] = {"name": "Fresh", "status": "live", "definition": coffee(**named)}

    with pytest.raises(FileError, match=r"there is no “(vipp|golld)” among the"):
        apply(edited(programme, edit))

    assert not programme.campaigns.filter(code="fresh").exists()


def test_what_the_same_file_makes_is_not_missed(programme: Programme) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["tiers"]["diamond"] = {"name": "Diamond", "threshold": "9000"}
        document["campaigns"]["fresh"] = {
            "name": "Fresh", "status": "live", "definition": coffee(whom={"tiers": ["diamond"]}),
        }  # fmt: skip

    assert not [note for note in apply(edited(programme, edit)).notes if "diamond" in note]


def test_amounts_are_kept_to_the_last_digit() -> None:
    programme = ProgrammeFactory(code="p", point_value=Decimal("0.0125"), confirm_above=Decimal("1234567.89"))

    document = notation.read(snapshot.export(programme)).value

    assert (document["programme"]["point_value"], document["programme"]["confirm_above"]) == (
        "0.0125",
        "1234567.89",
    )
    apply("version: 1\nprogramme: {code: p, point_value: 0.1, confirm_above: 50}\n")
    programme.refresh_from_db()
    assert (programme.point_value, programme.confirm_above) == (Decimal("0.1"), 50)
