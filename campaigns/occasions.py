"""Events that other systems report about members: kept on the timeline, and rewarded where a campaign says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import Revision
from members import events
from members.models import Member
from members.refusals import Refused

#: Events that are known without any campaign that mentions them.
BUILT_IN = frozenset(
    {
        "review.left",
        "profile.completed",
        "survey.answered",
        "subscription.made",
        "app.installed",
        "visit.made",
    }
)
#: What only Regulars itself may say happened: nobody awards themselves a welcome bonus.
OWN = ("member.", "purchase.", "campaign.", "points.", "lot.", "tier.")


class Occasion(NamedTuple):
    """An event that was recorded, and the points that campaigns gave for it."""

    id: UUID
    earned: list[dict[str, Any]]


def require_known(kind: str, programmes: Iterable[int]) -> None:
    """Raise ``Refused`` with ``unknown_event`` unless a campaign, live or past, of these programmes mentions it."""
    if kind in BUILT_IN:
        return
    mentioned = Revision.objects.filter(
        campaign__programme_id__in=tuple(programmes), definition__what_for__event=kind
    )
    if kind.startswith(OWN) or not mentioned.exists():
        detail = _("No campaign knows the event “%(kind)s”.") % {"kind": kind}
        raise Refused("unknown_event", detail)


def report(
    member: Member, kind: str, occurred_at: datetime, data: Mapping[str, Any], now: datetime
) -> Occasion:
    """Put an event on the member's timeline. Raises ``Refused`` for a blocked member."""
    if member.status != Member.Status.ACTIVE:
        raise Refused("member_blocked", _("The member is blocked."))
    with transaction.atomic():
        row = events.record(kind, member.id, occurred_at, **data)
    return Occasion(row.id, [])
