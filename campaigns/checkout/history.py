"""Past purchases, as the rules ask for them: read from receipts, or taken from a decision not written yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from campaigns.engine.needs import PastLine, PastPurchase
from loyalty.rules.rounding import round_money


class PastTraits(msgspec.Struct):
    """What a line was, as it is kept with the receipt."""

    sku: str = ""
    brand: str = ""
    categories: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()


#: A line: its traits, quantity, how many came back, money paid for all of it.
PastLineDocument = tuple[PastTraits, Decimal, Decimal, Decimal]


class PastDocument(msgspec.Struct, array_like=True):
    """A past purchase as it is read; ``refund`` is the money that went back."""

    member_id: str
    programme_id: int
    at: datetime
    store: str
    partner: str
    to_pay: Decimal
    refund: Decimal
    lines: list[PastLineDocument] | None


def of_members(condition: str, held_at: str = "'infinity'") -> str:
    """A query of purchases that stand, one JSON array each, of the members whom a condition on ``r`` names; and of
    those that are held and whose time is not over at ``held_at``, an expression of SQL.

    Its parameters: ``programme`` the programme, ``at`` before which, ``since`` from when on (null: all),
    ``lines`` whether what was bought is wanted.
    """
    return f"""
      SELECT json_build_array(r.member_id, r.programme_id, r.purchased_at, s.code, p.code, r.to_pay,
             COALESCE((SELECT sum(b.refund) FROM loyalty_return b
                        WHERE b.receipt_id = r.id AND r.status = 'partially_returned'), 0),
             CASE WHEN %(lines)s::boolean THEN (
               SELECT json_agg(json_build_array(l.traits, l.quantity,
                      COALESCE((SELECT sum(q.quantity) FROM loyalty_returnline q
                                 WHERE q.line_id = l.id AND r.status = 'partially_returned'), 0), l.to_pay)
                      ORDER BY l.position)
                 FROM loyalty_receiptline l WHERE l.receipt_id = r.id) END) AS purchase
        FROM loyalty_receipt r
        JOIN loyalty_store s ON s.id = r.store_id
        JOIN loyalty_partner p ON p.id = s.partner_id
       WHERE {condition} AND r.programme_id = %(programme)s::bigint
         AND (r.status IN ('completed', 'partially_returned') OR (r.status = 'held' AND r.hold_until >= {held_at}))
         AND r.purchased_at < %(at)s::timestamptz
         AND (%(since)s::timestamptz IS NULL OR r.purchased_at >= %(since)s::timestamptz)"""


def read(documents: Iterable[PastDocument]) -> list[PastPurchase]:
    """Past purchases of what was read."""
    return [
        PastPurchase(
            one.at, one.store, one.partner, one.to_pay - one.refund, tuple(map(_line, one.lines or ()))
        )
        for one in documents
    ]


def _line(document: PastLineDocument) -> PastLine:
    traits, quantity, back, paid = document
    kept = quantity - back
    if back:
        paid = round_money(paid * kept / quantity)
    return PastLine(traits.sku, traits.brand, traits.categories, frozenset(traits.sets), kept, paid)


def of_decision(
    receipt: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], store: str, partner: str
) -> PastPurchase:
    """A purchase that was just decided, as it would be read back."""
    return PastPurchase(
        receipt["purchased_at"],
        store,
        partner,
        receipt["to_pay"],
        tuple(
            _line((msgspec.convert(line["traits"], PastTraits), line["quantity"], Decimal(0), line["to_pay"]))
            for line in lines
        ),
    )
