"""Somebody who is to be forgotten: their row, and the texts by which they are recognised wherever they stand."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

import phonenumbers

from members.models import Member

#: A shorter text is found in too much that is not theirs.
LEAST = 5


class Person(NamedTuple):
    """Who is forgotten. ``marks`` are phone, e-mail, cards and whole name, none of them for who lives on elsewhere."""

    id: UUID
    phone: str = ""
    email: str = ""
    marks: tuple[str, ...] = ()

    @property
    def params(self) -> dict[str, Any]:
        """The parameters of ``mentions`` and of whatever asks for the member."""
        return {"member": self.id, "marks": [f"%{_escape(mark)}%" for mark in self.marks]}


def of_member(member: Member) -> Person:
    """Somebody with all that names them."""
    marks = [member.email or "", *member.cards.values_list("number", flat=True)]
    if member.phone:
        marks.append(_national(member.phone))
    if member.first_name and member.last_name:
        first, last = member.first_name, member.last_name
        marks += [member.full_name, f"{first} {last}", f"{last} {first}"]
    known = dict.fromkeys(mark for mark in marks if len(mark) >= LEAST)
    return Person(member.pk, member.phone or "", member.email or "", tuple(known))


def named_in(person: Person, text: str) -> bool:
    """Whether a text names the person."""
    plain = text.casefold()
    return any(mark.casefold() in plain for mark in person.marks)


def mentions(column: str) -> str:
    """A condition of SQL: that the text of a column, whatever its type, names the person."""
    return f"{column}::text ILIKE ANY(%(marks)s::text[])"


def _national(phone: str) -> str:
    """The digits that are in every way of writing the number without separators."""
    try:
        return phonenumbers.national_significant_number(phonenumbers.parse(phone))
    except phonenumbers.NumberParseException:
        return phone.removeprefix("+")


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
