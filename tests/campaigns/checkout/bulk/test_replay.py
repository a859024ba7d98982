"""The bulk path leaves exactly what selling each receipt by itself leaves."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
from django.db import connection, transaction

from analytics import segments
from analytics.models import MemberFacts, Segment
from campaigns.checkout import checkout
from campaigns.checkout.bulk.chunk import Result
from campaigns.checkout.bulk.selling import Replay, replay
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Tally, Usage
from foundation.refusals import Refusal
from loyalty.ledger import ledger
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Debt, Holder, Lot, LotUse, Product, Receipt, TierChange, Transfer
from loyalty.shops import places
from members.models import Card, Event, Member
from rewards.coupons import series
from rewards.models import Coupon, Series
from tests import factories
from tests.analytics.laddering import change

pytestmark = pytest.mark.django_db

BEGIN = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)
GOODS = [f"SKU-{number}" for number in range(12)]


@pytest.fixture(autouse=True)
def forget_places() -> None:
    """Each test opens the same stores anew."""
    places.forget()


def definition(what: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"whom": {"who": "members"}, "what": [what], **parts}


def open_chain(
    decimals: int = 2,
    inactivity: int | None = None,
    ladder: tuple[tuple[int, ...], dict[str, Any]] = ((0, 150, 400), {}),
) -> factories.Shop:
    """A shop with campaigns that use limits, counters, tiers, delays, short lives and terms of lots."""
    shop = factories.open_shop(
        store="s-1",
        time_zone="America/New_York",
        point_decimals=decimals,
        inactivity_days=inactivity,
        spending={"max_share": "50", "min_points": "2", "max_points_per_day": "40"},
    )
    thresholds, rules = ladder
    for code, threshold in zip(("classic", "silver", "gold"), thresholds, strict=True):
        factories.TierFactory(programme=shop.programme, code=code, threshold=Decimal(threshold))
    if rules:
        change(shop.programme, **rules)
    factories.StoreFactory(partner=shop.partner, code="s-2", time_zone="Asia/Tokyo")
    dairy = factories.CategoryFactory(code="dairy")
    for number, sku in enumerate(GOODS[:8]):
        category = dairy if number % 2 else None
        factories.ProductFactory(partner=shop.partner, sku=sku, brand=f"B{number % 3}", category=category)
    percent, fixed = {"effect": "points_percent", "percent": "4"}, {"effect": "points_fixed", "points": "3"}
    publish = factories.publish_campaign
    publish(shop.programme, definition(percent), code="base")
    publish(
        shop.programme,
        definition(
            {"effect": "points_percent", "percent": "7"},
            what_for={"of": "lines", "categories": ["dairy"]},
            lots={"expires": {"kind": "after", "days": 20}, "terms": {"max_share": "20"}},
        ),
        code="dairy",
    )
    publish(
        shop.programme,
        definition(fixed, judge={"limits": [{"per": "member", "period": "week", "times": 1}]}),
        code="weekly",
    )
    publish(
        shop.programme,
        definition(fixed, **{"if": {"condition": "nth_purchase", "every": 3, "counting": "campaign"}}),
        code="third",
    )
    publish(
        shop.programme,
        {"whom": {"who": "members", "tiers": ["silver"]}, "what": [{"effect": "multiplier", "by": "1.5"}]},
        code="silver",
    )
    publish(
        shop.programme,
        definition(
            {"effect": "points_per", "points": "1", "per": "10"},
            lots={"delay": {"days": 3}},
            judge={"limits": [{"per": "member", "period": "month", "points": "20"}]},
        ),
        at=BEGIN + timedelta(days=40),
        code="later",
    )
    return shop


MORE: dict[str, dict[str, Any]] = {
    "cheaper": {
        "what_for": {"of": "lines", "categories": ["dairy"]},
        "what": [{"effect": "discount_percent", "percent": "10"}],
        "judge": {"budget": {"money": "60"}},
    },
    "every-fifth": definition({"effect": "stamp", "goal": 5, "per": "piece", "reward": {"free": 1}}),
    "next-time": definition(
        {"effect": "next_purchase", "percent": "5", "days": 2},
        **{"if": {"condition": "receipt_amount", "at_least": "40"}},
    ),
    "store": definition(
        {"effect": "points_fixed", "points": "2"}, judge={"limits": [{"per": "store", "period": "week", "times": 3}]}
    ),
    "faithful": definition(
        {"effect": "points_fixed", "points": "4"},
        **{
            "if": {
                "any": [
                    {"condition": "spent", "period": {"days": 20}, "at_least": "120"},
                    {"condition": "bought", "period": "month", "categories": ["dairy"], "at_least": "6"},
                    {"condition": "first_purchase", "in": "store"},
                ]
            }
        },
    ),
    "vip": definition(
        {"effect": "issue_coupon", "series": "thanks"},
        **{"if": {"all": [
            {"condition": "segment", "in": ["vip"]}, {"condition": "attribute", "key": "dog", "is": "yes"},
            {"condition": "balance", "at_least": "5"},
        ]}},
    ),
    "five-off": {
        "if": {"condition": "coupon", "series": ["five"]},
        "what": [{"effect": "discount_amount", "amount": "5"}, {"effect": "badge", "code": "thrifty"}],
    },
    "trade": definition({"effect": "exchange", "points": "6", "amount": "4"}),
}  # fmt: skip


def add_more(shop: factories.Shop, buyers: list[Member]) -> None:
    """Campaigns of the rest of the vocabulary, whose rules ask for more than the account."""
    segment = Segment.objects.create(code="vip", name="VIP", programme=shop.programme)
    segments.add(segment, [buyer.id for buyer in buyers[:2]], BEGIN)
    Member.objects.filter(id__in=[buyer.id for buyer in buyers[1:3]]).update(
        attributes={"dog": "yes", "cat": "no"}
    )
    series.save(Series(programme=shop.programme, code="thanks", name="Thanks", kind="personal"), None, BEGIN)
    series.save(
        Series(programme=shop.programme, code="five", name="Five", kind="mass", uses_each=9),
        None,
        BEGIN,
        "FIVEOFF5",
    )
    for code, document in MORE.items():
        factories.publish_campaign(shop.programme, document, code=code)


def ask_for_more(sales: list[Sale]) -> list[Sale]:
    """The same sales, some with a coupon, an exchange, or both."""
    chance = random.Random(11)
    coupons = [(), (), (), ("FIVEOFF5",), ("fiveoff5",), ("NOTHING",)]
    return [
        msgspec.structs.replace(
            sale,
            coupons=chance.choice(coupons),
            exchanges=("trade",) if sale.member and chance.random() < 0.2 else (),
        )
        for sale in sales
    ]


def enrol_buyers(shop: factories.Shop) -> list[Member]:
    """Four members of the same ids, phones and cards each time; the second has points, the last shares the account of
    the third and may spend six points a day."""
    buyers: list[Member] = []
    for number in range(4):
        buyer = factories.MemberFactory(id=UUID(int=number + 1), phone=f"+1201555010{number}")
        factories.CardFactory(member=buyer, number=f"200000000000{number}")
        if number == 3:
            account = Holder.objects.get(member=buyers[2]).account
            shared: dict[str, Any] = {"account": account, "role": "holder", "daily_limit": Decimal(6)}
            Holder.objects.create(member=buyer, programme=shop.programme, **shared)
        account = ledger.open_account(buyer, shop.programme)
        if number == 1:
            factories.give_points(account, 30)
        buyers.append(buyer)
    return buyers


def make_sales(buyers: list[Member], count: int = 160) -> list[Sale]:
    """Receipts of four buyers and of strangers in two stores over 80 days; nearly each has its fault or its wish."""
    chance = random.Random(7)
    cards = {member.id: Card.objects.get(member=member).number for member in buyers}
    sales = []
    for number in range(count):
        buyer = chance.choice(buyers)
        known = [
            Who(phone=buyer.phone),
            Who(card=cards[buyer.id]),
            Who(id=str(buyer.id)),
            None,
            Who(card="404"),
        ]
        lines = tuple(
            SaleLine(
                position,
                chance.choice(GOODS),
                Decimal(chance.randint(1, 3)),
                amount=Decimal(chance.randint(100, 4000)) / 100,
                name=f"Thing {number}",
                category=chance.choice(["dairy", "New things", ""]),
            )
            for position in range(1, chance.randint(2, 6))
        )
        sales.append(
            Sale(
                store=chance.choice(["s-1", "s-1", "s-2"]),
                purchased_at=BEGIN + timedelta(hours=12 * number, minutes=chance.randint(0, 600)),
                lines=lines,
                receipt_number=f"{number:05}",
                member=chance.choices(known, [5, 5, 5, 2, 1])[0],
                redeem=chance.choice([Decimal(0), "max", "max", Decimal(5), Decimal("2.00")]),
                state=chance.choices(["completed", "held"], [9, 1])[0],  # type: ignore[arg-type]
            )
        )
    sales += [msgspec.structs.replace(sale, cashier="another") for sale in sales[10:16]]
    sales.append(Sale("s-9", sales[5].purchased_at, sales[5].lines, receipt_number="x"))
    sales.append(Sale("s-1", BEGIN - timedelta(days=300), sales[5].lines, receipt_number="early"))
    return sorted([*sales, *sales[20:26]], key=lambda sale: sale.purchased_at)


def sell_singly(sales: Iterable[Sale]) -> list[str]:
    """Each receipt by the checkout, at its own time."""
    told = []
    for sale in sales:
        try:
            _body, repeated = checkout.purchase(sale, sale.purchased_at)
            told.append("repeated" if repeated else "sold")
        except Refusal as refusal:
            told.append(f"{refusal.code}: {refusal.detail}")
    return told


def sell_in_bulk(sales: Iterable[Sale], chunk: int = 17) -> list[str]:
    return [tell(result) for results in replay(sales, NOW, chunk=chunk) for result in results]


def tell(result: Result) -> str:
    if result.refusal is not None:
        return f"{result.refusal.code}: {result.refusal.detail}"
    return "repeated" if result.repeated else "sold"


def after(way: Callable[[list[Sale]], list[str]], *chain: Any, more: bool = False) -> dict[str, Any]:
    """Everything that is in the books after selling one way, without ids; then undone."""
    with transaction.atomic():
        shop = open_chain(*chain)
        buyers = enrol_buyers(shop)
        sales = make_sales(buyers)
        if more:
            add_more(shop, buyers)
            sales = ask_for_more(sales)
        told = way(sales)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        books = read_books() | {"told": told}
        transaction.set_rollback(True)
    places.forget()
    return books


def read_books() -> dict[str, Any]:
    members = dict(Member.objects.values_list("id", "phone"))
    owners = {account.id: name_account(account, members) for account in Account.objects.all()}
    numbers = {receipt.id: f"{receipt.store.code}/{receipt.number}" for receipt in Receipt.objects.all()}
    campaigns = dict(Usage.objects.values_list("campaign_id", "campaign__code"))
    transfers = {t.id: (t, plain_transfer(t, owners, numbers)) for t in Transfer.objects.all()}
    lots = {lot.id: (owners[lot.account_id], transfers[lot.transfer_id][1]) for lot in Lot.objects.all()}
    return {
        "accounts": sorted((owners[a.id], a.balance, a.owed) for a in Account.objects.all()),
        "transfers": [plain for _t, plain in sorted(transfers.values(), key=lambda pair: str(pair[1]))],
        "lots": sorted(
            (str(lots[lot.id]), lot.points, lot.remaining, lot.earned_at, str(lot.active_from),
             str(lot.expires_at), str(lot.terms), lot.pending)
            for lot in Lot.objects.all()
        ),
        "uses": sorted((str(transfers[u.transfer_id][1]), str(lots[u.lot_id]), u.points) for u in LotUse.objects.all()),
        "debts": sorted((str(lots[d.lot_id]), d.points, d.at) for d in Debt.objects.all()),
        "receipts": {numbers[r.id]: plain_receipt(r, members, owners) for r in Receipt.objects.all()},
        "facts": sorted(
            (members[f.member_id], f.purchases, f.spent, f.first_purchase_at, f.last_purchase_at, str(f.tier),
             f.tier_until, f.points, str(f.climb))
            for f in MemberFacts.objects.select_related("tier")
        ),
        "tiers": sorted(
            (members[c.member_id], c.at, c.recorded_at, c.was, c.now, c.why,
             str(c.receipt_id and numbers[c.receipt_id]))
            for c in TierChange.objects.all()
        ),
        "told_tiers": sorted(
            (e.kind, members[e.member_id], e.at, e.recorded_at, e.data["tier"], e.data["why"])
            for e in Event.objects.filter(kind__startswith="tier.") if e.member_id
        ),
        "usage": sorted(
            (members[u.member_id], campaigns[u.campaign_id], u.period, u.times, u.points) for u in Usage.objects.all()
        ),
        "events": sorted(
            (e.kind, str(members.get(e.member_id) if e.member_id else None), e.at, e.recorded_at, numbers[as_id(e)])
            for e in Event.objects.filter(kind__in=["purchase.completed", "purchase.held"])
        ),
        "tallies": sorted(
            (t.campaign.code, str(t.store), t.period, t.times, t.points, t.money, t.most_times, t.most_points,
             t.most_money)
            for t in Tally.objects.all()
        ),
        "coupons": sorted((c.series.code, c.uses, c.state, str(c.member_id)) for c in Coupon.objects.all()),
        "coupon events": sorted(
            (e.kind, str(e.member_id), e.at) for e in Event.objects.filter(kind__regex="^(coupon|badge)")
        ),
        "lapses": sorted(
            (members[e.member_id] if e.member_id else None, e.at, e.data["points"])
            for e in Event.objects.filter(kind="points.expired")
        ),
        "products": sorted(
            (p.sku, p.name, p.brand, p.category.code if p.category else "") for p in Product.objects.all()
        ),
    }  # fmt: skip


def as_id(event: Event) -> Any:
    return Receipt.objects.get(id=event.data["receipt"]).id


def name_account(account: Account, members: dict[Any, Any]) -> str:
    holder = account.holders.first()
    return members[holder.member_id] if holder else account.kind


def plain_transfer(t: Transfer, owners: dict[Any, str], numbers: dict[Any, str]) -> tuple[Any, ...]:
    revision = (t.revision.campaign.code, t.revision.number) if t.revision else None
    kind_of_key = "" if t.receipt_id is None else t.key.replace(str(t.receipt_id), "").split(":")[1]
    return (
        t.at, t.kind, owners[t.source_id], owners[t.target_id], t.points, t.source_balance, t.target_balance,
        numbers.get(t.receipt_id), revision, kind_of_key, t.reason,
    )  # fmt: skip


def plain_receipt(receipt: Receipt, members: dict[Any, Any], owners: dict[Any, str]) -> dict[str, Any]:
    """Every column but ids; what was decided comes with it, campaign by campaign."""
    row = {
        field.attname: getattr(receipt, field.attname)
        for field in Receipt._meta.fields
        if field.name
        not in ("id", "store", "till", "programme", "member", "account", "rulebook", "place", "shopper")
    }
    place = receipt.place.place if receipt.place else {}
    row["place"] = {name: place[name] for name in ("store", "zone", "active", "groups")}
    row["member"] = members.get(receipt.member_id)
    row["account"] = owners.get(receipt.account_id)
    row["shopper"] = plain_shopper(receipt.shopper)
    row["outcome"] = without_ids(row["outcome"])
    row["lines"] = list(
        receipt.lines.order_by("position").values_list(
            "position", "product__sku", "quantity", "price", "amount", "discount", "redeemed_points",
            "redeemed_amount", "to_pay", "earned", "traits",
        )
    )  # fmt: skip
    return row


def plain_shopper(shopper: dict[str, Any] | None) -> dict[str, Any] | None:
    if shopper is None:
        return None
    uses = sorted(map(str, (use[1:] for use in shopper.get("uses", ()))))
    return {
        **shopper,
        "member_id": None,
        "uses": uses,
        "progress": sorted(shopper.get("progress", {}).values()),
    }


def without_ids(document: Any) -> Any:
    """A stored decision whose campaigns are counted from the first one, as both ways made the same campaigns."""
    first = min(
        (entry[0] for entry in [*document.get("declined", ()), *document.get("grants", ())]), default=0
    )
    own_ids = {"grants", "declined", "receipt", "progress", "uses", "till", "print", "tallies", "exchanged"}
    issued = [[entry[0] - first, *entry[1:4]] for entry in document.get("extras", ())]
    document = {**document, "extras": issued}

    def plain(entries: list[list[Any]]) -> list[Any]:
        return [[entry[0] - first, *map(plain_args, entry[1:])] for entry in entries]

    def plain_args(value: Any) -> Any:
        return {**value, "campaign_id": ""} if isinstance(value, dict) and "campaign_id" in value else value

    told = {name: plain(value) if name in own_ids else value for name, value in document.items()}
    told["lines"] = [[*line[:7], plain(line[7])] for line in document["lines"]]
    return told


@pytest.mark.parametrize(("decimals", "inactivity"), [(2, None), (0, None), (2, 3)])
def test_receipts_sold_in_bulk_leave_what_receipts_sold_singly_leave(
    decimals: int, inactivity: int | None
) -> None:
    singly = after(sell_singly, decimals, inactivity)
    bulk = after(sell_in_bulk, decimals, inactivity)

    assert {word.split(":")[0] for word in singly["told"]} >= {
        "sold", "repeated", "idempotency_conflict", "member_not_found", "redeem_exceeds_limit", "invalid",
    }  # fmt: skip
    kinds = {row[1] for row in singly["transfers"]}
    assert kinds - {"adjust"} == {"accrue", "redeem", "hold", "release"} | (
        {"expire"} if inactivity else set()
    )
    for part, expected in singly.items():
        assert bulk[part] == expected, part


def test_the_whole_vocabulary_sold_in_bulk_leaves_what_it_leaves_sold_singly() -> None:
    singly, bulk = after(sell_singly, more=True), after(sell_in_bulk, more=True)

    assert {word.split(":")[0] for word in singly["told"]} >= {
        "sold",
        "coupon_not_usable",
        "exchange_not_possible",
    }
    assert {row[0] for row in singly["tallies"]} == {"cheaper", "store"}
    assert {row[0] for row in singly["coupon events"]} == {
        "coupon.issued", "coupon.used", "coupon.returned", "badge.earned",
    }  # fmt: skip
    for part, expected in singly.items():
        assert bulk[part] == expected, part


@pytest.mark.parametrize(
    ("thresholds", "rules"),
    [
        ((0, 600, 750), {"window": "month", "down": "below", "grace_days": 3}),
        (
            (0, 30, 45),
            {"basis": "points", "window": "rolling", "span_amount": 14, "down": "below", "fall": "lowest"},
        ),
        (
            (0, 3, 9),
            {"basis": "visits", "down": "below", "below": Decimal(5), "term": "rolling", "span_amount": 8},
        ),
        ((0, 150, 400), {"down": "idle", "idle_days": 3}),
    ],
)
def test_in_bulk_members_go_up_and_down_as_they_do_singly(
    thresholds: tuple[int, ...], rules: dict[str, Any]
) -> None:
    singly, bulk = (after(way, 2, None, (thresholds, rules)) for way in (sell_singly, sell_in_bulk))

    assert {row[5] for row in singly["tiers"]} == {"purchase", "rule"}
    assert len(singly["tiers"]) == len(singly["told_tiers"]) > 6
    for part, expected in singly.items():
        assert bulk[part] == expected, part


def test_the_size_of_a_chunk_changes_nothing() -> None:
    def lines(books: dict[str, Any]) -> Any:
        return books["accounts"], books["lots"], books["told"], books["facts"], books["usage"]

    assert lines(after(lambda sales: sell_in_bulk(sales, 1))) == lines(
        after(lambda sales: sell_in_bulk(sales, 500))
    )


def test_what_others_write_to_an_account_between_two_chunks_is_seen() -> None:
    shop = open_chain()
    buyer = enrol_buyers(shop)[0]
    first, second = (
        Sale(
            "s-1", BEGIN + timedelta(days=day), (SaleLine(1, "SKU-0", Decimal(1), amount=Decimal(100)),),
            receipt_number=str(day), member=Who(phone=buyer.phone), redeem="max",
        )
        for day in (1, 3)
    )  # fmt: skip
    seller = Replay()
    seller.sell([first], NOW)
    account = Account.objects.get(holders__member=buyer)
    with transaction.atomic():
        ledger.adjust(account, Decimal(25), "gift", Cause(BEGIN + timedelta(days=2)))
    seller.sell([second], NOW)

    account.refresh_from_db()
    assert Receipt.objects.get(number="3").redeemed_points > 25
    assert account.balance == sum(lot.remaining for lot in Lot.objects.filter(account=account))


def test_a_receipt_older_than_the_accounts_last_entry_is_booked_right_after_it() -> None:
    shop = open_chain()
    buyer = enrol_buyers(shop)[0]
    account = Account.objects.get(holders__member=buyer)
    later = BEGIN + timedelta(days=50)
    with transaction.atomic():
        ledger.adjust(account, Decimal(25), "gift", Cause(later))
    line = SaleLine(1, "SKU-0", Decimal(1), amount=Decimal(100))
    Replay().sell([Sale("s-1", BEGIN, (line,), receipt_number="1", member=Who(phone=buyer.phone))], NOW)

    receipt = Receipt.objects.get()
    assert (receipt.purchased_at, receipt.recorded_at) == (BEGIN, later)
    assert set(receipt.transfers.values_list("at", flat=True)) == {later}


def test_a_dry_replay_tells_the_same_and_writes_nothing() -> None:
    def dry(sales: list[Sale]) -> list[str]:
        told = [tell(result) for results in replay(sales, NOW, chunk=17, dry=True) for result in results]
        assert not Receipt.objects.exists()
        assert not Usage.objects.exists()
        assert Product.objects.count() == 8
        return told

    assert after(dry)["told"] == after(sell_in_bulk)["told"]


def test_who_has_not_joined_is_not_found_and_joins_nothing_by_buying() -> None:
    open_chain()
    stranger = factories.MemberFactory(phone="+12015550177")
    line = SaleLine(1, "SKU-0", Decimal(1), amount=Decimal(100))
    sale = Sale("s-1", BEGIN, (line,), receipt_number="1", member=Who(phone=stranger.phone))
    (result,) = Replay().sell([sale], NOW)

    assert result.refusal is not None
    assert result.refusal.code == "member_not_found"
    assert not stranger.holdings.exists()
    assert not Receipt.objects.exists()
