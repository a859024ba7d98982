"""Purchases a second over HTTP, beside the same rows written by hand.

The real server (gunicorn, as ``make run`` starts it) with API keys, validation, 50 live campaigns, 100,000
members; receipts of 5 lines, every second one spending points; 8 connections. Beside it, in the same run
and in turns, on the same database with the same durability: ``_floor.py``. Then both with one hot account
that everybody buys on, and the server's answer times with 1 and 8 connections.

    python benchmarks/checkout.py [--quick] [--rounds 5] [--seconds 8] [--json FILE] [--keep FOLDER]

Prints a table and JSON; fails when a purchase is slower than a fifth of the floor, or the books do not balance.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import _floor  # noqa: E402
import _load  # noqa: E402

CONNECTIONS = 8
LEAST = 0.20
SPAWN = multiprocessing.get_context("spawn")


def main() -> int:
    """Build, measure in turns, tell."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="rgbench") as fresh:
        var = Path(options.keep or fresh)
        start_django(var)
        shop = open_shop(var, options.members)
        port = find_port()
        with serve(var, port):
            results = measure(shop, port, options)
        clean = audit()
    report = tell(results, options) | {"books_balance": clean}
    print_table(report)
    text = json.dumps(report, indent=2)
    print(text)
    if options.json:
        Path(options.json).write_text(text + "\n")
    return 0 if clean and report["ratio"] >= LEAST else 1


def read_options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="3 rounds of 3 seconds, 10,000 members")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--members", type=int)
    parser.add_argument("--json", help="write the report there, too")
    parser.add_argument("--keep", help="a folder in which the shop is kept for the next run")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (3.0 if options.quick else 8.0)
    options.members = options.members or (10_000 if options.quick else 100_000)
    return options


def start_django(var: Path) -> None:
    """A database of its own, durable like the real one."""
    os.environ |= {"REGULARS_VAR": str(var), "REGULARS_MODE": "demo", "LOG_LEVEL": "WARNING"}
    os.environ["POS_CALLS_PER_MINUTE"] = "10000000"
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


def open_shop(var: Path, members: int) -> dict[str, Any]:
    """The shop, built or kept from an earlier run."""
    import _shop

    kept = var / "shop.json"
    if not kept.exists():
        print(f"building a shop with {members:,} members ...", file=sys.stderr)
        kept.write_text(json.dumps(_shop.build(members)))
    shop: dict[str, Any] = json.loads(kept.read_text())
    shop["cards"] = [_shop.card(n) for n in range(len(shop["accounts"]))]
    shop["samples"] = _floor.prepare(_shop.samples(sample_sales(shop), 200))
    from loyalty.models import Holder

    members_of = dict(Holder.objects.values_list("account_id", "member_id"))
    shop["pairs"] = [(str(account), str(member)) for account, member in members_of.items()]
    # an account of its own: the server reads an account's lots, and must not read those that the floor left
    shop["hot"] = next(pair for pair in shop["pairs"] if pair[0] == shop["accounts"][1])
    return shop


def sample_sales(shop: dict[str, Any]) -> Iterator[Any]:
    """Sales as the load makes them."""
    from pos import bodies

    chance = random.Random(1)
    number = 0
    while True:
        redeem = "max" if number % 2 else "0"
        card = chance.choice(shop["cards"])
        yield bodies.sale.decode(_load.body(chance, shop["goods"], card, f"sample-{number}", redeem))
        number += 1


def find_port() -> int:
    """A free port."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serve(var: Path, port: int, *more: str) -> Iterator[int]:
    """The web server's process, started as ``manage.py run`` starts it, with ``more`` words on its command line."""
    from config.management.commands.run import build_environment, describe_processes

    metrics = var / "metrics"
    metrics.mkdir(exist_ok=True)
    environment = build_environment("127.0.0.1", port)
    command = describe_processes()["web"]
    server = subprocess.Popen([*command[:-1], *more, command[-1]], cwd=ROOT, env=environment)
    try:
        for _ in range(300):
            try:
                connection = HTTPConnection("127.0.0.1", port, timeout=5)
                connection.request("GET", "/health/alive/", headers={"Host": "localhost"})
                connection.getresponse().read()
                break
            except OSError:
                time.sleep(0.1)
        print(f"server {server.pid} on port {port}", file=sys.stderr)
        yield server.pid
    finally:
        server.terminate()
        server.wait(30)


def measure(shop: dict[str, Any], port: int, options: argparse.Namespace) -> dict[str, list[list[float]]]:
    """Every side in turns, ``rounds`` times. Seconds of each purchase, by side and round."""
    from django.conf import settings
    from django.db import connection

    from config.settings.databases import describe_dsn

    dsn = describe_dsn(settings.DATABASES["default"])
    stamp = format(time.time_ns(), "x")

    def floor(pairs: list[Any], name: str) -> list[list[Any]]:
        return [[_floor.work, dsn, shop["samples"], pairs, f"{name}-{n}"] for n in range(CONNECTIONS)]

    def load(cards: list[str], connections: int, name: str) -> list[list[Any]]:
        return [[_load.work, port, shop["secret"], shop["goods"], cards, connections, name]]

    everyone, hot = shop["cards"], shop["cards"][:1]
    sides: dict[str, Callable[[str], list[list[Any]]]] = {
        "floor": lambda name: floor(shop["pairs"], name),
        "http": lambda name: load(everyone, CONNECTIONS, name),
        "floor_hot": lambda name: floor([shop["hot"]], name),
        "http_hot": lambda name: load(hot, CONNECTIONS, name),
        "http_one": lambda name: load(everyone, 1, name),
    }
    for name, workers in sides.items():
        run(workers(f"{stamp}-{name}-warm"), 2.0)
    with connection.cursor() as cursor:  # as autovacuum does once there is something to know of these tables
        cursor.execute("VACUUM ANALYZE")
    results: dict[str, list[list[float]]] = {side: [] for side in sides}
    for turn in range(options.rounds):
        for side, workers in sides.items():
            took = run(workers(f"{stamp}-{side}-{turn}"), options.seconds)
            results[side].append(took)
            print(f"round {turn + 1} {side:10} {len(took) / options.seconds:8.0f} a second", file=sys.stderr)
    return results


def run(workers: list[list[Any]], seconds: float) -> list[float]:
    """Start the workers, let all go at once, gather what they did."""
    pipes, processes = [], []
    for work, *arguments in workers:
        ours, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=work, args=(theirs, *arguments))
        process.start()
        pipes.append(ours)
        processes.append(process)
    for pipe in pipes:
        pipe.recv()
    for pipe in pipes:
        pipe.send(seconds)
    took = [second for pipe in pipes for second in pipe.recv()]
    for process in processes:
        process.join()
    return took


def audit() -> bool:
    """Whether the books balance after all of it. What the floor sold was decided for other accounts."""
    from loyalty.ledger.audit import audit as read_books
    from loyalty.models import Receipt

    floor = set(map(str, Receipt.objects.filter(number__contains="-floor").values_list("id", flat=True)))
    problems = [
        problem
        for problem in read_books().problems
        if problem.check != "receipt_gave_what_it_says" or problem.subject.split()[1].rstrip(":") not in floor
    ]
    for problem in problems[:10]:
        print(problem, file=sys.stderr)
    return not problems


def tell(results: dict[str, list[list[float]]], options: argparse.Namespace) -> dict[str, Any]:
    """The figures: medians over the rounds, and what lay farthest apart."""
    rates = {side: [len(took) / options.seconds for took in rounds] for side, rounds in results.items()}

    def ratio(side: str, floor: str) -> list[float]:
        return [round(ours / raw, 3) for ours, raw in zip(rates[side], rates[floor], strict=True)]

    spread, hot = ratio("http", "floor"), ratio("http_hot", "floor_hot")
    return {
        "rounds": options.rounds,
        "seconds": options.seconds,
        "members": options.members,
        "a_second": {side: round(statistics.median(rate)) for side, rate in rates.items()},
        "ratio": statistics.median(spread),
        "ratios": spread,
        "ratio_hot": statistics.median(hot),
        "ratios_hot": hot,
        "milliseconds": {side: percentiles(results[side]) for side in ("http_one", "http", "http_hot")},
    }


def percentiles(rounds: list[list[float]]) -> dict[str, float]:
    """Answer times, medians over the rounds."""
    found = {}
    for name, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99)):
        each = [sorted(took)[int(len(took) * share)] for took in rounds]
        found[name] = round(statistics.median(each) * 1000, 1)
    return found


def print_table(report: dict[str, Any]) -> None:
    """For a person."""
    a_second, times = report["a_second"], report["milliseconds"]
    print(f"{'purchases a second':28}{'floor':>8}{'server':>8}{'ratio':>8}   (from … to)")
    for name, side, floor, ratio in (
        ("8 connections, all members", "http", "floor", "ratio"),
        ("8 connections, one account", "http_hot", "floor_hot", "ratio_hot"),
    ):
        each = report[ratio.replace("ratio", "ratios")]
        print(
            f"{name:28}{a_second[floor]:8}{a_second[side]:8}{report[ratio]:8.2f}   "
            f"({min(each):.2f} … {max(each):.2f})"
        )
    print(f"\n{'answer, milliseconds':28}{'p50':>8}{'p95':>8}{'p99':>8}")
    for name, side in (("1 connection", "http_one"), ("8 connections", "http"), ("one account", "http_hot")):
        print(f"{name:28}" + "".join(f"{times[side][p]:8}" for p in ("p50", "p95", "p99")))


if __name__ == "__main__":
    sys.exit(main())
