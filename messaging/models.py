"""What is said: to other systems by webhooks, to members by messages, and by members who ask for help."""

from __future__ import annotations

import base64
import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from members.models import new_id


def new_secret() -> str:
    """A secret to sign deliveries with: ``whsec_`` and ordinary base64 of 32 bytes (Standard Webhooks)."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Webhook(models.Model):
    """An address of another system, which kinds of events it wants to hear of, and how it answers.

    One that does not answer rests until ``rests_until``, longer each time; one that has not taken anything
    for days is set aside until somebody takes it up again. ``busy_until`` is whose turn it is: one worker
    at a time sends to it.
    """

    class Kind(models.TextChoices):
        PURCHASE_COMPLETED = "purchase.completed", _("a purchase was completed")
        PURCHASE_HELD = "purchase.held", _("a purchase was held")
        PURCHASE_RETURNED = "purchase.returned", _("goods came back")
        PURCHASE_CANCELLED = "purchase.cancelled", _("a purchase was cancelled")
        MEMBER_REGISTERED = "member.registered", _("a member joined")

    name = models.CharField(_("name"), max_length=80)
    partner = models.ForeignKey(
        "loyalty.Partner",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="webhooks",
        verbose_name=_("partner"),
        help_text=_("Hears of this partner's purchases alone; of everything when left empty."),
    )
    url = models.URLField(_("address"), max_length=500, validators=[URLValidator(schemes=["http", "https"])])
    secret = models.CharField(_("secret"), max_length=80, default=new_secret, editable=False)
    kinds = ArrayField(models.CharField(max_length=64, choices=Kind), verbose_name=_("events"))
    active = models.BooleanField(_("active"), default=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, db_default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, editable=False)
    rests_until = models.DateTimeField(_("rests until"), null=True, editable=False)
    set_aside_at = models.DateTimeField(_("set aside"), null=True, editable=False)
    last_answer = models.CharField(
        _("last answer"), max_length=200, blank=True, db_default="", editable=False
    )
    served_at = models.DateTimeField(null=True, editable=False)
    busy_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One event on its way to one webhook. Written with the event, so nothing that happened goes unsaid."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")

    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    event = models.ForeignKey(
        "members.Event", on_delete=models.PROTECT, related_name="+", verbose_name=_("event")
    )
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    due_at = models.DateTimeField(_("due"), db_index=False)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)
    answer = models.CharField(_("last answer"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=["webhook", "event"], name="delivery_once"),)
        indexes = (
            models.Index(
                fields=["webhook", "due_at"], name="delivery_waiting", condition=models.Q(status="waiting")
            ),
        )

    def __str__(self) -> str:
        return f"{self.webhook} {self.status}"


class Delivery(models.Model):
    """A message that was handed to a channel, and what became of it. Neither its text nor its address is kept.

    ``messaging.channels.deliveries`` is its only writer.
    """

    class Status(models.TextChoices):
        SENDING = "sending", _("being handed over")
        SENT = "sent", _("handed over")
        UNCLEAR = "unclear", _("perhaps handed over")
        FAILED = "failed", _("not handed over")
        DELIVERED = "delivered", _("arrived")
        UNDELIVERED = "undelivered", _("did not arrive")

    key = models.CharField(_("our id"), max_length=64)
    kind = models.CharField(_("kind"), max_length=16)
    channel = models.CharField(_("channel"), max_length=32)
    digest = models.CharField(_("digest of the address"), max_length=64)
    gateway_id = models.CharField(
        _("the channel's id"), max_length=100, blank=True, default="", db_default=""
    )
    status = models.CharField(_("status"), max_length=11, choices=Status)
    words = models.CharField(_("answer"), max_length=100, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created"))
    changed_at = models.DateTimeField(_("changed"))

    class Meta:
        verbose_name = _("message to a member")
        verbose_name_plural = _("messages to members")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=["key", "kind"], name="message_once"),)
        indexes = (
            models.Index(
                fields=["channel", "gateway_id"],
                name="message_gateway_id",
                condition=~models.Q(gateway_id=""),
            ),
        )

    def __str__(self) -> str:
        return f"{self.key} {self.status}"


class HelpRequest(models.Model):
    """What a member asks for help with, and how far that is. ``messaging.helpdesk.requests`` is its only writer.

    ``receipt``, ``movement`` and ``position`` say what it is about, where it is about an amount: a receipt of the
    member's account, one of its lines, or a movement of points. ``key`` is that of the form it came with.
    Personal: erasure empties what was said and deletes photos (``requests.forget``); the row stays, of nobody.
    """

    class Status(models.TextChoices):
        NEW = "new", _("new")
        IN_WORK = "in_work", _("in work")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="+", verbose_name=_("programme")
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="requests", verbose_name=_("member")
    )
    key = models.UUIDField(_("key"))
    receipt = models.ForeignKey(
        "loyalty.Receipt",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("receipt"),
    )
    position = models.PositiveIntegerField(_("line of the receipt"), null=True, blank=True)
    movement = models.ForeignKey(
        "loyalty.Transfer",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("movement of points"),
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.NEW)
    opened_at = models.DateTimeField(_("asked"))
    changed_at = models.DateTimeField(_("changed"))
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("taken by"),
    )
    rating = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)

    class Meta:
        verbose_name = _("request for help")
        verbose_name_plural = _("requests for help")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=["member", "key"], name="help_asked_once"),
            models.CheckConstraint(
                condition=models.Q(rating__isnull=True)
                | models.Q(rating__range=(1, 5), answered_at__isnull=False),
                name="help_rated_once_answered",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="answered") | models.Q(answered_at__isnull=False),
                name="help_answered_at_a_moment",
            ),
            models.CheckConstraint(
                condition=models.Q(position__isnull=True) | models.Q(receipt__isnull=False),
                name="help_line_of_a_receipt",
            ),
        )
        indexes = (
            models.Index(fields=["status", "changed_at"], name="help_waiting"),
            models.Index(fields=["member", "opened_at"], name="help_of_member"),
        )

    def __str__(self) -> str:
        return f"{self.member}, {self.get_status_display()}"


class HelpMessage(models.Model):
    """A piece of a request's conversation: of the member, or of staff (``user``). ``told`` says whether the member was
    told of an answer by a message. Personal: erasure empties ``text``."""

    class Told(models.TextChoices):
        NOT_MEANT = "", _("not told")
        WAITING = "waiting", _("to be told")
        SENT = "sent", _("told")
        NOBODY = "nobody", _("not told: no address, or no consent")
        FAILED = "failed", _("not told: the channel failed")

    request = models.ForeignKey(
        HelpRequest, on_delete=models.PROTECT, related_name="said", verbose_name=_("request for help")
    )
    key = models.UUIDField(_("key"))
    by_member = models.BooleanField(_("of the member"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    text = models.TextField(_("text"), blank=True)
    at = models.DateTimeField(_("at"))
    told = models.CharField(
        _("told"), max_length=8, choices=Told, blank=True, default=Told.NOT_MEANT, db_default=""
    )

    class Meta:
        verbose_name = _("message about a request")
        verbose_name_plural = _("messages about requests")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["request", "key"], name="help_said_once"),
            models.CheckConstraint(
                condition=models.Q(by_member=False) | models.Q(user__isnull=True, told=""),
                name="help_said_by_one",
            ),
        )
        indexes = (models.Index(fields=["at"], name="help_untold", condition=models.Q(told="waiting")),)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class HelpPhoto(models.Model):
    """A photo that a member attached, made anew as a JPEG without a camera's notes. Personal: erasure deletes it."""

    message = models.OneToOneField(
        HelpMessage, on_delete=models.CASCADE, related_name="photo", verbose_name=_("message about a request")
    )
    content = models.BinaryField(_("picture"))

    class Meta:
        verbose_name = _("photo of a request")
        verbose_name_plural = _("photos of requests")

    def __str__(self) -> str:
        return f"{self.message_id}"
