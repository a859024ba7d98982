"""Series of coupons: what is true of all coupons of a kind, and how far the series' limits are used."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rewards import codes


class Series(models.Model):
    """Coupons with the same rules. What they give is said by the campaigns that react to the series.

    Mass: one code for everybody. Personal: many codes, generated or imported. ``from_pool``: the codes
    wait, and each counts from when it is handed out to a member; otherwise a code counts at once, for
    whoever shows it, and a member who is to get a coupon gets a new code.

    Dates are whole days of the programme's time zone, both included; ``days`` run from each coupon's own
    issue, and end no later than the series does. Whether there is a limit of uses in all is said by
    ``SeriesTotal``, which stands apart because every sale would write it. ``version`` counts the changes: a sale
    that read an older one judges its coupons again.
    """

    class Kind(models.TextChoices):
        MASS = "mass", _("one code for all")
        PERSONAL = "personal", _("many codes")

    class GoodFor(models.TextChoices):
        RECEIPT = "receipt", _("the receipt")
        ITEM = "item", _("an item")

    programme = models.ForeignKey(
        "loyalty.Programme",
        on_delete=models.PROTECT,
        related_name="coupon_series",
        verbose_name=_("programme"),
    )
    code = models.SlugField(
        _("code"), max_length=64, help_text=_("By this name campaigns know the series. It is never changed.")
    )
    name = models.CharField(_("name"), max_length=120)
    offer = models.CharField(
        _("what the coupon says"),
        max_length=200,
        blank=True,
        help_text=_("Printed on it, shown to its holder."),
    )
    kind = models.CharField(_("one or many"), max_length=8, choices=Kind, default=Kind.PERSONAL)
    good_for = models.CharField(_("good for"), max_length=7, choices=GoodFor, default=GoodFor.RECEIPT)
    uses_each = models.PositiveIntegerField(
        _("uses of a coupon"),
        null=True,
        blank=True,
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("How many purchases one code serves. Empty: any number."),
    )
    most_per_member = models.PositiveIntegerField(
        _("uses of a member"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("How many coupons of the series a member may use. Empty: any number."),
    )
    combinable = models.BooleanField(
        _("goes with other coupons"),
        default=True,
        help_text=_("Otherwise it is the only coupon of its receipt."),
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)
    days = models.PositiveSmallIntegerField(
        _("days from issue"),
        null=True,
        blank=True,
        help_text=_("A coupon issued today with 1 day is valid today and tomorrow."),
    )
    from_pool = models.BooleanField(
        _("codes wait until they are handed out"),
        default=False,
        help_text=_("Generated or imported codes count only once a member has been given one."),
    )
    prefix = models.CharField(
        _("codes begin with"),
        max_length=12,
        blank=True,
        help_text=_("Letters and digits, before the secret part."),
    )
    length = models.PositiveSmallIntegerField(
        _("characters after that"),
        default=12,
        validators=[MinValueValidator(codes.SHORTEST), MaxValueValidator(codes.LONGEST)],
        help_text=_("The last one checks the others for typing errors."),
    )
    active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    version = models.PositiveIntegerField(_("version"), default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("coupon series")
        verbose_name_plural = pgettext_lazy("several", "coupon series")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="series_code_in_programme"),
            # what a coupon's pair of series and programme refers to
            models.UniqueConstraint(fields=["id", "programme"], name="series_of_programme"),
            models.CheckConstraint(condition=Q(uses_each__gt=0), name="series_uses_each_positive"),
            models.CheckConstraint(condition=Q(most_per_member__gt=0), name="series_per_member_positive"),
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="series_opens_before_it_ends"
            ),
            models.CheckConstraint(
                condition=Q(length__gte=codes.SHORTEST, length__lte=codes.LONGEST),
                name="series_length_of_codes",
            ),
            models.CheckConstraint(
                condition=Q(kind="personal") | Q(kind="mass", from_pool=False, days=None),
                name="series_of_one_code_hands_out_none",
            ),
        )

    def __str__(self) -> str:
        return self.name


class SeriesTotal(models.Model):
    """How often coupons of a series were used, where there is a limit to it. The hottest row of coupons."""

    series = models.OneToOneField(
        Series, on_delete=models.CASCADE, primary_key=True, related_name="total", verbose_name=_("series")
    )
    uses = models.PositiveIntegerField(_("uses"), default=0)
    most = models.PositiveIntegerField(_("most uses"))

    class Meta:
        verbose_name = _("uses of a series")
        verbose_name_plural = _("uses of series")
        constraints = (
            models.CheckConstraint(condition=Q(uses__lte=F("most")), name="series_total_not_exceeded"),
            models.CheckConstraint(condition=Q(most__gt=0), name="series_total_positive"),
        )

    def __str__(self) -> str:
        return f"{self.uses}/{self.most}"


class SeriesMember(models.Model):
    """How often a member used coupons of a series, where there is a limit to it.

    ``most`` is the limit that was in force at the member's last use.
    """

    series = models.ForeignKey(
        Series, on_delete=models.CASCADE, related_name="members", db_index=False, verbose_name=_("series")
    )
    member = models.ForeignKey(
        "members.Member", on_delete=models.PROTECT, related_name="+", verbose_name=_("member")
    )
    uses = models.PositiveIntegerField(_("uses"), default=0)
    most = models.PositiveIntegerField(_("most uses"))

    class Meta:
        verbose_name = _("uses of a member")
        verbose_name_plural = _("uses of members")
        constraints = (
            models.UniqueConstraint(fields=["series", "member"], name="series_member_once"),
            models.CheckConstraint(condition=Q(uses__lte=F("most")), name="series_member_not_exceeded"),
            models.CheckConstraint(condition=Q(most__gt=0), name="series_member_positive"),
        )

    def __str__(self) -> str:
        return f"{self.uses}/{self.most}"
