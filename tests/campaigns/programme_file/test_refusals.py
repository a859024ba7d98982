"""All of a file or nothing: a preview changes nothing, and every mistake is named with its place."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from campaigns.models import Campaign
from campaigns.programme_file import importing, notation, snapshot
from campaigns.programme_file.document import Moment
from campaigns.programme_file.importing import StaleError
from campaigns.programme_file.problems import FileError
from loyalty.models import Programme, Tier
from tests.campaigns.programme_file.editing import LATER, apply, coffee, edited, told
from tests.factories import (
    ProgrammeFactory,
)

pytestmark = pytest.mark.django_db


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
