"""Oscar's side: a hundred live offers applied to the basket by ``Applicator``. Prints JSON.

Runs in an environment of its own that has django-oscar, with SQLite in memory. Each rule becomes a site
offer on the same products with the nearest condition and benefit that Oscar has; rules that speak of
tiers, cards, stores or a member's past, which Oscar does not know, become offers on a range that holds the
whole basket, or nothing of it where the rule does not apply. Offers can be combined, as our campaigns are.
"""

from __future__ import annotations

import json
import statistics
import time
from decimal import Decimal
from typing import Any

import _hundred as hundred
import django
from django.conf import settings

ROUNDS = 3


def set_up() -> None:
    """Oscar as its own documentation sets it up, with a database in memory."""
    from oscar import INSTALLED_APPS
    from oscar import defaults as oscar

    settings.configure(
        **{name: getattr(oscar, name) for name in dir(oscar) if name.startswith("OSCAR")},
        INSTALLED_APPS=INSTALLED_APPS,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        HAYSTACK_CONNECTIONS={"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        SECRET_KEY="for a benchmark in memory",
        SITE_ID=1,
        USE_TZ=True,
    )
    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def make_products() -> dict[str, Any]:
    """The fifty products, in stock at their price."""
    from oscar.apps.catalogue.models import Product, ProductClass
    from oscar.apps.partner.models import Partner, StockRecord

    kind = ProductClass.objects.create(name="Goods", track_stock=False, requires_shipping=False)
    partner = Partner.objects.create(name=hundred.PARTNER)
    products = {}
    for sku, *_, cents in hundred.LINES:
        product = products[sku] = Product.objects.create(product_class=kind, title=sku, upc=sku)
        StockRecord.objects.create(
            product=product,
            partner=partner,
            partner_sku=sku,
            price=Decimal(cents).scaleb(-2),
            price_currency="EUR",
        )
    return products


def make_basket(products: dict[str, Any]) -> Any:
    """The basket of fifty lines."""
    from django.contrib.auth.models import User
    from oscar.apps.basket.models import Basket
    from oscar.apps.partner.strategy import Default

    basket = Basket.objects.create(owner=User.objects.create(username="anna"))
    basket.strategy = Default()
    for product in products.values():
        basket.add_product(product)
    return basket


def skus_of(kind: str, rule: dict[str, Any]) -> list[str]:
    """The products of the basket that a rule touches; none where it does not apply to this shopper."""
    start, end = rule.get("hours", (0, 1440))
    open_ = hundred.WEEKDAY in rule.get("weekdays", range(1, 8)) and start <= hundred.MINUTE < end
    if not open_ or not hundred.applies(kind, rule):
        return []
    if "skus" in rule:
        return [line[0] for line in hundred.LINES if line[0] in rule["skus"]]
    for name, column in (("category", 1), ("department", 2), ("brand", 3), ("set", 4)):
        if name in rule:
            return [line[0] for line in hundred.LINES if line[column] == rule[name]]
    return [line[0] for line in hundred.LINES]


def make_offers(products: dict[str, Any]) -> None:
    """A hundred live offers."""
    from oscar.apps.offer.models import Benefit, Condition, ConditionalOffer, Range

    for number, (kind, rule) in enumerate(hundred.rules()):
        chosen = Range.objects.create(name=f"range {number}")
        for sku in skus_of(kind, rule):
            chosen.add_product(products[sku])
        if "at_least" in rule:
            condition = Condition.objects.create(range=chosen, type=Condition.VALUE, value=rule["at_least"])
        else:
            condition = Condition.objects.create(range=chosen, type=Condition.COUNT, value=1)
        percent = Decimal(rule.get("percent", 1))
        benefit = Benefit.objects.create(range=chosen, type=Benefit.PERCENTAGE, value=percent)
        ConditionalOffer.objects.create(
            name=f"offer {number}", condition=condition, benefit=benefit, priority=100 - number, exclusive=False,
            max_basket_applications=1,
        )  # fmt: skip


def main() -> None:
    """Set up, apply, and print the seconds of each round."""
    set_up()
    from oscar.apps.offer.applicator import Applicator

    products = make_products()
    basket = make_basket(products)
    make_offers(products)
    taken = []
    for _ in range(ROUNDS):
        basket.reset_offer_applications()
        start = time.process_time()
        Applicator().apply(basket, basket.owner)
        taken.append(time.process_time() - start)
    applied = len(basket.offer_applications.offers)
    print(json.dumps({"oscar_ms": round(statistics.median(taken) * 1000, 1), "oscar_applied": applied}))


if __name__ == "__main__":
    main()
