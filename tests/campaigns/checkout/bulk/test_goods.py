"""The products that the bulk path has in memory are those that a till reads."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campaigns.checkout import reading
from campaigns.checkout.bulk.goods import Goods
from campaigns.checkout.sale import Sale, SaleLine
from loyalty.models import Category, Product
from loyalty.rules.basket import Moment
from loyalty.shops import places, products
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
SKUS = ("TEA", "tea", "MUG", "7")
#: What receipts call categories: codes, names, what is neither, what looks alike as a code.
NAMES = ("dairy", "Dairy", "Milk and more", "milk-and-more", "Чай", "!", "other", "")
KNOWN = st.lists(
    st.tuples(st.sampled_from(NAMES[:-1]), st.sampled_from(NAMES[:-1])),
    max_size=4,
    unique_by=lambda kind: kind[0],
)
#: Products by sku: whether they have a brand, the number of their category, in which sets they are.
STOCK = st.dictionaries(
    st.sampled_from(SKUS),
    st.tuples(st.booleans(), st.none() | st.integers(0, 3), st.frozensets(st.sampled_from("ab"))),
)
Kind = tuple[bool, int | None, frozenset[str]]


def stock(
    partner: object, known: list[tuple[str, str]], goods: dict[str, tuple[bool, int | None, frozenset[str]]]
) -> None:
    kinds = [factories.CategoryFactory(code=code[:64], name=name) for code, name in known]
    sets = {code: factories.ProductSetFactory() for code in "ab"}
    for sku, (branded, kind, inside) in goods.items():
        category = kinds[kind] if kind is not None and kind < len(kinds) else None
        product = factories.ProductFactory(
            partner=partner, sku=sku, brand="B" if branded else "", category=category
        )
        for code in inside:
            sets[code].products.add(product)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KNOWN, STOCK, st.frozensets(st.sampled_from(SKUS), min_size=1))
def test_products_in_memory_are_those_that_a_till_reads(
    known: list[tuple[str, str]],
    goods: dict[str, Kind],
    skus: frozenset[str],
) -> None:
    places.forget()
    Product.objects.all().delete()
    Category.objects.all().delete()
    shop = factories.open_shop()
    stock(shop.partner, known, goods)
    lines = tuple(SaleLine(n, sku, Decimal(1), price=Decimal(10)) for n, sku in enumerate(skus))
    sale = Sale(shop.store.code, NOW, lines)
    there = places.find(sale.store)
    assert there is not None

    read = reading.read(sale, there, places.scheme(shop.programme.id), Moment(NOW, NOW), NOW).products or []

    memory = Goods()
    memory.read((shop.partner.id, line) for line in lines)
    found = {product.sku: product for product in memory.find(shop.partner.id, lines) if product.id > 0}
    assert {sku: shown(product) for sku, product in found.items()} == {one.sku: shown(one) for one in read}


def shown(product: reading.KnownProduct) -> tuple[object, ...]:
    return product.id, product.name, product.brand, product.categories, set(product.sets or ())


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(KNOWN, st.sampled_from(NAMES[:-1]))
@example([("other", "!"), ("milk-and-more", "Dairy")], "Milk and more")
def test_a_category_that_is_to_be_made_has_the_path_that_it_gets(
    known: list[tuple[str, str]], name: str
) -> None:
    Product.objects.all().delete()
    Category.objects.all().delete()
    for code, called in known:
        factories.CategoryFactory(code=code, name=called)

    foreseen = products.paths_named({name, "dairy"})

    assert products.category_named(name).path == foreseen[name]
