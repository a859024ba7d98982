"""Goods at the till: what a scanned barcode means."""

from __future__ import annotations

import pytest

from pos.till import goods
from tests.factories import PartnerFactory, ProductFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kept", "scanned", "found"),
    [
        ("012345678905", "012345678905", True),
        ("012345678905", "0012345678905", True),  # a camera reads UPC-A as EAN-13
        ("0012345678905", "012345678905", True),
        ("4600000000091", "4600000000091", True),
        ("600000000091", "4600000000091", False),
        ("12345678", "012345678", False),
    ],
)
def test_a_barcode_is_known_with_and_without_its_leading_zero(kept: str, scanned: str, found: bool) -> None:
    product = ProductFactory(partner=PartnerFactory(), sku="TEA", barcode=kept)
    assert goods.find(product.partner_id, scanned) == (product if found else None)
