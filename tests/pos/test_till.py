"""The till page's views: what a cashier's clicks do, and what they may not do."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from loyalty.ledger import balances
from loyalty.models import Account, Receipt, Seat
from loyalty.shops import places
from members.models import Code, Member
from pos.till import basket as baskets
from pos.till.scanning import split_times
from tests import factories
from tests.flows.corner import CARD, PASSWORD, PHONE, Corner, hire, open_corner

pytestmark = pytest.mark.django_db


@pytest.fixture
def corner() -> Corner:
    return open_corner()


@pytest.fixture
def till(corner: Corner, client: Client) -> Client:
    """The browser of a cashier who has signed in and stands at the shop's only till."""
    assert client.login(username="mila", password=PASSWORD)
    assert client.get(reverse("till:place"))["Location"] == reverse("till:sale")
    return client


def post(client: Client, name: str, *args: object, **data: Any) -> Any:
    """What htmx sends."""
    return client.post(reverse(f"till:{name}", args=args), data, headers={"HX-Request": "true"})


def text(response: Any) -> str:
    """The words on the page, spaces evened out."""
    assert response.status_code == 200, response
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", plain)


def basket(client: Client) -> baskets.Basket:
    return baskets.read(client.session)


def fill(till: Client, *codes: str) -> None:
    post(till, "add", code=list(codes) or ["COFFEE-250", "RYE", CARD])


def pay(till: Client, **data: Any) -> Any:
    return post(till, "pay", number=basket(till).number, state="completed", **data)


def test_whoever_has_not_signed_in_is_sent_to_sign_in(client: Client) -> None:
    for name in ("sale", "place", "receipts", "search"):
        response = client.get(reverse(f"till:{name}"))
        assert (response.status_code, response["Location"].split("?")[0]) == (302, reverse("till:login")), (
            name
        )
    part = post(client, "add", code="RYE")
    assert part["HX-Redirect"].startswith(reverse("till:login"))


def test_whoever_may_not_sell_is_told_so_and_sells_nothing(corner: Corner, client: Client) -> None:
    hire("anton", sells=False, takes_back=False)
    client.login(username="anton", password=PASSWORD)
    assert client.get(reverse("till:sale")).status_code == 403
    assert post(client, "pay", number="x").status_code == 403
    assert not Receipt.objects.exists()


def test_whoever_may_sell_but_not_take_back_cannot_return_or_cancel(till: Client, client: Client) -> None:
    fill(till)
    pay(till)
    receipt = Receipt.objects.get()
    hire("pavel", sells=True, takes_back=False)
    client.login(username="pavel", password=PASSWORD)
    client.get(reverse("till:place"))
    page = client.get(reverse("till:receipt", args=[receipt.id]))
    assert "Take goods back" not in text(page)
    assert post(client, "give_back", receipt.id, token="x").status_code == 404
    assert post(client, "cancel", receipt.id).status_code == 404
    receipt.refresh_from_db()
    assert receipt.status == Receipt.Status.COMPLETED


def test_a_receipt_of_another_partner_is_not_there(till: Client, corner: Corner) -> None:
    fill(till)
    pay(till)
    receipt = Receipt.objects.get()
    other = factories.open_shop(store="elsewhere")
    Seat.objects.create(user=corner.cashier, store=other.store)
    till.post(reverse("till:place"), {"till": other.till.id})
    places.forget()
    assert till.get(reverse("till:receipt", args=[receipt.id])).status_code == 404
    assert post(till, "cancel", receipt.id).status_code == 404
    assert "Nothing found" in text(till.get(reverse("till:receipts"), {"q": receipt.number}))


def test_a_wrong_password_is_said_plainly(corner: Corner, client: Client) -> None:
    response = client.post(reverse("till:login"), {"username": "mila", "password": "wrong"})
    assert "do not match" in text(response)


def test_too_many_wrong_passwords_lock_the_user_out_with_a_page_that_says_when_to_come_back(
    corner: Corner, client: Client, settings: Any
) -> None:
    settings.AXES_ENABLED, settings.AXES_FAILURE_LIMIT = True, 2
    for _attempt in range(2):
        response = client.post(reverse("till:login"), {"username": "mila", "password": "wrong"})
    assert response.status_code == 429
    assert "Try again in 15 minutes" in response.content.decode()
    response = client.post(reverse("till:login"), {"username": "mila", "password": PASSWORD})
    assert response.status_code == 429


@pytest.mark.parametrize("shown", [CARD, PHONE, "+49 151 1234 5678"])
def test_the_customer_is_found_by_card_or_phone(till: Client, corner: Corner, shown: str) -> None:
    page = text(post(till, "identify", who=shown))
    assert "Anna Kern" in page and "120" in page
    assert PHONE not in page
    assert basket(till).member == str(corner.anna.id)


def test_the_customer_is_found_by_a_one_time_code(till: Client, corner: Corner) -> None:
    from members.codes import identification

    code = identification.issue(corner.anna, timezone.now())
    assert "Anna Kern" in text(post(till, "identify", who=code))
    assert Code.objects.get().used_at is None


def test_a_new_member_is_asked_for_and_gets_the_card_handed_out_and_what_they_agreed_to(till: Client) -> None:
    asked = post(till, "meet")
    assert 'name="first_name"' in asked.content.decode()
    assert not Member.objects.filter(phone="+4915199990001").exists()
    typed = {"phone": "+4915199990001", "first_name": "Clara", "card": "777 001", "sms": "on"}
    post(till, "register", **typed)
    member = Member.objects.get(phone="+4915199990001")
    assert member.cards.get().number == "777001"
    consent = member.consents.get()
    assert (consent.channel, consent.granted, consent.source) == ("sms", True, "till")
    said_to = {"partner": consent.evidence["partner"], "store": "corner", "till": "1", "cashier": "mila"}
    assert consent.evidence == said_to


@pytest.mark.parametrize(
    ("card", "told"), [("7" * 33, "At most 32"), (CARD, "A member with this phone, e-mail or card")]
)
def test_a_card_that_will_not_do_registers_nobody_and_what_was_typed_stays(
    till: Client, card: str, told: str
) -> None:
    answer = post(till, "register", phone="+4915199990001", first_name="Clara", card=card, sms="on")
    page = answer.content.decode()
    assert told in text(answer)
    assert f'value="{card}"' in page
    assert 'id="agree" checked' in page
    assert not Member.objects.filter(phone="+4915199990001").exists()


def test_a_phone_that_nobody_has_can_be_registered_in_two_fields(till: Client) -> None:
    offer = text(post(till, "identify", who="+4915199990001"))
    assert "Not a member yet" in offer
    page = text(post(till, "register", phone="+4915199990001", first_name="Clara"))
    member = Member.objects.get(phone="+4915199990001")
    assert "Clara" in page and basket(till).member == str(member.id)
    assert Account.objects.filter(holders__member=member).count() == 1


@pytest.mark.parametrize(
    ("phone", "first_name", "said"),
    [
        (PHONE, "Anna", "exists already"),
        ("12", "Anna", "international form"),
        ("+4915199990001", " ", "Give the first name"),
    ],
)
def test_a_registration_that_cannot_be_is_refused_and_makes_nobody(
    till: Client, phone: str, first_name: str, said: str
) -> None:
    before = Member.objects.count()
    assert said in text(post(till, "register", phone=phone, first_name=first_name))
    assert Member.objects.count() == before


def test_a_blocked_customer_is_refused_beside_the_customer(till: Client, corner: Corner) -> None:
    Member.objects.filter(id=corner.anna.id).update(status="blocked")
    fill(till)
    assert "The member is blocked." in text(pay(till))
    assert not Receipt.objects.exists()


def test_goods_are_added_by_barcode_sku_name_and_in_numbers(till: Client) -> None:
    fill(till, "4600000000017", "coffee-250", "3*RYE", "0,5*croissant")
    assert [(line.sku, line.quantity) for line in basket(till).lines] == [
        ("COFFEE-250", Decimal(2)),
        ("RYE", Decimal(3)),
        ("CROISSANT", Decimal("0.5")),
    ]


def test_a_scan_that_is_quicker_than_the_script_is_kept_too(till: Client) -> None:
    response = till.post(reverse("till:add"), {"code": "RYE"})
    assert response["Location"] == reverse("till:sale")
    assert [line.sku for line in basket(till).lines] == ["RYE"]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("RYE", (Decimal(1), "RYE")),
        ("3*RYE", (Decimal(3), "RYE")),
        ("1,5 * RYE", (Decimal("1.5"), "RYE")),
        ("A*B", (Decimal(1), "A*B")),
        ("0*RYE", (Decimal(1), "0*RYE")),
    ],
)
def test_a_number_and_a_star_before_a_code_say_how_many(typed: str, meant: tuple[Decimal, str]) -> None:
    assert split_times(typed) == meant


def test_what_nobody_knows_is_said_and_the_rest_of_the_scans_is_kept(till: Client) -> None:
    page = text(post(till, "add", code=["RYE", "4711", "MILK-1"]))
    assert "Nothing here is known as “4711”" in page
    assert [line.sku for line in basket(till).lines] == ["RYE", "MILK-1"]
    assert "choose one from the list" in text(post(till, "add", code="coffee"))


def test_another_partners_goods_are_neither_found_nor_sold(till: Client) -> None:
    factories.ProductFactory(sku="FOREIGN", name="Foreign tea")
    assert "Nothing here" in text(post(till, "add", code="FOREIGN"))
    assert "Foreign" not in text(till.get(reverse("till:search"), {"code": "fore"}))


def test_search_shows_few_goods_with_their_prices(till: Client, corner: Corner) -> None:
    for number in range(20):
        factories.ProductFactory(partner=corner.shop.partner, name=f"Black tea {number:02}")
    response = till.get(reverse("till:search"), {"code": "tea bla"})
    assert response.content.decode().count('role="option"') == 8
    assert "12.90" in text(till.get(reverse("till:search"), {"code": "250"}))


def test_quantities_change_and_nothing_takes_the_line_out(till: Client) -> None:
    fill(till, "RYE", "MILK-1")
    post(till, "change", 1, quantity="2,5")
    assert basket(till).lines[0].quantity == Decimal("2.5")
    assert "Give the quantity as a number" in text(post(till, "change", 1, quantity="many"))
    assert basket(till).lines[0].quantity == Decimal("2.5")
    post(till, "change", 1, quantity="0")
    post(till, "remove", 2)
    assert basket(till).lines == []


def test_goods_without_a_price_wait_for_one(till: Client) -> None:
    fill(till, "SOAP")
    assert "Give the price of Hand soap" in text(pay(till))
    assert "Give the price as a number" in text(post(till, "change", 1, price="much"))
    assert "3.50" in text(post(till, "change", 1, price="3,50"))
    pay(till)
    assert Receipt.objects.get().total == Decimal("3.50")


def test_every_answer_has_the_quote_with_reasons_for_and_against(till: Client) -> None:
    page = text(post(till, "add", code=["COFFEE-250", CARD]))
    assert "+1.94 points to earn" in page
    assert "Every purchase 5% of 12.90" in page and "Coffee weeks 10% of 12.90" in page
    assert "Big basket from 100 on, and the receipt comes to 12.90" in page
    assert "At most 50% of the receipt can be paid with points: 6.45" in page


def test_paying_sells_once_and_empties_the_basket(till: Client, corner: Corner) -> None:
    fill(till)
    post(till, "spend", redeem="max")
    response = pay(till)
    receipt = Receipt.objects.get()
    assert response["HX-Redirect"] == reverse("till:receipt", args=[receipt.id]) + "?new=1"
    assert (receipt.member_id, receipt.cashier, receipt.till_id) == (
        corner.anna.id,
        "mila",
        corner.shop.till.id,
    )
    assert receipt.redeemed_points == Decimal("8.55")
    assert basket(till).lines == [] and basket(till).member is None
    page = text(till.get(reverse("till:receipt", args=[receipt.id])))
    assert "Paid with 8.55 points" in page and "fresh bread on Friday" in page


def test_paying_twice_is_one_sale_told_twice(till: Client) -> None:
    fill(till)
    number = basket(till).number
    first = post(till, "pay", number=number, state="completed")
    second = post(till, "pay", number=number, state="completed")
    assert Receipt.objects.count() == 1
    assert second["HX-Redirect"].split("?")[0] == first["HX-Redirect"].split("?")[0]


def test_a_sale_whose_answer_was_lost_is_replayed(till: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(till)
    number = basket(till).number
    with monkeypatch.context() as patch:
        patch.setattr(baskets.Basket, "empty", _lose_connection)
        with pytest.raises(ConnectionError):
            post(till, "pay", number=number, state="completed")
    assert Receipt.objects.count() == 1 and basket(till).lines
    response = post(till, "pay", number=number, state="completed")
    assert str(Receipt.objects.get().id) in response["HX-Redirect"]
    assert basket(till).lines == []


def _lose_connection(basket: baskets.Basket) -> None:
    raise ConnectionError


def test_a_basket_changed_after_a_lost_answer_is_not_sold_in_silence(
    till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(till)
    number = basket(till).number
    with monkeypatch.context() as patch:
        patch.setattr(baskets.Basket, "empty", _lose_connection)
        with pytest.raises(ConnectionError):
            post(till, "pay", number=number, state="completed")
    fill(till, "MILK-1")
    page = text(pay(till))
    assert "was sold before it was changed" in page
    assert Receipt.objects.count() == 1
    assert basket(till).number != number


def test_a_refused_redemption_is_shown_and_sells_nothing(till: Client, corner: Corner) -> None:
    fill(till)
    assert "At most 8.55 points can be spent" in text(post(till, "spend", redeem="100"))
    assert "At most 8.55 points can be spent" in text(pay(till))
    assert not Receipt.objects.exists()
    assert "Give the points as a number" in text(post(till, "spend", redeem="lots"))
    post(till, "spend", redeem="8.55")
    pay(till)
    assert Receipt.objects.get().redeemed_points == Decimal("8.55")


def test_an_empty_basket_is_not_sold(till: Client) -> None:
    assert "The basket is empty" in text(post(till, "pay", number="", state="completed"))
    assert not Receipt.objects.exists()


def test_a_held_basket_is_completed_or_let_go(till: Client, corner: Corner) -> None:
    account = Account.objects.get(holders__member=corner.anna)
    for step, status in (("confirm", "completed"), ("cancel", "cancelled")):
        fill(till)
        post(till, "pay", number=basket(till).number, state="held")
        receipt = Receipt.objects.get(status="held")
        till.post(reverse(f"till:{step}", args=[receipt.id]))
        receipt.refresh_from_db()
        assert receipt.status == status
    assert balances.of_account(account.id, timezone.now())[0] > 120


def give_back(till: Client, receipt: Receipt, **back: str) -> Any:
    """Take back from the receipt's page, with the token that it carries."""
    page = till.get(reverse("till:receipt", args=[receipt.id])).content.decode()
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    data = {name.replace("_", "-"): value for name, value in back.items()} | {"token": found[1]}
    return till.post(reverse("till:give_back", args=[receipt.id]), data), data


def test_part_of_a_receipt_comes_back_once_however_often_it_is_sent(till: Client) -> None:
    fill(till, "2*COFFEE-250", "RYE", CARD)
    pay(till)
    receipt = Receipt.objects.get()
    foreseen = text(_foresee(till, receipt, {"back-1": "1"}))
    assert "12.90" in foreseen and not receipt.returns.exists()
    _response, data = give_back(till, receipt, back_1="1", back_2="0")
    till.post(reverse("till:give_back", args=[receipt.id]), data)
    back = receipt.returns.get()
    assert back.refund == Decimal("12.90")
    page = text(till.get(reverse("till:receipt", args=[receipt.id])))
    assert "Came back: 1" in page and f"−{back.refund}" in page and f"−{back.revoked}" in page


def _foresee(till: Client, receipt: Receipt, back: dict[str, str]) -> Any:
    page = till.get(reverse("till:receipt", args=[receipt.id])).content.decode()
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return till.post(reverse("till:foresee", args=[receipt.id]), back | {"token": found[1]})


@pytest.mark.parametrize(
    ("quantity", "said"),
    [
        ("3", "Only 1 of Rye bread from the stone oven can still come back."),
        ("0", "Choose what comes back"),
        ("some", "Give the quantity as a number"),
    ],
)
def test_a_return_that_cannot_be_is_refused(till: Client, quantity: str, said: str) -> None:
    fill(till, "RYE", CARD)
    pay(till)
    receipt = Receipt.objects.get()
    response, _data = give_back(till, receipt, back_1=quantity)
    assert said in text(response)
    assert not receipt.returns.exists()


def test_a_purchase_is_cancelled_as_a_whole(till: Client, corner: Corner) -> None:
    fill(till)
    post(till, "spend", redeem="5")
    pay(till)
    receipt = Receipt.objects.get()
    till.post(reverse("till:cancel", args=[receipt.id]))
    receipt.refresh_from_db()
    assert receipt.status == Receipt.Status.CANCELLED
    assert balances.of_account(Account.objects.get(holders__member=corner.anna).id, timezone.now())[0] == 120


def test_receipts_are_found_by_number_and_by_customer(till: Client) -> None:
    fill(till)
    pay(till)
    fill(till, "MILK-1")
    pay(till)
    annas, nobodys = Receipt.objects.order_by("-total")
    assert annas.number in text(till.get(reverse("till:receipts"), {"q": annas.number}))
    of_anna = text(till.get(reverse("till:receipts"), {"q": PHONE}))
    assert "Last receipts of Anna Kern" in of_anna
    assert annas.number in of_anna and nobodys.number not in of_anna


def test_a_code_is_asked_for_where_the_programme_wants_one(till: Client, corner: Corner) -> None:
    from campaigns import rulebooks

    programme = corner.shop.programme
    programme.confirm_above = Decimal(1)
    programme.save()
    rulebooks.refresh(programme, timezone.now())
    fill(till)
    post(till, "spend", redeem="5")
    page = text(pay(till))
    assert "needs a code" in page and "Code from the customer’s phone" in page
    wrong = text(pay(till, confirmation_code="000000"))
    assert "wrong or too old" in wrong
    assert not Receipt.objects.exists()


def test_who_shows_the_card_is_asked_for_a_code_before_paying_and_who_shows_the_changing_code_is_not(
    till: Client, corner: Corner
) -> None:
    from campaigns import rulebooks
    from members import devices
    from members.lookup import rotating

    programme = corner.shop.programme
    programme.confirm_above, programme.confirm_whom = Decimal(1), "unproven"
    programme.save()
    rulebooks.refresh(programme, timezone.now())
    devices.open_on(corner.anna, "green", "Chrome, Android", timezone.now())
    post(till, "add", code="RYE")
    post(till, "identify", who=CARD)
    asked = text(post(till, "spend", redeem="2"))
    assert "Code from the customer’s phone" in asked
    assert "needs a code" in text(pay(till))

    post(till, "identify", who=rotating.code_at(corner.anna.devices.get().number, timezone.now()))
    assert "Code from the customer’s phone" not in text(till.get(reverse("till:sale")))
    pay(till)
    assert Receipt.objects.get().redeemed_points == 2
    assert basket(till).shown == ""


def test_the_page_holds_no_inline_code_for_a_strict_policy(till: Client) -> None:
    fill(till)
    for name in ("sale", "receipts", "place"):
        page = till.get(reverse(f"till:{name}"), follow=True)
        html = page.content.decode()
        assert "<style" not in html and " style=" not in html and " onclick=" not in html
        assert not re.search(r"<script(?![^>]* src=)", html)
        assert "default-src 'self'" in page["Content-Security-Policy"]
