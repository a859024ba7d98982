"""What the back office keeps of its own: the rights that no table carries, and files that people bring."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models import new_id


class Right(models.Model):
    """No table: what one may be allowed to do in the back office beside viewing and changing records."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = (
            ("adjust_points", _("Can give and take points by hand")),
            ("change_holders", _("Can change who holds an account, and what each may do")),
            ("export_records", _("Can take lists out as files")),
            ("publish_campaigns", _("Can publish, pause and end campaigns")),
            ("set_tiers", _("Can set members' tiers by hand")),
        )


class Upload(models.Model):
    """A file that somebody brought: checked first, shown to them, and done when they agree; nobody else's affair.

    ``content`` is the file, compressed, until it is of no more use; ``result`` is what came of it, in the words of
    ``language``. Both may tell of people: the row is deleted after some days. ``position`` counts the rows of the
    step at hand. Whatever crashes, a step is done as a whole or not at all, and the next worker begins it again;
    ``attempts`` counts how often the step at hand was begun, so that this has an end.
    """

    class State(models.TextChoices):
        CHECKING = "checking", pgettext_lazy("file", "being checked")
        REFUSED = "refused", pgettext_lazy("file", "will not do")
        READY = "ready", pgettext_lazy("file", "waits for a yes")
        WRITING = "writing", pgettext_lazy("file", "being done")
        DONE = "done", pgettext_lazy("file", "done")
        FAILED = "failed", pgettext_lazy("file", "failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=64)
    name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(null=True)
    options = models.JSONField(_("options"), default=dict)
    language = models.CharField(_("language"), max_length=8)
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.CHECKING)
    rows = models.PositiveIntegerField(_("rows"))
    position = models.PositiveIntegerField(_("rows done"), default=0)
    result = models.JSONField(_("result"), default=dict)
    error = models.CharField(_("error"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("uploaded by")
    )
    created_at = models.DateTimeField(_("uploaded"))
    touched_at = models.DateTimeField(_("last at work"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("uploaded file")
        verbose_name_plural = _("uploaded files")
        default_permissions = ()
        indexes = (
            models.Index(
                fields=["touched_at"],
                name="upload_open",
                condition=models.Q(state__in=["checking", "writing"]),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Whether somebody works on it, or is to."""
        return self.state in (self.State.CHECKING, self.State.WRITING)

    @property
    def percent(self) -> int:
        """How much of the step at hand is done."""
        return min(100, self.position * 100 // self.rows) if self.rows else 100
