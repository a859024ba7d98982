"""Payers: one for every name however it is spelled, and the way from what campaigns wrote to an account."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction

from foundation.refusals import Invalid
from loyalty.ledger import ledger
from loyalty.models import Account, Payer, Programme
from loyalty.shops import payers
from tests import factories

pytestmark = pytest.mark.django_db
#: What the migration that makes payers of free text does.
migration = importlib.import_module("loyalty.migrations.0017_payers_of_spellings")


@pytest.fixture
def programme() -> Programme:
    found: Programme = factories.ProgrammeFactory(code="main", name=" Green   points ")
    return found


def make(programme: Programme, name: str, **fields: Any) -> Payer:
    fields = {"code": payers.free_code(programme, name)} | fields
    return payers.save(Payer(programme=programme, name=name, **fields))


def test_every_programme_has_a_house_from_its_first_moment(programme: Programme) -> None:
    house = Payer.objects.get(programme=programme)

    assert (house.code, house.name, house.kind) == ("house", "Green points", "house")
    known = payers.directory(programme.pk)
    assert known.find("") == known.find(None) == known.find("house") == house
    assert payers.accounts(programme, {"house"}) == {
        "house": None
    }  # the programme issues these points itself


@pytest.mark.parametrize(
    "spelling", ["Lavazza Coffee", "LAVAZZA COFFEE", "  lavazza\t coffee ", "Lavazza\u00a0Coffee"]
)
def test_another_spelling_of_a_name_is_no_other_payer(programme: Programme, spelling: str) -> None:
    make(programme, "Lavazza Coffee")

    with pytest.raises(Invalid, match="There is a payer “Lavazza Coffee” already"):
        make(programme, spelling)
    with pytest.raises(IntegrityError), transaction.atomic():  # whoever writes past the use case
        Payer.objects.create(programme=programme, code="other", name=spelling)
    assert Payer.objects.filter(programme=programme).count() == 2


def test_cyrillic_names_are_one_whatever_their_capitals(programme: Programme) -> None:
    payer = make(programme, "Кофе Лавацца")

    assert payer.code == "payer"
    with pytest.raises(Invalid, match="already"):
        make(programme, "КОФЕ ЛАВАЦЦА")
    with pytest.raises(IntegrityError), transaction.atomic():
        Payer.objects.create(programme=programme, code="other", name="кофе лавацца")


def test_each_programme_has_payers_of_its_own(programme: Programme) -> None:
    make(programme, "Lavazza")
    other = factories.ProgrammeFactory()

    assert make(other, "Lavazza").code == "lavazza"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "   "}, "name"),
        ({"kind": "house"}, "kind"),
        ({"code": "house"}, "kind"),
        ({"kind": "partner"}, "partner"),
        ({"kind": "partner", "partner": "stranger"}, "partner"),
        ({"kind": "partner", "partner": "known"}, "partner"),
        ({"kind": "brand", "partner": "member"}, "partner"),
        ({"code": "known"}, "code"),
        ({"code": "Old Spelling"}, "code"),
    ],
)
def test_what_makes_no_sense_is_told_beside_its_field(
    programme: Programme, fields: dict[str, Any], field: str
) -> None:
    partners = {name: factories.PartnerFactory(code=name) for name in ("stranger", "known", "member")}
    for name in ("known", "member"):
        factories.ParticipationFactory(programme=programme, partner=partners[name])
    known = make(programme, "Known", code="known", kind="partner", partner=partners["known"])
    Account.objects.create(programme=programme, kind="budget", code="Old Spelling", payer=known)
    partner = partners.get(fields.get("partner", ""))

    with pytest.raises(Invalid) as refused:
        make(programme, **{"name": "New", "kind": "brand", **fields, "partner": partner})

    assert field in [fault.field for fault in refused.value.faults]
    assert set(Payer.objects.values_list("code", flat=True)) == {"house", "known"}


def test_the_code_of_a_payer_and_the_house_are_for_ever(programme: Programme) -> None:
    payer, house = make(programme, "Lavazza"), Payer.objects.get(code="house")

    payer.code, house.kind = "other", Payer.Kind.BRAND
    for row in (payer, house):
        with pytest.raises(Invalid):
            payers.save(row)


def test_only_budgets_have_payers_and_all_of_them_do(programme: Programme) -> None:
    payer = make(programme, "Lavazza")

    for fields in ({"kind": "budget"}, {"kind": "partner", "payer": payer}):
        with pytest.raises(IntegrityError, match="account_payer_of_budgets_alone"), transaction.atomic():
            Account.objects.create(programme=programme, **fields)


def test_a_payer_pays_from_one_account_and_old_spellings_from_their_own(programme: Programme) -> None:
    payer = make(programme, "Lavazza")
    old = Account.objects.create(programme=programme, kind="budget", code="LAVAZZA ", payer=payer)
    older = Account.objects.create(programme=programme, kind="budget", code="lavaza", payer=payer)

    texts = {"lavazza", "LAVAZZA ", "lavaza", "nobody"}
    assert payers.accounts(programme, texts) == {"lavazza": old.id, "LAVAZZA ": old.id, "lavaza": older.id}
    assert ledger.budget_account(payer) == old.id
    assert payers.directory(programme.pk).name("lavaza") == "Lavazza"
    assert payers.directory(programme.pk).name("nobody") == "nobody"


# From free text


@pytest.fixture
def typed(programme: Programme) -> Programme:
    """A programme of the time when whoever pays was free text."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE loyalty_account DROP CONSTRAINT account_payer_of_budgets_alone")
    Payer.objects.all().delete()
    for spelling in ("Lavazza Coffee", "lavazza  coffee", "acme-1", "House", "GREEN"):
        Account.objects.create(programme=programme, kind="budget", code=spelling)
    return programme


def campaign(programme: Programme, funder: Any, **fields: Any) -> Any:
    draft = {"what": [{"effect": "points_fixed", "points": "1"}], "lots": {"funder": funder}}
    return factories.CampaignFactory(programme=programme, draft=draft, **fields)


def test_every_distinct_spelling_becomes_one_payer_that_finds_its_accounts(typed: Programme) -> None:
    factories.ParticipationFactory(
        programme=typed, partner=factories.PartnerFactory(code="green", name="Green Ltd")
    )
    drafted = [
        campaign(typed, text) for text in ("Acme 1", "Новый  бренд", "LAVAZZA COFFEE", "Lavazza Coffee", None)
    ]

    migration.forward(apps, None)

    told = set(Payer.objects.filter(programme=typed).values_list("code", "name", "kind", "partner__code"))
    assert told == {
        ("house", "Green points", "house", None),
        ("lavazza-coffee", "Lavazza Coffee", "brand", None),
        ("acme-1", "acme-1", "brand", None),
        ("acme-1-2", "Acme 1", "brand", None),
        ("payer", "Новый бренд", "brand", None),
        ("GREEN", "Green Ltd", "partner", "green"),
    }
    known = payers.directory(typed.pk)
    assert {text: known.code(text) for text in ("Lavazza Coffee", "lavazza  coffee", "House", "acme-1")} == {
        "Lavazza Coffee": "lavazza-coffee", "lavazza  coffee": "lavazza-coffee", "House": "house", "acme-1": "acme-1",
    }  # fmt: skip
    assert not Account.objects.filter(kind="budget", payer=None).exists()
    for row in drafted:
        row.refresh_from_db()
    assert [row.draft["lots"]["funder"] for row in drafted] == [
        "acme-1-2", "payer", "lavazza-coffee", "Lavazza Coffee", None,
    ]  # fmt: skip
    assert all(known.find(row.draft["lots"]["funder"]) for row in drafted)


def test_making_payers_of_spellings_again_changes_nothing(typed: Programme) -> None:
    migration.forward(apps, None)
    before = sorted(Payer.objects.values_list("code", "name"))

    migration.forward(apps, None)

    assert sorted(Payer.objects.values_list("code", "name")) == before
