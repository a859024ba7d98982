"""Goods as a cashier asks for them: by barcode, by sku, by a few letters of the name."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from loyalty.models import Product

MOST_FOUND = 8


def find(partner_id: int, code: str) -> Product | None:
    """The partner's product of exactly that barcode or sku."""
    goods = _active(partner_id)
    return goods.filter(barcode__in=_spellings(code)).first() or goods.filter(sku=code).first()


def _spellings(code: str) -> list[str]:
    """A barcode, and the same as scanners also tell it: UPC-A of 12 digits is EAN-13 with a leading zero."""
    if code.isdecimal() and len(code) == 12:
        return [code, f"0{code}"]
    if code.isdecimal() and len(code) == 13 and code.startswith("0"):
        return [code, code[1:]]
    return [code]


def guess(partner_id: int, text: str) -> Product | None:
    """The partner's product of that sku in any letters, or the only one whose name has these words."""
    found = _active(partner_id).filter(sku__iexact=text).first()
    if found:
        return found
    named = search(partner_id, text)
    return named[0] if len(named) == 1 else None


def search(partner_id: int, text: str) -> list[Product]:
    """The partner's goods whose name, brand or sku has every word of ``text``; few, those with a price first."""
    words = text.split()
    if not words or len(text.strip()) < 2:
        return []
    goods = _active(partner_id)
    for word in words:
        goods = goods.filter(Q(name__icontains=word) | Q(sku__istartswith=word) | Q(brand__icontains=word))
    priced = list(goods.filter(price__isnull=False).order_by("name", "sku")[:MOST_FOUND])
    if len(priced) == MOST_FOUND:
        return priced
    return priced + list(goods.filter(price__isnull=True).order_by("name", "sku")[: MOST_FOUND - len(priced)])


def _active(partner_id: int) -> QuerySet[Product]:
    return Product.objects.filter(partner_id=partner_id, active=True)
