"""Goods as a cashier asks for them: by barcode, by sku, by a few letters of the name."""

from __future__ import annotations

import re

from django.db.models import BooleanField, Case, ExpressionWrapper, Q, QuerySet, When
from django.db.models.functions import Length

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
    """The partner's product of that sku in any letters, the only one of that name, or the only one with these words."""
    active = _active(partner_id)
    found = active.filter(sku__iexact=text).first()
    if found:
        return found
    for named in (active.filter(name__iexact=text)[:2], search(partner_id, text)):
        if len(named) == 1:
            return named[0]
    return None


def search(partner_id: int, text: str) -> list[Product]:
    """The partner's goods whose name, brand or sku has every word of ``text``: few, the likeliest first.

    First what is called exactly that, then names with these whole words, then names with words that begin so,
    then the others; among equals those with a price, the shortest name first.
    """
    words = text.split()
    if not words or len(text.strip()) < 2:
        return []
    goods = _active(partner_id)
    for word in words:
        goods = goods.filter(Q(name__icontains=word) | Q(sku__istartswith=word) | Q(brand__icontains=word))
    unpriced = Q(price__isnull=True)
    ranked = goods.annotate(
        rank=_rank(" ".join(words), words), unpriced=ExpressionWrapper(unpriced, BooleanField())
    )
    return list(ranked.order_by("rank", "unpriced", Length("name"), "name", "sku")[:MOST_FOUND])


def _rank(text: str, words: list[str]) -> Case:
    exact = Q(name__iexact=text) | Q(sku__iexact=text)
    whole, begun = Q(), Q()
    for word in map(re.escape, words):
        whole &= Q(name__iregex=rf"\m{word}\M")
        begun &= Q(name__iregex=rf"\m{word}")
    return Case(When(exact, then=0), When(whole, then=1), When(begun, then=2), default=3)


def _active(partner_id: int) -> QuerySet[Product]:
    return Product.objects.filter(partner_id=partner_id, active=True)
