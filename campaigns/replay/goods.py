"""The products that some sales name, read together and kept in memory while a replay lasts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from campaigns.sale import SaleLine
from campaigns.situation import KnownProduct
from loyalty import products
from members import prepared

_READ = """
SELECT p.id, p.sku, p.name, p.brand, c.path::text AS categories,
       (SELECT array_agg(s.code) FROM loyalty_productset_products sp
          JOIN loyalty_productset s ON s.id = sp.productset_id WHERE sp.product_id = p.id) AS sets
  FROM loyalty_product p LEFT JOIN loyalty_category c ON c.id = p.category_id
 WHERE p.partner_id = %(partner)s::bigint AND p.sku = ANY(%(skus)s::text[])
"""
#: Of a partner, by sku.
Wanted = Iterable[tuple[int, SaleLine]]


class Goods:
    """Products by partner and sku. Without ``make``, unknown ones are made up in memory only."""

    def __init__(self, *, make: bool = True) -> None:
        self._make = make
        self._known: dict[tuple[int, str], KnownProduct] = {}

    def read(self, wanted: Wanted) -> None:
        """Read what is not in memory yet."""
        skus: defaultdict[int, set[str]] = defaultdict(set)
        for partner_id, line in wanted:
            if (partner_id, line.sku) not in self._known:
                skus[partner_id].add(line.sku)
        for partner_id, missing in skus.items():
            for row in prepared.run(_READ, {"partner": partner_id, "skus": list(missing)}):
                path = row.pop("categories")
                categories = msgspec.json.decode(path) if path else None
                self._known[partner_id, row["sku"]] = KnownProduct(**row, categories=categories)

    def ensure(self, wanted: Wanted) -> None:
        """Make the products that are not known, from what the first line that names them says."""
        unknown: dict[tuple[int, str], SaleLine] = {}
        for partner_id, line in wanted:
            if (partner_id, line.sku) not in self._known:
                unknown.setdefault((partner_id, line.sku), line)
        if not self._make:
            self._known |= {key: _made_up(line) for key, line in unknown.items()}
            return
        new: defaultdict[int, list[products.NewProduct]] = defaultdict(list)
        for (partner_id, _sku), line in unknown.items():
            new[partner_id].append(products.NewProduct(line.sku, line.name, line.brand, line.category))
        for partner_id, rows in new.items():
            products.ensure(partner_id, rows)
        self.read((partner_id, line) for (partner_id, _sku), line in unknown.items())

    def find(self, partner_id: int, lines: Iterable[SaleLine]) -> list[KnownProduct]:
        """The known products of some lines."""
        found = (self._known.get((partner_id, line.sku)) for line in lines)
        return [product for product in found if product is not None]

    def forget(self) -> None:
        """Forget everything: what was made may have been rolled back."""
        self._known.clear()


def _made_up(line: SaleLine) -> KnownProduct:
    categories = [products.category_code(line.category)] if line.category else None
    return KnownProduct(0, line.sku, line.name, line.brand, categories, None)
