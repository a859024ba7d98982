"""Receipts at the till: find them, print them, take goods back, cancel, confirm what was held."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core import signing
from django.db import transaction
from django.db.models import Prefetch, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from campaigns.checkout import checkout, holds, returns
from campaigns.checkout.return_request import LineBack, ReturnRequest
from campaigns.checkout.story import Story
from foundation.refusals import Conflict, Refusal
from loyalty.models import Receipt, ReceiptLine, Return, Tier, TierChange
from loyalty.templatetags.numbers import quantity as write_quantity
from pos import guard
from pos.guard import Kind
from pos.till import goods, shoppers
from pos.till.access import SELL, TAKE_BACK, Desk, for_cashiers
from pos.till.basket import ALPHABET, read_number

MOST_LISTED = 20
SALT = "till.return"
RETURNABLE = (Receipt.Status.COMPLETED, Receipt.Status.PARTIALLY_RETURNED)


@require_GET
@for_cashiers
def browse(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Find a receipt by its number, or a customer's last ones by phone or card; else the store's last ones."""
    text = request.GET.get("q", "").strip()
    member, refused = None, ""
    found = _within_reach(desk)
    if text:
        now = timezone.now()
        exact = found.filter(number__iexact=text)
        if exact.exists():
            found = exact
        else:
            free = desk.may_ask(Kind.MEMBER, now)
            member = shoppers.find(text, desk, now) if free else None
            if member is None and not found.filter(number__istartswith=text).exists():
                refused = "" if free and desk.note_miss(Kind.MEMBER, text, now) else guard.say()
            found = found.filter(member=member) if member else found.filter(number__istartswith=text)
    else:
        found = found.filter(store_id=desk.shop.id)
    listed = list(found.select_related("store", "member").order_by("-purchased_at", "-id")[:MOST_LISTED])
    product = goods.find(desk.shop.partner_id, text) if text and not listed and member is None else None
    about = {"text": text, "member": member, "goods": product, "receipts": listed, "refused": refused}
    return render(request, "till/receipts.html", {"desk": desk, "screen": "receipts"} | about)


def _within_reach(desk: Desk) -> QuerySet[Receipt]:
    """Receipts of the partner's stores: what was bought in one may come back in another."""
    return Receipt.objects.filter(store__partner_id=desk.shop.partner_id)


@require_GET
@for_cashiers
def show(request: HttpRequest, desk: Desk, receipt_id: UUID) -> HttpResponse:
    """A receipt as it stands now."""
    return _page(request, desk, receipt_id)


def _page(request: HttpRequest, desk: Desk, receipt_id: UUID, refused: str = "", **more: Any) -> HttpResponse:
    receipt = (
        _within_reach(desk)
        .select_related("store__partner", "till", "programme", "member")
        .prefetch_related(Prefetch("returns", Return.objects.order_by("recorded_at")))
        .filter(id=receipt_id)
        .first()
    )
    if receipt is None:
        raise Http404
    told = checkout.find(receipt_id, timezone.now())
    context = {
        "desk": desk,
        "screen": "receipts",
        "receipt": receipt,
        "told": told,
        "rows": _rows(receipt, told),
        "whole": next((line for line in told["lines"] if line["position"] is None), None),
        "reached": _reached(receipt),
        "just_back": _find_back(told, request.GET.get("back", "")),
        "zone": receipt.store.time_zone,
        "currency": receipt.programme.currency,
        "refused": refused,
        "held": told["status"] == Receipt.Status.HELD,
        "may_return": request.user.has_perm(TAKE_BACK),
        "returnable": receipt.status in RETURNABLE,
        "token": more.pop("token", "") or make_token(timezone.now()),
        "is_new": "new" in request.GET,
    }
    return render(request, "till/receipt.html", context | more)


def _find_back(told: Story, number: str) -> Story | None:
    """The return of that number: the one that was made a moment ago, whose money goes to the customer now."""
    return next((back for back in told["returns"] if number and back["return_number"] == number), None)


def _reached(receipt: Receipt) -> str:
    """The name of the tier that the purchase lifted the member to; empty where it lifted nobody, or came back."""
    if receipt.member_id is None or receipt.status != Receipt.Status.COMPLETED:
        return ""
    changes = TierChange.objects.filter(member_id=receipt.member_id, receipt=receipt, up=True, why="purchase")
    code = changes.order_by("-id").values_list("now", flat=True).first()
    return (
        Tier.objects.filter(programme_id=receipt.programme_id, code=code)
        .values_list("name", flat=True)
        .first()
        or ""
    )


def _rows(receipt: Receipt, told: Story) -> list[dict[str, Any]]:
    """The receipt's lines with what was told of them, and how many of each are left to come back."""
    by_position = {line["position"]: line for line in told["lines"]}
    return [
        {
            "line": line,
            "name": _name(line),
            "told": by_position[line.position],
            "left": _left(line),
            "back": line.back,  # type: ignore[attr-defined]
        }
        for line in _with_returned(receipt)
    ]


def _with_returned(receipt: Receipt) -> QuerySet[ReceiptLine]:
    """The lines in their order, each with how many of it came ``back``; None for none."""
    lines = ReceiptLine.objects.filter(receipt=receipt).select_related("product")
    return lines.annotate(back=Sum("returned__quantity")).order_by("position")


def _left(line: ReceiptLine) -> Decimal:
    return line.quantity - (line.back or Decimal(0))  # type: ignore[attr-defined]


def _name(line: ReceiptLine) -> str:
    return str(line.traits.get("name") or line.product.name or line.product.sku)


def make_token(now: datetime) -> str:
    """A return's number and time, signed: chosen when the page is made, so that pressing twice is one return."""
    number = f"R-{now:%y%m%d}-{''.join(secrets.choice(ALPHABET) for _ in range(5))}"
    return signing.dumps([number, now.isoformat()], salt=SALT)


def read_request(request: HttpRequest) -> ReturnRequest | None:
    """The return that the form describes; None when nothing was chosen. Raises ``ValueError`` for a bad number."""
    number, at = signing.loads(request.POST.get("token", ""), salt=SALT)
    lines = []
    for name, text in request.POST.items():
        if name.startswith("back-") and str(text).strip():
            quantity = read_number(str(text), "quantity")
            if quantity is None or not name[5:].isdecimal():
                raise ValueError(text)
            if quantity:
                lines.append(LineBack(int(name[5:]), quantity))
    return ReturnRequest(number, datetime.fromisoformat(at), tuple(lines)) if lines else None


@require_POST
@for_cashiers
def give_back(request: HttpRequest, desk: Desk, receipt_id: UUID) -> HttpResponse:
    """Take goods back, and show what goes to the customer."""

    def work(wanted: ReturnRequest) -> HttpResponse:
        returns.give_back(receipt_id, wanted, timezone.now())
        return _to_hand_out(receipt_id, wanted.return_number)

    return _with_request(request, desk, receipt_id, work)


@require_POST
@for_cashiers
def foresee(request: HttpRequest, desk: Desk, receipt_id: UUID) -> HttpResponse:
    """What the return would give back: the same walk, whose entries are not kept."""
    receipt = _require_reach(request, desk, receipt_id)
    told, refused = None, ""
    try:
        wanted = read_request(request)
        refused = _find_excess(receipt, wanted) if wanted is not None else ""
        if wanted is not None and not refused:
            with transaction.atomic():
                told = returns.give_back(receipt_id, wanted, timezone.now()).body
                transaction.set_rollback(True)
    except ValueError:
        refused = _("Give the quantity as a number, like 2 or 0.350.")
    except (Refusal, signing.BadSignature) as error:
        refused = str(error)
    context = {"told": told, "refused": refused, "currency": receipt.programme.currency}
    return render(request, "till/partials/foreseen.html", context)


@require_POST
@for_cashiers
def cancel(request: HttpRequest, desk: Desk, receipt_id: UUID) -> HttpResponse:
    """Undo the purchase as a whole; let a held one go."""
    return _settle(request, desk, receipt_id, lambda: returns.cancel(receipt_id, timezone.now()))


@require_POST
@for_cashiers
def confirm(request: HttpRequest, desk: Desk, receipt_id: UUID) -> HttpResponse:
    """Complete a held purchase."""
    work = lambda: holds.confirm(receipt_id, timezone.now())  # noqa: E731
    return _settle(request, desk, receipt_id, work, right=SELL)


def _to_hand_out(receipt_id: UUID, number: str) -> HttpResponse:
    """Show the receipt, and above all the money that goes to the customer now."""
    return redirect(f"{reverse('till:receipt', args=[receipt_id])}?{urlencode({'back': number})}")


def _settle(
    request: HttpRequest, desk: Desk, receipt_id: UUID, work: Callable[[], object], right: str = TAKE_BACK
) -> HttpResponse:
    receipt = _require_reach(request, desk, receipt_id, right)
    try:
        work()
    except Refusal as refusal:
        return _page(request, desk, receipt_id, refusal.detail)
    if right == TAKE_BACK and receipt.status != Receipt.Status.HELD:
        return _to_hand_out(receipt_id, returns.CANCELLATION)
    return redirect("till:receipt", receipt_id)


def _with_request(
    request: HttpRequest, desk: Desk, receipt_id: UUID, work: Callable[[ReturnRequest], HttpResponse]
) -> HttpResponse:
    receipt = _require_reach(request, desk, receipt_id)
    token = request.POST.get("token", "")
    try:
        wanted = read_request(request)
        if wanted is None:
            return _page(request, desk, receipt_id, _("Choose what comes back."), token=token)
        if too_much := _find_excess(receipt, wanted):
            return _page(request, desk, receipt_id, too_much, token=token)
        return work(wanted)
    except ValueError:
        refused = _("Give the quantity as a number, like 2 or 0.350.")
        return _page(request, desk, receipt_id, refused, token=token)
    except signing.BadSignature:
        return _page(request, desk, receipt_id, _("This page is too old: try again."))
    except Conflict:
        refused = _("This return was made already; it stands below.")
        return _page(request, desk, receipt_id, refused)
    except Refusal as refusal:
        return _page(request, desk, receipt_id, refusal.detail, token=token)


def _find_excess(receipt: Receipt, wanted: ReturnRequest) -> str:
    """What of the goods comes back in greater number than is left, by its name; empty when nothing does.

    A return that was made already is none: its repeat is answered as before.
    """
    if receipt.returns.filter(number=wanted.return_number).exists():
        return ""
    sold = {line.position: line for line in _with_returned(receipt)}
    for back in wanted.lines:
        line = sold.get(back.position) if isinstance(back, LineBack) else None
        if line is not None and isinstance(back, LineBack) and back.quantity > _left(line):
            amounts = {"left": write_quantity(_left(line)), "name": _name(line)}
            return _("Only %(left)s of %(name)s can still come back.") % amounts
    return ""


def _require_reach(request: HttpRequest, desk: Desk, receipt_id: UUID, right: str = TAKE_BACK) -> Receipt:
    """The receipt. Raises ``Http404`` for one of another partner, and for a cashier without the right."""
    receipt = _within_reach(desk).select_related("programme").filter(id=receipt_id).first()
    if receipt is None or not request.user.has_perm(right):
        raise Http404
    return receipt
