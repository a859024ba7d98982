"""Goods of a partner: what the engine reads of them, and making those that a receipt names first."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Q
from django.utils.text import slugify

from loyalty.models import Category, Product

#: A query for what the engine reads of a partner's products: of ``%(partner)s``, by ``%(skus)s``.
KNOWN = """
      SELECT p.id, p.sku, p.name, p.brand, c.path AS categories,
             (SELECT json_agg(s.code) FROM loyalty_productset_products sp
                JOIN loyalty_productset s ON s.id = sp.productset_id WHERE sp.product_id = p.id) AS sets
        FROM loyalty_product p LEFT JOIN loyalty_category c ON c.id = p.category_id
       WHERE p.partner_id = %(partner)s::bigint AND p.sku = ANY(%(skus)s::text[])"""


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
    """The category of that code or name, made under the root if there is none.

    ``paths_named`` says of many where they are; ``tests/campaigns/checkout/bulk/test_goods.py`` holds both together.
    """
    found = Category.objects.filter(code=name).first() or Category.objects.filter(name=name).first()
    if found:
        return found
    code = category_code(name)
    return Category.objects.get_or_create(code=code, defaults={"name": name[:120], "path": [code]})[0]


def paths_named(names: Collection[str]) -> dict[str, list[str]]:
    """Where products go whose category a receipt calls so: the paths of what ``category_named`` finds or would make."""
    codes = {name: category_code(name) for name in names}
    rows = list(Category.objects.filter(Q(code__in=[*names, *codes.values()]) | Q(name__in=names)))
    by_code = {row.code: row.path for row in rows}
    by_name = {row.name: row.path for row in reversed(rows)}
    return {
        name: by_code.get(name) or by_name.get(name) or by_code.get(code) or [code]
        for name, code in codes.items()
    }


def plant(category: Category) -> None:
    """Save a category and write the path of it and of everything below it."""
    category.path = [*(category.parent.path if category.parent else []), category.code]
    category.save()
    for child in category.children.all():
        plant(child)
