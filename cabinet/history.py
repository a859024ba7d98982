"""Everything that happened to the points, with the reason for each; and each receipt, explained line by line.

The explanation is the stored one: the till and the operator read the same.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_safe

from cabinet.access import Visit, for_members
from cabinet.shown import KINDS, Shown, quick
from campaigns.checkout import told
from loyalty.models import Receipt, ReceiptLine

ON_A_PAGE = 30


@require_safe
@for_members
def browse(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The movements of the account or its purchases, the newest first; of one kind and one period where asked."""
    shown = Shown(visit, request.GET)
    listed = Paginator(shown.listing() if shown.valid else (), ON_A_PAGE).get_page(request.GET.get("page"))
    since, until = shown.days
    periods = quick(timezone.now().astimezone(shown.zone).date())
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "history",
        "zone": visit.programme.time_zone,
        "kinds": KINDS.items(),
        "shown": shown,
        "periods": [(name, first, last, (first, last) == (since, until)) for name, first, last in periods],
        "whole": since is None and until is None,
        "form": shown.form,
        "page": listed,
        "rows": shown.tell(list(listed)) if shown.valid else (),
    }
    return render(request, "cabinet/history.html", page, status=200 if shown.valid else 422)


@require_safe
@for_members
def receipt(request: HttpRequest, visit: Visit, receipt_id: UUID) -> HttpResponse:
    """One receipt: lines, points of each, why, and why other campaigns gave nothing."""
    found = Receipt.objects.select_related("store", "programme", "member")
    row = found.filter(id=receipt_id, account_id=visit.account.id).first()
    if row is None:
        raise Http404
    story = told.tell(row, timezone.now())
    lines = {line["position"]: line for line in story["lines"]}
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "history",
        "zone": row.store.time_zone,
        "receipt": row,
        "told": story,
        "lines": [
            {"line": line, "name": _name(line), "told": lines[line.position]}
            for line in row.lines.select_related("product").order_by("position")
        ],
        "whole": lines.get(None),
        "until": [_parse(lot) for lot in story["earned"]["lots"]],
        "by_other": row.member_id != visit.member.id,
        "buyer": row.member.first_name if row.member else "",
    }
    return render(request, "cabinet/receipt.html", page)


def _parse(lot: dict[str, Any]) -> dict[str, Any]:
    """A lot of the story, with its days as moments again."""
    days = {name: parse_datetime(lot[name]) if lot[name] else None for name in ("active_from", "expires_at")}
    return lot | days


def _name(line: ReceiptLine) -> str:
    name = line.product.name if line.product else ""
    return name or (line.product.sku if line.product else "")
