"""Tables that leave the house as CSV files: the one writer of them, whose cells no spreadsheet runs as formulas."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from typing import Any, Protocol

#: What spreadsheets take for the beginning of a formula, in either width (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: Numbers and phones begin with a sign too, and are harmless.
NUMBER = re.compile(r"[+-]?\d[\d\s.,]*")


class Stream(Protocol):
    """What a table is written to."""

    def write(self, text: str, /) -> Any:
        """Take a piece of text."""


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula: such a one begins with an apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


def plain(value: Any) -> str:
    """The text of a cell, without the apostrophe of ``harmless`` and without blanks around it."""
    text = "" if value is None else str(value).strip()
    return text[1:] if text.startswith("'") and text[1:2] in FORMULA else text


class Writer:
    """Writes the rows of a CSV file, every text in them harmless."""

    def __init__(self, stream: Stream, delimiter: str = ",") -> None:
        self._writer = csv.writer(stream, delimiter=delimiter)

    def row(self, cells: Iterable[Any]) -> Any:
        """Write a row; what the stream's ``write`` gives back."""
        return self._writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in cells])

    def rows(self, rows: Iterable[Iterable[Any]]) -> None:
        """Write some rows."""
        for cells in rows:
            self.row(cells)
