"""Days of members that campaigns reward: birthdays, anniversaries of joining, and long absences.

Once an hour the days that live campaigns wait for are looked up, in each programme's own calendar: one
statement for each kind writes an event for exactly the members due, and has it rewarded. The id of an
event follows from the member and the occasion (``members.timeline.events``), so each is written once for ever, however
often the job runs, in however many workers. A job that was late looks back a few days, by the rules that were in
force then. A birthday counts once it has stood for the programme's ``birthday_days`` (``members.birthdays``).
docs/algorithms/own-events.md says what counts as an occasion.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from campaigns import rulebooks
from campaigns.checkout.clashes import retried
from campaigns.checkout.events import rewards as event_rewards
from campaigns.rulebooks import Rules
from foundation import prepared
from loyalty.ledger import ledger
from loyalty.models import Programme
from loyalty.rules.days import end_of_day
from members import birthdays
from members.timeline import events
from members.timeline.events import EventRow

BIRTHDAY, ANNIVERSARY, DORMANT = "member.birthday", "member.anniversary", "member.dormant"
#: A job that did not run goes back so many days.
CATCH_UP_DAYS = 3
_LEAP_DAY = "0229"

#: Writes the events of the members whom ``due`` names: ``member_id``, ``occasion``, ``at``, ``data``.
_RECORD = f"""
WITH dates AS (
  SELECT * FROM json_to_recordset(%(dates)s::json)
      AS x(distance int, "on" date, year int, days text[], at timestamptz)),
members AS (
  SELECT m.id, m.birthday, m.birthday_changed_at, m.joined_at,
         to_char(m.joined_at AT TIME ZONE %(zone)s::text, 'MMDD') AS joined_day,
         extract(year FROM m.joined_at AT TIME ZONE %(zone)s::text)::int AS joined_year
    FROM members_member m
    JOIN loyalty_holder h ON h.member_id = m.id AND h.programme_id = %(programme)s::bigint
   WHERE m.status = 'active'),
due AS ({{due}}),
fresh AS (
  INSERT INTO members_event (id, kind, member_id, at, recorded_at, data)
  SELECT {events.id_sql("concat_ws(':', %(kind)s::text, %(programme)s::bigint, d.member_id, d.occasion)")} AS id,
         %(kind)s::text, d.member_id, d.at, %(now)s::timestamptz,
         d.data || jsonb_build_object('programme', %(code)s::text)
    FROM due d ORDER BY id
  ON CONFLICT (id) DO NOTHING RETURNING id, member_id, at, data),
{event_rewards.ASK}
SELECT id, member_id, at, data FROM fresh
"""
_STATEMENTS = {
    BIRTHDAY: _RECORD.format(
        due=f"""
  SELECT m.id AS member_id, concat_ws(':', d.year, d.distance) AS occasion, d.at,
         jsonb_build_object('offset', d.distance, 'on', d."on") AS data
    FROM (SELECT *, unnest(days) AS day FROM dates) d
    JOIN members m ON to_char(m.birthday, 'MMDD') = d.day
   WHERE m.joined_at <= d.at
     AND (m.birthday_changed_at IS NULL OR {birthdays.COUNTS_FROM} <= (d.at AT TIME ZONE %(zone)s::text)::date)"""
    ),
    ANNIVERSARY: _RECORD.format(
        due="""
  SELECT m.id AS member_id, concat_ws(':', d.year, d.distance) AS occasion, d.at,
         jsonb_build_object('offset', d.distance, 'on', d."on", 'years', d.year - m.joined_year) AS data
    FROM (SELECT *, unnest(days) AS day FROM dates) d
    JOIN members m ON m.joined_day = d.day
   WHERE m.joined_year < d.year AND m.joined_at <= d.at"""
    ),
    DORMANT: _RECORD.format(
        due="""
  SELECT m.id AS member_id, concat_ws(':', d.distance, d."on") AS occasion, d.at,
         jsonb_build_object('days', d.distance, 'since', d."on") AS data
    FROM dates d
    JOIN analytics_memberfacts f ON (f.last_purchase_at AT TIME ZONE %(zone)s::text)::date = d."on"
    JOIN members m ON m.id = f.member_id
   WHERE f.programme_id = %(programme)s::bigint AND f.purchases > 0"""
    ),
}


def record(now: datetime) -> int:
    """Write the events of all dates that are due today, or were in the last days, and have them rewarded.

    Returns how many were written. Each kind in each programme is a transaction of its own.
    """
    return sum(
        _record(programme, kind, dates, now)
        for programme in Programme.objects.filter(active=True).order_by("id")
        for kind in _STATEMENTS
        if (dates := _dates(programme, kind, now))
    )


def awaited(rules: Rules, kind: str) -> list[int]:
    """The days for which campaigns wait: offsets from a birthday or anniversary, or lengths of an absence."""
    listening = {campaign.id for campaign in rules.engine.machine.listeners.get(kind, ())}
    return sorted(
        {
            (what_for.days if kind == DORMANT else what_for.offset) or 0
            for campaign in rules.engine.campaigns
            if campaign.campaign_id in listening and (what_for := campaign.definition.questions.what_for)
        }
    )


def days_kept_on(day: date) -> list[str]:
    """Which days of the year, as MMDD, are kept on a day: 28 February stands in for the 29th in other years."""
    own = f"{day:%m%d}"
    return [own, _LEAP_DAY] if own == "0228" and not calendar.isleap(day.year) else [own]


def _dates(programme: Programme, kind: str, now: datetime) -> list[dict[str, Any]]:
    """The dates that campaigns wait for, as of today and the days before it, by the rules of each day."""
    zone = ZoneInfo(programme.time_zone)
    today = now.astimezone(zone).date()
    found = []
    for back in range(CATCH_UP_DAYS + 1):
        day = today - timedelta(days=back)
        at = min(now, end_of_day(day, zone))
        rules = rulebooks.in_force(programme.id, at)
        for distance in awaited(rules, kind) if rules else ():
            on = day - timedelta(days=distance)
            found.append(
                {"distance": distance, "on": on, "year": on.year, "days": days_kept_on(on), "at": at}
            )
    return found


def _record(programme: Programme, kind: str, dates: Iterable[Mapping[str, Any]], now: datetime) -> int:
    params = {
        "programme": programme.id, "code": programme.code, "zone": programme.time_zone, "kind": kind,
        "dates": ledger.encode(dates), "now": now, "birthday_days": programme.birthday_days,
    }  # fmt: skip

    def work(attempt: int) -> int:
        with transaction.atomic():
            written = prepared.run(_STATEMENTS[kind], params)
            if events.is_heard(kind):
                events.announce(
                    EventRow(row["id"], kind, row["member_id"], row["at"], now, row["data"])
                    for row in written
                )
            return len(written)

    return retried(work)
