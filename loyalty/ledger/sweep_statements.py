"""The SQL of the sweeps. ``loyalty.ledger.sweep`` says in which order it runs, and why.

In the writing statements every row finds its partners by an index or along one chain of CTEs; no two
CTEs are joined, because PostgreSQL guesses their sizes and would loop over one for each row of the other.
"""

from __future__ import annotations

#: A new UUIDv7 in SQL: the milliseconds in front of a random UUID, its version set from 4 to 7.
#: (``uuidv7()`` is there only from PostgreSQL 18 on.)
NEW_ID = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid"""

#: Whether the account of lot ``l`` was in use after ``since``: a purchase stands of who holds it or held it then.
_PURCHASED_BY = """EXISTS (
    SELECT FROM {holders} h
      JOIN loyalty_receipt r ON r.member_id = h.member_id AND r.purchased_at > %(since)s::timestamptz
     WHERE h.account_id = l.account_id AND r.account_id = h.account_id
       AND r.status NOT IN ('cancelled', 'returned'))"""
_PURCHASED_ONCE = _PURCHASED_BY.format(holders="loyalty_pastholder")
_PURCHASED = f"({_PURCHASED_BY.format(holders='loyalty_holder')} OR {_PURCHASED_ONCE})"

# Planning: one worker at a time lists the accounts that have lots due

ALONE = "SELECT pg_advisory_xact_lock(hashtext('loyalty.ledger.sweep'), hashtext(%(job)s::text))::text"

WAITING = """
SELECT count(*) AS batches FROM loyalty_sweepbatch
 WHERE job = %(job)s::text AND programme_id IS NOT DISTINCT FROM %(programme)s::bigint
"""

_DUE_TO_EXPIRE = "l.remaining > 0 AND l.expires_at < %(now)s::timestamptz"
_DUE_TO_LAPSE = f"l.remaining > 0 AND l.earned_at <= %(since)s::timestamptz AND NOT {_PURCHASED}"
_DUE_TO_ACTIVATE = "l.pending AND l.active_from <= %(now)s::timestamptz"

_PLAN = f"""
WITH due AS (
  SELECT l.id, l.account_id, floor((rank() OVER (ORDER BY l.account_id) - 1) / %(size)s::int) AS batch
    FROM loyalty_lot l WHERE {{due}}),
planned AS (
  INSERT INTO loyalty_sweepbatch (id, job, programme_id, accounts, lots)
  SELECT {NEW_ID}, %(job)s::text, %(programme)s::bigint, array_agg(DISTINCT account_id), array_agg(id ORDER BY id)
    FROM due GROUP BY batch ORDER BY batch
  RETURNING 1)
SELECT count(*) AS batches FROM planned
"""

PLAN = {
    "expire": _PLAN.format(due=_DUE_TO_EXPIRE),
    "lapse": _PLAN.format(
        due=f"""{_DUE_TO_LAPSE}
    AND EXISTS (SELECT FROM loyalty_account a WHERE a.id = l.account_id AND a.programme_id = %(programme)s::bigint)"""
    ),
    "activate": _PLAN.format(due=_DUE_TO_ACTIVATE),
}

# Working: claim some batches, lock their accounts, write

#: For this transaction: no long waits, and plans that are made once. Nothing in the writing statements depends
#: on how many rows there are, and planning them anew costs 5 ms, as much as fifty lots.
SETTLE = """
SELECT set_config('lock_timeout', '2s', true) AS wait, set_config('plan_cache_mode', 'force_generic_plan', true) AS plan
"""

CLAIM = """
SELECT id FROM loyalty_sweepbatch
 WHERE job = %(job)s::text AND programme_id IS NOT DISTINCT FROM %(programme)s::bigint
 ORDER BY id LIMIT %(take)s::int FOR UPDATE SKIP LOCKED
"""

#: In the order of their ids, as everybody locks accounts. A statement of its own: the one that writes
#: must see what was committed while this one waited.
LOCK = """
SELECT count(*) FROM (
  SELECT a.id FROM loyalty_account a
   WHERE a.id IN (SELECT unnest(accounts) FROM loyalty_sweepbatch WHERE id = ANY(%(batches)s::uuid[]))
   ORDER BY a.id FOR NO KEY UPDATE OF a) locked
"""

_EXPIRE = f"""
WITH batch AS (
  DELETE FROM loyalty_sweepbatch WHERE id = ANY(%(batches)s::uuid[]) RETURNING lots),
due AS MATERIALIZED (
  SELECT l.id, l.account_id, l.remaining, l.expires_at
    FROM batch, unnest(batch.lots) AS look(id) JOIN loyalty_lot l ON l.id = look.id WHERE {{due}}),
emptied AS (
  UPDATE loyalty_lot l SET remaining = 0, pending = false FROM due WHERE l.id = due.id),
sums AS MATERIALIZED (
  SELECT account_id, {NEW_ID} AS transfer_id, sum(remaining) AS points, count(*) AS lots,
         max(expires_at) AS at, array_agg(id) AS ids, array_agg(remaining) AS parts
    FROM due GROUP BY account_id),
used AS (
  INSERT INTO loyalty_lotuse (transfer_id, lot_id, points)
  SELECT s.transfer_id, u.id, u.points FROM sums s, unnest(s.ids, s.parts) AS u(id, points)),
account_rows AS (
  UPDATE loyalty_account a SET balance = a.balance - s.points, version = a.version + 1
    FROM sums s WHERE a.id = s.account_id
  RETURNING a.id, a.programme_id, a.balance, a.version, s.transfer_id, s.points, s.at),
transfer_rows AS (
  INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, source_balance, reason)
  SELECT r.transfer_id, 'expire', r.id, e.id, r.points, 'expire:' || r.id || ':' || r.version,
         %(now)s::timestamptz, r.balance, %(reason)s::text
    FROM account_rows r JOIN loyalty_account e ON e.programme_id = r.programme_id AND e.kind = 'expiry'),
event_rows AS (
  INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
  SELECT {NEW_ID}, 'points.expired', coalesce(h.member_id, w.member_id), {{at}}, %(now)s::timestamptz,
         jsonb_build_object('account', r.id, 'transfer', r.transfer_id, 'points', r.points::text,
                            'reason', %(reason)s::text)
    FROM account_rows r LEFT JOIN loyalty_holder h ON h.account_id = r.id AND h.role = 'owner'
    LEFT JOIN loyalty_holder w ON w.own_id = r.id
  RETURNING id, kind, member_id, at, recorded_at, data)
SELECT count(*) AS accounts, coalesce(sum(lots), 0)::bigint AS lots, coalesce(sum(points), 0) AS points,
       CASE WHEN %(heard)s::boolean THEN (
         SELECT json_agg(json_build_array(id, kind, member_id, at, recorded_at, data))::text FROM event_rows
       ) END AS events
  FROM sums
"""

_ACTIVATE = f"""
WITH batch AS (
  DELETE FROM loyalty_sweepbatch WHERE id = ANY(%(batches)s::uuid[]) RETURNING lots),
due AS MATERIALIZED (
  SELECT l.id, l.account_id, l.active_from,
         CASE WHEN l.expires_at < %(now)s::timestamptz THEN 0 ELSE l.remaining END AS points
    FROM batch, unnest(batch.lots) AS look(id) JOIN loyalty_lot l ON l.id = look.id
   WHERE {_DUE_TO_ACTIVATE}),
told AS (
  UPDATE loyalty_lot l SET pending = false FROM due WHERE l.id = due.id),
sums AS MATERIALIZED (
  SELECT account_id, sum(points) AS points, count(*) AS lots, max(active_from) AS at
    FROM due GROUP BY account_id),
event_rows AS (
  INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
  SELECT {NEW_ID}, 'points.activated', coalesce(h.member_id, w.member_id), s.at, %(now)s::timestamptz,
         jsonb_build_object('account', s.account_id, 'points', s.points::text)
    FROM sums s LEFT JOIN loyalty_holder h ON h.account_id = s.account_id AND h.role = 'owner'
    LEFT JOIN loyalty_holder w ON w.own_id = s.account_id
   WHERE s.points > 0
  RETURNING id, kind, member_id, at, recorded_at, data)
SELECT count(*) AS accounts, coalesce(sum(lots), 0)::bigint AS lots, coalesce(sum(points), 0) AS points,
       CASE WHEN %(heard)s::boolean THEN (
         SELECT json_agg(json_build_array(id, kind, member_id, at, recorded_at, data))::text FROM event_rows
       ) END AS events
  FROM sums
"""

WORK = {
    "expire": _EXPIRE.format(due=_DUE_TO_EXPIRE, at="r.at"),
    "lapse": _EXPIRE.format(due=_DUE_TO_LAPSE, at="%(now)s::timestamptz"),
    "activate": _ACTIVATE,
}
