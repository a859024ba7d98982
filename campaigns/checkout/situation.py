"""What is known about a sale before it is judged, put together as the engine wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from analytics import facts
from analytics.facts import Facts
from campaigns import rulebooks
from campaigns.checkout import history, reading, tallies, usage, venue
from campaigns.checkout.reading import Holds, Known, KnownProduct
from campaigns.checkout.sale import Sale, SaleLine
from campaigns.engine.needs import Need, Needs, PastPurchase, answer, is_total
from campaigns.engine.shopper import Shopper
from foundation.refusals import Fault, Invalid
from loyalty.ledger import inactivity, ledger
from loyalty.ledger.passbook import OpenLot, Passbook
from loyalty.rules.basket import MAX, Allowance, Basket, Coupon, Line, Moment, Wallet, WalletLot
from loyalty.rules.redemption import is_spendable
from loyalty.shops import places
from loyalty.shops.places import Scheme, Shop
from members import birthdays
from rewards.coupons import coupons
from rewards.coupons.usability import Found

#: What happens to a referrer when a friend buys something.
PURCHASED = "friend.purchased"


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
    #: The coupons that were shown, usable or not.
    coupons: Sequence[Found] = ()
    #: Held purchases whose time is over and that are still booked as held.
    over: Sequence[UUID] = ()
    #: Whether somebody referred the buyer, and a campaign rewards them for what friends buy.
    rewards_a_friend: bool = False


def read(sale: Sale, now: datetime) -> Situation:
    """Read everything about a sale in one round trip; a store that was not asked for lately takes more,
    and so do rules that have just changed.

    Raises ``Invalid`` for a store, till or time that does not exist, ``Refused`` for a store that was closed
    or took part in no programme.
    """
    shop = venue.shop_of(sale)
    scheme = places.scheme_of(venue.choose(shop, sale, now))
    moment = Moment(sale.purchased_at.astimezone(shop.zone), sale.purchased_at.astimezone(scheme.zone))
    document = reading.read(sale, shop, scheme, moment, now)
    member = document.member.id if document.member else None
    shown = coupons.judge(sale.coupons, document.coupons or (), member, sale.purchased_at, scheme.zone)
    return compose(sale, shop, scheme, moment, document, passbook(document, scheme), now=now, coupons=shown)


def coupons_of(sale: Sale, scheme: Scheme, member_id: UUID | None) -> Sequence[Found]:
    """What the coupons are that a sale shows. One statement where it shows any."""
    return coupons.find(scheme.id, sale.coupons, member_id, sale.purchased_at) if sale.coupons else ()


def compose(
    sale: Sale,
    shop: Shop,
    scheme: Scheme,
    moment: Moment,
    document: Known,
    book: Passbook | None,
    shown: dict[UUID, WalletLot] | None = None,
    now: datetime | None = None,
    past: Sequence[PastPurchase] | None = None,
    coupons: Sequence[Found] = (),
) -> Situation:
    """Put together what is known; the bulk path knows it from memory: which lots it has ``shown`` before,
    and the ``past`` purchases of the member.

    A sale that comes late spends no points that have expired by ``now`` (if it is not told, nothing has since
    the sale), so that it does not matter whether a sweep has been there meanwhile.

    Raises ``Invalid`` when no rules were in force at the time of the sale.
    """
    if document.rulebook is None:
        raise Invalid(
            Fault("purchased_at", "before_the_programme", _("The programme had not started at that time."))
        )
    rules = rulebooks.get(document.rulebook)
    known_facts = document.facts or Facts()
    products = {product.sku: product for product in document.products or ()}
    booked_at = max(now or sale.purchased_at, sale.purchased_at)
    lapsed: Sequence[OpenLot] = ()
    if book is not None and scheme.inactivity_days is not None:
        last = max(filter(None, (known_facts.last_purchase_at, document.last_bought)), default=None)
        lapsed = inactivity.lapsed(book, scheme.inactivity_days, scheme.zone, booked_at, last)
    purse = None
    if book is not None and document.account is not None:
        purse = wallet(book, document.spent_today, document.account.may_redeem, booked_at, shown, lapsed)
        if document.account.daily_limit is not None:
            allowed = Allowance(document.account.daily_limit, document.spent_by_holder)
            purse = replace(purse, allowance=allowed)
    if past is None:
        past = history.read(document.history) if document.history else ()
    used = usage.mapped(document.usage or ())
    return Situation(
        sale=sale,
        shop=shop,
        scheme=scheme,
        rules=rules,
        moment=moment,
        basket=_basket(sale, shop, products, coupons),
        shopper=_shopper(
            document, scheme, moment, used, purse,
            _known(
                rules.engine.machine.needs, known_facts, document.holds, past, purse, moment, shop.code, shop.partner
            ),
            rules.engine.machine.needs,
        ),
        book=book,
        facts=known_facts,
        used=used,
        product_ids={sku: product.id for sku, product in products.items()},
        earlier=(document.receipt.id, document.receipt.content_hash) if document.receipt else None,
        member_status=document.member.status if document.member else None,
        lapsed=lapsed,
        coupons=coupons,
        over=document.over or (),
        rewards_a_friend=(
            document.member is not None
            and document.member.referred
            and PURCHASED in rules.engine.machine.listeners
        ),
    )  # fmt: skip


def _basket(sale: Sale, shop: Shop, products: Mapping[str, KnownProduct], coupons: Sequence[Found]) -> Basket:
    """What the engine sees of a sale, with the coupons that may be used."""
    return Basket(
        place=shop.past.place(sale.till, sale.channel),
        lines=tuple(_line(line, products.get(line.sku)) for line in sale.lines),
        redeem=MAX if sale.redeem == "max" else Decimal(sale.redeem),
        cashier=sale.cashier,
        coupons=tuple(Coupon(one.kept, one.series) for one in coupons if one.usable),
        exchanges=sale.exchanges,
        facts=sale.facts,
    )


def of_member(
    member_id: UUID, scheme: Scheme, rules: rulebooks.Rules, at: datetime, now: datetime
) -> tuple[Shopper, Mapping[usage.Key, usage.Used]]:
    """A member as the rules know them at a moment, away from any till; and how far campaigns were used."""
    needs = rules.engine.machine.needs
    document = reading.read_member(member_id, scheme, needs, at, now)
    local = at.astimezone(scheme.zone)
    moment, book = Moment(local, local), passbook(document, scheme)
    purse = wallet(book, Decimal(0), True, max(at, now)) if book is not None else None
    past = history.read(document.history) if document.history else ()
    known = _known(needs, document.facts or Facts(), document.holds, past, purse, moment, "", "")
    used = usage.mapped(document.usage or ())
    return _shopper(document, scheme, moment, used, purse, known, needs), used


def _known(
    needs: Needs,
    totals: Facts,
    holds: Holds,
    past: Sequence[PastPurchase],
    purse: Wallet | None,
    moment: Moment,
    store: str,
    partner: str,
) -> dict[str, Decimal]:
    """The figures that the rules ask for."""
    known = {
        need.key: _total(need, totals, holds)
        if is_total(need)
        else answer(need, past, moment.in_programme, store, partner)
        for need in needs.figures.values()
    }
    if needs.balance:
        now = moment.in_programme
        lots = purse.lots if purse else ()
        known["balance"] = sum((lot.remaining for lot in lots if is_spendable(lot, now)), Decimal(0))
    return known


def _total(need: Need, totals: Facts, holds: Holds) -> Decimal:
    return totals.spent + holds.spent if need.kind == "spent" else Decimal(totals.purchases + holds.count)


def passbook(document: Known, scheme: Scheme) -> Passbook | None:
    """The member's account as it was read."""
    account = document.account
    if account is None:
        return None
    lots = [ledger.open_lot(lot) for lot in document.lots or ()]
    return Passbook(
        account.id,
        scheme.institutions,
        account.balance,
        account.owed,
        account.version,
        lots={lot.id: lot for lot in lots},
        debts={debt.lot_id: debt.points for debt in document.debts or ()},
        creditors={debt.lot_id: debt.funder_id for debt in document.debts or () if debt.funder_id},
    )


def _shopper(
    document: Known,
    scheme: Scheme,
    moment: Moment,
    used: Mapping[usage.Key, usage.Used],
    purse: Wallet | None,
    known: Mapping[str, Decimal],
    needs: Needs,
) -> Shopper:
    shared = tallies.mapped(document.tallies or ())
    member = document.member
    if member is None:
        return Shopper(uses=shared)
    known_facts = document.facts or Facts()
    ladder = scheme.ladder
    tier = ladder.step(facts.level(facts.as_of(known_facts, ladder), ladder, moment.in_programme))
    uses, progress = usage.split(used)
    bought = [at for at in (known_facts.last_purchase_at, document.holds.last_at) if at is not None]
    last = max(bought, default=None) if needs.last_purchase else None
    return Shopper(
        member_id=member.id,
        tier=tier.code if tier else "",
        card_kind=member.card_kind or "",
        joined_on=member.joined_at.astimezone(scheme.zone).date(),
        birthday=member.birthday,
        birthday_from=birthdays.counts_from(member.birthday_changed_at, scheme.birthday_days, scheme.zone),
        purchases=known_facts.purchases + document.holds.count,
        progress=progress,
        uses={**uses, **shared},
        wallet=purse,
        gender=member.gender if needs.gender else "",
        last_purchase_on=last.astimezone(scheme.zone).date() if last else None,
        referred=member.referred if needs.referrer else False,
        attributes={
            key: value for key, value in (member.attributes or {}).items() if key in needs.attributes
        },
        segments=frozenset(needs.segments.intersection(document.segments or ())),
        known=known,
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
