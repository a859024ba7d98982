"""Receipts and returns: the rows of what was sold and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from foundation import copying, prepared

#: Part of a statement: inserts what ``rows`` gives as ``%(receipts)s``.
INSERT = """
sold AS MATERIALIZED (SELECT %(receipts)s::json AS doc),
receipt_rows AS (
  INSERT INTO loyalty_receipt (id, store_id, till_id, programme_id, number, cashier, channel, member_id,
         account_id, status, purchased_at, recorded_at, hold_until, total, discount, redeemed_points,
         redeemed_amount, to_pay, earned, rulebook_id, content_hash, place_id, shopper, outcome)
  SELECT x.* FROM sold, json_to_recordset(doc->'receipts')
      AS x(id uuid, store_id bigint, till_id bigint, programme_id bigint, number text, cashier text,
           channel text, member_id uuid, account_id uuid, status text, purchased_at timestamptz,
           recorded_at timestamptz, hold_until timestamptz, total numeric, discount numeric,
           redeemed_points numeric, redeemed_amount numeric, to_pay numeric, earned numeric,
           rulebook_id bigint, content_hash text, place_id bigint, shopper jsonb, outcome jsonb)),
line_rows AS (
  INSERT INTO loyalty_receiptline (receipt_id, position, product_id, quantity, price, amount, discount,
         redeemed_points, redeemed_amount, to_pay, earned, traits)
  SELECT x.* FROM sold, json_to_recordset(doc->'lines')
      AS x(receipt_id uuid, position int, product_id bigint, quantity numeric, price numeric,
           amount numeric, discount numeric, redeemed_points numeric, redeemed_amount numeric,
           to_pay numeric, earned numeric, traits jsonb))
"""


#: By each who holds the account or held it, as receipts are found; whatever their past, so many rows of it are read.
_LATEST = """
SELECT r.id, r.purchased_at AS at, s.name AS store, r.to_pay, r.earned, r.redeemed_points AS redeemed
  FROM (SELECT member_id, account_id FROM loyalty_holder WHERE account_id = %(account)s::uuid
        UNION SELECT member_id, account_id FROM loyalty_pastholder WHERE account_id = %(account)s::uuid) h
 CROSS JOIN LATERAL (
       SELECT id, store_id, purchased_at, to_pay, earned, redeemed_points FROM loyalty_receipt
        WHERE member_id = h.member_id AND account_id = h.account_id AND status <> 'cancelled'
        ORDER BY purchased_at DESC LIMIT %(most)s::int) r
  JOIN loyalty_store s ON s.id = r.store_id
 ORDER BY r.purchased_at DESC, r.id DESC LIMIT %(most)s::int
"""


class Bought(NamedTuple):
    """A purchase in a line: where, when, the money paid, the points earned and spent."""

    id: UUID
    at: datetime
    store: str
    to_pay: Decimal
    earned: Decimal
    redeemed: Decimal


def latest(account_id: UUID, most: int) -> list[Bought]:
    """The last purchases for an account by who holds it or held it then, but for cancelled ones. One statement."""
    return [Bought(**row) for row in prepared.run(_LATEST, {"account": account_id, "most": most})]


def rows(receipts: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The document that ``INSERT`` writes."""
    return {"receipts": receipts, "lines": lines}


def copy(receipts: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> None:
    """Write many receipts at once. Must run in the transaction in which their points are posted."""
    _copy("loyalty_receipt", receipts, ("shopper", "outcome"))
    _copy("loyalty_receiptline", lines, ("traits",))


def _copy(table: str, rows: Sequence[dict[str, Any]], documents: tuple[str, ...]) -> None:
    if not rows:
        return
    columns = list(rows[0])
    copying.copy(
        table,
        columns,
        ([_text(row[name]) if name in documents else row[name] for name in columns] for row in rows),
    )


def _text(document: Any) -> str | None:
    return None if document is None else msgspec.json.encode(document).decode()
