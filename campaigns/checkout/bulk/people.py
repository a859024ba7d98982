"""The members whom some sales name, read together.

Whom a sale means is said by ``lookup.first`` in SQL for one and by ``People.find`` for many:
``tests/campaigns/checkout/bulk/test_people.py`` holds them together.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.checkout import reading
from campaigns.checkout.reading import KnownMember
from campaigns.checkout.sale import Sale
from foundation import prepared
from loyalty.shops.places import Shop
from members.lookup import lookup
from members.lookup.lookup import Sought

_WANTED = f"WITH {lookup.NAMED} SELECT form, value, id FROM named WHERE NOT blocked"
_MEMBERS = """
SELECT m.id, m.status, m.language, m.birthday, m.birthday_changed_at, m.joined_at, m.gender, m.attributes,
       m.referred_by_id IS NOT NULL AS referred,
       (SELECT array_agg(c.number ORDER BY c.id) FROM members_card c
         WHERE c.member_id = m.id AND NOT c.blocked) AS numbers,
       (SELECT array_agg(k.code ORDER BY c.id) FROM members_card c JOIN members_cardkind k ON k.id = c.kind_id
         WHERE c.member_id = m.id AND NOT c.blocked) AS kinds,
       (SELECT array_agg(h.programme_id) FROM loyalty_holder h WHERE h.member_id = m.id) AS programmes
  FROM members_member m WHERE m.id = ANY(%(ids)s::uuid[]) AND m.status <> 'erased'
"""


class Person(NamedTuple):
    """A member, the types of the member's cards by their numbers, the oldest card first, and the programmes joined."""

    id: UUID
    status: str
    language: str
    birthday: date | None
    birthday_changed_at: datetime | None
    joined_at: datetime
    gender: str
    attributes: dict[str, Any]
    referred: bool
    cards: dict[str, str]
    programmes: frozenset[int]

    def known_by(self, sought: Sought) -> KnownMember:
        """The member as a sale knows them that was made with the card sought, or with none."""
        shown = (self.cards[number] for number in sought.cards if number in self.cards)
        kind = next(shown, None) or next(iter(self.cards.values()), None)
        return KnownMember(
            self.id, self.status, self.language, self.birthday, self.joined_at, kind, self.gender, self.referred,
            self.attributes, self.birthday_changed_at,
        )  # fmt: skip

    def joined(self, shop: Shop) -> bool:
        """Whether the member takes part in a programme of the store."""
        return not self.programmes.isdisjoint(shop.programmes)

    def rank(self, shop: Shop) -> int:
        """How early the first programme of the store comes in which the member takes part."""
        return next(rank for rank, programme in enumerate(shop.programmes) if programme in self.programmes)


class People:
    """The members of some sales, each sale with the store it was made in."""

    def __init__(self, sales: Iterable[tuple[Sale, Shop]], now: datetime) -> None:
        self._now = now
        sought = lookup.merge({reading.sought(sale, shop) for sale, shop in sales})
        self._ids: defaultdict[tuple[str, str], list[UUID]] = defaultdict(list)
        for row in prepared.run(_WANTED, sought.params(now)):
            self._ids[row["form"], row["value"]].append(row["id"])
        ids = {member_id for named in self._ids.values() for member_id in named}
        rows = prepared.run(_MEMBERS, {"ids": list(ids)})
        self._people = {row["id"]: _person(row) for row in rows}

    def find(self, sought: Sought, shop: Shop) -> Person | None:
        """The member who is sought, if they take part in one of the store's programmes: the likeliest, as at a till."""
        for form, value in sought.named(self._now):
            there = [person for person in self._named(form, value) if person.joined(shop)]
            if there:
                return min(there, key=lambda person: (person.rank(shop), person.id))
        return None

    def _named(self, form: str, value: str) -> list[Person]:
        return [self._people[one] for one in self._ids.get((form, value), ()) if one in self._people]


def _person(row: dict) -> Person:  # type: ignore[type-arg]
    cards = dict(zip(row.pop("numbers") or (), row.pop("kinds") or (), strict=True))
    row["attributes"] = json.loads(row["attributes"]) if row["attributes"] != "{}" else {}
    return Person(**row | {"programmes": frozenset(row["programmes"] or ())}, cards=cards)
