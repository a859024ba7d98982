"""Many members who come at once, from the list of another system: registered in a few statements.

What a member has afterwards is what ``registration.enrol`` gives one who comes without a card; a test holds the
two to each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import Model, Q
from django.db.models.functions import Lower

from members.models import Card, Member
from members.registration import exists, make_card_number, make_referral_code, virtual_kind

_TOGETHER = 1_000


def enrol(members: Sequence[Member], at: datetime) -> None:
    """Make unsaved members real, each with a virtual card. No consents, and nobody hears of it.

    Their phones are in E.164 form. Must run in a transaction. Raises ``Conflict`` with ``member_exists`` when a
    phone or e-mail is in use, whoever's it is: the staff see everybody. Takes no locks; the tables' constraints
    refuse who comes twice.
    """
    phones = [member.phone for member in members if member.phone]
    emails = [member.email.lower() for member in members if member.email]
    if Member.objects.alias(lower=Lower("email")).filter(Q(phone__in=phones) | Q(lower__in=emails)).exists():
        raise exists()
    codes = _unused(len(members), Member, "referral_code", make_referral_code)
    for member, code in zip(members, codes, strict=True):
        member.referral_code, member.joined_at = code, at
    Member.objects.bulk_create(members, batch_size=_TOGETHER)
    kind = virtual_kind()
    numbers = _unused(len(members), Card, "number", make_card_number)
    Card.objects.bulk_create(
        [
            Card(number=number, kind=kind, member=member, issued_at=at)
            for member, number in zip(members, numbers, strict=True)
        ],
        batch_size=_TOGETHER,
    )


def _unused(count: int, model: type[Model], field: str, make: Callable[[], str]) -> list[str]:
    """So many different new values of a field: among many, chance repeats itself."""
    values: dict[str, None] = {}
    while len(values) < count:
        more = {make() for _each in range(count - len(values))}
        taken = model._default_manager.filter(**{f"{field}__in": more}).values_list(field, flat=True)
        values |= dict.fromkeys(more - set(taken))
    return list(values)
