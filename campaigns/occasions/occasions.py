"""Events of members that campaigns reward: those that other systems report, and our own.

What is reported is rewarded in the transaction that writes it; ``own_events`` rewards the others. Each is
judged once in each programme, for ever, by the rules that were in force when it happened.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns import rulebooks
from campaigns.checkout import story
from campaigns.checkout.clashes import retried
from campaigns.checkout.events import booking as event_booking
from campaigns.checkout.events import rewards as event_rewards
from campaigns.checkout.events.booking import Subject
from campaigns.models import Revision
from foundation.refusals import Refused
from loyalty.ledger import ledger
from loyalty.models import Holder
from members.event_kinds import KINDS
from members.models import Event, Member
from members.timeline import events
from members.timeline.events import EventRow

#: Events that are known without any campaign that mentions them.
BUILT_IN = frozenset(kind.name for kind in KINDS.values() if kind.reported)
#: What only Regulars itself may say happened: nobody awards themselves a welcome bonus.
OWN = (
    "member.", "purchase.", "campaign.", "points.", "lot.", "tier.", "segment.", "referral.", "friend.", "badge.",
    "shares.", "coupon.",
)  # fmt: skip


class Occasion(NamedTuple):
    """An event that was recorded, and the points that campaigns gave for it, told as a purchase tells them."""

    id: UUID
    earned: list[dict[str, Any]]


def require_known(kind: str, programmes: Iterable[int]) -> None:
    """Raise ``Refused`` with ``unknown_event`` unless a campaign, live or past, of these programmes mentions it."""
    if kind in BUILT_IN:
        return
    if _is_own(kind):
        own = _("The event “%(kind)s” happens in Regulars itself: nobody else may say so.") % {"kind": kind}
        raise Refused("unknown_event", own)
    mentioned = Revision.objects.filter(
        campaign__programme_id__in=tuple(programmes), definition__what_for__event=kind
    )
    if not mentioned.exists():
        detail = _("No campaign knows the event “%(kind)s”.") % {"kind": kind}
        raise Refused("unknown_event", detail)


def _is_own(kind: str) -> bool:
    """Whether only Regulars itself may say that it happened: it has such a name, or it is in the list of kinds."""
    return kind.startswith(OWN) or kind in KINDS


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


def reward(
    member: Member,
    event: EventRow | Event,
    now: datetime,
    programmes: Sequence[int],
    amount: Decimal | None = None,
) -> list[dict[str, Any]]:
    """Give what campaigns give for an event, in each programme in which that was not done. Must run in a transaction.

    Judged by the rules that were in force when it happened, in each of the programmes in which the
    member has an account. ``amount`` is the money it is about, where that is not what the event says.
    Locks the accounts of the member, and of who referred or registered them where a campaign gives them
    points, in the order of their ids.
    """
    subjects = _subjects(member, event, programmes)
    told: list[dict[str, Any]] = []
    for subject in subjects:
        if not event_rewards.is_judged(event.id, subject.programme_id):
            kept = event_booking.give(subject, amount, now)
            told += story.because(kept.receipt, subject.rules, subject.rules.engine.terms.point_decimals)
    return told


def _subjects(member: Member, event: EventRow | Event, programmes: Sequence[int]) -> list[Subject]:
    """The event in each programme that listens, by their ids, with the books that it may write to, locked."""
    listening = {
        holding.programme_id: (holding.account_id, rules)
        for holding in Holder.objects.filter(member=member, programme_id__in=programmes)
        if (rules := rulebooks.in_force(holding.programme_id, event.at)) is not None
        and event.kind in rules.engine.machine.listeners
    }
    if not listening:
        return []
    referrers = {
        programme_id: event_booking.account_of_referrer(member, programme_id, account_id)
        for programme_id, (account_id, rules) in listening.items()
        if rules.engine.machine.needs.referrer
    }
    cashiers = {
        programme_id: event_booking.account_of_cashier(event, programme_id, account_id)
        for programme_id, (account_id, _rules) in listening.items()
    }
    accounts = {account_id for account_id, _rules in listening.values()}
    accounts.update(filter(None, (*referrers.values(), *cashiers.values())))
    books = ledger.lock(sorted(accounts))
    subjects = []
    for programme_id, (account_id, rules) in sorted(listening.items(), key=lambda one: one[0]):
        others = (accounts_of.get(programme_id) for accounts_of in (referrers, cashiers))
        referrer, cashier = (books[account] if account else None for account in others)
        subjects.append(Subject(event, member.id, programme_id, rules, books[account_id], referrer, cashier))
    return subjects
