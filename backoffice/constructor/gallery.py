"""The gallery of ready mechanics and the house's own templates; each opens the constructor filled in."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from backoffice.constructor import views
from backoffice.constructor.bench import BLANK
from backoffice.constructor.forms import at
from campaigns import lifetimes
from campaigns.desk.names import Names
from campaigns.desk.ready.catalogue import MECHANICS, grouped
from campaigns.desk.ready.mechanic import Mechanic
from campaigns.models import Campaign, CampaignTemplate, Revision
from campaigns.words import sentence


def show(desk: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """A card for every ready mechanic and template, to begin a campaign with."""
    views.require(request, "add")
    programme = views.programme_of(request)
    own = CampaignTemplate.objects.filter(Q(programme=programme) | Q(programme=None))
    context = desk.admin_site.each_context(request) | {
        "title": _("New campaign"),
        "opts": desk.opts,
        "groups": list(grouped()),
        "templates": [(template, tell(template)) for template in own],
        "copies": list(Campaign.objects.filter(programme=programme, archived_at=None).order_by("name")[:100]),
        "new": reverse("admin:campaigns_campaign_new"),
    }
    return TemplateResponse(request, "backoffice/constructor/gallery.html", context)


def tell(template: CampaignTemplate) -> str:
    """What a template does, in one sentence."""
    names = Names(template.programme)
    names.learn_all(template.definition)
    return sentence.describe(
        template.definition, names, template.programme.currency if template.programme else ""
    )[0]


def tell_revision(revision: Revision) -> list[str]:
    """What a revision does, in sentences."""
    programme = revision.campaign.programme
    names = Names(programme)
    names.learn_all(revision.definition)
    return sentence.describe(revision.definition, names, programme.currency)


def tell_all(campaigns: list[Campaign]) -> list[Campaign]:
    """The campaigns, each with a ``sentence``: what its newest revision does, and when; its draft if there is none.

    Names are asked for once for all of them.
    """
    newest = Revision.objects.filter(campaign__in=campaigns).order_by("campaign_id", "-number")
    published = dict(newest.distinct("campaign_id").values_list("campaign_id", "definition"))
    names: dict[int, Names] = {}
    now = timezone.now()
    for campaign in campaigns:
        known = names.setdefault(campaign.programme_id, Names(campaign.programme))
        document = published.get(campaign.pk, campaign.draft)
        known.learn_all(document)
        told = sentence.describe(document, known, campaign.programme.currency)
        campaign.sentence = " ".join(told[:2])  # type: ignore[attr-defined]
        if campaign.status == Campaign.Status.LIVE:
            terms = lifetimes.terms_of(campaign.programme)
            campaign.caution = lifetimes.caution(document, terms, now)  # type: ignore[attr-defined]
    return campaigns


def begin(desk: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The constructor, filled in with what was chosen: a mechanic, a template, another campaign, or nothing."""
    document, name = _chosen(request)
    return views.begin(desk, request, copy.deepcopy(dict(document)), name)


def _chosen(request: HttpRequest) -> tuple[Mapping[str, Any], str]:
    asked = request.GET
    if key := asked.get("ready"):
        if key not in MECHANICS:
            raise Http404
        return fill_in(MECHANICS[key], asked.get("series", "")), str(MECHANICS[key].title)
    if number := asked.get("template"):
        template = CampaignTemplate.objects.filter(pk=number).first() if number.isdecimal() else None
        if template is None:
            raise Http404
        return template.definition, template.name
    if number := asked.get("copy"):
        campaign = Campaign.objects.filter(pk=number).first() if number.isdecimal() else None
        if campaign is None:
            raise Http404
        return campaign.draft, _("{campaign}, a copy").format(campaign=campaign.name)
    return BLANK, ""


def fill_in(mechanic: Mechanic, series: str) -> Mapping[str, Any]:
    """What a mechanic begins with, its place for a coupon series filled in where one is given."""
    document = mechanic.begin()
    for path in mechanic.asks if series else ():
        owner_path, _dot, name = path.rpartition(".")
        owner = at(document, owner_path)
        if name == "series" and isinstance(owner, dict):
            owner[name] = [series] if isinstance(owner[name], list) else series
    return document


class TemplateForm(forms.Form):
    """What a template is called, what it is for, and whether other programmes see it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, widget=UnfoldAdminTextInputWidget)
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    everywhere = forms.BooleanField(
        label=gettext_lazy("For all programmes"), required=False, widget=UnfoldBooleanSwitchWidget
    )


def keep(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Save a campaign's draft as the house's own template."""
    views.require(request, "change")
    campaign = views.find(object_id)
    form = TemplateForm(request.POST or None, initial={"name": campaign.name})
    if request.method == "POST" and form.is_valid():
        cleaned = form.cleaned_data
        CampaignTemplate.objects.create(
            programme=None if cleaned["everywhere"] else campaign.programme,
            name=cleaned["name"],
            description=cleaned["description"],
            definition=campaign.draft,
        )
        desk.message_user(request, _("The template is in the gallery of new campaigns."))
        return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
    context = desk.admin_site.each_context(request) | {
        "title": _("Save as a template: {campaign}").format(campaign=campaign.name),
        "opts": desk.opts,
        "original": campaign,
        "campaign": campaign,
        "form": form,
    }
    return TemplateResponse(request, "backoffice/constructor/template.html", context)
