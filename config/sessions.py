"""Sessions of staff: kept in the database, ended by the browser's end, and by ``SESSION_IDLE_MINUTES`` of silence."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends import db

#: The end of a session in use is put off once in so long: a read, not a write, for every page.
PUT_OFF_EVERY = timedelta(minutes=1)


class SessionStore(db.SessionStore):
    """A session that knows when it ends."""

    ends_at: datetime | None = None

    def _get_session_from_db(self) -> Any:
        row = super()._get_session_from_db()  # type: ignore[misc]
        self.ends_at = row.expire_date if row else None
        return row

    def stay(self, now: datetime) -> None:
        """Put the end off, as somebody is there. Writes nothing else: what is in the session is others' to write."""
        end = now + timedelta(seconds=settings.SESSION_COOKIE_AGE)
        if self.session_key and self.ends_at is not None and self.ends_at < end - PUT_OFF_EVERY:
            rows = self.model.objects.filter(session_key=self.session_key, expire_date__lt=end)
            rows.update(expire_date=end)
            self.ends_at = end
