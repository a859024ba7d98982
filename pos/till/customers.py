"""The customer at the till: found by whatever they show, registered in two fields, described in a few lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics import facts, reading
from campaigns import registration
from loyalty import ladder_wording, ledger, places
from loyalty.models import Holder
from loyalty.places import Scheme
from loyalty.refusals import Fault, Invalid
from members import lookup, phones
from members.models import Member
from members.registration import Newcomer
from pos.till.access import Desk


def find(text: str, now: datetime) -> Member | None:
    """The member of that card, phone, one-time code or e-mail; blocked ones too."""
    if not text:
        return None
    found = lookup.find("card", text.replace(" ", ""), now)
    phone = read_phone(text)
    if found is None and phone:
        found = lookup.find("phone", phone, now)
    if found is None:
        found = lookup.find("email" if "@" in text else "code", text, now)
    return found


def read_phone(text: str) -> str | None:
    """A phone in E.164 form; None when the text is no phone."""
    return phones.parse(text) if text else None


def register(desk: Desk, phone: str, first_name: str, now: datetime, cashier: str = "") -> UUID:
    """Make a member with an account in the store's programme. Returns the member's id.

    Raises ``Invalid`` for a phone that is none, ``Conflict`` with ``member_exists`` when it is taken.
    """
    if not first_name:
        raise Invalid(Fault("first_name", "required", _("Give the first name.")))
    newcomer = Newcomer(
        phone=lookup.read_phone(phone),
        first_name=first_name[:80],
        language=get_language() or "en",
        source="till",
        cashier=cashier[:64],
        partner=desk.shop.partner,
    )
    return registration.register(newcomer, scheme_of(desk).id, now).id


def scheme_of(desk: Desk) -> Scheme:
    """The programme that comes first in the desk's store."""
    return places.scheme(desk.shop.offers[0].programme_id)


def describe(member_id: str, desk: Desk, now: datetime) -> dict[str, Any] | None:
    """What the cashier may see of the member: name, masked phone, card, tier and balance."""
    member = Member.objects.filter(id=member_id).first()
    if member is None:
        return None
    scheme = scheme_of(desk)
    rank = facts.rank(reading.read(member.id, scheme.id, scheme.ladder), scheme.ladder, now)
    holding = Holder.objects.filter(member=member, programme_id=scheme.id).first()
    spendable, pending = ledger.balances(holding.account_id, now) if holding else (0, 0)
    card = member.cards.filter(blocked=False).order_by("id").first()
    return {
        "id": str(member.id),
        "name": member.full_name or _("Member without a name"),
        "phone": phones.mask(member.phone) if member.phone else "",
        "card": card.number if card else "",
        "blocked": member.status != Member.Status.ACTIVE,
        "tier": rank.tier,
        "until": scheme.ladder.day(rank.until) if rank.until else None,
        "next": rank.next,
        "needs": rank.needs,
        "percent": rank.percent,
        "counts": scheme.ladder.basis,
        "needs_told": ladder_wording.describe_amount(rank.needs, scheme.ladder.basis, scheme.currency),
        "benefits": rank.tier.benefits.splitlines() if rank.tier else [],
        "spendable": spendable,
        "pending": pending,
    }
