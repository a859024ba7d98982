"""Campaigns, their immutable revisions, the rulebooks made of them, and how far each was used."""

from __future__ import annotations

from decimal import Decimal

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


class Seller(models.Model):
    """Who sells, as receipts of a partner name them, and the member whose account gets points for it."""

    partner = models.ForeignKey(
        "loyalty.Partner", on_delete=models.CASCADE, related_name="sellers", verbose_name=_("partner")
    )
    code = models.CharField(_("code"), max_length=64, help_text=_("What the till sends as the cashier."))
    name = models.CharField(_("name"), max_length=120, blank=True)
    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("member"),
        help_text=_("The points go to this member's account."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("sellers")
        ordering = ("partner", "code")
        constraints = (models.UniqueConstraint(fields=["partner", "code"], name="seller_of_partner"),)

    def __str__(self) -> str:
        return self.name or self.code


class Share(models.Model):
    """Points that the cashier or the referrer has of a receipt. Written by ``campaigns.checkout.shares`` alone.

    ``points`` are those given and not taken back; ``taken`` is what returns took of each lot.
    """

    receipt = models.ForeignKey("loyalty.Receipt", on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    to = models.CharField(max_length=10)
    account = models.ForeignKey("loyalty.Account", on_delete=models.PROTECT, related_name="+")
    points = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))
    taken = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("share")
        verbose_name_plural = _("shares")
        constraints = (
            models.UniqueConstraint(fields=["receipt", "campaign", "to"], name="share_of_receipt"),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="share_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.to}: {self.points}"


class Settlement(models.Model):
    """That others are to get, or to lose, something of a purchase: it waits here until it is settled.

    Written by ``campaigns.checkout.settlements``, with the purchase or the return, and let go by it.
    """

    receipt = models.OneToOneField(
        "loyalty.Receipt",
        on_delete=models.PROTECT,
        primary_key=True,
        related_name="+",
        verbose_name=_("receipt"),
    )
    due_at = models.DateTimeField(_("due"), db_index=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)

    class Meta:
        verbose_name = _("settlement")
        verbose_name_plural = _("settlements")

    def __str__(self) -> str:
        return f"{self.receipt_id}"


class Look(models.Model):
    """Until when a periodic look at what was missed has seen everything: the next one begins there."""

    name = models.SlugField(primary_key=True)
    seen_until = models.DateTimeField()

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("looks")

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """How often a campaign was used by everybody, or in one store, in a period, for how many points and how much
    money in discounts, with the most that each may come to.

    Kept for campaigns with such limits or a budget. Written by ``campaigns.checkout.tallies`` alone.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="tallies", db_index=False)
    store = models.ForeignKey(
        "loyalty.Store", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    period = models.CharField(max_length=10)
    times = models.IntegerField(default=0)
    points = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal(0))
    money = models.DecimalField(max_digits=16, decimal_places=2, default=Decimal(0))
    most_times = models.IntegerField(null=True, blank=True)
    most_points = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)
    most_money = models.DecimalField(max_digits=16, decimal_places=2, null=True, blank=True)

    class Meta:
        verbose_name = _("use of a campaign by everybody")
        verbose_name_plural = _("uses of campaigns by everybody")
        constraints = (
            models.UniqueConstraint(
                fields=["campaign", "store", "period"], nulls_distinct=False, name="tally_of_campaign"
            ),
            models.CheckConstraint(
                condition=models.Q(times__gte=0, points__gte=0, money__gte=0), name="tally_not_negative"
            ),
            models.CheckConstraint(
                condition=(models.Q(most_times__isnull=True) | models.Q(times__lte=models.F("most_times")))
                & (models.Q(most_points__isnull=True) | models.Q(points__lte=models.F("most_points")))
                & (models.Q(most_money__isnull=True) | models.Q(money__lte=models.F("most_money"))),
                name="tally_within_limits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.period}: {self.times}"


class Usage(models.Model):
    """How often a member used a campaign in a period, and for how many points.

    ``period`` is the engine's key ("2026-11-21", "2026-W47", "2026-11", "2026", "ever"), "progress" or
    "p" with a period, whose ``times`` counts towards every nth purchase, or "n20261231" for promises that
    hold until that day; these are below zero when a purchase came back whose promise was kept already.
    Written by ``campaigns.checkout.usage`` alone.
    """

    member = models.ForeignKey("members.Member", on_delete=models.PROTECT, related_name="+")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="usages", db_index=False)
    period = models.CharField(max_length=10)
    times = models.IntegerField(default=0)
    points = models.DecimalField(max_digits=14, decimal_places=2, default=Decimal(0))

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usages")
        constraints = (
            models.UniqueConstraint(fields=["member", "campaign", "period"], name="usage_of_campaign"),
            models.CheckConstraint(
                condition=models.Q(times__gte=0) | models.Q(period__startswith="n"),
                name="usage_times_not_negative",
            ),
            models.CheckConstraint(condition=models.Q(points__gte=0), name="usage_points_not_negative"),
        )

    def __str__(self) -> str:
        return f"{self.period}: {self.times}"


class EventReward(models.Model):
    """What the campaigns of a programme give for an event of a member, once: waiting to be judged, or judged.

    ``due_at`` is set while it waits. Once judged, ``rulebook``, ``shopper`` and ``amount`` are what it was
    judged by, so that it can be judged again when the amount changes, and ``outcome`` is the decision that
    stands. They stay empty where no campaign listened. Written by ``campaigns.checkout.events.rewards`` alone.

    An event that purchases caused rests on them (``campaigns.checkout.events.grounds``): ``ladder`` is what the tiers were then,
    ``says`` what the event says since goods came back, where that is not what it said, and ``stands`` whether
    anything of it is left.
    """

    event = models.ForeignKey(
        "members.Event", on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("event")
    )
    programme = models.ForeignKey(
        "loyalty.Programme",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("programme"),
    )
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    judged_at = models.DateTimeField(_("judged"), null=True, blank=True)
    rulebook = models.ForeignKey(
        Rulebook,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("rulebook"),
    )
    shopper = models.JSONField(_("facts about the member"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2, null=True, blank=True)
    outcome = models.JSONField(_("decision"), null=True, blank=True)
    ladder = models.JSONField(_("ladder"), null=True, blank=True)
    says = models.JSONField(_("what the event says now"), null=True, blank=True)
    stands = models.BooleanField(_("stands"), default=True, db_default=True)

    class Meta:
        verbose_name = _("reward for an event")
        verbose_name_plural = _("rewards for events")
        constraints = (
            models.UniqueConstraint(fields=["event", "programme"], name="reward_once_for_an_event"),
        )
        indexes = (
            models.Index(
                fields=["due_at"], name="event_reward_due", condition=models.Q(due_at__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_id}"


from campaigns.backtest.models import Backtest as Backtest  # noqa: E402
