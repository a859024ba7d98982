"""Files of members for a segment: read, matched in one statement, shown, and applied once.

A file holds one phone, card number, e-mail or id a row; or it is a CSV table with such a column, named
in its first line. It is matched as a whole: rows go to a temporary table by COPY and meet the members
there, so 100,000 rows take seconds. What was found is kept as a ``SegmentFile`` until somebody applies
it: what was shown is what is done. Applying it again changes nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from analytics import segments
from analytics.models import Segment, SegmentFile
from foundation import copying
from foundation.text_files import FileFault, decode_table
from loyalty.shops import membership
from members.lookup import cards, lookup
from members.lookup.lookup import Manner

FORMS = ("phone", "card", "email", "id")
#: What people call the column that names the member, by what it holds.
TITLES = {
    "phone": ("phone", "phone number", "mobile", "телефон", "номер телефона", "мобильный"),
    "card": ("card", "card number", "карта", "номер карты"),
    "email": ("email", "e-mail", "mail", "почта", "электронная почта"),
    "id": ("id", "member", "member id", "uuid"),
}
MOST_ROWS = 500_000
MOST_BYTES = 64 * 1024 * 1024
#: How long a file that nobody applied can still be applied, and the rows not found can still be read.
KEPT = timedelta(days=7)

#: How often it is told how far a file is, in rows.
CHUNK = 5_000
Tell = Callable[[int], object]

UNREADABLE, UNKNOWN, AMBIGUOUS = "unreadable", "unknown", "ambiguous"

_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_CARD = re.compile(r"[0-9A-Za-z-]{1,32}")


class Row(NamedTuple):
    """A row that names somebody: its line in the file, and the text."""

    line: int
    text: str


class Table(NamedTuple):
    """The rows of a file, and what they hold: one of ``FORMS``, None when each row is to be guessed."""

    rows: list[Row]
    form: str | None


class Effect(NamedTuple):
    """What applying a file would do, by mode: how many members enter and leave."""

    add: int
    remove: int
    replace: tuple[int, int]


class Missing(NamedTuple):
    """A row that names nobody, or two; ``reason`` is ``unreadable``, ``unknown`` or ``ambiguous``."""

    line: int
    text: str
    reason: str


class Match(NamedTuple):
    """Whom a table names: members in the order of their rows, rows that repeat one, rows that name nobody."""

    members: list[UUID]
    repeated: int
    missing: list[Missing]


def read(content: bytes) -> Table:
    """The rows of a file. Raises ``FileFault`` when it is none, too large, or has no column that names members."""
    if len(content) > MOST_BYTES:
        raise FileFault(too_large())
    text = decode_table(content)
    lines = _cells(text)
    first = next(lines, None)
    if first is None:
        raise FileFault(_("The file is empty."))
    column, form = _find_column(first[1])
    rows = [] if form or _is_title(first[1][column]) else [Row(first[0], first[1][column].strip())]
    for line, cells in lines:
        value = cells[column].strip() if column < len(cells) else ""
        if value:
            rows.append(Row(line, value))
        if len(rows) > MOST_ROWS:
            raise FileFault(_("The file has more than %(most)s rows: divide it.") % {"most": MOST_ROWS})
    if not rows:
        raise FileFault(_("The file names no members."))
    return Table(rows, form)


def too_large() -> str:
    """What is said of a file that is too large to be read."""
    return _("The file is larger than %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024}


def find(table: Table, manner: Manner | None = None, tell: Tell = lambda row: None) -> Match:
    """Find the members that a table names, read as the programme of ``manner`` does, else as the house.

    Erased ones are not found; a blocked card still says whose it is. ``tell`` hears how far it is, in rows: to read
    them takes most of the time.
    """
    manner = manner or membership.manner_of_programme(None)
    readings: dict[int, tuple[tuple[str, str], ...]] = {}
    for number, row in enumerate(table.rows):
        if number % CHUNK == 0:
            tell(number)
        readings[row.line] = tuple(_readings(row.text, table.form, manner))
    found: dict[int, set[UUID]] = {}
    for line, member_id in _look_up(readings):
        found.setdefault(line, set()).add(member_id)
    members: dict[UUID, None] = {}
    missing: list[Missing] = []
    for row in table.rows:
        named = found.get(row.line, set())
        if len(named) == 1:
            members.setdefault(named.pop())
        elif named:
            missing.append(Missing(*row, AMBIGUOUS))
        else:
            missing.append(Missing(*row, UNKNOWN if readings[row.line] else UNREADABLE))
    repeated = len(table.rows) - len(missing) - len(members)
    return Match(list(members), repeated, missing)


def keep(
    segment: Segment,
    name: str,
    content: bytes,
    at: datetime,
    by: int | None = None,
    tell: Tell = lambda row: None,
) -> SegmentFile:
    """Read and match a file, and keep what was found so that it can be looked at and applied. ``tell`` as in ``find``.

    Raises ``FileFault``. Forgets what older files named.
    """
    table = read(content)
    matched = find(table, membership.manner_of_programme(segment.programme), tell)
    with transaction.atomic():
        forget(at - KEPT)
        return SegmentFile.objects.create(
            segment=segment,
            name=name[-200:],
            rows=len(table.rows),
            repeated=matched.repeated,
            found=len(matched.members),
            lost=len(matched.missing),
            members=matched.members,
            missing=[list(row) for row in matched.missing],
            uploaded_at=at,
            uploaded_by_id=by,
        )


def foresee(file: SegmentFile) -> Effect:
    """What applying the file would do now."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE s.member_id IS NULL), count(*) FILTER (WHERE f.member_id IS NULL),
                   count(*) FILTER (WHERE s.member_id IS NOT NULL AND f.member_id IS NOT NULL)
              FROM (SELECT unnest(members) AS member_id FROM analytics_segmentfile WHERE id = %s) f
              FULL JOIN (SELECT member_id FROM analytics_segmentmember WHERE segment_id = %s) s
                ON s.member_id = f.member_id
            """,
            [file.id, file.segment_id],
        )
        new, others, common = cursor.fetchone()
        return Effect(new, common, (new, others))


def apply(file_id: UUID, mode: str, at: datetime, by: int | None = None) -> SegmentFile:
    """Do what a file says, once: a file that was applied already answers as it did then.

    Raises ``FileFault`` for a file that was kept too long ago, or that names nobody.
    Locks the file, then the segment.
    """
    with transaction.atomic():
        file = SegmentFile.objects.select_for_update().get(id=file_id)
        if file.applied_at is not None:
            return file
        if not file.members:
            raise FileFault(_("Nobody in this file is known any more: load it again."))
        segment = Segment.objects.get(id=file.segment_id)
        match SegmentFile.Mode(mode):
            case SegmentFile.Mode.ADD:
                change = segments.add(segment, file.members, at, by)
            case SegmentFile.Mode.REPLACE:
                change = segments.replace(segment, file.members, at, by)
            case SegmentFile.Mode.REMOVE:
                change = segments.remove(segment, file.members, at)
        file.mode, file.applied_at, file.members = mode, at, []
        file.entered, file.left = len(change.entered), len(change.left)
        file.save(update_fields=["mode", "applied_at", "members", "entered", "left"])
        return file


def forget(before: datetime) -> int:
    """Empty what files kept before a moment say of people; the counts stay. Returns how many files."""
    stale = SegmentFile.objects.filter(uploaded_at__lt=before).exclude(members=[], missing=[])
    return stale.update(members=[], missing=[])


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that holds any, with its number."""
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(";\t,", key=head.count)
    reader = csv.reader(io.StringIO(text.replace("\x00", ""), newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            if any(map(str.strip, cells)):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise FileFault(_("Line %(line)s: %(error)s.") % {"line": line, "error": error}) from None


def _find_column(first: list[str]) -> tuple[int, str | None]:
    """The column that names members and what it holds; without a title, the only column there is."""
    titles = [cell.strip().lower() for cell in first]
    for form in ("id", "card", "phone", "email"):
        for index, title in enumerate(titles):
            if title in TITLES[form]:
                return index, form
    if len(titles) == 1:
        return 0, None
    raise FileFault(
        _("The first line names no column phone, card, email or id: it has %(names)s.")
        % {"names": ", ".join(filter(None, titles))[:200]}
    )


def _is_title(text: str) -> bool:
    """Whether the first line of a single column is its title: it is nothing that could name a member."""
    return not any(sign.isdigit() or sign == "@" for sign in text)


def _readings(text: str, form: str | None, manner: Manner) -> Iterator[tuple[str, str]]:
    """What a text may be, as ``(form, value)``, the likeliest first; nothing when it is not what the column holds."""
    if form in (None, "id") and _UUID.fullmatch(text):
        yield "id", str(UUID(text))
        return
    if form in (None, "email") and "@" in text and len(text) <= 254:
        yield from (("email", value) for value in lookup.seek("email", text, manner).emails)
    if form in (None, "card") and _CARD.fullmatch(cards.normalise(text)):
        yield from (("card", value) for value in lookup.seek("card", text, manner).cards)
    if form in (None, "phone"):
        yield from (("phone", value) for value in lookup.seek("phone", text, manner).phones)


def _look_up(readings: dict[int, tuple[tuple[str, str], ...]]) -> list[tuple[int, UUID]]:
    """The members that the readings of each line mean."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE segment_rows (line int, rank int, form text, value text) ON COMMIT DROP"
        )
        copying.copy(
            "segment_rows",
            ("line", "rank", "form", "value"),
            ((line, rank, *reading) for line, said in readings.items() for rank, reading in enumerate(said)),
        )
        cursor.execute("ANALYZE segment_rows")
        cursor.execute(
            """
            WITH named AS (
              SELECT r.line, r.rank, r.form, m.id FROM segment_rows r JOIN members_member m ON m.phone = r.value
               WHERE r.form = 'phone'
              UNION ALL
              SELECT r.line, r.rank, r.form, c.member_id FROM segment_rows r JOIN members_card c ON c.number = r.value
               WHERE r.form = 'card' AND c.member_id IS NOT NULL
              UNION ALL
              SELECT r.line, r.rank, r.form, m.id FROM segment_rows r JOIN members_member m ON lower(m.email) = r.value
               WHERE r.form = 'email'
              UNION ALL
              SELECT r.line, r.rank, r.form, m.id
                FROM (SELECT line, rank, form, value::uuid AS id FROM segment_rows WHERE form = 'id') r
                JOIN members_member m ON m.id = r.id)
            SELECT n.line, n.id FROM (
              SELECT n.line, m.id, n.rank, min(n.rank) OVER (PARTITION BY n.line, n.form) AS likeliest
                FROM named n JOIN members_member m ON m.id = n.id WHERE m.status <> 'erased') n
             WHERE n.rank = n.likeliest
            """
        )
        rows = cursor.fetchall()
        cursor.execute("DROP TABLE segment_rows")
        return rows
