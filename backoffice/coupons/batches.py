"""Codes made and loaded on the page of a series, and how far that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from backoffice.coupons.forms import FileForm, GenerateForm
from foundation.refusals import Fault, Invalid
from foundation.sending import send
from members import tables
from rewards import tasks
from rewards.coupons import batches, code_files, handouts, series
from rewards.models import CodeBatch, Coupon, Series

#: Batches that the page remembers.
NEWEST = 5


def describe(desk: ModelAdmin, request: HttpRequest, found: Series) -> dict[str, Any]:
    """What the page says of the coupons of a series, and of those that are being made."""
    newest = list(
        found.batches.select_related("created_by").defer("content", "faults").order_by("-id")[:NEWEST]
    )
    counts = series.count_by_state(found)
    return {
        "series": found,
        "states": [(state, label, counts[state]) for state, label in Coupon.State.choices],
        "all": sum(counts.values()),
        "batches": newest,
        "working": any(batch.status in batches.OPEN for batch in newest),
        "may_work": desk.has_change_permission(request, found),
    }


def show_state(desk: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while codes are made."""
    found = get_object_or_404(Series, pk=pk)
    if not desk.has_view_permission(request, found):
        raise PermissionDenied
    return TemplateResponse(request, "backoffice/coupons/state.html", describe(desk, request, found))


def generate(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask how many codes, and have them made."""
    found = _open(desk, request, object_id)
    form = GenerateForm(request.POST or None)

    def start() -> CodeBatch:
        return batches.generate(found, form.cleaned_data["count"], timezone.now(), request.user.pk)

    title = _("Generate codes: %(name)s") % {"name": found}
    return _answer(desk, request, found, form, start, title=title, verb=_("Generate"))


def load(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask for a file of codes, and have it taken in."""
    found = _open(desk, request, object_id)
    form = FileForm(request.POST or None, request.FILES or None)

    def start() -> CodeBatch:
        file = form.cleaned_data["file"]
        if file.size > code_files.MOST_BYTES:
            raise Invalid(Fault("file", "too_large", code_files.too_large()))
        return batches.take_in(found, file.read(), file.name, timezone.now(), request.user.pk)

    title = _("Load codes: %(name)s") % {"name": found}
    return _answer(desk, request, found, form, start, title=title, verb=_("Load"))


def revoke_series(series_id: int) -> None:
    """Take all coupons of a series out of force soon; at once when no task can be sent, as nothing waits for it."""
    if not send(tasks.revoke_series, series_id):
        handouts.revoke_series(series_id, timezone.now())


def stop(desk: ModelAdmin, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop making codes."""
    batch = _batch(desk, request, pk)
    batches.stop(batch.pk)
    return show_state(desk, request, batch.series_id)


def resume(desk: ModelAdmin, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go on making codes."""
    batch = _batch(desk, request, pk)
    if batches.resume(batch.pk):
        send(tasks.work_on_codes, str(batch.pk))
    return show_state(desk, request, batch.series_id)


def send_faults(desk: ModelAdmin, request: HttpRequest, pk: UUID) -> HttpResponse:
    """The lines of a file that would not do, as a CSV file."""
    batch = _batch(desk, request, pk, post=False)
    words = {
        "malformed": _("is no code: 3 to 40 letters and digits"),
        "repeated": _("stands in the file before"),
        "present": _("is there already"),
        "taken": _("is of another series"),
    }
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{batch.series.code}-lines.csv"'
    writer = tables.Writer(response)
    writer.row(("line", "text", "problem"))
    writer.rows((line, text, words[kind]) for line, kind, text in batch.faults)
    return response


def _open(desk: ModelAdmin, request: HttpRequest, object_id: str) -> Series:
    found = get_object_or_404(Series, pk=object_id)
    if not desk.has_change_permission(request, found):
        raise PermissionDenied
    if found.kind == Series.Kind.MASS:
        raise Http404
    return found


def _batch(desk: ModelAdmin, request: HttpRequest, pk: UUID, *, post: bool = True) -> CodeBatch:
    batch = get_object_or_404(CodeBatch.objects.select_related("series").defer("content"), pk=pk)
    if not desk.has_change_permission(request, batch.series):
        raise PermissionDenied
    if post and request.method != "POST":
        raise Http404
    return batch


def _answer(
    desk: ModelAdmin,
    request: HttpRequest,
    found: Series,
    form: forms.Form,
    start: Callable[[], CodeBatch],
    **context: str,
) -> HttpResponse:
    """Show the form, or begin what it asks for and go back to the series."""
    page = reverse("admin:rewards_series_change", args=[found.pk])
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                batch = start()
                transaction.on_commit(lambda: send(tasks.work_on_codes, str(batch.pk)))
                desk.log_change(request, found, context["title"])
        except Invalid as refusal:
            for fault in refusal.faults:
                form.add_error(fault.field if fault.field in form.fields else None, fault.detail)
        else:
            messages.success(request, _("It is being done: this page shows how far it is."))
            return HttpResponseRedirect(page)
    return TemplateResponse(
        request,
        "backoffice/coupons/form.html",
        desk.admin_site.each_context(request)
        | {"opts": desk.opts, "original": found, "series": found, "form": form, "page": page}
        | context,
    )
