"""The SQL of the audit, for what is known of members: how much they bought, and on which tier that put them.

Rows as in ``loyalty.ledger.audit_statements``.
"""

from __future__ import annotations

from analytics.facts import STANDS
from loyalty.ledger.audit_checks import Check

_OURS = "(%(programme)s::bigint IS NULL OR f.programme_id = %(programme)s::bigint)"

#: As ``facts.BOUGHT_FROM``, but of all receipts at once.
_BOUGHT = """loyalty_receipt r LEFT JOIN (
    SELECT receipt_id, sum(refund) AS refund,
           (array_agg(coalesce((outcome->>'earned')::numeric, 0) ORDER BY recorded_at DESC, id DESC))[1] AS earned
      FROM loyalty_return GROUP BY receipt_id) back ON back.receipt_id = r.id AND r.status = 'partially_returned'"""
_WEIGHT = "%(seed)s::bigint"
_ONE, _TWO, _THREE = (f"hashint4extended({number}, {_WEIGHT})::numeric" for number in (1, 2, 3))

#: Whether facts and purchases come to the same, each member with a random weight: only if not it is looked for whose.
_FACTS_COME_TO_THE_SAME = f"""
SELECT (SELECT coalesce(sum(uuid_hash_extended(r.member_id, hashint8extended(r.programme_id, {_WEIGHT}))
                            * ({_ONE} + {_TWO} * (r.to_pay - coalesce(back.refund, 0))
                               + {_THREE} * coalesce(back.earned, r.earned))), 0)
          FROM {_BOUGHT}
         WHERE {STANDS} AND r.member_id IS NOT NULL AND r.account_id IS NOT NULL
           AND (%(programme)s::bigint IS NULL OR r.programme_id = %(programme)s::bigint))
     = (SELECT coalesce(sum(uuid_hash_extended(f.member_id, hashint8extended(f.programme_id, {_WEIGHT}))
                            * ({_ONE} * f.purchases + {_TWO} * f.spent + {_THREE} * f.points)), 0)
          FROM analytics_memberfacts f WHERE {_OURS}) AS facts_are_what_stands
"""

#: Facts are the sums of the purchases that stand.
_FACTS_ARE_WHAT_STANDS = f"""
WITH bought AS MATERIALIZED (
  SELECT r.member_id, r.programme_id, count(*) AS purchases, sum(r.to_pay - coalesce(back.refund, 0)) AS spent,
         sum(coalesce(back.earned, r.earned)) AS points
    FROM {_BOUGHT}
   WHERE {STANDS} AND r.member_id IS NOT NULL AND r.account_id IS NOT NULL
     AND (%(programme)s::bigint IS NULL OR r.programme_id = %(programme)s::bigint) GROUP BY 1, 2)
SELECT '' AS account, 'member ' || coalesce(f.member_id, b.member_id) || ': purchases, spent, points' AS subject,
       concat_ws(', ', coalesce(b.purchases, 0), coalesce(b.spent, 0), coalesce(b.points, 0)) AS expected,
       concat_ws(', ', coalesce(f.purchases, 0), coalesce(f.spent, 0), coalesce(f.points, 0)) AS found
  FROM (SELECT * FROM analytics_memberfacts f WHERE {_OURS}) f
  FULL JOIN bought b ON b.member_id = f.member_id AND b.programme_id = f.programme_id
 WHERE (coalesce(b.purchases, 0), coalesce(b.spent, 0), coalesce(b.points, 0))
       <> (coalesce(f.purchases, 0), coalesce(f.spent, 0), coalesce(f.points, 0))
 ORDER BY 2
"""

#: A member is on the tier to which their last change led; without any, on the lowest one, or on none. Where the ladder
#: was changed and a member is not counted anew yet, there may be a lower one meanwhile, or theirs was taken away and
#: another made of its code.
_TIER_IS_THE_LAST_CHANGE = f"""
SELECT '' AS account, 'member ' || f.member_id || ': tier' AS subject, coalesce(c.now, '') AS expected,
       coalesce(t.code, '') AS found
  FROM analytics_memberfacts f
  LEFT JOIN loyalty_tier t ON t.id = f.tier_id
  LEFT JOIN (SELECT DISTINCT ON (member_id, programme_id) member_id, programme_id, now FROM loyalty_tierchange
              ORDER BY member_id, programme_id, id DESC) c
    ON c.member_id = f.member_id AND c.programme_id = f.programme_id
 WHERE {_OURS} AND CASE WHEN c.now IS NULL THEN EXISTS (
          SELECT FROM loyalty_tier lower WHERE lower.programme_id = f.programme_id AND lower.threshold < t.threshold)
          AND NOT EXISTS (
          SELECT FROM loyalty_ladder ladder
           WHERE ladder.programme_id = f.programme_id AND ladder.version <> f.ladder_version)
       ELSE c.now <> coalesce(t.code, '') AND (f.tier_id IS NOT NULL OR EXISTS (
          SELECT FROM loyalty_tier known WHERE known.programme_id = f.programme_id AND known.code = c.now)
          AND NOT EXISTS (
          SELECT FROM loyalty_ladder ladder
           WHERE ladder.programme_id = f.programme_id AND ladder.version <> f.ladder_version)) END
 ORDER BY 2
"""

CHECKS: dict[str, str | Check] = {
    "facts_are_what_stands": Check(
        {"facts_are_what_stands": _FACTS_ARE_WHAT_STANDS}, _FACTS_COME_TO_THE_SAME
    ),
    "tier_is_the_last_change": _TIER_IS_THE_LAST_CHANGE,
}
