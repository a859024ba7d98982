"""The SQL of the audit: each check gives a row for everything that is off, and none when the books are right.

``%(programme)s`` is a programme's id, or NULL for all. Rows are ``(account, subject, expected, found)``.
"""

from __future__ import annotations

_OURS = "(%(programme)s::bigint IS NULL OR a.programme_id = %(programme)s::bigint)"

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

_BALANCE_IS_WHAT_WAS_TRANSFERRED = f"""
SELECT a.id AS account, 'balance' AS subject, coalesce(t.moved, 0) AS expected, a.balance AS found
  FROM loyalty_account a
  LEFT JOIN (SELECT account_id, sum(points) AS moved
               FROM (SELECT target_id AS account_id, points FROM loyalty_transfer
                     UNION ALL SELECT source_id, -points FROM loyalty_transfer) m
              GROUP BY account_id) t ON t.account_id = a.id
 WHERE {_OURS} AND a.kind = 'member' AND a.balance IS DISTINCT FROM coalesce(t.moved, 0)
 ORDER BY a.id
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
SELECT a.id AS account, 'lot ' || l.id AS subject, '0 to ' || l.points AS expected, l.remaining AS found
  FROM loyalty_lot l JOIN loyalty_account a ON a.id = l.account_id
 WHERE {_OURS} AND (l.remaining < 0 OR l.remaining > l.points)
 ORDER BY a.id, l.id
"""

_NOTHING_IS_NEGATIVE = f"""
SELECT a.id AS account, 'balance and debt' AS subject, 'not negative' AS expected,
       a.balance || ' and ' || a.owed AS found
  FROM loyalty_account a
 WHERE {_OURS} AND (a.balance < 0 OR a.owed < 0)
 ORDER BY a.id
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

#: Points stay in their programme; only exchange accounts lead from one to another, in two transfers.
_TRANSFER_STAYS_IN_ITS_PROGRAMME = f"""
SELECT a.id AS account, 'transfer ' || t.id AS subject, 'programme ' || a.programme_id AS expected,
       'programme ' || b.programme_id AS found
  FROM loyalty_transfer t
  JOIN loyalty_account a ON a.id = t.source_id
  JOIN loyalty_account b ON b.id = t.target_id
 WHERE {_OURS} AND a.programme_id <> b.programme_id
 ORDER BY a.id, t.id
"""

#: Law 2: the database itself keeps the books append-only, and each transfer's key unique.
_GUARDS_STAND = """
SELECT '' AS account, expected.relation || ': ' || expected.guard AS subject, 'in force' AS expected,
       CASE WHEN g.relation IS NULL THEN 'missing' ELSE 'switched off' END AS found
  FROM (VALUES ('loyalty_transfer', 'append_only'), ('loyalty_transfer', 'never_truncated'),
               ('loyalty_lotuse', 'append_only'), ('loyalty_lotuse', 'never_truncated'),
               ('loyalty_debt', 'append_only'), ('loyalty_debt', 'never_truncated'),
               ('loyalty_lot', 'never_deleted'), ('loyalty_lot', 'never_truncated'),
               ('loyalty_lot', 'terms_are_fixed'),
               ('loyalty_transfer', 'unique key')) AS expected(relation, guard)
  LEFT JOIN (
       SELECT tgrelid::regclass::text AS relation, substring(tgname FROM '^pgtrigger_(.*)_[0-9a-f]{5}$') AS guard,
              tgenabled <> 'D' AS works
         FROM pg_trigger WHERE NOT tgisinternal
       UNION ALL
       SELECT i.indrelid::regclass::text, 'unique key', i.indisvalid
         FROM pg_index i JOIN pg_attribute c ON c.attrelid = i.indrelid AND c.attnum = i.indkey[0]
        WHERE i.indisunique AND i.indnatts = 1 AND i.indpred IS NULL AND c.attname = 'key') g
    ON g.relation = expected.relation AND g.guard = expected.guard
 WHERE g.works IS NOT TRUE
 ORDER BY 2
"""

CHECKS = {
    "balance_is_what_lots_hold": _BALANCE_IS_WHAT_LOTS_HOLD,
    "balance_is_what_was_transferred": _BALANCE_IS_WHAT_WAS_TRANSFERRED,
    "lot_holds_what_was_not_used": _LOT_HOLDS_WHAT_WAS_NOT_USED,
    "lot_is_in_range": _LOT_IS_IN_RANGE,
    "nothing_is_negative": _NOTHING_IS_NEGATIVE,
    "transfer_moves_its_points": _TRANSFER_MOVES_ITS_POINTS,
    "debt_is_what_is_owed": _DEBT_IS_WHAT_IS_OWED,
    "debt_of_a_lot_is_in_range": _DEBT_OF_A_LOT_IS_IN_RANGE,
    "transfer_stays_in_its_programme": _TRANSFER_STAYS_IN_ITS_PROGRAMME,
    "guards_stand": _GUARDS_STAND,
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
