"""From when on a birthday counts: nobody types one in to be rewarded for it.

One that was entered or changed after registration counts once it has stood for so many days; the database notes when it
was (``birthday_changed_at``). One given at registration counts at once. The same rule in Python, for one member, and in
SQL, for many: ``tests/campaigns/test_birthdays.py`` holds both to each other.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

#: The first day on which the birthday of the member ``m`` counts, in the calendar of ``%(zone)s``; null: it always did.
COUNTS_FROM = "((m.birthday_changed_at AT TIME ZONE %(zone)s::text)::date + %(birthday_days)s::int)"


def counts_from(changed_at: datetime | None, days: int, zone: ZoneInfo) -> date | None:
    """The first day on which a birthday counts that was changed at a moment; None: it always did.

    ``days`` is how long it must have stood, in the calendar of ``zone``.
    """
    return None if changed_at is None else changed_at.astimezone(zone).date() + timedelta(days=days)
