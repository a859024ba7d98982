"""The shop of ``checkout.py``: 100,000 members with points, 2,000 products, 50 live campaigns, one busy store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from campaigns import rulebooks
from campaigns.models import Campaign
from foundation import copying
from loyalty.ledger import ledger
from loyalty.models import Category, Participation, Partner, Product, Programme, Store, Tier, Till
from members.models import CardKind, new_id
from pos.models import TillKey

STORE = "bench"
#: So many points every member begins with.
POINTS = "1000.00"
KINDS = [f"KIND-{n}" for n in range(40)]


def card(n: int) -> str:
    """The card number of the n-th member."""
    return f"2{n:012d}"


def build(members: int) -> dict[str, Any]:
    """Make everything. Returns what the load needs: key, goods, and the ids that the floor writes with."""
    moment = timezone.now() - timedelta(days=1)
    programme = Programme.objects.create(code="main", name="Main", spending={"max_share": "30"})
    partner = Partner.objects.create(code="partner", name="Partner")
    Participation.objects.create(partner=partner, programme=programme)
    store = Store.objects.create(code=STORE, name="Bench", partner=partner)
    Till.objects.create(store=store, code="1")
    _key, secret = TillKey.objects.create_key(name="bench", partner=partner)
    for code, threshold in (("classic", 0), ("silver", 1_000), ("gold", 1_000_000)):
        Tier.objects.create(programme=programme, code=code, name=code.title(), threshold=threshold)
    goods = _goods(partner)
    rulebooks.refresh(programme, moment)
    for n, draft in enumerate(_drafts()):
        campaign = Campaign.objects.create(
            programme=programme, code=f"campaign-{n}", name=f"Campaign {n}", draft=draft
        )
        rulebooks.publish(campaign, moment)
    accounts = _members(programme, members, moment)
    return {"secret": secret, "goods": goods, "accounts": accounts}


def _goods(partner: Partner) -> list[tuple[str, str, str, str, str]]:
    """Products as (sku, name, category, brand, price)."""
    kinds = Category.objects.bulk_create(
        Category(code=code, name=code.title(), path=[code]) for code in KINDS
    )
    chance = random.Random(7)
    products = Product.objects.bulk_create(
        Product(
            partner=partner, sku=f"SKU-{n}", name=f"Product {n}", brand=f"Brand {n % 60}",
            category=kinds[n % 40], price=Decimal(chance.randint(99, 4999)) / 100,
        )
        for n in range(2000)
    )  # fmt: skip
    return [(p.sku, p.name, p.category.name, p.brand, f"{p.price:.2f}") for p in products]


def _drafts() -> Iterator[dict[str, Any]]:
    """Fifty campaigns such as a chain has: about five of them give points for a usual receipt."""
    members = {"whom": {"who": "members"}}

    def percent(points: str) -> dict[str, Any]:
        return {"what": [{"effect": "points_percent", "percent": points}]}

    yield members | percent("5")
    for n in range(20):
        yield (
            members
            | percent(str(2 + n % 5))
            | {
                "what_for": {"of": "lines", "categories": [KINDS[2 * n]]},
                "stacking": {"group": "goods", "mode": "best"},
            }
        )
    for n in range(5):
        yield members | percent("3") | {"what_for": {"of": "lines", "brands": [f"Brand {n}"]}}
    for n in range(8):
        yield members | percent("4") | {"where": {"stores": [f"other-{n}"]}}
    for n in range(5):
        yield members | percent("2") | {"when": {"hours": [["03:00", f"03:0{n + 1}"]]}}
    for n, tier in enumerate(("silver", "gold", "gold")):
        yield {"whom": {"who": "members", "tiers": [tier]}} | percent(str(n + 1))
    for amount in ("90", "250", "400"):
        yield members | {
            "if": {"condition": "receipt_amount", "at_least": amount},
            "what": [{"effect": "points_fixed", "points": "3"}],
            "stacking": {"group": "amount", "mode": "best"},
        }
    for every in (5, 10):
        yield members | {
            "if": {"condition": "nth_purchase", "every": every, "counting": "campaign"},
            "what": [{"effect": "points_fixed", "points": "9"}],
        }
    yield members | {
        "what_for": {"of": "lines", "categories": KINDS[1:20:2]},
        "what": [{"effect": "points_percent", "percent": "1"}],
        "judge": {"limits": [{"per": "member", "period": "day", "points": "50"}]},
    }
    yield members | {"if": {"condition": "first_purchase"}} | percent("10")
    yield {"where": {"channels": ["web"]}} | percent("1")


def _members(programme: Programme, count: int, moment: Any) -> list[str]:
    """Members, each with a card and an account that holds points. Returns the accounts' ids."""
    plastic = CardKind.objects.create(code="plastic", name="Plastic")
    with transaction.atomic():
        issuance = ledger.institutions(programme).issuance
    ids = [(new_id(), new_id(), new_id(), new_id()) for _ in range(count)]
    tables: dict[str, tuple[list[str], Any]] = {
        "members_member": (
            ["id", "status", "phone", "first_name", "middle_name", "last_name", "gender", "language", "attributes",
             "referral_code", "channel", "joined_at"],
            ((m, "active", f"+7916{n:07d}", "Anna", "", f"Kern {n % 999}", "", "en", "{}", f"R{n}", "pos", moment)
             for n, (m, *_rest) in enumerate(ids)),
        ),
        "members_card": (
            ["number", "kind_id", "member_id", "blocked", "issued_at"],
            ((card(n), plastic.id, m, False, moment) for n, (m, *_rest) in enumerate(ids)),
        ),
        "loyalty_account": (
            ["id", "programme_id", "kind", "code", "balance", "owed", "version", "opened_at"],
            ((a, programme.id, "member", "", POINTS, 0, 1, moment) for _m, a, _t, _l in ids),
        ),
        "loyalty_holder": (
            ["account_id", "member_id", "programme_id", "role", "may_redeem"],
            ((a, m, programme.id, "owner", True) for m, a, _t, _l in ids),
        ),
        "loyalty_transfer": (
            ["id", "kind", "source_id", "target_id", "points", "key", "at", "target_balance", "reason"],
            ((t, "adjust", issuance, a, POINTS, f"start:{t}", moment, POINTS, "") for _m, a, t, _l in ids),
        ),
        "members_event": (
            ["id", "kind", "member_id", "at", "recorded_at", "data"],
            ((new_id(), "points.adjusted", m, moment, moment, f'{{"points": "{POINTS}", "transfer": "{t}"}}')
             for m, _a, t, _l in ids),
        ),
        "loyalty_lot": (
            ["id", "account_id", "transfer_id", "points", "remaining", "earned_at", "pending"],
            ((lot, a, t, POINTS, POINTS, moment, False) for _m, a, t, lot in ids),
        ),
    }  # fmt: skip
    with transaction.atomic():
        for table, (columns, rows) in tables.items():
            copying.copy(table, columns, rows)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    return [str(account) for _m, account, _t, _l in ids]


def samples(sales: Iterator[Any], count: int) -> list[dict[str, Any]]:
    """What the real checkout would write for some sales, table by table: the floor writes the same rows."""
    from campaigns.checkout import decision, situation
    from campaigns.engine.evaluation import evaluate

    found = []
    for _ in range(count):
        now = timezone.now()
        known = situation.read(next(sales), now)
        judged = evaluate(known.basket, known.shopper, known.moment, known.rules.engine)
        params = decision.params(decision.decide(known, judged, now))
        found.append({name: _plain(text) for name, text in params.items()})
    return found


def _plain(text: str) -> Any:
    import json

    return json.loads(text)


def partner_account() -> UUID:
    """Where spent points go."""
    from loyalty.shops import places

    shop = places.find(STORE)
    assert shop is not None
    return next(iter(shop.accounts.values()))
