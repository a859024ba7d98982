"""A backtest that somebody asked for: what is tried, how far it is, and what came out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Backtest(models.Model):
    """Campaigns tried on the receipts of a past period.

    ``tried`` is what was chosen, frozen when it was asked for: a list of ``{"campaign", "code", "name",
    "revision", "definition"}``. ``result`` is a tally as ``campaigns.backtest.adding_up`` writes it.
    Written by ``campaigns.backtest.running``; never changed once it has ended.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    class Against(models.TextChoices):
        HAPPENED = "happened", _("what really happened")
        WITHOUT = "without", _("the same rules without these campaigns")

    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="+", verbose_name=_("programme")
    )
    name = models.CharField(_("name"), max_length=200)
    tried = models.JSONField(_("campaigns"))
    begins = models.DateField(_("from"))
    ends = models.DateField(_("to"), help_text=_("Including this day, by the programme's calendar."))
    against = models.CharField(_("compared with"), max_length=8, choices=Against, default=Against.HAPPENED)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.QUEUED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked for by"),
    )
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    #: The last sign of life of whoever runs it.
    seen_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    stop_asked = models.BooleanField(_("stop was asked for"), default=False)
    receipts = models.PositiveIntegerField(_("receipts"), default=0)
    judged = models.PositiveIntegerField(_("receipts judged"), default=0)
    processes = models.PositiveSmallIntegerField(_("processes"), default=0)
    problem = models.TextField(_("what went wrong"), blank=True)
    result = models.JSONField(_("result"), null=True, blank=True)

    class Meta:
        verbose_name = _("backtest")
        verbose_name_plural = _("backtests")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(ends__gte=models.F("begins")), name="backtest_period_has_days"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        """Whether nothing changes any more."""
        return self.status in (self.Status.DONE, self.Status.STOPPED, self.Status.FAILED)

    @property
    def share(self) -> int:
        """How much of it is judged, percent."""
        return 100 if self.status == self.Status.DONE else min(99, 100 * self.judged // max(self.receipts, 1))
