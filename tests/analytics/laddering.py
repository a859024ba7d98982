"""Members with purchases but without a till: receipts and facts written as a sale would leave them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from analytics.models import MemberFacts
from loyalty.models import Ladder, Programme, Receipt, Return, Store
from loyalty.rules import tiers
from loyalty.rules.days import start_of_day
from loyalty.tiers import ladders
from members.models import Member
from tests import factories

ZERO = Decimal(0)
STEPS = (("classic", 0), ("silver", 300), ("gold", 900))


def open_ladder(
    steps: Sequence[tuple[str, Any]] = STEPS, zone: str = "Europe/Moscow", **rules: Any
) -> Programme:
    """A programme with a ladder of these rules."""
    programme = factories.ProgrammeFactory(time_zone=zone)
    for code, threshold in steps:
        factories.TierFactory(programme=programme, code=code, threshold=threshold)
    if rules:
        change(programme, **rules)
    return programme


def change(programme: Programme, **rules: Any) -> None:
    """Change the ladder's rules, as the back office does."""
    ladder, _created = Ladder.objects.get_or_create(programme=programme)
    for name, value in rules.items():
        setattr(ladder, name, value)
    ladder.full_clean()
    ladder.version += 1
    ladder.save()


def read(programme: Programme) -> tiers.Ladder:
    return ladders.read(Programme.objects.get(pk=programme.pk))


class Books:
    """Receipts of one store of a programme."""

    def __init__(self, programme: Programme) -> None:
        self.programme = programme
        self.store: Store = factories.StoreFactory()
        self.numbers = 0

    def buy(
        self,
        member: Member,
        at: datetime,
        spent: Any,
        points: Any = 0,
        status: str = "completed",
        **fields: Any,
    ) -> Receipt:
        """A receipt row; the member's facts are another matter."""
        self.numbers += 1
        spent = Decimal(spent)
        return Receipt.objects.create(
            store=self.store, programme=self.programme, number=str(self.numbers), member=member, status=status,
            purchased_at=at, recorded_at=at, total=spent, discount=0, redeemed_points=0, redeemed_amount=0,
            to_pay=spent, earned=points, content_hash="", outcome={}, **fields,
        )  # fmt: skip

    def give_back(self, receipt: Receipt, refund: Any, earned: Any) -> None:
        """Part of a receipt comes back; ``earned`` is what the rest of it still earns."""
        Return.objects.create(
            receipt=receipt, number=str(receipt.returns.count()), returned_at=receipt.purchased_at,
            recorded_at=receipt.purchased_at + timedelta(hours=1 + receipt.returns.count()), refund=refund,
            restored=0, revoked=0, owed=0, content_hash="", outcome={"earned": str(earned)} if earned else {},
            answer={},
        )  # fmt: skip
        Receipt.objects.filter(pk=receipt.pk).update(status="partially_returned")

    def total(self, member: Member, version: int = 0, **fields: Any) -> MemberFacts:
        """The facts that the receipts add up to, as a ladder of long ago left them."""
        standing = Receipt.objects.filter(member=member, status__in=("completed", "partially_returned"))
        spent = sum((r.to_pay - sum((b.refund for b in r.returns.all()), ZERO) for r in standing), ZERO)
        points = sum((points_of(r) for r in standing), ZERO)
        times = sorted(receipt.purchased_at for receipt in standing)
        facts, _created = MemberFacts.objects.update_or_create(
            member=member, programme=self.programme,
            defaults={
                "purchases": len(times), "spent": spent, "points": points, "ladder_version": version,
                "first_purchase_at": times[0] if times else None,
                "last_purchase_at": times[-1] if times else None, **fields,
            },
        )  # fmt: skip
        return facts


def points_of(receipt: Receipt) -> Decimal:
    """What a receipt still earns."""
    last = receipt.returns.order_by("-recorded_at").first()
    return Decimal(last.outcome.get("earned", 0)) if last else receipt.earned


def noon(day: date, programme: Programme) -> datetime:
    """The middle of a local day."""
    return start_of_day(day, read(programme).zone) + timedelta(hours=12)
