"""Campaigns, their immutable revisions, and the rulebooks made of them."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from members.models import APPEND_ONLY


@pghistory.track(
    pghistory.InsertEvent(),
    pghistory.UpdateEvent(),
    fields=["name", "status", "draft", "submitted_at", "archived_at"],
    model_name="CampaignEvent",
    obj_field=pghistory.ObjForeignKey(related_name="events", related_query_name="event"),
)
class Campaign(models.Model):
    """A mechanic of a programme. ``draft`` is what is being edited; what is in force are its revisions.

    ``status`` is what somebody did to it; what it is at a moment, scheduled or over among them, is told
    by ``campaigns.desk.states``. ``submitted_at`` is set while the draft waits for somebody who may publish it,
    ``archived_at`` while it is archived. Every change is kept in ``events``, with who made it.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        LIVE = "live", _("live")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")

    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="campaigns", verbose_name=_("programme")
    )
    code = models.SlugField(_("code"), max_length=64)
    name = models.CharField(_("name"), max_length=120)
    status = models.CharField(_("status"), max_length=6, choices=Status, default=Status.DRAFT)
    draft = models.JSONField(_("definition"), default=dict)
    submitted_at = models.DateTimeField(_("sent to review"), null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("sent to review by"),
    )
    #: Guests may read of it on the programme's public site, where nothing in it is for some members alone.
    listed = models.BooleanField(_("on the public site"), default=True, db_default=True)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="campaign_code_in_programme"),
        )

    def __str__(self) -> str:
        return self.name


class CampaignTemplate(models.Model):
    """The house's own ready mechanic: a definition to begin a campaign with. Of all programmes, or of one."""

    programme = models.ForeignKey(
        "loyalty.Programme",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="campaign_templates",
        verbose_name=_("programme"),
        help_text=_("Leave it empty for a template that all programmes may use."),
    )
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("what it is for"), blank=True)
    definition = models.JSONField(_("definition"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("campaign template")
        verbose_name_plural = _("campaign templates")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Revision(models.Model):
    """A published definition of a campaign, never changed."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="revisions", verbose_name=_("campaign")
    )
    number = models.PositiveIntegerField(_("number"))
    name = models.CharField(_("name"), max_length=120)
    definition = models.JSONField(_("definition"))
    published_at = models.DateTimeField(_("published"))
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ("campaign", "-number")
        constraints = (
            models.UniqueConstraint(fields=["campaign", "number"], name="revision_number_of_campaign"),
        )
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.name} r{self.number}"


class Rulebook(models.Model):
    """The rules of a programme from a moment on: its terms and the revisions in force. Never changed.

    A receipt is judged by the newest rulebook that was in force when it was made; whatever is
    published or edited makes a new one.
    """

    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="rulebooks", verbose_name=_("programme")
    )
    in_force_from = models.DateTimeField(_("in force from"))
    terms = models.JSONField(_("terms of the programme"))
    revisions = ArrayField(models.BigIntegerField(), verbose_name=_("revisions"))

    class Meta:
        verbose_name = _("rulebook")
        verbose_name_plural = _("rulebooks")
        ordering = ("-in_force_from", "-id")
        indexes = (models.Index(fields=["programme", "-in_force_from", "-id"], name="rulebook_in_force"),)
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        since = date_format(timezone.localtime(self.in_force_from), "DATETIME_FORMAT")
        return f"{self.programme}, {since}"
