"""The recount of a million members' tiers, beside one raw statement that writes the same rows.

Three recounts, each on a copy of one database, raw statement and recount in turns:

- ``threshold``: a ladder that counts in all; a lower threshold lifts three members of ten.
- ``year``: a ladder of a calendar year; the year is over, and eight of ten come down.
- ``anew``: the ladder in all becomes one of the calendar year, and everybody is counted anew from the receipts.

    python benchmarks/tiers.py [--accounts 1000000] [--receipts 3] [--rounds 1] [--case NAME] [--keep FOLDER]

The raw statement knows the answers (they stand in a table beside it) and writes them in one go, holding every
row until it is done; the recount works them out, in batches of a thousand. Prints a table and JSON; fails when
both do not leave the same rows. CPU is the server processes' own time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import expiry as bench

NOW = datetime(2028, 1, 5, tzinfo=UTC)
TEMPLATE = "bench_tiers"

BUILD = f"""
INSERT INTO loyalty_programme (code, name, currency, point_value, point_decimals, rounding, time_zone, expiry,
       activation_days, spending, earn_on, debt_policy, return_days, grace_days, hold_minutes,
       birthday_days, leaving_days, active)
VALUES ('bench', 'Bench', 'EUR', 1, 2, 'half_up', 'UTC', '{{"kind": "never"}}', 0, '{{}}', 'after',
       'debt', 14, 14, 60, 14, 14, true);
INSERT INTO loyalty_partner (code, name) VALUES ('bench', 'Bench');
INSERT INTO loyalty_store (code, name, partner_id, time_zone, address, active)
SELECT 'bench', 'Bench', id, 'UTC', '', true FROM loyalty_partner;
INSERT INTO loyalty_tier (programme_id, code, name, threshold)
SELECT p.id, t.code, t.code, t.threshold FROM loyalty_programme p,
       (VALUES ('classic', 0), ('silver', 300), ('gold', 900)) t(code, threshold);
INSERT INTO loyalty_ladder (programme_id, basis, "window", span_unit, down, term, fall, grace_days, version)
SELECT id, 'spent', 'ever', 'days', 'never', '', 'step', 0, 1 FROM loyalty_programme;

CREATE TEMP TABLE person AS
SELECT n, lpad(to_hex(n), 32, '0')::uuid AS account_id, lpad(to_hex(n + 100000000), 32, '0')::uuid AS member_id,
       (100 + n %% 1000)::numeric(14, 2) AS spent  -- from 100 to 1099 in all
  FROM generate_series(1, %(members)s) n;
INSERT INTO members_member (id, status, first_name, middle_name, last_name, gender, language, attributes,
       referral_code, channel, joined_at)
SELECT member_id, 'active', 'Anna', '', 'K', '', 'en', '{{}}', 'R' || n, 'pos', now() FROM person;
INSERT INTO loyalty_account (id, programme_id, kind, code, balance, owed, version, opened_at)
SELECT account_id, p.id, 'member', '', 0, 0, 1, now() FROM person, loyalty_programme p;
INSERT INTO loyalty_holder (account_id, member_id, programme_id, role, may_redeem)
SELECT account_id, member_id, p.id, 'owner', true FROM person, loyalty_programme p;
INSERT INTO loyalty_receipt (id, store_id, programme_id, number, cashier, channel, member_id, account_id, status,
       purchased_at, recorded_at, total, discount, redeemed_points, redeemed_amount, to_pay, earned,
       content_hash, outcome)
SELECT {bench.NEW_ID}, s.id, p.id, x.n || '-' || turn, '', 'pos', x.member_id, x.account_id, 'completed',
       timestamptz '2026-03-01' + (x.n * 97 + turn * 7) %% 300 * interval '1 day', now(), amount, 0, 0, 0, amount, 1,
       '', '{{}}'
  FROM person x, generate_series(1, %(receipts)s) turn,
       LATERAL (SELECT CASE WHEN turn = 1 THEN x.spent - (%(receipts)s - 1) * 10 ELSE 10 END AS amount) r,
       loyalty_programme p, loyalty_store s
 ORDER BY turn, x.n;
INSERT INTO analytics_memberfacts (member_id, programme_id, purchases, spent, points, first_purchase_at,
       last_purchase_at, tier_id, ladder_version)
SELECT r.member_id, r.programme_id, count(*), sum(r.to_pay), sum(r.earned), min(r.purchased_at),
       max(r.purchased_at),
       (SELECT id FROM loyalty_tier WHERE threshold <= sum(r.to_pay) ORDER BY threshold DESC LIMIT 1), 1
  FROM loyalty_receipt r GROUP BY r.member_id, r.programme_id
"""
_YEAR = """UPDATE loyalty_ladder SET "window" = 'year', down = 'below', version = version + 1"""
#: What is done before the clock starts, and when it then is.
CASES: dict[str, tuple[str, datetime]] = {
    "threshold": (
        "UPDATE loyalty_tier SET threshold = 600 WHERE code = 'gold'; UPDATE loyalty_ladder SET version = 2",
        NOW,
    ),
    "year": (_YEAR, NOW),
    "anew": (_YEAR, datetime(2026, 12, 30, tzinfo=UTC)),
}
#: Before these the recount has been there once, a year ago.
SETTLED = {"year": datetime(2026, 12, 30, tzinfo=UTC)}

RAW = f"""
WITH facts_rows AS (
  UPDATE analytics_memberfacts f SET tier_id = a.tier_id, tier_until = a.tier_until, climb = a.climb,
         ladder_version = a.ladder_version
    FROM answer a WHERE f.id = a.id AND a.written),
account_rows AS (
  UPDATE loyalty_account c SET version = c.version + 1
    FROM answer a JOIN loyalty_holder h ON h.member_id = a.member_id WHERE c.id = h.account_id AND a.was IS NOT NULL),
change_rows AS (
  INSERT INTO loyalty_tierchange (id, member_id, programme_id, at, recorded_at, was, now, up, why, reason)
  SELECT {bench.NEW_ID}, member_id, programme_id, at, %(now)s, was, now, up, why, '' FROM answer WHERE was IS NOT NULL)
INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
SELECT {bench.NEW_ID}, CASE WHEN up THEN 'tier.reached' ELSE 'tier.lost' END, member_id, at, %(now)s, data
  FROM answer WHERE was IS NOT NULL
"""
#: What the recount left, to be written again by the raw statement.
ANSWER = """
CREATE TABLE answer AS
SELECT f.id, f.member_id, f.programme_id, f.tier_id, f.tier_until, f.climb, f.ladder_version,
       (f.ladder_version, f.tier_id, f.tier_until) IS DISTINCT FROM (b.ladder_version, b.tier_id, b.tier_until)
         AS written,
       c.at, c.was, c.now, c.up, c.why, e.data
  FROM analytics_memberfacts f JOIN before b ON b.id = f.id
  LEFT JOIN loyalty_tierchange c ON c.member_id = f.member_id AND c.recorded_at = %(now)s
  LEFT JOIN members_event e ON e.member_id = f.member_id AND e.recorded_at = %(now)s AND e.kind LIKE 'tier.%%'
"""
RESULT = """
SELECT json_build_array(
  (SELECT json_build_array(count(*), sum(tier_id), count(tier_until), sum(ladder_version), count(climb))
     FROM analytics_memberfacts),
  (SELECT json_build_array(count(*), count(*) FILTER (WHERE up)) FROM loyalty_tierchange),
  (SELECT sum(version) FROM loyalty_account), (SELECT count(*) FROM members_event))::text
"""


def main() -> int:
    """Build, measure in turns, tell."""
    from django.db import connection

    options = read_options()
    with tempfile.TemporaryDirectory(prefix="rgbench") as fresh:
        var = Path(options.keep or fresh)
        bench.start_django(var, "postgres")
        connection.ensure_connection()  # keeps the server running
        bench.answer(build, var, options.accounts, options.receipts)
        reports = [measure(var, case, options) for case in options.case or CASES]
    for report in reports:
        print(
            f"{report['case']:10} raw {report['raw']:7.2f} s  recount {report['recount']:7.2f} s  "
            f"ratio {report['ratio']:5.2f}  (CPU {report['cpu_raw']:.1f} / {report['cpu_recount']:.1f} s)  "
            f"{report['members']} looked at, {report['changed']} changed, longest batch {report['longest']:.3f} s"
        )
    print(json.dumps(reports, indent=2))
    return 0 if all(report["same"] for report in reports) else 1


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--receipts", type=int, default=3, help="of each member")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--case", action="append", choices=CASES)
    parser.add_argument("--keep", metavar="FOLDER", help="keep the database there, to run again sooner")
    return parser.parse_args()


def build(pipe: Connection, var: str, members: int, receipts: int) -> None:
    """Fill the database that the runs' are copied from; keep it if it is there already. A process of its own."""
    bench.start_django(Path(var), TEMPLATE)
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM analytics_memberfacts")
        if cursor.fetchone()[0] != members:
            cursor.execute(
                "SET session_replication_role = replica;" + BUILD, {"members": members, "receipts": receipts}
            )
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM (FREEZE, ANALYZE)")
    pipe.send(None)


def measure(var: Path, case: str, options: argparse.Namespace) -> dict[str, Any]:
    """Recount a copy, then write the same rows of another copy by one statement."""
    taken: dict[str, list[dict[str, Any]]] = {"recount": [], "raw": []}
    results = set()
    bench.make_copy(TEMPLATE)
    bench.answer(prepare, var, case)
    rename(f"{TEMPLATE}_{case}")
    for number in range(options.rounds):
        bench.make_copy(f"{TEMPLATE}_{case}")
        taken["recount"].append(bench.answer(recount, var, case))
        results.add(read_result())
        if number == 0:
            bench.answer(note_answers, var, case)
            rename(f"{TEMPLATE}_{case}_done")
            bench.answer(carry_answers, var, case)
        bench.make_copy(f"{TEMPLATE}_{case}_raw")
        taken["raw"].append(bench.answer(write_raw, var, case))
        results.add(read_result())
        print(f"  {case}: {taken['recount'][-1]} {taken['raw'][-1]}", file=sys.stderr)
    median = {side: statistics.median(run["seconds"] for run in runs) for side, runs in taken.items()}
    done = taken["recount"][0]
    for name in (case, f"{case}_done", f"{case}_raw"):
        drop(f"{TEMPLATE}_{name}")
    return {
        "case": case, **median, "ratio": round(median["recount"] / median["raw"], 2),
        "cpu_raw": taken["raw"][0]["cpu"], "cpu_recount": done["cpu"], "members": done["members"],
        "changed": done["changed"], "batches": done["batches"], "longest": done["longest"], "same": len(results) == 1,
    }  # fmt: skip


def prepare(pipe: Connection, var: str, case: str) -> None:
    """Bring a copy to where the clock starts. A process of its own, as all that follow."""
    bench.start_django(Path(var), bench.COPY)
    from django.db import connection

    from analytics import recount

    with connection.cursor() as cursor:
        cursor.execute(CASES[case][0])
    if case in SETTLED:
        recount.settle(SETTLED[case])
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE before AS SELECT id, ladder_version, tier_id, tier_until FROM analytics_memberfacts"
        )
        cursor.execute("VACUUM (FULL, FREEZE, ANALYZE) analytics_memberfacts")
        cursor.execute("VACUUM (ANALYZE)")
    pipe.send(None)


def recount(pipe: Connection, var: str, case: str) -> None:
    """The recount, by one worker."""
    bench.start_django(Path(var), bench.COPY)
    from django.db import connection

    from analytics import recount

    connection.ensure_connection()
    started = time.perf_counter()
    tally = recount.settle(CASES[case][1])
    seconds = round(time.perf_counter() - started, 2)
    cpu = bench.read_cpu(connection.connection.info.backend_pid)
    pipe.send(
        {
            "seconds": seconds, "cpu": cpu, "members": tally.members, "changed": tally.up + tally.down,
            "batches": tally.batches, "longest": round(tally.longest, 3),
        }
    )  # fmt: skip


def note_answers(pipe: Connection, var: str, case: str) -> None:
    """Keep what the recount left."""
    bench.start_django(Path(var), bench.COPY)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(ANSWER, {"now": CASES[case][1]})
    pipe.send(None)


def carry_answers(pipe: Connection, var: str, case: str) -> None:
    """Lay the answers beside the raw statement, in a database as it was before."""
    import psycopg

    bench.start_django(Path(var), "postgres")
    from django.conf import settings

    from config.settings.databases import describe_dsn

    def dsn(name: str) -> str:
        return describe_dsn(settings.DATABASES["default"] | {"NAME": name})

    with bench.admin() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {TEMPLATE}_{case}_raw WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {TEMPLATE}_{case}_raw TEMPLATE {TEMPLATE}_{case} STRATEGY FILE_COPY")
    with (
        psycopg.connect(dsn(f"{TEMPLATE}_{case}_done")) as done,
        psycopg.connect(dsn(f"{TEMPLATE}_{case}_raw")) as raw,
        done.cursor() as source,
        raw.cursor() as target,
    ):
        target.execute(
            """CREATE TABLE answer (id bigint, member_id uuid, programme_id bigint, tier_id bigint,
            tier_until timestamptz, climb jsonb, ladder_version int, written boolean, at timestamptz, was text,
            now text, up boolean, why text, data jsonb)"""
        )
        with source.copy("COPY answer TO STDOUT") as rows, target.copy("COPY answer FROM STDIN") as copy:
            for block in rows:
                copy.write(block)
        target.execute("ANALYZE answer")
    pipe.send(None)


def write_raw(pipe: Connection, var: str, case: str) -> None:
    """The raw statement."""
    bench.start_django(Path(var), bench.COPY)
    from django.db import connection

    connection.ensure_connection()
    started = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(RAW, {"now": CASES[case][1]})
    seconds = round(time.perf_counter() - started, 2)
    pipe.send({"seconds": seconds, "cpu": bench.read_cpu(connection.connection.info.backend_pid)})


def rename(name: str) -> None:
    """Give the copy a name of its own."""
    drop(name)
    with bench.admin() as cursor:
        cursor.execute(f"ALTER DATABASE {bench.COPY} RENAME TO {name}")


def drop(name: str) -> None:
    """Drop a database."""
    with bench.admin() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def read_result() -> str:
    """What the copy says in the end."""
    import psycopg
    from django.conf import settings

    from config.settings.databases import describe_dsn

    with psycopg.connect(describe_dsn(settings.DATABASES["default"] | {"NAME": bench.COPY})) as connection:
        return str(connection.execute(RESULT).fetchone()[0])  # type: ignore[index]


if __name__ == "__main__":
    sys.exit(main())
