"""Files of codes: one code a line, or a table whose column ``code`` (or the first one) holds them."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from io import StringIO
from typing import NamedTuple

from django.utils.translation import gettext as _

from foundation import text_files
from foundation.refusals import Fault, Invalid
from rewards import codes

MOST_BYTES = 128 * 1024 * 1024
#: What a column of codes may be called.
HEADERS = ("code", "coupon", "promo code", "promocode", "код", "купон", "промокод")
_MOST_OF_LINE = 10_000
_DELIMITERS = "\t;,"


class CodeLine(NamedTuple):
    """A line of a file: its number, what stands there, and the code in its one form, empty if it is none."""

    number: int
    text: str
    code: str


def pack(content: bytes, field: str = "file") -> tuple[bytes, int]:
    """A file made ready to be kept: its text compressed, and how many lines it has.

    UTF-8 (with a byte-order mark or not), UTF-16 with one, or Windows-1251.
    Raises ``Invalid`` for a file without lines, or too large.
    """
    if len(content) > MOST_BYTES:
        raise Invalid(Fault(field, "too_large", too_large()))
    text = text_files.decode(content)
    if "\0" in text:
        raise Invalid(Fault(field, "not_text", _("This is no text file: give one code a line, or a CSV.")))
    count = sum(1 for _line in StringIO(text, newline=None))
    if not text.strip():
        raise Invalid(Fault(field, "empty", _("The file holds no codes.")))
    return zlib.compress(text.encode(), 1), count


def too_large() -> str:
    """What is told of a file that is too large."""
    return _("The file is too large: at most %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024}


def read(packed: bytes, skip: int = 0) -> Iterator[CodeLine]:
    """The lines of a packed file after the first ``skip``, the blank ones and the header left out."""
    stream = StringIO(zlib.decompress(packed).decode(), newline=None)
    first = stream.readline()
    stream.seek(0)
    delimiter = next((mark for mark in _DELIMITERS if mark in first), ",")
    names = [cell.strip().strip('"').lower() for cell in first.split(delimiter)]
    column = next((names.index(name) for name in HEADERS if name in names), None)
    rows = enumerate(csv.reader(_lines(stream), delimiter=delimiter, quoting=csv.QUOTE_MINIMAL), start=1)
    for number, row in rows:
        if number <= skip or (number == 1 and column is not None) or not any(cell.strip() for cell in row):
            continue
        text = row[column or 0] if len(row) > (column or 0) else ""
        yield CodeLine(number, text[:80], codes.normalise(text))


def _lines(stream: StringIO) -> Iterator[str]:
    """Lines one by one: a quote that is never closed must not swallow those after it."""
    for whole in stream:
        line = whole[:_MOST_OF_LINE]
        yield line if line.count('"') % 2 == 0 else line.replace('"', "")
