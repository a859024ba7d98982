"""What a member's page fetches when somebody opens it: a purchase with its reasons, the statement, the events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path

from backoffice import receipt_page
from campaigns import story
from loyalty.models import Receipt, Transfer
from members.models import Event, Member

#: The newest rows that are shown; the rest is in the lists.
MOVEMENTS, EVENTS = 40, 40
UUID_SHAPE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Purchases whose points nobody has: not yet, or no more.
NOTHING_GIVEN = (Receipt.Status.HELD, Receipt.Status.CANCELLED)


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer as the account's holder sees it: points with their sign, and the balance after it."""

    transfer: Transfer
    points: Decimal
    balance: Decimal | None


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as people read it: what is known of it, and the receipts it speaks of, numbers by id."""

    event: Event
    known: dict[str, Any]
    receipts: dict[str, str]


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
    context = {"receipt": found, "story": told, "gives": found.status not in NOTHING_GIVEN}
    return render(request, "backoffice/member/purchase.html", context)


def answer_statement(request: HttpRequest, member: Member) -> HttpResponse:
    """The movements of the member's points, the newest first."""
    accounts = list(member.holdings.values_list("account_id", flat=True))
    return render(request, "backoffice/member/statement.html", {"operations": read_operations(accounts)})


def answer_events(request: HttpRequest, member: Member) -> HttpResponse:
    """What happened to the member, the newest first."""
    rows = read_happenings(member)
    return render(request, "backoffice/member/events.html", {"rows": rows})


def read_happenings(member: Member) -> list[Happening]:
    """The member's newest events, with receipts by their numbers; ids say nothing to people and are left out."""
    events = list(member.events.order_by("-at", "-id")[:EVENTS])
    ids = {value for event in events for value in event.data.values() if _is_id(value)}
    receipts = dict(member.receipts.filter(pk__in=ids).values_list("pk", "number"))
    numbers = {str(key): number for key, number in receipts.items()}
    return [
        Happening(
            event,
            {name: value for name, value in event.data.items() if value is not None and not _is_id(value)},
            {value: numbers[value] for value in event.data.values() if _is_id(value) and value in numbers},
        )
        for event in events
    ]


def _is_id(value: object) -> bool:
    return isinstance(value, str) and UUID_SHAPE.fullmatch(value) is not None


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
    mine = set(accounts)
    return [
        Movement(row, row.points, row.target_balance)
        if row.target_id in mine
        else Movement(row, -row.points, row.source_balance)
        for row in transfers
    ]
