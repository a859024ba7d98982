"""Receipts and returns: the rows of what was sold and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from foundation import copying

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
