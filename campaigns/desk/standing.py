"""How a running campaign is doing: what it gave today and in all, to how many. Read from the ledger as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, Sum

from campaigns.models import Campaign, Tally
from loyalty.models import Transfer

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """Points given, on how many receipts and accounts: today (the programme's day) and in all.

    ``money`` is what it took off in discounts, known where the campaign has a budget or common limits;
    None elsewhere. Points that came back with returns are not taken off.
    """

    points: Decimal
    points_today: Decimal
    receipts: int
    receipts_today: int
    accounts: int
    last: datetime | None
    money: Decimal | None


def read(campaign: Campaign, now: datetime) -> Standing:
    """How a campaign is doing at ``now``: one statement over its transfers, one over its counters."""
    day = now.astimezone(ZoneInfo(campaign.programme.time_zone)).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    revisions = list(campaign.revisions.values_list("id", flat=True))
    today = Q(at__gte=day)
    found = Transfer.objects.filter(revision__in=revisions, kind=Transfer.Kind.ACCRUE).aggregate(
        given=Sum("points"),
        given_today=Sum("points", filter=today),
        receipts=Count("receipt", distinct=True),
        receipts_today=Count("receipt", distinct=True, filter=today),
        accounts=Count("target", distinct=True),
        last=Max("at"),
    )
    tallied = Tally.objects.filter(campaign=campaign, period="ever", store=None).values_list(
        "money", flat=True
    )
    return Standing(
        points=found["given"] or ZERO,
        points_today=found["given_today"] or ZERO,
        receipts=found["receipts"],
        receipts_today=found["receipts_today"],
        accounts=found["accounts"],
        last=found["last"],
        money=tallied.first(),
    )
