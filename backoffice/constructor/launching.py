"""The last look before a launch: what goes live, what to mind, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pghistory
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from backoffice.constructor import views
from backoffice.constructor.fields import zone
from backoffice.constructor.gaps import mark
from backoffice.constructor.problems import by_place
from backoffice.constructor.versions import changes
from campaigns.desk import states, warnings
from campaigns.desk.names import Names
from campaigns.engine.definition import DefinitionError, parse
from campaigns.models import Campaign
from campaigns.words import sentence


def launch(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show what would be launched, or launch it: now, or at a moment."""
    views.require(request, "publish")
    campaign, now = views.find(object_id), timezone.now()
    names = Names(campaign.programme)
    names.learn_all(campaign.draft)
    cautions = warnings.check(campaign.draft, campaign, now, names)
    error = ""
    if request.method == "POST":
        error = _launch(request, campaign, now, cautions)
        if not error:
            return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
    newest = campaign.revisions.order_by("-number").first()
    state = states.state_of(campaign, now)
    context = desk.admin_site.each_context(request) | {
        "title": _("Launch: {campaign}").format(campaign=campaign.name),
        "opts": desk.opts,
        "original": campaign,
        "campaign": campaign,
        "state": state,
        "in_force": state in (states.State.LIVE, states.State.SCHEDULED),
        "changed": newest is None or (newest.definition, newest.name) != (campaign.draft, campaign.name),
        "sentences": [
            mark(text) for text in sentence.describe(campaign.draft, names, campaign.programme.currency)
        ],
        "problems": _problems(campaign.draft),
        "cautions": cautions,
        "grave": any(caution.grave for caution in cautions),
        "newest": newest,
        "changes": changes(newest.definition, campaign.draft, names) if newest else [],
        "begins": campaign.draft.get("when", {}).get("from"),
        "error": error,
        "wanted": request.POST.get("moment", ""),
        "at": request.POST.get("at", ""),
    }
    return TemplateResponse(request, "backoffice/constructor/launch.html", context)


def _problems(document: Any) -> list[str]:
    try:
        parse(document)
    except DefinitionError as error:
        return [text for texts in by_place(error.problems, document).values() for text in texts]
    return []


def _launch(request: HttpRequest, campaign: Campaign, now: datetime, cautions: list[warnings.Caution]) -> str:
    """Launch the campaign as the form says. Returns what is wrong, in words."""
    if any(caution.grave for caution in cautions):
        return _("This cannot be launched before what is named above is fixed.")
    with pghistory.context(user=request.user.pk, did="launch"):
        if request.POST.get("moment") == "later":
            try:
                at = datetime.fromisoformat(request.POST.get("at", ""))
            except ValueError:
                return _("Give the date and time of the launch.")
            _begin_at(campaign, at if at.tzinfo else at.replace(tzinfo=zone()))
        try:
            revision = states.launch(campaign, now, request.user.pk)
        except states.Impossible:
            return _("This cannot be done in the campaign’s present state.")
        except DefinitionError:
            return _("What is marked must be fixed first.")
    state = states.state_of(campaign, now)
    text = _("Revision {number} is launched: the campaign is {state}.")
    messages.success(request, text.format(number=revision.number, state=state.label))
    return ""


def _begin_at(campaign: Campaign, at: datetime) -> None:
    """Have the draft begin at a moment: the engine itself opens it then."""
    when = {**campaign.draft.get("when", {}), "from": at.isoformat()}
    campaign.draft = {**campaign.draft, "when": when}
    campaign.save(update_fields=["draft"])
