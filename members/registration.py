"""Making a member: the person, their card, whom they were brought by, and what they consent to."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from members import consents, phones
from members.models import Card, CardKind, Member
from members.refusals import Conflict, Refused
from members.violations import constraint_of

#: Letters and digits that nobody confuses.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CARD_PREFIX = "20"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Who joins. ``phone`` is in E.164 form; at least one of phone and card is given.

    ``referral`` is a friend's referral code or phone. ``source`` and ``evidence`` say where the
    consents were given. ``cashier`` is who registered them, as the tills of ``partner`` name cashiers.
    """

    phone: str | None = None
    card: str | None = None
    email: str | None = None
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    birthday: date | None = None
    gender: str = ""
    language: str = "en"
    referral: str | None = None
    consents: Mapping[str, bool] = field(default_factory=dict)
    channel: str = "pos"
    source: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    cashier: str = ""
    partner: str = ""


#: What no two members share, and people give.
_THEIR_OWN = ("member_phone_unique", "member_email_unique", "members_card_number_key")


def enrol(newcomer: Newcomer, at: datetime) -> Member:
    """Write the member, a card and the consents. Must run in a transaction.

    Without a card number the member gets a virtual card. Raises ``Conflict`` with ``member_exists``
    when phone, e-mail or card are in use, ``Refused`` with ``referral_not_found`` for an unknown friend.
    """
    friend = _friend(newcomer.referral)
    _require_new(newcomer)
    try:
        with transaction.atomic():
            member = Member.objects.create(
                phone=newcomer.phone,
                email=newcomer.email,
                first_name=newcomer.first_name,
                middle_name=newcomer.middle_name,
                last_name=newcomer.last_name,
                birthday=newcomer.birthday,
                gender=newcomer.gender,
                language=newcomer.language,
                referral_code=make_referral_code(),
                referred_by=friend,
                channel=newcomer.channel,
                joined_at=at,
            )
            _hand_out_card(member, newcomer.card, at)
    except IntegrityError as error:
        if constraint_of(error) not in _THEIR_OWN:
            raise
        raise _exists() from error
    consents.record(member, newcomer.consents, at, newcomer.source, newcomer.evidence)
    return member


def find_friend(referral: str) -> Member | None:
    """The active member of that referral code or phone."""
    phone = phones.parse(referral)
    by_phone = Q(phone=phone) if phone else Q(pk__in=[])
    return (
        Member.objects.filter(Q(referral_code=referral.strip().upper()) | by_phone)
        .filter(status=Member.Status.ACTIVE)
        .first()
    )


def make_referral_code() -> str:
    """A new referral code: eight letters and digits, one of a million million."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def make_card_number() -> str:
    """A new card number: an EAN-13 of the range that shops use among themselves."""
    digits = _CARD_PREFIX + "".join(secrets.choice("0123456789") for _ in range(10))
    weighted = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def _friend(referral: str | None) -> Member | None:
    if not referral:
        return None
    friend = find_friend(referral)
    if friend is None:
        raise Refused("referral_not_found", _("No member has this referral code or phone."))
    return friend


def _require_new(newcomer: Newcomer) -> None:
    known = Q(pk__in=[])
    if newcomer.phone:
        known |= Q(phone=newcomer.phone)
    if newcomer.email:
        known |= Q(email__iexact=newcomer.email)
    if Member.objects.filter(known).exists():
        raise _exists()


def _hand_out_card(member: Member, number: str | None, at: datetime) -> None:
    """Give the member a printed card, one the shop has not registered yet, or a virtual one."""
    if number is None:
        kind, _created = CardKind.objects.get_or_create(code="virtual", defaults={"name": "Virtual"})
        Card.objects.create(number=make_card_number(), kind=kind, member=member, issued_at=at)
        return
    printed = Card.objects.filter(number=number)
    if printed.filter(member=None, blocked=False).update(member=member, issued_at=at):
        return
    if printed.exists():
        raise _exists()
    kind, _created = CardKind.objects.get_or_create(code="plastic", defaults={"name": "Plastic"})
    Card.objects.create(number=number, kind=kind, member=member, issued_at=at)


def _exists() -> Conflict:
    return Conflict("member_exists", _("A member with this phone, e-mail or card exists already."))
