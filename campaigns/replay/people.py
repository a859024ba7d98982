"""The members whom some sales name, read together."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from campaigns import reading
from campaigns.reading import KnownMember
from campaigns.sale import Sale, Who
from members import lookup, prepared
from members.refusals import Invalid

_WANTED = """
SELECT 'card' AS form, number AS value, member_id FROM members_card
 WHERE number = ANY(%(card)s::text[]) AND NOT blocked AND member_id IS NOT NULL
UNION ALL SELECT 'phone', phone, id FROM members_member WHERE phone = ANY(%(phone)s::text[])
UNION ALL SELECT 'email', wanted.email, m.id
  FROM unnest(%(email)s::text[]) AS wanted(email) JOIN members_member m ON lower(m.email) = lower(wanted.email)
UNION ALL SELECT 'id', wanted.id, m.id
  FROM unnest(%(id)s::text[]) AS wanted(id) JOIN members_member m ON m.id = wanted.id::uuid
"""
_MEMBERS = """
SELECT m.id, m.status, m.language, m.birthday, m.joined_at, m.gender, m.attributes,
       m.referred_by_id IS NOT NULL AS referred,
       (SELECT array_agg(c.number ORDER BY c.id) FROM members_card c
         WHERE c.member_id = m.id AND NOT c.blocked) AS numbers,
       (SELECT array_agg(k.code ORDER BY c.id) FROM members_card c JOIN members_cardkind k ON k.id = c.kind_id
         WHERE c.member_id = m.id AND NOT c.blocked) AS kinds
  FROM members_member m WHERE m.id = ANY(%(ids)s::uuid[])
"""


class Person(NamedTuple):
    """A member, and the types of the member's cards by their numbers, the oldest card first."""

    id: UUID
    status: str
    language: str
    birthday: date | None
    joined_at: datetime
    gender: str
    attributes: dict[str, Any]
    referred: bool
    cards: dict[str, str]

    def known_by(self, card: str | None) -> KnownMember:
        """The member as a sale knows them that was made with this card, or with none."""
        kind = self.cards.get(card or "") or next(iter(self.cards.values()), None)
        return KnownMember(
            self.id, self.status, self.language, self.birthday, self.joined_at, kind, self.gender, self.referred,
            self.attributes,
        )  # fmt: skip


class People:
    """The members of some sales."""

    def __init__(self, sales: Iterable[Sale], now: datetime) -> None:
        self._now = now
        wanted: defaultdict[str, set[str]] = defaultdict(set)
        for who in {sale.member for sale in sales if sale.member is not None}:
            with suppress(Invalid):
                form, value = _form(who)
                wanted[form].add(value)
        params = {form: list(wanted[form]) for form in ("card", "phone", "email")}
        ids = [value for value in wanted["id"] if lookup.read_id(value)]
        rows = prepared.run(_WANTED, params | {"id": ids})
        self._ids = {(row["form"], row["value"]): row["member_id"] for row in rows}
        rows = prepared.run(_MEMBERS, {"ids": list(set(self._ids.values()))})
        self._people = {row["id"]: _person(row) for row in rows}

    def find(self, who: Who | None) -> Person | None:
        """The member known so, or None. Raises ``Invalid`` for a phone that is none."""
        if who is None:
            return None
        form, value = _form(who)
        found = self._ids.get((form, value)) if form != "code" else reading.member_id(who, self._now)
        return self._people.get(found) if found else None


def _form(who: Who) -> tuple[str, str]:
    form, value = who.given[0]
    return form, lookup.read_phone(value, "member.phone") if form == "phone" else value


def _person(row: dict) -> Person:  # type: ignore[type-arg]
    cards = dict(zip(row.pop("numbers") or (), row.pop("kinds") or (), strict=True))
    row["attributes"] = json.loads(row["attributes"]) if row["attributes"] != "{}" else {}
    return Person(**row, cards=cards)
