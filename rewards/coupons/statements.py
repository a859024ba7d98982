"""The SQL of coupons on receipts. ``rewards.coupons.coupons`` says in which order it runs, and what it locks."""

from __future__ import annotations

#: The window of series ``s`` in programme ``p``: the first and the last second of its days there.
OPENS = "(s.valid_from::timestamp AT TIME ZONE p.time_zone)"
CLOSES = "((s.valid_until + 1)::timestamp AT TIME ZONE p.time_zone - interval '1 second')"

#: The label of coupon ``c`` at a moment when its counters will be ``uses`` and ``reserved``.
STATE = f"""CASE
    WHEN c.state IN ('revoked', 'waiting') THEN c.state
    WHEN {{uses}} >= c.most AND {{reserved}} > 0 THEN 'reserved'
    WHEN {{uses}} >= c.most THEN 'used'
    WHEN c.withdrawn THEN 'revoked'
    WHEN least(c.valid_until, (SELECT {CLOSES} FROM rewards_series s
           JOIN loyalty_programme p ON p.id = s.programme_id WHERE s.id = c.series_id)) < {{at}}
      THEN 'expired'
    ELSE 'issued' END"""

_FIND = f"""
SELECT c.id, c.code, c.state, c.member_id, c.uses, c.most, {OPENS} AS opens,
       least(c.valid_until, {CLOSES}) AS closes, p.time_zone, s.id AS series_id, s.code AS series,
       s.good_for, s.offer, s.active, s.combinable, coalesce(m.uses, 0) AS uses_of_member, s.most_per_member,
       coalesce(t.uses, 0) AS uses_in_all, t.most AS most_in_all, s.version
  FROM rewards_coupon c
  JOIN rewards_series s ON s.id = c.series_id
  JOIN loyalty_programme p ON p.id = s.programme_id
  LEFT JOIN rewards_seriesmember m ON m.series_id = s.id AND m.member_id = {{member}}
  LEFT JOIN rewards_seriestotal t ON t.series_id = s.id
 WHERE {{which}}
"""
_SHOWN = "c.programme_id = %(programme)s::bigint AND c.code = ANY(%(codes)s::text[])"
FIND = _FIND.format(member="%(member)s::uuid", which=_SHOWN)
_OF_MEMBER = """c.id IN (
  SELECT id FROM rewards_coupon WHERE member_id = %(member)s::uuid AND programme_id = %(programme)s::bigint
     AND state = 'issued' AND NOT withdrawn AND (valid_until IS NULL OR valid_until >= %(at)s::timestamptz)
   ORDER BY valid_until, id DESC LIMIT %(most)s::int)"""
FIND_OF_MEMBER = f"""
SELECT found.*, named.name FROM ({_FIND.format(member="%(member)s::uuid", which=_OF_MEMBER)}) found
  JOIN rewards_series named ON named.id = found.series_id
"""
FIND_BY_ID = _FIND.format(member="%(member)s::uuid", which="c.id = ANY(%(coupons)s::bigint[])")


def shown(member: str) -> str:
    """Part of a statement: the coupons ``%(codes)s`` of a programme as JSON, for the member that ``member`` selects."""
    return f"SELECT json_agg(coupon) FROM ({_FIND.format(member=member, which=_SHOWN)}) coupon"


#: Which of these codes there are. Those that wait in a pool are not told.
KNOWN = """
SELECT code FROM rewards_coupon
 WHERE programme_id = ANY(%(programmes)s::bigint[]) AND code = ANY(%(codes)s::text[]) AND state <> 'waiting'
"""

LOCK_SERIES = """
SELECT id, version FROM rewards_series WHERE id = ANY(%(series)s::bigint[]) ORDER BY id FOR KEY SHARE
"""
LOCK = """
SELECT id FROM rewards_coupon WHERE id = ANY(%(coupons)s::bigint[]) AND most IS NOT NULL
 ORDER BY id FOR NO KEY UPDATE
"""
#: Parts of a statement: uses the coupons that ``rows`` gives as ``%(coupons)s``. What could not be used is in
#: ``coupon_lost``, with the reason; nothing of the transaction may then be kept. Each part waits for the one before,
#: so that locks are taken in their order. A series that was changed since it was read may have a limit that this
#: statement does not see.
USE = f"""
coupon_uses AS MATERIALIZED (
  SELECT x.* FROM json_to_recordset(%(coupons)s::json)
      AS x(id uuid, coupon_id bigint, series_id bigint, version int, receipt_id uuid, member_id uuid,
           state text, at timestamptz)),
coupon_series AS MATERIALIZED (
  SELECT s.id, s.version, s.most_per_member FROM rewards_series s
   WHERE s.id IN (SELECT series_id FROM coupon_uses) ORDER BY s.id FOR KEY SHARE),
coupon_locks AS MATERIALIZED (
  SELECT c.id FROM rewards_coupon c
   WHERE c.id IN (SELECT coupon_id FROM coupon_uses) AND c.most IS NOT NULL
     AND (SELECT count(*) FROM coupon_series) > 0
   ORDER BY c.id FOR NO KEY UPDATE),
coupon_rows AS (
  UPDATE rewards_coupon c
     SET uses = c.uses + 1, reserved = c.reserved + (u.state = 'reserved')::int,
         state = {STATE.format(uses="c.uses + 1", reserved="c.reserved + (u.state = 'reserved')::int", at="u.at")}
    FROM coupon_uses u JOIN coupon_locks l ON l.id = u.coupon_id
   WHERE c.id = u.coupon_id AND c.uses < c.most AND c.state NOT IN ('revoked', 'waiting')
  RETURNING c.id),
coupon_members AS (
  INSERT INTO rewards_seriesmember AS m (series_id, member_id, uses, most)
  SELECT s.id, u.member_id, count(*), s.most_per_member
    FROM coupon_series s JOIN coupon_uses u ON u.series_id = s.id
   WHERE s.most_per_member IS NOT NULL AND u.member_id IS NOT NULL AND (SELECT count(*) FROM coupon_rows) >= 0
   GROUP BY s.id, u.member_id, s.most_per_member HAVING count(*) <= s.most_per_member
   ORDER BY s.id
      ON CONFLICT (series_id, member_id) DO UPDATE SET uses = m.uses + EXCLUDED.uses, most = EXCLUDED.most
   WHERE m.uses + EXCLUDED.uses <= EXCLUDED.most
  RETURNING m.series_id),
coupon_limits AS MATERIALIZED (
  SELECT t.series_id FROM rewards_seriestotal t
   WHERE t.series_id IN (SELECT series_id FROM coupon_uses) AND (SELECT count(*) FROM coupon_members) >= 0
   ORDER BY t.series_id FOR NO KEY UPDATE),
coupon_totals AS (
  UPDATE rewards_seriestotal t SET uses = t.uses + x.times
    FROM coupon_limits l
    JOIN (SELECT series_id, count(*) AS times FROM coupon_uses GROUP BY series_id) x ON x.series_id = l.series_id
   WHERE t.series_id = l.series_id AND t.uses + x.times <= t.most
  RETURNING t.series_id),
coupon_use_rows AS (
  INSERT INTO rewards_couponuse (id, coupon_id, series_id, receipt_id, member_id, state, at)
  SELECT id, coupon_id, series_id, receipt_id, member_id, state, at FROM coupon_uses),
coupon_lost AS (
  SELECT * FROM (
    SELECT u.coupon_id, CASE
             WHEN s.version IS DISTINCT FROM u.version THEN 'changed'
             WHEN c.state IN ('revoked', 'waiting') THEN 'revoked'
             WHEN c.most IS NOT NULL AND r.id IS NULL THEN 'used_up'
             WHEN s.most_per_member IS NOT NULL AND m.series_id IS NULL THEN 'member_limit'
             WHEN l.series_id IS NOT NULL AND t.series_id IS NULL THEN 'total_limit' END AS reason
      FROM coupon_uses u JOIN rewards_coupon c ON c.id = u.coupon_id
      LEFT JOIN coupon_series s ON s.id = u.series_id
      LEFT JOIN coupon_rows r ON r.id = u.coupon_id
      LEFT JOIN coupon_members m ON m.series_id = u.series_id
      LEFT JOIN coupon_limits l ON l.series_id = u.series_id
      LEFT JOIN coupon_totals t ON t.series_id = u.series_id) judged
   WHERE reason IS NOT NULL)
"""
USE_ALONE = f"WITH {USE} SELECT coupon_id, reason FROM coupon_lost ORDER BY coupon_id"


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
       state = {STATE.format(uses="c.uses", reserved="c.reserved - 1", at="%(at)s::timestamptz")}
 WHERE c.id = ANY(%(coupons)s::bigint[]) AND c.most IS NOT NULL
"""
#: Answers with the coupons that were withdrawn while they were used up, and go out of force now.
FREE = f"""
WITH freed AS (
  UPDATE rewards_coupon c SET uses = c.uses - 1, reserved = c.reserved - x.reserved,
         state = {STATE.format(uses="c.uses - 1", reserved="c.reserved - x.reserved", at="%(at)s::timestamptz")}
    FROM unnest(%(coupons)s::bigint[], %(reserved)s::int[]) AS x(id, reserved)
    JOIN rewards_coupon was ON was.id = x.id
   WHERE c.id = x.id AND c.most IS NOT NULL
  RETURNING c.id, c.state = 'revoked' AND was.state <> 'revoked' AS gone)
SELECT id FROM freed WHERE gone
"""
FREE_MEMBER = """
UPDATE rewards_seriesmember SET uses = uses - %(times)s::int
 WHERE series_id = %(series)s::bigint AND member_id = %(member)s::uuid
"""
FREE_TOTAL = (
    "UPDATE rewards_seriestotal SET uses = uses - %(times)s::int WHERE series_id = %(series)s::bigint"
)
