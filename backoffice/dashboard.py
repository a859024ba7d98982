"""The first page: how the day goes, what the programme owes, and which campaigns are live."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import charts
from campaigns import lifetimes
from campaigns.lifetimes import Ending
from campaigns.models import Campaign
from loyalty.ledger import statement
from loyalty.models import Lot, Programme, Receipt, Transfer
from messaging.models import Webhook

ZERO = Decimal(0)
SOON = timedelta(days=30)
DAYS = 14
NAMED = 8
_COUNTED = ("completed", "partially_returned", "returned")


@dataclass(slots=True)
class Board:
    """The numbers of one programme. Points, money in its currency, since its own midnight."""

    programme: Programme
    midnight: datetime
    purchases: int = 0
    turnover: Decimal = ZERO
    earned: Decimal = ZERO
    spent: Decimal = ZERO
    expired: Decimal = ZERO
    expiring: Decimal = ZERO
    liability: Decimal = ZERO
    worth: Decimal = ZERO
    campaigns: list[Campaign] = field(default_factory=list)
    #: Live campaigns of which something should be known in time.
    cautions: list[Ending] = field(default_factory=list)

    @property
    def named(self) -> list[Campaign]:
        """The campaigns whose names the page shows."""
        return self.campaigns[:NAMED]

    @property
    def unnamed(self) -> int:
        """How many campaigns the page does not name."""
        return max(len(self.campaigns) - NAMED, 0)


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold asks for the first page's context here. The numbers are for those who may see receipts."""
    context["title"] = _("Today")
    if request.user.has_perm("messaging.view_webhook"):
        context["silent_webhooks"] = Webhook.objects.exclude(set_aside_at=None).order_by("name")
    if request.user.has_perm("loyalty.view_receipt"):
        boards = read(timezone.now())
        warn(boards, timezone.now())
        context["boards"] = boards
        if boards:
            context["chart"] = draw(boards[0], timezone.now())
    return context


def read(now: datetime) -> list[Board]:
    """The boards of all active programmes: five statements, and two for each programme."""
    boards = {
        programme.pk: Board(programme, _midnight(now, programme))
        for programme in Programme.objects.filter(active=True).order_by("code")
    }
    if boards:
        _count_receipts(boards)
        _count_transfers(boards)
        _count_points(boards, now)
        for campaign in Campaign.objects.filter(programme__in=boards, status=Campaign.Status.LIVE):
            boards[campaign.programme_id].campaigns.append(campaign)
    return list(boards.values())


def warn(boards: list[Board], now: datetime) -> None:
    """Note the campaigns whose points can soon be spent no more: one statement."""
    known = {board.programme.pk: board for board in boards}
    for found in lifetimes.ending([board.programme for board in boards], now):
        known[found.campaign.programme_id].cautions.append(found)


def _midnight(now: datetime, programme: Programme) -> datetime:
    local = now.astimezone(ZoneInfo(programme.time_zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _count_receipts(boards: dict[int, Board]) -> None:
    today = Q()
    for key, board in boards.items():
        today |= Q(programme=key, purchased_at__gte=board.midnight)
    rows = Receipt.objects.filter(today, status__in=_COUNTED).order_by().values("programme")
    for row in rows.annotate(purchases=Count("id"), turnover=Sum("to_pay")):
        board = boards[row["programme"]]
        board.purchases, board.turnover = row["purchases"], row["turnover"]


def _count_transfers(boards: dict[int, Board]) -> None:
    """What moved today. Ids are made in order of time, so the index of ids finds the newest transfers."""
    today = Q()
    for key, board in boards.items():
        today |= Q(source__programme=key, at__gte=board.midnight)
    first = min(board.midnight for board in boards.values()) - timedelta(days=1)
    rows = Transfer.objects.filter(today, id__gte=first_id(first)).order_by()
    for row in rows.values("source__programme", "kind").annotate(points=Sum("points")):
        board = boards[row["source__programme"]]
        match row["kind"]:
            case Transfer.Kind.ACCRUE:
                board.earned += row["points"]
            case Transfer.Kind.REDEEM | Transfer.Kind.CAPTURE:
                board.spent += row["points"]
            case Transfer.Kind.EXPIRE:
                board.expired += row["points"]


def _count_points(boards: dict[int, Board], now: datetime) -> None:
    for board in boards.values():
        owing = statement.liability(board.programme, now)
        board.liability, board.worth = owing.spendable + owing.pending, owing.money
    due = Lot.objects.filter(
        account__programme__in=boards, remaining__gt=0, expires_at__gte=now, expires_at__lt=now + SOON
    ).order_by()
    for soon in due.values("account__programme").annotate(points=Sum("remaining")):
        boards[soon["account__programme"]].expiring = soon["points"]


def first_id(moment: datetime) -> UUID:
    """The least UUIDv7 of that moment (RFC 9562: the first 48 bits are Unix milliseconds)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def draw(board: Board, now: datetime) -> dict[str, str]:
    """The chart of purchases a day, as unfold's component reads it."""
    zone = ZoneInfo(board.programme.time_zone)
    first = board.midnight - timedelta(days=DAYS - 1)
    rows = (
        Receipt.objects.filter(programme=board.programme, purchased_at__gte=first, status__in=_COUNTED)
        .order_by()
        .annotate(day=TruncDate("purchased_at", tzinfo=zone))
        .values("day")
        .annotate(times=Count("id"))
    )
    counts = {row["day"]: row["times"] for row in rows}
    days = [(first + timedelta(days=ahead)).date() for ahead in range(DAYS)]
    bars = {day: counts.get(day, 0) for day in days}
    summary = ", ".join(str(bar) for bar in bars.values())
    return {**charts.bars(_("purchases"), bars, whole=True), "summary": summary}
