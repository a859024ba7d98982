"""Joining a programme: a member, a card, an account, and what campaigns give for it, all at once or nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from campaigns import occasions, referrals
from campaigns.clashes import retried
from loyalty import ledger
from loyalty.models import Programme
from members import events
from members.models import Member
from members.registration import Newcomer, enrol

#: The event that welcome campaigns wait for.
REGISTERED = "member.registered"


def register(newcomer: Newcomer, programme_id: int, at: datetime) -> Member:
    """Make a member of the programme, with an account in it, and record the event.

    Raises ``Conflict`` with ``member_exists``, ``Refused`` with ``referral_not_found``.
    """
    return retried(lambda attempt: _register(newcomer, programme_id, at))


def _register(newcomer: Newcomer, programme_id: int, at: datetime) -> Member:
    with transaction.atomic():
        member = enrol(newcomer, at)
        programme = Programme.objects.get(id=programme_id)
        ledger.open_account(member, programme)
        event = events.record(
            REGISTERED,
            member.id,
            at,
            channel=newcomer.channel,
            source=newcomer.source,
            referred_by=str(member.referred_by_id) if member.referred_by_id else None,
            **_seller(newcomer),
        )
        occasions.reward(member, event, at, [programme_id])
        referrals.note_joining(member, programme.code, at)
    return member


def _seller(newcomer: Newcomer) -> dict[str, str]:
    """Who registered the newcomer, where a till says it."""
    if not newcomer.cashier:
        return {}
    return {"cashier": newcomer.cashier, "partner": newcomer.partner}
