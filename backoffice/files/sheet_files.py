"""Files of tables as people save them: their text, the names of their columns, and their rows.

Rows are numbered as a spreadsheet shows them: the names of the columns stand in row 1.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from foundation.text_files import FileFault, decode_table

MOST_BYTES = 64_000_000
MOST_ROWS = 500_000
#: What JSON can name and no database keeps.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Row(NamedTuple):
    """A row: its number, and its cells in the order of the columns. ``uneven``: what is wrong with their number."""

    number: int
    cells: list[str]
    uneven: str = ""


@dataclass(slots=True)
class Table:
    """A file's columns by the names it gives them, and its rows that hold anything."""

    headers: list[str]
    rows: list[Row] = field(default_factory=list)


def read(content: bytes) -> Table:
    """The table of a file: CSV parted by commas, semicolons or tabs, or a JSON list of objects.

    Raises ``FileFault``.
    """
    if len(content) > MOST_BYTES:
        raise FileFault(too_large())
    text = decode_table(content)
    if "\0" in text:
        raise FileFault(_("This is no text file: save the table as CSV."))
    table = _read_json(text) if text.lstrip()[:1] in ("[", "{") else _read_csv(text)
    if not table.rows:
        raise FileFault(
            _("The file holds no rows: the first line names the columns, the next ones are rows.")
        )
    return table


def too_large(most: int = MOST_BYTES) -> str:
    """What is said of a file that is too large to be read; ``most`` in bytes."""
    return _("The file is larger than %(most)s MB.") % {"most": most // 1_000_000}


def _read_csv(text: str) -> Table:
    records = _records(text)
    number, headers = next(records, (0, []))
    while headers and not headers[-1].strip():
        headers.pop()
    table = Table([header.strip() for header in headers])
    for number, cells in records:
        if len(table.rows) >= MOST_ROWS:
            raise FileFault(_("The file has more than %(most)s rows: divide it.") % {"most": MOST_ROWS})
        while len(cells) > len(headers) and not cells[-1].strip():
            cells.pop()
        table.rows.append(Row(number, cells, _uneven(len(cells), len(headers))))
    return table


def _uneven(cells: int, columns: int) -> str:
    if cells == columns:
        return ""
    told = _("The row has %(cells)s cells, but the first line names %(columns)s columns.")
    return told % {"cells": cells, "columns": columns}


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that hold anything, with their numbers; what parts the cells is what the first line has most of."""
    head = text.lstrip("\r\n").partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count))
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if any(map(str.strip, cells)):
                yield number, cells
    except csv.Error as error:
        raise FileFault(_("Line %(line)s: %(error)s.") % {"line": number + 1, "error": error}) from None


def _read_json(text: str) -> Table:
    try:
        # numbers stay what they look like
        said = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise FileFault(_("This is not JSON: %(error)s.") % {"error": str(error)[:200]}) from None
    if not isinstance(said, list) or not all(isinstance(entry, dict) for entry in said):
        raise FileFault(_("A JSON file of a table is a list of objects, one for each row."))
    if len(said) > MOST_ROWS:
        raise FileFault(_("The file has more than %(most)s rows: divide it.") % {"most": MOST_ROWS})
    headers = list(said[0]) if said else []
    if any(_NO_TEXT.search(header) for header in headers):
        raise FileFault(_("This is no text file: save the table as CSV."))
    return Table(headers, [_row_of(number, entry, headers) for number, entry in enumerate(said, 2)])


def _row_of(number: int, entry: dict[str, Any], headers: list[str]) -> Row:
    if set(entry) != set(headers):
        return Row(number, [], _("The object does not have the same names as the first one."))
    if any(isinstance(value, dict | list) for value in entry.values()):
        return Row(number, [], _("A value is a list or an object: write plain values."))
    cells = [_text(entry[header]) for header in headers]
    if any(_NO_TEXT.search(cell) for cell in cells):
        return Row(number, [], _("A value holds a character that no text has: U+0000, or half of one."))
    return Row(number, cells)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
