"""Receipts and returns: what was sold and taken back, and the decision made on each."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from members.models import APPEND_ONLY, NEVER_TRUNCATED, new_id, refuse_but_let_go

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ZERO = Decimal(0)

#: Points that a member's receipts of some time spend from an account, less what was given back of them since.
SPENT_IN_RECEIPTS = """
SELECT COALESCE(sum(r.redeemed_points - COALESCE(
           (SELECT sum(b.restored) FROM loyalty_return b WHERE b.receipt_id = r.id), 0)), 0)
  FROM loyalty_receipt r
 WHERE r.member_id = {member} AND r.account_id = {account} AND r.redeemed_points > 0
   AND r.purchased_at >= {begin} AND r.purchased_at < {end}"""
#: The name under which the database refuses a receipt that spends more than its holder may in a day.
HOLDER_LIMIT = "receipt_within_the_limit_of_its_holder"
#: Whoever writes a receipt of a holder with a limit waits for whoever is at it, and then sees what they wrote.
#: The day is that of the programme's clock of then, as the receipt's store knew it (``loyalty.shops.pasts``).
_WITHIN_THE_LIMIT = f"""
SELECT h.daily_limit INTO most FROM loyalty_holder h
 WHERE h.member_id = NEW.member_id AND h.account_id = NEW.account_id AND h.daily_limit IS NOT NULL
   FOR NO KEY UPDATE;
IF most IS NULL THEN RETURN NULL; END IF;
SELECT COALESCE((SELECT p->>1 FROM loyalty_storestate s, jsonb_array_elements(s.place->'programmes') p
                  WHERE s.id = NEW.place_id AND (p->>0)::bigint = NEW.programme_id LIMIT 1),
                (SELECT g.time_zone FROM loyalty_programme g WHERE g.id = NEW.programme_id)) INTO zone;
began := date_trunc('day', NEW.purchased_at AT TIME ZONE zone);
IF ({SPENT_IN_RECEIPTS.format(member="NEW.member_id", account="NEW.account_id",
                              begin="began AT TIME ZONE zone", end="(began + interval '1 day') AT TIME ZONE zone")}
   ) > most THEN
    RAISE EXCEPTION 'the holder may spend % points a day', most USING ERRCODE = '23514',
        CONSTRAINT = '{HOLDER_LIMIT}', TABLE = 'loyalty_receipt';
END IF;
RETURN NULL;
"""  # fmt: skip
WITHIN_THE_LIMIT = pgtrigger.Trigger(
    name="within_the_limit_of_its_holder",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Condition("NEW.redeemed_points > 0 AND NEW.account_id IS NOT NULL"),
    declare=[("most", "numeric"), ("zone", "text"), ("began", "timestamp")],
    func=_WITHIN_THE_LIMIT,
)


def money_field(label: StrOrPromise, **options: object) -> models.DecimalField:
    """A column of money in the programme's currency, two places."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, **options)  # type: ignore[arg-type]


class Receipt(models.Model):
    """A purchase. What was decided on it stays as it was; returns stand beside it.

    ``outcome`` is the engine's decision in compact form (``campaigns.checkout.record``), ``shopper`` the facts it
    was decided with, ``place`` what the store was, ``rulebook`` the rules: with these a return can judge
    again. Older receipts have no place: theirs is what the store was then, as far as that was kept.
    """

    class Status(models.TextChoices):
        HELD = "held", _("held")
        COMPLETED = "completed", _("completed")
        PARTIALLY_RETURNED = "partially_returned", _("partially returned")
        RETURNED = "returned", _("returned")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(
        "loyalty.Store", on_delete=models.PROTECT, related_name="receipts", verbose_name=_("store")
    )
    till = models.ForeignKey(
        "loyalty.Till",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("till"),
    )
    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    number = models.CharField(_("number"), max_length=64)
    cashier = models.CharField(_("cashier"), max_length=64, blank=True)
    channel = models.CharField(_("channel"), max_length=8, default="pos")
    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="receipts",
        db_index=False,
        verbose_name=_("member"),
    )
    account = models.ForeignKey(
        "loyalty.Account",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="receipts",
        db_index=False,
        verbose_name=_("account"),
    )
    status = models.CharField(_("status"), max_length=18, choices=Status)
    purchased_at = models.DateTimeField(_("purchased"))
    recorded_at = models.DateTimeField(_("recorded"))
    hold_until = models.DateTimeField(_("held until"), null=True, blank=True)
    total = money_field(_("total"))
    discount = money_field(_("discount"))
    redeemed_points = money_field(_("points spent"))
    redeemed_amount = money_field(_("paid with points"))
    to_pay = money_field(_("to pay"))
    earned = money_field(_("points earned"))
    rulebook = models.ForeignKey(
        "campaigns.Rulebook", on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    content_hash = models.CharField(max_length=64)
    place = models.ForeignKey(
        "loyalty.StoreState", on_delete=models.PROTECT, related_name="+", db_index=False, null=True
    )
    shopper = models.JSONField(null=True)
    outcome = models.JSONField()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ("-purchased_at",)
        constraints = (
            models.UniqueConstraint(fields=["store", "number"], name="receipt_number_in_store"),
            models.CheckConstraint(
                condition=Q(to_pay=F("total") - F("discount") - F("redeemed_amount")), name="receipt_adds_up"
            ),
            models.CheckConstraint(condition=Q(to_pay__gte=0), name="receipt_to_pay_not_negative"),
            models.CheckConstraint(
                condition=Q(
                    total__gte=0,
                    discount__gte=0,
                    redeemed_points__gte=0,
                    redeemed_amount__gte=0,
                    earned__gte=0,
                ),
                name="receipt_sums_not_negative",
            ),
        )
        indexes = (
            models.Index(fields=["member", "purchased_at"], name="receipt_of_member"),
            models.Index(fields=["purchased_at"], name="receipt_when"),
            models.Index(fields=["hold_until"], name="receipt_held", condition=Q(status="held")),
            models.Index(fields=["member"], name="receipt_held_of_member", condition=Q(status="held")),
        )
        triggers = (
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            NEVER_TRUNCATED,
            pgtrigger.Trigger(
                name="decision_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["status", "hold_until"]),
                func=refuse_but_let_go("shopper", "content_hash", "member_id"),
            ),
            WITHIN_THE_LIMIT,
        )

    def __str__(self) -> str:
        return f"{self.number}"


class ReceiptLine(models.Model):
    """A line of a receipt as it was sold. ``traits`` keeps what the engine read of the product."""

    receipt = models.ForeignKey(
        Receipt, on_delete=models.PROTECT, related_name="lines", db_index=False, verbose_name=_("receipt")
    )
    position = models.PositiveIntegerField(_("position"))
    product = models.ForeignKey(
        "loyalty.Product", on_delete=models.PROTECT, related_name="lines", verbose_name=_("product")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)
    price = money_field(_("price"))
    amount = money_field(_("amount"))
    discount = money_field(_("discount"))
    redeemed_points = money_field(_("points spent"))
    redeemed_amount = money_field(_("paid with points"))
    to_pay = money_field(_("to pay"))
    earned = money_field(_("points earned"))
    traits = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ("receipt", "position")
        constraints = (
            models.UniqueConstraint(fields=["receipt", "position"], name="line_position_in_receipt"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(to_pay=F("amount") - F("discount") - F("redeemed_amount")), name="line_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(
                    price__gte=0,
                    amount__gte=0,
                    discount__gte=0,
                    redeemed_points__gte=0,
                    redeemed_amount__gte=0,
                    to_pay__gte=0,
                    earned__gte=0,
                ),
                name="line_sums_not_negative",
            ),
        )
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.position}"


class Return(models.Model):
    """Goods that came back. ``outcome`` is the engine's decision on what remained, in compact form."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    receipt = models.ForeignKey(
        Receipt, on_delete=models.PROTECT, related_name="returns", verbose_name=_("receipt")
    )
    number = models.CharField(_("number"), max_length=64)
    returned_at = models.DateTimeField(_("returned"))
    recorded_at = models.DateTimeField(_("recorded"))
    refund = money_field(_("refund"))
    restored = money_field(_("points given back"))
    revoked = money_field(_("points taken back"))
    owed = money_field(_("points owed"))
    content_hash = models.CharField(max_length=64)
    outcome = models.JSONField()
    answer = models.JSONField()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ("recorded_at",)
        constraints = (
            models.UniqueConstraint(fields=["receipt", "number"], name="return_number_in_receipt"),
            models.CheckConstraint(
                condition=Q(refund__gte=0, restored__gte=0, revoked__gte=0, owed__gte=0),
                name="return_sums_not_negative",
            ),
        )
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.number}"


class ReturnLine(models.Model):
    """How many of a receipt line came back with one return."""

    back = models.ForeignKey(Return, on_delete=models.PROTECT, related_name="lines", verbose_name=_("return"))
    line = models.ForeignKey(
        ReceiptLine, on_delete=models.PROTECT, related_name="returned", verbose_name=_("receipt line")
    )
    quantity = models.DecimalField(_("quantity"), max_digits=12, decimal_places=3)

    class Meta:
        verbose_name = _("returned line")
        verbose_name_plural = _("returned lines")
        constraints = (
            models.UniqueConstraint(fields=["back", "line"], name="return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_line_quantity_positive"),
        )
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.quantity}"
