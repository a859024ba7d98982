"""Backtests: asked for with a form, watched while they run, read, and laid side by side."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from backoffice.backtests import comparison as backtest_comparison
from backoffice.backtests import page as backtest_page
from backoffice.backtests import words as backtest_words
from backoffice.backtests.form import BacktestForm
from backoffice.desk import Desk, lead_to_programmes
from campaigns.backtest import running, tasks
from campaigns.models import Backtest
from foundation.sending import send

STATES = {
    Backtest.Status.QUEUED: "info",
    Backtest.Status.RUNNING: "warning",
    Backtest.Status.DONE: "success",
    Backtest.Status.STOPPED: "info",
    Backtest.Status.FAILED: "danger",
}
#: Results that fit side by side on a page.
MOST_COMPARED = 6


@admin.register(Backtest)
class BacktestDesk(Desk):
    """Backtests."""

    list_display = (
        "name", "show_status", "show_period", "show_cost", "show_share", "show_members", "asked_by", "asked_at",
    )  # fmt: skip
    list_filter = (("status", ChoicesDropdownFilter), ("programme", RelatedDropdownFilter))
    list_select_related = ("asked_by", "programme")
    search_fields = ("name",)
    actions = ("compare",)
    deletable = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: what was tried and found stays as it is."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only of one that is over."""
        return (obj is None or obj.is_over) and super().has_delete_permission(request, obj)

    def get_urls(self) -> list[URLPattern]:
        """The pages of a list, and those of a backtest that runs."""
        view = self.admin_site.admin_view
        return [
            path("compare/", view(self.answer_compare), name="campaigns_backtest_compare"),
            path("<int:pk>/progress/", view(self.answer_progress), name="campaigns_backtest_progress"),
            path("<int:pk>/stop/", view(require_POST(self.answer_stop)), name="campaigns_backtest_stop"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; those whose worker is gone are noted before it is shown."""
        running.give_up_silent(timezone.now())
        return super().changelist_view(request, extra_context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, filled in from ``?campaigns=ID,ID``, or from another backtest with ``?again=ID``."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = BacktestForm(request.GET, request.POST or None)
        if form.programme.pk is None:
            return lead_to_programmes(request)
        if request.method == "POST" and form.is_valid():
            found = form.ask(request.user.pk)
            if found is not None:
                transaction.on_commit(partial(send, tasks.run_backtests))
                return HttpResponseRedirect(_page(found.pk))
        context = self.admin_site.each_context(request) | {
            "title": _("Try campaigns on past receipts"),
            "opts": self.opts,
            "form": form,
            "list": reverse("admin:campaigns_backtest_changelist"),
        }
        return TemplateResponse(request, "backoffice/backtest/ask.html", context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """How far it is, or what came out."""
        running.give_up_silent(timezone.now())
        backtest = self._find(request, object_id)
        context = self.admin_site.each_context(request) | {
            "title": backtest.name,
            "opts": self.opts,
            "original": backtest,
            "seconds": backtest_words.duration_of(backtest),
            "may_ask": self.has_add_permission(request),
            "page": backtest_page.read(backtest, names=request.user.has_perm("members.view_member")),
            **self._progress(request, backtest),
        }
        return TemplateResponse(request, "backoffice/backtest/page.html", context)

    def answer_progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for a page that asks again and again; once it is over, the whole page is shown anew."""
        running.give_up_silent(timezone.now())
        backtest = self._find(request, pk)
        if backtest.is_over:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return TemplateResponse(
            request, "backoffice/backtest/progress.html", self._progress(request, backtest)
        )

    def answer_stop(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Stop it."""
        backtest = self._find(request, pk)
        if not self.has_add_permission(request):
            raise PermissionDenied
        if not backtest.is_over:
            running.stop(backtest.pk, timezone.now())
            messages.info(request, _("It stops within a second."))
        return HttpResponseRedirect(_page(backtest.pk))

    def answer_compare(self, request: HttpRequest) -> HttpResponse:
        """Some results side by side: ``?ids=1,2``."""
        wanted = [int(text) for text in request.GET.get("ids", "").split(",") if text.isdecimal()]
        found = self.get_queryset(request).filter(pk__in=wanted[:MOST_COMPARED], result__isnull=False)
        if not self.has_view_permission(request):
            raise PermissionDenied
        backtests = sorted(found, key=lambda one: wanted.index(one.pk))
        context = self.admin_site.each_context(request) | {
            "title": _("Backtests side by side"),
            "opts": self.opts,
            "comparison": backtest_comparison.compare(backtests),
            "list": reverse("admin:campaigns_backtest_changelist"),
        }
        return TemplateResponse(request, "backoffice/backtest/compare.html", context)

    @action(description=gettext_lazy("Compare side by side"))
    def compare(self, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        """Lay the chosen ones side by side."""
        chosen = list(queryset.filter(status=Backtest.Status.DONE).values_list("pk", flat=True))
        if len(chosen) < 2:
            messages.error(request, _("Choose at least two backtests that are done."))
            return None
        if len(chosen) > MOST_COMPARED:
            said = ngettext(
                "Choose at most %(n)s backtest.", "Choose at most %(n)s backtests.", MOST_COMPARED
            )
            messages.error(request, said % {"n": MOST_COMPARED})
            return None
        ids = ",".join(map(str, sorted(chosen)))
        return HttpResponseRedirect(reverse("admin:campaigns_backtest_compare") + f"?ids={ids}")

    def _find(self, request: HttpRequest, pk: Any) -> Backtest:
        found = self.get_object(request, str(pk))
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        return found

    def _progress(self, request: HttpRequest, backtest: Backtest) -> dict[str, Any]:
        waiting = 0
        if backtest.status == Backtest.Status.QUEUED:
            before = Backtest.objects.filter(status__in=[Backtest.Status.QUEUED, Backtest.Status.RUNNING])
            waiting = before.filter(pk__lt=backtest.pk).count()
        return {
            "backtest": backtest,
            "before": waiting,
            "left": backtest_words.time_left(backtest, timezone.now()),
            "may_stop": self.has_add_permission(request),
        }

    @display(description=gettext_lazy("status"), label=STATES, ordering="status")
    def show_status(self, backtest: Backtest) -> tuple[str, str]:
        """The status, and how far it is while it runs."""
        told = str(backtest.get_status_display())
        if backtest.status == Backtest.Status.RUNNING:
            told += f" {backtest.share}%"
        return backtest.status, told

    @display(description=gettext_lazy("period"), ordering="begins")
    def show_period(self, backtest: Backtest) -> str:
        """From when to when."""
        return backtest_words.period(backtest.begins, backtest.ends)

    @display(description=gettext_lazy("would have cost"))
    def show_cost(self, backtest: Backtest) -> str:
        """Points at their value, and discounts."""
        return backtest_words.cost(backtest)

    @display(description=gettext_lazy("receipts touched"))
    def show_share(self, backtest: Backtest) -> str:
        """The share of receipts on which it would have given something."""
        tally = backtest_page.tally_of(backtest)
        return backtest_words.percent(tally.all.touched, tally.all.receipts) if tally else "–"

    @display(description=gettext_lazy("members who gain"))
    def show_members(self, backtest: Backtest) -> str:
        """The share of members who would have gained."""
        tally = backtest_page.tally_of(backtest)
        return backtest_words.percent(tally.people.gain, tally.people.members) if tally else "–"


def _page(pk: int) -> str:
    return reverse("admin:campaigns_backtest_change", args=[pk])
