"""The till's door: the API keys that open it, and the answers it has given."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.fields.json import KT
from django.utils.translation import gettext_lazy as _
from rest_framework_api_key.models import AbstractAPIKey

from members.models import append_only_but


class TillKey(AbstractAPIKey):
    """A key of a till, or of a partner's system when ``till`` is empty. Shown once, kept hashed."""

    partner = models.ForeignKey(
        "loyalty.Partner", on_delete=models.PROTECT, related_name="keys", verbose_name=_("partner")
    )
    till = models.ForeignKey(
        "loyalty.Till",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="keys",
        verbose_name=_("till"),
    )
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = _("API key")  # type: ignore[assignment]
        verbose_name_plural = _("API keys")  # type: ignore[assignment]


class Guesses(models.Model):
    """What somebody asked for of late and nobody knew, and until when they may ask no more. See ``pos.guard``."""

    kind = models.CharField(max_length=8)
    #: ``key:…``, ``user:…`` or ``address:…``.
    who = models.CharField(max_length=64)
    #: By window: how many misses, and since when.
    misses = ArrayField(models.PositiveIntegerField())
    since = ArrayField(models.DateTimeField())
    #: Digests of what was missed.
    seen = ArrayField(models.CharField(max_length=20), default=list)
    blocks = models.PositiveIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True)
    noted_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("guesses")
        verbose_name_plural = _("guesses")
        constraints = (models.UniqueConstraint(fields=["who", "kind"], name="guesses_of_whom"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.who}"


class Answer(models.Model):
    """The first answer given to a POST under an Idempotency-Key, kept for ever. Keys of clients never meet.

    Of whoever was erased, nothing is left but that it was answered (``pos.forgetting``): ``status`` 410, the key as a
    digest.
    """

    client = models.ForeignKey(TillKey, on_delete=models.PROTECT, related_name="+", db_index=False)
    key = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = (models.UniqueConstraint(fields=["client", "key"], name="answer_once"),)
        indexes = (models.Index(KT("body__id"), name="answer_of_whom"),)
        triggers = append_only_but("key", "content_hash", "status", "body")

    def __str__(self) -> str:
        return self.key
