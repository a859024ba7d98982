"""The cabinet's first page among a million members, beside an empty view of the same process.

Three requests in turns, through the whole WSGI application with all its middleware, in one process on one connection:
a view that answers nothing, the first page of a member with 1,000 receipts, and that of one with 20,000 open lots
besides. Both have coupons, stamps and tiers as members of the programme have. What counts is processor time: the
process's own, and that of its server process of PostgreSQL beside it.

    python benchmarks/cabinet.py [--members 1000000] [--receipts 1000] [--lots 20000] [--rounds 9] [--keep FOLDER]

Prints a table and JSON. Fails when the page takes over 8 times the empty view's processor time, when the second
member's takes over 1.3 times the first's (the database's included), or when a page asks over 8 statements.
``--profile`` prints where the time of the first member's page goes instead.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import expiry as bench

DATABASE = "bench_cabinet"
MOST_PAGE, MOST_LOTS, MOST_STATEMENTS = 8.0, 1.3, 8
#: Requests of one side in a round: processor time is counted in hundredths of a second.
TURN = 100

BUILD = f"""
CREATE TEMP TABLE person AS
SELECT n, lpad(to_hex(n), 32, '0')::uuid AS account_id, lpad(to_hex(n + 100000000), 32, '0')::uuid AS member_id,
       lpad(to_hex(n + 200000000), 32, '0')::uuid AS transfer_id, lpad(to_hex(n + 300000000), 32, '0')::uuid AS lot_id
  FROM generate_series(1, %(members)s) n;
INSERT INTO members_member (id, status, phone, first_name, middle_name, last_name, gender, language, attributes,
       referral_code, channel, joined_at)
SELECT member_id, 'active', '+7' || 9000000000 + n, 'Anna', '', 'Kern', '', 'en', '{{}}', 'R' || n, 'pos',
       now() - interval '700 days'
  FROM person;
INSERT INTO members_card (number, kind_id, member_id, blocked, issued_at)
SELECT '2' || lpad(n::text, 12, '0'), k.id, member_id, false, now()
  FROM person, members_cardkind k WHERE k.code = 'virtual';
INSERT INTO loyalty_account (id, programme_id, kind, code, balance, owed, version, opened_at)
SELECT account_id, p.id, 'member', '', 50, 0, 1, now() FROM person, loyalty_programme p;
INSERT INTO loyalty_holder (account_id, member_id, programme_id, role, may_redeem)
SELECT account_id, member_id, p.id, 'owner', true FROM person, loyalty_programme p;
INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, target_balance, reason)
SELECT transfer_id, 'adjust', i.id, account_id, 50, 'start:' || n, now(), 50, ''
  FROM person, loyalty_account i WHERE i.kind = 'issuance';
INSERT INTO loyalty_lot (id, account_id, transfer_id, points, remaining, earned_at, expires_at, pending)
SELECT lot_id, account_id, transfer_id, 50, 50, now(), now() + (1 + n %% 300) * interval '1 day', false FROM person;
INSERT INTO loyalty_receipt (id, store_id, programme_id, number, cashier, channel, member_id, account_id, status,
       purchased_at, recorded_at, total, discount, redeemed_points, redeemed_amount, to_pay, earned, content_hash,
       shopper, outcome)
SELECT {bench.NEW_ID}, s.id, p.id, x.n || '-' || turn, '', 'pos', x.member_id, x.account_id, 'completed',
       now() - turn * 700.0 / x.receipts * interval '1 day', now(), 20, 0, 0, 0, 20, 1, '', '{{}}', '{{}}'
  FROM (SELECT *, CASE WHEN n <= 2 THEN %(receipts)s ELSE 1 END AS receipts FROM person) x,
       generate_series(1, x.receipts) turn, loyalty_programme p, loyalty_store s;
INSERT INTO loyalty_receiptline (receipt_id, position, product_id, quantity, price, amount, discount, redeemed_points,
       redeemed_amount, to_pay, earned, traits)
SELECT r.id, position, g.id, 2, 5, 10, 0, 0, 0, 10, 0.5,
       jsonb_build_object('sku', 'coffee', 'categories', '["coffee"]'::jsonb)
  FROM loyalty_receipt r JOIN person x ON x.member_id = r.member_id AND x.n <= 2,
       generate_series(1, 2) position,
       loyalty_product g;
INSERT INTO analytics_memberfacts (member_id, programme_id, purchases, spent, points, first_purchase_at,
       last_purchase_at, tier_id, ladder_version, set_exactly)
SELECT member_id, r.programme_id, count(*), sum(to_pay), sum(earned), min(purchased_at), max(purchased_at),
       (SELECT id FROM loyalty_tier ORDER BY threshold LIMIT 1), (SELECT version FROM loyalty_ladder), false
  FROM loyalty_receipt r GROUP BY 1, 2;
INSERT INTO campaigns_usage (member_id, campaign_id, period, times, points)
SELECT member_id, c.id, 'progress', 1 + x.n %% 4, 0 FROM person x, campaigns_campaign c
 WHERE c.code IN ('stamps', 'fifth');

CREATE TEMP TABLE given AS
SELECT {bench.NEW_ID} AS id, {bench.NEW_ID} AS transfer_id, n, lpad(to_hex(2), 32, '0')::uuid AS account_id
  FROM generate_series(1, %(lots)s) n;
INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, target_balance, reason)
SELECT transfer_id, 'adjust', i.id, account_id, 1, 'more:' || n, now(), 50 + n, ''
  FROM given, loyalty_account i WHERE i.kind = 'issuance';
INSERT INTO loyalty_lot (id, account_id, transfer_id, points, remaining, earned_at, active_from, expires_at, pending)
SELECT id, account_id, transfer_id, 1, 1, now() - n * interval '20 minutes',
       CASE WHEN n %% 10 = 0 THEN now() + n * interval '1 minute' END, now() + n * interval '25 minutes', n %% 10 = 0
  FROM given;
UPDATE loyalty_account SET balance = 50 + %(lots)s WHERE id = lpad(to_hex(2), 32, '0')::uuid;
"""


def main() -> int:
    """Build, measure in turns, tell."""
    from django.db import connection

    options = read_options()
    with tempfile.TemporaryDirectory(prefix="rgbench") as fresh:
        var = Path(options.keep or fresh)
        bench.start_django(var, "postgres")
        connection.ensure_connection()  # keeps the server running
        with bench.admin() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
        bench.answer(build, var, options)
        report = bench.answer(measure, var, options)
    if options.profile:
        print(report)
        return 0
    print_table(report, options)
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
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--receipts", type=int, default=1_000, help="of the two members in view")
    parser.add_argument("--lots", type=int, default=20_000, help="open lots of the second one")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the database there, to run again sooner")
    parser.add_argument("--profile", action="store_true", help="print a profile of the page instead")
    return parser.parse_args()


def build(pipe: Connection, var: str, options: argparse.Namespace) -> None:
    """Fill the database; keep what is there already. A process of its own."""
    bench.start_django(Path(var), DATABASE)
    from django.core.management import call_command
    from django.db import connection, transaction

    from loyalty.models import Programme
    from members.models import Member

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    if Member.objects.count() != options.members:
        told = {"members": options.members, "receipts": options.receipts, "lots": options.lots}
        with transaction.atomic():
            if not Programme.objects.exists():
                _open_shop()
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL session_replication_role = replica;" + BUILD, told)
                cursor.execute("SET LOCAL session_replication_role = origin")
            _hand_out_coupons()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM (FREEZE, ANALYZE)")
    pipe.send(None)


def _open_shop() -> None:
    """A programme with tiers, coupons and campaigns such as a chain has, and one store."""
    from datetime import timedelta

    from django.utils import timezone

    from campaigns import rulebooks
    from campaigns.models import Campaign
    from loyalty.ledger import ledger
    from loyalty.models import Category, Ladder, Participation, Partner, Product, Programme, Store, Tier
    from members import registration
    from rewards.coupons import series
    from rewards.models import Series

    moment = timezone.now() - timedelta(days=800)
    programme = Programme.objects.create(
        code="bench", name="Bench", currency="EUR", time_zone="Europe/Berlin"
    )
    partner = Partner.objects.create(code="bench", name="Bench")
    Participation.objects.create(partner=partner, programme=programme)
    Store.objects.create(code="bench", name="Bench", partner=partner, time_zone="Europe/Berlin")
    for code, threshold in (("classic", 0), ("silver", 100_000), ("gold", 900_000)):
        Tier.objects.create(
            programme=programme, code=code, name=code.title(), threshold=threshold, benefits="More\nyet"
        )
    Ladder.objects.get_or_create(programme=programme)
    coffee = Category.objects.create(code="coffee", name="Coffee", path=["coffee"])
    Product.objects.create(partner=partner, sku="coffee", name="Coffee", category=coffee, price=5)
    registration.virtual_kind()
    ledger.institutions(programme)
    series.save(Series(programme=programme, code="spring", name="Spring", offer="10% off"), None, moment)
    rulebooks.refresh(programme, moment)
    for code, draft in _drafts().items():
        campaign = Campaign.objects.create(programme=programme, code=code, name=code.title(), draft=draft)
        rulebooks.publish(campaign, moment)


def _drafts() -> dict[str, Any]:
    members = {"whom": {"who": "members"}}
    fixed = {"what": [{"effect": "points_fixed", "points": "9"}]}
    percent = {"what": [{"effect": "points_percent", "percent": "5"}]}
    nth = {"condition": "nth_purchase", "every": 5, "counting": "campaign"}
    return {
        "base": members | percent,
        "stamps": members | {"what": [{"effect": "stamp", "goal": 6, "reward": {"points": "30"}}]},
        "fifth": members | fixed | {"if": nth},
        "month": members | fixed | {"if": {"condition": "spent", "period": "month", "at_least": "500"}},
        "silver": {"whom": {"who": "members", "tiers": ["silver"]}} | percent,
        "coffee": members | percent | {"what_for": {"of": "lines", "categories": ["coffee"]}},
        "coupon": members | percent | {"if": {"condition": "coupon", "series": ["spring"]}},
        "friends": members | fixed | {"what_for": {"of": "event", "event": "referral.joined"}},
        **{
            f"hours-{n}": members | percent | {"when": {"hours": [[f"0{n}:00", f"0{n}:30"]]}}
            for n in range(6)
        },
    }


def _hand_out_coupons() -> None:
    """Four coupons for each of the two."""
    from django.utils import timezone

    from members.models import Member
    from rewards.models import Coupon, Series

    series, now = Series.objects.get(), timezone.now()
    for member in Member.objects.filter(referral_code__in=["R1", "R2"]):
        for n in range(4):
            Coupon.objects.create(
                programme_id=series.programme_id, series=series, member=member, code=f"SPRING{member.referral_code}{n}",
                issued_at=now,
            )  # fmt: skip


def measure(pipe: Connection, var: str, options: argparse.Namespace) -> None:
    """All sides in turns. A process of its own."""
    bench.start_django(Path(var), DATABASE)
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.db import connection

    settings.ROOT_URLCONF, settings.ALLOWED_HOSTS = __name__, ["testserver"]
    application = get_wsgi_application()
    first, second = (_cookie(f"R{n}") for n in (1, 2))
    sides: dict[str, Callable[[], bytes]] = {
        "empty": lambda: _ask(application, "/empty/", first),
        "page": lambda: _ask(application, "/cabinet/bench/", first),
        "lots": lambda: _ask(application, "/cabinet/bench/", second),
    }
    counted = {name: _count(side) for name, side in sides.items()}
    if options.profile:
        pipe.send(_profile(sides["page"]))
        return
    backend = connection.connection.info.backend_pid
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    for number in range(options.rounds):
        for name in list(sides) if number % 2 == 0 else list(sides)[::-1]:
            own, theirs, clock = time.process_time(), bench.read_cpu(backend), time.perf_counter()
            for _ in range(TURN):
                sides[name]()
            told = (time.process_time() - own, bench.read_cpu(backend) - theirs, time.perf_counter() - clock)
            taken[name].append(
                dict(zip(("own", "database", "clock"), (one / TURN * 1000 for one in told), strict=True))
            )
    pipe.send(_tell(taken, counted, options))


def _cookie(code: str) -> str:
    """The login of a member."""
    from django.utils import timezone

    from cabinet.access import COOKIE
    from members import devices
    from members.models import Member

    member = Member.objects.get(referral_code=code)
    return f"{COOKIE}={devices.open_on(member, 'bench', 'Chrome, Android', timezone.now())}"


def _ask(application: Any, path: str, cookie: str) -> bytes:
    """One request as a server makes it, closed as a server closes it."""
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_COOKIE": cookie, "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "HTTP_ACCEPT_LANGUAGE": "en",
    }  # fmt: skip
    said: list[str] = []
    answer = application(environ, lambda status, _headers, _exc=None: said.append(status))
    body = b"".join(answer)
    answer.close()
    assert said == ["200 OK"], (path, said)
    return body


def _count(side: Callable[[], bytes]) -> int:
    """How many statements a request asks once the process is warm."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(20):
        side()
    with CaptureQueriesContext(connection) as asked:
        side()
    return len(asked)


def _profile(side: Callable[[], bytes]) -> str:
    import cProfile
    import io
    import pstats

    profile, said = cProfile.Profile(), io.StringIO()
    profile.enable()
    for _ in range(TURN):
        side()
    profile.disable()
    for order in ("cumulative", "tottime"):
        pstats.Stats(profile, stream=said).sort_stats(order).print_stats(70)
    return said.getvalue()


def _tell(
    taken: dict[str, list[dict[str, float]]], counted: dict[str, int], options: argparse.Namespace
) -> dict[str, Any]:
    """The medians in milliseconds, and which bounds are not kept."""
    median = {
        name: {what: round(statistics.median(run[what] for run in runs), 3) for what in runs[0]}
        for name, runs in taken.items()
    }
    ratio = median["page"]["own"] / median["empty"]["own"]
    both = {name: one["own"] + one["database"] for name, one in median.items()}
    lots, lots_own = both["lots"] / both["page"], median["lots"]["own"] / median["page"]["own"]
    missed = [
        text
        for holds, text in (
            (ratio <= MOST_PAGE, f"the page takes {ratio:.2f} times the empty view; the most is {MOST_PAGE}"),
            (
                lots <= MOST_LOTS,
                f"with many lots it takes {lots:.2f} times the page; the most is {MOST_LOTS}",
            ),
            (max(counted.values()) <= MOST_STATEMENTS, f"statements: {counted}"),
        )
        if not holds
    ]
    return {
        "members": options.members, "receipts": options.receipts, "lots": options.lots, "rounds": options.rounds,
        "milliseconds": median, "ratio_page": round(ratio, 2),
        "ratio_page_both": round(both["page"] / both["empty"], 2),
        "ratio_lots": round(lots, 2), "ratio_lots_own": round(lots_own, 2), "statements": counted, "missed": missed,
    }  # fmt: skip


def print_table(report: dict[str, Any], options: argparse.Namespace) -> None:
    """The figures for a reader."""
    print(
        f"{options.members:,} members; median of {options.rounds} rounds of {TURN} requests, milliseconds a request\n"
    )
    print(f"{'':32}{'processor':>10}{'database':>10}{'clock':>10}{'statements':>12}")
    names = {
        "empty": "empty view", "page": f"first page, {options.receipts:,} receipts",
        "lots": f"and {options.lots:,} open lots",
    }  # fmt: skip
    for side, name in names.items():
        row = report["milliseconds"][side]
        print(
            f"{name:32}{row['own']:>10.2f}{row['database']:>10.2f}{row['clock']:>10.2f}{report['statements'][side]:>12}"
        )
    print(
        f"\npage / empty: {report['ratio_page']:.2f} ({report['ratio_page_both']:.2f} with the database);"
        f" many lots / page: {report['ratio_lots']:.2f} ({report['ratio_lots_own']:.2f} without it)\n"
    )


def __getattr__(name: str) -> Any:
    """The addresses while it is measured: the house's, and that of an empty view."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.http import HttpRequest, HttpResponse
    from django.urls import path

    from config import urls

    def empty(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    return [*urls.urlpatterns, path("empty/", empty)]


if __name__ == "__main__":
    sys.exit(main())
