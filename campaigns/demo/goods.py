"""The demo's goods: the category tree and the products of the data, with names, prices, costs and barcodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.text import slugify

from campaigns.demo.codes import ean13
from campaigns.demo.dataset import Dataset
from campaigns.demo.tongue import ENGLISH, Tongue
from foundation import copying
from loyalty.models import Category, Partner, Product, ProductSet

_COLUMNS = ("partner_id", "sku", "name", "brand", "category_id", "barcode", "price", "cost", "active")
_OWN_BRAND = "Green Basket"
_CENT = Decimal("0.01")

#: A place in the tree: the codes from the root down.
Path = tuple[str, ...]


class Kind(NamedTuple):
    """What the data says of a product: department, category and type, as far as known."""

    department: str
    category: str
    type: str


#: Some receipts name products of which the data says nothing more.
_UNKNOWN = Kind("", "", "")


def load(
    data: Dataset, names: Mapping[str, Any], partners: Mapping[str, Partner], tongue: Tongue = ENGLISH
) -> None:
    """Make categories, products and product sets as far as they are not there yet.

    In another language than that of the data the tree ends with the categories: types have no names there.
    """
    table = data.products
    columns = (table[name].fillna("") for name in ("department", "product_category", "product_type"))
    kinds = dict(zip(table.product_id.tolist(), map(Kind, *columns), strict=True))
    paths = find_paths(kinds.values())
    if tongue.translates:
        paths = {kind: path[: 2 if kind.category else 1] for kind, path in paths.items()}
    ids = plant(paths, names["departments"], tongue)
    make_products(data, kinds, {kind: ids[path[-1]] for kind, path in paths.items()}, partners, tongue)
    for wanted in names["sets"]:
        chosen, _created = ProductSet.objects.get_or_create(
            code=wanted["code"], defaults={"name": wanted["name"]}
        )
        inside = {ids[path[-1]] for path in paths.values() if not set(path).isdisjoint(wanted["categories"])}
        chosen.products.add(*Product.objects.filter(category_id__in=inside).values_list("id", flat=True))


def find_paths(kinds: Iterable[Kind]) -> dict[Kind, Path]:
    """The path of every kind in the tree. A category of several departments is named after its own, too."""
    known = sorted(set(kinds))
    departments = {slugify(kind.department) for kind in known}
    homes: defaultdict[str, set[str]] = defaultdict(set)
    for kind in known:
        homes[slugify(kind.category)].add(kind.department)
    paths = {}
    for kind in known:
        department, category, type_ = map(slugify, kind)
        path = [department]
        if category:
            alone = len(homes[category]) == 1 and category not in departments
            path.append(category if alone else f"{department}-{category}"[:64])
        if type_:
            path.append(f"{path[-1]}/{type_}"[:64])
        paths[kind] = tuple(path)
    return paths


def plant(
    paths: Mapping[Kind, Path], departments: Mapping[str, str], tongue: Tongue = ENGLISH
) -> dict[str, int]:
    """Make the nodes of the tree, level by level. Returns their ids by code."""
    ids = dict(Category.objects.values_list("code", "id"))
    for depth in range(3):
        nodes = {path[: depth + 1]: kind for kind, path in paths.items() if len(path) > depth}
        new = [
            Category(
                code=path[-1],
                name=departments.get(kind[depth], _say(kind[depth], tongue))
                if depth == 0
                else _say(kind[depth] or kind.type, tongue),
                parent_id=ids[path[-2]] if depth else None,
                path=list(path),
            )
            for path, kind in nodes.items()
            if path[-1] not in ids
        ]
        ids |= {node.code: node.id for node in Category.objects.bulk_create(new)}
    return ids


def make_products(
    data: Dataset,
    kinds: Mapping[int, Kind],
    categories: Mapping[Kind, int],
    partners: Mapping[str, Partner],
    tongue: Tongue,
) -> None:
    """Make the products that each partner sells, at the price that was usual."""
    lines = data.lines[["partner", "product_id"]].drop_duplicates()
    unit = (data.lines.cents * 1000 / data.lines.thousandths).groupby(data.lines.product_id).median()
    prices = dict(zip(unit.index.tolist(), unit.round().astype("int64").tolist(), strict=True))
    table = data.products.set_index("product_id")
    said = dict(
        zip(
            table.index.tolist(),
            zip(table.brand, table.manufacturer_id, table.package_size.fillna(""), strict=True),
            strict=True,
        )
    )
    known = set(Product.objects.values_list("partner_id", "sku"))
    rows = []
    for partner, product in zip(lines.partner, lines.product_id.tolist(), strict=True):
        if (partners[partner].id, str(product)) in known:
            continue
        kind = kinds.get(product, _UNKNOWN)
        brand, maker, size = said.get(product, ("", 0, ""))
        price = prices[product] * _CENT
        rows.append(
            (
                partners[partner].id,
                str(product),
                _name(kind, size, tongue) or f"{tongue.text('Product')} {product}",
                tongue.text(_OWN_BRAND)
                if brand == "Private"
                else f"{tongue.text('Maker')} {maker}"
                if maker
                else "",
                categories.get(kind),
                ean13("21", product),
                price,
                (price * (60 + product % 25) / 100).quantize(_CENT),
                True,
            )
        )
    copying.copy(Product._meta.db_table, _COLUMNS, rows)


def _name(kind: Kind, size: str, tongue: Tongue) -> str:
    known = (
        kind.category or kind.department
        if tongue.translates
        else kind.type or kind.category or kind.department
    )
    name = _say(known, tongue)
    return f"{name}, {tongue.size(size)}" if size else name


def _say(shouted: str, tongue: Tongue) -> str:
    """Words of the data without their capitals: ``ICE - CRUSHED/CUBED`` as ``Ice, crushed/cubed``."""
    said = " ".join(shouted.replace(" - ", ", ").replace(":", ", ").split()).capitalize()
    return tongue.goods.get(said, said)
