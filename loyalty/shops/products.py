"""Goods of a partner: what the engine reads of them, and making those that a receipt names first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django.utils.text import slugify

from loyalty.models import Category, Product


class NewProduct(NamedTuple):
    """What a receipt line says of a product that is not known yet."""

    sku: str
    name: str
    brand: str
    category: str


def ensure(partner_id: int, wanted: Iterable[NewProduct]) -> None:
    """Make the products that the partner does not have, and their categories. Safe to call at once from many places.

    Rows are made in the order of their names, so that two callers cannot wait for each other in a circle.
    """
    rows = sorted(wanted)
    categories = {
        name: category_named(name) for name in sorted({row.category for row in rows if row.category})
    }
    Product.objects.bulk_create(
        [
            Product(
                partner_id=partner_id,
                sku=row.sku,
                name=row.name,
                brand=row.brand,
                category=categories.get(row.category),
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )


def category_code(name: str) -> str:
    """The code under which a category named on a receipt is kept."""
    return slugify(name, allow_unicode=True)[:64] or "other"


def category_named(name: str) -> Category:
    """The category of that code or name, made under the root if there is none."""
    found = Category.objects.filter(code=name).first() or Category.objects.filter(name=name).first()
    if found:
        return found
    code = category_code(name)
    return Category.objects.get_or_create(code=code, defaults={"name": name[:120], "path": [code]})[0]


def plant(category: Category) -> None:
    """Save a category and write the path of it and of everything below it."""
    category.path = [*(category.parent.path if category.parent else []), category.code]
    category.save()
    for child in category.children.all():
        plant(child)
