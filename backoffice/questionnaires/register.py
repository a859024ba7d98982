"""Questionnaires: the list, what one is for and when, and opening and closing it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from backoffice.desk import Desk, lead_to_programmes
from backoffice.questionnaires import builder, results
from campaigns.models import AnswerSheet, Questionnaire
from campaigns.questionnaires import states
from foundation.refusals import Refusal
from loyalty.models import Programme

STATES = {"draft": "info", "open": "success", "closed": "danger"}


@admin.register(Questionnaire)
class QuestionnaireDesk(Desk):
    """Questionnaires."""

    list_display = ("name", "programme", "show_state", "show_period", "show_answers")
    list_filter = (("state", ChoicesDropdownFilter), ("programme", RelatedDropdownFilter))
    list_select_related = ("programme",)
    search_fields = ("name", "code")
    autocomplete_fields = ("programme", "segment")
    fixed = ("programme", "code")
    suggested = {"code": ("name",)}
    fieldsets = (
        (None, {"fields": (("name", "code", "programme"), "intro", "thanks")}),
        (gettext_lazy("Whom and when"), {"fields": ("segment", ("opens_at", "closes_at"), "for_anyone")}),
        (gettext_lazy("The bonus"), {"fields": ("occasion",)}),
    )
    actions_detail = ("questions", "results")
    change_form_outer_before_template = "backoffice/questionnaires/head.html"

    class Media:
        css = {"all": ("constructor/constructor.css", "css/questionnaires.css")}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Questionnaire]:
        """Questionnaires with the number of those who finished them."""
        done = AnswerSheet.objects.filter(questionnaire=OuterRef("pk"), finished_at__isnull=False)
        counts = done.order_by().values("questionnaire").annotate(size=Count("pk")).values("size")
        size = Coalesce(Subquery(counts), 0, output_field=IntegerField())
        return super().get_queryset(request).annotate(size=size)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A greeting and thanks are a line or two."""
        if db_field.name in ("intro", "thanks"):
            kwargs["widget"] = UnfoldAdminTextareaWidget(attrs={"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self) -> list[Any]:
        """The builder's and the results' pages, beside the usual ones."""
        parts = {
            "<int:pk>/questions/": (builder.edit, "builder"),
            "<int:pk>/preview/": (builder.preview, "preview"),
            "<int:pk>/move/<slug:verb>/": (require_POST(_move), "move"),
            "<int:pk>/results/": (results.show, "answers"),
            "<int:pk>/answers.csv": (results.export, "export"),
            "<int:pk>/photos/<uuid:photo_id>/": (results.photo, "photo"),
        }
        mine = [
            path(route, self.admin_site.admin_view(self._with(view)), name=f"campaigns_questionnaire_{name}")
            for route, (view, name) in parts.items()
        ]
        return [*mine, *super().get_urls()]

    def _with(self, view: Any) -> Any:
        return lambda request, pk, **named: view(request, self, self._find(request, pk), **named)

    def _find(self, request: HttpRequest, pk: int) -> Questionnaire:
        row = Questionnaire.objects.select_related("programme", "segment").filter(pk=pk).first()
        if row is None:
            raise Http404
        if not self.has_view_permission(request, row):
            raise PermissionDenied
        return row

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The form of a new one; it belongs to a programme."""
        if self.has_add_permission(request) and not Programme.objects.filter(active=True).exists():
            return lead_to_programmes(request)
        return super().add_view(request, form_url, extra_context)

    def response_add(
        self, request: HttpRequest, obj: Questionnaire, post_url_continue: Any = None
    ) -> HttpResponse:
        """A new one has no questions: go on to where they are written."""
        answer = super().response_add(request, obj, post_url_continue)
        if {"_popup", "_addanother", "_continue"} & set(request.POST):
            return answer
        return HttpResponseRedirect(page(obj, "builder"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The form, with how the questionnaire stands."""
        row = kwargs.get("obj")
        if row is not None:
            context |= builder.standing(request, self, row)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what nobody was ever asked."""
        if obj is None or obj.versions.exists():
            return False
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def has_results_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may see what people answered."""
        return results.may_see(request)

    @action(description=gettext_lazy("Questions"), icon="quiz", url_path="to-questions")
    def questions(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To the builder."""
        return HttpResponseRedirect(reverse("admin:campaigns_questionnaire_builder", args=[object_id]))

    @action(
        description=gettext_lazy("Results"), permissions=("results",), icon="bar_chart", url_path="to-results"
    )
    def results(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """To what was answered."""
        return HttpResponseRedirect(reverse("admin:campaigns_questionnaire_answers", args=[object_id]))

    @display(description=gettext_lazy("state"), label=STATES)
    def show_state(self, row: Questionnaire) -> tuple[str, str]:
        """The state in its colour."""
        return row.state, str(row.get_state_display())

    @display(description=gettext_lazy("period"))
    def show_period(self, row: Questionnaire) -> str:
        """From when until when."""
        ends = [
            date_format(timezone.localtime(end), "SHORT_DATETIME_FORMAT") if end else "…"
            for end in (row.opens_at, row.closes_at)
        ]
        return " – ".join(ends) if row.opens_at or row.closes_at else "–"

    @display(description=gettext_lazy("answered"), ordering="size")
    def show_answers(self, row: Any) -> str:
        """How many finished it."""
        return localize(row.size, use_l10n=True)


def page(row: Questionnaire, name: str) -> str:
    """The address of a page of a questionnaire."""
    return reverse(f"admin:campaigns_questionnaire_{name}", args=[row.pk])


def _move(request: HttpRequest, desk: QuestionnaireDesk, row: Questionnaire, verb: str) -> HttpResponse:
    """Open it, ask the changed questions, or close it."""
    if not desk.has_change_permission(request, row):
        raise PermissionDenied
    try:
        match verb:
            case "open":
                version = states.publish(row.pk, timezone.now())
                desk.log_change(request, row, f"open, version {version.number}")
                messages.success(request, _("The questionnaire is open."))
            case "close":
                states.close(row.pk)
                desk.log_change(request, row, "closed")
                messages.success(request, _("The questionnaire is closed. What was answered stays."))
            case _:
                raise Http404
    except Refusal as refusal:
        messages.error(request, " ".join(fault.detail for fault in refusal.faults) or refusal.detail)
        return HttpResponseRedirect(page(row, "builder"))
    back = "change" if request.POST.get("back") == "change" else "builder"
    return HttpResponseRedirect(page(row, back))
