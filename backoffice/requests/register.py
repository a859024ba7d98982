"""Requests for help, those that wait first, and what was said in each."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RangeDateTimeFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from backoffice import search
from backoffice.desk import Register
from backoffice.requests import answering
from messaging.models import HelpRequest

Status = HelpRequest.Status


@admin.register(HelpRequest)
class RequestRegister(Register):
    """What members ask for help with."""

    list_display = (
        "opened_at",
        "show_status",
        "member",
        "programme",
        "receipt",
        "taken_by",
        "rating",
        "changed_at",
    )
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("programme", RelatedDropdownFilter),
        ("opened_at", RangeDateTimeFilter),
    )
    list_select_related = ("member", "programme", "receipt", "taken_by")
    search_fields = ("receipt__number",)
    search_help_text = _("Phone, card, e-mail or name of the member")
    fields = (
        ("member", "programme", "status"),
        ("opened_at", "answered_at", "changed_at"),
        ("taken_by", "rating"),
        ("receipt", "position", "movement"),
        "show_said",
    )
    readonly_fields = ("show_said",)
    ordering = ("-changed_at",)
    actions_detail = ("answer",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[HelpRequest]:
        """Requests without the decisions of their receipts."""
        return super().get_queryset(request).defer("receipt__outcome", "receipt__shopper")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[HelpRequest], search_term: str
    ) -> tuple[QuerySet[HelpRequest], bool]:
        """Requests of the members that are found."""
        return search.by_member(queryset, "member", search_term), False

    def has_answer_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may answer members."""
        return bool(request.user.has_perm("messaging.change_helprequest"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """A closed request is only read."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        closed = HelpRequest.objects.filter(pk=object_id, status=Status.CLOSED).exists()
        return [] if closed else offered

    @action(description=_("Work on it"), permissions=("answer",), icon="reply", url_path="answer")
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of an answer; there it is taken in hand and closed, too."""
        return answering.answer(self, request, object_id)

    def get_urls(self) -> list[URLPattern]:
        """The pages, and the photos of requests."""
        photo = path(
            "<uuid:pk>/photo/<int:message>/",
            self.admin_site.admin_view(answering.show_photo),
            name="messaging_helprequest_photo",
        )
        return [photo, *super().get_urls()]

    @display(
        description=_("status"),
        ordering="status",
        label={Status.NEW: "danger", Status.IN_WORK: "warning", Status.ANSWERED: "success"},
    )
    def show_status(self, row: HelpRequest) -> tuple[str, str]:
        """How far it is."""
        return row.status, row.get_status_display()

    @display(description=_("what was said"))
    def show_said(self, row: HelpRequest) -> SafeString:
        """The conversation."""
        said = row.said.select_related("photo", "user").defer("photo__content").order_by("id")
        return mark_safe(render_to_string("backoffice/requests/said.html", {"row": row, "said": said}))
