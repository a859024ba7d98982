"""Segments: named sets of members, and who is in them since when."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from members.models import new_id


class Segment(models.Model):
    """A named set of members. Whoever asks who is in it reads ``SegmentMember``, whatever its kind.

    A code means one segment in the whole installation, so that a campaign, a report and an event can
    name it without saying the programme. Written, but for name and description, by ``analytics.segments``.
    """

    class Kind(models.TextChoices):
        LIST = "list", pgettext_lazy("segment", "list")
        RULE = "rule", pgettext_lazy("segment", "by rule")

    code = models.SlugField(
        _("code"), max_length=64, unique=True, help_text=_("Campaigns and reports know the segment by it.")
    )
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.LIST)
    programme = models.ForeignKey(
        "loyalty.Programme",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="segments",
        verbose_name=_("programme"),
        help_text=_("Leave it empty for a segment that all programmes may use."),
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class SegmentMember(models.Model):
    """A member who is in a segment, and since when. Written by ``analytics.segments`` alone."""

    segment = models.ForeignKey(
        Segment,
        on_delete=models.PROTECT,
        related_name="memberships",
        db_index=False,  # the unique constraint's index begins with it
        verbose_name=_("segment"),
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="segments", verbose_name=_("member")
    )
    added_at = models.DateTimeField(_("in it since"))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("added by"),
    )

    class Meta:
        verbose_name = _("member of a segment")
        verbose_name_plural = _("members of segments")
        constraints = (models.UniqueConstraint(fields=["segment", "member"], name="member_once_in_segment"),)

    def __str__(self) -> str:
        return f"{self.member_id} ∈ {self.segment_id}"


class SegmentFile(models.Model):
    """A file of members for a segment: what was found in it, until somebody applies it.

    ``members`` and ``missing`` hold personal data and are emptied once they are of no more use; the
    counts stay. ``missing`` lists ``[line, text, reason]`` of each row that names nobody.
    """

    class Mode(models.TextChoices):
        ADD = "add", _("add those in the file")
        REPLACE = "replace", _("replace all by those in the file")
        REMOVE = "remove", _("take out those in the file")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="files", verbose_name=_("segment")
    )
    name = models.CharField(_("file"), max_length=200)
    rows = models.PositiveIntegerField(_("rows"))
    repeated = models.PositiveIntegerField(_("rows that repeat a member"))
    found = models.PositiveIntegerField(_("members found"))
    lost = models.PositiveIntegerField(_("rows not found"))
    members: Any = ArrayField(models.UUIDField(), verbose_name=_("members"), default=list)
    missing = models.JSONField(_("rows not found"), default=list)
    uploaded_at = models.DateTimeField(_("uploaded"))
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("uploaded by"),
    )
    mode = models.CharField(_("what to do"), max_length=8, choices=Mode, blank=True)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    entered = models.PositiveIntegerField(_("entered"), default=0)
    left = models.PositiveIntegerField(pgettext_lazy("segment", "left"), default=0)

    class Meta:
        verbose_name = _("file of a segment")
        verbose_name_plural = _("files of segments")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.name
