"""Tiers: the steps of a programme's ladder, how members go up and down on it, and every time they did."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from members.models import append_only_but, new_id


class Tier(models.Model):
    """A step of a programme's ladder, reached by what its ``Ladder`` counts: money spent, if nothing else is said."""

    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.CASCADE, related_name="tiers", verbose_name=_("programme")
    )
    code = models.SlugField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=80)
    threshold = models.DecimalField(
        _("reached at"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(0),
        help_text=_("Money, points or visits, as the ladder counts."),
    )
    benefits = models.TextField(
        _("benefits"),
        blank=True,
        db_default="",
        help_text=_(
            "What the tier gives, in words that members and cashiers read. One benefit on each line."
        ),
    )

    class Meta:
        verbose_name = _("tier")
        verbose_name_plural = _("tiers")
        ordering = ("programme", "threshold")
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="tier_code_in_programme"),
            # deferred, so that tiers saved one after the other may change places
            models.UniqueConstraint(
                fields=["programme", "threshold"],
                name="tier_threshold_in_programme",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=models.Q(threshold__gte=0), name="tier_threshold_not_negative"),
        )

    def __str__(self) -> str:
        return self.name


class Ladder(models.Model):
    """How members go up and down the tiers of a programme. A programme without one: money in all, never down.

    ``version`` counts its changes and those of its tiers; members counted by an older one are recounted.
    """

    class Basis(models.TextChoices):
        SPENT = "spent", _("money spent")
        POINTS = "points", _("points earned with purchases")
        VISITS = "visits", _("purchases made")

    class Window(models.TextChoices):
        EVER = "ever", _("in all")
        ROLLING = "rolling", _("in the last days or months")
        MONTH = "month", _("in a calendar month")
        QUARTER = "quarter", _("in a calendar quarter")
        YEAR = "year", _("in a calendar year")

    class Term(models.TextChoices):
        ROLLING = "rolling", _("the days or months given")
        MONTH = "month", _("a calendar month")
        QUARTER = "quarter", _("a calendar quarter")
        YEAR = "year", _("a calendar year")

    class Unit(models.TextChoices):
        DAYS = "days", _("days")
        MONTHS = "months", _("months")

    class Down(models.TextChoices):
        NEVER = "never", _("never")
        IDLE = "idle", _("without a purchase for some days")
        BELOW = "below", _("with too little in a period")

    class Fall(models.TextChoices):
        STEP = "step", _("by one tier")
        LOWEST = "lowest", _("to the lowest tier")

    programme = models.OneToOneField(
        "loyalty.Programme", on_delete=models.CASCADE, related_name="ladder", verbose_name=_("programme")
    )
    basis = models.CharField(_("what counts"), max_length=6, choices=Basis, default=Basis.SPENT)
    window = models.CharField(_("counted"), max_length=7, choices=Window, default=Window.EVER)
    span_amount = models.PositiveSmallIntegerField(_("the last"), null=True, blank=True)
    span_unit = models.CharField(_("days or months"), max_length=6, choices=Unit, default=Unit.DAYS)
    down = models.CharField(_("members go down"), max_length=5, choices=Down, default=Down.NEVER)
    idle_days = models.PositiveSmallIntegerField(_("days without a purchase"), null=True, blank=True)
    below = models.DecimalField(
        _("less than"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        help_text=_(
            "Left empty, each tier asks for its own threshold again; that needs a ladder counted in a period."
        ),
    )
    term = models.CharField(
        _("within"),
        max_length=7,
        choices=Term,
        blank=True,
        help_text=_("Only for a ladder counted in all; the others look at the period in which they count."),
    )
    fall = models.CharField(_("how far down"), max_length=6, choices=Fall, default=Fall.STEP)
    grace_days = models.PositiveSmallIntegerField(
        _("grace, days"), default=0, help_text=_("So many days longer a tier is kept.")
    )
    down_from = models.DateField(
        _("nobody goes down for what was before"),
        null=True,
        blank=True,
        help_text=_("The first day to which the rule for going down applies."),
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    #: When the ladder and its tiers became what they are; None where that was not noted.
    changed_at = models.DateTimeField(_("changed"), null=True, editable=False)

    class Meta:
        verbose_name = _("ladder")
        verbose_name_plural = _("ladders")
        constraints = (
            models.CheckConstraint(
                condition=Q(span_amount__gt=0)
                | (~Q(window="rolling") & (~Q(down="below") | ~Q(term="rolling"))),
                name="ladder_rolling_has_a_span",
            ),
            models.CheckConstraint(
                condition=~Q(down="idle") | Q(idle_days__gt=0), name="ladder_idle_has_days"
            ),
            models.CheckConstraint(
                condition=~Q(down="below", window="ever") | (Q(below__gt=0) & ~Q(term="")),
                name="ladder_below_is_measured",
            ),
            models.CheckConstraint(condition=Q(below__gt=0), name="ladder_below_positive"),
        )

    def __str__(self) -> str:
        return f"{self.get_basis_display()} {self.get_window_display()}"

    def clean(self) -> None:
        """Refuse what cannot be counted, naming the field and the remedy."""
        faults: dict[str, Any] = {}
        below = self.down == self.Down.BELOW
        rolling = self.window == self.Window.ROLLING or (
            below and self.window == self.Window.EVER and self.term == self.Term.ROLLING
        )
        if rolling and not self.span_amount:
            faults["span_amount"] = _("Say how many days or months count.")
        if self.down == self.Down.IDLE and not self.idle_days:
            faults["idle_days"] = _("Say after how many days without a purchase members go down.")
        if self.below is not None and self.below <= 0:
            faults["below"] = _("Give an amount above zero, or leave it empty.")
        if below and self.window == self.Window.EVER:
            if self.below is None:
                faults["below"] = _("Say less than how much: what was reached in all cannot be reached anew.")
            if not self.term:
                faults["term"] = _("Say within which period members must reach the amount.")
        if faults:
            raise ValidationError(faults)


class TierChange(models.Model):
    """A member came to another tier: when, from where, why, by which receipt or by whose hand. Never changed.

    What is set by hand is noted even where the tier stays the same: it is kept ``until`` then, or no longer.
    """

    class Why(models.TextChoices):
        PURCHASE = "purchase", _("by a purchase")
        RETURN = "return", _("by a return")
        RULE = "rule", _("by the rule for going down")
        LADDER = "ladder", _("the ladder was changed")
        HAND = "hand", _("by hand")
        HAND_ENDED = "ended", _("what was set by hand ended")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    member = models.ForeignKey(
        "members.Member",
        on_delete=models.PROTECT,
        related_name="tier_changes",
        db_index=False,
        verbose_name=_("member"),
    )
    programme = models.ForeignKey(
        "loyalty.Programme", on_delete=models.PROTECT, related_name="+", verbose_name=_("programme")
    )
    at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField(_("recorded"))
    was = models.CharField(_("from"), max_length=32, blank=True, help_text=_("The tier's code; empty: none."))
    now = models.CharField(_("to"), max_length=32, blank=True, help_text=_("The tier's code; empty: none."))
    up = models.BooleanField(_("up"))
    why = models.CharField(_("why"), max_length=8, choices=Why)
    receipt = models.ForeignKey(
        "loyalty.Receipt",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("receipt"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("by"),
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    until = models.DateTimeField(_("set until"), null=True, blank=True)

    class Meta:
        verbose_name = _("change of tier")
        verbose_name_plural = _("changes of tiers")
        ordering = ("-at",)
        indexes = (models.Index(fields=["member", "-at"], name="tier_changes_of_member"),)
        triggers = append_only_but("reason", "member_id")

    def __str__(self) -> str:
        return f"{self.was or '–'} → {self.now or '–'}"
