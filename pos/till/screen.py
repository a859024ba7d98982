"""What the sale screen shows: the basket with its quote, the customer, and refusals where they belong."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_htmx.http import trigger_client_event

from campaigns import checkout
from campaigns.story import Story
from loyalty.refusals import Refusal
from pos.till import customers
from pos.till.access import Desk
from pos.till.basket import Basket

#: Near what on the screen a refusal is shown, by the beginning of its code.
SPOTS = (("member", "customer"), ("redeem", "points"), ("confirmation", "points"), ("code", "points"),
         ("coupon", "coupon"), ("exchange", "coupon"))  # fmt: skip


class Notes(dict[str, str]):
    """What to tell the cashier, by the spot: ``goods``, ``customer``, ``points``, ``coupon``, ``pay``."""

    def refuse(self, refusal: Refusal) -> str:
        """Take in a refusal; return its spot."""
        spot = next((spot for start, spot in SPOTS if refusal.code.startswith(start)), "pay")
        details = [fault.detail for fault in refusal.faults] or [refusal.detail]
        self[spot] = " ".join(details)
        return spot


def show(
    request: HttpRequest,
    desk: Desk,
    basket: Basket,
    now: datetime,
    notes: Notes | None = None,
    focus: str = "",
    **more: Any,
) -> HttpResponse:
    """The whole screen, or for htmx its moving parts; ``focus`` names where the cashier goes on."""
    notes = notes if notes is not None else Notes()
    part = bool(request.htmx)  # type: ignore[attr-defined]
    if request.method == "POST" and not part and not notes and not more:
        return redirect("till:sale")  # a scan that was quicker than the page's script
    context = describe(desk, basket, request.user.get_username(), now, notes) | more | {"part": part}
    response = render(request, "till/partials/moving.html" if part else "till/sale.html", context)
    response["X-Till-Version"] = str(basket.version)
    if part and focus:
        trigger_client_event(response, "till:focus", {"on": focus}, after="settle")
    return response


def describe(desk: Desk, basket: Basket, cashier: str, now: datetime, notes: Notes) -> dict[str, Any]:
    """The context of the screen's templates."""
    quote = _quote(desk, basket, cashier, now, notes)
    return {
        "desk": desk,
        "screen": "sale",
        "basket": basket,
        "rows": _rows(basket, quote),
        "quote": quote,
        "total": basket.total,
        "count": len(basket.lines),
        "customer": customers.describe(basket.member, desk, now) if basket.member else None,
        "currency": customers.scheme_of(desk).currency,
        "notes": notes,
        "said": _say(quote),
    }


def _quote(desk: Desk, basket: Basket, cashier: str, now: datetime, notes: Notes) -> Story | None:
    sale = basket.sale(desk.shop.code, desk.till, cashier, now)
    if not sale.lines:
        return None
    try:
        quote = checkout.quote(sale, now)
    except Refusal as refusal:
        notes.refuse(refusal)
        return None
    wished = sale.redeem
    exchanged = sum((Decimal(one["points"]) for one in quote["exchanged"]), Decimal(0))
    if isinstance(wished, Decimal) and wished > Decimal(quote["redeemed"]["points"]) - exchanged:
        notes.setdefault("points", why_capped(quote))
    return quote


def why_capped(quote: Story) -> str:
    """Why fewer points are spent than the cashier typed."""
    most = Decimal(quote["redeemable"]["max"])
    bounds = [bound["text"] for bound in quote["redeemable"]["limits"] if Decimal(bound["max"]) <= most]
    said = _("At most %(most)s points can be spent") % {"most": quote["redeemable"]["max"]}
    return f"{said}: {'; '.join(bounds)}." if bounds else f"{said}."


def _rows(basket: Basket, quote: Story | None) -> list[dict[str, Any]]:
    """The basket's lines, newest first, each with what the quote says of it."""
    told = {line["position"]: line for line in quote["lines"]} if quote else {}
    rows = []
    for line in reversed(basket.lines):
        about = told.get(line.position)
        discount = Decimal(about["discount"]) if about else Decimal(0)
        rows.append({"line": line, "told": about, "cost": line.cost, "net": line.cost - discount})
    return rows


def _say(quote: Story | None) -> str:
    """The quote in a breath, for a screen reader."""
    if quote is None:
        return ""
    words = [_("To pay %(sum)s.") % {"sum": quote["to_pay"]}]
    points = Decimal(quote["earned"]["points"])
    if points:
        words.append(
            ngettext("%(points)s point to earn.", "%(points)s points to earn.", int(points))
            % {"points": quote["earned"]["points"]}
        )
    return " ".join(words)
