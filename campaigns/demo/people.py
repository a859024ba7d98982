"""The demo's members: one for each household of the data, with names of the kitchen and phones of no one."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from campaigns.demo.dataset import card_of
from campaigns.demo.tongue import ENGLISH, Tongue
from loyalty.ledger import ledger
from loyalty.models import Programme
from members.models import Card, CardKind, Consent, Member

#: In each area code the numbers 555-0100 to 555-0199 are kept for fiction.
_NUMBERS_OF_FICTION = 100


@transaction.atomic
def enrol(
    households: Iterable[int],
    names: Mapping[str, Any],
    programme: Programme,
    first: datetime,
    tongue: Tongue = ENGLISH,
) -> list[Member]:
    """Members with cards, consents and accounts, for those households that have none yet. Returns the new ones.

    The same household is always the same person. They joined in the two months before the first receipt.
    """
    kinds = {kind.code: kind for kind in CardKind.objects.all()}
    taken = set(Card.objects.filter(number__startswith="20").values_list("number", flat=True))
    members, cards, consents = [], [], []
    for household in households:
        if card_of(household) in taken:
            continue
        member = imagine(household, names, first, tongue)
        kind = kinds["virtual" if household % 4 == 0 else "plastic"]
        cards.append(Card(number=card_of(household), kind=kind, member=member, issued_at=member.joined_at))
        consents += [
            Consent(
                member=member,
                channel=channel,
                granted=household % share != 0,
                at=member.joined_at,
                source="demo",
            )
            for channel, share in (("sms", 4), ("email", 3))
        ]
        members.append(member)
    Member.objects.bulk_create(members)
    Card.objects.bulk_create(cards)
    Consent.objects.bulk_create(consents)
    ledger.open_accounts([member.id for member in members], programme)
    return members


def imagine(household: int, names: Mapping[str, Any], first: datetime, tongue: Tongue = ENGLISH) -> Member:
    """The person of a household."""
    chance = random.Random(household)
    first_name, last_name = chance.choice(names["first_names"]), chance.choice(names["last_names"])
    return Member(
        phone=phone_of(household, names),
        email=f"{first_name}.{last_name}.{household}@example.com".lower(),
        first_name=tongue.people.get(first_name, first_name),
        last_name=tongue.people.get(last_name, last_name),
        birthday=date(1940, 1, 1) + timedelta(days=chance.randrange(24_000)),
        language=tongue.language,
        referral_code=f"DEMO{household:04d}",
        channel=chance.choice(("pos", "pos", "pos", "web")),
        joined_at=first - timedelta(days=chance.randint(2, 60), minutes=chance.randrange(600)),
    )


def phone_of(household: int, names: Mapping[str, Any]) -> str:
    """A phone of fiction: 555-01xx in one of the area codes."""
    area, last = divmod(household, _NUMBERS_OF_FICTION)
    return f"+1{names['area_codes'][area]}55501{last:02d}"
