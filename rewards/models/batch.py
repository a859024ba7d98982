"""Batches of codes: many at once, generated or imported, with how far the work is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from members.models import new_id


class CodeBatch(models.Model):
    """Codes that are generated or imported together.

    Worked off in parts; each part's codes and the new ``position`` are one transaction, so whatever
    crashes, the work goes on where it stopped and makes nothing twice. ``content`` is the imported
    file, compressed, until the work is over. ``faults`` holds the first lines that would not do, as
    ``[line, code, text]``; the counters count all of them. ``attempts`` counts how often the part at hand was
    begun by a worker; ``error`` is a text to be translated for whoever reads it.
    """

    class Kind(models.TextChoices):
        GENERATE = "generate", _("generated")
        IMPORT = "import", _("imported")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        WORKING = "working", _("working")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    series = models.ForeignKey(
        "rewards.Series", on_delete=models.PROTECT, related_name="batches", verbose_name=_("series")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING)
    wanted = models.PositiveIntegerField(_("codes or lines in all"), default=0)
    position = models.PositiveIntegerField(_("codes or lines done"), default=0)
    made = models.PositiveIntegerField(_("codes made"), default=0)
    present = models.PositiveIntegerField(_("were there already"), default=0)
    taken = models.PositiveIntegerField(_("are of another series"), default=0, db_default=0)
    repeated = models.PositiveIntegerField(_("repeated in the file"), default=0)
    malformed = models.PositiveIntegerField(_("malformed"), default=0)
    faults = models.JSONField(_("lines that would not do"), default=list)
    name = models.CharField(_("file"), max_length=200, blank=True)
    content = models.BinaryField(null=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    created_at = models.DateTimeField(_("created"))
    touched_at = models.DateTimeField(_("last at work"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("batch of codes")
        verbose_name_plural = _("batches of codes")
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(position__lte=models.F("wanted")), name="batch_position_within"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="generate") | models.Q(wanted__gte=1, wanted__lte=10_000_000),
                name="batch_of_some_codes",
            ),
        )
        indexes = (
            models.Index(
                fields=["touched_at"],
                name="batch_open",
                condition=models.Q(status__in=["waiting", "working"]),
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {date_format(timezone.localtime(self.created_at), 'DATETIME_FORMAT')}"

    @property
    def percent(self) -> int:
        """How much of the work is done."""
        return self.position * 100 // self.wanted if self.wanted else 100
