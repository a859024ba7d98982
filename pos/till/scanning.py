"""What a scanner or a hand types at the till: goods, a customer's card, a coupon.

Scans that find no network wait on the page and come when it is back, in their order. Each carries a key and
the basket it was made for: whatever happens to the answers it counts once, and never for the next customer.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from loyalty.models import Product
from pos import guard
from pos.guard import Kind
from pos.till import basket as baskets
from pos.till import goods, shoppers
from pos.till.access import Desk, for_cashiers
from pos.till.basket import Basket, read_number
from pos.till.screen import Notes, show
from rewards.coupons import coupons

MOST_CODES = 50
MOST_COUPONS = 10


class Scan(NamedTuple):
    """One scanned or typed text. Without a ``key`` it came from a form and is not known again."""

    text: str
    key: str = ""


@require_GET
@for_cashiers
def search(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Goods whose name has the letters typed so far."""
    text = request.GET.get("code", "")
    _times, words = split_times(text)
    found = goods.search(desk.shop.partner_id, words)
    return render(request, "till/partials/found.html", {"found": found, "text": words})


@require_GET
@for_cashiers
def ask(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Whether a code is goods: asked where a scan could mean a receipt. That it answers says that a sale can go on."""
    _times, code = split_times(request.GET.get("code", ""))
    return JsonResponse({"goods": bool(code) and goods.find(desk.shop.partner_id, code) is not None})


@require_POST
@for_cashiers
def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Put in what was scanned or typed: goods by barcode, sku or name, ``3*code`` for three; or a member's card."""
    now, notes = timezone.now(), Notes()
    scans, tag = read_scans(request, "code"), request.POST.get("basket", "")
    unpriced = False
    with baskets.changed(request) as basket:
        coming = hear(basket, scans, tag)
        for scan in coming:
            unpriced = _take(basket, desk, scan.text, now, notes) or unpriced
        if coming:
            number(basket, desk, now)
            basket.sold_at = None
    return show(request, desk, basket, now, notes, focus="price" if unpriced else "")


def read_scans(request: HttpRequest, field: str) -> list[Scan]:
    """The scans of a request, each text with the key that stands at its place."""
    texts, keys = request.POST.getlist(field)[:MOST_CODES], request.POST.getlist("key")
    keys += [""] * (len(texts) - len(keys))
    return [Scan(text.strip(), key[:32]) for text, key in zip(texts, keys, strict=False)]


def hear(basket: Basket, scans: list[Scan], tag: str) -> list[Scan]:
    """The scans that count now, noted: those of this basket that were not counted before."""
    return [scan for scan in scans if basket.hear(scan.key)] if basket.is_for(tag) else []


def number(basket: Basket, desk: Desk, now: datetime) -> None:
    """Give the basket its receipt's number, if it has none."""
    if basket.lines and not basket.number:
        basket.number = baskets.make_number(desk.till, now.astimezone(desk.shop.zone))


def _take(basket: Basket, desk: Desk, text: str, now: datetime, notes: Notes) -> bool:
    """Do what one scanned or typed text says. Returns whether it left a line without a price."""
    times, code = split_times(text)
    if not code:
        return False
    partner = desk.shop.partner_id
    product = goods.find(partner, code)
    free = product is not None or desk.may_ask(Kind.SCAN, now)
    if product is None and free:
        member = shoppers.find(code, desk, now)
        if member is not None:
            basket.welcome(member.id, code)
            return False
        if _show_coupon(basket, desk, code, now):
            return False
    product = product or goods.guess(partner, code)
    if product is not None:
        return _put_in(basket, product, times, notes)
    if len(goods.search(partner, code)) > 1:
        notes.add("goods", _("Several goods match “%(code)s”: choose one from the list.") % {"code": code})
    elif not free or not desk.note_miss(Kind.SCAN, code, now):
        notes["goods"] = guard.say()
    else:
        notes.add("goods", _("Nothing here is known as “%(code)s”.") % {"code": code})
    return False


def take_goods(basket: Basket, desk: Desk, text: str, now: datetime, notes: Notes) -> bool:
    """Put in the goods of exactly that code, where a customer or a coupon was asked for. Returns whether there are."""
    times, code = split_times(text)
    product = goods.find(desk.shop.partner_id, code) if code else None
    if product is None:
        return False
    _put_in(basket, product, times, notes)
    number(basket, desk, now)
    basket.sold_at = None
    return True


def _put_in(basket: Basket, product: Product, times: Decimal, notes: Notes) -> bool:
    """Add goods, unless so many are no sale of anybody's. Returns whether the line has no price yet."""
    line = next((line for line in basket.lines if line.sku == product.sku), None)
    if times + (line.quantity if line else 0) >= baskets.MOST["quantity"]:
        name = product.name or product.sku
        notes.add("goods", _("So many of %(name)s cannot be sold at once.") % {"name": name})
        return False
    return basket.add(product, times).price is None


def _show_coupon(basket: Basket, desk: Desk, code: str, now: datetime) -> bool:
    """Put a coupon into the basket, if there is one of this code in a programme of the shop."""
    known = any(coupons.find(part.programme_id, [code], None, now)[0].id for part in desk.shop.participations)
    if known and code not in basket.coupons and len(basket.coupons) < MOST_COUPONS:
        basket.coupons.append(code)
    return known


@require_POST
@for_cashiers
def coupon(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show a coupon (``code``), or take one out again (``drop``)."""
    now, notes = timezone.now(), Notes()
    code, dropped = request.POST.get("code", "").strip(), request.POST.get("drop", "")
    with baskets.changed(request) as basket:
        basket.sold_at = None
        if dropped:
            basket.coupons = [other for other in basket.coupons if other != dropped]
        elif code:
            _find_coupon(basket, desk, code, now, notes)
    return show(request, desk, basket, now, notes, focus="coupon" if notes else "goods")


def _find_coupon(basket: Basket, desk: Desk, code: str, now: datetime, notes: Notes) -> None:
    """Show a coupon, put in the goods that were scanned instead of one, or say that there is none."""
    free = desk.may_ask(Kind.COUPON, now)
    if (free and _show_coupon(basket, desk, code, now)) or take_goods(basket, desk, code, now, notes):
        return
    told = _("There is no coupon “%(code)s”.") % {"code": code}
    notes["coupon"] = told if free and desk.note_miss(Kind.COUPON, code, now) else guard.say()


@require_POST
@for_cashiers
def trade(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask for an exchange of points for money off (``code``), or give it up again (``drop``)."""
    code, dropped = request.POST.get("code", ""), request.POST.get("drop", "")
    with baskets.changed(request) as basket:
        basket.sold_at = None
        basket.exchanges = [other for other in basket.exchanges if other != dropped]
        if code and code not in basket.exchanges and len(basket.exchanges) < MOST_COUPONS:
            basket.exchanges.append(code)
    return show(request, desk, basket, timezone.now())


def split_times(text: str) -> tuple[Decimal, str]:
    """``3*code`` as three and the code; without a number it is one."""
    head, star, tail = text.partition("*")
    times = read_number(head, "quantity") if star else None
    return (times, tail.strip()) if times else (Decimal(1), text.strip())
