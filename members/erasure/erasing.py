"""Forgetting a person: every app lets go of what it keeps of them, in one transaction with the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from members.erasure.person import Person


class Handed(NamedTuple):
    """What somebody leaves in one programme while they stay in others goes from ``old`` to ``new``, who is nobody."""

    old: UUID
    new: UUID
    programme_id: int
    circle: str


class Forgetter(NamedTuple):
    """How an app forgets. Both run in the erasure's transaction, behind the open door.

    ``forget`` empties whatever the app keeps of a person. ``hand_over`` moves what it keeps by programme.
    """

    forget: Callable[[Person], None]
    hand_over: Callable[[Handed], None] | None = None


def forget(person: Person) -> None:
    """Empty all tables and files of a person."""
    for forgetter in _all():
        forgetter.forget(person)


def hand_over(handed: Handed) -> None:
    """Move what was a member's in one programme to nobody."""
    for forgetter in _all():
        if forgetter.hand_over is not None:
            forgetter.hand_over(handed)


def _all() -> Iterator[Forgetter]:
    yield from import_string(settings.FORGETTERS)
