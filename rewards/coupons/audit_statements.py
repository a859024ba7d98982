"""The SQL of the audit, for coupons: their counters are what is on receipts.

Rows as in ``loyalty.ledger.audit_statements``.
"""

from __future__ import annotations

_OURS = "(%(programme)s::bigint IS NULL OR s.programme_id = %(programme)s::bigint)"

#: A coupon knows how many receipts hold it; a series and its members where there is a limit to it.
_COUPON_COUNTS_ITS_USES = f"""
WITH uses AS MATERIALIZED (
  SELECT u.coupon_id, u.series_id, u.member_id, count(*) AS n, count(*) FILTER (WHERE u.state = 'reserved') AS reserved
    FROM rewards_couponuse u WHERE u.state <> 'returned' GROUP BY 1, 2, 3),
of_coupon AS (SELECT coupon_id, sum(n) AS n, sum(reserved) AS reserved FROM uses GROUP BY 1),
of_member AS (SELECT series_id, member_id, sum(n) AS n FROM uses WHERE member_id IS NOT NULL GROUP BY 1, 2),
of_series AS (SELECT series_id, sum(n) AS n FROM uses GROUP BY 1)
SELECT '' AS account, 'coupon ' || c.code AS subject,
       coalesce(u.n, 0) || ' uses, ' || coalesce(u.reserved, 0) || ' reserved' AS expected,
       c.uses || ' uses, ' || c.reserved || ' reserved' AS found
  FROM rewards_coupon c JOIN rewards_series s ON s.id = c.series_id LEFT JOIN of_coupon u ON u.coupon_id = c.id
 WHERE {_OURS} AND c.most IS NOT NULL AND (c.uses, c.reserved) <> (coalesce(u.n, 0), coalesce(u.reserved, 0))
 UNION ALL
SELECT '', 'series ' || s.code || ', member ' || m.member_id, coalesce(u.n, 0)::text, m.uses::text
  FROM rewards_seriesmember m JOIN rewards_series s ON s.id = m.series_id
  LEFT JOIN of_member u ON u.series_id = m.series_id AND u.member_id = m.member_id
 WHERE {_OURS} AND m.uses <> coalesce(u.n, 0)
 UNION ALL
SELECT '', 'series ' || s.code, coalesce(u.n, 0)::text, t.uses::text
  FROM rewards_seriestotal t JOIN rewards_series s ON s.id = t.series_id
  LEFT JOIN of_series u ON u.series_id = t.series_id
 WHERE {_OURS} AND t.uses <> coalesce(u.n, 0)
 ORDER BY 2
"""

CHECKS = {"coupon_counts_its_uses": _COUPON_COUNTS_ITS_USES}
