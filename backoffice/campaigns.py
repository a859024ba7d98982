"""Campaigns: their list, the constructor that writes them, and the revisions that are in force or were."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from backoffice.constructor import calendar_page, gallery, launching, versions, views
from backoffice.constructor.json_text import render
from backoffice.desk import Desk, Register, lead_to_programmes
from campaigns.desk import states
from campaigns.desk.states import State
from campaigns.models import Campaign, CampaignTemplate, Revision
from loyalty.models import Programme

STATES = {
    State.DRAFT: "info",
    State.REVIEW: "primary",
    State.SCHEDULED: "primary",
    State.LIVE: "success",
    State.PAUSED: "warning",
    State.ENDED: "danger",
    State.ARCHIVED: "danger",
}


class StateFilter(DropdownFilter):  # type: ignore[misc]
    """Campaigns by what they are now. The archive is shown only when it is asked for."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every state."""
        return list(State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> QuerySet[Campaign]:
        """Those of the chosen state."""
        wanted: Any = queryset
        return wanted.filter(state=self.value()) if self.value() else wanted.exclude(state=State.ARCHIVED)


@admin.register(Campaign)
class CampaignDesk(Desk):
    """Campaigns."""

    list_display = ("show_name", "programme", "show_state", "show_published")
    list_filter = (StateFilter, ("programme", RelatedDropdownFilter))
    list_select_related = ("programme",)
    search_fields = ("name", "code")
    ordering = ("name",)
    actions = ("hide_from_guests", "show_to_guests")

    def get_urls(self) -> list[Any]:
        """The constructor's pages, before those of the admin."""
        wrap = self.admin_site.admin_view

        def page(view: Any) -> Any:
            return wrap(lambda request, **kwargs: view(self, request, **kwargs))

        own = [
            path("new/", page(gallery.begin), name="campaigns_campaign_new"),
            path("calendar/", page(calendar_page.show), name="campaigns_campaign_calendar"),
            path("search/", wrap(views.search), name="campaigns_campaign_search"),
            path("make/<slug:source>/", wrap(views.make), name="campaigns_campaign_make"),
            path("thing/", wrap(views.visit), name="campaigns_campaign_thing"),
            path("<path:object_id>/launch/", page(launching.launch), name="campaigns_campaign_launch"),
            path("<path:object_id>/versions/", page(versions.show), name="campaigns_campaign_versions"),
            path("<path:object_id>/standing/", wrap(views.stand), name="campaigns_campaign_standing"),
            path("<path:object_id>/template/", page(gallery.keep), name="campaigns_campaign_template"),
            path("<path:object_id>/move/<slug:verb>/", wrap(views.move), name="campaigns_campaign_move"),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The gallery of ready mechanics."""
        if self.has_add_permission(request) and not Programme.objects.filter(active=True).exists():
            return lead_to_programmes(request)
        return gallery.show(self, request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The constructor."""
        return views.edit(self, request, object_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        """Campaigns with their state and newest revision."""
        newest = {"newest": Max("revisions__number"), "published": Max("revisions__published_at")}
        return states.annotate(super().get_queryset(request), timezone.now()).annotate(**newest)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The programme is named where there are several."""
        several = Programme.objects.count() > 1
        return tuple(name for name in self.list_display if several or name != "programme")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; each campaign on its page knows what it does, in a sentence."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = gallery.tell_all(list(changelist.result_list))
        return changelist

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what was never published."""
        draft = obj is not None and obj.status == Campaign.Status.DRAFT and not obj.revisions.exists()
        return draft and admin.ModelAdmin.has_delete_permission(self, request, obj)

    @action(description=_("Hide from the public site"), permissions=("change",))
    def hide_from_guests(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        """Guests read of the chosen campaigns no more."""
        self._list(request, queryset, False)

    @action(description=_("Show on the public site"), permissions=("change",))
    def show_to_guests(self, request: HttpRequest, queryset: QuerySet[Campaign]) -> None:
        """Guests read of the chosen campaigns, as far as anybody may know them."""
        self._list(request, queryset, True)

    def _list(self, request: HttpRequest, queryset: QuerySet[Campaign], listed: bool) -> None:
        chosen = [campaign.pk for campaign in queryset]
        Campaign.objects.filter(pk__in=chosen).update(listed=listed)
        messages.success(request, _("Saved."))

    @display(description=_("name"), ordering="name")
    def show_name(self, campaign: Campaign) -> str:
        """The name, and below it what the campaign does."""
        caution: str = getattr(campaign, "caution", "")
        return format_html(
            '<span class="regulars-strong">{}</span><span class="regulars-told">{}</span>{}',
            campaign.name,
            getattr(campaign, "sentence", ""),
            format_html('<span class="regulars-caution">{}</span>', caution) if caution else "",
        )

    @display(description=_("state"), label=STATES)
    def show_state(self, campaign: Campaign) -> tuple[str, str]:
        """The state in its colour."""
        state = State(campaign.state)  # type: ignore[attr-defined]
        return state.value, str(state.label)

    @display(description=_("published"), ordering="published")
    def show_published(self, campaign: Campaign) -> Any:
        """When the newest revision was published."""
        return campaign.published  # type: ignore[attr-defined]


@admin.register(CampaignTemplate)
class TemplateDesk(Desk):
    """The house's own ready mechanics: they are made in the constructor, and named here."""

    list_display = ("name", "programme", "show_sentence")
    list_filter = (("programme", RelatedDropdownFilter),)
    list_select_related = ("programme",)
    search_fields = ("name", "description")
    autocomplete_fields = ("programme",)
    fields = (("name", "programme"), "description", "show_sentence")
    readonly_fields = ("show_sentence",)
    deletable = True

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Templates are saved from a campaign."""
        return False

    @display(description=_("what it does"))
    def show_sentence(self, template: CampaignTemplate) -> str:
        """The definition in words."""
        return gallery.tell(template)


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

    @display(description=_("what it does"))
    def show_definition(self, revision: Revision) -> str:
        """The definition in words, and, when it is unfolded, as JSON."""
        return format_html(
            '{}<details><summary class="regulars-link">{}</summary><pre class="regulars-pre">{}</pre></details>',
            format_html_join("", "<p>{}</p>", ((text,) for text in gallery.tell_revision(revision))),
            _("Show as JSON"),
            render(revision.definition),
        )
