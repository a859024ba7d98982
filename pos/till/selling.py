"""The sale screen: goods, customer, points, pay."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns import checkout
from campaigns.checkout import Answer
from loyalty.models import Receipt
from loyalty.refusals import Conflict, Refusal
from members import bounds, confirmation, wording
from members.models import Member
from pos import guard
from pos.guard import Kind
from pos.till import basket as baskets
from pos.till import customers, goods
from pos.till.access import Desk, for_cashiers, go
from pos.till.basket import Basket, read_number
from pos.till.screen import Notes, show
from rewards import coupons

MOST_CODES = 50
MOST_COUPONS = 10


@require_GET
@for_cashiers
def sale(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The sale screen with the basket as it is."""
    return show(request, desk, baskets.read(request.session), timezone.now())


@require_GET
@for_cashiers
def search(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Goods whose name has the letters typed so far."""
    text = request.GET.get("code", "")
    _times, words = split_times(text)
    found = goods.search(desk.shop.partner_id, words)
    return render(request, "till/partials/found.html", {"found": found, "text": words})


@require_POST
@for_cashiers
def add(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Put in what was scanned or typed: goods by barcode, sku or name, ``3*code`` for three; or a member's card."""
    now, notes = timezone.now(), Notes()
    unpriced = False
    with baskets.changed(request) as basket:
        for text in request.POST.getlist("code")[:MOST_CODES]:
            unpriced = _take(basket, desk, text.strip(), now, notes) or unpriced
        _renumber(basket, desk, now)
        basket.sold_at = None
    return show(request, desk, basket, now, notes, focus="price" if unpriced else "")


def _renumber(basket: Basket, desk: Desk, now: datetime) -> None:
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
        member = customers.find(code, now)
        if member is not None:
            basket.member = str(member.id)
            return False
        if _show_coupon(basket, desk, code, now):
            return False
    product = product or goods.guess(partner, code)
    if product is not None:
        return basket.add(product, times).price is None
    if len(goods.search(partner, code)) > 1:
        notes["goods"] = _("Several goods match “%(code)s”: choose one from the list.") % {"code": code}
    elif not free or not desk.note_miss(Kind.SCAN, code, now):
        notes["goods"] = guard.say()
    else:
        notes["goods"] = _("Nothing here is known as “%(code)s”.") % {"code": code}
    return False


def _show_coupon(basket: Basket, desk: Desk, code: str, now: datetime) -> bool:
    """Put a coupon into the basket, if there is one of this code in a programme of the shop."""
    known = any(coupons.find(offer.programme_id, [code], None, now)[0].id for offer in desk.shop.offers)
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
        elif code and not desk.may_ask(Kind.COUPON, now):
            notes["coupon"] = guard.say()
        elif code and not _show_coupon(basket, desk, code, now):
            told = _("There is no coupon “%(code)s”.") % {"code": code}
            notes["coupon"] = told if desk.note_miss(Kind.COUPON, code, now) else guard.say()
    return show(request, desk, basket, now, notes, focus="coupon" if notes else "goods")


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


@require_POST
@for_cashiers
def change(request: HttpRequest, desk: Desk, position: int) -> HttpResponse:
    """Change a line's quantity or price; none of it takes the line out."""
    now, notes = timezone.now(), Notes()
    with baskets.changed(request) as basket:
        line = basket.find(position)
        if line is not None:
            if "quantity" in request.POST:
                _change_quantity(basket, line, request.POST["quantity"], notes)
            if "price" in request.POST:
                price = read_number(request.POST["price"], "price")
                if price is None:
                    notes["goods"] = _("Give the price as a number, like 199.90.")
                else:
                    line.price = price
            basket.sold_at = None
    return show(request, desk, basket, now, notes)


def _change_quantity(basket: Basket, line: baskets.BasketLine, text: str, notes: Notes) -> None:
    quantity = read_number(text, "quantity")
    if quantity is None:
        notes["goods"] = _("Give the quantity as a number, like 2 or 0.350.")
    elif quantity:
        line.quantity = quantity
    else:
        basket.remove(line.position)


@require_POST
@for_cashiers
def remove(request: HttpRequest, desk: Desk, position: int) -> HttpResponse:
    """Take a line out."""
    with baskets.changed(request) as basket:
        basket.remove(position)
        basket.sold_at = None
    return show(request, desk, basket, timezone.now(), focus="goods")


@require_POST
@for_cashiers
def clear(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Empty the basket and let the customer go."""
    with baskets.changed(request) as basket:
        basket.empty()
    return show(request, desk, basket, timezone.now(), focus="goods")


@require_POST
@for_cashiers
def identify(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Find the customer by phone, card, code or e-mail; offer to register a phone that is not known."""
    now, notes = timezone.now(), Notes()
    text = request.POST.get("who", "").strip()
    free = not text or desk.may_ask(Kind.MEMBER, now)
    member = customers.find(text, now) if text and free else None
    if (
        member is None
        and text
        and not (free and desk.note_miss(Kind.MEMBER, customers.read_phone(text) or text, now))
    ):
        notes["customer"] = guard.say()
        return show(request, desk, baskets.read(request.session), now, notes, "customer", who=text)
    if member is None:
        phone = customers.read_phone(text)
        if not text:
            notes["customer"] = _("Type a phone or a card number, or scan the card.")
        elif phone is None:
            notes["customer"] = _("Nobody is known as “%(text)s”.") % {"text": text}
        basket = baskets.read(request.session)
        focus = "first_name" if phone else "customer"
        return show(request, desk, basket, now, notes, focus, who=text, newcomer=phone)
    with baskets.changed(request) as basket:
        basket.member, basket.sold_at = str(member.id), None
    return show(request, desk, basket, now, notes, focus="goods")


@require_POST
@for_cashiers
def register(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make a new member of a phone and a first name."""
    now, notes = timezone.now(), Notes()
    phone, first_name = request.POST.get("phone", ""), request.POST.get("first_name", "").strip()
    try:
        member_id = customers.register(desk, phone, first_name, now, request.user.get_username())
    except Refusal as refusal:
        notes["customer"] = " ".join(fault.detail for fault in refusal.faults) or refusal.detail
        basket = baskets.read(request.session)
        return show(request, desk, basket, now, notes, "phone", newcomer=phone, first_name=first_name)
    desk.forgive(phone)
    with baskets.changed(request) as basket:
        basket.member, basket.sold_at = str(member_id), None
    return show(request, desk, basket, now, notes, focus="goods", welcome=True)


@require_POST
@for_cashiers
def part(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Go on without the customer."""
    with baskets.changed(request) as basket:
        basket.member, basket.redeem, basket.sold_at = None, "0", None
    return show(request, desk, basket, timezone.now(), focus="customer")


@require_POST
@for_cashiers
def spend(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Set how many points the customer wants to spend: a number, ``max`` or 0."""
    now, notes = timezone.now(), Notes()
    text = request.POST.get("redeem", "").strip().replace(",", ".")
    with baskets.changed(request) as basket:
        wished = _read_points(text)
        if wished is None:
            notes["points"] = _("Give the points as a number, like 120.")
        else:
            basket.redeem, basket.sold_at = wished, None
    return show(request, desk, basket, now, notes, focus="points" if notes else "")


def _read_points(text: str) -> str | None:
    if text == "max":
        return text
    points = bounds.read_number(text or "0")
    if points is None or not 0 <= points < bounds.POINTS.below or points != round(points, 2):
        return None
    return format(points.normalize(), "f")


@require_POST
@for_cashiers
def send_code(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Send the customer a code that confirms spending points."""
    now, notes = timezone.now(), Notes()
    basket = baskets.read(request.session)
    member = Member.objects.filter(id=basket.member).first() if basket.member else None
    if member is not None:
        try:
            sent = confirmation.send(member, now)
            notes["code"] = _("A code is on its way by %(channel)s.") % {
                "channel": wording.name_channel(sent.channel)
            }
        except confirmation.TooSoon as early:
            wait = max(1, round(early.wait.total_seconds()))
            notes["points"] = _("A code was sent a moment ago. Wait %(wait)s seconds.") % {"wait": wait}
        except Refusal as refusal:
            notes["points"] = refusal.detail
    return show(request, desk, basket, now, notes, focus="code", ask_code=True)


@require_POST
@for_cashiers
def pay(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Sell the basket, or hold it. Pressed twice, or again after the network was lost, it is one sale."""
    now, notes = timezone.now(), Notes()
    given = request.POST.get("number", "")
    with baskets.changed(request) as basket:
        if basket.lines and not basket.unpriced:
            basket.sold_at = basket.sold_at or now
    earlier = _sold_before(desk, given) if given != basket.number else None
    if earlier is not None:
        return go(request, reverse("till:receipt", args=[earlier]))
    if not basket.lines:
        notes["goods"] = _("The basket is empty: scan something first.")
        return show(request, desk, basket, now, notes, focus="goods")
    if basket.unpriced:
        notes["goods"] = _("Give the price of %(name)s first.") % {"name": basket.unpriced[0].name}
        return show(request, desk, basket, now, notes, focus="price")
    return _sell(request, desk, basket, now, notes)


def _sold_before(desk: Desk, number: str) -> UUID | None:
    """The receipt that a repeated click or a page gone back to has already made."""
    if not number:
        return None
    return Receipt.objects.filter(store_id=desk.shop.id, number=number).values_list("id", flat=True).first()


def _sell(request: HttpRequest, desk: Desk, basket: Basket, now: datetime, notes: Notes) -> HttpResponse:
    sale = basket.sale(
        desk.shop.code,
        desk.till,
        request.user.get_username(),
        basket.sold_at or now,
        confirmation_code=request.POST.get("confirmation_code", "").strip() or None,
        state="held" if request.POST.get("state") == "held" else "completed",
    )
    if sale.confirmation_code and not desk.may_ask(Kind.CONFIRMATION, now):
        notes["code"] = guard.say()
        return show(request, desk, basket, now, notes, "code", ask_code=True)
    try:
        answer: Answer = checkout.purchase(sale, now)
    except Refusal as refusal:
        if isinstance(refusal, confirmation.WrongCode):
            desk.note_miss(Kind.CONFIRMATION, f"{sale.member}:{now.isoformat()}", now)
        return _tell_refusal(request, desk, refusal, sale.receipt_number, now, notes)
    with baskets.changed(request) as latest:
        if latest.number == sale.receipt_number:
            latest.empty()
    return go(request, reverse("till:receipt", args=[answer.body["id"]]) + "?new=1")


def _tell_refusal(
    request: HttpRequest, desk: Desk, refusal: Refusal, number: str, now: datetime, notes: Notes
) -> HttpResponse:
    """Nothing was sold: say why beside what must be changed, and let the next try be a new one."""
    spot = notes.refuse(refusal)
    with baskets.changed(request) as basket:
        if basket.number == number:
            basket.sold_at = None
            if isinstance(refusal, Conflict):
                basket.number = ""
                _renumber(basket, desk, now)
    sold = _sold_before(desk, number) if isinstance(refusal, Conflict) else None
    if sold is not None:
        notes["pay"] = _(
            "This basket was sold before it was changed. Look at its receipt before you sell again."
        )
    asks_code = refusal.code.startswith("confirmation")
    return show(
        request, desk, basket, now, notes, "code" if asks_code else spot, ask_code=asks_code, sold_before=sold
    )
