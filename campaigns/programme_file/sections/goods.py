"""Product sets that the programme speaks of, with their products by partner and sku."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.programme_file import references
from campaigns.programme_file.columns import Columns, shorten
from campaigns.programme_file.document import Change, Document, Moment, Section, Step
from campaigns.programme_file.problems import FileProblem
from loyalty.models import Partner, Product, ProductSet, Programme

SETS = Columns(ProductSet, "name")
_SKUS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 64},
    "uniqueItems": True,
}


class ProductSets(Section):
    """``product_sets``: names and products by code. A set may serve several programmes; none is taken away."""

    name = "product_sets"
    comment = "Product sets that this file speaks of: skus by partner."

    def schema(self) -> Document:
        """Entries by code."""
        products = {"type": "object", "additionalProperties": _SKUS}
        properties = SETS.schema() | {"products": products}
        entry = {"type": "object", "properties": properties, "additionalProperties": False}
        names = {"pattern": r"^[-a-zA-Z0-9_]{1,32}$"}
        return {"type": "object", "propertyNames": names, "additionalProperties": entry}

    def read(self, programme: Programme, document: Document) -> Document:
        """Those that the other sections name."""
        return self.find(references.product_sets(document))

    def find(self, codes: set[str]) -> Document:
        """The sets of these codes."""
        sets = ProductSet.objects.filter(code__in=codes).order_by("code")
        found: Document = {row.code: SETS.write(row) | {"products": {}} for row in sets}
        rows = Product.objects.filter(sets__code__in=codes).order_by("sets__code", "partner__code", "sku")
        for code, partner, sku in rows.values_list("sets__code", "partner__code", "sku"):
            if code in found:
                found[code]["products"].setdefault(partner, []).append(sku)
        return {code: entry | {"products": _in_order(entry["products"])} for code, entry in found.items()}

    def fill(self, step: Step) -> Document:
        """What the file says over what is there."""
        said = step.said.get(self.name, {})
        before = (step.was(self.name) or {}) | self.find(set(said))
        filled = {}
        for code, entry in said.items():
            was = before.get(code)
            products = (
                _in_order(entry["products"]) if "products" in entry else (was or {}).get("products", {})
            )
            filled[code] = SETS.fill(entry, was) | {"products": products}
        return dict(sorted((before | filled).items()))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses, and partners that nobody knows."""
        partners = set(Partner.objects.values_list("code", flat=True)) | set(step.after["partners"])
        for code, entry in step.after[self.name].items():
            yield from (
                FileProblem((self.name, code, name), message) for name, message in SETS.check(entry, new=True)
            )
            for partner in entry["products"]:
                if partner not in partners:
                    message = _("there is no partner “%(code)s”; add it to partners") % {"code": partner}
                    yield FileProblem((self.name, code, "products", partner), message)

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Sets that come or change."""
        there = self.find(set(after))
        for code, entry in after.items():
            subject = _("Product set “%(name)s”") % {"name": entry["name"]}
            count = len(_pairs(entry))
            if code not in there:
                held = ngettext("%(count)s product", "%(count)s products", count) % {"count": count}
                yield Change(self.name, "added", subject, (held,))
            elif lines := tuple(_compare(there[code], entry)):
                yield Change(self.name, "changed", subject, lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save the sets. Products that nobody knows are made of their skus, as receipts make them."""
        there = self.find(set(after))
        for code, entry in after.items():
            if there.get(code) == entry:
                continue
            row, _created = ProductSet.objects.update_or_create(code=code, defaults={"name": entry["name"]})
            row.products.set(_products(entry["products"]))


def _in_order(products: Document) -> Document:
    return {partner: sorted(products[partner]) for partner in sorted(products) if products[partner]}


def _pairs(entry: Document) -> set[tuple[str, str]]:
    return {(partner, sku) for partner, skus in entry["products"].items() for sku in skus}


def _products(wanted: Document) -> list[Product]:
    found: list[Product] = []
    for code, skus in wanted.items():
        partner = Partner.objects.get(code=code)
        new = [Product(partner=partner, sku=sku) for sku in skus]
        Product.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
        found += Product.objects.filter(partner=partner, sku__in=skus)
    return found


def _compare(before: Document, after: Document) -> Iterator[str]:
    yield from SETS.differences(before, after)
    old, new = _pairs(before), _pairs(after)
    for skus, told in ((new - old, _("added: %(what)s")), (old - new, _("removed: %(what)s"))):
        if skus:
            yield told % {"what": shorten(", ".join(sku for _partner, sku in sorted(skus)))}
