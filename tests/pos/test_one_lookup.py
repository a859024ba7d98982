"""Every door finds a member by every form, however it is written; and nobody finds one of another programme."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from analytics import segment_files
from analytics.segment_files import Row, Table
from backoffice import search
from campaigns.checkout import clashes, reading
from campaigns.checkout.bulk.selling import replay
from campaigns.checkout.sale import Sale, SaleLine, Who
from loyalty.models import Holder, Programme, Receipt
from loyalty.shops import places
from members.codes import identification
from members.models import Card, CardKind, Member
from pos.till import basket as baskets
from tests import factories
from tests.flows.corner import PASSWORD, hire
from tests.pos.conftest import Api, coffee

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("lasting_memory")]
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
PHONE, CARD, EMAIL = "+79161234545", "0000012345670", "anna@example.org"
UNKNOWN = {
    "phone": "+79990000000", "card": "2000000000022", "email": "nobody@example.org", "code": "123456789012",
    "id": "0199aaaa-0000-7000-8000-000000000000",
}  # fmt: skip
#: How a member's phone, card and so on are written: in one word, as people do, as a spreadsheet spoils them.
WRITTEN = [
    ("phone", PHONE), ("phone", "8 (916) 123-45-45"), ("phone", "916 1234545"), ("phone", "007 916 123 45 45"),
    ("card", CARD), ("card", "0000 0123 45670"), ("card", "00000-12345670"), ("card", "12345670"),
    ("email", "Anna@Example.ORG"), ("email", " anna@example.org "),
    ("code", ""), ("id", ""),
]  # fmt: skip


@dataclass
class Scene:
    """A shop in Russia, its member, who is looked for, and all who sit at its doors."""

    shop: factories.Shop
    anna: Member
    api: Api
    till: Browser

    def said(self, form: str, text: str) -> str:
        """What is said of the member in this form."""
        made = {
            "code": lambda: identification.issue(self.anna, datetime.now(UTC)),
            "id": lambda: str(self.anna.id).upper(),
        }
        return made[form]() if form in made else text


def know(member: Member) -> None:
    """Give the member the card and address that the tests look for."""
    Card.objects.filter(member=member).update(number=CARD)


@pytest.fixture
def scene(shop: factories.Shop) -> Scene:
    CardKind.objects.update_or_create(code="plastic", defaults={"lengths": [13], "check_digit": "ean"})
    Programme.objects.filter(id=shop.programme.id).update(country="RU")
    anna = factories.enrol(shop.programme, "120", phone=PHONE, email=EMAIL)
    know(anna)
    hire("mila", sells=True, takes_back=True)
    till = Browser()
    till.login(username="mila", password=PASSWORD)
    till.post(reverse("till:place"), {"till": str(shop.till.id)})
    places.forget()
    return Scene(shop, anna, Api(shop.secret), till)


def sale(form: str, text: str, number: str = "77") -> Sale:
    line = SaleLine(1, "TEA", factories.Decimal(1), price=factories.Decimal(10), name="Tea")
    return Sale("main-01", NOW, (line,), receipt_number=number, till="1", member=Who(**{form: text}))


def by_lookup(scene: Scene, form: str, text: str) -> object:
    return scene.api.post("members/lookup", {form: text}).get("id")


def by_quote(scene: Scene, form: str, text: str) -> object:
    told = scene.api.post("quotes", coffee(member={form: text}, redeem="0"))
    return str(scene.anna.id) if told.get("balance") else None


def by_purchase(scene: Scene, form: str, text: str) -> object:
    scene.api.post("purchases", coffee(member={form: text}, redeem="0"))
    return _buyer()


def by_batch(scene: Scene, form: str, text: str) -> object:
    scene.api.post("purchases/batch", {"purchases": [coffee(member={form: text}, redeem="0")]})
    return _buyer()


def by_event(scene: Scene, form: str, text: str) -> object:
    event = {"type": "review.left", "key": "1", "member": {form: text}, "occurred_at": "2026-11-21T09:31:00Z"}
    told = scene.api.post("events", event)
    return str(scene.anna.id) if scene.api.status == 201 else told.get("none")


def by_replay(scene: Scene, form: str, text: str) -> object:
    list(replay([sale(form, text)], NOW))
    return _buyer()


def by_lock(scene: Scene, form: str, text: str) -> object:
    """The locks of a batch are taken by the same statement."""
    shop = places.find("main-01")
    assert shop is not None
    clashes.lock_accounts_of([reading.sought(sale(form, text), shop)], NOW)
    found = clashes.prepared.run(clashes._LOCK_OF_MEMBERS, reading.sought(sale(form, text), shop).params(NOW))
    held = Holder.objects.filter(account_id__in=[row["id"] for row in found], programme=scene.shop.programme)
    return str(held.get().member_id) if held else None


def by_till(scene: Scene, form: str, text: str) -> object:
    if form == "id":
        return by_lookup(scene, form, text)  # nobody types an id at a till
    scene.till.post(reverse("till:identify"), {"who": text})
    return _at_the_till(scene)


def by_scan(scene: Scene, form: str, text: str) -> object:
    if form == "id":
        return by_lookup(scene, form, text)
    scene.till.post(reverse("till:add"), {"code": text})
    return _at_the_till(scene)


def by_search(scene: Scene, form: str, text: str) -> object:
    if form == "code":
        return str(scene.anna.id)  # the back office has no codes
    found = search.members(Member.objects.all(), text.lower() if form == "id" else text).first()
    return str(found.id) if found else None


def by_segment_file(scene: Scene, form: str, text: str) -> object:
    if form == "code":
        return str(scene.anna.id)
    found = segment_files.find(Table([Row(1, text.strip())], form)).members
    return str(found[0]) if found else None


def by_referral(scene: Scene, form: str, text: str) -> object:
    if form != "phone":
        return str(scene.anna.id)  # friends are named by phone or their own code
    made = scene.api.post("members", {"phone": "+79031110001", "referral": text})
    return str(Member.objects.get(id=made["id"]).referred_by_id) if "id" in made else None


def _buyer() -> object:
    bought = Receipt.objects.first()
    return str(bought.member_id) if bought else None


def _at_the_till(scene: Scene) -> object:
    return baskets.read(scene.till.session).member


@contextmanager
def undone() -> Iterator[None]:
    """A door's traces taken back: the next form comes to the same shop."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    places.forget()


Door = Callable[[Scene, str, str], object]
API: list[Door] = [by_lookup, by_quote, by_purchase, by_batch, by_event, by_replay, by_lock]
OTHERS: list[Door] = [by_till, by_scan, by_search, by_segment_file, by_referral]


@pytest.mark.parametrize("door", [*API, *OTHERS], ids=lambda door: door.__name__)
def test_every_door_finds_a_member_by_every_form_however_it_is_written(scene: Scene, door: Door) -> None:
    for form, text in WRITTEN:
        with undone():
            assert door(scene, form, scene.said(form, text)) == str(scene.anna.id), (form, text)


@pytest.mark.parametrize("door", [*API, by_till, by_scan, by_referral], ids=lambda door: door.__name__)
def test_no_door_finds_a_member_of_another_programme(
    scene: Scene, other_shop: factories.Shop, door: Door
) -> None:
    elsewhere = Holder.objects.filter(member=scene.anna)
    elsewhere.update(
        programme=other_shop.programme, account=factories.AccountFactory(programme=other_shop.programme)
    )
    for form, text in [*WRITTEN, *UNKNOWN.items()]:
        with undone():
            said = text if form in UNKNOWN and text == UNKNOWN[form] else scene.said(form, text)
            found = door(scene, form, said)
            assert found is None or (door is by_referral and form != "phone"), (form, text)
    assert not Receipt.objects.exists()
    assert set(elsewhere.values_list("programme", flat=True)) == {
        other_shop.programme.pk
    }  # nobody joined by it


@pytest.mark.parametrize(
    "path", ["members/lookup", "quotes", "purchases", "purchases/batch", "events", "members"]
)
def test_who_is_elsewhere_is_answered_as_who_is_nowhere_after_the_same_work(
    scene: Scene, other_shop: factories.Shop, path: str
) -> None:
    """The same words, and the same statements: neither what is said nor how long it takes tells."""
    stranger = factories.enrol(other_shop.programme, phone="+79990000001", email="stranger@example.org")
    card = "2000000000039"
    stranger.cards.update(number=card)
    known = {"phone": "+79990000001", "email": "stranger@example.org", "card": card, "id": str(stranger.id)}
    forms = ("phone", "card") if path == "members" else ("phone", "card", "email", "id")
    scene.api.post(path, _body(path, "phone", PHONE))  # the key and the store are known
    for form in forms:
        _ask(scene.api, path, form, UNKNOWN[form])  # and what this form needs
        elsewhere, nowhere = (_ask(scene.api, path, form, said) for said in (known[form], UNKNOWN[form]))
        assert elsewhere[:2] == nowhere[:2], form
        for mine, theirs in zip(elsewhere[2], nowhere[2], strict=True):
            assert mine == theirs, form


def _ask(api: Api, path: str, form: str, text: str) -> tuple[int, str, list[str]]:
    """The answer without what is of the request or of chance, and the statements it took."""
    with undone(), CaptureQueriesContext(connection) as seen:
        told = json.dumps(api.post(path, _body(path, form, text)))
        status = api.status
    told = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|20\d{11}|" + re.escape(text), "…", told)
    told = re.sub(r"\+79(\\u2022)+\d\d", "…", told)
    return status, told, [_shape(query["sql"]) for query in seen.captured_queries]


def _shape(statement: str) -> str:
    """A statement without its values."""
    return re.sub(r"'[^']*'|\s*-?\d+", "?", statement) if "%(" not in statement else statement


def _body(path: str, form: str, text: str) -> dict[str, Any]:
    match path:
        case "members/lookup":
            return {form: text}
        case "members":
            return {form: text, "first_name": "Vera"}
        case "events":
            said = {"type": "review.left", "key": text, "occurred_at": "2026-11-21T09:31:00Z"}
            return said | {"member": {form: text}}
        case "purchases/batch":
            return {"purchases": [coffee("77", member={form: text}, redeem="0")]}
        case _:
            return coffee("77", member={form: text}, redeem="0")
