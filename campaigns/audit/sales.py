"""The SQL of the audit, for receipts and returns: their money, their goods, and whose they are.

Rows as in ``loyalty.ledger.audit_statements``. ``campaigns.checkout.record`` says what is what in a decision.
"""

from __future__ import annotations

from loyalty.ledger.audit_checks import Check

_OURS = "(%(programme)s::bigint IS NULL OR r.programme_id = %(programme)s::bigint)"
_ACCOUNT = "coalesce(r.account_id::text, '') AS account"

_LINES_OF_OURS = """(%(programme)s::bigint IS NULL OR l.receipt_id IN (
       SELECT id FROM loyalty_receipt WHERE programme_id = %(programme)s::bigint))"""
_SEED = "%(seed)s::bigint"


def _weighed(*figures: str) -> str:
    """Figures as one number, each with a weight of its own that nobody knows before the run."""
    return " + ".join(
        f"hashint4extended({place}, {_SEED})::numeric * {figure}" for place, figure in enumerate(figures)
    )


_SUMS = ("discount", "redeemed_points", "redeemed_amount", "to_pay")
#: Whether lines, receipts and decisions have the same figures: as sums over whole tables, in which each row has a
#: random weight. What differs anywhere differs in the sum. Only then it is looked for which. A line has its decision's
#: figures where a hash of all of them is the same.
_RECEIPTS_ADD_UP = f"""
SELECT l.sums = r.sums AND l.figures = d.figures AND r.same AS receipt_adds_up
  FROM (SELECT coalesce(sum(uuid_hash_extended(l.receipt_id, {_SEED}) * ({
    _weighed("l.amount", *(f"l.{name}" for name in _SUMS))
})), 0) AS sums,
               coalesce(sum(hash_record_extended(ROW(l.receipt_id, l.position::int, l.amount, l.discount,
                 l.redeemed_points, l.redeemed_amount, l.to_pay, l.earned), {_SEED})), 0) AS figures
          FROM loyalty_receiptline l WHERE {_LINES_OF_OURS}) l
 CROSS JOIN (
        SELECT coalesce(sum(uuid_hash_extended(r.id, {_SEED}) * ({
    _weighed("r.total", *(f"r.{name}" for name in _SUMS))
})), 0) AS sums,
               NOT coalesce(bool_or(coalesce((r.outcome->>'total')::numeric, 0) <> r.total
                                    OR coalesce((r.outcome->>'discount')::numeric, 0) <> r.discount
                                    OR coalesce((r.outcome->>'to_pay')::numeric, 0) <> r.to_pay), false) AS same
          FROM loyalty_receipt r WHERE {_OURS}) r
 CROSS JOIN (
        SELECT coalesce(sum(hash_record_extended(ROW(r.id, (d->>0)::int, (d->>1)::numeric, (d->>2)::numeric,
                 (d->>3)::numeric, (d->>4)::numeric, (d->>5)::numeric, (d->>6)::numeric), {
    _SEED
})), 0) AS figures
          FROM loyalty_receipt r CROSS JOIN jsonb_array_elements(r.outcome->'lines') d
         WHERE {_OURS} AND r.outcome ? 'lines') d
"""

#: A receipt is the sum of its lines, but for points that the receipt as a whole was given; both are what was decided.
_RECEIPT_ADDS_UP = f"""
WITH sold AS MATERIALIZED (
  SELECT receipt_id, sum(amount) AS total, sum(discount) AS discount, sum(redeemed_points) AS points,
         sum(redeemed_amount) AS paid, sum(to_pay) AS to_pay,
         sum(hash_record_extended(ROW(position, amount, discount, redeemed_points, redeemed_amount, to_pay, earned), 0))
           AS lines
    FROM loyalty_receiptline GROUP BY receipt_id)
SELECT {_ACCOUNT}, 'receipt ' || r.id || wrong.subject AS subject, wrong.expected, wrong.found
  FROM loyalty_receipt r
  LEFT JOIN sold s ON s.receipt_id = r.id
 CROSS JOIN LATERAL (
       SELECT ': sums of its lines' AS subject,
              concat_ws(', ', s.total, s.discount, s.points, s.paid, s.to_pay) AS expected,
              concat_ws(', ', r.total, r.discount, r.redeemed_points, r.redeemed_amount, r.to_pay) AS found
        WHERE (r.total, r.discount, r.redeemed_points, r.redeemed_amount, r.to_pay)
              IS DISTINCT FROM (s.total, s.discount, s.points, s.paid, s.to_pay)
       UNION ALL
       SELECT ': total, discount, to pay', concat_ws(', ', d.total, d.discount, d.to_pay),
              concat_ws(', ', r.total, r.discount, r.to_pay)
         FROM (SELECT coalesce((r.outcome->>'total')::numeric, 0) AS total,
                      coalesce((r.outcome->>'discount')::numeric, 0) AS discount,
                      coalesce((r.outcome->>'to_pay')::numeric, 0) AS to_pay) d
        WHERE r.outcome ? 'lines' AND (d.total, d.discount, d.to_pay) <> (r.total, r.discount, r.to_pay)
       UNION ALL
       SELECT ': lines', 'as decided', 'others'
        WHERE r.outcome ? 'lines' AND s.lines IS DISTINCT FROM (
              SELECT sum(hash_record_extended(ROW((d->>0)::int, (d->>1)::numeric, (d->>2)::numeric, (d->>3)::numeric,
                                                  (d->>4)::numeric, (d->>5)::numeric, (d->>6)::numeric), 0))
                FROM jsonb_array_elements(r.outcome->'lines') d)) wrong
 WHERE {_OURS}
 ORDER BY r.id, wrong.subject
"""

#: A receipt is of the member for whom it was judged, who holds the account to which its points go or held it
#: then: none where the member's was opened later.
_RECEIPT_IS_ITS_MEMBERS = f"""
SELECT {_ACCOUNT}, 'receipt ' || r.id || ': member' AS subject,
       CASE WHEN r.shopper IS NULL THEN 'a holder of the account' ELSE coalesce(r.shopper->>'member_id', 'nobody') END
         AS expected,
       coalesce(r.member_id::text, 'nobody') AS found
  FROM loyalty_receipt r
  LEFT JOIN loyalty_holder h ON h.member_id = r.member_id AND h.programme_id = r.programme_id
 WHERE {_OURS} AND (r.shopper IS NOT NULL AND nullif(r.shopper->>'member_id', '') IS DISTINCT FROM r.member_id::text
                    OR r.account_id IS DISTINCT FROM h.account_id AND NOT (
                       r.account_id IS NULL AND r.shopper IS NOT NULL AND EXISTS (
                       SELECT FROM loyalty_account a
                        WHERE a.opened_at > r.recorded_at AND (a.id = h.account_id OR EXISTS (
                              SELECT FROM loyalty_pastholder p
                               WHERE p.member_id = r.member_id AND p.account_id = a.id))))
                    AND NOT EXISTS (SELECT FROM loyalty_pastholder p
                                     WHERE p.member_id = r.member_id AND p.account_id = r.account_id))
 ORDER BY r.id
"""

#: What is paid back is what the rest costs less; what was answered is what is kept.
_RETURN_REFUNDS_WHAT_IT_SAYS = f"""
WITH back AS MATERIALIZED (
  SELECT o.receipt_id, sum(o.refund) AS refund,
         max(r.to_pay - coalesce((o.outcome->>'to_pay')::numeric, 0)) FILTER (WHERE g.goods) AS due
    FROM loyalty_return o
    JOIN loyalty_receipt r ON r.id = o.receipt_id
   CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM loyalty_returnline x WHERE x.back_id = o.id) AS goods) g
   WHERE {_OURS} GROUP BY o.receipt_id)
SELECT {_ACCOUNT}, 'receipt ' || r.id || ': refund' AS subject, greatest(coalesce(b.due, 0), 0)::text AS expected,
       b.refund::text AS found
  FROM back b JOIN loyalty_receipt r ON r.id = b.receipt_id
 WHERE b.refund <> greatest(coalesce(b.due, 0), 0)
 UNION ALL
SELECT {_ACCOUNT}, 'return ' || o.id || ': answer',
       concat_ws(', ', o.answer->>'refund', o.answer->>'restored', o.answer->>'revoked', o.answer->>'owed'),
       concat_ws(', ', o.refund, o.restored, o.revoked, o.owed)
  FROM loyalty_return o JOIN loyalty_receipt r ON r.id = o.receipt_id
 WHERE {_OURS} AND ((o.answer->>'refund')::numeric <> o.refund OR (o.answer->>'restored')::numeric <> o.restored
                    OR (o.answer->>'revoked')::numeric <> o.revoked OR (o.answer->>'owed')::numeric <> o.owed)
 ORDER BY 2
"""

#: No more of a line comes back than was sold, all of it where the status says so, and the decision that stands is on
#: what is left. Only a purchase that was let go comes back without goods. The amount of a part is within a cent.
_RETURN_IS_OF_WHAT_WAS_SOLD = f"""
WITH back AS MATERIALIZED (
  SELECT o.receipt_id, (array_agg(o.id ORDER BY o.recorded_at DESC, o.id DESC))[1] AS last_id,
         bool_or(o.number = '~cancel' AND x.n IS NULL) AS let_go,
         bool_or(o.number <> '~cancel' AND x.n IS NULL) AS bare,
         coalesce(bool_or(x.strange), false) AS strange
    FROM loyalty_return o
    JOIN loyalty_receipt r ON r.id = o.receipt_id
    LEFT JOIN (SELECT rl.back_id, count(*) AS n, bool_or(l.receipt_id <> b.receipt_id) AS strange
                 FROM loyalty_returnline rl JOIN loyalty_receiptline l ON l.id = rl.line_id
                 JOIN loyalty_return b ON b.id = rl.back_id GROUP BY rl.back_id) x ON x.back_id = o.id
   WHERE {_OURS} GROUP BY o.receipt_id),
goods AS MATERIALIZED (
  SELECT l.receipt_id, l.position, l.quantity, l.amount, coalesce(x.quantity, 0) AS gone,
         l.quantity - coalesce(x.quantity, 0) AS rest
    FROM back b JOIN loyalty_receiptline l ON l.receipt_id = b.receipt_id
    LEFT JOIN (SELECT line_id, sum(quantity) AS quantity FROM loyalty_returnline GROUP BY line_id) x
      ON x.line_id = l.id),
whole AS MATERIALIZED (
  SELECT receipt_id, min(rest) AS least, max(rest) AS most, sum(gone) AS gone FROM goods GROUP BY receipt_id),
standing AS MATERIALIZED (
  SELECT b.receipt_id, (d.value->>0)::int AS position, (d.value->>1)::numeric AS amount
    FROM back b JOIN loyalty_return o ON o.id = b.last_id CROSS JOIN jsonb_array_elements(o.outcome->'lines') d
   WHERE o.outcome ? 'lines')
SELECT {_ACCOUNT}, 'receipt ' || r.id || wrong.subject AS subject, wrong.expected, wrong.found
  FROM back b JOIN loyalty_receipt r ON r.id = b.receipt_id LEFT JOIN whole w ON w.receipt_id = r.id
 CROSS JOIN LATERAL (
       SELECT ': goods that came back' AS subject, 'no more than were sold' AS expected, 'more' AS found
        WHERE w.least < 0
       UNION ALL SELECT ': goods that came back', 'its own', 'of another receipt' WHERE b.strange
       UNION ALL SELECT ': goods that came back', 'some', 'none'
        WHERE b.bare OR b.let_go AND (r.hold_until IS NULL OR w.gone > 0)
       UNION ALL
       SELECT ': status', CASE WHEN w.most > 0 THEN 'some of it came back' ELSE 'all of it came back' END, r.status
        WHERE NOT b.let_go AND (w.most > 0) <> (r.status = 'partially_returned')) wrong
 UNION ALL
SELECT {_ACCOUNT}, 'receipt ' || r.id || ': position ' || coalesce(g.position, d.position),
       coalesce(round(g.amount * g.rest / g.quantity, 2)::text, 'nothing left'), coalesce(d.amount::text, 'not judged')
  FROM (SELECT g.* FROM goods g JOIN back b ON b.receipt_id = g.receipt_id AND NOT b.let_go WHERE g.rest > 0) g
  FULL JOIN standing d ON d.receipt_id = g.receipt_id AND d.position = g.position
  JOIN loyalty_receipt r ON r.id = coalesce(g.receipt_id, d.receipt_id)
 WHERE g.position IS NULL OR d.position IS NULL OR abs(g.amount * g.rest / g.quantity - d.amount) > 0.01
 ORDER BY 2
"""

#: Somebody waits for what is held, until a moment.
_HOLD_HAS_AN_END = f"""
SELECT {_ACCOUNT}, 'receipt ' || r.id || ': hold' AS subject, 'a moment at which it ends' AS expected, 'none' AS found
  FROM loyalty_receipt r WHERE {_OURS} AND r.status = 'held' AND r.hold_until IS NULL
 ORDER BY r.id
"""

CHECKS: dict[str, str | Check] = {
    "receipt_adds_up": Check({"receipt_adds_up": _RECEIPT_ADDS_UP}, _RECEIPTS_ADD_UP),
    "receipt_is_its_members": _RECEIPT_IS_ITS_MEMBERS,
    "return_refunds_what_it_says": _RETURN_REFUNDS_WHAT_IT_SAYS,
    "return_is_of_what_was_sold": _RETURN_IS_OF_WHAT_WAS_SOLD,
    "hold_has_an_end": _HOLD_HAS_AN_END,
}
