"""The sale screen: the basket's lines, the customer, points, pay. What is scanned is in ``scanning``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from campaigns.checkout import checkout
from campaigns.checkout.checkout import Answer
from foundation.refusals import Conflict, Refusal
from loyalty.models import Receipt
from members import wording
from members.codes import confirmation
from pos import guard
from pos.guard import Kind
from pos.till import basket as baskets
from pos.till import scanning, screen, shoppers
from pos.till.access import Desk, for_cashiers, go
from pos.till.basket import read_number
from pos.till.screen import Notes, show

#: What is said beside Pay when the reason stands elsewhere on the screen, by its spot.
_UNSOLD = {
    "customer": gettext_lazy("Nothing was sold: look at the customer first."),
    "points": gettext_lazy("Nothing was sold: change the points to spend first."),
    "coupon": gettext_lazy("Nothing was sold: look at the coupons first."),
}


@require_GET
@for_cashiers
def sale(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The sale screen with the basket as it is."""
    return show(request, desk, baskets.read(request.session), timezone.now())


@require_GET
@for_cashiers
def why(request: HttpRequest, desk: Desk, position: int) -> HttpResponse:
    """Why a line gets what it gets: asked for when somebody wants to know, not repeated with every scan."""
    basket, cashier = baskets.read(request.session), request.user.get_username()
    quote = screen.ask(desk, basket, cashier, timezone.now(), Notes())
    told = {line["position"]: line["because"] for line in quote["lines"]} if quote else {}
    return render(request, "till/partials/because.html", {"reasons": told.get(position, [])})


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


def _change_quantity(basket: baskets.Basket, line: baskets.BasketLine, text: str, notes: Notes) -> None:
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
    """Find the customer by phone, card, code or e-mail; offer to register a phone that is not known.

    Goods that were scanned there instead go into the basket.
    """
    now, notes = timezone.now(), Notes()
    scans, tag = scanning.read_scans(request, "who"), request.POST.get("basket", "")
    text = scans[0].text if scans else ""
    free = not text or desk.may_ask(Kind.MEMBER, now)
    found = shoppers.identify(text, desk, now) if free else shoppers.Meant()
    with baskets.changed(request) as basket:
        fresh = bool(scanning.hear(basket, scans, tag))
        if fresh and found.member is not None:
            basket.welcome(found.member.id, text)
            basket.sold_at = None
        is_goods = found.member is None and fresh and scanning.take_goods(basket, desk, text, now, notes)
    if found.member is not None or is_goods or not fresh:
        return show(request, desk, basket, now, notes, focus="goods")
    if text and not (free and desk.note_miss(Kind.MEMBER, found.newcomer or text, now)):
        found = shoppers.Meant(note=guard.say())
    if found.note:
        notes["customer"] = found.note
    focus = "first_name" if found.newcomer else "customer"
    offered = {"newcomer": found.newcomer, "country": found.country}
    return show(request, desk, basket, now, notes, focus, who=text, **offered)


@require_POST
@for_cashiers
def register(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make a new member of a phone and a first name."""
    now, notes = timezone.now(), Notes()
    phone, first_name = request.POST.get("phone", ""), request.POST.get("first_name", "").strip()
    card, sms = request.POST.get("card", ""), "sms" in request.POST
    try:
        member_id = shoppers.register(
            desk, phone, first_name, now, request.user.get_username(), card=card, sms=sms
        )
    except Refusal as refusal:
        notes["customer"] = " ".join(fault.detail for fault in refusal.faults) or refusal.detail
        basket = baskets.read(request.session)
        typed = {"newcomer": phone, "first_name": first_name, "new_card": card, "sms": sms}
        return show(request, desk, basket, now, notes, "phone", is_new=True, **typed)
    desk.forgive(phone)
    with baskets.changed(request) as basket:
        basket.welcome(member_id, "")
        basket.sold_at = None
    return show(request, desk, basket, now, notes, focus="goods", welcome=True)


@require_POST
@for_cashiers
def meet(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Ask for what a new member is registered with."""
    return show(request, desk, baskets.read(request.session), timezone.now(), focus="phone", is_new=True)


@require_POST
@for_cashiers
def join(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Let the customer join another programme of the store."""
    now, notes, basket = timezone.now(), Notes(), baskets.read(request.session)
    who, programme = request.user.get_username(), request.POST.get("programme", "")
    if basket.member:
        try:
            shoppers.join(basket.member, programme, desk, now, who, sms="sms" in request.POST)
        except Refusal as refusal:
            notes["customer"] = refusal.detail
    return show(request, desk, basket, now, notes, focus="goods")


@require_POST
@for_cashiers
def part(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Go on without the customer."""
    with baskets.changed(request) as basket:
        basket.let_go()
        basket.redeem, basket.sold_at = "0", None
    return show(request, desk, basket, timezone.now(), focus="customer")


@require_POST
@for_cashiers
def spend(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Set how many points the customer wants to spend: a number, ``max`` or 0."""
    now, notes = timezone.now(), Notes()
    text = request.POST.get("redeem", "").strip()
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
    points = read_number(text or "0", "points")
    return None if points is None else format(points, "f")


@require_POST
@for_cashiers
def send_code(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Send the customer a code that confirms spending points."""
    now, notes = timezone.now(), Notes()
    basket = baskets.read(request.session)
    member = shoppers.there(basket.member, desk, now) if basket.member else None
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


def _sell(
    request: HttpRequest, desk: Desk, basket: baskets.Basket, now: datetime, notes: Notes
) -> HttpResponse:
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
    if spot != "pay":
        notes["pay"] = str(_UNSOLD[spot])
    with baskets.changed(request) as basket:
        if basket.number == number:
            basket.sold_at = None
            if isinstance(refusal, Conflict):
                basket.number = ""
                scanning.number(basket, desk, now)
    sold = _sold_before(desk, number) if isinstance(refusal, Conflict) else None
    if sold is not None:
        notes["pay"] = _(
            "This basket was sold before it was changed. Look at its receipt before you sell again."
        )
    asks_code = refusal.code.startswith("confirmation")
    return show(
        request, desk, basket, now, notes, "code" if asks_code else spot, ask_code=asks_code, sold_before=sold
    )
