"""The pages of payers, and who pays as receipts, lots and backtests tell it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from backoffice.staff import roles
from campaigns.backtest import running
from campaigns.models import Backtest
from loyalty.models import Payer, Receipt
from tests import factories
from tests.backoffice.conftest import Scene, buy

LIST = "/admin/loyalty/payer/"


def read(client: Client, url: str) -> str:
    """A page's text, without its tags."""
    response = client.get(url)
    assert response.status_code == 200, url
    body = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body[body.index('id="content"') :]))


@pytest.fixture
def acme(scene: Scene) -> Payer:
    """A brand that paid for three points on a receipt of 30.00."""
    payer: Payer = factories.PayerFactory(programme=scene.shop.programme, code="acme", name="Acme Tea")
    draft = {**factories.percent_of_receipt("10"), "lots": {"funder": "acme"}}
    factories.publish_campaign(scene.shop.programme, draft, code="tea", name="Tea month")
    buy(scene.shop, scene.member, "2")
    return payer


def form(scene: Scene, **fields: Any) -> dict[str, Any]:
    return {
        "programme": scene.shop.programme.pk,
        "kind": "brand",
        "name": "Lavazza",
        "code": "lavazza",
    } | fields


def test_the_list_tells_who_pays_for_which_campaigns_and_how_much(
    scene: Scene, acme: Payer, boss: Client
) -> None:
    text = read(boss, LIST)

    assert re.search(r"Acme Tea brand or supplier Tea month 3\.00", text), text
    assert re.search(r"Main the house Base 5% , Draft , Night owls", text), text
    page = read(boss, f"{LIST}{acme.pk}/change/")
    assert "Tea month live" in page
    assert "charged 3.00 worth 3.00 EUR given 3.00 went back 0.00" in page


def test_a_payer_is_made_once_however_it_is_spelled(scene: Scene, boss: Client) -> None:
    assert boss.post(f"{LIST}add/", form(scene, name=" Lavazza  Coffee ")).status_code == 302
    assert Payer.objects.get(code="lavazza").name == "Lavazza Coffee"

    answer = boss.post(f"{LIST}add/", form(scene, name="LAVAZZA coffee", code="other"))
    told = answer.context["adminform"].form.errors
    assert told == {
        "name": ["There is a payer “Lavazza Coffee” already: capitals and blanks make no other one."]
    }
    partner = form(scene, kind="partner", name="Partner", code="partner", partner=scene.shop.partner.pk)
    assert boss.post(f"{LIST}add/", partner).status_code == 302
    again = boss.post(f"{LIST}add/", partner | {"name": "Again", "code": "again"})
    assert list(again.context["adminform"].form.errors) == ["partner"]
    assert set(Payer.objects.values_list("code", flat=True)) == {"house", "lavazza", "partner"}


def test_a_payer_is_renamed_and_keeps_its_code_and_kind_of_house(
    scene: Scene, acme: Payer, boss: Client
) -> None:
    house = Payer.objects.get(kind="house")
    changed = {"kind": "brand", "name": "Tea of Acme", "code": "x"}
    assert boss.post(f"{LIST}{acme.pk}/change/", changed).status_code == 302
    assert boss.post(f"{LIST}{house.pk}/change/", {"kind": "brand", "name": "We"}).status_code == 302

    rows = Payer.objects.order_by("code").values_list("code", "name", "kind")
    assert list(rows) == [("acme", "Tea of Acme", "brand"), ("house", "We", "house")]


def test_only_who_never_paid_and_is_named_nowhere_is_deleted(scene: Scene, acme: Payer, boss: Client) -> None:
    idle = factories.PayerFactory(programme=scene.shop.programme, code="idle")
    named = factories.PayerFactory(programme=scene.shop.programme, code="named")
    scene.draft.draft = {**scene.draft.draft, "lots": {"funder": "named"}}
    scene.draft.save()

    for payer in (acme, named, Payer.objects.get(kind="house")):
        assert boss.post(f"{LIST}{payer.pk}/delete/", {"post": "yes"}).status_code == 403
    assert boss.post(f"{LIST}{idle.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Payer.objects.filter(code="idle").exists()


@pytest.mark.parametrize(
    ("role", "sees", "makes"),
    [
        (roles.MANAGER, 200, 200),
        (roles.OPERATOR, 200, 403),
        (roles.ANALYST, 200, 403),
        (roles.CASHIER, 302, 302),
    ],
)
def test_managers_make_payers_and_the_others_read_them(
    scene: Scene, enter: Callable[[str], Client], role: str, sees: int, makes: int
) -> None:
    client = enter(role)
    client_user = client.session["_auth_user_id"]
    factories.User.objects.filter(pk=client_user).update(is_staff=role != roles.CASHIER)

    assert client.get(LIST).status_code == sees
    assert client.get(f"{LIST}add/").status_code == makes


def test_a_receipt_a_lot_and_a_purchase_say_by_name_who_pays(scene: Scene, acme: Payer, boss: Client) -> None:
    receipt = Receipt.objects.get(number="2")

    page = read(boss, f"/admin/loyalty/receipt/{receipt.pk}/change/")
    assert re.search(r"Tea month r1 · [^+]*paid for by Acme Tea", page), page
    assert not re.search(r"Base 5% r1 · [^+]*paid for by", page)  # the house goes without saying
    assert "left, paid for by Acme Tea" in page
    assert "left, paid for by Main" in page
    unfolded = boss.get(f"/admin/members/member/{scene.member.pk}/purchases/{receipt.pk}/").content.decode()
    assert "paid for by Acme Tea" in unfolded
    lot = receipt.transfers.get(revision__campaign__code="tea").lots.get()
    assert "Acme Tea" in read(boss, f"/admin/loyalty/lot/{lot.pk}/change/")


def test_the_page_of_a_backtest_tells_who_would_have_paid(scene: Scene, acme: Payer, boss: Client) -> None:
    scene.draft.draft = {**factories.percent_of_receipt("20"), "lots": {"funder": "acme"}}
    scene.draft.save()
    for name in ("One", "Other"):
        running.ask(scene.shop.programme, [scene.draft], (date(2026, 3, 1), date(2026, 3, 31)), name=name)
        claimed = running.claim(timezone.now())
        assert claimed is not None
        running.run(claimed, processes=0)

    one, other = Backtest.objects.order_by("pk")
    assert other.result is not None
    page = read(boss, f"/admin/campaigns/backtest/{other.pk}/change/")
    cost = Decimal(other.result["all"]["worth"])
    assert re.search(
        rf"Who would have paid Payer Cost Points Discounts Receipts Acme Tea \+{cost:.2f}", page
    ), page
    assert "Draft paid for by Acme Tea" in page
    side = read(boss, f"/admin/campaigns/backtest/compare/?ids={one.pk},{other.pk}")
    assert f"Cost by who would have paid Acme Tea +{cost:.2f} +{cost:.2f}" in side
