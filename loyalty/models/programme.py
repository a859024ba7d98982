"""The programme and who takes part in it: partners, their stores and tills."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from loyalty import zones
from loyalty.models.place import FORGET_STATES, keeps
from loyalty.rules import hours
from members.lookup import countries

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def validate_zone(name: str) -> None:
    """Refuse a time zone that is neither UTC nor Area/City. Migrations know it by this name."""
    zones.validate(name)


def validate_hours(text: str) -> None:
    """Refuse hours that nobody could read. Migrations know it by this name."""
    try:
        hours.parse(text)
    except hours.Unreadable as error:
        told = _("“%(part)s” says no hours: write them like Mo-Fr 08:00-20:00; Sa 09:00-18:00; Su off.")
        raise ValidationError(told, code="unreadable", params={"part": error.args[0]}) from error


COUNTRY_HELP = _("Two letters, like RU or US: by its rules phones without a plus are read.")


#: Every programme has somebody who pays where a campaign names nobody (``loyalty.models.payer``).
MAKE_HOUSE = pgtrigger.Trigger(
    name="makes_house",
    level=pgtrigger.Row,
    when=pgtrigger.After,
    operation=pgtrigger.Insert,
    func="""
INSERT INTO loyalty_payer (programme_id, code, name, kind)
VALUES (NEW.id, 'house', COALESCE(NULLIF(btrim(regexp_replace(NEW.name, '[[:space:]]+', ' ', 'g')), ''), NEW.code),
        'house');
RETURN NULL;
""",
)


def one_year() -> dict[str, Any]:
    """The default expiry policy of a programme: after one year."""
    return {"kind": "after", "years": 1}


def _most(label: StrOrPromise) -> models.DecimalField:
    """A column with the most points that may be sent; empty: no limit."""
    return models.DecimalField(
        label,
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01"), _("Give a number that is above zero."))],
        help_text=_("Empty: no limit."),
    )


class Programme(models.Model):
    """A loyalty programme: what a point is worth, how long it lives, how it is spent and returned."""

    class Rounding(models.TextChoices):
        HALF_UP = "half_up", _("half up")
        HALF_EVEN = "half_even", _("half to even")
        DOWN = "down", _("down")
        UP = "up", _("up")

    class EarnOn(models.TextChoices):
        AFTER = "after", _("what is paid in money")
        BEFORE = "before", _("the amount before points are spent")

    class DebtPolicy(models.TextChoices):
        DEBT = "debt", _("becomes a debt, repaid from the next points")
        FORGIVE = "forgive", _("is forgiven")

    class ConfirmWhom(models.TextChoices):
        EVERYONE = "everyone", _("everybody, whatever they show")
        UNPROVEN = "unproven", _("who does not show the changing code of their card")

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=120)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[countries.validate],
        help_text=COUNTRY_HELP,
    )
    point_value = models.DecimalField(
        _("value of a point"),
        max_digits=10,
        decimal_places=4,
        default=Decimal(1),
        help_text=_("Money that one point pays at the till."),
    )
    point_decimals = models.PositiveSmallIntegerField(_("decimals of a point"), default=2)
    rounding = models.CharField(_("rounding"), max_length=9, choices=Rounding, default=Rounding.HALF_UP)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    expiry = models.JSONField(_("expiry of points"), default=one_year)
    activation_days = models.PositiveSmallIntegerField(
        _("points become active after, days"),
        default=0,
        help_text=_(
            "A return window of 14 days closes with its last day: give 15 to have points wait for it."
        ),
    )
    spending = models.JSONField(_("spending rules"), default=dict, blank=True)
    earn_on = models.CharField(_("points are earned on"), max_length=6, choices=EarnOn, default=EarnOn.AFTER)
    debt_policy = models.CharField(
        _("returned points that were already spent"),
        max_length=7,
        choices=DebtPolicy,
        default=DebtPolicy.DEBT,
    )
    return_days = models.PositiveSmallIntegerField(_("return window, days"), default=14)
    grace_days = models.PositiveSmallIntegerField(
        _("life of restored points that had expired, days"), default=14
    )
    hold_minutes = models.PositiveIntegerField(_("a held purchase lapses after, minutes"), default=60 * 24)
    inactivity_days = models.PositiveSmallIntegerField(
        _("all points expire without a purchase for, days"), null=True, blank=True
    )
    confirm_above = models.DecimalField(
        _("ask for a code to spend more points than"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0, _("Give a number that is not below zero."))],
    )
    confirm_whom = models.CharField(
        _("who is asked for that code"),
        max_length=8,
        choices=ConfirmWhom,
        default=ConfirmWhom.EVERYONE,
        db_default=ConfirmWhom.EVERYONE,
        help_text=_(
            "The code on the screen proves who is there. A card's number, a phone or a name may be known to others."
        ),
    )
    birthday_days = models.PositiveSmallIntegerField(
        _("a new birthday is rewarded after, days"),
        default=14,
        db_default=14,
        help_text=_("From the day it was entered or changed. One given at registration counts at once."),
    )
    leaving_days = models.PositiveSmallIntegerField(
        _("members who leave can come back for, days"),
        default=14,
        db_default=14,
        help_text=_("Then everything that names them is erased. 0: within the hour."),
    )
    transfers = models.BooleanField(
        _("members may send points to each other"), default=False, db_default=False
    )
    transfer_least = models.DecimalField(
        _("at least so many points at once"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(1),
        db_default=Decimal(1),
        validators=[MinValueValidator(Decimal("0.01"), _("Give a number that is above zero."))],
    )
    transfer_most = _most(_("at most so many points at once"))
    transfer_most_day = _most(_("at most so many points a day"))
    transfer_most_month = _most(_("at most so many points a month"))
    transfer_fee_percent = models.DecimalField(
        _("fee, % of the points sent"),
        max_digits=5,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        validators=[
            MinValueValidator(0, _("Give a number that is not below zero.")),
            MaxValueValidator(100, _("Give a number that is not above a hundred.")),
        ],
        help_text=_("It goes on top: who sends 100 at 5% gives 105, and 100 arrive."),
    )
    transfer_fee_points = models.DecimalField(
        _("fee, points each time"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(0),
        db_default=Decimal(0),
        validators=[MinValueValidator(0, _("Give a number that is not below zero."))],
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("programme")
        verbose_name_plural = _("programmes")
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(condition=Q(point_value__gt=0), name="programme_point_value_positive"),
            models.CheckConstraint(
                condition=Q(point_decimals__lte=2), name="programme_point_decimals_0_to_2"
            ),
            models.CheckConstraint(
                condition=Q(confirm_above__gte=0), name="programme_confirm_above_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(confirm_whom__in=["everyone", "unproven"]), name="programme_confirm_whom_known"
            ),
            models.CheckConstraint(
                condition=Q(transfer_least__gt=0), name="programme_transfer_least_positive"
            ),
            models.CheckConstraint(
                condition=Q(transfer_most__gte=F("transfer_least"))
                & Q(transfer_most_day__gte=F("transfer_least"))
                & Q(transfer_most_month__gte=F("transfer_least")),
                name="programme_transfer_room",
                violation_error_message=_(
                    "Nobody could send anything: a limit lies below the least that may be sent."
                ),
            ),
            models.CheckConstraint(
                condition=Q(
                    transfer_fee_percent__gte=0, transfer_fee_percent__lte=100, transfer_fee_points__gte=0
                ),
                name="programme_transfer_fee_in_range",
            ),
        )
        triggers = (
            keeps(
                "SELECT s.id FROM loyalty_store s JOIN loyalty_participation x ON x.partner_id = s.partner_id"
                " WHERE x.programme_id = NEW.id",
                pgtrigger.UpdateOf("active", "time_zone"),
            ),
            MAKE_HOUSE,
        )

    def __str__(self) -> str:
        return self.name


class Partner(models.Model):
    """A company whose stores take part in programmes: a chain, a franchisee, a tenant."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[countries.validate],
        help_text=_("Two letters, like RU or US, where it is not that of the programme."),
    )
    programmes: Any = models.ManyToManyField(
        Programme, through="Participation", related_name="partners", verbose_name=_("programmes")
    )

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ("name",)
        triggers = (
            keeps("SELECT id FROM loyalty_store WHERE partner_id = NEW.id", pgtrigger.UpdateOf("code")),
        )

    def __str__(self) -> str:
        return self.name


class Participation(models.Model):
    """A partner in a programme. A receipt belongs to the first programme, by priority, whose conditions it meets."""

    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="participations")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="participations")
    priority = models.PositiveSmallIntegerField(_("priority"), default=100, help_text=_("Lowest goes first."))
    card_kind = models.ForeignKey(
        "members.CardKind",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("for holders of card type"),
    )
    product_set = models.ForeignKey(
        "loyalty.ProductSet",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("for receipts with products of"),
    )

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ("priority", "id")
        constraints = (models.UniqueConstraint(fields=["partner", "programme"], name="participation_once"),)
        triggers = (
            keeps("SELECT id FROM loyalty_store WHERE partner_id IN (OLD.partner_id, NEW.partner_id)"),
        )

    def __str__(self) -> str:
        return f"{self.partner} · {self.programme}"


class StoreGroup(models.Model):
    """Stores that campaigns speak of together: a region, a format, a network."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("store group")
        verbose_name_plural = _("store groups")
        ordering = ("name",)
        triggers = (
            keeps(
                "SELECT store_id FROM loyalty_store_groups WHERE storegroup_id = NEW.id",
                pgtrigger.UpdateOf("code"),
            ),
        )

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    """A shop, a web shop, a desk: where receipts are made."""

    code = models.SlugField(_("code"), max_length=32, unique=True)
    name = models.CharField(_("name"), max_length=120)
    partner = models.ForeignKey(
        Partner, on_delete=models.PROTECT, related_name="stores", verbose_name=_("partner")
    )
    groups = models.ManyToManyField(
        StoreGroup, blank=True, related_name="stores", verbose_name=_("store groups")
    )
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_zone])
    address = models.CharField(_("address"), max_length=200, blank=True)
    town = models.CharField(
        _("town"),
        max_length=80,
        blank=True,
        default="",
        db_default="",
        help_text=_("Members look for stores by it."),
    )
    hours = models.CharField(
        _("opening hours"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        validators=[validate_hours],
        help_text=_("Like Mo-Fr 08:00-20:00; Sa 09:00-18:00; Su off, or 24/7."),
    )
    latitude = models.DecimalField(
        _("latitude"),
        max_digits=8,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
        help_text=_("Degrees north; with both, members see how far it is."),
    )
    longitude = models.DecimalField(
        _("longitude"),
        max_digits=9,
        decimal_places=6,
        null=True,
        blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
        help_text=_("Degrees east; west of Greenwich below zero."),
    )
    country = models.CharField(
        _("country"),
        max_length=2,
        blank=True,
        default="",
        db_default="",
        validators=[countries.validate],
        help_text=_("Two letters, like RU or US, where it is not that of the partner."),
    )
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("store")
        verbose_name_plural = _("stores")
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(
                    latitude__isnull=False,
                    longitude__isnull=False,
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                ),
                name="store_place_is_whole",
            ),
        )
        triggers = (keeps("NEW.id", pgtrigger.Insert | pgtrigger.Update), FORGET_STATES)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse half a place; the hours get their one form."""
        if (self.latitude is None) != (self.longitude is None):
            lacking = "latitude" if self.latitude is None else "longitude"
            raise ValidationError({lacking: _("Give both latitude and longitude, or neither.")})
        with suppress(hours.Unreadable):  # said by the field
            self.hours = hours.write(hours.parse(self.hours)) if self.hours else ""


class StoreInGroup(Store.groups.through):  # type: ignore[misc, name-defined]
    """That a store is in a group."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = (keeps("COALESCE(NEW.store_id, OLD.store_id)"),)


class Till(models.Model):
    """A till of a store, known by its code within the store."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="tills", verbose_name=_("store"))
    code = models.CharField(_("code"), max_length=32)
    name = models.CharField(_("name"), max_length=120, blank=True)
    active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("till")
        verbose_name_plural = _("tills")
        ordering = ("store", "code")
        constraints = (models.UniqueConstraint(fields=["store", "code"], name="till_code_in_store"),)
        triggers = (keeps("COALESCE(NEW.store_id, OLD.store_id)"),)

    def __str__(self) -> str:
        return f"{self.store} / {self.name or self.code}"


class Seat(models.Model):
    """A store in which a user may stand at the till. A user without any may stand in none."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seats", verbose_name=_("user")
    )
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="seats", verbose_name=_("store"))

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ("user", "store")
        constraints = (models.UniqueConstraint(fields=["user", "store"], name="seat_once"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.store}"
