"""Everything that is known about a sale before it is judged, read in one statement."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from django.utils.translation import gettext as _

from analytics import facts as member_facts
from analytics.facts import Facts
from campaigns import rulebooks, usage
from campaigns.engine.limits import period_keys
from campaigns.engine.shopper import ANONYMOUS, Shopper
from campaigns.sale import Sale, SaleLine, Who
from loyalty import inactivity, places
from loyalty.basket import MAX, Basket, Line, Moment, Place, Wallet, WalletLot
from loyalty.passbook import OpenLot, Passbook
from loyalty.places import Offer, Scheme, Shop
from members import lookup, prepared
from members.refusals import Fault, Invalid, Refused

#: Part of a statement: the member, by whichever form is given.
_WHO = """
who AS (
  SELECT m.id, m.status, m.language, m.birthday, m.joined_at,
         (SELECT k.code FROM members_card c JOIN members_cardkind k ON k.id = c.kind_id
           WHERE c.member_id = m.id AND NOT c.blocked
           ORDER BY c.number <> COALESCE(%(card)s::text, ''), c.id LIMIT 1) AS card_kind
    FROM members_member m
   WHERE m.id = COALESCE(
     %(member_id)s::uuid,
     (SELECT member_id FROM members_card WHERE number = %(card)s::text AND NOT blocked),
     (SELECT id FROM members_member WHERE phone = %(phone)s::text),
     (SELECT id FROM members_member WHERE lower(email) = lower(%(email)s::text)),
     (SELECT member_id FROM members_code WHERE digest = %(code)s::text AND purpose = 'identify'
         AND used_at IS NULL AND expires_at >= %(now)s::timestamptz LIMIT 1)))
"""
#: One row, one JSON document: what the store, the member and the basket bring to a decision.
_READ = f"""
WITH {_WHO},
rules AS (
  SELECT id, terms FROM campaigns_rulebook
   WHERE programme_id = %(programme)s::bigint AND in_force_from <= %(at)s::timestamptz
   ORDER BY in_force_from DESC, id DESC LIMIT 1),
account AS (
  SELECT a.id, a.balance, a.owed, a.version, h.may_redeem
    FROM loyalty_holder h JOIN loyalty_account a ON a.id = h.account_id
   WHERE h.member_id = (SELECT id FROM who) AND h.programme_id = %(programme)s::bigint)
SELECT json_build_object(
  'receipt', (SELECT row_to_json(r) FROM (
      SELECT id, content_hash FROM loyalty_receipt
       WHERE store_id = %(store)s::bigint AND number = %(number)s::text) r),
  'member', (SELECT row_to_json(who) FROM who),
  'account', (SELECT row_to_json(account) FROM account),
  'lots', (SELECT json_agg(l) FROM (
      SELECT id, account_id, transfer_id, points, remaining, earned_at, active_from, expires_at, terms,
             funder_id, origin_id, pending
        FROM loyalty_lot WHERE account_id = (SELECT id FROM account) AND remaining > 0) l),
  'debts', (SELECT json_agg(d) FROM (
      SELECT lot_id, sum(points) AS points FROM loyalty_debt
       WHERE account_id = (SELECT id FROM account WHERE owed > 0)
       GROUP BY lot_id HAVING sum(points) <> 0 ORDER BY lot_id) d),
  'facts', ({member_facts.READ.format(member="(SELECT id FROM who)")}),
  'usage', (SELECT json_agg(json_build_array(campaign_id, period, times, points)) FROM campaigns_usage
     WHERE member_id = (SELECT id FROM who) AND period = ANY(%(periods)s::text[])),
  'spent_today', CASE WHEN (SELECT terms #> '{{spending,max_points_per_day}}' FROM rules) IS NULL THEN 0 ELSE (
    SELECT COALESCE(sum(CASE WHEN source_id = (SELECT id FROM account) THEN points ELSE -points END), 0)
      FROM loyalty_transfer
     WHERE at >= %(day)s::timestamptz AND (
           (source_id = (SELECT id FROM account) AND kind IN ('redeem', 'hold'))
        OR (target_id = (SELECT id FROM account) AND kind IN ('restore', 'release')))) END,
  'products', (SELECT json_agg(p) FROM (
      SELECT p.id, p.sku, p.name, p.brand, c.path AS categories,
             (SELECT json_agg(s.code) FROM loyalty_productset_products sp
                JOIN loyalty_productset s ON s.id = sp.productset_id WHERE sp.product_id = p.id) AS sets
        FROM loyalty_product p LEFT JOIN loyalty_category c ON c.id = p.category_id
       WHERE p.partner_id = %(partner)s::bigint AND p.sku = ANY(%(skus)s::text[])) p),
  'rulebook', (SELECT id FROM rules)
)::text AS document
"""


class KnownReceipt(msgspec.Struct):
    """The receipt that already has this number."""

    id: UUID
    content_hash: str


class KnownMember(msgspec.Struct):
    """The member; ``card_kind`` is that of the card that was shown, else of the first one."""

    id: UUID
    status: str
    language: str
    birthday: date | None
    joined_at: datetime
    card_kind: str | None


class KnownAccount(msgspec.Struct):
    """The member's account, and what the member may do with it."""

    id: UUID
    balance: Decimal
    owed: Decimal
    version: int
    may_redeem: bool


class _Lot(msgspec.Struct):
    id: UUID
    account_id: UUID
    transfer_id: UUID
    points: Decimal
    remaining: Decimal
    earned_at: datetime
    active_from: datetime | None
    expires_at: datetime | None
    terms: dict[str, object] | None
    funder_id: UUID | None
    origin_id: UUID | None
    pending: bool


class _Debt(msgspec.Struct):
    lot_id: UUID
    points: Decimal


class KnownProduct(msgspec.Struct):
    """A product; ``categories`` are the codes from the root of the tree down to its own."""

    id: int
    sku: str
    name: str
    brand: str
    categories: list[str] | None
    sets: list[str] | None


class Document(msgspec.Struct):
    """What is known about a sale, as it was read."""

    receipt: KnownReceipt | None
    member: KnownMember | None
    account: KnownAccount | None
    lots: list[_Lot] | None
    debts: list[_Debt] | None
    facts: Facts | None
    usage: list[tuple[int, str, int, Decimal]] | None
    spent_today: Decimal
    products: list[KnownProduct] | None
    rulebook: int | None
    #: The last purchase from the account that is not written yet: the bulk path knows of it.
    last_bought: datetime | None = None


_decode = msgspec.json.Decoder(Document).decode


@dataclass(frozen=True, slots=True)
class Situation:
    """A sale with everything that is known about it.

    ``earlier`` is the receipt that already has this number, with the hash of its content.
    ``product_ids`` are those of the basket's lines, by sku; a product that is not known has none.
    """

    sale: Sale
    shop: Shop
    scheme: Scheme
    rules: rulebooks.Rules
    moment: Moment
    basket: Basket
    shopper: Shopper
    book: Passbook | None
    facts: Facts
    used: Mapping[usage.Key, usage.Used]
    product_ids: Mapping[str, int]
    earlier: tuple[UUID, str] | None
    member_status: str | None
    #: Lots of the passbook that have lapsed for inactivity: nothing can be spent of them.
    lapsed: Sequence[OpenLot] = ()


def read(sale: Sale, now: datetime) -> Situation:
    """Read everything about a sale in one round trip; a store that was not asked for lately takes more.

    Raises ``Invalid`` for a store, till or time that does not exist.
    """
    shop = shop_of(sale)
    scheme = places.scheme(_choose_offer(shop, sale).programme_id)
    moment = Moment(sale.purchased_at.astimezone(shop.zone), sale.purchased_at.astimezone(scheme.zone))
    row = prepared.run(_READ, _params(sale, shop, scheme, moment, now))
    document = _decode(row[0]["document"])
    return compose(sale, shop, scheme, moment, document, passbook(document, scheme), now=now)


def compose(
    sale: Sale,
    shop: Shop,
    scheme: Scheme,
    moment: Moment,
    document: Document,
    book: Passbook | None,
    shown: dict[UUID, WalletLot] | None = None,
    now: datetime | None = None,
) -> Situation:
    """Put together what is known; the bulk path knows it from memory, and which lots it has ``shown`` before.

    A sale that comes late spends no points that have expired by ``now`` (if it is not told, nothing has since
    the sale), so that it does not matter whether a sweep has been there meanwhile.

    Raises ``Invalid`` when no rules were in force at the time of the sale.
    """
    if document.rulebook is None:
        raise Invalid(
            Fault("purchased_at", "before_the_programme", _("The programme had not started at that time."))
        )
    uses, progress = usage.split(document.usage or ())
    facts = member_facts.as_of(document.facts or Facts(), scheme.ladder)
    products = {product.sku: product for product in document.products or ()}
    booked_at = max(now or sale.purchased_at, sale.purchased_at)
    lapsed: Sequence[OpenLot] = ()
    if book is not None and scheme.inactivity_days is not None:
        last = max(filter(None, (facts.last_purchase_at, document.last_bought)), default=None)
        lapsed = inactivity.lapsed(book, scheme.inactivity_days, scheme.zone, booked_at, last)
    return Situation(
        sale=sale,
        shop=shop,
        scheme=scheme,
        rules=rulebooks.get(document.rulebook),
        moment=moment,
        basket=Basket(
            place=Place(shop.partner, shop.code, shop.groups, sale.till, sale.channel),
            lines=tuple(_line(line, products.get(line.sku)) for line in sale.lines),
            redeem=MAX if sale.redeem == "max" else Decimal(sale.redeem),
            cashier=sale.cashier,
            coupons=sale.coupons,
        ),
        shopper=_shopper(document, sale, scheme, facts, uses, progress, book, booked_at, shown, lapsed),
        book=book,
        facts=facts,
        used={**uses, **{(campaign, usage.PROGRESS): (n, Decimal(0)) for campaign, n in progress.items()}},
        product_ids={sku: product.id for sku, product in products.items()},
        earlier=(document.receipt.id, document.receipt.content_hash) if document.receipt else None,
        member_status=document.member.status if document.member else None,
        lapsed=lapsed,
    )


def shop_of(sale: Sale) -> Shop:
    """The store and till of a sale. Raises ``Invalid`` when they do not exist."""
    return require_shop(sale, places.find(sale.store))


def open_books(store: str) -> Shop | None:
    """The store, with every account that is opened on first use. To be called outside a sale's transaction.

    Shops and programmes are kept in memory with their accounts' ids: one that a refused sale took back
    with its transaction would be remembered for a while.
    """
    shop = places.find(store)
    for offer in shop.offers if shop else ():
        places.scheme(offer.programme_id)
    return shop


def require_shop(sale: Sale, shop: Shop | None) -> Shop:
    """The store, if it can make this sale. Raises ``Invalid`` when it cannot."""
    if shop is None or not shop.offers:
        raise Invalid(Fault("store", "unknown", _("There is no store “%(code)s”.") % {"code": sale.store}))
    if sale.till and sale.till not in shop.tills:
        detail = _("Store “%(store)s” has no till “%(till)s”.") % {"store": sale.store, "till": sale.till}
        raise Invalid(Fault("till", "unknown", detail))
    return shop


def member_id(who: Who | None) -> UUID | None:
    """The id of the member known so, or None."""
    if who is None:
        return None
    params = {
        "card": who.card, "phone": _phone(who.phone), "email": who.email, "member_id": _uuid(who.id),
        "code": lookup.digest(who.code) if who.code else None, "now": datetime.now(UTC),
    }  # fmt: skip
    rows = prepared.run(f"WITH {_WHO} SELECT id FROM who", params)
    return rows[0]["id"] if rows else None


def _params(sale: Sale, shop: Shop, scheme: Scheme, moment: Moment, now: datetime) -> dict[str, object]:
    who = sale.member or Who()
    return {
        "store": shop.id,
        "partner": shop.partner_id,
        "programme": scheme.id,
        "number": sale.receipt_number or None,
        "card": who.card,
        "phone": _phone(who.phone),
        "email": who.email,
        "code": lookup.digest(who.code) if who.code else None,
        "member_id": _uuid(who.id),
        "now": now,
        "at": sale.purchased_at,
        "ladder": scheme.ladder.version,
        "look_back": member_facts.look_back(scheme.ladder),
        "day": moment.in_programme.replace(hour=0, minute=0, second=0, microsecond=0),
        "periods": [*period_keys(moment.in_programme).values(), usage.PROGRESS],
        "skus": [line.sku for line in sale.lines],
    }


def _phone(text: str | None) -> str | None:
    return lookup.read_phone(text, "member.phone") if text else None


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Refused("member_not_found", _("There is no such member.")) from error


def passbook(document: Document, scheme: Scheme) -> Passbook | None:
    """The member's account as it was read."""
    account = document.account
    if account is None:
        return None
    lots = (OpenLot(*(getattr(lot, name) for name in _Lot.__struct_fields__)) for lot in document.lots or ())
    return Passbook(
        account.id,
        scheme.institutions,
        account.balance,
        account.owed,
        account.version,
        lots={lot.id: lot for lot in lots},
        debts={debt.lot_id: debt.points for debt in document.debts or ()},
    )


def _shopper(
    document: Document,
    sale: Sale,
    scheme: Scheme,
    facts: Facts,
    uses: Mapping[usage.Key, usage.Used],
    progress: Mapping[int, int],
    book: Passbook | None,
    booked_at: datetime,
    shown: dict[UUID, WalletLot] | None,
    lapsed: Sequence[OpenLot],
) -> Shopper:
    member = document.member
    if member is None:
        return ANONYMOUS
    tier = scheme.ladder.step(member_facts.level(facts, scheme.ladder, sale.purchased_at))
    return Shopper(
        member_id=member.id,
        tier=tier.code if tier else "",
        card_kind=member.card_kind or "",
        joined_on=member.joined_at.astimezone(scheme.zone).date(),
        birthday=member.birthday,
        purchases=facts.purchases,
        progress=progress,
        uses=uses,
        wallet=wallet(book, document.spent_today, document.account.may_redeem, booked_at, shown, lapsed)
        if book and document.account
        else None,
    )


def wallet(
    book: Passbook,
    spent_today: Decimal,
    may_redeem: bool,
    booked_at: datetime,
    shown: dict[UUID, WalletLot] | None = None,
    lapsed: Sequence[OpenLot] = (),
) -> Wallet:
    """What the account's lots let its holder spend, booked at a moment at which they must not have expired.

    Lots are taken from ``shown`` while they are as they were.
    """
    shown = {} if shown is None else shown
    lots = []
    for lot in book.lots.values():
        if not lot.remaining or lot.expired_at(booked_at) or lot in lapsed:
            continue
        known = shown.get(lot.id)
        if known is None or known.remaining is not lot.remaining:
            known = shown[lot.id] = WalletLot(
                str(lot.id), lot.remaining, lot.active_from, lot.expires_at, lot.terms, lot.earned_at
            )
        lots.append(known)
    return Wallet(tuple(lots), spent_today, may_redeem)


def _line(line: SaleLine, product: KnownProduct | None) -> Line:
    return Line(
        position=line.position,
        sku=line.sku,
        quantity=line.quantity,
        amount=line.cost,
        price=line.unit_price,
        name=(product.name if product else "") or line.name,
        brand=product.brand if product else line.brand,
        categories=_categories(line, product),
        sets=frozenset(product.sets or ()) if product else frozenset(),
    )


def _categories(line: SaleLine, product: KnownProduct | None) -> tuple[str, ...]:
    if product:
        return tuple(product.categories or ())
    return (line.category,) if line.category else ()


def _choose_offer(shop: Shop, sale: Sale) -> Offer:
    """The programme of a receipt: the first of the partner's, by priority, whose conditions it meets."""
    if len(shop.offers) == 1:
        return shop.offers[0]
    who = sale.member or Who()
    rows = prepared.run(
        _CONDITIONS,
        {
            "card": who.card, "phone": _phone(who.phone), "email": who.email, "member_id": _uuid(who.id),
            "partner": shop.partner_id, "skus": [line.sku for line in sale.lines],
        },
    )  # fmt: skip
    return pick_offer(shop, rows[0]["kinds"] or (), rows[0]["sets"] or ())


def pick_offer(shop: Shop, kinds: Collection[str], sets: Collection[str]) -> Offer:
    """The first offer that is for one of these types of card and product sets; the last if none is."""
    for offer in shop.offers:
        if offer.card_kind in (None, *kinds) and offer.product_set in (None, *sets):
            return offer
    return shop.offers[-1]


_CONDITIONS = """
SELECT (SELECT array_agg(k.code) FROM members_card c JOIN members_cardkind k ON k.id = c.kind_id
         WHERE NOT c.blocked AND c.member_id = COALESCE(
           %(member_id)s::uuid,
           (SELECT member_id FROM members_card WHERE number = %(card)s::text),
           (SELECT id FROM members_member WHERE phone = %(phone)s::text),
           (SELECT id FROM members_member WHERE lower(email) = lower(%(email)s::text)))) AS kinds,
       (SELECT array_agg(DISTINCT s.code) FROM loyalty_productset s
          JOIN loyalty_productset_products sp ON sp.productset_id = s.id
          JOIN loyalty_product p ON p.id = sp.product_id
         WHERE p.partner_id = %(partner)s::bigint AND p.sku = ANY(%(skus)s::text[])) AS sets
"""
