"""Points for others than the buyer: who sold, what they got, and what waits to be settled."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


class Seller(models.Model):
    """Who sells, as receipts of a partner name them, and the member whose account gets points for it."""

    partner = models.ForeignKey(
        "loyalty.Partner", on_delete=models.CASCADE, related_name="sellers", verbose_name=_("partner")
    )
    code = models.CharField(_("code"), max_length=64, help_text=_("What the till sends as the cashier."))
    name = models.CharField(_("name"), max_length=120, blank=True)
    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("member"),
        help_text=_("The points go to this member's account."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ("partner", "code")
        constraints = (models.UniqueConstraint(fields=["partner", "code"], name="seller_of_partner"),)

    def __str__(self) -> str:
        return self.name or self.code


class Share(models.Model):
    """Points that the cashier or the referrer has of a receipt. Written by ``campaigns.checkout.shares`` alone.

    ``points`` are those given and not taken back; ``taken`` is what returns took of each lot.
    """

    receipt = models.ForeignKey("loyalty.Receipt", on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    to = models.CharField(max_length=10)
    account = models.ForeignKey("loyalty.Account", on_delete=models.PROTECT, related_name="+")
    points = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    taken = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = (
            models.UniqueConstraint(fields=["receipt", "campaign", "to"], name="share_of_receipt"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="share_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.to}: {self.points}"


class Settlement(models.Model):
    """That others are to get, or to lose, something of a purchase: it waits here until it is settled.

    Written by ``campaigns.checkout.settlements``, with the purchase or the return, and let go by it.
    """

    receipt = models.OneToOneField(
        "loyalty.Receipt",
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="+",
        verbose_name=_("receipt"),
    )
    due_at = models.DateTimeField(_("due"), db_index=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")

    def __str__(self) -> str:
        return f"{self.receipt_id}"
