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
    refunds taken off. The tier follows from ``spent`` and the programme's ladder.
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

    class Meta:
        verbose_name = _("member facts")
        verbose_name_plural = _("member facts")
        constraints = (models.UniqueConstraint(fields=["member", "programme"], name="facts_of_member"),)

    def __str__(self) -> str:
        return f"{self.purchases} / {self.spent}"
