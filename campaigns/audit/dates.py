"""The SQL of the audit, for points that come and go by themselves: of events when they were judged, for inactivity only
when the rule in force says so.

Rows as in ``loyalty.ledger.audit_statements``.
"""

from __future__ import annotations

from loyalty.ledger.audit_statements import HELD

_OURS = "(%(programme)s::bigint IS NULL OR a.programme_id = %(programme)s::bigint)"

#: What an event gave was booked when it was judged. One that rests on purchases is judged again when goods come back:
#: then its transfers lie between the event and the last judgement. The hour is for clocks of different machines, and
#: for two judgements of which the earlier one is written later.
_REWARD_IS_BOOKED_WHEN_JUDGED = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject,
       CASE WHEN again.so THEN least(e.at, e.recorded_at) || ' to ' ELSE '' END || w.judged_at AS expected,
       t.at::text AS found
  FROM loyalty_transfer t
  JOIN loyalty_account a ON a.id = t.target_id
  JOIN campaigns_eventreward w
    ON w.event_id::text = split_part(t.key, ':', 2) AND w.programme_id = a.programme_id
  JOIN members_event e ON e.id = w.event_id
 CROSS JOIN LATERAL (
       SELECT e.kind IN ('tier.reached', 'member.dormant') OR w.amount IS NOT NULL AS so) again
 WHERE {_OURS} AND t.kind = 'accrue' AND t.receipt_id IS NULL AND t.key LIKE 'event:%%'
   AND CASE WHEN again.so THEN t.at NOT BETWEEN least(e.at, e.recorded_at) - interval '1 hour'
                                         AND w.judged_at + interval '1 hour'
            ELSE t.at IS DISTINCT FROM w.judged_at END
 ORDER BY t.id
"""

#: Points lapse where a rulebook in force said after how many days without a purchase, and nobody who holds the account
#: had bought or earned within them: as ``loyalty.ledger.inactivity``, but for a day, which a change of the programme's
#: zone may shift. Rulebooks from before they kept the days are believed, but for the day itself. Receipts that were
#: recorded later are no reason not to; the hour is for clocks of different machines.
_LAPSE_IS_DUE = f"""
SELECT a.id AS account, 'lot ' || l.id || ' in transfer ' || t.id AS subject,
       CASE WHEN rule.days IS NULL THEN 'no rule for points to lapse'
            ELSE 'not in use for ' || rule.days || ' days' END AS expected,
       'in use at ' || used.at || ', lapsed at ' || t.at AS found
  FROM loyalty_transfer t
  JOIN loyalty_lotuse u ON u.transfer_id = t.id
  JOIN loyalty_lot l ON l.id = u.lot_id
  JOIN loyalty_account a ON a.id = t.source_id
  JOIN loyalty_programme p ON p.id = a.programme_id
 CROSS JOIN LATERAL (
       SELECT CASE WHEN bool_or(in_force.terms IS NULL OR NOT in_force.terms ? 'inactivity_days') THEN 1
                   ELSE min((in_force.terms->>'inactivity_days')::int) END AS days
         FROM (VALUES (interval '0'), (interval '1 minute')) ago(span)
         LEFT JOIN LATERAL (
              SELECT b.terms FROM campaigns_rulebook b
               WHERE b.programme_id = p.id AND b.in_force_from <= t.at - ago.span
               ORDER BY b.in_force_from DESC, b.id DESC LIMIT 1) in_force ON true) rule
 CROSS JOIN LATERAL (
       SELECT greatest(l.earned_at, (
              SELECT max(r.purchased_at) FROM {HELD} h JOIN loyalty_receipt r ON r.member_id = h.member_id
               WHERE h.account_id = a.id AND r.account_id = a.id AND r.status NOT IN ('cancelled', 'returned')
                 AND r.purchased_at < t.at AND r.recorded_at < t.at - interval '1 hour'
                 AND r.id IS DISTINCT FROM t.receipt_id)) AS at) used
 WHERE {_OURS} AND t.kind = 'expire' AND t.reason = 'inactivity'
   AND (rule.days IS NULL
        OR (used.at AT TIME ZONE p.time_zone)::date + rule.days > (t.at AT TIME ZONE p.time_zone)::date)
 ORDER BY a.id, l.id
"""

CHECKS = {
    "reward_is_booked_when_judged": _REWARD_IS_BOOKED_WHEN_JUDGED,
    "lapse_is_due": _LAPSE_IS_DUE,
}
