"""What slow clients cost the tills: answer times without and with 200 clients that trickle, in turns.

The shop and the server of ``checkout.py``. The slow ones send a head or a body byte by byte, and never end. With
``--beside gthread`` the same tills buy from gunicorn's own threads as well (without slow clients, which
would silence it), for what the waiting loop costs.

    python benchmarks/slow_clients.py [--quick] [--slow 200] [--beside gthread] [--keep FOLDER]

Prints a table; fails when 200 slow clients delay a till by more than 50 ms at p95.
"""

from __future__ import annotations

import argparse
import multiprocessing
import socket
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import _load  # noqa: E402
import checkout  # noqa: E402

MOST = 0.050
STARTS = (
    b"POST /api/v1/purchases HTTP/1.1\r\nX: ",
    b"POST /api/v1/purchases HTTP/1.1\r\nContent-Length: 9999\r\n\r\n",
)


class Round(NamedTuple):
    """Seconds of each purchase, and of the web processes' processor time for all of them."""

    took: list[float]
    processor: float


def main() -> int:
    """Build, measure in turns, tell."""
    options = read_options()
    with tempfile.TemporaryDirectory(prefix="rgbench") as fresh, ExitStack() as stack:
        var = Path(options.keep or fresh)
        checkout.start_django(var)
        shop = checkout.open_shop(var, options.members)
        servers = {}
        for name, more in (("ours", []), ("beside", ["--worker-class", options.beside])):
            if name == "ours" or options.beside:
                port = checkout.find_port()
                servers[name] = (port, stack.enter_context(checkout.serve(var, port, *more)))
        results = measure(shop, servers, options)
    p95 = {side: print_side(side, rounds, options.seconds) for side, rounds in results.items()}
    if options.beside:
        print_ratio(results["alone"], results["beside"])
    delay = p95["slow"] - p95["alone"]
    print(
        f"{options.slow} slow clients delay a till by {delay * 1000:.1f} ms at p95 (at most {MOST * 1000:.0f})"
    )
    return 0 if delay <= MOST else 1


def print_side(side: str, rounds: list[Round], seconds: float) -> float:
    """A line of the table, medians over the rounds. Returns the p95 in seconds."""
    rate = statistics.median(len(one.took) / seconds for one in rounds)
    p50 = statistics.median(statistics.median(one.took) for one in rounds)
    p95 = statistics.median(sorted(one.took)[int(len(one.took) * 0.95)] for one in rounds)
    cost = statistics.median(one.processor / len(one.took) for one in rounds)
    times = (
        f"p50 {p50 * 1000:7.1f} ms   p95 {p95 * 1000:7.1f} ms   processor {cost * 1000:5.2f} ms a purchase"
    )
    print(f"{side:8} {rate:8.0f} a second   {times}")
    return p95


def print_ratio(ours: list[Round], theirs: list[Round]) -> None:
    """What the waiting loop costs: purchases, and processor time for each, against the other worker's."""
    rates = [len(one.took) / len(other.took) for one, other in zip(ours, theirs, strict=True)]
    costs = [
        (one.processor / len(one.took)) / (other.processor / len(other.took))
        for one, other in zip(ours, theirs, strict=True)
    ]
    print(f"purchases: {statistics.median(rates):.3f} of beside ({min(rates):.2f} … {max(rates):.2f})")
    print(f"processor: {statistics.median(costs):.3f} of beside ({min(costs):.2f} … {max(costs):.2f})")


def read_options() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="3 rounds of 3 seconds, 10,000 members")
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--connections", type=int, default=8, help="tills")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--beside", help="a worker class of gunicorn to compare with")
    parser.add_argument("--keep", help="a folder in which the shop is kept for the next run")
    options = parser.parse_args()
    options.rounds = options.rounds or (3 if options.quick else 5)
    options.seconds = options.seconds or (3.0 if options.quick else 8.0)
    options.members = 10_000 if options.quick else 100_000
    return options


def measure(
    shop: dict[str, Any], servers: dict[str, tuple[int, int]], options: argparse.Namespace
) -> dict[str, list[Round]]:
    """Each side in turns, the order turning with them. ``servers`` are ports and processes."""
    stamp = format(time.time_ns(), "x")
    tills = (options.connections,)

    def sell(server: tuple[int, int], name: str, seconds: float) -> Round:
        port, process = server
        load = [_load.work, port, shop["secret"], shop["goods"], shop["cards"], *tills, f"{stamp}-{name}"]
        before = count_processor(process)
        took = checkout.run([load], seconds)
        return Round(took, count_processor(process) - before)

    for name, server in servers.items():
        sell(server, f"warm-{name}", 2.0)
    sides = ["alone", *(["beside"] if options.beside else []), "slow"]
    results: dict[str, list[Round]] = {side: [] for side in sides}
    for turn in range(options.rounds):
        for side in sides if turn % 2 else reversed(sides):
            server = servers["beside" if side == "beside" else "ours"]
            slow = multiprocessing.Process(target=trickle, args=(server[0], options.slow), daemon=True)
            if side == "slow":
                slow.start()
                time.sleep(1)
            results[side].append(sell(server, f"{side}-{turn}", options.seconds))
            if side == "slow":
                slow.terminate()
                slow.join()
    return results


def count_processor(process: int) -> float:
    """Seconds of processor time of the web processes so far."""
    times = [child.cpu_times() for child in psutil.Process(process).children()]
    return sum(one.user + one.system for one in times)


def trickle(port: int, clients: int) -> None:
    """Clients that send a byte each, twice a second."""
    lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(clients)]
    for number, line in enumerate(lines):
        line.sendall(STARTS[number % len(STARTS)])
    while True:
        for line in lines:
            line.sendall(b"x")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main())
