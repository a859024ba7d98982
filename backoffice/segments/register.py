"""Segments: the list, and the page of one with its members."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path, reverse
from django.utils.formats import localize
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from analytics.models import Segment, SegmentMember
from backoffice.desk import Desk
from backoffice.segments import files as segments_files
from backoffice.segments import membership as segments_members
from campaigns.models import Campaign

#: Where a definition names a segment; the code is bound as ``$code``.
_NAMED = (
    "$.**.segments[*] ? (@ == $code)",
    '$.** ? (@.condition == "segment").in[*] ? (@ == $code)',
    '$.** ? (@.condition == "event_data").is ? (@ == $code)',
)


@admin.register(Segment)
class SegmentDesk(Desk):
    """Segments."""

    list_display = ("name", "code", "show_programme", "kind", "show_size")
    list_filter = (("kind", ChoicesDropdownFilter), ("programme", RelatedDropdownFilter))
    list_select_related = ("programme",)
    search_fields = ("name", "code")
    autocomplete_fields = ("programme",)
    fixed = ("code", "show_programme")
    suggested = {"code": ("name",)}
    ordering = ("name",)
    actions_detail = ("load", "export")
    change_form_outer_after_template = "backoffice/segments/page.html"

    class Media:
        css = {"all": ("css/segments.css",)}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Segment]:
        """Segments with the number of their members."""
        counts = (
            SegmentMember.objects.filter(segment=OuterRef("pk"))
            .order_by()
            .values("segment")
            .annotate(size=Count("pk"))
        )
        size = Coalesce(Subquery(counts.values("size")), 0, output_field=IntegerField())
        return super().get_queryset(request).annotate(size=size)

    def get_fieldsets(self, request: HttpRequest, obj: Segment | None = None) -> Any:
        """The programme is chosen once, with the code."""
        programme = "programme" if obj is None else "show_programme"
        return ((None, {"fields": (("name", "code", programme), "description")}),)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A description is a line or two: the members come right below."""
        if db_field.name == "description":
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self) -> list[Any]:
        """The page's parts, beside the usual pages."""
        parts = {
            "<int:pk>/members/": (segments_members.show_members, "members"),
            "<int:pk>/candidates/": (segments_members.show_candidates, "candidates"),
            "<int:pk>/put-in/": (segments_members.put_in, "put_in"),
            "<int:pk>/take-out/": (segments_members.take_out, "take_out"),
            "file/<uuid:pk>/": (segments_files.show, "file"),
            "file/<uuid:pk>/apply/": (segments_files.apply, "file_apply"),
            "file/<uuid:pk>/missing/": (segments_files.send_missing, "file_missing"),
        }
        mine = [
            path(route, self.admin_site.admin_view(_of(self, view)), name=f"analytics_segment_{name}")
            for route, (view, name) in parts.items()
        ]
        return [*mine, *segments_files.urls(self), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with the members and the files that were loaded."""
        segment = kwargs.get("obj")
        if segment is not None:
            context |= segments_members.describe(self, request, segment)
            context["files"] = segments_files.newest(segment)
            context["campaigns"] = naming(segment)
        return super().render_change_form(request, context, *args, **kwargs)

    def response_add(self, request: HttpRequest, obj: Segment, post_url_continue: Any = None) -> HttpResponse:
        """A new segment is empty: go on to its page, where members are put in."""
        answer = super().response_add(request, obj, post_url_continue)
        if {"_popup", "_addanother", "_continue"} & set(request.POST):
            return answer
        return HttpResponseRedirect(reverse("admin:analytics_segment_change", args=[obj.pk]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what nobody is in and no campaign speaks of."""
        if obj is None or obj.memberships.exists() or naming(obj):
            return False
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def has_load_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may change who is in segments."""
        return bool(request.user.has_perm("analytics.change_segment"))

    def has_export_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Taking a whole list out is more than looking at it."""
        return bool(request.user.has_perm("backoffice.export_records"))

    @action(description=_("Load from a file"), permissions=("load",), icon="upload_file", url_path="load")
    def load(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form that takes a file of members."""
        return segments_files.load(self, request, object_id)

    @action(description=_("Download as a file"), permissions=("export",), icon="download", url_path="export")
    def export(self, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
        """The members as a CSV file, which can be loaded again."""
        return segments_members.export(self, request, object_id)

    @display(description=_("programme"), ordering="programme__name")
    def show_programme(self, segment: Segment) -> Any:
        """The programme, or that it is for all."""
        return segment.programme or _("all programmes")

    @display(description=_("members"), ordering="size")
    def show_size(self, segment: Any) -> str:
        """How many members are in it now."""
        return localize(segment.size, use_l10n=True)


def naming(segment: Segment) -> list[Campaign]:
    """Campaigns whose draft or any published version names the segment."""
    texts = (
        "SELECT campaigns_campaign.draft",
        "SELECT definition FROM campaigns_revision WHERE campaign_id = campaigns_campaign.id",
    )
    named = " OR ".join(f"jsonb_path_exists(d.text, '{path}', v.names)" for path in _NAMED)
    found = RawSQL(
        f"SELECT bool_or({named}) FROM ({' UNION ALL '.join(texts)}) AS d(text),"
        " (SELECT jsonb_build_object('code', %s::text)) AS v(names)",
        [segment.code],
    )
    return list(Campaign.objects.annotate(named=found).filter(named=True).order_by("name"))


def _of(desk: SegmentDesk, view: Any) -> Any:
    return lambda request, pk: view(desk, request, pk)
