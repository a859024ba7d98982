"""The one door: a transaction that erases somebody says so in a row that stays, and only then may it change what is
never changed: the columns that each table names (``members.models.append_only_but``), no other, and no row goes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection

from members.models import Erasure


def open_for(member_id: UUID, circle: str, at: datetime, by: int | None = None) -> Erasure:
    """Let the transaction at hand erase. Must run in one; the door closes with it.

    ``member_id`` is the row that is left, ``circle`` the programme's code, ``by`` whoever of the staff asked for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        [transaction] = cursor.fetchone()
        erasure = Erasure.objects.create(
            member_id=member_id, circle=circle, at=at, by_id=by, transaction=transaction
        )
        cursor.execute("SELECT set_config('regulars.erasing', %s, true)", [str(erasure.pk)])
    return erasure
