"""What is tried again after a clash of writers, and what is told at once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from campaigns.checkout import batch, clashes, venue
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.models import Tally
from loyalty.models import Account
from members.models import CardKind
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


def breaking(make: Any) -> tuple[list[int], Any]:
    """Work that breaks a constraint each time, and how often it was tried."""
    tried: list[int] = []

    def work(attempt: int) -> None:
        tried.append(attempt)
        with transaction.atomic():
            make()

    return tried, work


def test_a_constraint_that_nobody_races_for_is_told_at_once() -> None:
    CardKind.objects.create(code="gold", name="Gold")
    tried, work = breaking(lambda: CardKind.objects.create(code="gold", name="Gold"))
    with pytest.raises(IntegrityError):
        clashes.retried(work)
    assert tried == [0]


def test_a_check_that_fails_is_told_at_once() -> None:
    shop = factories.open_shop(store="main-01")
    campaign = factories.publish_campaign(shop.programme)
    tried, work = breaking(lambda: Tally.objects.create(campaign=campaign, period="ever", times=-1))
    with pytest.raises(IntegrityError, match="tally_not_negative"):
        clashes.retried(work)
    assert tried == [0]


def test_what_two_may_make_at_once_is_tried_again() -> None:
    shop = factories.open_shop(store="main-01")
    fields: dict[str, Any] = {
        "programme": shop.programme,
        "kind": Account.Kind.BUDGET,
        "code": "b",
        "payer": factories.PayerFactory(programme=shop.programme),
    }
    Account.objects.create(**fields)
    tried, work = breaking(lambda: Account.objects.create(**fields))
    with pytest.raises(IntegrityError):
        clashes.retried(work)
    assert len(tried) == clashes.ATTEMPTS


def test_every_constraint_that_is_raced_for_is_in_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
            " UNION SELECT (regexp_match(prosrc, 'CONSTRAINT = ''([a-z_]+)'''))[1] FROM pg_proc"  # held by triggers
        )
        known = {name for (name,) in cursor.fetchall()}
    assert known >= clashes.RACED


def test_a_batch_opens_books_outside_its_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = factories.open_shop(store="main-01")
    factories.publish_campaign(shop.programme)
    member = factories.enrol(shop.programme)
    depth, seen, real = len(connection.savepoint_ids), [], venue.open_books

    def watched(store: str) -> Any:
        seen.append(len(connection.savepoint_ids) - depth)
        return real(store)

    monkeypatch.setattr(venue, "open_books", watched)
    lines = (SaleLine(1, "A", Decimal(1), Decimal(10)),)
    sales = [Sale("main-01", NOW, lines, str(n), member=Who(phone=member.phone)) for n in range(3)]
    assert len(batch.sell(sales, NOW)) == 3
    assert seen == [0]
