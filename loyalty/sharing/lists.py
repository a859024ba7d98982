"""Files in which a firm names its employees and what each is to get: read, with what is wrong in which row.

A row is who and how many points. Who is a phone, a card, or the number that the firm has for them. Only employees are
found: a file says nothing of who else is a member.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext as _

from foundation import text_files
from foundation.text_files import FileFault
from loyalty.models import Employee, Programme
from loyalty.sharing import company
from loyalty.sharing.company import Part
from loyalty.shops import membership
from members import tables
from members.bounds import POINTS, read_number
from members.lookup import phones
from members.models import Card

#: The most that a file may be, in bytes.
MOST_BYTES = 500_000


class Row(NamedTuple):
    """A row of a file: which one, what it said, and what is wrong with it."""

    number: int
    who: str
    said: str
    employee: Employee | None = None
    points: Decimal | None = None
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that was read."""

    rows: Sequence[Row]

    @property
    def parts(self) -> list[Part]:
        """What would be handed out of the rows that are right."""
        return [
            Part(row.employee.pk, row.points)
            for row in self.rows
            if row.employee and row.points and not row.fault
        ]

    @property
    def total(self) -> Decimal:
        """The points of these."""
        return sum((part.points for part in self.parts), Decimal(0))

    @property
    def faults(self) -> int:
        """How many rows are wrong."""
        return sum(bool(row.fault) for row in self.rows)


def read(content: bytes, account_id: UUID, programme: Programme) -> Sheet:
    """Read a file of a firm. Raises ``FileFault`` for one that is no table of that kind."""
    if len(content) > MOST_BYTES:
        raise FileFault(_("The file is larger than 500 KB: send it in parts."))
    table = _table(text_files.decode_table(content))
    if len(table) > company.MOST_LINES:
        raise FileFault(
            _("The file has more than %(most)s rows: send it in parts.") % {"most": company.MOST_LINES}
        )
    if not table:
        raise FileFault(_("The file has no rows: write who and how many points, one employee a row."))
    known, country = _known(account_id), membership.manner_of_programme(programme).country
    seen: set[int] = set()
    rows = []
    for number, who, said in table:
        row = _row(number, who, said, known, country, programme.point_decimals)
        if row.employee is not None and row.employee.pk in seen:
            row = row._replace(fault=_("This employee is named in a row above."))
        if row.employee is not None:
            seen.add(row.employee.pk)
        rows.append(row)
    return Sheet(rows)


def _table(text: str) -> list[tuple[int, str, str]]:
    """Number, first and second cell of each row that says something; a heading is left out."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    sign = next((sign for sign in (";", "\t", ",") if sign in first), ";")
    rows = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=sign), 1):
            said = [tables.plain(cell) for cell in cells]
            if any(said):
                rows.append((number, said[0], said[1] if len(said) > 1 else ""))
    except csv.Error as error:
        raise FileFault(_("This is no table: save it as CSV and load that.")) from error
    if rows and rows[0][2] and not any(letter.isdigit() for letter in rows[0][2]):
        rows = rows[1:]
    return rows


def _known(account_id: UUID) -> Mapping[str, Employee]:
    """The firm's employees by their phones, cards and codes."""
    people = list(company.employees(account_id))
    by_member = {one.member_id: one for one in people}
    cards = Card.objects.filter(member__in=by_member, blocked=False).values_list("number", "member_id")
    return {
        **{one.code.casefold(): one for one in people if one.code},
        **{number: by_member[member_id] for number, member_id in cards if member_id is not None},
        **{one.member.phone: one for one in people if one.member.phone},
    }


def _row(number: int, who: str, said: str, known: Mapping[str, Employee], country: str, places: int) -> Row:
    row = Row(number, who, said)
    plain = who.replace(" ", "")
    found = known.get(who.casefold()) or known.get(plain) or known.get(phones.parse(who, country) or "")
    if found is None:
        return row._replace(fault=_("Nobody who works for the firm is known so: invite them first."))
    points = read_points(said)
    if points is None or points <= 0:
        return row._replace(employee=found, fault=_("The points are no number above zero."))
    if points != round(points, places) or points >= POINTS.below:
        told = _("Points of this programme have %(places)s decimals.") % {"places": places}
        return row._replace(employee=found, fault=told)
    return row._replace(employee=found, points=points)


def read_points(said: str) -> Decimal | None:
    """A number as people write it: with a comma or a point, and spaces between thousands."""
    return read_number("".join(said.split()).replace(",", "."))
