"""Everything that happened to the points, with the reason for each; and each receipt, explained line by line.

The explanation is the stored one: the till and the operator read the same.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from cabinet.access import Visit, for_members
from campaigns.checkout import told
from loyalty import wording
from loyalty.models import Receipt, ReceiptLine, Transfer

ON_A_PAGE = 30
#: What may be looked at alone, and the kinds of transfers that belong to it.
KINDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "earned": (_("Earned"), (Transfer.Kind.ACCRUE,)),
    "spent": (
        _("Spent"),
        (Transfer.Kind.REDEEM, Transfer.Kind.HOLD, Transfer.Kind.CAPTURE, Transfer.Kind.EXCHANGE),
    ),
    "returned": (
        _("Returned"),
        (Transfer.Kind.RESTORE, Transfer.Kind.REVOKE, Transfer.Kind.RELEASE, Transfer.Kind.REPAY),
    ),
    "expired": (_("Expired"), (Transfer.Kind.EXPIRE,)),
    "adjusted": (_("By hand"), (Transfer.Kind.ADJUST,)),
}
#: What is behind kinds that carry no reason of their own.
_WHY: dict[str, Any] = {
    Transfer.Kind.REVOKE: _("Goods came back: what they had brought"),
    Transfer.Kind.RESTORE: _("Goods came back: what was spent on them"),
    Transfer.Kind.REPAY: _("Owed since goods came back"),
    Transfer.Kind.REDEEM: _("Paid with points"),
    Transfer.Kind.HOLD: _("Set aside for an order"),
    Transfer.Kind.RELEASE: _("The order did not come about"),
    Transfer.Kind.EXPIRE: _("Their time was over"),
}


@require_safe
@for_members
def browse(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The movements of the account, the newest first; of one kind where asked."""
    kind = request.GET.get("kind", "")
    shown = Paginator(_movements(visit, kind), ON_A_PAGE).get_page(request.GET.get("page"))
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "history",
        "zone": visit.programme.time_zone,
        "kinds": [(code, name) for code, (name, _kinds) in KINDS.items()],
        "kind": kind if kind in KINDS else "",
        "page": shown,
        "rows": [_tell(transfer, visit) for transfer in shown],
    }
    return render(request, "cabinet/history.html", page)


@require_safe
@for_members
def receipt(request: HttpRequest, visit: Visit, receipt_id: UUID) -> HttpResponse:
    """One receipt: lines, points of each, why, and why other campaigns gave nothing."""
    found = Receipt.objects.select_related("store", "programme")
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
    }
    return render(request, "cabinet/receipt.html", page)


def _movements(visit: Visit, kind: str) -> QuerySet[Transfer]:
    mine = Q(source_id=visit.account.id) | Q(target_id=visit.account.id)
    found = Transfer.objects.filter(mine)
    if kind in KINDS:
        found = found.filter(kind__in=KINDS[kind][1])
    found = found.select_related("receipt__store", "revision").prefetch_related("lots")
    return found.order_by("-at", "-id")


def _tell(transfer: Transfer, visit: Visit) -> dict[str, Any]:
    """A movement as the member reads it. Who entered it by hand is the shop's matter."""
    leaves = transfer.source_id == visit.account.id
    after = transfer.source_balance if leaves else transfer.target_balance
    return {
        "at": transfer.at,
        "points": transfer.points,
        "leaves": leaves,
        "after": after,
        "what": transfer.get_kind_display(),
        "why": _why(transfer),
        "receipt": transfer.receipt
        if transfer.receipt and transfer.receipt.account_id == visit.account.id
        else None,
        "until": _until(transfer, leaves),
    }


def _why(transfer: Transfer) -> str:
    """The campaign that gave the points, or the reason that was noted."""
    if transfer.revision is not None:
        return transfer.revision.name
    if transfer.reason:
        return wording.describe_reason(transfer.reason)
    return str(_WHY.get(transfer.kind, ""))


def _until(transfer: Transfer, leaves: bool) -> datetime | None:
    """When what came expires."""
    if leaves:
        return None
    return min((lot.expires_at for lot in transfer.lots.all() if lot.expires_at), default=None)


def _parse(lot: dict[str, Any]) -> dict[str, Any]:
    """A lot of the story, with its days as moments again."""
    days = {name: parse_datetime(lot[name]) if lot[name] else None for name in ("active_from", "expires_at")}
    return lot | days


def _name(line: ReceiptLine) -> str:
    name = line.product.name if line.product else ""
    return name or (line.product.sku if line.product else "")
