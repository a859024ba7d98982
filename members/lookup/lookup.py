"""The one way of finding a member by what they show or say: phone, card, e-mail, one-time code, id.

What was said is brought into the forms in which it may be kept (``seek``), as the place reads it
(``Manner``): phones by its country, cards by the registered types. ``NAMED`` is the one statement that looks
those up, each by its index; a caller says further which of the people it names are there for it (``Scope``):
a member of another programme is not. So the till, the API, imports, locks and the back office all find the
same person by the same text, or nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from foundation import prepared
from foundation.refusals import Fault, Invalid
from members.lookup import cards, countries, phones, rotating
from members.models import Member

FORMS = ("phone", "card", "email", "code", "id")


class Manner(NamedTuple):
    """How a place reads what people say: the country of its phones (two letters or empty), its types of cards."""

    country: str = ""
    cards: tuple[cards.Rule, ...] = ()


#: What ``NAMED`` calls each field of what is sought where it is found.
_FORMS_OF_VALUES = ("card", "phone", "email", "code", "id")


class Shown(NamedTuple):
    """What may be a device's code of the moment, and when a till read it that could not ask at once."""

    text: str
    at: datetime | None = None

    def device(self, now: datetime) -> str | None:
        """The number of the device that shows it now, or showed it when it was read."""
        number = rotating.proven(self.text, now)
        if number is None and self.at is not None and self.at < now:
            number = rotating.proven(self.text, self.at)
        return number


class Sought(NamedTuple):
    """What somebody said of who they are, in the forms in which it may be kept, the likeliest first."""

    cards: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    ids: tuple[UUID, ...] = ()
    #: What may be a device's code of the moment.
    shown: tuple[Shown, ...] = ()

    def __or__(self, other: Sought) -> Sought:  # type: ignore[override]
        return Sought(
            self.cards + other.cards,
            self.phones + other.phones,
            self.emails + other.emails,
            self.codes + other.codes,
            self.ids + other.ids,
            self.shown + other.shown,
        )

    def params(self, now: datetime) -> dict[str, Any]:
        """The parameters of ``NAMED``. What a device shows counts about the moment at which it shows it."""
        named = {f"by_{name}": list(values) for name, values in zip(self._fields, self, strict=True)}
        return named | {"by_shown": self._devices(now), "now": now}

    def named(self, now: datetime) -> Iterator[tuple[str, str]]:
        """What ``NAMED`` may answer, as form and value, the likeliest first."""
        values = (self.cards, self.phones, self.emails, self.codes, map(str, self.ids), self._devices(now))
        for form, known in zip((*_FORMS_OF_VALUES, "code"), values, strict=True):
            yield from ((form, value) for value in known)

    def _devices(self, now: datetime) -> list[str]:
        return [number for one in self.shown if (number := one.device(now))]


class Scope(NamedTuple):
    """Who is there for somebody: a join on the member ``m``, an order of preference, and their parameters."""

    join: str = ""
    order: str = "m.id"
    params: Mapping[str, Any] = {}


#: Everybody, for whom no programme is another: the staff.
EVERYWHERE = Scope()
#: Part of a statement: who is kept under ``by_cards``, ``by_phones``, ``by_emails``, ``by_codes`` (digests),
#: ``by_shown`` (numbers of devices) or ``by_ids``. A ``value`` is what was found of what was sought; ``blocked``
#: says that the card is.
NAMED = """
named AS (
  SELECT member_id AS id, 'card' AS form, number::text AS value, blocked FROM members_card
   WHERE number = ANY(%(by_cards)s::text[]) AND member_id IS NOT NULL
  UNION ALL SELECT id, 'phone', phone::text, false FROM members_member WHERE phone = ANY(%(by_phones)s::text[])
  UNION ALL SELECT id, 'email', lower(email), false FROM members_member
   WHERE lower(email) = ANY(%(by_emails)s::text[])
  UNION ALL SELECT member_id, 'code', digest::text, false FROM members_code
   WHERE digest = ANY(%(by_codes)s::text[]) AND purpose = 'identify'
     AND used_at IS NULL AND expires_at >= %(now)s::timestamptz
  UNION ALL SELECT member_id, 'code', number::text, false FROM members_device
   WHERE number = ANY(%(by_shown)s::text[]) AND ended_at IS NULL
  UNION ALL SELECT sought.id, 'id', sought.id::text, false FROM unnest(%(by_ids)s::uuid[]) AS sought(id))
"""
_LIKELIEST = """array_position(
  %(by_cards)s::text[] || %(by_phones)s::text[] || %(by_emails)s::text[] || %(by_codes)s::text[]
  || %(by_shown)s::text[], n.value)"""


def first(scope: Scope) -> str:
    """A query for the id of whom ``NAMED`` names: of those who are there, the likeliest. Erased ones are nobody's.

    The bulk path says the same of many in memory; ``tests/campaigns/checkout/bulk/test_people.py`` compares them.
    """
    return f"""
SELECT m.id FROM named n JOIN members_member m ON m.id = n.id {scope.join}
 WHERE NOT n.blocked AND m.status <> 'erased' ORDER BY {_LIKELIEST}, {scope.order}, m.id LIMIT 1
"""


def seek(form: str, value: str, manner: Manner, at: datetime | None = None) -> Sought:
    """What is to be looked up for ``value`` in one of ``FORMS``. ``at`` is when a till read it that tells it later:
    a changing code still says who was there then."""
    match form:
        case "phone":
            return Sought(phones=phones.spellings(value, manner.country))
        case "card":
            return Sought(cards=cards.spellings(value, manner.cards))
        case "email":
            return Sought(emails=_emails(value))
        case "code":
            return Sought(codes=(digest(value.strip()),), shown=(Shown(value.strip(), at),))
        case "id":
            member_id = read_id(value)
            return Sought(ids=(member_id,) if member_id else ())
    raise ValueError(f"A member is not known by {form}.")


def spelling(form: str, value: str, manner: Manner) -> str:
    """A value in its one spelling: the same for the same phone, card or e-mail, however it is written."""
    sought = seek(form, value, manner)
    return next((known for kept in (sought.cards, sought.phones, sought.emails) for known in kept), value)


def seek_any(text: str, manner: Manner) -> Sought:
    """What is to be looked up for a text that may be a card, a phone, an e-mail or a code."""
    if "@" in text:
        return seek("email", text, manner)
    forms = ("card", "phone", "code")
    return merge(seek(form, text, manner) for form in forms)


def merge(sought: Iterable[Sought]) -> Sought:
    """All of it at once."""
    merged = Sought()
    for one in sought:
        merged |= one
    return merged


def find_id(sought: Sought, now: datetime, scope: Scope = EVERYWHERE) -> UUID | None:
    """The member who is known so and is there; one round trip, whoever it is and whether there is anybody."""
    rows = prepared.run(f"WITH {NAMED} {first(scope)}", {**sought.params(now), **scope.params})
    return rows[0]["id"] if rows else None


def find(sought: Sought, now: datetime, scope: Scope = EVERYWHERE) -> Member | None:
    """The member who is known so and is there, blocked ones too. A blocked card and an old code find nobody."""
    found = find_id(sought, now, scope)
    return Member.objects.filter(id=found).first() if found else None


def explain(
    form: str, value: str, manner: Manner, now: datetime, scope: Scope = EVERYWHERE, within: str = ""
) -> Fault:
    """Why nobody was found: what the text lacks, a card that is blocked here, or that there is no such member.

    The same work whether somebody elsewhere is known so. Raises ``Invalid`` for a phone that is none.
    """
    field = f"{within}{form}"
    if form == "phone":
        read_phone(value, manner.country, field)
    if form == "card":
        replaced = _replaced(seek(form, value, manner), now, scope)
        if replaced is not None:
            return Fault(field, "blocked", _tell_blocked(replaced))
        if not cards.may_be_one(value, manner.cards):
            return Fault(field, "mistyped", _("There is no such card: check the last digit."))
    return Fault(field, "unknown", _("There is no such member."))


def read_phone(text: str, country: str, field: str = "phone") -> str:
    """A phone in E.164 form, as people of ``country`` mean it. Raises ``Invalid``, which asks what was meant."""
    phone = phones.read(text, country)
    if phone.number is not None:
        return phone.number
    raise Invalid(Fault(field, "not_a_phone", ask_back(phone, country)))


def ask_back(phone: phones.Phone, country: str) -> str:
    """What to say of a text that is no phone: what may have been meant, or how phones are written."""
    if phone.meant is not None:
        said = {"number": phones.show(phone.meant), "country": countries.name(phones.country_of(phone.meant))}
        return _("Did you mean %(number)s (%(country)s)? Write abroad with 00 in front.") % said
    if country:
        said = {"country": countries.name(country), "number": "+79161234545"}
        return _("This is no phone number of %(country)s; write one of elsewhere as %(number)s.") % said
    return _("Give the phone in international form: +79161234545.")


def read_id(text: str) -> UUID | None:
    """A member's id; None when the text cannot be one."""
    try:
        return UUID(text)
    except ValueError:
        return None


def digest(code: str) -> str:
    """What is kept of a code by which a member is found: these are long and random, so a plain hash will do."""
    return hashlib.sha256(code.encode()).hexdigest()


def _emails(text: str) -> tuple[str, ...]:
    """As PostgreSQL lowers letters: all of them, or in the C locale the ASCII ones."""
    text = text.strip()
    return tuple(dict.fromkeys((text.lower(), text.encode().lower().decode())))


def _replaced(sought: Sought, now: datetime, scope: Scope) -> str | None:
    """The newest card that works of whose blocked card is sought; empty without one, None if none is blocked."""
    rows = prepared.run(
        f"""
        WITH {NAMED}
        SELECT COALESCE((SELECT c.number FROM members_card c WHERE c.member_id = m.id AND NOT c.blocked
                          ORDER BY c.id DESC LIMIT 1), '') AS number
          FROM named n JOIN members_member m ON m.id = n.id {scope.join}
         WHERE n.blocked AND m.status <> 'erased' ORDER BY {scope.order} LIMIT 1
        """,
        {**sought.params(now), **scope.params},
    )
    return rows[0]["number"] if rows else None


def _tell_blocked(replaced: str) -> str:
    if not replaced:
        return _("This card is blocked.")
    return _("This card is blocked; it was replaced by the one that ends in %(end)s.") % {
        "end": replaced[-2:]
    }
