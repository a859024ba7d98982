"""Payers in a programme's file: written out and read in to the letter, and refused where campaigns name others."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from campaigns.programme_file import importing, notation, snapshot
from campaigns.programme_file.document import Moment
from campaigns.programme_file.problems import FileError
from loyalty.models import Account, Partner, Payer, Programme
from loyalty.shops import payers
from tests import factories

pytestmark = pytest.mark.django_db
NOW = Moment(datetime(2026, 6, 1, 12, tzinfo=UTC))


def pays(funder: str) -> dict[str, Any]:
    return {**factories.percent_of_receipt("10"), "lots": {"funder": funder}}


@pytest.fixture
def programme() -> Programme:
    """The house, a partner and a brand that old campaigns spell otherwise; each of them pays for a campaign."""
    programme: Programme = factories.ProgrammeFactory(code="main", name="Main")
    partner = factories.PartnerFactory(code="corner", name="Corner")
    factories.ParticipationFactory(programme=programme, partner=partner)
    factories.PayerFactory(programme=programme, code="corner", name="Corner", kind="partner", partner=partner)
    brand = factories.PayerFactory(programme=programme, code="lavazza", name="Лавацца")
    Account.objects.create(programme=programme, kind="budget", code=" LAVAZZA SpA", payer=brand)
    for code, funder in (("old", " LAVAZZA SpA"), ("new", "corner"), ("own", "house")):
        factories.publish_campaign(programme, pays(funder), code=code, name=code)
    return programme


def apply(text: str, **options: Any) -> importing.Plan:
    return importing.apply(text, NOW, **options)


def test_payers_survive_the_way_into_nothing_to_the_letter(programme: Programme) -> None:
    text = snapshot.export(programme)
    assert notation.read(text).value["payers"] == {
        "corner": {"name": "Corner", "kind": "partner", "partner": "corner"},
        "house": {"name": "Main", "kind": "house"},
        "lavazza": {"name": "Лавацца", "kind": "brand", "spellings": [" LAVAZZA SpA"]},
    }
    assert apply(text).changes == ()

    twin = text.replace("code: main", "code: twin", 1)
    plan = apply(twin)
    assert {(c.kind, c.subject) for c in plan.changes if c.section == "payers"} == {
        ("added", "Payer “Corner”"), ("added", "Payer “Лавацца”"),
    }  # fmt: skip
    made = Programme.objects.get(code="twin")
    assert snapshot.export(made) == twin
    known = payers.directory(made.pk)
    assert (known.code(" LAVAZZA SpA"), known.code("house")) == ("lavazza", "house")


@pytest.mark.parametrize("status", ["live", "paused"])
def test_a_campaign_in_force_with_an_unknown_payer_is_refused_with_its_line(
    programme: Programme, status: str
) -> None:
    head = "version: 1\nprogramme: {code: main}\n"
    campaign = (
        f"campaigns:\n  x:\n    name: X\n    status: {status}\n    definition:\n"
        "      what: [{effect: points_percent, percent: '5'}]\n      lots: {funder: lavaza}\n"
    )

    with pytest.raises(FileError) as refused:
        apply(head + campaign)
    (problem,) = refused.value.problems
    assert (problem.place, problem.line) == ("campaigns.x.definition.lots.funder", 9)
    assert problem.message == "There is no payer “lavaza” in this programme: choose one, or make it first."
    assert not programme.campaigns.filter(code="x").exists()

    apply(head + "payers:\n  lavaza: {name: Lavaza}\n" + campaign)
    assert programme.campaigns.filter(code="x").exists()
    apply(
        head
        + campaign.replace(f"status: {status}", "status: draft").replace("x:", "y:").replace("lavaza", "none")
    )
    assert programme.campaigns.get(code="y").draft["lots"] == {"funder": "none"}  # a draft may be unfinished


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("x: {name: ' лавацца '}", "payers.x.name"),
        ("x: {name: X, kind: house}", "payers.x.kind"),
        ("x: {name: X, kind: partner}", "payers.x.partner"),
        ("x: {name: X, kind: partner, partner: nobody}", "payers.x.partner"),
        ("x: {name: X, kind: partner, partner: corner}", "payers.x.partner"),
        ("x: {name: X, kind: sponsor}", "payers.x.kind"),
        ("x: {name: X, spellings: [lavazza]}", "payers.x.spellings"),
        ("lavazza: {spellings: []}", "payers.lavazza.spellings"),
        ("house: {kind: brand}", "payers.house.kind"),
    ],
)
def test_payers_that_make_no_sense_are_refused_at_their_place(
    programme: Programme, said: str, place: str
) -> None:
    Partner.objects.update(name="Corner")
    before = snapshot.export(programme)

    with pytest.raises(FileError) as refused:
        apply(f"version: 1\nprogramme: {{code: main}}\npayers:\n  {said}\n")

    assert place in [problem.place for problem in refused.value.problems]
    assert snapshot.export(programme) == before


def test_names_change_places_and_who_is_not_named_goes_unless_they_pay(programme: Programme) -> None:
    factories.PayerFactory(programme=programme, code="idle", name="Idle")
    text = (
        "version: 1\nprogramme: {code: main}\npayers:\n  lavazza: {name: Corner}\n  corner: {name: Лавацца}\n"
    )

    apply(text, prune=True)

    rows = (
        Payer.objects.filter(programme=programme)
        .order_by("code")
        .values_list("code", "name", "partner__code")
    )
    assert list(rows) == [
        ("corner", "Лавацца", "corner"),
        ("house", "Main", None),
        ("lavazza", "Corner", None),
    ]
