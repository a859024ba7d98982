"""What campaigns gave for events of members."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Rulebook


class EventReward(models.Model):
    """What the campaigns of a programme give for an event of a member, once: waiting to be judged, or judged.

    ``due_at`` is set while it waits. Once judged, ``rulebook``, ``shopper`` and ``amount`` are what it was
    judged by, so that it can be judged again when the amount changes, and ``outcome`` is the decision that
    stands. They stay empty where no campaign listened. Written by ``campaigns.checkout.events.rewards`` alone.

    An event that purchases caused rests on them (``campaigns.checkout.events.grounds``): ``ladder`` is what the
    tiers were then, ``says`` what the event says since goods came back, where that is not what it said, and
    ``stands`` whether anything of it is left.
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
