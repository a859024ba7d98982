"""What a member did in a programme, kept as it changes."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

ZERO = Decimal(0)


class MemberFacts(models.Model):
    """What a member did in a programme. Written by ``analytics.facts`` alone.

    ``purchases`` counts completed receipts not wholly returned; ``spent`` is the money paid for them,
    refunds taken off, ``points`` what they earned, less what returns took back. The tier is the one of the last
    writing: it follows from the programme's ladder, for which ``climb`` keeps what it needs
    (``loyalty.rules.tiers.Climb``), and from what was set by hand, ``set_tier``. After ``tier_until`` it may be
    another.
    """

    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="facts", verbose_name=_("member")
    )
    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="+", verbose_name=_("programme")
    )
    purchases = models.PositiveIntegerField(_("purchases"), default=0)
    spent = models.DecimalField(
        pgettext_lazy("money", "spent"), max_digits=14, decimal_places=2, default=ZERO
    )
    first_purchase_at = models.DateTimeField(_("first purchase"), null=True, blank=True)
    last_purchase_at = models.DateTimeField(_("last purchase"), null=True, blank=True)
    tier = models.ForeignKey(
        "loyalty.Tier",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("tier"),
    )
    points = models.DecimalField(
        _("points earned"), max_digits=14, decimal_places=2, default=ZERO, db_default=ZERO
    )
    climb = models.JSONField(null=True, blank=True, editable=False)
    ladder_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    tier_until = models.DateTimeField(_("tier kept until"), null=True, blank=True)
    set_tier = models.ForeignKey(
        "loyalty.Tier",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("tier set by hand"),
    )
    set_until = models.DateTimeField(_("set until"), null=True, blank=True)
    set_exactly = models.BooleanField(_("exactly this tier"), default=False, db_default=False)

    class Meta:
        verbose_name = _("member facts")
        verbose_name_plural = _("member facts")
        constraints = (
            models.UniqueConstraint(fields=["member", "programme"], name="facts_of_member"),
            models.CheckConstraint(
                condition=models.Q(spent__gte=0, points__gte=0), name="facts_sums_not_negative"
            ),
        )
        indexes = (
            models.Index(
                fields=["tier_until"], name="facts_tier_due", condition=models.Q(tier_until__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.purchases} / {self.spent}"
