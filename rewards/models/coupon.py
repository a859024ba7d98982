"""Coupons, and on which receipts each was used. Written by ``rewards.coupons.coupons``, ``handouts``, ``batches``
and ``coupon_expiry`` alone."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models import new_id
from rewards import codes


class Coupon(models.Model):
    """One code and what became of it.

    ``code`` is in its one form (``codes.normalise``), unique within the programme. ``member`` is to whom
    it was issued; without one it serves whoever shows it. ``uses`` counts the purchases that hold it,
    ``reserved`` those of them that are not completed yet; neither is counted for a coupon that may be
    used any number of times (``most`` is empty), so that a code for all is no row that every sale locks.

    ``state`` tells people what the columns and dates say; whether a coupon can be used is decided from
    those (``usability``), so a label that is late does no harm. ``issued`` has uses left, ``reserved`` and
    ``used`` have none, ``waiting`` lies in the pool and is nobody's yet. ``withdrawn`` says that it is out of
    force: at once, or, while all its uses are taken, as soon as one of them comes back.

    Series and programme refer to the series' pair of both (migration ``0001``): a coupon cannot be of
    one programme and of another's series.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("coupon", "in the pool")
        ISSUED = "issued", pgettext_lazy("coupon", "issued")
        RESERVED = "reserved", pgettext_lazy("coupon", "reserved")
        USED = "used", pgettext_lazy("coupon", "used")
        EXPIRED = "expired", pgettext_lazy("coupon", "expired")
        REVOKED = "revoked", pgettext_lazy("coupon", "revoked")

    programme = models.ForeignKey(
        "loyalty.Programme",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("programme"),
    )
    series = models.ForeignKey(
        "rewards.Series",
        on_delete=models.PROTECT,
        related_name="coupons",
        db_constraint=False,
        db_index=False,
        verbose_name=_("series"),
    )
    code = models.CharField(_("code"), max_length=codes.MOST)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ISSUED)
    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupons",
        db_index=False,
        verbose_name=_("issued to"),
    )
    uses = models.PositiveIntegerField(_("uses"), default=0, db_default=0)
    reserved = models.PositiveIntegerField(_("uses reserved"), default=0, db_default=0)
    most = models.PositiveIntegerField(_("most uses"), null=True, blank=True)
    withdrawn = models.BooleanField(_("withdrawn"), default=False, db_default=False, editable=False)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    cause = models.CharField(_("issued by"), max_length=120, null=True, blank=True)
    batch = models.ForeignKey(
        "rewards.CodeBatch",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupons",
        db_index=False,
        verbose_name=_("batch"),
    )

    class Meta:
        verbose_name = _("coupon")
        verbose_name_plural = _("coupons")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="coupon_code_in_programme"),
            models.UniqueConstraint(
                fields=["cause", "series"], name="coupon_once_by_cause", condition=Q(cause__isnull=False)
            ),
            models.CheckConstraint(
                condition=Q(most__isnull=True, uses=0) | Q(most__gt=0, uses__lte=F("most")),
                name="coupon_not_overused",
            ),
            models.CheckConstraint(condition=Q(reserved__lte=F("uses")), name="coupon_reserves_its_uses"),
            models.CheckConstraint(
                condition=~Q(state__in=["used", "reserved"]) | Q(uses=F("most")), name="coupon_used_up"
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting") | Q(member__isnull=True, uses=0),
                name="coupon_waits_for_a_member",
            ),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[^a-z[:space:]-]+$"), name="coupon_code_normal"
            ),
        )
        indexes = (
            models.Index(fields=["series", "state"], name="coupon_of_series"),
            models.Index(fields=["member"], name="coupon_of_member", condition=Q(member__isnull=False)),
            models.Index(fields=["batch"], name="coupon_of_batch", condition=Q(batch__isnull=False)),
            models.Index(
                fields=["valid_until"],
                name="coupon_due",
                condition=Q(state__in=["issued", "waiting"], valid_until__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.code


class CouponUse(models.Model):
    """A coupon on a receipt. A receipt uses a coupon at most once."""

    class State(models.TextChoices):
        RESERVED = "reserved", pgettext_lazy("coupon", "reserved")
        USED = "used", pgettext_lazy("coupon", "used")
        RETURNED = "returned", _("given back")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    coupon = models.ForeignKey(
        Coupon, on_delete=models.PROTECT, related_name="uses_made", verbose_name=_("coupon")
    )
    series = models.ForeignKey(
        "rewards.Series",
        on_delete=models.PROTECT,
        related_name="uses_made",
        db_index=False,
        verbose_name=_("series"),
    )
    receipt = models.ForeignKey(
        "loyalty.Receipt",
        on_delete=models.PROTECT,
        related_name="coupon_uses",
        db_index=False,
        verbose_name=_("receipt"),
    )
    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="coupon_uses",
        db_index=False,
        verbose_name=_("member"),
    )
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.USED)
    at = models.DateTimeField(_("at"))
    returned_at = models.DateTimeField(_("given back at"), null=True, blank=True)

    class Meta:
        verbose_name = _("use of a coupon")
        verbose_name_plural = _("uses of coupons")
        ordering = ("-at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["receipt", "coupon"], name="coupon_once_on_receipt"),
            models.CheckConstraint(
                condition=Q(state="returned", returned_at__isnull=False)
                | (~Q(state="returned") & Q(returned_at__isnull=True)),
                name="coupon_use_returned_at_a_time",
            ),
        )
        indexes = (
            models.Index(fields=["series", "at"], name="coupon_use_of_series"),
            models.Index(
                fields=["member", "-at"], name="coupon_use_of_member", condition=Q(member__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.coupon} {self.get_state_display()}"
