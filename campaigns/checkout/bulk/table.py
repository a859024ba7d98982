"""Receipts in a CSV file: one row for each line of a receipt, the lines of a receipt one after the other.

The file is read twice. The first reading notes where each receipt begins and when it was made, 28 bytes
each; the second reads the receipts in the order of their time. So a file may be larger than memory, and in
any order.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _

from campaigns.checkout.sale import Sale, SaleLine, Who
from foundation.refusals import Fault
from foundation.text_files import FileFault
from members import bounds

#: Columns that tell of the receipt: the same in all its rows, or given in the first one alone.
OF_RECEIPT = (
    "store", "till", "receipt_number", "purchased_at", "member_card", "member_phone", "cashier", "channel", "redeem",
)  # fmt: skip
OF_LINE = ("sku", "name", "category", "brand", "quantity", "price", "amount")
REQUIRED = ("store", "receipt_number", "purchased_at", "sku", "quantity")
CHANNELS = ("pos", "web", "app", "kiosk", "desk")
_NEVER = float("-inf")
#: How many receipts whose rows stand apart are named.
_MOST_TOLD = 10

Row = dict[str, str]


class Entry(NamedTuple):
    """A receipt of the file: the numbers of its rows' lines, and the sale, or what is wrong with it."""

    lines: list[int]
    store: str
    number: str
    sale: Sale | None
    faults: list[tuple[int, Fault]]


class Table:
    """A file of receipts. Raises ``FileFault`` when it is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._columns: list[str] = []
        self._offsets, self._lines, self._times = array("q"), array("l"), array("d")
        self._scan()

    def __len__(self) -> int:
        return len(self._offsets)

    def entries(self) -> Iterator[Entry]:
        """The receipts in the order of their time; those whose time cannot be read first."""
        order: Any = range(len(self._times))
        if any(self._times[i] > self._times[i + 1] for i in range(len(self._times) - 1)):
            order = sorted(order, key=self._times.__getitem__)
        with self._open() as file:
            for index in order:
                records = _Records(file, self._offsets[index], self._lines[index])
                yield _entry(self._rows(records))

    def _open(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as error:
            raise FileFault(f"{self._path}: {error.strerror}.") from None

    def _scan(self) -> None:
        """Note where each receipt begins."""
        with self._open() as file:
            records = _Records(file, 0, 1)
            self._columns = _read_header(next(iter(records), (0, 0, []))[2])
            last: tuple[str, str] | None = None
            hashes = array("q")
            for offset, line, cells in records:
                row = self._row(line, cells)
                key = _key(row)
                if key != last:
                    self._offsets.append(offset)
                    self._lines.append(line)
                    self._times.append(_timestamp(row["purchased_at"]))
                    hashes.append(hash(key))
                    last = key
            self._require_together(file, hashes)

    def _require_together(self, file: BinaryIO, hashes: array[int]) -> None:
        """Refuse a file in which rows of one receipt stand apart: half of it would be sold, the rest a conflict."""
        places = sorted(range(len(hashes)), key=hashes.__getitem__)
        apart = []
        for first, second in pairwise(places):
            if hashes[first] == hashes[second]:
                one, other = (
                    self._rows(_Records(file, self._offsets[i], self._lines[i]))[0] for i in (first, second)
                )
                if _key(one[1]) == _key(other[1]):
                    apart.append((one[0], other[0], _key(one[1])))
        if apart:
            told = _(
                "receipt %(number)s of store %(store)s begins in line %(first)s and again in line %(second)s"
            )
            found = [
                told % {"number": number, "store": store, "first": first, "second": second}
                for first, second, (store, number) in sorted(apart)[:_MOST_TOLD]
            ]
            raise FileFault(
                _("Put the rows of each receipt together: %(found)s.") % {"found": "; ".join(found)}
            )

    def _rows(self, records: _Records) -> list[tuple[int, Row]]:
        """The rows of the receipt that begins here."""
        rows: list[tuple[int, Row]] = []
        for _offset, line, cells in records:
            row = self._row(line, cells)
            if rows and _key(row) != _key(rows[0][1]):
                break
            rows.append((line, row))
        return rows

    def _row(self, line: int, cells: list[str]) -> Row:
        if len(cells) != len(self._columns):
            wanted = {"line": line, "found": len(cells), "wanted": len(self._columns)}
            raise FileFault(_("Line %(line)s has %(found)s cells, the header %(wanted)s.") % wanted)
        row = dict.fromkeys((*OF_RECEIPT, *OF_LINE), "")
        row.update(zip(self._columns, map(str.strip, cells), strict=True))
        return row


class _Records:
    """Records of a CSV file from a place on, each with its offset and line."""

    def __init__(self, file: BinaryIO, offset: int, line: int) -> None:
        self._file, self._offset, self._line = file, offset, line
        file.seek(offset)
        self._reader = csv.reader(self._texts(), strict=True)

    def __iter__(self) -> Iterator[tuple[int, int, list[str]]]:
        while True:
            offset, line = self._offset, self._line
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise FileFault(_("Line %(line)s: %(error)s.") % {"line": line, "error": error}) from None
            if cells:
                yield offset, line, cells

    def _texts(self) -> Iterator[str]:
        while raw := self._file.readline():
            try:
                text = raw.decode("utf-8-sig" if self._offset == 0 else "utf-8")
            except UnicodeDecodeError:
                raise FileFault(_("Line %(line)s is not UTF-8.") % {"line": self._line}) from None
            self._offset += len(raw)
            self._line += 1
            yield text


def _key(row: Row) -> tuple[str, str]:
    """What names a receipt."""
    return row["store"], row["receipt_number"]


def _read_header(cells: list[str]) -> list[str]:
    columns = [cell.strip() for cell in cells]
    if not columns:
        raise FileFault(_("The file is empty: its first line names the columns."))
    if len(columns) == 1 and (sign := next((sign for sign in ";\t" if sign in columns[0]), None)):
        name = _("semicolons") if sign == ";" else _("tabs")
        raise FileFault(
            _("The columns are parted by %(name)s: save the file with commas between them.") % {"name": name}
        )
    if missing := [name for name in REQUIRED if name not in columns]:
        raise FileFault(_("The file has no column %(names)s.") % {"names": ", ".join(missing)})
    known = (*OF_RECEIPT, *OF_LINE)
    if strange := [name for name in columns if name not in known]:
        detail = _("The columns %(names)s are not known; known are %(known)s.")
        raise FileFault(detail % {"names": ", ".join(strange), "known": ", ".join(known)})
    if len(set(columns)) < len(columns):
        raise FileFault(_("A column is named twice."))
    if "price" not in columns and "amount" not in columns:
        raise FileFault(_("The file has neither a column price nor amount."))
    return columns


def _entry(rows: list[tuple[int, Row]]) -> Entry:
    first_line, first = rows[0]
    faults: list[tuple[int, Fault]] = []
    told = _("Differs from the receipt's first row, line %(line)s.") % {"line": first_line}
    for line, row in rows[1:]:
        differing = [name for name in OF_RECEIPT if row[name] and row[name] != first[name]]
        faults += [(line, Fault(name, "differs", told)) for name in differing]
    receipt = _Reading(first_line, first, faults)
    purchased_at, redeem = receipt.time("purchased_at"), receipt.redeem()
    channel = receipt.choose("channel", CHANNELS)
    sold = tuple(
        _sale_line(position, _Reading(line, row, faults)) for position, (line, row) in enumerate(rows, 1)
    )
    sale = None
    if not faults and purchased_at is not None:
        sale = Sale(
            store=first["store"],
            purchased_at=purchased_at,
            lines=sold,
            receipt_number=first["receipt_number"],
            till=first["till"],
            cashier=first["cashier"],
            channel=channel,  # type: ignore[arg-type]
            member=_who(first),
            redeem=redeem,  # type: ignore[arg-type]
        )
    return Entry([line for line, _row in rows], first["store"], first["receipt_number"], sale, faults)


def _sale_line(position: int, row: _Reading) -> SaleLine:
    cells = row.cells
    return SaleLine(
        position=position,
        sku=cells["sku"],
        quantity=row.number("quantity") or Decimal(0),
        price=row.number("price"),
        amount=row.number("amount"),
        name=cells["name"],
        category=cells["category"],
        brand=cells["brand"],
    )


def _who(row: Mapping[str, str]) -> Who | None:
    if row["member_card"] or row["member_phone"]:
        return Who(card=row["member_card"] or None, phone=row["member_phone"] or None)
    return None


class _Reading(NamedTuple):
    """A row while its cells are read; what cannot be read is added to ``faults``."""

    line: int
    cells: Row
    faults: list[tuple[int, Fault]]

    def number(self, name: str) -> Decimal | None:
        """A decimal number; None for an empty cell."""
        text = self.cells[name]
        if not text:
            return None
        number = bounds.read_number(text)
        if number is None:
            span = bounds.QUANTITY if name == "quantity" else bounds.MONEY
            self._wrong(*bounds.not_plain(name, span.example))
        return number

    def time(self, name: str) -> datetime | None:
        """A moment as ISO 8601 writes it."""
        try:
            return datetime.fromisoformat(self.cells[name])
        except ValueError:
            self._wrong(name, "not_a_time", _("Give the time like 2026-11-21T12:31:00+03:00."))
            return None

    def redeem(self) -> Decimal | str:
        """Points to spend: a number, ``max``, or nothing."""
        return "max" if self.cells["redeem"] == "max" else self.number("redeem") or Decimal(0)

    def choose(self, name: str, choices: tuple[str, ...]) -> str:
        """One of the choices; the first for an empty cell."""
        text = self.cells[name] or choices[0]
        if text not in choices:
            self._wrong(name, "unknown", _("Give one of %(choices)s.") % {"choices": ", ".join(choices)})
        return text

    def _wrong(self, name: str, code: str, detail: str) -> None:
        self.faults.append((self.line, Fault(name, code, detail)))


def _timestamp(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return _NEVER
