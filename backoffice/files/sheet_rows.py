"""The rows of a table: read, held against what is there, and written, a thousand at a time and never one by one.

Everything that is wrong with a file is told at once: each cell that cannot be read, each value that the record
refuses, each row that is there twice. ``examine`` is the one walk for looking and for doing, so that what was
shown is what is done. A file is done as a whole: with one mistake in it nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.translation import gettext as _

from backoffice.files.sheet import Sheet
from backoffice.files.sheet_drafts import MOST_MISTAKES, SHOWN, Change, Draft, Report
from backoffice.files.sheet_files import Row, Table

CHUNK = 1_000


def examine(
    sheet: Sheet, table: Table, at: datetime, *, write: bool = False, tell: Callable[[int], object] = int
) -> Report:
    """Walk through a table. ``tell`` hears how many rows are done.

    With ``write`` the records are locked and written: must run in a transaction, which the caller takes back when
    the report has mistakes. Raises ``FileFault`` for columns that nobody knows.
    """
    report, columns, seen = Report(), sheet.columns(table.headers), _Seen()
    rows = iter(table.rows)
    done = 0
    while part := list(islice(rows, CHUNK)):
        drafts = _read(sheet, columns, part)
        _place(sheet, drafts, seen, lock=write)
        for draft in drafts:
            if draft.record is not None:
                _fill(sheet, draft)
        sheet.check(drafts)
        _note(sheet, report, drafts)
        if write and not report.wrong:
            sheet.write([draft for draft in drafts if draft.is_new], at)
            sheet.rewrite([draft for draft in drafts if draft.is_changed])
            sheet.log(drafts)
        done += len(part)
        tell(done)
    return report


class _Seen:
    """Which rows have named a record already, by its key and by itself."""

    def __init__(self) -> None:
        self.rows: dict[Any, int] = {}

    def note(self, draft: Draft, name: Any) -> int | None:
        """The row before this one that means the same, if there is one."""
        first = self.rows.setdefault(name, draft.row.number)
        return None if first == draft.row.number else first


def _read(sheet: Sheet, columns: list[str], rows: list[Row]) -> list[Draft]:
    """The cells of some rows, each as its column reads it."""
    sheet.look_up(columns, [row for row in rows if not row.uneven])
    drafts = [Draft(row, {} if row.uneven else dict(zip(columns, row.cells, strict=True))) for row in rows]
    for draft in drafts:
        if draft.row.uneven:
            draft.refuse("", draft.row.uneven)
        for name, cell in draft.cells.items():
            try:
                value = sheet.read(name, cell)
            except ValidationError as error:
                draft.refuse(name, " ".join(error.messages))
            except ValueError as error:
                draft.refuse(name, str(error))
            else:
                if name in sheet.key and value in (None, ""):
                    draft.refuse(name, _("This is missing: rows are known by it."))
                else:
                    draft.values[name] = value
        if all(name in draft.values for name in sheet.key):
            draft.key = sheet.key_of(draft.values)
    return drafts


def _place(sheet: Sheet, drafts: list[Draft], seen: _Seen, *, lock: bool) -> None:
    """Find the record of each row, or begin a new one; two rows of one record are a mistake."""
    known = [draft for draft in drafts if draft.key is not None]
    found = sheet.find(known, lock=lock)
    for draft in known:
        there = found.get(draft.key, [])
        draft.is_new = not there
        draft.record = there[0] if there else sheet.begin()
        twice = seen.note(draft, draft.key)
        if there:
            twice = seen.note(draft, there[0].pk) or twice
        if twice:
            told = _("Row %(row)s says something of the same record already.") % {"row": twice}
            draft.refuse(sheet.key[-1], told)
        elif len(there) > 1:
            draft.refuse(sheet.key[-1], sheet.several())


def _fill(sheet: Sheet, draft: Draft) -> None:
    """Put a row's values on its record, and note what the record refuses. What is chosen once stays."""
    record, values = draft.record, draft.values
    if not draft.is_new:
        draft.before = {name: getattr(record, name) for name in values if name not in sheet.key}
        for name, value in draft.before.items():
            if name in sheet.fixed and values[name] != value:
                told = _("This never changes: it is “%(value)s”.")
                draft.refuse(name, told % {"value": sheet.show(name, value)})
    for name in values if draft.is_new else draft.before:
        setattr(record, name, values[name])
    wrong = {mistake.column for mistake in draft.mistakes}
    try:
        record.clean_fields(exclude=sheet.unchecked(values, wrong, is_new=draft.is_new))
        if not draft.mistakes:
            record.clean()  # what several fields say together
    except ValidationError as error:
        for name, messages in error.message_dict.items():
            draft.refuse("" if name == NON_FIELD_ERRORS else name, " ".join(messages))


def _note(sheet: Sheet, report: Report, drafts: list[Draft]) -> None:
    """Count what becomes of some rows, and keep the first of them to be shown."""
    for draft in drafts:
        if draft.mistakes:
            report.wrong += 1
            report.mistakes += draft.mistakes[: MOST_MISTAKES - len(report.mistakes)]
        elif draft.is_new:
            report.new += 1
            _keep(report, draft, "new", [])
        elif draft.is_changed:
            report.changed += 1
            _keep(report, draft, "changed", list(_differences(sheet, draft)))
        else:
            report.same += 1


def _keep(report: Report, draft: Draft, kind: str, lines: list[str]) -> None:
    if len(report.changes) < SHOWN:
        report.changes.append(Change(draft.row.number, kind, str(draft.record), lines))


def _differences(sheet: Sheet, draft: Draft) -> Iterator[str]:
    for name, before in draft.before.items():
        after = draft.values[name]
        if before != after:
            old, new = (sheet.show(name, value) or "–" for value in (before, after))
            told = {"what": sheet.label(name), "before": old, "after": new}
            yield _("%(what)s: %(before)s → %(after)s") % told
