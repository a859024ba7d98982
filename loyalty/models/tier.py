"""Tiers: the steps of a programme's ladder."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Tier(models.Model):
    """A step of a programme's ladder, reached by money spent in all."""

    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.CASCADE, related_name="tiers", verbose_name=_("programme")
    )
    code = models.SlugField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=80)
    threshold = models.DecimalField(
        _("reached at"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(0),
        help_text=_("Money spent in the programme, in all."),
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ("programme", "threshold")
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="tier_code_in_programme"),
            models.UniqueConstraint(fields=["programme", "threshold"], name="tier_threshold_in_programme"),
            models.CheckConstraint(condition=models.Q(threshold__gte=0), name="tier_threshold_not_negative"),
        )

    def __str__(self) -> str:
        return self.name
