"""The products that some sales name: read together, kept in memory while a replay lasts, and made when sold.

A receipt that is refused leaves no products behind. So a product that is not known is drawn up from the
line that names it, judged as it will be, noted when its receipt is sold, and made with the chunk's rows.
They are what a till reads of them (``tests/campaigns/checkout/bulk/test_goods.py``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from campaigns.checkout.reading import KnownProduct
from campaigns.checkout.sale import SaleLine
from foundation import prepared
from loyalty.ledger import ledger
from loyalty.shops import products

_READ = f"SELECT row_to_json(p)::text AS product FROM ({products.KNOWN}) p"
_decode = msgspec.json.Decoder(KnownProduct).decode
#: Partner and sku.
Key = tuple[int, str]


class Goods:
    """Products by partner and sku. Those that are yet to be made have ids below zero."""

    def __init__(self) -> None:
        self._known: dict[Key, KnownProduct] = {}
        self._paths: dict[str, list[str]] = {}
        self._new: dict[Key, tuple[KnownProduct, SaleLine]] = {}
        self._drawn = 0

    def read(self, wanted: Iterable[tuple[int, SaleLine]]) -> None:
        """Read what is not in memory yet: products, and the categories that unknown ones will be in."""
        missing = [(partner, line) for partner, line in wanted if (partner, line.sku) not in self._known]
        self._known |= _fetch({(partner, line.sku) for partner, line in missing})
        names = {
            line.category
            for partner, line in missing
            if line.category and (partner, line.sku) not in self._known
        }
        if names := names - set(self._paths):
            self._paths |= products.paths_named(names)

    def find(self, partner_id: int, lines: Iterable[SaleLine]) -> list[KnownProduct]:
        """The products of some lines, those drawn up that nobody knows."""
        found: dict[str, KnownProduct] = {}
        for line in lines:
            if line.sku not in found:
                found[line.sku] = self._known.get((partner_id, line.sku)) or self._draw_up(line)
        return list(found.values())

    def note(self, partner_id: int, lines: Iterable[SaleLine], sold: Mapping[str, int]) -> None:
        """Keep the products that were drawn up for these lines: their receipt is sold. ``sold`` is ids by sku."""
        for line in lines:
            key = partner_id, line.sku
            if key not in self._known:
                product = msgspec.structs.replace(self._draw_up(line), id=sold[line.sku])
                self._known[key] = product
                self._new[key] = product, line

    def make(self) -> dict[int, int]:
        """Make the products that were noted. Returns their ids by those they had while they were drawn up.

        Must run in a transaction. Raises ``Stale`` when somebody made one of them otherwise meanwhile.
        """
        new: defaultdict[int, list[products.NewProduct]] = defaultdict(list)
        for (partner_id, _sku), (_product, line) in self._new.items():
            new[partner_id].append(products.NewProduct(line.sku, line.name, line.brand, line.category))
        for partner_id, rows in new.items():
            products.ensure(partner_id, rows)
        made, ids = _fetch(self._new), {}
        for key, (drawn, _line) in self._new.items():
            if msgspec.structs.replace(made[key], id=drawn.id) != drawn:
                raise ledger.Stale
            ids[drawn.id] = made[key].id
        self._known |= made
        self._new = {}
        return ids

    def _draw_up(self, line: SaleLine) -> KnownProduct:
        self._drawn -= 1
        path = self._paths[line.category] if line.category else None
        return KnownProduct(self._drawn, line.sku, line.name, line.brand, path, None)


def _fetch(keys: Iterable[Key]) -> dict[Key, KnownProduct]:
    skus: defaultdict[int, list[str]] = defaultdict(list)
    for partner_id, sku in keys:
        skus[partner_id].append(sku)
    found: dict[Key, KnownProduct] = {}
    for partner_id, wanted in skus.items():
        for row in prepared.run(_READ, {"partner": partner_id, "skus": wanted}):
            product = _decode(row["product"])
            found[partner_id, product.sku] = product
    return found
