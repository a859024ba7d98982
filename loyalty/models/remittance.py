"""Points that members send to each other: what was asked, approved and sent."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from loyalty.models.ledger import points_field
from members.models import NEVER_TRUNCATED, new_id, refuse_but_let_go

#: What an account sends in a day and in a month stays within the programme's limits, whoever writes: the account's row
#: is locked first, so that of two at once the second sees the first.
WITHIN_LIMITS = pgtrigger.Trigger(
    name="within_limits",
    level=pgtrigger.Row,
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    declare=[("terms", "loyalty_programme%ROWTYPE"), ("today", "numeric"), ("month", "numeric")],
    func="""
IF NEW.transfer_id IS NULL OR TG_OP = 'UPDATE' AND OLD.transfer_id IS NOT NULL THEN
  RETURN NEW;
END IF;
PERFORM 1 FROM loyalty_account WHERE id = NEW.account_id FOR NO KEY UPDATE;
SELECT p.* INTO terms FROM loyalty_programme p JOIN loyalty_account a ON a.programme_id = p.id
 WHERE a.id = NEW.account_id;
SELECT coalesce(sum(points) FILTER (WHERE sent_at >= date_trunc('day', NEW.sent_at, terms.time_zone)), 0),
       coalesce(sum(points), 0)
  INTO today, month FROM loyalty_remittance
 WHERE account_id = NEW.account_id AND transfer_id IS NOT NULL AND id <> NEW.id
   AND sent_at >= date_trunc('month', NEW.sent_at, terms.time_zone);
IF NEW.points < terms.transfer_least OR NEW.points > terms.transfer_most
   OR today + NEW.points > terms.transfer_most_day OR month + NEW.points > terms.transfer_most_month THEN
  RAISE EXCEPTION 'more points than may be sent' USING ERRCODE = 'check_violation',
    CONSTRAINT = 'remittance_within_limits';
END IF;
RETURN NEW;
""",
)

#: Of what was sent, an erasure may let go of what is personal, and hand it to nobody.
FIXED_ONCE_SENT = pgtrigger.Trigger(
    name="fixed_once_sent",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    condition=pgtrigger.Q(old__transfer__isnull=False),
    func=refuse_but_let_go("phone", "note", "member_id", "receiver_id"),
)


class Remittance(models.Model):
    """Points from one member to another: asked for, approved by a code, and sent; then nothing of it changes.

    ``phone`` is the number that was typed, until it is sent; then its mask; emptied when nobody can be sent
    points by it. It and ``note``, which the receiver reads,
    are personal: erasing either member empties both. Whatever was not sent is cleared away after some days.
    Written by ``loyalty.remittances`` alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.UUIDField(editable=False)
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", verbose_name=_("sent by")
    )
    account = models.ForeignKey(
        "loyalty.Account",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("account"),
        db_index=False,
    )
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    receiver = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("sent to")
    )
    points = points_field(_("points"))
    fee = points_field(_("fee"), default=Decimal(0))
    note = models.CharField(_("for what"), max_length=100, blank=True)
    asked_at = models.DateTimeField(_("asked"))
    proved_at = models.DateTimeField(_("approved"), null=True)
    sent_at = models.DateTimeField(_("sent"), null=True)
    transfer = models.OneToOneField(
        "loyalty.Transfer",
        on_delete=models.PROTECT,
        null=True,
        related_name="remittance",
        verbose_name=_("transfer"),
    )

    class Meta:
        verbose_name = _("points sent")
        verbose_name_plural = _("points sent")
        ordering = ("-asked_at",)
        constraints = (
            models.UniqueConstraint(fields=["member", "key"], name="remittance_once"),
            models.CheckConstraint(condition=Q(points__gt=0) & Q(fee__gte=0), name="remittance_of_points"),
            models.CheckConstraint(
                condition=Q(transfer__isnull=True, sent_at__isnull=True)
                | Q(
                    transfer__isnull=False,
                    sent_at__isnull=False,
                    proved_at__isnull=False,
                    receiver__isnull=False,
                ),
                name="remittance_approved_before_sent",
            ),
        )
        indexes = (
            models.Index(
                fields=["account", "sent_at"],
                name="remittance_of_account",
                condition=Q(transfer__isnull=False),
            ),
            models.Index(fields=["asked_at"], name="remittance_open", condition=Q(transfer__isnull=True)),
        )
        triggers = (
            WITHIN_LIMITS,
            NEVER_TRUNCATED,
            FIXED_ONCE_SENT,
        )

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.asked_at), "DATETIME_FORMAT")
