"""What a member's page fetches when somebody opens it: a purchase with its reasons, the statement, the events."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path

from campaigns import story
from loyalty.models import Receipt, Transfer
from members.models import Member

#: The newest rows that are shown; the rest is in the lists.
MOVEMENTS, EVENTS = 40, 40


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer as the account's holder sees it: points with their sign, and the balance after it."""

    transfer: Transfer
    points: Decimal
    balance: Decimal | None


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
    told = member.receipts.filter(rulebook__isnull=False).select_related("store", "programme")
    found: Receipt = get_object_or_404(told, pk=receipt)
    context = {"receipt": found, "story": story.of_receipt(found)}
    return render(request, "backoffice/member/purchase.html", context)


def answer_statement(request: HttpRequest, member: Member) -> HttpResponse:
    """The movements of the member's points, the newest first."""
    accounts = list(member.holdings.values_list("account_id", flat=True))
    return render(request, "backoffice/member/statement.html", {"movements": read_movements(accounts)})


def answer_events(request: HttpRequest, member: Member) -> HttpResponse:
    """What happened to the member, the newest first."""
    events = member.events.order_by("-at", "-id")[:EVENTS]
    return render(request, "backoffice/member/events.html", {"events": events})


def read_movements(accounts: list[UUID]) -> list[Movement]:
    """The newest transfers from and to the accounts."""
    transfers = (
        Transfer.objects.filter(Q(source__in=accounts) | Q(target__in=accounts))
        .select_related("revision", "receipt__store", "user")
        .defer("receipt__outcome", "receipt__shopper")
        .order_by("-at", "-id")[:MOVEMENTS]
    )
    mine = set(accounts)
    return [
        Movement(row, row.points, row.target_balance)
        if row.target_id in mine
        else Movement(row, -row.points, row.source_balance)
        for row in transfers
    ]
