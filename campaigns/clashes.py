"""Clashes of writers: the locks that keep them apart, and trying again when two met nevertheless.

Accounts are always locked in the order of their ids, so writers of several accounts cannot wait for
each other in a circle. A deadlock by another way (receipt numbers, new products) ends in PostgreSQL
giving up one of the two, which is then tried again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection

from campaigns.sale import Who
from loyalty import ledger
from members import lookup, phones, prepared

#: How often work is tried again after a clash with another writer.
ATTEMPTS = 6
_SERIALISATION, _DEADLOCK, _LOCK_TIMEOUT = "40001", "40P01", "55P03"

T = TypeVar("T")

_LOCK = """
SELECT id FROM loyalty_account WHERE id = ANY(%(accounts)s::uuid[]) AND kind = 'member'
 ORDER BY id FOR NO KEY UPDATE
"""
_LOCK_OF_MEMBERS = """
SELECT a.id FROM loyalty_account a
 WHERE a.id IN (SELECT account_id FROM loyalty_holder WHERE member_id IN (
         SELECT member_id FROM members_card WHERE number = ANY(%(card)s::text[])
         UNION ALL SELECT id FROM members_member WHERE phone = ANY(%(phone)s::text[])
         UNION ALL SELECT id FROM members_member WHERE lower(email) = ANY(%(email)s::text[])
         UNION ALL SELECT member_id FROM members_code WHERE digest = ANY(%(code)s::text[])
         UNION ALL SELECT unnest(%(id)s::uuid[])))
 ORDER BY a.id FOR NO KEY UPDATE OF a
"""


def retried(work: Callable[[int], T]) -> T:
    """Do work that may clash with another writer: again when it does. ``work`` is told how often it was tried.

    Inside a transaction of the caller a deadlock is the caller's to try again, as its locks stay.
    """
    for attempt in range(ATTEMPTS):
        try:
            return work(attempt)
        except (ledger.Stale, IntegrityError, OperationalError) as clash:
            if attempt == ATTEMPTS - 1 or not is_clash(clash):
                raise
            if connection.in_atomic_block and isinstance(clash, OperationalError):
                raise
    raise AssertionError("unreachable")


def is_clash(error: Exception) -> bool:
    """Whether trying again can help: a lost race, a deadlock, a serialisation failure; not a lost connection."""
    if isinstance(error, OperationalError):
        code = getattr(error.__cause__, "sqlstate", None)
        return code in (_SERIALISATION, _DEADLOCK, _LOCK_TIMEOUT)
    return isinstance(error, ledger.Stale | IntegrityError)


def lock_accounts(accounts: Sequence[UUID]) -> None:
    """Lock members' accounts, in the order of their ids. Must run in a transaction."""
    if accounts:
        prepared.run(_LOCK, {"accounts": list(accounts)})


def lock_accounts_of(people: Iterable[Who | None]) -> None:
    """Lock every account of all these members, in the order of their ids. Must run in a transaction."""
    known: dict[str, list[str | UUID]] = {"card": [], "phone": [], "email": [], "code": [], "id": []}
    for form, value in {given for who in people if who for given in who.given}:
        match form:
            case "id":
                with suppress(ValueError):
                    known[form].append(UUID(value))
            case "phone":
                known[form].append(phones.parse(value) or value)
            case "email":
                known[form].append(value.lower())
            case "code":
                known[form].append(lookup.digest(value))
            case _:
                known[form].append(value)
    if any(known.values()):
        prepared.run(_LOCK_OF_MEMBERS, known)
