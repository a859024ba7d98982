"""What a member's page fetches when somebody opens it: a purchase with its reasons, the statement, the events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from backoffice.books import receipt_page
from backoffice.members import happenings
from campaigns.checkout import story
from loyalty.ledger import inactivity
from loyalty.models import LotUse, Receipt, Transfer
from members.models import Event, Member

#: The newest rows that are shown; the rest is in the lists.
MOVEMENTS, EVENTS = 40, 40


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer as the account's holder sees it: points with their sign, the balance after it, and when it was:
    points expire when their time ends, whenever that is booked."""

    transfer: Transfer
    points: Decimal
    balance: Decimal | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as people read it, with what is known of it."""

    event: Event
    told: SafeString


@dataclass(frozen=True, slots=True)
class Operation:
    """What one purchase, return or act moved on an account, the newest movement first."""

    movements: list[Movement]

    @property
    def last(self) -> Movement:
        """The movement after which the operation was over."""
        return self.movements[0]

    @property
    def points(self) -> Decimal:
        """What all of it came to, with its sign."""
        return sum((one.points for one in self.movements), Decimal(0))


def urls(desk: ModelAdmin[Member]) -> list[URLPattern]:
    """The addresses of the parts, for who may look at members."""

    def guard(answer: Any) -> Any:
        def view(request: HttpRequest, pk: UUID, **kwargs: Any) -> HttpResponse:
            if not desk.has_view_permission(request):
                raise PermissionDenied
            response: HttpResponse = answer(request, get_object_or_404(Member, pk=pk), **kwargs)
            return response

        return desk.admin_site.admin_view(view)

    parts = {
        "purchases/<uuid:receipt>": answer_purchase,
        "statement": answer_statement,
        "events": answer_events,
    }
    return [
        path(f"<uuid:pk>/{route}/", guard(answer), name=f"members_member_{route.partition('/')[0]}")
        for route, answer in parts.items()
    ]


def answer_purchase(request: HttpRequest, member: Member, receipt: UUID) -> HttpResponse:
    """A purchase of the member with its story, line by line; 404 if it is somebody else's."""
    receipts = member.receipts.filter(rulebook__isnull=False).select_related("store", "programme")
    found: Receipt = get_object_or_404(receipts, pk=receipt)
    told = story.of_receipt(found)
    receipt_page.name_payers(found, told)
    goods = {line.position: line for line in found.lines.select_related("product")}
    for line in told["lines"]:
        line["sold"] = goods.get(line["position"])
    context = {"receipt": found, "story": told, "gives": found.status not in receipt_page.NOTHING_GIVEN}
    return render(request, "backoffice/member/purchase.html", context)


def answer_statement(request: HttpRequest, member: Member) -> HttpResponse:
    """The movements of the member's points, the newest first."""
    accounts = list(member.holdings.values_list("account_id", flat=True))
    return render(request, "backoffice/member/statement.html", {"operations": read_operations(accounts)})


def answer_events(request: HttpRequest, member: Member) -> HttpResponse:
    """What happened to the member, the newest first."""
    rows = read_happenings(member, coupons=request.user.has_perm("rewards.view_coupon"))
    return render(request, "backoffice/member/events.html", {"rows": rows})


def read_happenings(member: Member, *, coupons: bool) -> list[Happening]:
    """The member's newest events. ``coupons``: whether codes of coupons may be seen."""
    events = list(member.events.order_by("-at", "-id")[:EVENTS])
    told = happenings.tell(events, coupons=coupons)
    return [Happening(event, happenings.render(parts)) for event, parts in zip(events, told, strict=True)]


def read_operations(accounts: list[UUID]) -> list[Operation]:
    """The newest operations on the accounts: the movements of one receipt at one moment are one.

    The oldest is left out where the rows end in its middle: it would come to something else.
    """
    movements = _read_movements(accounts)
    groups = [Operation(list(group)) for _same, group in groupby(movements, lambda one: _key(one, accounts))]
    return groups[:-1] if len(movements) == 2 * MOVEMENTS and len(groups) > 1 else groups


def _key(movement: Movement, accounts: list[UUID]) -> tuple[object, ...]:
    row = movement.transfer
    account = row.target_id if row.target_id in accounts else row.source_id
    return (account, row.at, row.receipt_id or row.pk)


def _read_movements(accounts: list[UUID]) -> list[Movement]:
    transfers = (
        Transfer.objects.filter(Q(source__in=accounts) | Q(target__in=accounts))
        .select_related("revision", "receipt__store", "user")
        .defer("receipt__outcome", "receipt__shopper")
        .order_by("-at", "-id")[: 2 * MOVEMENTS]
    )
    rows, mine = list(transfers), set(accounts)
    ended = _read_ends(rows)
    return [
        Movement(row, row.points, row.target_balance, ended.get(row.pk, row.at))
        if row.target_id in mine
        else Movement(row, -row.points, row.source_balance, ended.get(row.pk, row.at))
        for row in rows
    ]


def _read_ends(rows: list[Transfer]) -> dict[UUID, datetime]:
    """When the points of expiries ended, as their events tell it, too: by the last of their lots."""
    expired = [row.pk for row in rows if row.kind == Transfer.Kind.EXPIRE and row.reason != inactivity.REASON]
    ends = LotUse.objects.filter(transfer__in=expired).values("transfer").annotate(end=Max("lot__expires_at"))
    return {row["transfer"]: row["end"] for row in ends if row["end"] is not None}
