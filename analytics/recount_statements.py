"""The SQL of the recount: what ``loyalty.rules.tiers`` says of one member, said of many at once.

A ladder is put into words of SQL when it is recounted: spans become expressions, steps become arrays.
``tests/analytics/test_recount.py`` holds both against each other.

``CLAIM`` picks rows of facts and locks them, passing over those that others hold. ``judge`` then reads what
was committed until then, and writes the tier, its change and its event: of one step, as of the moment at which
it was due, so that a recount that comes late tells what one that ran in time would have told, step by step. Where
the tier changes it needs the account too, and passes over a member whose account is in use: that one is judged at
the till, or next time. A tier that is not on the ladder any more is known from the member's last change (``gone``).
"""

from __future__ import annotations

from typing import Any

from analytics.facts import BOUGHT_FROM, STANDS
from loyalty.ledger.sweep_statements import NEW_ID
from loyalty.rules import tiers
from loyalty.rules.tiers import Ladder, Span

_AMOUNTS = {
    "spent": "r.to_pay - COALESCE(back.refund, 0)",
    "points": "COALESCE(back.earned, r.earned)",
    "visits": "1::numeric",
}
_TOTALS = {"spent": "f.spent", "points": "f.points", "visits": "f.purchases::numeric"}

#: Rows after whose ``tier_until`` the tier may be another; it is asked for as of the second that follows.
PASSED = (
    """f.tier_until <= %(now)s::timestamptz - interval '1 second' AND f.ladder_version = %(version)s::int"""
)
_NEXT = "f.tier_until + interval '1 second'"
#: Rows of another ladder are asked for as of its change, as ``facts.counted_anew_at``.
_ANEW = """LEAST(%(now)s::timestamptz,
             GREATEST(COALESCE(%(since)s::timestamptz, %(now)s::timestamptz), f.last_purchase_at))"""


def outdated(ladder: Ladder) -> str:
    """Which rows were written under another ladder; of a plain one only those that are another tier now."""
    changed = "f.ladder_version <> %(version)s::int"
    if not ladder.plain:
        return changed
    by_total = f"(%(ids)s::bigint[])[{_level(_TOTALS[ladder.basis])} + 1]"
    return f"""{changed} AND (f.climb IS NOT NULL OR f.set_tier_id IS NOT NULL
        OR f.tier_id IS DISTINCT FROM {by_total})"""


def claim(due: str) -> str:
    """Locks the next rows that are ``due``, in the order of their ids, from ``%(after)s`` on."""
    return f"""
SELECT f.id FROM analytics_memberfacts f
 WHERE f.programme_id = %(programme)s::bigint AND f.id > %(after)s::bigint AND {due}
 ORDER BY f.id LIMIT %(size)s::int FOR NO KEY UPDATE OF f SKIP LOCKED
"""


def judge(ladder: Ladder, *, anew: bool) -> str:
    """Judges the rows ``%(rows)s``: by their climb, or ``anew`` by the purchases that stand."""
    batch = _BATCH.format(as_of=_ANEW if anew else _NEXT, which="f.id = ANY(%(rows)s::bigint[])")
    return _JUDGE.format(
        batch=batch, climbs=_known(ladder, anew=anew), hand=_BY_HAND, gone=_GONE, new_id=NEW_ID
    )


def moving(ladder: Ladder) -> str:
    """How many members of a programme would stand elsewhere on a ladder, by where from and where to: ``was``, ``now``,
    ``members``, most of them first. Writes nothing."""
    batch = _BATCH.format(as_of="%(now)s::timestamptz", which="f.programme_id = %(programme)s::bigint")
    return _MOVING.format(batch=batch, climbs=_known(ladder, anew=True), hand=_BY_HAND, gone=_GONE)


def _known(ladder: Ladder, *, anew: bool) -> str:
    """``known``: level and last day of each row of ``batch``."""
    if ladder.plain:
        return f"""known AS (
  SELECT f.id, NULL::jsonb AS climb, {_level(_TOTALS[ladder.basis])} AS level, NULL::date AS last_day FROM batch f)"""
    if anew:
        return f"{_rebuild(ladder)}, {_place(ladder)}"
    return f"climbs AS (SELECT f.id, f.climb, f.today FROM batch f), {_place(ladder)}"


def params(ladder: Ladder) -> dict[str, Any]:
    """What the statements are asked of a ladder."""
    return {
        "version": ladder.version,
        "zone": ladder.zone.key,
        "ids": [step.id for step in ladder.steps],
        "codes": [step.code for step in ladder.steps],
        "thresholds": [step.threshold for step in ladder.steps],
        "below": ladder.below,
        "floor": tiers.floor(ladder),
        "since": ladder.since,
    }


#: Rows of facts, each with the moment for which it is judged.
_BATCH = """
batch AS MATERIALIZED (
  SELECT f.*, a.as_of, (a.as_of AT TIME ZONE %(zone)s::text)::date AS today
    FROM analytics_memberfacts f, LATERAL (SELECT {as_of} AS as_of) a WHERE {which})"""
#: The level of a row ``f`` that is ``known`` as ``k``: what was set by hand lies over what the ladder says.
_BY_HAND = """CASE WHEN f.set_tier_id IS NULL OR f.set_until < f.as_of
                OR array_position(%(ids)s::bigint[], f.set_tier_id) IS NULL THEN k.level
              WHEN f.set_exactly THEN array_position(%(ids)s::bigint[], f.set_tier_id) - 1
              ELSE GREATEST(k.level, array_position(%(ids)s::bigint[], f.set_tier_id) - 1) END"""
#: The tier of a row ``f`` that is not on the ladder any more, as its member's last change tells.
_GONE = """CASE WHEN f.tier_id IS NULL THEN (
           SELECT NULLIF(c.now, '') FROM loyalty_tierchange c
            WHERE c.member_id = f.member_id AND c.programme_id = f.programme_id
              AND c.now <> ALL(%(codes)s::text[])
              AND NOT EXISTS (SELECT FROM loyalty_tierchange later WHERE later.member_id = c.member_id
                                 AND later.programme_id = c.programme_id AND later.id > c.id)) END"""

_MOVING = """
WITH {batch},
{climbs},
standing AS MATERIALIZED (
  SELECT f.id, f.tier_id, (%(ids)s::bigint[])[{hand} + 1] AS now_id, {gone} AS gone
    FROM batch f JOIN known k ON k.id = f.id)
SELECT COALESCE(t.code, s.gone, '') AS was,
       COALESCE((%(codes)s::text[])[array_position(%(ids)s::bigint[], s.now_id)], '') AS now, count(*) AS members
  FROM standing s LEFT JOIN loyalty_tier t ON t.id = s.tier_id
 WHERE s.tier_id IS DISTINCT FROM s.now_id OR s.gone IS NOT NULL
 GROUP BY 1, 2 ORDER BY members DESC, was, now
"""

_JUDGE = """
WITH {batch},
{climbs},
judged AS MATERIALIZED (
  SELECT f.id, f.member_id, f.as_of, f.ladder_version, f.tier_until AS was_until, f.set_until, k.climb,
         COALESCE(array_position(%(ids)s::bigint[], f.tier_id), 0) - 1 AS was,
         {gone} AS gone,
         {hand} AS level,
         LEAST((k.last_day + time '23:59:59') AT TIME ZONE %(zone)s::text,
               CASE WHEN f.set_tier_id IS NOT NULL AND f.set_until >= f.as_of
                    THEN f.set_until END) AS until
    FROM batch f JOIN known k ON k.id = f.id),
accounts AS MATERIALIZED (
  SELECT a.id, j.id AS facts_id FROM judged j
    JOIN loyalty_holder h ON h.member_id = j.member_id AND h.programme_id = %(programme)s::bigint
    JOIN loyalty_account a ON a.id = h.account_id
   WHERE j.level <> j.was OR j.gone IS NOT NULL FOR NO KEY UPDATE OF a SKIP LOCKED),
settled AS MATERIALIZED (
  SELECT j.*, a.id AS account_id,
         CASE WHEN j.ladder_version <> %(version)s::int THEN j.as_of ELSE j.was_until END AS at,
         CASE WHEN j.ladder_version <> %(version)s::int THEN 'ladder'
              WHEN j.set_until = j.was_until THEN 'ended' ELSE 'rule' END AS why,
         j.level <> j.was OR j.gone IS NOT NULL AS moved, j.gone IS NULL AND j.level > j.was AS up,
         COALESCE(j.gone, (%(codes)s::text[])[j.was + 1], '') AS was_code,
         COALESCE((%(codes)s::text[])[j.level + 1], '') AS now_code
    FROM judged j LEFT JOIN accounts a ON a.facts_id = j.id
   WHERE (j.level = j.was AND j.gone IS NULL) OR a.id IS NOT NULL),
facts_rows AS (
  UPDATE analytics_memberfacts f
     SET tier_id = (%(ids)s::bigint[])[s.level + 1], tier_until = s.until, climb = s.climb,
         ladder_version = %(version)s::int
    FROM settled s WHERE f.id = s.id),
account_rows AS (
  UPDATE loyalty_account a SET version = a.version + 1
   WHERE a.id IN (SELECT account_id FROM settled)),
change_rows AS (
  INSERT INTO loyalty_tierchange (id, member_id, programme_id, at, recorded_at, was, now, up, why, reason)
  SELECT {new_id}, member_id, %(programme)s::bigint, at, %(now)s::timestamptz, was_code, now_code,
         up, why, ''
    FROM settled WHERE moved),
event_rows AS (
  INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
  SELECT {new_id}, CASE WHEN up THEN 'tier.reached' ELSE 'tier.lost' END, member_id, at,
         %(now)s::timestamptz,
         CASE WHEN up THEN jsonb_build_object('tier', now_code, 'was', was_code)
              ELSE jsonb_build_object('tier', was_code, 'now', now_code) END
         || jsonb_build_object('programme', %(programme_code)s::text, 'why', why)
    FROM settled WHERE moved
  RETURNING id, kind, member_id, at, recorded_at, data)
SELECT (SELECT count(*) FROM settled) AS members,
       (SELECT count(*) FROM settled WHERE moved AND up) AS up,
       (SELECT count(*) FROM settled WHERE moved AND NOT up) AS down,
       (SELECT count(*) FROM batch) - (SELECT count(*) FROM settled) AS busy,
       (SELECT count(*) FROM settled
         WHERE until BETWEEN as_of AND %(now)s::timestamptz - interval '1 second') AS unfinished,
       CASE WHEN %(heard)s::boolean THEN (
         SELECT json_agg(json_build_array(id, kind, member_id, at, recorded_at, data))::text FROM event_rows
       ) END AS events
"""


# Words of a ladder


def _level(amount: str) -> str:
    """The level that an amount reaches."""
    return f"(width_bucket({amount}, %(thresholds)s::numeric[]) - 1)"


def _period(day: str, months: int) -> str:
    return f"((extract(year FROM {day})::int * 12 + extract(month FROM {day})::int - 1) / {months})"


def _first_day(number: str, months: int) -> str:
    return f"make_date(({number}) * {months} / 12, ({number}) * {months} %% 12 + 1, 1)"


def _start(day: str) -> str:
    """The day from which falls are counted."""
    return f"GREATEST({day}, %(floor)s::date)"


def _last_held(span: Span, day: str, falls: str, grace: int) -> str:
    """As ``Span.last_held``."""
    start = _start(day)
    if span.calendar:
        turn = f"{_period(start, span.amount)} + {falls} + 1"
        return f"({_first_day(turn, span.amount)} + {grace - 1})"
    if span.unit == "days":
        return f"({start} + ({falls})::int * {span.amount + grace})"
    return f"(({start} + make_interval(months => ({falls})::int * {span.amount}))::date + ({falls})::int * {grace})"


def _falls(span: Span, start: str, day: str, grace: int) -> str:
    """As ``Span.falls``."""
    begun = _start(start)
    if span.calendar:
        return (
            f"GREATEST(0, {_period(f'({day} - {grace})', span.amount)} - {_period(begun, span.amount)} - 1)"
        )
    if span.unit == "days":
        return f"GREATEST(0, ({day} - {begun} - 1) / {span.amount + grace})"
    most = f"({day} - {begun}) / {28 * span.amount + grace} + 1"
    held = _last_held(span, start, "k", grace)
    return f"(SELECT count(*)::int FROM generate_series(1, {most}) k WHERE {held} < {day})"


def _frame(span: Span) -> str:
    """The rows of a rolling span, for a window over days."""
    length = f"'{span.amount - 1} days'" if span.unit == "days" else f"'{span.amount} mons -1 days'"
    return f"ORDER BY day RANGE BETWEEN interval {length} PRECEDING AND CURRENT ROW"


# Where a climb stands on the day for which it is asked (``today``)


def _place(ladder: Ladder) -> str:
    """``known``: level and last day of each climb, as ``tiers.level_on`` and ``tiers.last_day``."""
    base = tiers.Ladder.level(ladder, tiers.ZERO)
    free = max(base, 0)
    if ladder.renews:
        assert ladder.term is not None
        falls = _falls(ladder.term, "start", "today", ladder.grace)
        fallen = "0" if ladder.lowest else f"GREATEST(0, level - {falls})"
        steps = "1" if ladder.lowest else "r.level - l.level + 1"
        return f"""
reached AS MATERIALIZED (
  SELECT id, level, start, CASE WHEN level <= 0 OR {falls} = 0 THEN level ELSE {fallen} END AS left_now
    FROM (SELECT c.id, c.today, (r.number - 1)::int AS level, r.start::date AS start FROM climbs c,
            jsonb_array_elements_text(c.climb->'reached') WITH ORDINALITY r(start, number)) r
   WHERE start IS NOT NULL),
levels AS MATERIALIZED (
  SELECT id, max(left_now) AS level FROM reached GROUP BY id),
lasting AS MATERIALIZED (
  SELECT l.id, max({_last_held(ladder.term, "r.start", steps, ladder.grace)}) AS last_day
    FROM levels l JOIN reached r ON r.id = l.id AND r.level >= l.level GROUP BY l.id),
known AS MATERIALIZED (
  SELECT c.id, c.climb, GREATEST({base}, l.level) AS level,
         CASE WHEN GREATEST({base}, l.level) > {free} THEN t.last_day END AS last_day
    FROM climbs c LEFT JOIN levels l ON l.id = c.id LEFT JOIN lasting t ON t.id = c.id)"""
    if ladder.down == "never" or ladder.term is None:
        return f"""
known AS MATERIALIZED (
  SELECT c.id, c.climb, GREATEST({base}, COALESCE((c.climb->>'level')::int, -1)) AS level, NULL::date AS last_day
    FROM climbs c)"""
    falls = _falls(ladder.term, "held", "today", ladder.grace)
    fallen = "0" if ladder.lowest else "GREATEST(0, level - falls + fallen)"
    return f"""
held AS MATERIALIZED (
  SELECT c.id, c.climb, c.today, COALESCE((c.climb->>'level')::int, -1) AS level, (c.climb->>'held')::date AS held,
         COALESCE((c.climb->>'fallen')::int, 0) AS fallen FROM climbs c),
sinking AS MATERIALIZED (
  SELECT *, {falls} AS falls FROM held),
levels AS MATERIALIZED (
  SELECT *, GREATEST({base}, CASE WHEN level <= {free} OR falls <= fallen THEN level ELSE {fallen} END) AS now
    FROM sinking),
known AS MATERIALIZED (
  SELECT id, climb, now AS level, CASE WHEN now > {free} THEN
           {_last_held(ladder.term, "held", "falls + 1", ladder.grace)} END AS last_day
    FROM levels)"""


# A climb made anew from the purchases that stand


def _rebuild(ladder: Ladder) -> str:
    """``climbs``: as ``tiers.fold``."""
    days = f"""
bought AS MATERIALIZED (
  SELECT f.id, (r.purchased_at AT TIME ZONE %(zone)s::text)::date AS day, sum({_AMOUNTS[ladder.basis]}) AS amount
    FROM batch f JOIN {BOUGHT_FROM}
      ON true
   WHERE r.member_id = f.member_id AND r.programme_id = %(programme)s::bigint AND {STANDS}
   GROUP BY 1, 2),"""
    return days + (_renewed(ladder) if ladder.renews else _fallen(ladder))


def _calendar(ladder: Ladder) -> Span | None:
    return next((span for span in (ladder.window, ladder.term) if span is not None and span.calendar), None)


def _counted(ladder: Ladder, part: str) -> str:
    """The window over days in which an amount is counted; ``part`` parts those before a fall from those after."""
    window = ladder.window
    if window is None:
        return f"(PARTITION BY id{part} ORDER BY day)"
    if window.calendar:
        return f"(PARTITION BY id{part}, {_period('day', window.amount)} ORDER BY day)"
    return f"(PARTITION BY id{part} {_frame(window)})"


def _begin(ladder: Ladder) -> str:
    """The first day of the calendar period of ``day``, as text; null where no calendar counts."""
    span = _calendar(ladder)
    return f"{_first_day(_period('day', span.amount), span.amount)}::text" if span else "NULL"


def _renewed(ladder: Ladder) -> str:
    """Climbs of a ladder whose tiers must be reached anew."""
    reached = ", ".join(f"max(day) FILTER (WHERE level >= {n})" for n in range(len(ladder.steps)))
    measured = "(array_agg(counted ORDER BY day DESC))[1]::text" if _calendar(ladder) else "'0'"
    return f"""
counting AS (
  SELECT id, day, sum(amount) OVER {_counted(ladder, "")} AS counted FROM bought),
leveled AS (
  SELECT *, {_level("counted")} AS level, {_begin(ladder)} AS begin FROM counting),
folded AS (
  SELECT id, jsonb_build_object('counted', (array_agg(counted ORDER BY day DESC))[1]::text,
           'measured', {measured}, 'period', (array_agg(begin ORDER BY day DESC))[1],
           'reached', jsonb_build_array({reached})) AS climb
    FROM leveled GROUP BY id),
climbs AS (SELECT f.id, COALESCE(d.climb, '{{}}') AS climb, f.today FROM batch f LEFT JOIN folded d ON d.id = f.id)"""


def _fallen(ladder: Ladder) -> str:
    """Climbs of a ladder on which falls do not depend on the tier."""
    term = ladder.term
    met, falls, measured, cut = "true", "0", "0::numeric", ", falls_so_far"
    if term is not None and ladder.down != "never":
        falls = _falls(term, "held", "day", ladder.grace)
        if term.calendar:
            measured = f"sum(amount) OVER (PARTITION BY id, {_period('day', term.amount)} ORDER BY day)"
        elif ladder.down == "below":
            measured = f"sum(amount) OVER (PARTITION BY id {_frame(term)})"
        if ladder.down == "below":
            met = "measured >= %(below)s::numeric"
            if ladder.window is not None and ladder.window.calendar:
                cut = ""
    kept = "measured" if term is not None and term.calendar else "0"
    level = "max(level + falls_so_far) - max(last_total)"
    if ladder.lowest:
        level = "max(level) FILTER (WHERE falls_so_far = last_total)"
    anew = "CASE WHEN max(last_total) > 0 THEN min(day) FILTER (WHERE falls_so_far = last_total) END"
    return f"""
measuring AS (
  SELECT *, {measured} AS measured, lag(day) OVER (PARTITION BY id ORDER BY day) IS NULL AS first FROM bought),
meeting AS (
  SELECT *, first OR {met} AS met FROM measuring),
holding AS (
  SELECT *, max(day) FILTER (WHERE met) OVER (PARTITION BY id ORDER BY day
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS held FROM meeting),
falling AS (
  SELECT *, CASE WHEN held IS NULL THEN 0 ELSE {falls} END AS falls FROM holding),
adding AS (
  SELECT *, falls + COALESCE(sum(falls) FILTER (WHERE met) OVER (PARTITION BY id ORDER BY day
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS falls_so_far FROM falling),
counting AS (
  SELECT *, sum(amount) OVER {_counted(ladder, cut)} AS counted,
         max(falls_so_far) OVER (PARTITION BY id) AS last_total FROM adding),
leveled AS (
  SELECT *, {_level("counted")} AS level, {_begin(ladder)} AS begin FROM counting),
folded AS (
  SELECT id, jsonb_build_object(
           'counted', (array_agg(counted ORDER BY day DESC))[1]::text,
           'measured', (array_agg({kept} ORDER BY day DESC))[1]::text,
           'period', (array_agg(begin ORDER BY day DESC))[1],
           'anew', {anew if cut else "NULL::date"},
           'level', GREATEST({level}, LEAST(max(level), 0)),
           'held', (array_agg(CASE WHEN met THEN day ELSE held END ORDER BY day DESC))[1],
           'fallen', (array_agg(CASE WHEN met THEN 0 ELSE falls END ORDER BY day DESC))[1]) AS climb
    FROM leveled GROUP BY id),
climbs AS (SELECT f.id, COALESCE(d.climb, '{{}}') AS climb, f.today FROM batch f LEFT JOIN folded d ON d.id = f.id)"""
