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

from campaigns.checkout import checkout
from campaigns.checkout.story import Story
from foundation.refusals import Refusal
from loyalty.templatetags import numbers
from pos.till import changes, shoppers
from pos.till.access import Desk
from pos.till.basket import Basket

#: Near what on the screen a refusal is shown, by the beginning of its code.
SPOTS = (("member", "customer"), ("redeem", "points"), ("confirmation", "points"), ("code", "points"),
         ("coupon", "coupon"), ("exchange", "coupon"))  # fmt: skip

#: Limits that open when the basket or the balance grows: where nothing can be spent, these say the way out.
_GATES = ("min_receipt", "min_points", "step")


class Notes(dict[str, str]):
    """What to tell the cashier, by the spot: ``goods``, ``customer``, ``points``, ``coupon``, ``pay``."""

    def add(self, spot: str, text: str) -> None:
        """Tell one thing more at a spot."""
        self[spot] = f"{self[spot]} {text}" if spot in self else text

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
    """The whole screen, or for htmx what changed of it; ``focus`` names where the cashier goes on.

    ``X-Till-Heard`` tells the keys of the scans that were counted, so that the page stops sending them.
    """
    notes = notes if notes is not None else Notes()
    part = bool(request.htmx)  # type: ignore[attr-defined]
    if request.method == "POST" and not part and not notes and not more:
        return redirect("till:sale")  # a scan that was quicker than the page's script
    context = describe(desk, basket, request.user.get_username(), now, notes) | more | {"part": part}
    context |= changes.find(context, _read_shown(request) if part else "", sorted(more.items()))
    response = render(request, "till/partials/changes.html" if part else "till/sale.html", context)
    response["X-Till-Version"] = str(basket.version)
    response["X-Till-Heard"] = " ".join(key for key in request.POST.getlist("key") if key in basket.heard)
    if part and focus:
        trigger_client_event(response, "till:focus", {"on": focus}, after="settle")
    return response


def _read_shown(request: HttpRequest) -> str:
    """What the page says that it shows."""
    return (request.POST if request.method == "POST" else request.GET).get("shown", "")


def describe(desk: Desk, basket: Basket, cashier: str, now: datetime, notes: Notes) -> dict[str, Any]:
    """The context of the screen's templates."""
    quote = ask(desk, basket, cashier, now, notes)
    return {
        "desk": desk,
        "screen": "sale",
        "basket": basket,
        "rows": _rows(basket, quote),
        "applied": sum_up(quote) if quote else [],
        "quote": quote,
        "total": basket.total,
        "count": len(basket.lines),
        "customer": shoppers.describe(basket.member, desk, now) if basket.member else None,
        "currency": shoppers.scheme_of(desk).currency,
        "notes": notes,
        "said": _say(quote),
        "ask_code": bool(quote and quote["confirmation_needed"]),
    }


def ask(desk: Desk, basket: Basket, cashier: str, now: datetime, notes: Notes) -> Story | None:
    """The basket's quote; None while there is nothing to quote, or where it is refused, which goes to the notes."""
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
    said = _("At most %(most)s points can be spent") % {"most": numbers.points(most)}
    if not most:
        said = _("No points can be spent on this basket")
        bounds = [
            bound["text"]
            for bound in quote["redeemable"]["limits"]
            if bound["code"] in _GATES and Decimal(bound["max"]) <= most
        ] or bounds
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


def sum_up(quote: Story) -> list[dict[str, Any]]:
    """What each campaign gives to the basket, once: ``discount`` money, ``points``, and the ``lines`` it is on.

    ``text`` is the reason where there is only one; a campaign on several lines is explained line by line.
    """
    applied: dict[str, dict[str, Any]] = {}
    for line in quote["lines"]:
        for reason in line["because"]:
            name = reason["campaign"]
            nothing = {"campaign": name, "discount": Decimal(0), "points": Decimal(0), "lines": set()}
            one = applied.setdefault(name, nothing)
            one["text"] = "" if "text" in one else reason["text"]
            one["discount"] += Decimal(reason["discount"])
            one["points"] += Decimal(reason["points"])
            one["lines"].add(line["position"])
    return list(applied.values())


def _say(quote: Story | None) -> str:
    """The quote in a breath, for a screen reader."""
    if quote is None:
        return ""
    words = [_("To pay %(sum)s.") % {"sum": numbers.money(quote["to_pay"])}]
    points = Decimal(quote["earned"]["points"])
    if points:
        words.append(
            ngettext("%(points)s point to earn.", "%(points)s points to earn.", int(points))
            % {"points": numbers.points(points)}
        )
    return " ".join(words)
