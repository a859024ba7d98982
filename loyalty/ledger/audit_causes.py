"""The SQL of the audit, for what lies behind each transfer: a receipt, a debt, an act by hand that was told, a payer.

Rows as in ``loyalty.ledger.audit_statements``.
"""

from __future__ import annotations

_OURS = "(%(programme)s::bigint IS NULL OR a.programme_id = %(programme)s::bigint)"

#: What only a receipt can cause names one; what repays pays its debts; an exchange has two halves; what is taken back
#: was given for a receipt, for an event, or by hand.
_TRANSFER_HAS_ITS_CAUSE = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject, wrong.expected, wrong.found
  FROM loyalty_transfer t
  JOIN loyalty_account a ON a.id = t.source_id
  LEFT JOIN (SELECT transfer_id, -sum(points) FILTER (WHERE points < 0) AS points FROM loyalty_debt
              WHERE transfer_id IS NOT NULL GROUP BY transfer_id) d ON d.transfer_id = t.id
 CROSS JOIN LATERAL (
       SELECT 'a receipt' AS expected, 'none' AS found
        WHERE t.receipt_id IS NULL AND t.kind IN ('redeem', 'hold', 'capture', 'release', 'restore')
       UNION ALL
       SELECT 'debts of ' || t.points, 'debts of ' || coalesce(d.points, 0)
        WHERE t.kind = 'repay' AND t.points IS DISTINCT FROM d.points
       UNION ALL
       SELECT 'a receipt, an event or an act by hand', 'none'
        WHERE t.kind = 'revoke' AND t.receipt_id IS NULL AND t.reverses_id IS NULL AND t.key NOT LIKE 'event:%%'
       UNION ALL
       SELECT 'another half', 'none'
        WHERE t.kind = 'exchange' AND NOT EXISTS (
              SELECT FROM loyalty_transfer o
               WHERE o.kind = 'exchange' AND o.at = t.at AND o.key = CASE
                     WHEN t.key LIKE '%%:in' THEN left(t.key, -3) || ':out' ELSE left(t.key, -4) || ':in' END)
       UNION ALL
       SELECT 'what a member approved', 'nothing of the kind'
        WHERE t.kind = 'transfer' AND NOT EXISTS (
              SELECT FROM loyalty_remittance r
               WHERE r.transfer_id = t.id AND r.account_id = t.source_id AND r.points = t.points AND r.sent_at = t.at)
       UNION ALL
       SELECT 'points sent for this fee', 'none'
        WHERE t.kind = 'fee' AND NOT EXISTS (
              SELECT FROM loyalty_remittance r JOIN loyalty_transfer o ON o.id = r.transfer_id
               WHERE o.key || ':fee' = t.key AND r.fee = t.points AND o.source_id = t.source_id)) wrong
 WHERE {_OURS} AND t.kind IN ('redeem', 'hold', 'capture', 'release', 'restore', 'repay', 'revoke', 'exchange',
                             'transfer', 'fee')
 ORDER BY a.id, t.id
"""

#: What was told of points given or taken by hand, and of reversals, is in the books; and no reversal is untold.
_WHAT_WAS_TOLD_IS_BOOKED = """
WITH told AS (
  SELECT (e.data->>'transfer')::uuid AS transfer_id, e.kind = 'points.reversed' AS back,
         abs((e.data->>'points')::numeric) AS points
    FROM members_event e LEFT JOIN loyalty_programme p ON p.code = e.data->>'programme'
   WHERE e.kind IN ('points.adjusted', 'points.reversed') AND e.data ? 'transfer'
     AND (%(programme)s::bigint IS NULL OR p.id = %(programme)s::bigint)),
booked AS (
  SELECT t.id AS transfer_id, false AS back, t.points FROM loyalty_transfer t WHERE t.kind = 'adjust'
  UNION ALL
  SELECT t.reverses_id, true, sum(t.points) FROM loyalty_transfer t
   WHERE t.reverses_id IS NOT NULL AND t.kind IN ('adjust', 'revoke') GROUP BY t.reverses_id)
SELECT '' AS account, 'transfer ' || transfer_id || CASE WHEN back THEN ': reversal' ELSE '' END AS subject,
       coalesce(t.points::text, 'nothing told') AS expected, coalesce(b.points::text, 'nothing booked') AS found
  FROM booked b FULL JOIN told t USING (transfer_id, back)
 WHERE coalesce(b.points, 0) <> coalesce(t.points, 0)
   AND (t.points IS NOT NULL OR back AND (%(programme)s::bigint IS NULL OR %(programme)s::bigint = (
       SELECT a.programme_id FROM loyalty_transfer o JOIN loyalty_account a ON a.id = o.source_id
        WHERE o.id = transfer_id)))
 ORDER BY 2
"""

#: Points come from whoever pays for their lot: a payer's account, or the programme.
_LOT_NAMES_ITS_PAYER = f"""
SELECT a.id AS account, 'lot ' || l.id AS subject, coalesce(l.funder_id::text, 'the programme') AS expected,
       CASE s.kind WHEN 'budget' THEN s.id::text ELSE 'the programme' END AS found
  FROM loyalty_transfer t
  JOIN loyalty_account s ON s.id = t.source_id
  JOIN loyalty_lot l ON l.transfer_id = t.id
  JOIN loyalty_account a ON a.id = l.account_id
 WHERE {_OURS} AND t.kind = 'accrue'
   AND l.funder_id IS DISTINCT FROM CASE s.kind WHEN 'budget' THEN s.id END
 ORDER BY a.id, l.id
"""

#: Points that were sent to another member keep their expiry, their terms and who paid for them. Where a return let
#: others stand in for them afterwards, what the transfer took says no more of that.
_WHAT_WAS_SENT_KEEPS_ITS_TERMS = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject, moved.points::text || ' of the sender''s terms' AS expected,
       'of others' AS found
  FROM loyalty_remittance r
  JOIN loyalty_transfer t ON t.id = r.transfer_id
  JOIN loyalty_account a ON a.id = t.target_id
 CROSS JOIN LATERAL (
       SELECT sum(abs(points)) AS points FROM (
              SELECT sum(points) AS points FROM (
                     SELECT u.points, l.expires_at, l.funder_id, l.terms
                       FROM loyalty_lotuse u JOIN loyalty_lot l ON l.id = u.lot_id WHERE u.transfer_id = t.id
                     UNION ALL
                     SELECT -l.points, l.expires_at, l.funder_id, l.terms FROM loyalty_lot l WHERE l.transfer_id = t.id
                     ) both_sides GROUP BY expires_at, funder_id, terms) differing) moved
 WHERE {_OURS} AND moved.points <> 0 AND NOT EXISTS (
       SELECT FROM loyalty_lotuse back WHERE back.transfer_id = t.id AND back.points < 0)
 ORDER BY a.id, t.id
"""

CHECKS = {
    "what_was_sent_keeps_its_terms": _WHAT_WAS_SENT_KEEPS_ITS_TERMS,
    "transfer_has_its_cause": _TRANSFER_HAS_ITS_CAUSE,
    "what_was_told_is_booked": _WHAT_WAS_TOLD_IS_BOOKED,
    "lot_names_its_payer": _LOT_NAMES_ITS_PAYER,
}
