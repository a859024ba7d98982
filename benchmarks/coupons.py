"""A million coupon codes, generated and imported, beside COPY of the same finished rows.

In turns, on one server with the same, default settings (fsync on), each side into an empty table:

- bare: one COPY of the rows into a table of the same columns, without indexes, references and checks;
- copy: one COPY of the rows into the real table, with all of them;
- generate: what the back office and ``manage.py generate_coupons`` do: random codes with check characters,
  in parts that are each a transaction with its progress;
- import: what they do with a file: read, brought into one form, told apart from what is there already;
- again: the same file once more, of which every line is a duplicate.

The rows of both floors are made beforehand.

    python benchmarks/coupons.py [--codes 1000000] [--rounds 3] [--json FILE]

Prints a table and JSON; fails when a million codes take a minute or more to generate or to import, when not
every code is there in the end, or when any is there twice.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

NOW = datetime(2026, 6, 15, tzinfo=UTC)
MOST_SECONDS = 60.0
COLUMNS = ("programme_id", "series_id", "state", "most", "valid_until", "issued_at", "batch_id", "code")
SIDES = {
    "bare": "COPY, a bare table",
    "copy": "COPY, the real table",
    "generate": "generate",
    "import": "import",
    "again": "import again",
}


def main() -> int:
    """Measure in turns, tell."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="rgbench") as fresh:
        start_django(Path(fresh))
        from django.core.management import call_command
        from django.db import connection

        connection.ensure_connection()  # keeps the server running
        call_command("migrate", verbosity=0)
        report = measure(options)
    print_table(report)
    text = json.dumps(report, indent=2)
    print(text)
    if options.json:
        Path(options.json).write_text(text + "\n")
    for miss in report["missed"]:
        print(miss, file=sys.stderr)
    return 1 if report["missed"] else 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--codes", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", metavar="FILE")
    return parser.parse_args()


def start_django(var: Path) -> None:
    """Make Django ready, with its database in ``var``."""
    os.environ |= {
        "REGULARS_VAR": str(var),
        "REGULARS_MODE": "demo",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "WARNING",
    }
    os.environ.pop("DATABASE_URL", None)
    import django

    django.setup()


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Run all sides in turns."""
    from loyalty.models import Programme
    from rewards import codes
    from rewards.models import Series

    programme = Programme.objects.create(code="bench", name="Bench")
    series = Series.objects.create(programme=programme, code="bench", name="Bench", days=30)
    finished = list(codes.generate(options.codes, 12))
    file = "\n".join(map(codes.show, finished)).encode()
    taken: dict[str, list[float]] = {side: [] for side in SIDES}
    wrong: list[str] = []
    for number in range(options.rounds):
        order = [["bare"], ["copy"], ["generate"], ["import", "again"]]
        for group in order if number % 2 == 0 else order[::-1]:
            make_empty()
            for side in group:
                taken[side].append(run(side, series, finished, file))
                print(f"  {side}: {taken[side][-1]:.1f} s", file=sys.stderr)
                if side != "bare" and count() != (options.codes, options.codes):
                    wrong.append(f"{side}: {count()} coupons and codes instead of {options.codes}")
    return tell(options, taken, wrong)


def make_empty() -> None:
    """Empty tables, with nothing of an earlier run waiting to be written."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE rewards_coupon, rewards_couponuse, rewards_codebatch")
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute(f"CREATE TABLE bare AS SELECT {', '.join(COLUMNS)} FROM rewards_coupon")
        cursor.execute("CHECKPOINT")


def count() -> tuple[int, int]:
    """Coupons, and different codes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT code) FROM rewards_coupon")
        return tuple(cursor.fetchone())


def run(side: str, series: Any, finished: list[str], file: bytes) -> float:
    """Seconds of one side."""
    work: Callable[[], Any]
    match side:
        case "bare" | "copy":
            work = floor("bare" if side == "bare" else "rewards_coupon", series, finished)
        case "generate":
            work = generate(series, len(finished))
        case _:
            work = take_in(series, file)
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def floor(table: str, series: Any, finished: list[str]) -> Callable[[], object]:
    """One COPY of rows that are ready."""
    from django.db import transaction

    from foundation.copying import copy
    from rewards.coupons import batches
    from rewards.coupons.validity import end_of_issue

    batch = batches.generate(series, 1, NOW)
    common = (series.programme_id, series.pk, "issued", 1, end_of_issue(series, NOW), NOW, batch.pk)
    rows = [(*common, code) for code in finished]

    def work() -> None:
        with transaction.atomic():
            copy(table, COLUMNS, rows)

    return work


def generate(series: Any, wanted: int) -> Callable[[], object]:
    """What the back office does when asked for codes."""
    from rewards.coupons import batches

    return lambda: batches.work(batches.generate(series, wanted, NOW).pk)


def take_in(series: Any, file: bytes) -> Callable[[], object]:
    """What the back office does with a file."""
    from rewards.coupons import batches

    return lambda: batches.work(batches.take_in(series, file, "codes.txt", NOW).pk)


def tell(options: argparse.Namespace, taken: dict[str, list[float]], wrong: list[str]) -> dict[str, Any]:
    """The figures, and which bounds are not kept."""
    median = {side: statistics.median(runs) for side, runs in taken.items()}
    slow = [
        f"{SIDES[side]}: {median[side]:.1f} s; a million must take less than {MOST_SECONDS:.0f} s"
        for side in ("generate", "import", "again")
        if median[side] * 1_000_000 / options.codes >= MOST_SECONDS
    ]
    return {
        "codes": options.codes,
        "rounds": options.rounds,
        "seconds": {side: [round(run, 2) for run in runs] for side, runs in taken.items()},
        "median": {side: round(seconds, 2) for side, seconds in median.items()},
        "of_copy": {side: round(seconds / median["copy"], 2) for side, seconds in median.items()},
        "missed": [*wrong, *slow],
    }


def print_table(report: dict[str, Any]) -> None:
    """The figures for a reader."""
    print(f"{report['codes']:,} codes; median of {report['rounds']} runs in turns\n")
    print(f"{'':24}{'seconds':>9}{'of COPY':>9}{'a second':>12}")
    for side, name in SIDES.items():
        seconds = report["median"][side]
        print(f"{name:24}{seconds:>9.1f}{report['of_copy'][side]:>9.2f}{report['codes'] / seconds:>12,.0f}")
    print()


if __name__ == "__main__":
    sys.exit(main())
