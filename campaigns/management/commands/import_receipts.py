"""``manage.py import_receipts FILE.csv``: receipts of the past, sold as a till would have sold them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from campaigns.checkout.bulk.chunk import Result
from campaigns.checkout.bulk.selling import CHUNK, Replay
from campaigns.checkout.bulk.table import Entry, Table
from foundation.text_files import FileFault
from members import tables

_LINE = "lines["
#: In which column to look where a refusal is of the receipt as a whole; else it is its number.
_COLUMNS = {
    "redeem_exceeds_limit": "redeem",
    "confirmation_required": "redeem",
    "store_closed": "store",
    "no_programme": "store",
    "before_the_programme": "purchased_at",
    "beyond_the_books": "amount",
}
_OF_MEMBERS = ("member_not_found", "member_blocked")
HEADER = ("line", "store", "receipt_number", "field", "code", "detail")


class ReportRow(NamedTuple):
    """A row of the report."""

    line: int
    store: str
    receipt_number: str
    field: str
    code: str
    detail: str


class Command(BaseCommand):
    """Import receipts. Safe to repeat; a bad receipt does not stop the others."""

    help = "Imports receipts from a CSV file; docs/operating/importing.md describes its columns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, the report, and whether to write anything."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="judge every receipt and write nothing")
        parser.add_argument(
            "--report", type=Path, help="where to write what is wrong; FILE.report.csv by default"
        )
        parser.add_argument(
            "--tell-webhooks",
            action="store_true",
            help="tell other systems of these receipts; they hear nothing of the past otherwise",
        )
        parser.add_argument("--chunk", type=int, default=CHUNK, help="receipts of a transaction")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file, write the report, and say how it went."""
        if options["chunk"] < 1:
            raise CommandError("--chunk must be at least 1.")
        file: Path = options["file"]
        counts: Counter[str] = Counter()
        problems: list[ReportRow] = []
        try:
            seller = Replay(dry=options["dry_run"], tell=options["tell_webhooks"])
            for found in sell(Table(file), options["chunk"], seller, counts, options["verbosity"] > 0):
                problems += found
        except FileFault as fault:
            raise CommandError(f"{self.so_far(counts)}{fault}", returncode=2) from None
        finally:
            report = write_report(options["report"] or file.with_name(f"{file.name}.report.csv"), problems)
        would = "would be " if options["dry_run"] else ""
        self.stdout.write(
            f"{counts['sold']} receipts {would}imported, {counts['repeated']} were there already, "
            f"{counts['rejected']} {would}rejected."
        )
        if problems:
            raise CommandError(f"What is wrong stands in {report}, line by line.", returncode=1)

    def so_far(self, counts: Counter[str]) -> str:
        """What was imported before the file could not be read on."""
        return f"{counts['sold']} receipts imported so far. " if counts["sold"] else ""


def sell(
    table: Table, chunk: int, seller: Replay, counts: Counter[str], show: bool
) -> Iterator[list[ReportRow]]:
    """Sell the receipts of a table chunk by chunk, counting what became of them. Yields what is wrong."""
    entries = table.entries()
    with tqdm(total=len(table), unit=" receipts", file=sys.stderr, disable=not show) as bar:
        while part := list(islice(entries, chunk)):
            problems = [problem for entry in part for problem in misread(entry)]
            known = {id(entry.sale): entry for entry in part if entry.sale is not None}
            counts["rejected"] += len(part) - len(known)
            for result in seller.sell(
                [entry.sale for entry in part if entry.sale is not None], timezone.now()
            ):
                counts[kind(result)] += 1
                problems += refused(known[id(result.sale)], result)
            bar.update(len(part))
            yield problems


def kind(result: Result) -> str:
    """What became of a receipt."""
    if result.refusal is not None:
        return "rejected"
    return "repeated" if result.repeated else "sold"


def misread(entry: Entry) -> list[ReportRow]:
    """What could not be read of a receipt."""
    return [ReportRow(line, entry.store, entry.number, *fault) for line, fault in entry.faults]


def refused(entry: Entry, result: Result) -> list[ReportRow]:
    """Why a receipt was refused."""
    refusal = result.refusal
    if refusal is None:
        return []
    if not refusal.faults:
        column = _column(entry, refusal.code)
        return [ReportRow(entry.lines[0], entry.store, entry.number, column, refusal.code, refusal.detail)]
    return [
        ReportRow(*_place(entry, fault.field), fault.code, fault.detail)  # type: ignore[call-arg]
        for fault in refusal.faults
    ]


def _column(entry: Entry, code: str) -> str:
    """The column that a refusal of a receipt as a whole is about."""
    if code in _OF_MEMBERS:
        who = entry.sale.member if entry.sale else None
        return "member_phone" if who is not None and who.phone else "member_card"
    return _COLUMNS.get(code, "receipt_number")


def _place(entry: Entry, field: str) -> tuple[int, str, str, str]:
    """Line, store, number and column of a fault; ``lines[2].sku`` is the column sku of the third row, ``member.card``
    the column ``member_card``."""
    line = entry.lines[0]
    if field.startswith(_LINE) and "." in field:
        index, _dot, field = field.removeprefix(_LINE).partition("].")
        line = entry.lines[int(index)]
    return line, entry.store, entry.number, field.replace("member.", "member_")


def write_report(path: Path, problems: list[ReportRow]) -> Path:
    """Write what is wrong; nothing wrong leaves no report."""
    if problems:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = tables.Writer(file)
            writer.row(HEADER)
            writer.rows(sorted(problems))
    else:
        path.unlink(missing_ok=True)
    return path
