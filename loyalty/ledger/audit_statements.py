"""The SQL of the audit: each check gives a row for everything that is off, and none when the books are right.

``%(programme)s`` is a programme's id, or NULL for all. Rows are ``(account, subject, expected, found)``, and
``check`` where a statement looks at more than one thing: then it names another than the statement's own.
"""

from __future__ import annotations

from loyalty.ledger.audit_checks import Check

_OURS = "(%(programme)s::bigint IS NULL OR a.programme_id = %(programme)s::bigint)"

#: Who holds an account, or held it once: what was told to them then stays told.
HELD = """(SELECT account_id, member_id FROM loyalty_holder
        UNION SELECT account_id, member_id FROM loyalty_pastholder)"""

#: Law 1: the balance is what the lots hold, and what came in less what went out.
_BALANCE_IS_WHAT_LOTS_HOLD = f"""
SELECT a.id AS account, 'balance' AS subject, coalesce(l.held, 0) AS expected, a.balance AS found
  FROM loyalty_account a
  LEFT JOIN (SELECT account_id, sum(remaining) AS held FROM loyalty_lot WHERE remaining <> 0
              GROUP BY account_id) l ON l.account_id = a.id
 WHERE {_OURS} AND CASE WHEN a.kind = 'member' THEN a.balance IS DISTINCT FROM coalesce(l.held, 0)
                        ELSE l.held IS NOT NULL END
 ORDER BY a.id
"""

#: The balances before and after the transfers of an account: each but the first and the last is both, so their
#: hashes cancel, whatever the order of the transfers. Of a member's account every transfer has its snapshot.
_MOVED = """
moved AS (
  SELECT account_id, sum(points) AS moved, sum(chain) AS chain, count(*) FILTER (WHERE chain IS NULL) AS bare
    FROM (SELECT target_id AS account_id, points,
                 hash_numeric(target_balance - points)::bigint - hash_numeric(target_balance) AS chain
            FROM loyalty_transfer
          UNION ALL
          SELECT source_id, -points,
                 hash_numeric(source_balance + points)::bigint - hash_numeric(source_balance)
            FROM loyalty_transfer) m
   GROUP BY account_id)"""
_BALANCE_IS_WHAT_WAS_TRANSFERRED = f"""
WITH {_MOVED}
SELECT a.id AS account, wrong.subject, wrong.check, wrong.expected, wrong.found
  FROM loyalty_account a LEFT JOIN moved t ON t.account_id = a.id
 CROSS JOIN LATERAL (
       SELECT 'balance' AS subject, NULL AS check, coalesce(t.moved, 0)::text AS expected, a.balance::text AS found
        WHERE a.balance IS DISTINCT FROM coalesce(t.moved, 0)
       UNION ALL
       SELECT 'balances noted with its transfers', 'snapshots_are_running_sums', 'each the last one and what it moved',
              CASE WHEN t.bare > 0 THEN t.bare || ' missing' ELSE 'others' END
        WHERE t.bare > 0 OR t.chain <> hash_numeric(0)::bigint - hash_numeric(t.moved)) wrong
 WHERE {_OURS} AND a.kind = 'member'
 ORDER BY a.id, wrong.subject
"""

#: What a lot still holds is what it was given less its uses.
_LOT_HOLDS_WHAT_WAS_NOT_USED = f"""
SELECT a.id AS account, 'lot ' || l.id AS subject, l.points - coalesce(u.used, 0) AS expected,
       l.remaining AS found
  FROM loyalty_lot l
  LEFT JOIN (SELECT lot_id, sum(points) AS used FROM loyalty_lotuse GROUP BY lot_id) u ON u.lot_id = l.id
  JOIN loyalty_account a ON a.id = l.account_id
 WHERE {_OURS} AND l.remaining <> l.points - coalesce(u.used, 0)
 ORDER BY a.id, l.id
"""

_LOT_IS_IN_RANGE = f"""
SELECT a.id AS account, 'lot ' || l.id AS subject,
       '0 to ' || l.points || CASE WHEN l.active_from IS NULL THEN ', active' ELSE '' END AS expected,
       l.remaining || CASE WHEN l.pending THEN ', pending' ELSE '' END AS found
  FROM loyalty_lot l JOIN loyalty_account a ON a.id = l.account_id
 WHERE {_OURS} AND (l.remaining < 0 OR l.remaining > l.points OR l.pending AND l.active_from IS NULL)
 ORDER BY a.id, l.id
"""

_NOTHING_IS_NEGATIVE = f"""
SELECT a.id AS account, 'balance and debt' AS subject, 'not negative' AS expected,
       a.balance || ' and ' || a.owed AS found
  FROM loyalty_account a
 WHERE {_OURS} AND (a.balance < 0 OR a.owed < 0)
 ORDER BY a.id
"""

#: The same as a sum in which each pair of transfer and account has a random weight.
_POINTS_MOVE_WITH_THEIR_LOTS = """
SELECT coalesce(sum(uuid_hash_extended(transfer_id, uuid_hash_extended(account_id, %(seed)s::bigint)) * points), 0) = 0
       AS transfer_moves_its_points
  FROM (SELECT id AS transfer_id, target_id AS account_id, points FROM loyalty_transfer
         WHERE target_id <> ALL (ARRAY(SELECT id FROM loyalty_account WHERE kind <> 'member'))
        UNION ALL
        SELECT id, source_id, -points FROM loyalty_transfer
         WHERE source_id <> ALL (ARRAY(SELECT id FROM loyalty_account WHERE kind <> 'member'))
        UNION ALL
        SELECT transfer_id, account_id, -points FROM loyalty_lot
        UNION ALL
        SELECT u.transfer_id, l.account_id, u.points FROM loyalty_lotuse u JOIN loyalty_lot l ON l.id = u.lot_id) moves
"""

#: Every transfer takes its points from lots of the account it leaves (if that is a member's), and puts
#: them into lots of the account it reaches; it touches no other account's lots.
_TRANSFER_MOVES_ITS_POINTS = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject, moved.due AS expected, moved.due - m.missing AS found
  FROM (SELECT transfer_id, account_id, sum(points) AS missing
          FROM (SELECT t.id AS transfer_id, t.target_id AS account_id, t.points
                  FROM loyalty_transfer t JOIN loyalty_account m ON m.id = t.target_id AND m.kind = 'member'
                UNION ALL
                SELECT t.id, t.source_id, -t.points
                  FROM loyalty_transfer t JOIN loyalty_account m ON m.id = t.source_id AND m.kind = 'member'
                UNION ALL
                SELECT transfer_id, account_id, -points FROM loyalty_lot
                UNION ALL
                SELECT u.transfer_id, l.account_id, u.points
                  FROM loyalty_lotuse u JOIN loyalty_lot l ON l.id = u.lot_id) moves
         GROUP BY transfer_id, account_id HAVING sum(points) <> 0) m
  JOIN loyalty_account a ON a.id = m.account_id
  JOIN loyalty_transfer t ON t.id = m.transfer_id
 CROSS JOIN LATERAL (
       SELECT CASE a.id WHEN t.target_id THEN t.points WHEN t.source_id THEN -t.points ELSE 0 END AS due) moved
 WHERE {_OURS}
 ORDER BY a.id, t.id
"""

_DEBT_IS_WHAT_IS_OWED = f"""
SELECT a.id AS account, 'owed' AS subject, coalesce(d.owed, 0) AS expected, a.owed AS found
  FROM loyalty_account a
  LEFT JOIN (SELECT account_id, sum(points) AS owed FROM loyalty_debt GROUP BY account_id) d
    ON d.account_id = a.id
 WHERE {_OURS} AND a.owed IS DISTINCT FROM coalesce(d.owed, 0)
 ORDER BY a.id
"""

_DEBT_OF_A_LOT_IS_IN_RANGE = f"""
SELECT a.id AS account, 'debt for lot ' || d.lot_id AS subject, '0 to ' || l.points AS expected, d.owed AS found
  FROM (SELECT account_id, lot_id, sum(points) AS owed FROM loyalty_debt GROUP BY account_id, lot_id) d
  JOIN loyalty_lot l ON l.id = d.lot_id
  JOIN loyalty_account a ON a.id = d.account_id
 WHERE {_OURS} AND (d.owed < 0 OR d.owed > l.points OR l.account_id <> d.account_id)
 ORDER BY a.id, d.lot_id
"""

#: What each kind of transfer leads from and to. Points stay in their programme; only exchange accounts lead from
#: one to another, in two transfers.
_TRANSFER_GOES_ITS_WAY = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject,
       CASE WHEN a.programme_id <> b.programme_id THEN 'transfer_stays_in_its_programme' END AS check,
       CASE WHEN a.programme_id <> b.programme_id THEN 'programme ' || a.programme_id
            ELSE 'the way of ' || t.kind END AS expected,
       CASE WHEN a.programme_id <> b.programme_id THEN 'programme ' || b.programme_id
            ELSE a.kind || ' to ' || b.kind END AS found
  FROM loyalty_transfer t
  JOIN loyalty_account a ON a.id = t.source_id
  JOIN loyalty_account b ON b.id = t.target_id
 WHERE {_OURS} AND (a.programme_id <> b.programme_id OR CASE t.kind
       WHEN 'accrue' THEN a.kind NOT IN ('issuance', 'budget') OR b.kind <> 'member'
       WHEN 'redeem' THEN a.kind <> 'member' OR b.kind <> 'partner'
       WHEN 'hold' THEN a.kind <> 'member' OR b.kind <> 'hold'
       WHEN 'capture' THEN a.kind <> 'hold' OR b.kind <> 'partner' OR t.reverses_id IS NULL
       WHEN 'release' THEN a.kind <> 'hold' OR b.kind <> 'member' OR t.reverses_id IS NULL
       WHEN 'restore' THEN a.kind <> 'partner' OR b.kind <> 'member' OR t.reverses_id IS NULL
       WHEN 'revoke' THEN a.kind <> 'member' OR b.kind NOT IN ('issuance', 'budget')
       WHEN 'repay' THEN a.kind <> 'member' OR b.kind NOT IN ('issuance', 'budget')
       WHEN 'expire' THEN a.kind <> 'member' OR b.kind <> 'expiry'
       WHEN 'adjust' THEN NOT (a.kind = 'issuance' AND b.kind = 'member' OR a.kind = 'member' AND b.kind = 'issuance')
       WHEN 'transfer' THEN a.kind <> 'member' OR b.kind <> 'member'
       WHEN 'fee' THEN a.kind <> 'member' OR b.kind <> 'issuance'
       WHEN 'exchange' THEN NOT (a.kind = 'exchange' AND b.kind = 'member' OR a.kind = 'member' AND b.kind = 'exchange')
       WHEN 'move' THEN a.kind <> 'member' OR b.kind <> 'member'
       ELSE true END)
 ORDER BY a.id, t.id
"""

#: No point is used before it was given; the hour is for tills that wait for each other, each with the time it asked
#: at. A return may shift an earlier spending to a later lot: then the transfer
#: gave points back to another lot.
_USE_IS_NOT_BEFORE_ITS_LOT = f"""
SELECT a.id AS account, 'lot ' || l.id || ' in transfer ' || u.transfer_id AS subject,
       'from ' || given.at AS expected, t.at::text AS found
  FROM loyalty_lotuse u
  JOIN loyalty_lot l ON l.id = u.lot_id
  JOIN loyalty_transfer given ON given.id = l.transfer_id
  JOIN loyalty_transfer t ON t.id = u.transfer_id
  JOIN loyalty_account a ON a.id = l.account_id
 WHERE {_OURS} AND t.at < given.at - interval '1 hour' AND t.source_id = l.account_id AND NOT EXISTS (
       SELECT FROM loyalty_lotuse back WHERE back.transfer_id = u.transfer_id AND back.points < 0)
 ORDER BY a.id, l.id
"""

#: A lot expires no earlier than it is given, and what expired had reached its end, unless it lapsed for inactivity, or
#: whoever held the account left.
_EXPIRY_IS_DUE = f"""
SELECT a.id AS account, 'lot ' || l.id || ' in transfer ' || t.id AS subject,
       'after ' || coalesce(l.expires_at::text, 'no day at all') AS expected, t.at::text AS found
  FROM loyalty_transfer t
  JOIN loyalty_lotuse u ON u.transfer_id = t.id
  JOIN loyalty_lot l ON l.id = u.lot_id
  JOIN loyalty_account a ON a.id = t.source_id
 WHERE {_OURS} AND t.kind = 'expire' AND (l.expires_at IS NULL OR l.expires_at > t.at)
   AND t.reason <> 'inactivity' AND NOT (t.reason = 'left' AND NOT EXISTS (
       SELECT FROM loyalty_holder h JOIN members_member m ON m.id = h.member_id
        WHERE h.account_id = a.id AND m.status <> 'erased'))
 ORDER BY a.id, l.id
"""

#: Whoever gives or takes by hand is told of in the timeline, in the same transaction.
_ADJUSTMENT_IS_TOLD = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject, 'an event that tells of it' AS expected, 'none' AS found
  FROM loyalty_transfer t
  JOIN loyalty_account a ON a.id IN (t.source_id, t.target_id) AND a.kind = 'member'
 WHERE {_OURS} AND t.kind = 'adjust' AND t.reverses_id IS NULL AND NOT EXISTS (
       SELECT FROM {HELD} h JOIN members_event e ON e.member_id = h.member_id AND e.at = t.at
        WHERE h.account_id = a.id AND e.kind = 'points.adjusted'
          AND abs((e.data->>'points')::numeric) = t.points
          AND (e.data->>'points' LIKE '-%%') = (a.id = t.source_id)
          AND coalesce(e.data->>'transfer', t.id::text) = t.id::text)
 ORDER BY a.id, t.id
"""

#: What was done by hand is reversed once, as a whole, on the same account.
_REVERSAL_IS_WHOLE = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject, 'at most ' || t.points AS expected, b.points::text AS found
  FROM loyalty_transfer t
  JOIN (SELECT r.reverses_id, sum(r.points) AS points, count(DISTINCT own.id) AS accounts,
               min(own.id::text) AS account_id
          FROM loyalty_transfer r
         CROSS JOIN LATERAL (SELECT CASE r.kind WHEN 'adjust' THEN r.target_id ELSE r.source_id END AS id) own
         WHERE r.reverses_id IS NOT NULL AND r.kind IN ('adjust', 'revoke') GROUP BY r.reverses_id) b
    ON b.reverses_id = t.id
  JOIN loyalty_account a ON a.id IN (t.source_id, t.target_id) AND a.kind = 'member'
 WHERE {_OURS} AND (t.kind <> 'adjust' OR b.points > t.points OR b.accounts > 1 OR b.account_id <> a.id::text)
 ORDER BY a.id, t.id
"""

#: What an adjustment gave has the terms that were told.
_ADJUSTMENT_KEEPS_ITS_TERMS = f"""
SELECT a.id AS account, 'lot ' || l.id AS subject, coalesce(e.data->>'expires_at', 'never expires') AS expected,
       coalesce(l.expires_at::text, 'never expires') AS found
  FROM loyalty_transfer t
  JOIN loyalty_lot l ON l.transfer_id = t.id
  JOIN loyalty_account a ON a.id = l.account_id
  JOIN {HELD} h ON h.account_id = a.id
  JOIN members_event e ON e.member_id = h.member_id AND e.at = t.at AND e.kind = 'points.adjusted'
   AND e.data->>'transfer' = t.id::text
 WHERE {_OURS} AND t.kind = 'adjust' AND e.data ? 'expires_at'
   AND (e.data->>'expires_at')::timestamptz IS DISTINCT FROM l.expires_at
 ORDER BY a.id, l.id
"""

CHECKS: dict[str, str | Check] = {
    "balance_is_what_lots_hold": _BALANCE_IS_WHAT_LOTS_HOLD,
    "balance_is_what_was_transferred": _BALANCE_IS_WHAT_WAS_TRANSFERRED,
    "lot_holds_what_was_not_used": _LOT_HOLDS_WHAT_WAS_NOT_USED,
    "lot_is_in_range": _LOT_IS_IN_RANGE,
    "nothing_is_negative": _NOTHING_IS_NEGATIVE,
    "transfer_moves_its_points": Check(
        {"transfer_moves_its_points": _TRANSFER_MOVES_ITS_POINTS}, _POINTS_MOVE_WITH_THEIR_LOTS
    ),
    "debt_is_what_is_owed": _DEBT_IS_WHAT_IS_OWED,
    "debt_of_a_lot_is_in_range": _DEBT_OF_A_LOT_IS_IN_RANGE,
    "transfer_goes_its_way": _TRANSFER_GOES_ITS_WAY,
    "use_is_not_before_its_lot": _USE_IS_NOT_BEFORE_ITS_LOT,
    "expiry_is_due": _EXPIRY_IS_DUE,
    "adjustment_is_told": _ADJUSTMENT_IS_TOLD,
    "adjustment_keeps_its_terms": _ADJUSTMENT_KEEPS_ITS_TERMS,
    "reversal_is_whole": _REVERSAL_IS_WHOLE,
}

#: What there is, and what members and institutions hold. An institution holds what was transferred to
#: it less what went out: below zero for issuance.
TOTALS = f"""
WITH own AS MATERIALIZED (SELECT id, kind, balance FROM loyalty_account a WHERE {_OURS}),
institution AS MATERIALIZED (SELECT id FROM own WHERE kind <> 'member')
SELECT (SELECT count(*) FROM own) AS accounts,
       (SELECT coalesce(sum(balance), 0) FROM own WHERE kind = 'member') AS members,
       (SELECT count(*) FROM loyalty_transfer t WHERE t.source_id IN (SELECT id FROM own)) AS transfers,
       (SELECT coalesce(sum(points), 0) FROM loyalty_transfer WHERE target_id IN (SELECT id FROM institution))
     - (SELECT coalesce(sum(points), 0) FROM loyalty_transfer WHERE source_id IN (SELECT id FROM institution))
       AS institutions,
       (SELECT count(*) FROM loyalty_lot l WHERE l.account_id IN (SELECT id FROM own)) AS lots,
       (SELECT count(*) FROM loyalty_lotuse u JOIN loyalty_lot l ON l.id = u.lot_id
         WHERE l.account_id IN (SELECT id FROM own)) AS uses
"""
