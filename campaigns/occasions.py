"""Events that other systems report about members: kept on the timeline, and rewarded where a campaign says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import decision, record, rulebooks, situation, story, usage
from campaigns.clashes import retried
from campaigns.engine.evaluation import evaluate_event
from campaigns.models import Revision
from campaigns.rulebooks import Rules
from loyalty import ledger, places
from loyalty.basket import Moment
from loyalty.models import Holder
from loyalty.passbook import Cause, Passbook
from members import events
from members.events import EventRow
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
    """An event that was recorded, and the points that campaigns gave for it, told as a purchase tells them."""

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
    member: Member,
    kind: str,
    occurred_at: datetime,
    data: Mapping[str, Any],
    now: datetime,
    programmes: Sequence[int],
) -> Occasion:
    """Put an event on the member's timeline and give what campaigns of ``programmes`` give for it.

    Locks the member's accounts. Raises ``Refused`` for a blocked member.
    """
    if member.status != Member.Status.ACTIVE:
        raise Refused("member_blocked", _("The member is blocked."))
    return retried(lambda attempt: _report(member, kind, occurred_at, data, now, programmes))


def _report(
    member: Member,
    kind: str,
    occurred_at: datetime,
    data: Mapping[str, Any],
    now: datetime,
    programmes: Sequence[int],
) -> Occasion:
    with transaction.atomic():
        row = events.record(kind, member.id, occurred_at, **data)
        return Occasion(row.id, reward(member, row, now, programmes))


def reward(member: Member, event: EventRow, now: datetime, programmes: Sequence[int]) -> list[dict[str, Any]]:
    """Give what campaigns give for an event that was just recorded. Must run in its transaction.

    Judged by the rules that were in force when it happened, in each of the programmes in which the
    member has an account. Locks the accounts, in the order of their ids.
    """
    holdings = Holder.objects.filter(member=member, programme_id__in=programmes).order_by("programme_id")
    accounts = {holding.programme_id: holding.account_id for holding in holdings}
    books = ledger.lock(sorted(accounts.values()))
    told: list[dict[str, Any]] = []
    for programme_id, account_id in accounts.items():
        rules = rulebooks.in_force(programme_id, event.at)
        if rules is not None and event.kind in rules.engine.machine.listeners:
            told += _give(member, event, now, programme_id, books[account_id], rules)
    return told


def _give(
    member: Member, event: EventRow, now: datetime, programme_id: int, book: Passbook, rules: Rules
) -> list[dict[str, Any]]:
    scheme = places.scheme(programme_id)
    local = event.at.astimezone(scheme.zone)
    shopper, used = situation.of_member(member.id, scheme, rules, event.at, now)
    outcome = evaluate_event(event.kind, shopper, Moment(local, local), rules.engine, data=event.data)
    kept = record.pack(outcome)
    decision.earn(
        book, kept.grants, rules, None, event.at, Cause(now, reason=event.kind), key=f"event:{event.id}"
    )
    book.touched = True
    ledger.post(book)
    usage.write(usage.rows(member.id, used, kept.increments))
    return story.because(kept.receipt, rules, rules.engine.terms.point_decimals)
