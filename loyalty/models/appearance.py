"""How a programme shows itself: its texts, colours, logo and address, and the pictures of its pages."""

from __future__ import annotations

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loyalty.models.programme import Programme

HEX = r"^#[0-9a-f]{6}$"
DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"
_colour = RegexValidator(HEX, _("Write the colour like #1d5c4a."))


class Picture(models.Model):
    """A picture that anybody may see, known by the SHA-256 of its content. Never changed; drawn here, from pixels.

    It shows a programme and is chosen by the staff: nothing of a member.
    """

    digest = models.CharField(max_length=64, primary_key=True)
    mime = models.CharField(max_length=16)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        default_permissions = ()
        triggers = (pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"


class Appearance(models.Model):
    """What members and guests see of a programme beside its rules. A programme without one looks as Regulars does."""

    programme = models.OneToOneField(
        Programme, on_delete=models.CASCADE, related_name="appearance", verbose_name=_("programme")
    )
    slogan = models.CharField(
        _("slogan"), max_length=160, blank=True, help_text=_("One sentence: what the programme is for.")
    )
    about = models.TextField(
        _("about the programme"),
        max_length=4000,
        blank=True,
        help_text=_("Plain text; an empty line begins a new paragraph."),
    )
    colour = models.CharField(
        _("colour"), max_length=7, blank=True, validators=[_colour], help_text=_("As #1d5c4a.")
    )
    accent = models.CharField(
        _("second colour"),
        max_length=7,
        blank=True,
        validators=[_colour],
        help_text=_(
            "The card goes from the first colour to this one. Empty: to a darker shade of the first."
        ),
    )
    logo = models.ForeignKey(
        Picture, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("logo")
    )
    #: The logo on a square of the programme's colour: on the screen of a phone, among its other apps.
    icon = models.ForeignKey(
        Picture, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    small_icon = models.ForeignKey(
        Picture, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    public = models.BooleanField(
        _("public site"),
        default=True,
        help_text=_("Guests see the programme, its rules, stores and campaigns without logging in."),
    )
    domain = models.CharField(
        _("domain"),
        max_length=253,
        null=True,
        blank=True,
        unique=True,
        error_messages={"unique": _("Another programme has this domain.")},
        help_text=_("Of the programme alone, like club.example.com; it must lead to this server."),
    )

    class Meta:
        verbose_name = _("appearance")
        verbose_name_plural = _("appearances")
        ordering = ("programme",)
        constraints = (
            models.CheckConstraint(
                condition=Q(colour="") | Q(colour__regex=HEX), name="appearance_colour_is_one"
            ),
            models.CheckConstraint(
                condition=Q(accent="") | Q(accent__regex=HEX), name="appearance_accent_is_one"
            ),
            models.CheckConstraint(
                condition=Q(domain__isnull=True) | Q(domain__regex=DOMAIN), name="appearance_domain_is_one"
            ),
        )

    def __str__(self) -> str:
        return str(self.programme)
