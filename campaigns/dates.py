"""Days of members that campaigns reward: birthdays, anniversaries of joining, and long absences.

Once an hour the days that live campaigns wait for are looked up, in each programme's own calendar: one
statement for each kind and day writes an event for exactly the members due, and has it rewarded. The id of an
event follows from the member and the occasion (``members.once``), so each is written once for ever, however
often the job runs, in however many workers. A job that was late looks back a few days, by the rules that were in
force then. docs/algorithms/own-events.md says what counts as an occasion.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from campaigns import event_rewards, rulebooks
from campaigns.clashes import retried
from campaigns.rulebooks import Rules
from loyalty.days import end_of_day, start_of_day
from loyalty.models import Programme
from members import events, once, prepared
from members.events import EventRow

BIRTHDAY, ANNIVERSARY, DORMANT = "member.birthday", "member.anniversary", "member.dormant"
#: A job that did not run goes back so many days.
CATCH_UP_DAYS = 3
_LEAP_DAY = "0229"

#: Writes the events of the members whom ``due`` names: ``member_id``, ``occasion``, ``data``.
_RECORD = f"""
WITH due AS ({{due}}),
fresh AS (
  INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
  SELECT {once.id_sql("concat_ws(':', %(kind)s::text, %(programme)s::bigint, d.member_id, d.occasion)")} AS id,
         %(kind)s::text, d.member_id, %(at)s::timestamptz, %(now)s::timestamptz,
         d.data || jsonb_build_object('programme', %(code)s::text)
    FROM due d ORDER BY id
  ON CONFLICT (id) DO NOTHING RETURNING id, member_id, data),
{event_rewards.ASK}
SELECT id, member_id, data FROM fresh
"""
_HOLDERS = """
  FROM members_member m
  JOIN loyalty_holder h ON h.member_id = m.id AND h.programme_id = %(programme)s::bigint
"""
_BIRTHDAYS = _RECORD.format(
    due=f"""
  SELECT m.id AS member_id, concat_ws(':', %(year)s::int, %(offset)s::int) AS occasion,
         jsonb_build_object('offset', %(offset)s::int, 'on', %(on)s::text) AS data
    {_HOLDERS}
   WHERE m.status = 'active' AND to_char(m.birthday, 'MMDD') = ANY(%(days)s::text[])
     AND m.joined_at <= %(at)s::timestamptz"""
)
_ANNIVERSARIES = _RECORD.format(
    due=f"""
  SELECT m.id AS member_id, concat_ws(':', %(year)s::int, %(offset)s::int) AS occasion,
         jsonb_build_object('offset', %(offset)s::int, 'on', %(on)s::text,
                            'years', %(year)s::int - to_char(m.joined_at AT TIME ZONE %(zone)s::text, 'YYYY')::int)
         AS data
    {_HOLDERS}
   WHERE m.status = 'active' AND to_char(m.joined_at AT TIME ZONE %(zone)s::text, 'MMDD') = ANY(%(days)s::text[])
     AND to_char(m.joined_at AT TIME ZONE %(zone)s::text, 'YYYY')::int < %(year)s::int
     AND m.joined_at <= %(at)s::timestamptz"""
)
_ABSENCES = _RECORD.format(
    due=f"""
  SELECT m.id AS member_id, concat_ws(':', %(length)s::int, %(on)s::text) AS occasion,
         jsonb_build_object('days', %(length)s::int, 'since', %(on)s::text) AS data
    {_HOLDERS}
    JOIN analytics_memberfacts f ON f.member_id = m.id AND f.programme_id = %(programme)s::bigint
   WHERE m.status = 'active' AND f.purchases > 0
     AND f.last_purchase_at >= %(first)s::timestamptz AND f.last_purchase_at < %(next)s::timestamptz"""
)
_STATEMENTS = {BIRTHDAY: _BIRTHDAYS, ANNIVERSARY: _ANNIVERSARIES, DORMANT: _ABSENCES}


def record(now: datetime) -> int:
    """Write the events of all dates that are due today, or were in the last days, and have them rewarded.

    Returns how many were written. Each day of a programme is a transaction of its own.
    """
    return sum(
        _record_day(programme, today - timedelta(days=back), now)
        for programme in Programme.objects.filter(active=True).order_by("id")
        for today in [now.astimezone(ZoneInfo(programme.time_zone)).date()]
        for back in range(CATCH_UP_DAYS, -1, -1)
    )


def awaited(rules: Rules, kind: str) -> list[int]:
    """The days for which campaigns wait: offsets from a birthday or anniversary, or lengths of an absence."""
    key = "days" if kind == DORMANT else "offset"
    listening = {campaign.id for campaign in rules.engine.machine.listeners.get(kind, ())}
    return sorted(
        {
            campaign.definition.part("what_for").get(key, 0)
            for campaign in rules.engine.campaigns
            if campaign.campaign_id in listening
        }
    )


def _record_day(programme: Programme, day: date, now: datetime) -> int:
    zone = ZoneInfo(programme.time_zone)
    at = min(now, end_of_day(day, zone))
    rules = rulebooks.in_force(programme.id, at)
    if rules is None:
        return 0
    common = {"programme": programme.id, "code": programme.code, "at": at, "now": now}
    return sum(
        _write(kind, common | _occasion(kind, day, distance, zone))
        for kind in _STATEMENTS
        for distance in awaited(rules, kind)
    )


def _occasion(kind: str, day: date, distance: int, zone: ZoneInfo) -> dict[str, Any]:
    """What happened on a day so many days away, for whom ``day`` is the day of the event."""
    on = day - timedelta(days=distance)
    if kind == DORMANT:
        begin, end = start_of_day(on, zone), start_of_day(on + timedelta(days=1), zone)
        return {"length": distance, "on": on.isoformat(), "first": begin, "next": end}
    found = {"offset": distance, "on": on.isoformat(), "year": on.year, "days": days_kept_on(on)}
    return found | ({"zone": str(zone)} if kind == ANNIVERSARY else {})


def days_kept_on(day: date) -> list[str]:
    """Which days of the year, as MMDD, are kept on a day: 28 February stands in for the 29th in other years."""
    own = f"{day:%m%d}"
    return [own, _LEAP_DAY] if own == "0228" and not calendar.isleap(day.year) else [own]


def _write(kind: str, params: Mapping[str, Any]) -> int:
    def work(attempt: int) -> int:
        with transaction.atomic():
            written = prepared.run(_STATEMENTS[kind], {**params, "kind": kind})
            if events.is_heard(kind):
                events.announce(_rows(kind, params, written))
            return len(written)

    return retried(work)


def _rows(kind: str, params: Mapping[str, Any], written: Iterable[Mapping[str, Any]]) -> list[EventRow]:
    return [
        EventRow(row["id"], kind, row["member_id"], params["at"], params["now"], row["data"])
        for row in written
    ]
