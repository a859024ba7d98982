"""``manage.py import_coupons PROGRAMME SERIES FILE``: codes that somebody else has made."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from foundation.refusals import Invalid
from members import tables
from rewards.coupons import batches, series
from rewards.coupons.batches import BadLine
from rewards.models import CodeBatch

HEADER = ("line", "problem", "text")


class Command(BaseCommand):
    """Import codes. Safe to repeat: what is there already stays as it is."""

    help = "Imports codes of a coupon series from a file: one code a line, or a CSV with a column “code”."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which series, which file, and where the report goes."""
        parser.add_argument("programme", help="the programme's code")
        parser.add_argument("series", help="the series' code")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--report", type=Path, help="where to write which lines would not do; FILE.report.csv by default"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the file, write the report, and say how it went."""
        file: Path = options["file"]
        found = series.find(options["programme"], options["series"])
        if found is None:
            raise CommandError("There is no such series in this programme.", returncode=2)
        try:
            batch = batches.take_in(found, file.read_bytes(), file.name, timezone.now())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.", returncode=2) from None
        except Invalid as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        bad: list[BadLine] = []
        done = work(batch, bad, show=options["verbosity"] > 0)
        report = options["report"] or file.with_name(f"{file.name}.report.csv")
        if bad:
            write(report, bad)
        self.stdout.write(
            f"{done.made} codes imported, {done.present} were there already, {done.repeated} repeated in the "
            f"file, {done.taken} are of another series, {done.malformed} malformed."
        )
        if done.taken or done.malformed:
            raise CommandError(f"Which lines would not do stands in {report}.", returncode=1)


def work(batch: CodeBatch, bad: list[BadLine], show: bool) -> CodeBatch:
    """Work on the batch with a progress bar, gathering the lines that will not do."""
    with tqdm(total=batch.wanted, unit=" lines", file=sys.stderr, disable=not show) as bar:

        def tell(now: CodeBatch, found: list[BadLine]) -> None:
            bar.update(now.position - bar.n)
            bad.extend(found)

        return batches.work(batch.pk, tell)


def write(file: Path, bad: list[BadLine]) -> None:
    """The report: a row for each line that would not do."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = tables.Writer(stream)
        writer.row(HEADER)
        writer.rows(bad)
