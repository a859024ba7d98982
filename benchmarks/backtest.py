"""How long a backtest of twenty campaigns takes on a whole year's receipts, with every core and with one.

The demo's year: 155,848 receipts of 1.47 million lines, ten live campaigns, and twenty others that are
tried beside them (``_trials.py``). Each round runs the whole backtest as a worker runs it, all included:
cutting the receipts into stretches, starting the processes, reading, judging, near misses, adding up, writing
the result. First by as many processes as there are cores, then by one. Both must come to the same result.
Beside them stands reading alone: every receipt made ready for the engine, by one process, and no more.

A database with the year may be named by ``REGULARS_VAR``: it is used as it is and left so. Otherwise the first
run loads the year into ``var/bench-backtest`` (about ten minutes), and later ones find it there.

    [REGULARS_VAR=FOLDER] python benchmarks/backtest.py [--rounds 3] [--wide] [--json FILE]

``--wide`` tries twenty other campaigns, of more kinds: they cost about a fifth more.

Beside the seconds of the clock stands the processor time of Python's processes, which tells what the machine
would need if nobody else used it. Prints a table and JSON, and says whether the bound of the project is kept:
40 seconds on two cores; exits with 1 if not.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import _trials as trials  # noqa: E402

BOUND = 40.0
#: A whole year has more receipts.
LEAST = 150_000
WAYS = ("all cores", "one core", "reading")


def main() -> None:
    """Run the rounds and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--wide", action="store_true")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    given = os.environ.get("REGULARS_VAR")
    var = Path(given) if given else ROOT / "var" / "bench-backtest"
    var.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "REGULARS_VAR": str(var.resolve()),
        "REGULARS_MODE": "demo",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    load_once(may_load=not given)
    found = measure(options.rounds, trials.WIDE if options.wide else trials.TRIALS)
    tell(found)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2))
    print(json.dumps(found))
    sys.exit(not found["kept"])


def load_once(*, may_load: bool) -> None:
    """Sell the year's receipts by the bulk path, unless they are there."""
    from django.db import connection
    from django.utils import timezone

    from campaigns.checkout.bulk.selling import replay
    from campaigns.demo import dataset, goods, people, shop
    from loyalty.models import Receipt

    if Receipt.objects.count() >= LEAST:
        return
    if not may_load or Receipt.objects.exists():
        sys.exit(
            f"There are fewer than {LEAST:,} receipts in {os.environ['REGULARS_VAR']}: load a whole year there."
        )
    print("Loading the year; this takes about ten minutes, once.", flush=True)
    now = timezone.now()
    names = shop.read("names.json")
    data = dataset.read(None, now.date() - timedelta(days=2))
    programme, partners = shop.found(names)
    shop.open_stores(data, names, partners)
    goods.load(data, names, partners)
    people.enrol(data.households, names, programme, data.begins)
    shop.publish(programme, shop.read("campaigns.json"), data.begins, now)
    for results in replay(data.sales(), now, chunk=2000):
        assert all(result.refusal is None for result in results)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(rounds: int, tried: dict[str, Any]) -> dict[str, Any]:
    """Seconds of each way, by round."""
    from django.db import connection

    from campaigns.backtest import crew

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM loyalty_receipt")
        receipts = cursor.fetchone()[0]
        cursor.execute("SELECT count(*) FROM loyalty_receiptline")
        lines = cursor.fetchone()[0]
    cores = crew.cores()
    runs: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
    results = []
    for _round in range(rounds):
        for way, processes in (("all cores", cores), ("one core", 1)):
            taken, result = clocked(partial(run, tried, processes))
            runs[way].append(taken)
            results.append(result)
        runs["reading"].append(clocked(partial(read_all, tried))[0])
    if any(result != results[0] for result in results):
        sys.exit("the same backtest came to different results")
    seconds = {way: statistics.median(wall for wall, _cpu in taken) for way, taken in runs.items()}
    return {
        "receipts": receipts,
        "lines": lines,
        "tried": len(tried),
        "cores": cores,
        "seconds": {way: round(found, 1) for way, found in seconds.items()},
        "rounds": {way: [round(wall, 1) for wall, _cpu in taken] for way, taken in runs.items()},
        "python_cpu_seconds": {
            way: round(statistics.median(cpu for _wall, cpu in taken), 1) for way, taken in runs.items()
        },
        "receipts_per_second": {way: round(receipts / found) for way, found in seconds.items()},
        "times_one_core": round(seconds["one core"] / seconds["all cores"], 2),
        "bound_seconds": BOUND,
        "kept": seconds["all cores"] <= BOUND,
    }


def clocked(work: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """Seconds of the clock and of Python's processor time, of this process and its children; and the result."""
    started, spent = time.perf_counter(), python_cpu()
    result = work()
    return (time.perf_counter() - started, python_cpu() - spent), result


def python_cpu() -> float:
    """Processor time of this process and of those it has waited for, seconds."""
    found = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in found)


def run(tried: dict[str, Any], processes: int) -> Any:
    """A whole backtest, as a worker runs it. Returns its result, and leaves nothing behind."""
    from campaigns.backtest import running

    backtest = ask(tried)
    try:
        running.run(backtest, processes=processes)
        backtest.refresh_from_db()
        if backtest.status != "done":
            sys.exit(f"{backtest.status}: {backtest.problem}")
        return backtest.result
    finally:
        backtest.delete()


def ask(tried: dict[str, Any]) -> Any:
    """A backtest of all the year, as if a worker had claimed it: others may wait in this database."""
    from django.db.models import Count
    from django.utils import timezone

    from campaigns.engine.definition import parse
    from campaigns.models import Backtest
    from loyalty.models import Receipt

    most = Receipt.objects.values("programme").annotate(receipts=Count("id")).order_by("-receipts")[0]
    frozen = [
        {
            "campaign": 1_000_000 + n,
            "code": code,
            "name": code,
            "revision": 1,
            "definition": parse(doc).document,
        }
        for n, (code, doc) in enumerate(tried.items())
    ]
    now = timezone.now()
    return Backtest.objects.create(
        programme_id=most["programme"],
        name="Benchmark",
        tried=frozen,
        begins=date(2000, 1, 1),
        ends=date(2100, 1, 1),
        status=Backtest.Status.RUNNING,
        started_at=now,
        seen_at=now,
    )


def read_all(tried: dict[str, Any]) -> None:
    """Make every receipt ready for the engine, and do nothing with it."""
    from django.db import transaction

    from campaigns.backtest import parts, trial
    from campaigns.backtest.past_receipts import Reader

    backtest = ask(tried)
    period, books = parts.period_of(backtest), trial.Books(parts.trial_of(backtest))
    reader = Reader(period, books.terms)
    try:
        with transaction.atomic():
            for stretch in parts.cut(period, one_order=False):
                for _past in reader.read(stretch):
                    pass
    finally:
        backtest.delete()


def tell(found: dict[str, Any]) -> None:
    """Print the table."""
    print(f"{found['receipts']:,} receipts, {found['lines']:,} lines, {found['tried']} campaigns tried")
    print(f"{'':<12}{'seconds':>9}{'receipts/s':>12}{'Python CPU':>12}   rounds")
    for way in WAYS:
        rounds = " ".join(str(seconds) for seconds in found["rounds"][way])
        name = f"{found['cores']} cores" if way == "all cores" else way
        print(f"{name:<12}{found['seconds'][way]:>9}{found['receipts_per_second'][way]:>12,}"
              f"{found['python_cpu_seconds'][way]:>12}   {rounds}")  # fmt: skip
    kept = "kept" if found["kept"] else "MISSED"
    print(f"bound: {BOUND:.0f} s on two cores: {kept}; {found['times_one_core']} times as fast as one core")


if __name__ == "__main__":
    main()
