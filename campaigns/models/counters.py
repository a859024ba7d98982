"""How far campaigns were used, and on which of them somebody looked at dates."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign


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
