"""Who pays for what campaigns give: the house itself, partners, and brands or suppliers."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from loyalty.models.programme import Partner, Programme

#: The code of the house, in every programme.
HOUSE = "house"


class Payer(models.Model):
    """Somebody who pays for what campaigns of a programme give. Campaigns name payers by their codes.

    Every programme has its house from the start (a trigger makes it with the programme), which pays wherever a
    campaign names nobody. Others are partners that take part, or brands and suppliers. A name is one whatever
    its capitals and blanks; the database holds that. Points that a payer pays for come from accounts of the kind
    ``budget`` (``Account.payer``). Written by ``loyalty.shops.payers`` alone.
    """

    class Kind(models.TextChoices):
        HOUSE = "house", _("the house")
        PARTNER = "partner", _("partner")
        BRAND = "brand", _("brand or supplier")

    programme = models.ForeignKey(
        Programme, on_delete=models.CASCADE, related_name="payers", verbose_name=_("programme")
    )
    code = models.SlugField(
        _("code"), max_length=32, help_text=_("By this name campaigns know the payer. It is never changed.")
    )
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind, default=Kind.BRAND)
    partner = models.ForeignKey(
        Partner,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="payers",
        verbose_name=_("partner"),
        help_text=_("Which partner it is, where it is one."),
    )

    class Meta:
        verbose_name = _("payer")
        verbose_name_plural = _("payers")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["programme", "code"], name="payer_code_in_programme"),
            models.UniqueConstraint(F("programme"), Lower("name"), name="payer_name_in_programme"),
            models.UniqueConstraint(
                fields=["programme", "partner"],
                condition=Q(partner__isnull=False),
                name="payer_one_per_partner",
            ),
            models.CheckConstraint(
                condition=Q(name__regex=r"^[^[:space:]]+( [^[:space:]]+)*$"), name="payer_name_normal"
            ),
            models.CheckConstraint(
                condition=Q(kind="house", code=HOUSE) | (~Q(kind="house") & ~Q(code=HOUSE)),
                name="payer_house_is_called_so",
            ),
            models.CheckConstraint(
                condition=Q(kind="partner", partner__isnull=False)
                | (~Q(kind="partner") & Q(partner__isnull=True)),
                name="payer_partner_of_partners_alone",
            ),
        )

    def __str__(self) -> str:
        return self.name
