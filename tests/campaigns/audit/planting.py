"""Wrong rows planted in the database, each looked for by the audit and taken back again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from loyalty.ledger import audit


@contextmanager
def rights_on_the_database() -> Iterator[None]:
    """Nothing that guards the books is asked."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("RESET session_replication_role")


def silent(plants: Mapping[str, tuple[str, str]], names: Mapping[str, Any]) -> list[str]:
    """Which of the plants, each a statement that changes one row and the check that is to name it, are not found."""
    unseen = []
    with rights_on_the_database():
        for plant, (statement, check) in plants.items():
            mark = transaction.savepoint()
            with connection.cursor() as cursor:
                cursor.execute(statement, names)
                assert cursor.rowcount == 1, plant
            if check not in {problem.check for problem in audit.audit().problems}:
                unseen.append(plant)
            transaction.savepoint_rollback(mark)
    return unseen
