"""Campaigns: the draft of a definition, its publication, and the revisions that are in force or were."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from backoffice.definition_field import TEMPLATE, DefinitionField, differences, problems_of, render
from backoffice.desk import Desk, Register
from campaigns import rulebooks
from campaigns.engine.definition import DefinitionError
from campaigns.models import Campaign, Revision

STATES = {
    Campaign.Status.DRAFT: "info",
    Campaign.Status.LIVE: "success",
    Campaign.Status.PAUSED: "warning",
    Campaign.Status.ENDED: "danger",
}

#: What may be done to a campaign, by its status, beside publishing it.
_STOPS: dict[str, tuple[str, ...]] = {
    Campaign.Status.LIVE: ("pause", "end"),
    Campaign.Status.PAUSED: ("end",),
}


class CampaignForm(forms.ModelForm):  # type: ignore[type-arg]
    """A campaign and the draft of its definition."""

    draft = DefinitionField(
        label=gettext_lazy("Definition"),
        initial=dict(TEMPLATE),
        help_text=gettext_lazy("What is saved here counts only once it is published."),
    )

    class Meta:
        model = Campaign
        fields = ("programme", "code", "name", "draft")


@admin.register(Campaign)
class CampaignDesk(Desk):
    """Campaigns."""

    form = CampaignForm
    list_display = ("name", "code", "programme", "show_status", "show_revision", "show_published")
    list_filter = (("status", ChoicesDropdownFilter), ("programme", RelatedDropdownFilter))
    list_select_related = ("programme",)
    search_fields = ("name", "code")
    autocomplete_fields = ("programme",)
    fixed = ("programme", "code", "status")
    suggested = {"code": ("name",)}
    ordering = ("name",)
    actions_submit_line = ("publish",)
    actions_detail = ("pause", "end")
    change_form_outer_after_template = "backoffice/campaign.html"

    def get_fieldsets(self, request: HttpRequest, obj: Campaign | None = None) -> Any:
        """The definition as a form, or as text for those who only look."""
        editable = obj is None or self.has_change_permission(request, obj)
        head: Any = ("name", "code") if obj is None else ("name", "code", "status")
        return (
            (None, {"fields": (head, "programme")}),
            (None, {"fields": ("draft" if editable else "show_draft",)}),
        )

    readonly_fields = ("show_draft",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """Campaigns with their newest revision."""
        newest = {"newest": Max("revisions__number"), "published": Max("revisions__published_at")}
        return super().get_queryset(request).annotate(**newest)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what was never published."""
        draft = obj is not None and obj.status == Campaign.Status.DRAFT and not obj.revisions.exists()
        return draft and admin.ModelAdmin.has_delete_permission(self, request, obj)

    def has_publish_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may put campaigns in force and stop them."""
        return bool(request.user.has_perm("backoffice.publish_campaigns"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Only what the campaign's status allows."""
        status = Campaign.objects.filter(pk=object_id).values_list("status", flat=True).first() or ""
        allowed = _STOPS.get(status, ())
        actions = super().get_actions_detail(request, object_id)
        return [one for one in actions if one.action_name.rpartition("_")[2] in allowed]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with the revisions and what each changed."""
        campaign = kwargs.get("obj")
        if campaign is not None:
            context["revisions"] = read_revisions(campaign)
        return super().render_change_form(request, context, *args, **kwargs)

    @action(description=gettext_lazy("Save and publish"), permissions=("publish",), icon="publish")
    def publish(self, request: HttpRequest, campaign: Campaign) -> None:
        """Put the draft in force from now on."""
        newest = campaign.revisions.order_by("-number").first()
        if newest and campaign.status == Campaign.Status.LIVE and (newest.definition, newest.name) == (
            campaign.draft, campaign.name,
        ):  # fmt: skip
            messages.info(
                request, _("Revision %(number)s says the same and is live.") % {"number": newest.number}
            )
            return
        try:
            revision = rulebooks.publish(campaign, timezone.now(), request.user.pk)
        except DefinitionError as error:
            for problem in problems_of(error):
                messages.error(request, problem)
            return
        messages.success(
            request, _("Published: revision %(number)s is live from now on.") % {"number": revision.number}
        )

    @action(
        description=gettext_lazy("Pause"),
        permissions=("publish",),
        icon="pause",
        dialog={
            "title": gettext_lazy("Pause the campaign?"),
            "description": gettext_lazy("It gives nothing until it is published again."),
            "form_class": BaseDialogForm,
            "form_submit_text": gettext_lazy("Pause"),
        },
    )
    def pause(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Take the campaign out of the rules for now."""
        return self._stop(request, object_id, Campaign.Status.PAUSED)

    @action(
        description=gettext_lazy("End"),
        permissions=("publish",),
        icon="stop",
        dialog={
            "title": gettext_lazy("End the campaign?"),
            "description": gettext_lazy("It gives nothing from now on. What it gave stays."),
            "form_class": BaseDialogForm,
            "form_submit_text": gettext_lazy("End"),
        },
    )
    def end(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Take the campaign out of the rules for good."""
        return self._stop(request, object_id, Campaign.Status.ENDED)

    def _stop(self, request: HttpRequest, object_id: str, status: Campaign.Status) -> HttpResponse:
        campaign = self.get_object(request, object_id)
        if campaign is None:
            raise Http404
        if campaign.status in (Campaign.Status.LIVE, Campaign.Status.PAUSED):
            rulebooks.stop(campaign, timezone.now(), status)
            messages.success(
                request, _("The campaign is %(status)s.") % {"status": campaign.get_status_display()}
            )
        address = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
        return HttpResponse(headers={"HX-Redirect": address})

    @display(description=gettext_lazy("definition"))
    def show_draft(self, campaign: Campaign) -> str:
        """The draft as text."""
        return _preformat(campaign.draft)

    @display(description=gettext_lazy("status"), ordering="status", label=STATES)
    def show_status(self, campaign: Campaign) -> tuple[str, str]:
        """The status in its colour."""
        return campaign.status, campaign.get_status_display()

    @display(description=gettext_lazy("revision"), ordering="newest")
    def show_revision(self, campaign: Campaign) -> str:
        """The newest revision's number."""
        newest = campaign.newest  # type: ignore[attr-defined]
        return f"r{newest}" if newest else "–"

    @display(description=gettext_lazy("published"), ordering="published")
    def show_published(self, campaign: Campaign) -> Any:
        """When the newest revision was published."""
        return campaign.published  # type: ignore[attr-defined]


def _preformat(definition: Any) -> str:
    return format_html('<pre class="regulars-pre">{}</pre>', render(definition))


def read_revisions(campaign: Campaign) -> list[dict[str, Any]]:
    """The campaign's revisions, the newest first, each with what it changed from the one before."""
    rows = list(campaign.revisions.select_related("published_by").order_by("number"))
    told = []
    for before, row in zip([None, *rows], rows, strict=False):
        changes = differences(before.definition, row.definition) if before else [_("The first one.")]
        told.append(
            {"revision": row, "changes": changes or [_("The same again.")], "text": render(row.definition)}
        )
    return told[::-1]


@admin.register(Revision)
class RevisionRegister(Register):
    """Published definitions of all campaigns."""

    list_display = ("name", "number", "campaign", "published_at", "published_by")
    list_filter = (("campaign", AutocompleteSelectFilter),)
    list_select_related = ("campaign", "published_by")
    search_fields = ("name",)
    fields = (("campaign", "number"), ("name", "published_at", "published_by"), "show_definition")
    readonly_fields = ("show_definition",)
    ordering = ("-id",)

    @display(description=gettext_lazy("definition"))
    def show_definition(self, revision: Revision) -> str:
        """The definition as text."""
        return _preformat(revision.definition)
