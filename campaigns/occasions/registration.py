"""Joining a programme: a member, a card, an account, and what campaigns give for it, all at once or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.checkout.clashes import retried
from campaigns.occasions import occasions, referrals
from foundation.refusals import Refused
from loyalty.ledger import ledger
from loyalty.models import Programme
from loyalty.shops import membership
from members import consents
from members.lookup import lookup
from members.lookup.lookup import Manner, Scope, Sought
from members.models import Member
from members.registration import HOUSE, Circle, Newcomer, enrol, exists, lock
from members.timeline import events

#: The event that welcome campaigns wait for.
REGISTERED = "member.registered"


def register(
    newcomer: Newcomer,
    programme_id: int,
    at: datetime,
    here: Sequence[int] | None = None,
    manner: Manner = HOUSE.manner,
) -> Member:
    """Make a member of the programme, with an account in it, and record the event.

    ``here`` are the programmes whose members the one who registers may know of; None: all of them. Somebody who
    is known elsewhere alone is a newcomer here. Raises ``Conflict`` with ``member_exists``, ``Refused`` with
    ``referral_not_found``.
    """
    return retried(lambda attempt: _register(newcomer, programme_id, at, here, manner))


def join(
    member: Member, programme_id: int, at: datetime, by: Mapping[str, Any], given: Mapping[str, bool]
) -> bool:
    """Let a member join another programme, on their word: an account, and what campaigns give for joining.

    ``by`` says who was told (source, partner, store …) and ``given`` the consents. False when they had joined
    already. Raises ``Refused`` for a member who is blocked, ``Conflict`` with ``member_exists`` when somebody with
    the same phone, e-mail or card is a member of it: they have to be made one first.
    """
    return retried(lambda attempt: _join(member, programme_id, at, by, given))


def _register(
    newcomer: Newcomer, programme_id: int, at: datetime, here: Sequence[int] | None, manner: Manner
) -> Member:
    with transaction.atomic():
        programme = Programme.objects.get(id=programme_id)
        scope = Scope() if here is None else membership.among(here)
        member = enrol(newcomer, at, Circle(scope, manner, programme.code))
        _welcome(member, programme, at, newcomer.channel, newcomer.source, _seller(newcomer))
        referrals.note_joining(member, programme.code, at)
    return member


def _join(
    member: Member, programme_id: int, at: datetime, by: Mapping[str, Any], given: Mapping[str, bool]
) -> bool:
    with transaction.atomic():
        programme = Programme.objects.get(id=programme_id)
        known_by = _known_by(member)
        lock(known_by)
        if membership.account_of(member, programme_id) is not None:
            return False
        if member.status != Member.Status.ACTIVE:
            raise Refused("member_blocked", _("The member is blocked."))
        if lookup.find_id(known_by, at, membership.among([programme_id])) is not None:
            raise exists()
        consents.record(member, given, at, by.get("source", ""), by)
        _welcome(
            member,
            programme,
            at,
            by.get("channel", "desk"),
            by.get("source", ""),
            {"programme": programme.code},
        )
    return True


def _welcome(
    member: Member, programme: Programme, at: datetime, channel: str, source: str, more: Mapping[str, str]
) -> None:
    """Open the account, write that they joined, and give what campaigns give for it."""
    ledger.open_account(member, programme)
    referrer = str(member.referred_by_id) if member.referred_by_id else None
    event = events.record(
        REGISTERED, member.id, at, channel=channel, source=source, referred_by=referrer, **more
    )
    occasions.reward(member, event, at, [programme.id])


def _known_by(member: Member) -> Sought:
    numbers = tuple(member.cards.order_by("id").values_list("number", flat=True))
    email = lookup.seek("email", member.email, Manner()) if member.email else Sought()
    return Sought(cards=numbers, phones=(member.phone,) if member.phone else ()) | email


def _seller(newcomer: Newcomer) -> dict[str, str]:
    """Who registered the newcomer, where a till says it."""
    if not newcomer.cashier:
        return {}
    return {"cashier": newcomer.cashier, "partner": newcomer.partner}
