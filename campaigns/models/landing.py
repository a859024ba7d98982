"""Pages that a campaign is told on, for whoever is not a member yet."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from campaigns.models.questionnaires import Questionnaire


class LandingPage(models.Model):
    """A page of one campaign with a picture and the way in. When it is shown follows the campaign's state and period.

    Its texts are the shop's own: nothing of a member.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.PROTECT, related_name="landing_pages", verbose_name=_("campaign")
    )
    code = models.SlugField(
        _("code"),
        max_length=40,
        unique=True,
        help_text=_("Stands in its address, and is where whoever joins here came from."),
    )
    title = models.CharField(_("title"), max_length=90)
    lead = models.CharField(
        _("lead"),
        max_length=200,
        blank=True,
        help_text=_("One or two sentences below the title; shared links show them too."),
    )
    text = models.TextField(
        _("text"),
        max_length=4000,
        blank=True,
        help_text=_("Plain text; an empty line begins a new paragraph."),
    )
    picture = models.ForeignKey(
        "loyalty.Picture",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("picture"),
    )
    picture_text = models.CharField(
        _("what the picture shows"), max_length=200, blank=True, help_text=_("For whoever cannot see it.")
    )
    button = models.CharField(_("text on the button"), max_length=40, blank=True)
    tells_rules = models.BooleanField(
        _("say what the campaign gives"),
        default=True,
        help_text=_("In the sentences that its definition makes: they change with it."),
    )
    form = models.ForeignKey(
        Questionnaire,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        limit_choices_to={"for_anyone": True},
        related_name="landing_pages",
        verbose_name=_("form"),
        help_text=_("A questionnaire for anybody: guests fill it in here, and take it along when they join."),
    )
    published = models.BooleanField(_("published"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("landing page")
        verbose_name_plural = _("landing pages")
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.title
