"""The audit of the books: laws 1 and 2, proved on live data, every account that is off named; and that every
point has something that vouches for it: a decision on a receipt or an event, or an act by hand that was told.

Everything is read in one snapshot (repeatable read, read only), so it is right while tills go on
selling, and blocks nobody. Each check is one statement over whole tables: a million lots take seconds. The
largest are asked as one sum first.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

from loyalty.ledger import audit_statements, guards
from loyalty.ledger.audit_checks import Check
from loyalty.models import Programme

#: Memory that each sort or hash of the audit may use.
WORK_MEMORY = "128MB"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """Something that is off: which law, on which account (or table), and what was found instead of what."""

    check: str
    account: str
    subject: str
    expected: str
    found: str


@dataclass(slots=True)
class Audit:
    """What was read, and what was off. ``seconds`` is the time it took, ``slowest`` by check."""

    accounts: int = 0
    transfers: int = 0
    lots: int = 0
    uses: int = 0
    members_hold: Decimal = Decimal(0)
    institutions_hold: Decimal = Decimal(0)
    problems: list[Discrepancy] = field(default_factory=list)
    seconds: float = 0.0
    took: dict[str, float] = field(default_factory=dict)
    #: The checks that looked at each row because their sums differed.
    looked_closer: list[str] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        """Whether the books are right."""
        return not self.problems


def audit(programme: Programme | None = None) -> Audit:
    """Check the books of one programme, or of all.

    Takes no locks. In a transaction of the caller it reads what that transaction sees; alone it reads
    one snapshot.
    """
    started = time.perf_counter()
    params = {"programme": programme.id if programme else None, "seed": secrets.randbits(62)}
    result = Audit()
    with _snapshot():
        for check in _checks():
            begun = time.perf_counter()
            sound = _rows(check.sums, params)[0] if check.sums else {}
            for name, statement in check.statements.items():
                if not sound.get(name):
                    result.looked_closer += [name] if check.sums else []
                    result.problems += [_problem(name, row) for row in _rows(statement, params)]
                result.took[name] = round(time.perf_counter() - begun, 3)
                begun = time.perf_counter()
        result.problems += [
            Discrepancy("guards_stand", "", f"{guard.table}: {guard.name}", guards.IN_FORCE, guard.found)
            for guard in guards.faults()
        ]
        for row in _rows(audit_statements.TOTALS, params):
            result.accounts, result.transfers = row["accounts"], row["transfers"]
            result.lots, result.uses = row["lots"], row["uses"]
            result.members_hold, result.institutions_hold = row["members"], row["institutions"]
    if result.members_hold + result.institutions_hold:
        expected, found = str(-result.institutions_hold), str(result.members_hold)
        result.problems.append(Discrepancy("sum_is_zero", "", "all accounts", expected, found))
    result.seconds = time.perf_counter() - started
    return result


def _checks() -> Sequence[Check]:
    """The checks of every app that brings some."""
    return [
        check if isinstance(check, Check) else Check({name: check})
        for path in settings.LEDGER_CHECKS
        for name, check in import_string(path).items()
    ]


def _problem(name: str, row: Mapping[str, Any]) -> Discrepancy:
    words = (str(row[key]) for key in ("account", "subject", "expected", "found"))
    return Discrepancy(row.get("check") or name, *words)


@contextmanager
def _snapshot() -> Iterator[None]:
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEMORY])
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT set_config('work_mem', %s, true)", [WORK_MEMORY])
        yield


def _rows(statement: str, params: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
