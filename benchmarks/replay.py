"""How many receipts a second the bulk path sells, beside its floor and beside the till's own way.

In turns, on the demo's ten campaigns and a year of its receipts: the bulk path sells the receipts of some
households; the checkout sells those of others one by one; and, as the floor, the very rows that the bulk
path wrote are written again by COPY, chunk by chunk, into tables of the same columns and indexes, without
anything being read, judged, locked or checked. Each round sells other households' receipts. Then the
books are audited.

    python benchmarks/replay.py [--households 60] [--singly 4] [--rounds 3] [--json FILE]

Prints a table and JSON.
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
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

Copied = list[tuple[str, list[str], list[tuple[Any, ...]]]]
TABLES = (
    "loyalty_receipt", "loyalty_receiptline", "loyalty_transfer", "loyalty_lot", "loyalty_lotuse", "members_event",
)  # fmt: skip


def main() -> None:
    """Run the rounds and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--households", type=int, default=60, help="of each round of the bulk path")
    parser.add_argument("--singly", type=int, default=4, help="households of each round of the checkout")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="regulars-bench-") as folder:
        os.environ |= {
            "REGULARS_VAR": folder,
            "REGULARS_MODE": "demo",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        os.environ.pop("DATABASE_URL", None)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        found = measure(options.households, options.singly, options.rounds)
        call_command("audit_ledger", verbosity=0)
    tell(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    print(json.dumps(found))


def measure(households: int, singly: int, rounds: int) -> dict[str, Any]:
    """Receipts a second of each way, by round."""
    sales = open_shop((households + singly) * rounds)
    cards = sorted(sales)
    rates: dict[str, list[float]] = {"bulk": [], "singly": [], "floor": []}
    receipts = lines = 0
    build_floor()
    for _round in range(rounds):
        bulk = in_time([sale for card in cards[:households] for sale in sales[card]])
        alone = in_time([sale for card in cards[households : households + singly] for sale in sales[card]])
        cards = cards[households + singly :]
        receipts, lines = receipts + len(bulk), lines + sum(len(sale.lines) for sale in bulk)
        written: list[Copied] = []
        rates["bulk"].append(len(bulk) / clocked(lambda some=bulk, to=written: sell_in_bulk(some, to)))
        rates["singly"].append(len(alone) / clocked(lambda some=alone: sell_singly(some)))
        rates["floor"].append(len(bulk) / clocked(lambda some=written: write_floor(some)))
    medians = {way: statistics.median(found) for way, found in rates.items()}
    return {
        "receipts": receipts,
        "lines": lines,
        "rates": {way: [round(rate, 1) for rate in found] for way, found in rates.items()},
        "receipts_per_second": {way: round(rate, 1) for way, rate in medians.items()},
        "of_floor": round(medians["bulk"] / medians["floor"], 3),
        "times_singly": round(medians["bulk"] / medians["singly"], 1),
    }


def open_shop(households: int) -> dict[str, list[Any]]:
    """The demo's shop without receipts. Returns the receipts to sell, by card."""
    from django.utils import timezone

    from campaigns.demo import dataset, goods, people, shop

    names, now = shop.read("names.json"), timezone.now()
    data = dataset.read(households, now.date() - timedelta(days=2))
    programme, partners = shop.found(names)
    shop.open_stores(data, names, partners)
    goods.load(data, names, partners)
    people.enrol(data.households, names, programme, data.begins)
    shop.publish(programme, shop.read("campaigns.json"), data.begins, now)
    sales: dict[str, list[Any]] = {}
    for sale in data.sales():
        sales.setdefault(sale.member.card, []).append(sale)
    return sales


def in_time(sales: list[Any]) -> list[Any]:
    """Receipts in the order of their time."""
    return sorted(sales, key=lambda sale: sale.purchased_at)


def clocked(work: Callable[[], None]) -> float:
    """The seconds that work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def sell_in_bulk(sales: list[Any], written: list[Copied]) -> None:
    """The bulk path, its rows noted by chunk."""
    from django.utils import timezone

    from campaigns.checkout.bulk.selling import replay

    for results in noting(written, replay(sales, timezone.now(), chunk=2000)):
        assert all(result.refusal is None for result in results)


def noting(written: list[Copied], chunks: Any) -> Any:
    """Go through chunks and note what each copies."""
    while True:
        with noted() as copied:
            results = next(chunks, None)
        if results is None:
            return
        written.append(copied)
        yield results


@contextmanager
def noted() -> Any:
    """Note the rows that are copied meanwhile; handing them on costs the bulk path next to nothing."""
    from foundation import copying

    copied: Copied = []
    own = copying.copy

    def copy(table: str, columns: Any, rows: Any) -> None:
        kept = [tuple(row) for row in rows]
        copied.append((table, list(columns), kept))
        own(table, columns, kept)

    copying.copy = copy
    try:
        yield copied
    finally:
        copying.copy = own


def sell_singly(sales: list[Any]) -> None:
    """The checkout, each receipt at its own time."""
    from campaigns.checkout import checkout

    for sale in sales:
        checkout.purchase(sale, sale.purchased_at)


def build_floor() -> None:
    """Tables like those of the bulk path, with their indexes and checks, without triggers and references."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")


def write_floor(written: list[Copied]) -> None:
    """The same rows in the same transactions."""
    from django.db import transaction

    from foundation import copying

    for chunk in written:
        with transaction.atomic():
            for table, columns, rows in chunk:
                copying.copy(f"floor_{table}", columns, rows)


def tell(found: dict[str, Any]) -> None:
    """The table."""
    told = {
        "bulk": "bulk path",
        "singly": "checkout, one by one",
        "floor": "floor: COPY of the same rows",
    }
    print(f"{found['receipts']} receipts of {found['lines']} lines in bulk")
    for way, name in told.items():
        rates = " ".join(f"{rate:>8.1f}" for rate in found["rates"][way])
        print(f"{name:<30}{found['receipts_per_second'][way]:>10.1f} receipts a second   ({rates} )")
    print(f"of the floor {found['of_floor']:.3f}; {found['times_singly']:.1f} times one by one")


if __name__ == "__main__":
    main()
