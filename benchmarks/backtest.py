"""Backtest twenty campaigns on the whole year of receipts: by all cores, and beside it by one.

Works on the demo's own database (`REGULARS_VAR` says where it lies) and loads the whole year into it first,
which takes minutes, when it is not there. Everything is timed together: cutting, reading, judging with and
without the campaigns, adding up, writing the result. The bound: 155,848 receipts in 40 seconds on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("REGULARS_MODE", "demo")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

MOST_SECONDS = 40.0
RECEIPTS = 150_000


def drafts() -> list[dict]:
    """Twenty campaigns of all kinds, as a manager would try them."""
    members = {"whom": {"who": "members"}}
    goods = ["produce", "pastry", "grocery", "meat", "deli", "nutrition", "cosmetics", "seafood"]
    found = [
        {
            **members,
            "what_for": {"of": "lines", "categories": [code]},
            "what": [{"effect": "points_percent", "percent": str(2 + n)}],
        }
        for n, code in enumerate(goods)
    ]
    found += [
        {
            **members,
            "if": {"condition": "receipt_amount", "at_least": str(20 * n)},
            "what": [{"effect": "points_fixed", "points": str(n)}],
            "stacking": {"group": "amount", "mode": "best"},
        }
        for n in range(1, 5)
    ]
    found += [
        {
            **members,
            "when": {"weekdays": [n], "hours": [["09:00", "12:00"]]},
            "what": [{"effect": "multiplier", "by": "1.5"}],
        }
        for n in range(1, 4)
    ]
    found += [
        {**members, "what": [{"effect": "stamp", "goal": 5, "reward": {"points": "20"}}]},
        {
            **members,
            "if": {"condition": "nth_purchase", "every": 10, "counting": "campaign"},
            "what": [{"effect": "points_fixed", "points": "50"}],
        },
        {
            **members,
            "what_for": {"of": "lines", "categories": ["pastry"]},
            "what": [{"effect": "discount_percent", "percent": "10"}],
        },
        {**members, "what": [{"effect": "cheapest_free", "every": 10}]},
        {
            **members,
            "what": [{"effect": "next_purchase", "percent": "2", "days": 10}],
            "judge": {"limits": [{"per": "member", "period": "month", "times": 3}]},
        },
    ]
    return found  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from campaigns.backtest import running
    from campaigns.models import Campaign
    from loyalty.models import Programme, Receipt

    call_command("migrate", verbosity=0)
    if Receipt.objects.count() < RECEIPTS:
        call_command("load_demo", all=True)
    programme = (
        Programme.objects.get(code="main")
        if Programme.objects.filter(code="main").exists()
        else (Programme.objects.order_by("id").first())
    )
    tried = [
        Campaign.objects.update_or_create(
            programme=programme, code=f"bench-{n}", defaults={"name": f"Bench {n}", "draft": draft}
        )[0]
        for n, draft in enumerate(drafts())
    ]
    from campaigns.backtest.models import Backtest

    Backtest.objects.filter(status=Backtest.Status.QUEUED).delete()  # what an earlier run of this left
    period = (timezone.now() - timedelta(days=400), timezone.now())
    seconds: dict[str, list[float]] = {"every core": [], "one core": []}
    for _ in range(options.rounds):
        for name, processes in (("every core", None), ("one core", 1)):
            test = running.ask(programme, tried, (period[0].date(), period[1].date()), name=f"bench, {name}")
            begun = time.monotonic()
            running.run(running.claim(timezone.now()) or test, processes=processes)
            seconds[name].append(round(time.monotonic() - begun, 2))
            test.refresh_from_db()
            print(name, seconds[name][-1], test.status, test.receipts, test.problem, file=sys.stderr)
    middle = {name: sorted(times)[len(times) // 2] for name, times in seconds.items()}
    every = middle["every core"]
    print(json.dumps({
        "receipts": Receipt.objects.count(), "campaigns": len(tried), "cores": os.cpu_count(),
        "seconds": seconds, "median": middle, "receipts_a_second": round(Receipt.objects.count() / every),
        "of_one_core": round(every / middle["one core"], 2),
    }, indent=1))  # fmt: skip
    Campaign.objects.filter(id__in=[campaign.id for campaign in tried]).delete()
    if every > MOST_SECONDS:
        print(f"takes {every} s; the most is {MOST_SECONDS} s", file=sys.stderr)
    return int(every > MOST_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
