"""``manage.py generate_coupons PROGRAMME SERIES COUNT``: new codes of a series."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from foundation.refusals import Invalid
from rewards import codes
from rewards.coupons import batches, series
from rewards.models import CodeBatch, Coupon


class Command(BaseCommand):
    """Generate codes. When interrupted, the scheduler's next run makes the rest."""

    help = "Generates codes of a coupon series, and writes them to a file if asked to."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which series, how many, and where to."""
        parser.add_argument("programme", help="the programme's code")
        parser.add_argument("series", help="the series' code")
        parser.add_argument("count", type=int, help="how many codes")
        parser.add_argument(
            "--output", type=Path, help="a file for the codes, one a line, as they are printed"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Generate, and say how it went."""
        found = series.find(options["programme"], options["series"])
        if found is None:
            raise CommandError("There is no such series in this programme.")
        try:
            batch = batches.generate(found, options["count"], timezone.now())
        except Invalid as refusal:
            raise CommandError(str(refusal)) from None
        with tqdm(
            total=batch.wanted, unit=" codes", file=sys.stderr, disable=not options["verbosity"]
        ) as bar:
            done = batches.work(batch.pk, lambda now, _bad: bar.update(now.position - bar.n))
        if options["output"] is not None:
            write(options["output"], done, found.prefix)
        self.stdout.write(f"{done.made} codes generated.")


def write(file: Path, batch: CodeBatch, prefix: str) -> None:
    """The codes of a batch, one a line."""
    rows = Coupon.objects.filter(batch=batch).order_by("id").values_list("code", flat=True)
    with file.open("w", encoding="utf-8") as stream:
        for code in rows.iterator(10_000):
            stream.write(codes.show(code, prefix) + "\n")
