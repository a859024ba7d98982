"""What the till page sends and takes: only what changed, each scan once, numbers as a hand types them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from loyalty.models import Receipt
from pos.till import basket as baskets
from tests import factories
from tests.flows.corner import CARD, PASSWORD, Corner, open_corner
from tests.pos.test_till import basket, fill, give_back, pay, post, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def corner() -> Corner:
    return open_corner()


@pytest.fixture
def till(corner: Corner, client: Client) -> Client:
    """The browser of a cashier at the shop's only till."""
    assert client.login(username="mila", password=PASSWORD)
    client.get(reverse("till:place"))
    return client


def scan(till: Client, code: str, key: str, tag: str | None = None) -> Any:
    return post(till, "add", code=code, key=key, basket=basket(till).id if tag is None else tag)


def bought(till: Client) -> dict[str, Decimal]:
    return {line.sku: line.quantity for line in basket(till).lines}


def test_a_scan_counts_once_however_often_it_is_sent_also_after_its_basket_was_sold(till: Client) -> None:
    first = scan(till, "RYE", "k1")
    assert first["X-Till-Heard"] == "k1"
    tag = basket(till).id
    both = post(till, "add", code=["RYE", "RYE"], key=["k1", "k2"], basket=tag)
    assert both["X-Till-Heard"] == "k1 k2"
    assert bought(till) == {"RYE": 2}
    pay(till)
    assert scan(till, "RYE", "k2", tag)["X-Till-Heard"] == "k2"
    assert bought(till) == {}


def test_a_scan_of_a_basket_that_was_sold_is_not_put_into_the_next_one(till: Client) -> None:
    scan(till, "RYE", "k1")
    tag = basket(till).id
    pay(till)
    late = scan(till, "COFFEE-250", "k2", tag)
    assert late["X-Till-Heard"] == "" and f'data-basket="{basket(till).id}"' in late.content.decode()
    assert bought(till) == {}
    assert scan(till, "COFFEE-250", "k2")["X-Till-Heard"] == "k2"
    assert bought(till) == {"COFFEE-250": 1}


def test_a_new_session_has_a_basket_of_its_own_before_the_first_scan(till: Client, client: Client) -> None:
    before = basket(till).id
    client.logout()
    client.login(username="mila", password=PASSWORD)
    client.get(reverse("till:place"))
    assert before and basket(till).id and basket(till).id != before


def test_goods_scanned_where_a_customer_or_a_coupon_is_asked_for_go_into_the_basket_once(
    till: Client,
) -> None:
    for _repeat in range(2):
        answer = post(till, "identify", who="4600000000031", key="k1", basket=basket(till).id)
        assert answer["X-Till-Heard"] == "k1"
    post(till, "coupon", code="MILK-1")
    assert bought(till) == {"RYE": 1, "MILK-1": 1}


def test_what_is_known_of_a_code_is_told_without_touching_the_basket(till: Client) -> None:
    ask = reverse("till:ask")
    assert till.get(ask, {"code": "4600000000031"}).json() == {"goods": True}
    assert till.get(ask, {"code": CARD}).json() == {"goods": False}
    page = text(till.get(reverse("till:receipts"), {"q": "RYE"}))
    assert "This is goods: Rye bread from the stone oven." in page
    assert bought(till) == {}


def shown(response: Any) -> str:
    """What a page that got this answer would say that it shows."""
    found = re.findall(r'id="(?:line-)?(\w+)"[^>]*data-print="(\w+)"', response.content.decode())
    return " ".join(f"{name}:{mark}" for name, mark in found)


def test_a_scan_of_a_long_basket_answers_the_rows_that_changed_and_the_sums(
    till: Client, corner: Corner
) -> None:
    for number in range(120):
        factories.ProductFactory(
            partner=corner.shop.partner, sku=f"S{number}", name=f"Tea number {number}", price="1.00"
        )
    codes = [f"S{number}" for number in range(120)]
    for start in range(0, 120, 40):
        post(till, "add", code=codes[start : start + 40])
    post(till, "identify", who=CARD)
    page = till.get(reverse("till:sale"))
    assert page.content.decode().count('class="line"') == 120
    answer = post(till, "add", code=["RYE", "2*S7"], shown=shown(page))
    html = answer.content.decode()
    assert re.findall(r'id="line-(\d+)"', html) == ["8", "121"]
    assert 'id="customer"' not in html and "128.00" not in html and "126.20" in html
    assert len(answer.content) < 9_000
    taken = post(till, "remove", 3, shown=shown(till.get(reverse("till:sale")))).content.decode()
    assert '<li id="line-3" hx-swap-oob="delete">' in taken and 'class="line"' not in taken


def test_each_campaign_is_told_once_beside_the_basket_and_line_by_line_when_asked(till: Client) -> None:
    page = text(post(till, "add", code=["RYE", "MILK-1", "COFFEE-250", CARD]))
    assert page.count("Every purchase") == 1 and "Every purchase on 3 lines +0.93" in page
    why = text(till.get(reverse("till:why", args=[3])))
    assert "Every purchase 5% of" in why and "Coffee weeks 10% of 12.90" in why
    assert text(till.get(reverse("till:why", args=[99]))).strip() == ""


@pytest.mark.parametrize("typed", ["1e3", "1_0", "１０", "+5", "-1", "1.2345", ".5", "0x10", "nan", "1" * 12])
def test_a_number_that_is_no_plain_number_is_neither_a_quantity_nor_a_price_nor_points(
    till: Client, typed: str
) -> None:
    fill(till, "RYE", CARD)
    for name, args, data in (
        ("change", [1], {"quantity": typed}),
        ("change", [1], {"price": typed}),
        ("spend", [], {"redeem": typed}),
    ):
        assert "as a number" in text(post(till, name, *args, **data))
    assert "Nothing here is known" in text(post(till, "add", code=f"{typed}*RYE"))
    assert bought(till) == {"RYE": 1} and basket(till).redeem == "0"


@pytest.mark.parametrize(
    ("typed", "meant"), [("1 234,50", "1234.5"), ("1\u00a0234.5", "1234.5"), ("2,500", "2.5"), ("007", "7")]
)
def test_a_number_is_read_with_either_decimal_sign_and_with_blanks(typed: str, meant: str) -> None:
    assert baskets.read_number(typed, "quantity") == Decimal(meant)


def test_more_than_anybody_sells_is_refused_by_the_name_of_the_goods(till: Client) -> None:
    fill(till, "9999999*RYE")
    assert "So many of Rye bread" in text(post(till, "add", code="RYE"))
    assert bought(till) == {"RYE": 9999999}


def test_goods_are_found_exact_first_then_whole_words_then_the_shortest(till: Client, corner: Corner) -> None:
    for name, price in (
        ("Teapot", "9.00"), ("Steak", "12.00"), ("Green tea, 20 bags", "2.00"), ("Iced tea", None),
        ("Tea", None), ("Iced tea", "1.00"),
    ):  # fmt: skip
        factories.ProductFactory(partner=corner.shop.partner, name=name, price=price)
    html = till.get(reverse("till:search"), {"code": "tea"}).content.decode()
    assert re.findall(r'found__name">([^<]+)<', html) == [
        "Tea", "Iced tea", "Green tea, 20 bags", "Iced tea", "Teapot", "Steak",
    ]  # fmt: skip
    post(till, "add", code="tea")
    assert [line.name for line in basket(till).lines] == ["Tea"]


def test_a_weight_comes_back_as_far_as_it_is_left_and_is_refused_by_name(till: Client) -> None:
    fill(till, "0,345*RYE")
    pay(till)
    receipt = Receipt.objects.get()
    page = till.get(reverse("till:receipt", args=[receipt.id])).content.decode()
    assert 'data-left="0.345"' in page
    refused, data = give_back(till, receipt, back_1="1")
    assert "Only 0.345 of Rye bread from the stone oven can still come back." in text(refused)
    foreseen = till.post(reverse("till:foresee", args=[receipt.id]), data)
    assert "Only 0.345 of Rye bread" in text(foreseen)
    assert not receipt.returns.exists()


def test_the_money_to_hand_out_is_told_large_once_when_goods_came_back(till: Client) -> None:
    fill(till, "2*COFFEE-250", "RYE")
    pay(till)
    receipt = Receipt.objects.get()
    response, _data = give_back(till, receipt, back_1="1")
    page = till.get(response["Location"])
    assert "Give back 12.90 EUR" in text(page) and "sums__pay" in page.content.decode()
    cancelled = till.post(reverse("till:cancel", args=[receipt.id]))
    assert "Give back 17.10 EUR" in text(till.get(cancelled["Location"]))
    assert "Give back" not in text(till.get(reverse("till:receipt", args=[receipt.id])))


def test_paying_with_impossible_points_says_so_beside_pay_too(till: Client) -> None:
    fill(till)
    post(till, "spend", redeem="100")
    page = text(pay(till))
    assert "At most 8.55 points can be spent" in page
    assert "Nothing was sold: change the points to spend first." in page
    assert not Receipt.objects.exists()


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"max_share": 50, "min_points": 5}, "from a receipt of 10.00 on"),
        ({"max_share": 50, "step": 50}, "from a receipt of 100.00 on"),
        ({"max_share": 50, "min_receipt": 7}, "from a receipt of 7.00 on"),
        ({"max_share": 50, "min_points": 200}, "at least 200 points are spent at once."),
    ],
)
def test_a_limit_on_points_tells_the_way_out(
    till: Client, corner: Corner, rules: dict[str, int], said: str
) -> None:
    from django.utils import timezone

    from campaigns import rulebooks

    corner.shop.programme.spending = rules
    corner.shop.programme.save()
    rulebooks.refresh(corner.shop.programme, timezone.now())
    fill(till, "RYE", CARD)
    page = text(post(till, "spend", redeem="3"))
    assert "No points can be spent on this basket" in page and said in page


def test_what_is_said_aloud_has_the_numbers_of_the_reader_s_language(till: Client, corner: Corner) -> None:
    """A screen reader hears what the eye reads beside it."""
    fill(till, "RYE", CARD)
    till.cookies["django_language"] = "ru"
    page = text(post(till, "spend", redeem="0"))
    assert "К оплате 4,20." in page and "К начислению, баллов: 0,21." in page
    assert not re.search(r"\d\.\d\d(?!\d)", page), page
