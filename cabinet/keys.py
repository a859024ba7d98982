"""The keys of forms. The same form sent twice (a double click, a second tab, a lost answer) carries the same key, and
the room behind it does nothing a second time."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from members.models import new_id

FIELD = "key"


def new() -> UUID:
    """A key that no form carried before."""
    return new_id()


def read(request: HttpRequest) -> UUID:
    """The key that the form was sent with; a new one for a form that carries none."""
    try:
        return UUID(request.POST.get(FIELD, ""))
    except ValueError:
        return new()
