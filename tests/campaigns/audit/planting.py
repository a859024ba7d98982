"""Wrong rows planted in the database, each looked for by the audit and taken back again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from campaigns.checkout import checkout
from campaigns.checkout.sale import Sale, SaleLine, Who
from loyalty.ledger import audit
from members.models import Member

NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


def sell(member: Member, number: str, redeem: str = "0", state: Any = "completed") -> str:
    """Three packets of tea for 33.30 in the store ``s``. Returns the receipt's id."""
    lines = (SaleLine(1, "TEA", Decimal(3), Decimal("33.30")),)
    sale = Sale(
        store="s", receipt_number=number, purchased_at=NOW, lines=lines, member=Who(phone=member.phone),
        redeem=Decimal(redeem), state=state,
    )  # fmt: skip
    return str(checkout.purchase(sale, NOW).body["id"])


def found() -> set[str]:
    """The checks of the audit that name something."""
    return {problem.check for problem in audit.audit().problems}


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
            if check not in found():
                unseen.append(plant)
            transaction.savepoint_rollback(mark)
    return unseen
