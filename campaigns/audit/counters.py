"""The SQL of the audit, for what is counted beside points: limits, counters, budgets, and coupons on receipts.

Rows as in ``loyalty.ledger.audit_statements``. All of it is the sum of the decisions that stand: of a receipt the one
of its last return, or its own; of an event its reward's.
"""

from __future__ import annotations

#: The decision that stands, of each receipt and event that counts something.
_STANDING = """
standing AS MATERIALIZED (
  SELECT r.id AS receipt_id, r.programme_id, r.member_id, r.store_id, r.account_id, r.status,
         coalesce(o.outcome, r.outcome) AS outcome
    FROM loyalty_receipt r
    LEFT JOIN (SELECT DISTINCT ON (receipt_id) receipt_id, outcome FROM loyalty_return
                ORDER BY receipt_id, recorded_at DESC, id DESC) o ON o.receipt_id = r.id
   WHERE (%(programme)s::bigint IS NULL OR r.programme_id = %(programme)s::bigint)
     AND coalesce(o.outcome, r.outcome) ?| ARRAY['uses', 'tallies', 'coupons']
   UNION ALL
  SELECT NULL, w.programme_id, e.member_id, NULL, NULL, NULL, w.outcome
    FROM campaigns_eventreward w JOIN members_event e ON e.id = w.event_id
   WHERE (%(programme)s::bigint IS NULL OR w.programme_id = %(programme)s::bigint)
     AND w.outcome ?| ARRAY['uses', 'tallies'])"""

#: How often a member used a campaign, and for how many points.
_USAGE_IS_WHAT_STANDS = f"""
WITH {_STANDING},
used AS (
  SELECT s.member_id, (u.value->>0)::bigint AS campaign_id, u.value->>1 AS period,
         sum((u.value->>2)::numeric) AS times, sum((u.value->>3)::numeric) AS points
    FROM standing s CROSS JOIN jsonb_array_elements(s.outcome->'uses') u
   WHERE s.outcome ? 'uses' AND s.member_id IS NOT NULL GROUP BY 1, 2, 3),
kept AS (
  SELECT u.* FROM campaigns_usage u JOIN campaigns_campaign c ON c.id = u.campaign_id
   WHERE (%(programme)s::bigint IS NULL OR c.programme_id = %(programme)s::bigint))
SELECT '' AS account, 'member ' || member_id || ', campaign ' || campaign_id || ', ' || period AS subject,
       coalesce(u.times, 0) || ' times, ' || coalesce(u.points, 0) || ' points' AS expected,
       coalesce(k.times, 0) || ' times, ' || coalesce(k.points, 0) || ' points' AS found
  FROM used u FULL JOIN kept k USING (member_id, campaign_id, period)
 WHERE (coalesce(u.times, 0), coalesce(u.points, 0)) <> (coalesce(k.times, 0), coalesce(k.points, 0))
 ORDER BY 2
"""

#: How often everybody used a campaign, in all or in a store. Before decisions had a format (``v``), what a return
#: brought to a row that was not there yet was not counted: rows that such a return speaks of are believed.
_TALLY_IS_WHAT_STANDS = f"""
WITH {_STANDING},
used AS (
  SELECT (t.value->>0)::bigint AS campaign_id, CASE WHEN t.value->>1 LIKE 's:%%' THEN s.store_id END AS store_id,
         substr(t.value->>1, 3) AS period, sum((t.value->>2)::numeric) AS times, sum((t.value->>3)::numeric) AS points,
         sum((t.value->>4)::numeric) AS money
    FROM standing s CROSS JOIN jsonb_array_elements(s.outcome->'tallies') t
   WHERE s.outcome ? 'tallies' AND (s.store_id IS NOT NULL OR t.value->>1 LIKE 'c:%%') GROUP BY 1, 2, 3),
early AS MATERIALIZED (
  SELECT DISTINCT (t.value->>0)::bigint AS campaign_id, substr(t.value->>1, 3) AS period,
         CASE WHEN t.value->>1 LIKE 's:%%' THEN r.store_id END AS store_id
    FROM loyalty_return o JOIN loyalty_receipt r ON r.id = o.receipt_id
   CROSS JOIN jsonb_array_elements(o.outcome->'tallies') t
   WHERE o.outcome ? 'tallies' AND NOT o.outcome ? 'v'),
kept AS (
  SELECT t.* FROM campaigns_tally t JOIN campaigns_campaign c ON c.id = t.campaign_id
   WHERE (%(programme)s::bigint IS NULL OR c.programme_id = %(programme)s::bigint))
SELECT '' AS account, concat_ws(', ', 'campaign ' || coalesce(u.campaign_id, k.campaign_id),
                                'store ' || coalesce(u.store_id, k.store_id), coalesce(u.period, k.period)) AS subject,
       concat_ws(', ', coalesce(u.times, 0), coalesce(u.points, 0), coalesce(u.money, 0)) AS expected,
       concat_ws(', ', coalesce(k.times, 0), coalesce(k.points, 0), coalesce(k.money, 0)) AS found
  FROM used u FULL JOIN kept k ON k.campaign_id = u.campaign_id AND coalesce(k.store_id, 0) = coalesce(u.store_id, 0)
   AND k.period = u.period
 WHERE (coalesce(u.times, 0), coalesce(u.points, 0), coalesce(u.money, 0))
       <> (coalesce(k.times, 0), coalesce(k.points, 0), coalesce(k.money, 0))
   AND NOT EXISTS (SELECT FROM early e WHERE e.campaign_id = coalesce(u.campaign_id, k.campaign_id)
                      AND e.store_id IS NOT DISTINCT FROM coalesce(u.store_id, k.store_id)
                      AND e.period = coalesce(u.period, k.period))
 ORDER BY 2
"""

#: The coupons of a decision that stands are on its receipt, reserved while it is held; no other one is.
_COUPON_IS_ON_ITS_RECEIPT = f"""
WITH {_STANDING},
decided AS (
  SELECT s.receipt_id, s.account_id, c.id AS coupon_id, code.value AS code,
         CASE s.status WHEN 'held' THEN 'reserved' ELSE 'used' END AS state
    FROM standing s CROSS JOIN jsonb_array_elements_text(s.outcome->'coupons') code
    LEFT JOIN rewards_coupon c ON c.programme_id = s.programme_id AND c.code = code.value
   WHERE s.receipt_id IS NOT NULL AND s.outcome ? 'coupons'),
used AS (
  SELECT u.receipt_id, r.account_id, u.coupon_id, u.state
    FROM rewards_couponuse u JOIN loyalty_receipt r ON r.id = u.receipt_id
   WHERE u.state <> 'returned' AND (%(programme)s::bigint IS NULL OR r.programme_id = %(programme)s::bigint))
SELECT coalesce(d.account_id, u.account_id)::text AS account,
       'receipt ' || coalesce(d.receipt_id, u.receipt_id) || ': coupon ' || coalesce(d.code, u.coupon_id::text)
         AS subject,
       coalesce(d.state, 'not used') AS expected, coalesce(u.state, 'not used') AS found
  FROM decided d FULL JOIN used u ON u.receipt_id = d.receipt_id AND u.coupon_id = d.coupon_id
 WHERE d.state IS DISTINCT FROM u.state
 ORDER BY 2
"""

CHECKS = {
    "usage_is_what_stands": _USAGE_IS_WHAT_STANDS,
    "tally_is_what_stands": _TALLY_IS_WHAT_STANDS,
    "coupon_is_on_its_receipt": _COUPON_IS_ON_ITS_RECEIPT,
}
