"""The SQL of the audit, for what campaigns gave: every point beside the decision that gave it.

Rows as in ``loyalty.ledger.audit_statements``. A decision is kept with its receipt, each return keeps the one that
stands from then on; that of an event stands beside it.
"""

from __future__ import annotations

from loyalty.ledger.audit_checks import Check

_OURS = "(%(programme)s::bigint IS NULL OR r.programme_id = %(programme)s::bigint)"

#: What the returns of each receipt say came back, and what the books have of it beside transfers. What ran out unspent
#: before goods came back was to be ``taken`` with them, but is gone already: neither taken back nor owed.
_BACK = """
back AS MATERIALIZED (
  SELECT receipt_id, sum(revoked) AS revoked, sum(owed) AS owed, sum(restored) AS restored, sum(refund) AS refund,
         (array_agg((outcome->>'earned')::numeric ORDER BY recorded_at DESC, id DESC))[1] AS standing,
         (array_agg((SELECT sum(value::numeric) FROM jsonb_each_text(outcome->'taken'))
                    ORDER BY recorded_at DESC, id DESC))[1] AS taken
    FROM loyalty_return GROUP BY receipt_id),
lapsed AS MATERIALIZED (
  SELECT o.receipt_id, least(o.taken - o.revoked - o.owed, sum(u.points)) AS points
    FROM back o
    JOIN loyalty_receipt r ON r.id = o.receipt_id
    JOIN loyalty_transfer t ON t.receipt_id = r.id AND t.kind = 'accrue'
    JOIN loyalty_lot given ON given.transfer_id = t.id AND given.account_id = r.account_id
   CROSS JOIN LATERAL (SELECT given.id UNION ALL SELECT h.id FROM loyalty_lot h WHERE h.origin_id = given.id) l
    JOIN loyalty_lotuse u ON u.lot_id = l.id
    JOIN loyalty_transfer e ON e.id = u.transfer_id AND e.kind = 'expire'
   WHERE o.taken > o.revoked + o.owed GROUP BY o.receipt_id, o.taken, o.revoked, o.owed),
missing AS MATERIALIZED (
  SELECT t.receipt_id, sum(d.points) AS owed
    FROM loyalty_debt d JOIN loyalty_lot l ON l.id = d.lot_id JOIN loyalty_transfer t ON t.id = l.transfer_id
    JOIN loyalty_receipt r ON r.id = t.receipt_id AND r.account_id = d.account_id
   WHERE d.transfer_id IS NULL AND d.points > 0 AND t.kind = 'accrue' GROUP BY t.receipt_id)"""
#: What the transfers of each receipt moved.
_BOOKED = """
booked AS MATERIALIZED (
  SELECT t.receipt_id,
         sum(t.points) FILTER (WHERE t.kind = 'accrue' AND t.target_id = r.account_id) AS earned,
         sum(t.points) FILTER (WHERE t.kind = 'revoke' AND t.source_id = r.account_id) AS revoked,
         sum(t.points) FILTER (WHERE t.kind IN ('redeem', 'hold')) AS spent,
         sum(t.points) FILTER (WHERE t.kind IN ('restore', 'release')) AS restored,
         sum(t.points) FILTER (WHERE t.kind = 'hold') AS held,
         sum(t.points) FILTER (WHERE t.kind IN ('capture', 'release')) AS let_go
    FROM loyalty_transfer t JOIN loyalty_receipt r ON r.id = t.receipt_id GROUP BY t.receipt_id)"""

_SEED = "%(seed)s::bigint"
_EARNED, _REVOKED, _SPENT, _RESTORED, _LET_GO, _OWED = (
    f"hashint4extended({n}, {_SEED})::numeric" for n in range(1, 7)
)
_RECEIPT = f"uuid_hash_extended(r.id, {_SEED})"

#: Of a transfer of a receipt: what it is for. Its key begins with the receipt's id, or with that of the return.
_ITS_RETURN = "LEFT JOIN loyalty_return o ON o.receipt_id = r.id AND o.id::text = left(t.key, 36)"
_WHEN = """
 CROSS JOIN LATERAL (
       SELECT o.id IS NOT NULL OR r.id::text = left(t.key, 36) AS known, coalesce(o.recorded_at, r.recorded_at) AS at,
              o.id IS NOT NULL OR r.hold_until IS NULL AND t.key NOT LIKE '%%:share:%%' AS at_once) k"""
_ASTRAY = """(t.kind IN ('accrue', 'redeem', 'hold', 'capture', 'revoke', 'restore', 'release')
              AND (NOT k.known OR t.at < k.at OR (k.at_once AND t.at <> k.at)))"""

#: Whether receipts and transfers come to the same, as sums over whole tables in which each figure of each receipt has a
#: random weight. What a hold holds is let go by its end. The transfers of all receipts are read once: with them goes
#: whether each belongs to its receipt, and whether any reached somebody else's account.
_TRANSFERS_OF_RECEIPTS = f"""
WITH {_BACK},
said AS (
  SELECT coalesce(sum({_RECEIPT} * (
           {_EARNED} * CASE WHEN r.account_id IS NULL OR r.status = 'held' THEN 0
                            WHEN o.receipt_id IS NOT NULL THEN coalesce(o.standing, 0)
                            WHEN r.status = 'completed' THEN r.earned ELSE 0 END
         + CASE WHEN r.account_id IS NULL THEN 0 ELSE {_SPENT} * r.redeemed_points END
         + CASE WHEN r.status = 'held' THEN {_LET_GO} * r.redeemed_points ELSE 0 END
         + CASE WHEN o.receipt_id IS NULL THEN 0 ELSE
             {_EARNED} * (o.revoked + o.owed + coalesce(x.points, 0)) + {_REVOKED} * o.revoked
           + {_RESTORED} * o.restored + {_OWED} * o.owed END)), 0) AS points,
         coalesce(bool_or((o.receipt_id IS NOT NULL) <> (r.status NOT IN ('held', 'completed'))
           OR r.account_id IS NOT NULL
              AND coalesce((r.outcome->>'earned')::numeric, 0) <> coalesce(r.earned, 0)), false) AS strange
    FROM loyalty_receipt r LEFT JOIN back o ON o.receipt_id = r.id LEFT JOIN lapsed x ON x.receipt_id = r.id
   WHERE {_OURS}),
booked AS (
  SELECT coalesce(sum({_RECEIPT} * t.points * CASE t.kind
           WHEN 'accrue' THEN CASE WHEN t.target_id = r.account_id THEN {_EARNED} ELSE 0 END
           WHEN 'revoke' THEN CASE WHEN t.source_id = r.account_id THEN {_REVOKED} ELSE 0 END
           WHEN 'redeem' THEN {_SPENT} WHEN 'hold' THEN {_SPENT} + {_LET_GO}
           WHEN 'restore' THEN {_RESTORED} WHEN 'release' THEN {_RESTORED} - {_LET_GO}
           WHEN 'capture' THEN -{_LET_GO} ELSE 0 END), 0) AS points,
         coalesce(bool_or(t.kind = 'accrue' AND t.target_id IS DISTINCT FROM r.account_id), false) AS beside,
         coalesce(bool_or({_ASTRAY}), false) AS strange
    FROM loyalty_transfer t JOIN loyalty_receipt r ON r.id = t.receipt_id {_ITS_RETURN} {_WHEN} WHERE {_OURS}),
noted AS (
  SELECT coalesce(sum({_RECEIPT} * {_OWED} * d.owed), 0) AS points
    FROM missing d JOIN loyalty_receipt r ON r.id = d.receipt_id WHERE {_OURS})
SELECT said.points = booked.points + noted.points AND NOT said.strange AS receipt_gave_what_it_says,
       NOT booked.strange AS transfer_belongs_to_its_receipt,
       NOT booked.beside AND NOT EXISTS (SELECT FROM campaigns_share) AS share_gave_what_it_says
  FROM said, booked, noted
"""
_RECEIPT_GAVE_WHAT_IT_SAYS = f"""
WITH {_BOOKED},
{_BACK},
receipts AS (
  SELECT r.account_id AS account, 'receipt ' || r.id AS name, r.status,
         CASE WHEN r.account_id IS NULL OR r.status = 'held' THEN 0
              WHEN o.receipt_id IS NOT NULL THEN coalesce(o.standing, 0)
              WHEN r.status = 'completed' THEN r.earned ELSE 0 END AS earned,
         coalesce(b.earned, 0) - coalesce(o.revoked, 0) - coalesce(o.owed, 0) - coalesce(x.points, 0) AS given,
         coalesce(o.revoked, 0) AS to_revoke, coalesce(b.revoked, 0) AS revoked,
         r.redeemed_points AS to_spend, coalesce(b.spent, 0) AS spent,
         coalesce(o.restored, 0) AS to_restore, coalesce(b.restored, 0) AS restored,
         CASE WHEN r.status = 'held' THEN 0 ELSE coalesce(b.held, 0) END AS to_let_go, coalesce(b.let_go, 0) AS let_go,
         coalesce(o.owed, 0) AS to_owe, coalesce(d.owed, 0) AS owed,
         o.receipt_id IS NOT NULL AS returned,
         r.outcome->>'earned' AS decided, coalesce(r.earned, 0) AS told
    FROM loyalty_receipt r LEFT JOIN booked b ON b.receipt_id = r.id LEFT JOIN back o ON o.receipt_id = r.id
    LEFT JOIN missing d ON d.receipt_id = r.id LEFT JOIN lapsed x ON x.receipt_id = r.id
   WHERE {_OURS})
SELECT account, name || wrong.subject AS subject, wrong.expected, wrong.found
  FROM receipts CROSS JOIN LATERAL (
       SELECT ': points earned' AS subject, earned::text AS expected, given::text AS found WHERE earned <> given
       UNION ALL SELECT ': points taken back', to_revoke::text, revoked::text WHERE to_revoke <> revoked
       UNION ALL SELECT ': points spent', to_spend::text, spent::text WHERE account IS NOT NULL AND to_spend <> spent
       UNION ALL SELECT ': points given back', to_restore::text, restored::text WHERE to_restore <> restored
       UNION ALL SELECT ': points held and captured', to_let_go::text, let_go::text WHERE to_let_go <> let_go
       UNION ALL SELECT ': points noted as a debt', to_owe::text, owed::text WHERE to_owe <> owed
       UNION ALL SELECT ': decision', coalesce(decided, '0'), told::text
                  WHERE account IS NOT NULL AND coalesce(decided::numeric, 0) <> told
       UNION ALL SELECT ': status', CASE WHEN returned THEN 'something came back' ELSE 'nothing came back' END, status
                  WHERE returned <> (status NOT IN ('held', 'completed'))) wrong
 ORDER BY name, 2
"""

#: A transfer's key names the receipt, or the return of it, that it belongs to; it is booked with it.
_TRANSFER_BELONGS_TO_ITS_RECEIPT = f"""
SELECT t.target_id AS account, 'transfer ' || t.id AS subject,
       CASE WHEN k.known THEN 'booked at ' || k.at ELSE 'receipt ' || left(t.key, 36) END AS expected,
       CASE WHEN k.known THEN t.at::text ELSE 'receipt ' || t.receipt_id END AS found
  FROM loyalty_transfer t
  JOIN loyalty_receipt r ON r.id = t.receipt_id
  {_ITS_RETURN} {_WHEN}
 WHERE {_OURS} AND {_ASTRAY}
 ORDER BY t.id
"""

#: A purchase that was held and let go, without goods that came back, never gave anything.
_GONE = """(r.status = 'cancelled' AND r.hold_until IS NOT NULL AND NOT EXISTS (
               SELECT FROM loyalty_return o JOIN loyalty_returnline x ON x.back_id = o.id
                WHERE o.receipt_id = r.id))"""
#: Whether the lots of receipts are as their decisions say: a hash of each one, on both sides, as a sum.
_LOTS_ARE_AS_GRANTED = f"""
SELECT (SELECT coalesce(sum(hash_record_extended(ROW(
                 r.id, r.account_id, g->>0, (g->>0)::bigint, (g->>2)::numeric, (g->>3)::timestamptz,
                 (g->>4)::timestamptz, nullif(g->5, 'null'), g->>6, r.purchased_at), {_SEED})), 0)
          FROM loyalty_receipt r CROSS JOIN LATERAL jsonb_array_elements(r.outcome->'grants') g
         WHERE {_OURS} AND r.outcome ? 'grants' AND r.account_id IS NOT NULL AND r.status <> 'held' AND NOT {_GONE})
     = (SELECT coalesce(sum(hash_record_extended(ROW(
                 t.receipt_id, l.account_id, split_part(t.key, ':', 3), v.campaign_id::bigint, l.points, l.active_from,
                 l.expires_at, l.terms, s.code::text, l.earned_at), {_SEED})), 0)
          FROM loyalty_lot l
          JOIN loyalty_transfer t ON t.id = l.transfer_id
          LEFT JOIN (SELECT id, code FROM loyalty_account WHERE kind = 'budget' OFFSET 0) s ON s.id = t.source_id
          LEFT JOIN campaigns_revision v ON v.id = t.revision_id
         WHERE starts_with(t.key, t.receipt_id::text || ':earn:') AND (%(programme)s::bigint IS NULL OR EXISTS (
               SELECT FROM loyalty_receipt r WHERE r.id = t.receipt_id AND {_OURS}))) AS lot_keeps_its_terms
"""
_GRANTED_BY_RECEIPTS = f"""
  SELECT r.id::text || ':earn:' AS key, r.account_id, r.programme_id, g.value AS grant_, r.purchased_at,
         (g.value->>2)::numeric AS points
    FROM loyalty_receipt r CROSS JOIN LATERAL jsonb_array_elements(r.outcome->'grants') g
   WHERE {_OURS} AND r.outcome ? 'grants'"""
_GRANTED_LATER = f"""
  SELECT o.id::text || ':earn:' AS key, r.account_id, r.programme_id, g.value AS grant_, r.purchased_at,
         NULL::numeric AS points
    FROM loyalty_return o JOIN loyalty_receipt r ON r.id = o.receipt_id
   CROSS JOIN LATERAL jsonb_array_elements(o.outcome->'grants') g
   WHERE {_OURS} AND o.outcome ? 'grants'
  UNION ALL
  SELECT 'event:' || r.event_id || ':earn:', NULL, r.programme_id, g.value, e.at, NULL
    FROM campaigns_eventreward r JOIN members_event e ON e.id = r.event_id
   CROSS JOIN LATERAL jsonb_array_elements(r.outcome->'grants') g
   WHERE {_OURS} AND r.outcome ? 'grants'"""


def _lots_that_differ(given: str) -> str:
    """The lots that do not have the terms of their decision, are not of its campaign or not from its payer. A decision
    stands with the receipt, with each return (which gives what is new in it), and beside an event."""
    return f"""
WITH given AS ({given}),
lots AS (
  SELECT l.account_id, l.id, l.active_from, l.expires_at, l.terms, l.earned_at, l.points, t.revision_id,
         s.kind, s.code, s.payer_id, given.grant_, given.purchased_at, given.points AS due, given.programme_id
    FROM given
    JOIN loyalty_transfer t ON t.key = given.key || (grant_->>0)
    JOIN loyalty_account s ON s.id = t.source_id
    JOIN loyalty_lot l ON l.transfer_id = t.id AND (given.account_id IS NULL OR l.account_id = given.account_id))
SELECT l.account_id AS account, 'lot ' || l.id || wrong.subject AS subject, wrong.expected, wrong.found,
       'lot_keeps_its_terms' AS check
  FROM lots l CROSS JOIN LATERAL (
       SELECT '' AS subject,
              concat_ws(' to ', coalesce(grant_->>3, 'at once'), coalesce(grant_->>4, 'for ever')) AS expected,
              concat_ws(' to ', coalesce(l.active_from::text, 'at once'), coalesce(l.expires_at::text, 'for ever'))
                AS found
        WHERE (grant_->>3)::timestamptz IS DISTINCT FROM l.active_from
           OR (grant_->>4)::timestamptz IS DISTINCT FROM l.expires_at OR l.earned_at <> purchased_at
       UNION ALL
       SELECT ': points', due::text, points::text WHERE due <> points
       UNION ALL
       SELECT ': terms of use', coalesce(grant_->>5, 'any'), coalesce(l.terms::text, 'any')
        WHERE nullif(grant_->5, 'null') IS DISTINCT FROM l.terms
       UNION ALL
       SELECT ': campaign', grant_->>0, coalesce(v.campaign_id::text, 'none')
         FROM (SELECT (SELECT campaign_id FROM campaigns_revision WHERE id = l.revision_id) AS campaign_id) v
        WHERE v.campaign_id IS DISTINCT FROM (grant_->>0)::bigint
       UNION ALL
       SELECT ': payer', coalesce(grant_->>6, 'the house'), CASE kind WHEN 'budget' THEN code ELSE 'the house' END
        WHERE CASE WHEN kind = 'budget' THEN grant_->>6 IS NULL OR code <> grant_->>6 AND NOT EXISTS (
                        SELECT FROM loyalty_payer p WHERE p.id = l.payer_id AND p.code = grant_->>6)
                   ELSE grant_->>6 IS NOT NULL AND NOT EXISTS (
                        SELECT FROM loyalty_payer p LEFT JOIN loyalty_account b ON b.payer_id = p.id
                         WHERE p.programme_id = l.programme_id AND p.kind = 'house' AND grant_->>6 IN (p.code, b.code))
                   END) wrong
 ORDER BY l.id
"""


#: Points that were spent reach the partner to whom the store belonged, and come back from it.
_SPENDING_REACHES_ITS_PARTNER = f"""
SELECT t.source_id AS account, 'transfer ' || t.id AS subject, 'partner ' || (s.place->>'partner_id') AS expected,
       'partner ' || coalesce(b.partner_id::text, '') AS found
  FROM loyalty_transfer t
  JOIN loyalty_receipt r ON r.id = t.receipt_id
  JOIN loyalty_storestate s ON s.id = r.place_id
  JOIN loyalty_account b ON b.id = CASE t.kind WHEN 'restore' THEN t.source_id ELSE t.target_id END
 WHERE {_OURS} AND t.kind IN ('redeem', 'capture', 'restore')
   AND b.partner_id IS DISTINCT FROM (s.place->>'partner_id')::bigint
 ORDER BY t.id
"""

#: Points without a receipt were given for an event, by a decision that stands beside it: to the member, the cashier
#: and the referrer. Who shares may have no account; the member always has one.
_REWARD_GAVE_WHAT_IT_SAYS = """
WITH booked AS (
  SELECT split_part(t.key, ':', 2) AS event_id, a.programme_id, min(a.id::text) AS account,
         CASE WHEN t.key LIKE '%%:share:%%' THEN 'referrer' WHEN t.key LIKE '%%:cashier:%%' THEN 'cashier' ELSE '' END
           AS "to",
         sum(l.points - coalesce((r.outcome->'taken'->>l.id::text)::numeric, 0)) AS points
    FROM loyalty_transfer t
    JOIN loyalty_account a ON a.id = t.target_id
    JOIN loyalty_lot l ON l.transfer_id = t.id
    LEFT JOIN campaigns_eventreward r
      ON r.event_id::text = split_part(t.key, ':', 2) AND r.programme_id = a.programme_id
   WHERE t.receipt_id IS NULL AND t.kind = 'accrue' GROUP BY 1, 2, 4),
decided AS (
  SELECT r.event_id::text AS event_id, r.programme_id, '' AS "to", sum((g.value->>2)::numeric) AS points
    FROM campaigns_eventreward r CROSS JOIN LATERAL jsonb_array_elements(r.outcome->'grants') g
   WHERE r.outcome ? 'grants' GROUP BY 1, 2
  UNION ALL
  SELECT r.event_id::text, r.programme_id, s.value->>2, sum((s.value->>3)::numeric)
    FROM campaigns_eventreward r CROSS JOIN LATERAL jsonb_array_elements(r.outcome->'shares') s
   WHERE r.outcome ? 'shares' GROUP BY 1, 2, 3)
SELECT coalesce(b.account, '') AS account, 'event ' || coalesce(b.event_id, d.event_id) AS subject,
       coalesce(d.points, 0)::text AS expected, coalesce(b.points, 0)::text AS found
  FROM booked b FULL JOIN decided d USING (event_id, programme_id, "to")
 WHERE (%(programme)s::bigint IS NULL OR programme_id = %(programme)s::bigint)
   AND coalesce(d.points, 0) <> coalesce(b.points, 0) AND (b.points IS NOT NULL OR "to" = '')
 ORDER BY 2
"""

#: What the cashier and the referrer have of a receipt.
_SHARE_GAVE_WHAT_IT_SAYS = f"""
WITH booked AS (
  SELECT t.receipt_id, t.target_id AS account_id, split_part(t.key, ':', 3) AS campaign,
         split_part(t.key, ':', 4) AS "to", sum(t.points) AS points
    FROM loyalty_transfer t JOIN loyalty_receipt r ON r.id = t.receipt_id
   WHERE {_OURS} AND t.kind = 'accrue' AND t.target_id IS DISTINCT FROM r.account_id GROUP BY 1, 2, 3, 4),
kept AS (
  SELECT s.receipt_id, s.account_id, s.campaign_id::text AS campaign, s.to,
         s.points + coalesce((SELECT sum(value::numeric) FROM jsonb_each_text(s.taken)), 0) AS points
    FROM campaigns_share s JOIN loyalty_receipt r ON r.id = s.receipt_id WHERE {_OURS})
SELECT account_id AS account, 'receipt ' || receipt_id || ': share' AS subject, coalesce(k.points, 0)::text AS expected,
       coalesce(b.points, 0)::text AS found
  FROM booked b FULL JOIN kept k USING (receipt_id, account_id, campaign, "to")
 WHERE coalesce(k.points, 0) <> coalesce(b.points, 0)
 ORDER BY 2
"""

CHECKS: dict[str, str | Check] = {
    "transfers_of_receipts": Check(
        {
            "receipt_gave_what_it_says": _RECEIPT_GAVE_WHAT_IT_SAYS,
            "transfer_belongs_to_its_receipt": _TRANSFER_BELONGS_TO_ITS_RECEIPT,
            "share_gave_what_it_says": _SHARE_GAVE_WHAT_IT_SAYS,
        },
        _TRANSFERS_OF_RECEIPTS,
    ),
    "lots_of_receipts": Check(
        {"lot_keeps_its_terms": _lots_that_differ(_GRANTED_BY_RECEIPTS)}, _LOTS_ARE_AS_GRANTED
    ),
    "lots_given_later": _lots_that_differ(_GRANTED_LATER),
    "spending_reaches_its_partner": _SPENDING_REACHES_ITS_PARTNER,
    "reward_gave_what_it_says": _REWARD_GAVE_WHAT_IT_SAYS,
}
