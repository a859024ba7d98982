"""What a sale's situation is read from: one statement, and the document that it answers with.

Everything that every sale needs is always read; what only some campaigns ask for (figures of past
purchases, attributes, segments, what a campaign gave to everybody) is read where the rulebook's needs
name it. The rulebook is found by the statement itself, so the needs are those of the rulebook that was
in force last time; should there be another one, the statement is run again.

The bulk path knows the same from memory: members by ``bulk.people``, products by ``bulk.goods``, accounts, holds and
what was spent today by ``bulk.buyers``. Random tests hold them to what is read here (``test_people.py``,
``test_goods.py`` and ``test_replay.py`` under ``tests/campaigns/checkout/bulk/``).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from analytics import facts, segments
from analytics.facts import Facts
from campaigns import rulebooks
from campaigns.checkout import history, usage
from campaigns.checkout.history import PastDocument
from campaigns.checkout.sale import Sale
from campaigns.engine.counters import counter_key
from campaigns.engine.limits import period_keys
from campaigns.engine.needs import Needs
from foundation import prepared
from loyalty.ledger import allowance
from loyalty.rules.basket import Moment
from loyalty.shops import membership, products
from loyalty.shops.places import Scheme, Shop
from members.lookup import lookup
from members.lookup.lookup import Sought
from rewards.coupons import coupons
from rewards.coupons import statements as coupon_statements
from rewards.coupons.usability import Held

#: Part of a statement: the member who is sought, if they take part in one of ``programmes``.
_WHO = f"""
{lookup.NAMED},
who AS (
  SELECT m.id, m.status, m.language, m.birthday, m.birthday_changed_at, m.joined_at, m.gender,
         m.referred_by_id IS NOT NULL AS referred,
         (SELECT json_object_agg(key, m.attributes -> key) FROM unnest(%(attributes)s::text[]) AS key
           WHERE m.attributes ? key) AS attributes,
         (SELECT k.code FROM members_card c JOIN members_cardkind k ON k.id = c.kind_id
           WHERE c.member_id = m.id AND NOT c.blocked
           ORDER BY array_position(%(by_cards)s::text[], c.number::text), c.id LIMIT 1) AS card_kind
    FROM members_member m WHERE m.id = ({lookup.first(membership.among(()))}))
"""
#: So many held purchases whose time is over are told at once.
MOST_OVER = 50
#: One row, one JSON document: what the store, the member and the basket bring to a decision.
READ = f"""
WITH {_WHO},
rules AS (
  SELECT id, terms FROM campaigns_rulebook
   WHERE programme_id = %(programme)s::bigint AND in_force_from <= %(at)s::timestamptz
   ORDER BY in_force_from DESC, id DESC LIMIT 1),
account AS (
  SELECT a.id, a.balance, a.owed, a.version, h.may_redeem, h.daily_limit
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
      SELECT lot_id, sum(points) AS points, (SELECT funder_id FROM loyalty_lot WHERE id = lot_id) AS funder_id
        FROM loyalty_debt
       WHERE account_id = (SELECT id FROM account WHERE owed > 0)
       GROUP BY lot_id HAVING sum(points) <> 0 ORDER BY lot_id) d),
  'facts', ({facts.READ.format(member="(SELECT id FROM who)")}),
  'usage', (SELECT json_agg(json_build_array(campaign_id, period, times, points)) FROM campaigns_usage
     WHERE member_id = (SELECT id FROM who)
       AND (period = ANY(%(periods)s::text[]) OR (period >= %(promises)s::text AND period < 'o'))),
  'tallies', (SELECT json_agg(json_build_array(campaign_id, store_id, period, times, points, money))
      FROM campaigns_tally
     WHERE campaign_id = ANY(%(shared)s::bigint[]) AND period = ANY(%(periods)s::text[])
       AND (store_id IS NULL OR store_id = %(store)s::bigint)),
  'segments', CASE WHEN cardinality(%(segments)s::text[]) > 0 THEN
     array_to_json({segments.codes_sql("(SELECT id FROM who)", "%(programme)s::bigint")}) END,
  'history', CASE WHEN %(history)s::boolean THEN (SELECT json_agg(h.purchase) FROM (
      {history.of_members("member_id = (SELECT id FROM who)", held_at="%(now)s::timestamptz")}) h) END,
  'holds', (SELECT json_build_array(count(*), COALESCE(sum(to_pay), 0), max(purchased_at)) FROM loyalty_receipt
     WHERE member_id = (SELECT id FROM who) AND programme_id = %(programme)s::bigint
       AND status = 'held' AND hold_until >= %(now)s::timestamptz),
  'over', (SELECT json_agg(o.id) FROM (
      SELECT id FROM loyalty_receipt
       WHERE status = 'held' AND hold_until < %(now)s::timestamptz AND programme_id = %(programme)s::bigint
       ORDER BY account_id IS DISTINCT FROM (SELECT id FROM account), hold_until LIMIT {MOST_OVER}) o),
  'spent_today', CASE WHEN (SELECT terms #> '{{spending,max_points_per_day}}' FROM rules) IS NULL THEN 0 ELSE (
    SELECT COALESCE(sum(CASE WHEN source_id = (SELECT id FROM account) THEN points ELSE -points END), 0)
      FROM loyalty_transfer
     WHERE at >= %(day)s::timestamptz AND (
           (source_id = (SELECT id FROM account) AND kind IN ('redeem', 'hold'))
        OR (target_id = (SELECT id FROM account) AND kind IN ('restore', 'release')))) END,
  'spent_by_holder', CASE WHEN (SELECT daily_limit FROM account) IS NULL THEN 0 ELSE (
    {allowance.SPENT.format(member="(SELECT id FROM who)", account="(SELECT id FROM account)")}) END,
  'products', (SELECT json_agg(p) FROM ({products.KNOWN}) p),
  'rulebook', (SELECT id FROM rules)
)::text AS document
"""
#: The same for a sale that shows coupons.
READ_WITH_COUPONS = READ.replace(
    "'rulebook',", f"'coupons', ({coupon_statements.shown('(SELECT id FROM who)')}),\n  'rulebook',"
)


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
    gender: str = ""
    referred: bool = False
    attributes: dict[str, Any] | None = None
    birthday_changed_at: datetime | None = None


class KnownAccount(msgspec.Struct):
    """The member's account, and what the member may do with it."""

    id: UUID
    balance: Decimal
    owed: Decimal
    version: int
    may_redeem: bool
    daily_limit: Decimal | None = None


class KnownLot(msgspec.Struct):
    """A lot with points left, field by field as a passbook has it."""

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
    funder_id: UUID | None


class KnownProduct(msgspec.Struct):
    """A product; ``categories`` are the codes from the root of the tree down to its own."""

    id: int
    sku: str
    name: str
    brand: str
    categories: list[str] | None
    sets: list[str] | None


class Holds(msgspec.Struct, array_like=True, frozen=True):
    """The member's purchases that are held and whose time is not over: how many, their money, and the last one."""

    count: int = 0
    spent: Decimal = Decimal(0)
    last_at: datetime | None = None


NO_HOLDS = Holds()


class Known(msgspec.Struct):
    """What is known about a sale, as it was read."""

    receipt: KnownReceipt | None
    member: KnownMember | None
    account: KnownAccount | None
    lots: list[KnownLot] | None
    debts: list[_Debt] | None
    facts: Facts | None
    usage: list[tuple[int, str, int, Decimal]] | None
    spent_today: Decimal
    products: list[KnownProduct] | None
    rulebook: int | None
    #: What the member's own receipts of the day spend, where the member may spend so much a day and no more.
    spent_by_holder: Decimal = Decimal(0)
    tallies: list[tuple[int, int | None, str, int, Decimal, Decimal]] | None = None
    segments: list[str] | None = None
    history: list[PastDocument] | None = None
    coupons: list[Held] | None = None
    holds: Holds = NO_HOLDS
    #: Held purchases of the programme whose time is over and that nobody has let go yet, the account's own first.
    over: list[UUID] | None = None
    #: The last purchase from the account that is not written yet: the bulk path knows of it.
    last_bought: datetime | None = None


_decode = msgspec.json.Decoder(Known).decode
#: The needs of the rulebook that was found last, by programme.
_needs: dict[int, Needs] = {}
NOTHING = Needs()


def read(sale: Sale, shop: Shop, scheme: Scheme, moment: Moment, now: datetime) -> Known:
    """Read everything about a sale, in one round trip unless the rules have changed since the last one."""
    asked = _needs.get(scheme.id, NOTHING)
    params = _params(sale, shop, scheme, moment, now)
    document = _run(params, asked, moment)
    if document.rulebook is not None:
        needs = rulebooks.get(document.rulebook).engine.machine.needs
        if needs is not asked:
            _needs[scheme.id] = needs
            if needs.anything:
                document = _run(params, needs, moment)
    return document


def read_member(member_id: UUID, scheme: Scheme, needs: Needs, at: datetime, now: datetime) -> Known:
    """Read what is known about a member who is not at a till. One round trip."""
    local = at.astimezone(scheme.zone)
    moment = Moment(local, local)
    nowhere: dict[str, object] = dict.fromkeys(("store", "partner", "number"))
    params = {
        **nowhere, **Sought(ids=(member_id,)).params(now), **_ladder(scheme), "programme": scheme.id,
        "programmes": [scheme.id], "at": at, "skus": [],
        **days(moment), "periods": usage_keys(moment),
    }  # fmt: skip
    return _run(params, needs, moment)


def _run(params: dict[str, object], needs: Needs, moment: Moment) -> Known:
    statement = READ_WITH_COUPONS if params.get("codes") else READ
    row = prepared.run(statement, params | wishes(needs, moment))
    return _decode(row[0]["document"])


def wishes(needs: Needs, moment: Moment) -> dict[str, object]:
    """The parameters that say what is to be read beyond what every sale needs."""
    past = needs.of_history
    return {
        "attributes": list(needs.attributes),
        "segments": list(needs.segments),
        "shared": [campaign for campaign, _period in needs.shared],
        "promises": usage.first_promise(moment) if needs.promises else "o",
        "history": bool(past),
        "since": needs.since(moment.in_programme) if past else None,
        "lines": needs.of_lines,
    }


def _ladder(scheme: Scheme) -> dict[str, object]:
    """What the facts are read for: the ladder, and how far it looks back."""
    return {"ladder": scheme.ladder.version, "look_back": facts.look_back(scheme.ladder)}


def days(moment: Moment) -> dict[str, object]:
    """The programme's day of a moment, and the one after it."""
    day, day_after = allowance.day_of(moment.in_programme)
    return {"day": day, "day_after": day_after}


def usage_keys(moment: Moment) -> list[str]:
    """The keys under which uses and counters of a moment are kept, promises aside."""
    periods = period_keys(moment.in_programme)
    counters = [counter_key(key) for name, key in periods.items() if name != "ever"]
    return [*periods.values(), usage.PROGRESS, *counters]


def _params(sale: Sale, shop: Shop, scheme: Scheme, moment: Moment, now: datetime) -> dict[str, object]:
    return {
        **sought(sale, shop).params(now),
        "programmes": [scheme.id],
        "store": shop.id,
        "partner": shop.partner_id,
        "programme": scheme.id,
        "number": sale.receipt_number or None,
        "at": sale.purchased_at,
        **_ladder(scheme),
        **days(moment),
        "periods": usage_keys(moment),
        "skus": [line.sku for line in sale.lines],
        "codes": coupons.kept(sale.coupons),
    }


def sought(sale: Sale, shop: Shop) -> Sought:
    """What is to be looked up for the member of a sale, as its store reads it; nothing for an anonymous one,
    nor for one that is named in several ways, which ``sale.check`` refuses.
    """
    given = sale.member.given if sale.member else ()
    if len(given) != 1:
        return Sought()
    form, value = given[0]
    return lookup.seek(form, value, shop.manner, sale.purchased_at)
