"""The SQL of coupons on receipts. ``rewards.coupons`` says in which order it runs, and what it locks."""

from __future__ import annotations

#: The window of series ``s`` in programme ``p``: the first and the last second of its days there.
OPENS = "(s.valid_from::timestamp AT TIME ZONE p.time_zone)"
CLOSES = "((s.valid_until + 1)::timestamp AT TIME ZONE p.time_zone - interval '1 second')"

#: The label of coupon ``c`` when its counters will be ``uses`` and ``reserved``.
STATE = f"""CASE
    WHEN c.state IN ('revoked', 'waiting') THEN c.state
    WHEN {{uses}} >= c.most AND {{reserved}} > 0 THEN 'reserved'
    WHEN {{uses}} >= c.most THEN 'used'
    WHEN least(c.valid_until, (SELECT {CLOSES} FROM rewards_series s
           JOIN loyalty_programme p ON p.id = s.programme_id WHERE s.id = c.series_id)) < %(at)s::timestamptz
      THEN 'expired'
    ELSE 'issued' END"""

_FIND = f"""
SELECT c.id, c.code, c.state, c.member_id, c.uses, c.most, {OPENS} AS opens,
       least(c.valid_until, {CLOSES}) AS closes, p.time_zone, s.id AS series_id, s.code AS series,
       s.good_for, s.offer, s.active, s.combinable, coalesce(m.uses, 0) AS uses_of_member, s.most_per_member,
       coalesce(t.uses, 0) AS uses_in_all, t.most AS most_in_all
  FROM rewards_coupon c
  JOIN rewards_series s ON s.id = c.series_id
  JOIN loyalty_programme p ON p.id = s.programme_id
  LEFT JOIN rewards_seriesmember m ON m.series_id = s.id AND m.member_id = %(member)s::uuid
  LEFT JOIN rewards_seriestotal t ON t.series_id = s.id
 WHERE {{which}}
"""
FIND = _FIND.format(which="c.programme_id = %(programme)s::bigint AND c.code = ANY(%(codes)s::text[])")
FIND_BY_ID = _FIND.format(which="c.id = ANY(%(coupons)s::bigint[])")

KNOWN = """
SELECT code FROM rewards_coupon
 WHERE programme_id = ANY(%(programmes)s::bigint[]) AND code = ANY(%(codes)s::text[]) AND state <> 'waiting'
"""

LOCK_SERIES = """
SELECT id, most_per_member FROM rewards_series WHERE id = ANY(%(series)s::bigint[]) ORDER BY id FOR KEY SHARE
"""
LOCK = """
SELECT id FROM rewards_coupon WHERE id = ANY(%(coupons)s::bigint[]) AND most IS NOT NULL
 ORDER BY id FOR NO KEY UPDATE
"""
USE = f"""
UPDATE rewards_coupon c
   SET uses = c.uses + 1, reserved = c.reserved + %(reserve)s::int,
       state = {STATE.format(uses="c.uses + 1", reserved="c.reserved + %(reserve)s::int")}
 WHERE c.id = %(coupon)s::bigint AND c.uses < c.most AND c.state NOT IN ('revoked', 'waiting')
RETURNING c.id
"""
LOOK = "SELECT state, most FROM rewards_coupon WHERE id = %(coupon)s::bigint"
USE_OF_MEMBER = """
INSERT INTO rewards_seriesmember AS m (series_id, member_id, uses, most)
SELECT %(series)s::bigint, %(member)s::uuid, %(times)s::int, %(most)s::int WHERE %(times)s::int <= %(most)s::int
    ON CONFLICT (series_id, member_id) DO UPDATE SET uses = m.uses + EXCLUDED.uses, most = EXCLUDED.most
 WHERE m.uses + EXCLUDED.uses <= EXCLUDED.most
RETURNING m.id
"""
USE_IN_ALL = """
UPDATE rewards_seriestotal SET uses = uses + %(times)s::int
 WHERE series_id = %(series)s::bigint AND uses + %(times)s::int <= most
RETURNING series_id
"""
IS_LIMITED = "SELECT series_id FROM rewards_seriestotal WHERE series_id = ANY(%(series)s::bigint[])"
NOTE = """
INSERT INTO rewards_couponuse (id, coupon_id, series_id, receipt_id, member_id, state, at)
SELECT x.id, x.coupon_id, x.series_id, %(receipt)s::uuid, %(member)s::uuid, %(state)s::text, %(at)s::timestamptz
  FROM unnest(%(ids)s::uuid[], %(coupons)s::bigint[], %(series)s::bigint[]) AS x(id, coupon_id, series_id)
"""


OF_RECEIPT = """
SELECT u.id AS use_id, u.coupon_id, u.series_id, u.member_id, u.state, c.code, s.code AS series
  FROM rewards_couponuse u
  JOIN rewards_coupon c ON c.id = u.coupon_id
  JOIN rewards_series s ON s.id = u.series_id
 WHERE u.receipt_id = %(receipt)s::uuid AND u.state = ANY(%(states)s::text[])
 ORDER BY u.coupon_id FOR UPDATE OF u
"""
CONFIRM = "UPDATE rewards_couponuse SET state = 'used' WHERE id = ANY(%(uses)s::uuid[])"
RETURN = """
UPDATE rewards_couponuse SET state = 'returned', returned_at = %(at)s::timestamptz WHERE id = ANY(%(uses)s::uuid[])
"""
UNRESERVE = f"""
UPDATE rewards_coupon c SET reserved = c.reserved - 1,
       state = {STATE.format(uses="c.uses", reserved="c.reserved - 1")}
 WHERE c.id = ANY(%(coupons)s::bigint[]) AND c.most IS NOT NULL
"""
FREE = f"""
UPDATE rewards_coupon c SET uses = c.uses - 1, reserved = c.reserved - x.reserved,
       state = {STATE.format(uses="c.uses - 1", reserved="c.reserved - x.reserved")}
  FROM unnest(%(coupons)s::bigint[], %(reserved)s::int[]) AS x(id, reserved)
 WHERE c.id = x.id AND c.most IS NOT NULL
"""
FREE_MEMBER = """
UPDATE rewards_seriesmember SET uses = uses - %(times)s::int
 WHERE series_id = %(series)s::bigint AND member_id = %(member)s::uuid
"""
FREE_TOTAL = (
    "UPDATE rewards_seriestotal SET uses = uses - %(times)s::int WHERE series_id = %(series)s::bigint"
)
