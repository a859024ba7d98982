"""Clashes of writers: the locks that keep them apart, and trying again when two met nevertheless.

Accounts are always locked in the order of their ids, so writers of several accounts cannot wait for
each other in a circle. A deadlock by another way (receipt numbers, new products) ends in PostgreSQL
giving up one of the two, which is then tried again. So is, once, what lost its connection to a database
that was restarted: whether it was written before or not, its key makes it safe to repeat.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection

from campaigns.checkout import beyond, tallies
from campaigns.checkout.sale import Who
from foundation import prepared
from foundation.violations import constraint_of
from loyalty.ledger import ledger
from loyalty.models.receipt import HOLDER_LIMIT
from members.lookup import lookup
from members.lookup.lookup import Sought

#: How often work is tried again after a clash with another writer.
ATTEMPTS = 6
_SERIALISATION, _DEADLOCK, _LOCK_TIMEOUT = "40001", "40P01", "55P03"
#: A number that no column of the table can hold.
_OUT_OF_RANGE = "22003"

#: What two writers may both be about to make; whoever is second finds it made and judges by that. Any other
#: constraint that is broken is a mistake of ours, and told at once.
RACED = frozenset({
    "receipt_number_in_store",  # the same receipt sent twice at once
    "reward_once_for_an_event",  # the same event rewarded by two workers
    tallies.LIMIT,  # somebody took the rest of a budget
    HOLDER_LIMIT,  # the same holder spends elsewhere at the same moment
    # opened or drawn up on first use
    "account_one_institution_of_a_kind", "account_one_per_partner", "account_one_per_budget",
    "holder_one_account_in_programme", "loyalty_category_code_key", "product_sku_of_partner",
    "members_member_referral_code_key",  # a random code that another member has
})  # fmt: skip
#: For so many seconds an account that two sold to at once is locked before it is read.
BUSY_SECONDS = 2.0
#: From so many on, those are forgotten that are not busy any more.
_MANY_BUSY = 10_000
_busy: dict[Who, tuple[float, UUID]] = {}

T = TypeVar("T")

_LOCK = """
SELECT id FROM loyalty_account WHERE id = ANY(%(accounts)s::uuid[]) AND kind = 'member'
 ORDER BY id FOR NO KEY UPDATE
"""
_LOCK_OF_MEMBERS = f"""
WITH {lookup.NAMED}
SELECT a.id FROM loyalty_account a
 WHERE a.id IN (SELECT account_id FROM loyalty_holder WHERE member_id IN (SELECT id FROM named))
 ORDER BY a.id FOR NO KEY UPDATE OF a
"""


def retried(work: Callable[[int], T]) -> T:
    """Do work that may clash with another writer: again when it does. ``work`` is told how often it was tried.

    The work must be safe to repeat. Raises ``Refused`` for numbers that the books cannot hold.
    Inside a transaction of the caller a deadlock is the caller's to try
    again, as its locks stay.
    """
    if not connection.in_atomic_block:  # a round trip spared: a lost connection is no error here
        connection.health_check_done = True  # type: ignore[attr-defined]
    lost = False
    for attempt in range(ATTEMPTS):
        try:
            return work(attempt)
        except DataError as error:
            if getattr(error.__cause__, "sqlstate", None) != _OUT_OF_RANGE:
                raise
            raise beyond.refusal() from error
        except (ledger.Stale, IntegrityError, OperationalError, InterfaceError) as clash:
            outside = not connection.in_atomic_block
            if outside and not lost and is_lost():
                lost = True
                connection.close()
                continue
            if attempt == ATTEMPTS - 1 or not is_clash(clash):
                raise
            if isinstance(clash, OperationalError) and not outside:
                raise
    raise AssertionError("unreachable")


def is_lost() -> bool:
    """Whether the connection to the database broke."""
    return connection.connection is None or connection.connection.closed


def is_clash(error: Exception) -> bool:
    """Whether trying again can help: a lost race, a deadlock, a serialisation failure; not a lost connection, nor
    a constraint that nobody races for."""
    if isinstance(error, OperationalError):
        code = getattr(error.__cause__, "sqlstate", None)
        return code in (_SERIALISATION, _DEADLOCK, _LOCK_TIMEOUT)
    if isinstance(error, IntegrityError):
        return constraint_of(error) in RACED
    return isinstance(error, ledger.Stale)


def busy_account(who: Who | None) -> list[UUID]:
    """The account to lock first, if two sold to this member at once a moment ago."""
    found = _busy.get(who) if who is not None else None
    return [found[1]] if found is not None and found[0] > time.monotonic() else []


def note_busy(who: Who | None, accounts: Sequence[UUID]) -> None:
    """Remember that two sold to this member at once."""
    if who is not None and accounts:
        now = time.monotonic()
        if len(_busy) >= _MANY_BUSY:
            for other in [other for other, (until, _account) in tuple(_busy.items()) if until < now]:
                _busy.pop(other, None)
        _busy[who] = (now + BUSY_SECONDS, accounts[0])


def lock_accounts(accounts: Sequence[UUID]) -> None:
    """Lock members' accounts, in the order of their ids. Must run in a transaction."""
    if accounts:
        prepared.run(_LOCK, {"accounts": list(accounts)})


def lock_accounts_of(people: Iterable[Sought], now: datetime) -> None:
    """Lock every account of all these members, in the order of their ids. Must run in a transaction."""
    sought = lookup.merge(set(people))
    if any(sought):
        prepared.run(_LOCK_OF_MEMBERS, sought.params(now))
