"""What a refusal of the database is about: which constraint something broke."""

from __future__ import annotations

from django.db import DatabaseError


def constraint_of(error: DatabaseError) -> str:
    """The name of the constraint that was broken; empty where the database names none."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) or ""
