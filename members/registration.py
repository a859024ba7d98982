"""Making a member: the person, their card, whom they were brought by, and what they consent to.

Programmes do not tell each other whom they know, so a phone, e-mail or card that is in use in other programmes
alone is free here: it makes another member, kept apart. ``Circle`` says what "here" is.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from foundation import prepared
from foundation.refusals import Conflict, Fault, Invalid, Refused
from foundation.violations import constraint_of
from members import consents, referral
from members.consents import Said
from members.lookup import cards, lookup
from members.lookup.lookup import Manner, Scope, Sought
from members.models import Card, CardKind, Member

#: Letters and digits that nobody confuses.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_CARD_PREFIX = "20"
#: Only one-time codes ask for the time, and nobody is named by one here.
NEVER = datetime.max.replace(tzinfo=UTC)
PLASTIC, VIRTUAL = "plastic", "virtual"
#: Whether a newcomer is known here, and anywhere. Erased members and blocked cards are known too.
_KNOWN = """
WITH {named}
SELECT (SELECT count(*) FROM named) > 0 AS anywhere,
       (SELECT count(*) FROM named n JOIN members_member m ON m.id = n.id {join}) > 0 AS here
"""


class Circle(NamedTuple):
    """Who is known to those who register somebody: the members in ``scope``, read in ``manner``.

    ``code`` tells the newcomers of this programme from people elsewhere with the same phone, e-mail or card.
    """

    scope: Scope = Scope()
    manner: Manner = Manner()
    code: str = ""


#: Who sees everybody: the staff.
HOUSE = Circle()


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
    #: What they said to the other questions, beside news and offers by channel.
    said: Sequence[Said] = ()
    source: str = ""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    cashier: str = ""
    partner: str = ""


#: What no two members of a programme share, and people give.
THEIR_OWN = ("member_phone_unique_apart", "member_email_unique_apart", "card_number_unique_apart")


def enrol(newcomer: Newcomer, at: datetime, circle: Circle) -> Member:
    """Write the member, a card and the consents. Must run in a transaction.

    Without a card number the member gets a virtual card. Raises ``Conflict`` with ``member_exists`` when phone,
    e-mail or card are in use here, ``Refused`` with ``referral_not_found`` for a friend who is unknown here
    and ``referral_own`` for oneself,
    ``Invalid`` for a number that no registered type of card has.

    Locks what the newcomer is known by until the transaction ends. Does the same work whether anybody
    elsewhere is known so.
    """
    friend = _friend(newcomer, circle)
    numbers = cards.spellings(newcomer.card or "", circle.manner.cards)
    apart = circle.code if _require_new(newcomer, numbers, circle) else ""
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
                source=newcomer.source,
                joined_at=at,
                apart=apart,
            )
            _hand_out_card(member, numbers, apart, at, circle.manner)
    except IntegrityError as error:
        if constraint_of(error) not in THEIR_OWN:
            raise
        raise exists() from error
    consents.record(member, newcomer.consents, at, newcomer.source, newcomer.evidence)
    consents.write(member, newcomer.said, at, newcomer.source, newcomer.evidence)
    return member


def find_friend(named: str, circle: Circle = HOUSE) -> Member | None:
    """The active member of that referral code or phone whom the circle knows."""
    by_code = Member.objects.filter(referral_code=named.strip().upper()).values_list("id", flat=True)
    sought = lookup.seek("phone", named, circle.manner) | Sought(ids=tuple(by_code))
    friend = lookup.find(sought, NEVER, circle.scope)
    return friend if friend and friend.status == Member.Status.ACTIVE else None


def make_referral_code() -> str:
    """A new referral code: eight letters and digits, one of a million million."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))


def virtual_kind() -> CardKind:
    """The type of cards that members get who bring none."""
    defaults = {"name": "Virtual", "lengths": [13], "check_digit": CardKind.CheckDigit.EAN}
    return CardKind.objects.get_or_create(code=VIRTUAL, defaults=defaults)[0]


def make_card_number() -> str:
    """A new card number: an EAN-13 of the range that shops use among themselves."""
    digits = _CARD_PREFIX + "".join(secrets.choice("0123456789") for _ in range(10))
    weighted = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"


def _friend(newcomer: Newcomer, circle: Circle) -> Member | None:
    """Who brought the newcomer. What they name themselves by is no friend's, whether they are known here or not."""
    if not newcomer.referral:
        return None
    if newcomer.phone and newcomer.phone in lookup.seek("phone", newcomer.referral, circle.manner).phones:
        raise referral.own()
    friend = find_friend(newcomer.referral, circle)
    if friend is None:
        raise Refused("referral_not_found", _("No member has this referral code or phone."))
    return friend


def _require_new(newcomer: Newcomer, numbers: Sequence[str], circle: Circle) -> bool:
    """Refuse who is known here. Whether somebody elsewhere is known so."""
    email = lookup.seek("email", newcomer.email, circle.manner) if newcomer.email else Sought()
    phone = (newcomer.phone,) if newcomer.phone else ()
    sought = Sought(cards=tuple(numbers), phones=phone) | email
    lock(sought)
    params = {**sought.params(NEVER), **circle.scope.params}
    known = prepared.run(_KNOWN.format(named=lookup.NAMED, join=circle.scope.join), params)[0]
    if known["here"]:
        raise exists()
    return bool(known["anywhere"])


def lock(sought: Sought) -> None:
    """Let nobody else register who is known so until the transaction ends. Locks in one order."""
    keys = {hashlib.sha256(f"member {value}".encode()).digest()[:8] for values in sought for value in values}
    for key in sorted(int.from_bytes(key, "big", signed=True) for key in keys):
        prepared.run("SELECT pg_advisory_xact_lock(%(key)s::bigint)", {"key": key})


def _hand_out_card(member: Member, numbers: Sequence[str], apart: str, at: datetime, manner: Manner) -> None:
    """Give the member a printed card, one the shop has not registered yet, or a virtual one."""
    if not numbers:
        Card.objects.create(number=make_card_number(), kind=virtual_kind(), member=member, issued_at=at)
        return
    printed = Card.objects.filter(number__in=numbers, member=None).order_by("id").first()
    if printed is not None:
        if printed.blocked or not _take(printed, member, at):
            raise exists()
        return
    kind = _kind_of(numbers, manner)
    Card.objects.create(number=numbers[0], kind=kind, member=member, issued_at=at, apart=apart)


def _take(printed: Card, member: Member, at: datetime) -> bool:
    free = Card.objects.filter(id=printed.id, member=None, blocked=False)
    return free.update(member=member, issued_at=at) == 1


def _kind_of(numbers: Sequence[str], manner: Manner) -> CardKind:
    """The type of a card that nobody has registered yet: plastic, unless it is like another type alone.

    Raises ``Invalid`` for a number that is like none of them.
    """
    rules = {rule.kind: rule for rule in manner.cards if rule.kind != VIRTUAL}
    if PLASTIC not in rules or rules[PLASTIC].fits(numbers[0]):
        return CardKind.objects.get_or_create(code=PLASTIC, defaults={"name": "Plastic"})[0]
    code = next((code for code, rule in rules.items() if rule.fits(numbers[0])), None)
    if code is None:
        raise Invalid(Fault("card", "mistyped", _("There is no such card: check the last digit.")))
    return CardKind.objects.get(code=code)


def exists() -> Conflict:
    """The refusal to register somebody who is known here."""
    return Conflict("member_exists", _("A member with this phone, e-mail or card exists already."))
