"""How many came by which link."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from loyalty.models.programme import Programme


class Arrival(models.Model):
    """How often a link of a programme was opened on a day of its clock: a landing page, a store's code. Counted without
    noting who came; nothing in it is anybody's."""

    programme = models.ForeignKey(
        Programme, on_delete=models.CASCADE, related_name="arrivals", verbose_name=_("programme")
    )
    source = models.CharField(_("came from"), max_length=64)
    day = models.DateField(_("day"))
    visits = models.PositiveIntegerField(_("visits"), default=0)

    class Meta:
        verbose_name = _("visits of a link")
        verbose_name_plural = _("visits of links")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["programme", "source", "day"], name="arrivals_of_a_day"),
        )

    def __str__(self) -> str:
        return f"{self.source}, {self.day}: {self.visits}"
