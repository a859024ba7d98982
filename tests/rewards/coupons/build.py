"""Series, coupons and receipts for tests of coupons, with what each must be given."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from django.db import transaction

from loyalty.models import Programme, Receipt, Store
from members.models import Member
from rewards.coupons import coupons, series
from rewards.coupons.usability import Found
from rewards.models import Coupon, Series
from tests.factories import ProgrammeFactory, StoreFactory

NOW = datetime(2026, 5, 10, 12, tzinfo=UTC)
_numbers = count(1)


def make_series(
    programme: Programme | None = None, most_in_all: int | None = None, mass_code: str = "", **fields: Any
) -> Series:
    """A series; with ``mass_code`` one of one code for all."""
    if mass_code:
        fields = {"kind": Series.Kind.MASS, "uses_each": None} | fields
    number = next(_numbers)
    made = Series(
        **{"code": f"series-{number}", "name": f"Series {number}"} | fields,
        programme=programme or ProgrammeFactory(),
    )
    with transaction.atomic():
        return series.save(made, most_in_all, NOW, mass_code)


def make_coupon(of: Series, code: str = "", **fields: Any) -> Coupon:
    """A coupon that was issued to whoever shows it."""
    return Coupon.objects.create(
        **{"code": code or f"CODE{next(_numbers)}", "most": of.uses_each, "issued_at": NOW} | fields,
        programme=of.programme, series=of,
    )  # fmt: skip


def make_receipt(programme: Programme, store: Store | None = None) -> UUID:
    """A receipt with nothing on it. Returns its id."""
    zero = Decimal(0)
    receipt = Receipt.objects.create(
        store=store or StoreFactory(), programme=programme, number=str(next(_numbers)),
        status=Receipt.Status.COMPLETED, purchased_at=NOW, recorded_at=NOW, total=zero, discount=zero,
        redeemed_points=zero, redeemed_amount=zero, to_pay=zero, earned=zero, content_hash="", outcome={},
    )  # fmt: skip
    return receipt.id


def ask(of: Series, *shown: str | Coupon, member: Member | None = None, at: datetime = NOW) -> list[Found]:
    """What the coupons mean when they are shown together."""
    given = [one.code if isinstance(one, Coupon) else one for one in shown]
    return coupons.find(of.programme_id, given, member.id if member else None, at)


def reasons(found: Iterable[Found]) -> list[str]:
    """Why each cannot be used; empty for a usable one."""
    return [one.reason for one in found]


def spend(
    of: Series,
    *shown: str | Coupon,
    member: Member | None = None,
    at: datetime = NOW,
    reserve: bool = False,
    receipt: UUID | None = None,
) -> UUID:
    """Use coupons on a receipt of their own, as a sale does. Returns the receipt's id."""
    receipt = receipt or make_receipt(of.programme)
    found = ask(of, *shown, member=member, at=at)
    assert reasons(found) == [""] * len(found)
    with transaction.atomic():
        coupons.use(found, receipt, member.id if member else None, at, reserve=reserve)
    return receipt


def back(receipt: UUID, at: datetime = NOW, only: list[str] | None = None) -> list[str]:
    """Give back the coupons of a receipt."""
    with transaction.atomic():
        return coupons.give_back(receipt, at, only)


def confirm(receipt: UUID, at: datetime = NOW) -> None:
    """Complete the receipt that reserved coupons."""
    with transaction.atomic():
        coupons.confirm(receipt, at)


def count_of(coupon: Coupon) -> tuple[str, int, int]:
    """The coupon's state, uses, and how many of those are only reserved."""
    coupon.refresh_from_db()
    return coupon.state, coupon.uses, coupon.reserved
