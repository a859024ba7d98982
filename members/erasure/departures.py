"""The wish to leave a programme: said once, taken back while there is time, due when it is over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from members.models import Departure, Member


def ask(member: Member, circle: str, days: int, now: datetime) -> tuple[Departure, bool]:
    """Note that a member leaves the programme ``circle`` in so many days; and whether that is new.

    Asked twice, at once or later, it is one wish, due as it was.
    """
    defaults = {"asked_at": now, "due_at": now + timedelta(days=days)}
    return Departure.objects.get_or_create(
        member=member, circle=circle, taken_back_at=None, done_at=None, defaults=defaults
    )


def take_back(member: Member, circle: str, now: datetime) -> bool:
    """Let the member stay. False when they do not leave, or have left."""
    return _open(member, circle).update(taken_back_at=now) == 1


def of_member(member: Member, circle: str) -> Departure | None:
    """The wish that waits, if there is one."""
    return _open(member, circle).first()


def due(now: datetime) -> Iterable[UUID]:
    """Whose time is over, the oldest first."""
    waiting = Departure.objects.filter(taken_back_at=None, done_at=None, due_at__lte=now)
    return list(waiting.order_by("due_at", "id").values_list("id", flat=True))


def _open(member: Member, circle: str):  # type: ignore[no-untyped-def]
    return Departure.objects.filter(member=member, circle=circle, taken_back_at=None, done_at=None)
