"""Expiry of 300,000 lots out of a million, beside one raw statement that writes the same rows.

Measured twice: the due lots are the oldest, as where all points live equally long; and they are scattered over
the whole table, as where campaigns give points lives of their own. A database is built once for each; every
run gets a copy of its own, made from it as files, and none has seen another's writes. In turns: the raw
statement, the sweep with one worker, the sweep with two. All on one server with the same settings, those of
the embedded database (fsync on). After each run the books must show the same figures. Then the audit reads
the whole of a swept database.

    python benchmarks/expiry.py [--lots 1000000] [--rounds 3] [--shape oldest|scattered] [--json FILE] [--keep FOLDER]

Prints a table and JSON; fails when one worker takes over 1.5 times the raw statement's time, two workers
take longer than it, a transaction takes over 200 ms, or the books do not balance. Memory is the server
process's own (not shared) peak; CPU is the server processes' own time, which other work on the machine
changes little.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

NOW = datetime(2026, 6, 15, tzinfo=UTC)
TEMPLATE, COPY = "bench_expiry_{}", "bench_expiry_run"
LOTS_PER_ACCOUNT = 5
#: In which place among the due dates lot n is: in its own, or in one far away from those of its neighbours.
PLACES = {"oldest": "n", "scattered": "1 + (n::bigint * 7368787) %% %(lots)s"}
MOST_RATIO, MOST_BATCH = 1.5, 0.200
SPAWN = multiprocessing.get_context("spawn")

#: The same UUIDv7 as the sweep's, so that both sides write equal rows.
NEW_ID = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid"""

BUILD = f"""
INSERT INTO loyalty_programme (code, name, currency, point_value, point_decimals, rounding, time_zone, expiry,
       activation_days, spending, earn_on, debt_policy, return_days, grace_days, hold_minutes,
       birthday_days, leaving_days, active)
VALUES ('bench', 'Bench', 'EUR', 1, 2, 'half_up', 'UTC', '{{"kind": "after", "years": 1}}', 0, '{{}}', 'after',
       'debt', 14, 14, 60, 14, 14, true);
INSERT INTO loyalty_account (id, programme_id, kind, code, balance, owed, version, opened_at)
SELECT {NEW_ID}, p.id, kind, '', NULL, 0, 0, now()
  FROM loyalty_programme p, unnest(ARRAY['issuance', 'expiry', 'hold', 'exchange']) kind;

CREATE TEMP TABLE person AS
SELECT n, lpad(to_hex(n), 32, '0')::uuid AS account_id, lpad(to_hex(n + 100000000), 32, '0')::uuid AS member_id
  FROM generate_series(1, %(accounts)s) n;
INSERT INTO members_member (id, status, first_name, middle_name, last_name, gender, language, attributes,
       referral_code, channel, joined_at)
SELECT member_id, 'active', 'Anna', '', 'K', '', 'en', '{{}}', 'R' || n, 'pos', now() FROM person;
INSERT INTO loyalty_account (id, programme_id, kind, code, balance, owed, version, opened_at)
SELECT account_id, p.id, 'member', '', 0, 0, 1, now() FROM person, loyalty_programme p;
INSERT INTO loyalty_holder (account_id, member_id, programme_id, role, may_redeem)
SELECT account_id, member_id, p.id, 'owner', true FROM person, loyalty_programme p;

-- lots as purchases leave them: one after the other, of anybody; three of ten are over
CREATE TEMP TABLE given AS
SELECT {NEW_ID} AS id, {NEW_ID} AS transfer_id, n, (n %% 97 + 1)::numeric(14, 2) AS points,
       lpad(to_hex((1 + floor(random() * %(accounts)s))::bigint), 32, '0')::uuid AS account_id,
       %(now)s::timestamptz - interval '365 days' + (n - 0.5 - %(due)s) * interval '20 seconds' AS earned_at,
       %(now)s::timestamptz + (:place - 0.5 - %(due)s) * interval '20 seconds' AS expires_at
  FROM generate_series(1, %(lots)s) n;
INSERT INTO loyalty_partner (code, name) VALUES ('bench', 'Bench');
INSERT INTO loyalty_store (partner_id, code, name, address, time_zone, active)
SELECT id, 'bench', 'Bench', '', 'UTC', true FROM loyalty_partner;
INSERT INTO campaigns_campaign (programme_id, code, name, status, draft, created_at)
SELECT id, 'base', 'Base', 'live', '{{}}', now() FROM loyalty_programme;
INSERT INTO campaigns_revision (campaign_id, number, name, definition, published_at)
SELECT id, 1, 'Base', '{{}}', now() FROM campaigns_campaign;
INSERT INTO loyalty_receipt (id, store_id, programme_id, number, cashier, channel, member_id, account_id, status,
       purchased_at, recorded_at, total, discount, redeemed_points, redeemed_amount, to_pay, earned, content_hash,
       shopper, outcome)
SELECT g.id, s.id, p.id, g.n, '', 'pos', h.member_id, g.account_id, 'completed', g.earned_at, g.earned_at,
       g.points * 20, 0, 0, 0, g.points * 20, g.points, '',
       jsonb_build_object('member_id', h.member_id),
       jsonb_build_object('total', (g.points * 20)::text, 'to_pay', (g.points * 20)::text, 'earned', g.points::text,
           'lines', jsonb_build_array(jsonb_build_array(1, (g.points * 20)::text, '0', '0', '0', (g.points * 20)::text,
                                                        g.points::text, '[]'::jsonb)),
           'grants', jsonb_build_array(jsonb_build_array(c.id, 1, g.points::text, NULL, g.expires_at)))
  FROM given g JOIN loyalty_holder h ON h.account_id = g.account_id, loyalty_store s, loyalty_programme p,
       campaigns_campaign c ORDER BY g.n;
INSERT INTO analytics_memberfacts (member_id, programme_id, purchases, spent, points, ladder_version, set_exactly)
SELECT member_id, programme_id, count(*), sum(to_pay), sum(earned), 0, false FROM loyalty_receipt GROUP BY 1, 2;
INSERT INTO loyalty_product (partner_id, sku, name, brand, barcode, active)
SELECT id, 'bench', 'Bench', '', '', true FROM loyalty_partner;
INSERT INTO loyalty_receiptline (receipt_id, position, product_id, quantity, price, amount, discount, redeemed_points,
       redeemed_amount, to_pay, earned, traits)
SELECT g.id, 1, p.id, 2, g.points * 10, g.points * 20, 0, 0, 0, g.points * 20, g.points, '{{}}'
  FROM given g, loyalty_product p ORDER BY g.n;
INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, target_balance, reason, receipt_id,
       revision_id)
SELECT transfer_id, 'accrue', (SELECT id FROM loyalty_account WHERE kind = 'issuance'), account_id, points,
       g.id || ':earn:' || v.campaign_id, earned_at, sum(points) OVER (PARTITION BY account_id ORDER BY n), '', g.id,
       v.id
  FROM given g, campaigns_revision v ORDER BY n;
INSERT INTO loyalty_lot (id, account_id, transfer_id, points, remaining, earned_at, expires_at, pending)
SELECT id, account_id, transfer_id, points, points, earned_at, expires_at, false
  FROM given ORDER BY n;
UPDATE loyalty_account a SET balance = g.points
  FROM (SELECT account_id, sum(points) AS points FROM given GROUP BY account_id) g WHERE a.id = g.account_id
"""

RAW = f"""
WITH due AS MATERIALIZED (
  SELECT id, account_id, remaining, expires_at FROM loyalty_lot WHERE remaining > 0 AND expires_at < %(now)s),
sums AS MATERIALIZED (
  SELECT account_id, {NEW_ID} AS transfer_id, sum(remaining) AS points, max(expires_at) AS at
    FROM due GROUP BY account_id),
emptied AS (
  UPDATE loyalty_lot l SET remaining = 0, pending = false FROM due WHERE l.id = due.id),
used AS (
  INSERT INTO loyalty_lotuse (transfer_id, lot_id, points)
  SELECT s.transfer_id, d.id, d.remaining FROM due d JOIN sums s USING (account_id)),
account_rows AS (
  UPDATE loyalty_account a SET balance = a.balance - s.points, version = a.version + 1
    FROM sums s WHERE a.id = s.account_id
  RETURNING a.id, a.programme_id, a.balance, a.version, s.transfer_id, s.points, s.at),
transfer_rows AS (
  INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, source_balance, reason)
  SELECT r.transfer_id, 'expire', r.id, e.id, r.points, 'expire:' || r.id || ':' || r.version,
         %(now)s, r.balance, ''
    FROM account_rows r JOIN loyalty_account e ON e.programme_id = r.programme_id AND e.kind = 'expiry'),
event_rows AS (
  INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
  SELECT {NEW_ID}, 'points.expired', h.member_id, r.at, %(now)s,
         jsonb_build_object('account', r.id, 'transfer', r.transfer_id, 'points', r.points::text, 'reason', '')
    FROM account_rows r JOIN loyalty_holder h ON h.account_id = r.id AND h.role = 'owner')
SELECT count(*) FROM sums
"""

RESULT = """
SELECT json_build_array(
  (SELECT json_build_array(count(*), sum(points)) FROM loyalty_transfer WHERE kind = 'expire'),
  (SELECT json_build_array(count(*), sum(points)) FROM loyalty_lotuse),
  (SELECT json_build_array(count(*), sum(remaining)) FROM loyalty_lot WHERE remaining > 0),
  (SELECT json_build_array(sum(balance), sum(version)) FROM loyalty_account),
  (SELECT count(*) FROM members_event))::text
"""


def main() -> int:
    """Build, measure in turns, tell."""
    from django.db import connection

    options = read_options()
    with tempfile.TemporaryDirectory(prefix="rgbench") as fresh:
        var = Path(options.keep or fresh)
        start_django(var, "postgres")
        connection.ensure_connection()  # keeps the server running
        reports = [measure(var, shape, options) for shape in options.shape or PLACES]
    for report in reports:
        print_table(report)
    text = json.dumps(reports, indent=2)
    print(text)
    if options.json:
        Path(options.json).write_text(text + "\n")
    for report in reports:
        for miss in report["missed"]:
            print(f"{report['shape']}: {miss}", file=sys.stderr)
    return 1 if any(report["missed"] for report in reports) else 0


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lots", type=int, default=1_000_000, help="three of ten are due")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--shape", action="append", choices=PLACES, help="where the due lots lie; default: all"
    )
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the database there, to run again sooner")
    return parser.parse_args()


def start_django(var: Path, database: str) -> None:
    """Make Django ready, with its database in ``var``."""
    os.environ |= {
        "REGULARS_VAR": str(var),
        "REGULARS_MODE": "demo",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "WARNING",
    }
    os.environ.pop("DATABASE_URL", None)
    import django
    from django.conf import settings

    settings.DATABASES["default"]["NAME"] = database
    settings.DATABASES["default"]["MAINTENANCE_NAME"] = database
    django.setup()


def build(pipe: Connection, var: str, shape: str, lots: int) -> None:
    """Fill the database that the runs' are copied from; keep it if it is there already. A process of its own."""
    start_django(Path(var), TEMPLATE.format(shape))
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM loyalty_lot")
        if cursor.fetchone()[0] != lots:
            cursor.execute(
                "SET session_replication_role = replica; SELECT setseed(0.5);"
                + BUILD.replace(":place", PLACES[shape]),
                {"lots": lots, "due": due(lots), "accounts": lots // LOTS_PER_ACCOUNT, "now": NOW},
            )
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
    pipe.send(None)


def due(lots: int) -> int:
    """How many of the lots are due."""
    return lots * 3 // 10


def measure(var: Path, shape: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run all sides in turns on lots that are due in the places of ``shape``."""
    answer(build, var, shape, options.lots)
    taken: dict[str, list[dict[str, Any]]] = {"raw": [], "one": [], "two": []}
    results = set()
    for number in range(options.rounds):
        order = list(taken) if number % 2 == 0 else list(taken)[::-1]
        for side in order:
            make_copy(TEMPLATE.format(shape))
            taken[side].append(run_side(side, var))
            results.add(read_result())
            print(f"  {shape}, {side}: {taken[side][-1]}", file=sys.stderr)
    audited = answer(read_books, var)
    return {"shape": shape} | tell(options, taken, audited, same=len(results) == 1)


def make_copy(template: str) -> None:
    """A fresh copy of the built database, on disk, with nothing of it waiting to be written."""
    with admin() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {COPY} TEMPLATE {template} STRATEGY FILE_COPY")
        cursor.execute("CHECKPOINT")


def run_side(side: str, var: Path) -> dict[str, Any]:
    """Let one or two processes work, ready beforehand, and take the time until the last is done."""
    count = 2 if side == "two" else 1
    pipes, workers = [], []
    for _ in range(count):
        ours, theirs = SPAWN.Pipe()
        worker = SPAWN.Process(target=work, args=(theirs, str(var), side))
        worker.start()
        theirs.close()
        pipes.append(ours)
        workers.append(worker)
    for pipe in pipes:
        assert pipe.recv() == "ready"
    started = time.perf_counter()
    for pipe in pipes:
        pipe.send("go")
    told = [pipe.recv() for pipe in pipes]
    seconds = time.perf_counter() - started
    for worker in workers:
        worker.join()
    return {
        "seconds": round(seconds, 2),
        "batches": sum(each["batches"] for each in told),
        "longest_batch": round(max(each["longest"] for each in told), 3),
        "cpu": round(sum(each["cpu"] for each in told), 2),
        "memory_mb": round(max(each["memory"] for each in told), 1),
    }


def work(pipe: Connection, var: str, side: str) -> None:
    """One worker's process."""
    start_django(Path(var), COPY)
    from django.db import connection

    from loyalty.ledger import sweep

    connection.ensure_connection()
    pipe.send("ready")
    pipe.recv()
    told: dict[str, Any] = {"batches": 1, "longest": 0.0}
    if side == "raw":
        with connection.cursor() as cursor:
            cursor.execute(RAW, {"now": NOW})
    else:
        tally = sweep.expire(NOW)
        told = {"batches": tally.batches, "longest": tally.longest}
    backend = connection.connection.info.backend_pid
    pipe.send(told | {"memory": read_memory(backend), "cpu": read_cpu(backend)})


def read_memory(pid: int) -> float:
    """MB that a server process holds for itself now, as the system counts them."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return float("nan")


def read_cpu(pid: int) -> float:
    """Seconds of CPU that a server process has used, in user and system mode."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return float("nan")
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def read_result() -> str:
    """What the books of the copy say."""
    import psycopg
    from django.conf import settings

    from config.settings.databases import describe_dsn

    with psycopg.connect(describe_dsn(settings.DATABASES["default"] | {"NAME": COPY})) as connection:
        return connection.execute(RESULT).fetchone()[0]  # type: ignore[index]


def answer(target: Callable[..., None], var: Path, *words: Any) -> Any:
    """What ``target`` sends when it is done, in a process of its own."""
    ours, theirs = SPAWN.Pipe()
    worker = SPAWN.Process(target=target, args=(theirs, str(var), *words))
    worker.start()
    theirs.close()
    said = ours.recv()
    worker.join()
    return said


def read_books(pipe: Connection, var: str) -> None:
    """The audit's process."""
    start_django(Path(var), COPY)
    from loyalty.ledger import audit

    result = audit.audit()
    pipe.send({"clean": result.clean, "seconds": round(result.seconds, 2), "took": result.took})


def admin() -> Any:
    """A cursor on the server's own database."""
    import contextlib

    import psycopg
    from django.conf import settings

    from config.settings.databases import describe_dsn

    @contextlib.contextmanager
    def cursor() -> Any:
        dsn = describe_dsn(settings.DATABASES["default"] | {"NAME": "postgres"})
        with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
            yield cursor

    return cursor()


def tell(
    options: argparse.Namespace, taken: dict[str, list[dict[str, Any]]], audited: dict[str, Any], same: bool
) -> dict[str, Any]:
    """The figures, and which bounds are not kept."""
    median = {side: statistics.median(run["seconds"] for run in runs) for side, runs in taken.items()}
    longest = max(run["longest_batch"] for side in ("one", "two") for run in taken[side])
    report: dict[str, Any] = {
        "lots": options.lots,
        "due": due(options.lots),
        "rounds": options.rounds,
        "seconds": {side: [run["seconds"] for run in runs] for side, runs in taken.items()},
        "median": median,
        "ratio_one_worker": round(median["one"] / median["raw"], 2),
        "ratio_two_workers": round(median["two"] / median["raw"], 2),
        "longest_batch": longest,
        "batches": taken["one"][0]["batches"],
        "cpu_seconds": {side: statistics.median(run["cpu"] for run in runs) for side, runs in taken.items()},
        "memory_mb": {side: max(run["memory_mb"] for run in runs) for side, runs in taken.items()},
        "audit_seconds": audited["seconds"],
    }
    report["missed"] = [
        text
        for missed, text in (
            (
                report["ratio_one_worker"] > MOST_RATIO,
                f"one worker takes over {MOST_RATIO} times the raw statement",
            ),
            (report["ratio_two_workers"] >= 1, "two workers take longer than the raw statement"),
            (longest > MOST_BATCH, f"a transaction takes {longest} s; the most is {MOST_BATCH} s"),
            (not same, "the sides did not leave the same books"),
            (not audited["clean"], "the books do not balance"),
        )
        if missed
    ]
    return report


def print_table(report: dict[str, Any]) -> None:
    """The figures for a reader."""
    print(
        f"{report['due']:,} of {report['lots']:,} lots expire ({report['shape']}); "
        f"median of {report['rounds']} runs in turns\n"
    )
    print(f"{'':24}{'seconds':>9}{'ratio':>8}{'CPU, s':>9}{'memory, MB':>12}")
    names = {"raw": "one raw statement", "one": "sweep, one worker", "two": "sweep, two workers"}
    for side, name in names.items():
        ratio = report["median"][side] / report["median"]["raw"]
        row = f"{name:24}{report['median'][side]:>9.2f}{ratio:>8.2f}{report['cpu_seconds'][side]:>9.1f}"
        print(f"{row}{report['memory_mb'][side]:>12.1f}")
    print(f"\n{report['batches']} batches, the longest transaction {report['longest_batch'] * 1000:.0f} ms")
    print(f"audit of the books afterwards: {report['audit_seconds']:.1f} s\n")


if __name__ == "__main__":
    sys.exit(main())
