"""Members of a segment from a file: loaded, looked at, and only then applied."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget

from analytics import segment_files
from analytics.models import Segment, SegmentFile
from backoffice.files import upload_pages, uploads
from backoffice.files.segment_uploads import APPLIED, LOADED, tell_of
from backoffice.files.upload_kinds import KINDS
from backoffice.files.upload_pages import Door
from backoffice.segments.membership import may_change
from foundation.text_files import FileFault
from members import tables

#: Rows not found that the page itself shows, and files that a segment's page remembers.
SHOWN, NEWEST = 100, 5


class FileForm(forms.Form):
    """A file of members."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        help_text=gettext_lazy(
            "A text or CSV file: one phone, card number, e-mail or id a line, or a table with a column "
            "named phone, card, email or id. Nothing changes before you have seen what was found."
        ),
    )


def newest(segment: Segment) -> list[SegmentFile]:
    """The newest files that were applied."""
    applied = segment.files.filter(applied_at__isnull=False).select_related("uploaded_by")
    return list(applied.defer("members", "missing").order_by("-applied_at")[:NEWEST])


def load(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Ask for a file, read it, and go on to what it holds."""
    segment = get_object_or_404(Segment, pk=object_id)
    if not may_change(desk, request, segment):
        raise PermissionDenied
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            if upload.size > segment_files.MOST_BYTES:
                raise FileFault(segment_files.too_large())
            return HttpResponseRedirect(_keep(desk, request, segment, upload))
        except FileFault as fault:
            form.add_error("file", str(fault))
    return _answer(
        desk, request, segment, "load", form=form, title=_("Load members: %(name)s") % {"name": segment}
    )


def show(desk: ModelAdmin, request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a file holds, what each way of applying it would do, and what became of it."""
    file = _open(desk, request, pk)
    return _answer(
        desk, request, file.segment, "file",
        title=_("Members in “%(file)s”") % {"file": file.name},
        file=file,
        effect=segment_files.foresee(file) if file.applied_at is None else None,
        modes=SegmentFile.Mode,
        missing=_missing(file)[:SHOWN],
        hidden=max(0, len(file.missing) - SHOWN),
        forgotten=bool(file.found and not file.members and file.applied_at is None),
    )  # fmt: skip


def apply(desk: ModelAdmin, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Do what was shown."""
    file = _open(desk, request, pk)
    mode = request.POST.get("mode", "")
    if request.method != "POST" or mode not in SegmentFile.Mode.values:
        raise Http404
    if file.rows > uploads.INLINE and file.applied_at is None:
        return HttpResponseRedirect(_apply_later(desk, request, file, mode))
    repeated = file.applied_at is not None
    try:
        file = segment_files.apply(file.pk, mode, timezone.now(), request.user.pk)
    except FileFault as fault:
        messages.error(request, str(fault))
        return HttpResponseRedirect(_address("file", file.pk))
    told = tell_of(file)
    if not repeated:
        desk.log_change(request, file.segment, told)
    messages.success(request, told)
    return HttpResponseRedirect(_address("change", file.segment_id))


def send_missing(desk: ModelAdmin, request: HttpRequest, pk: UUID) -> HttpResponse:
    """All rows that were not found, as a CSV file."""
    file = _open(desk, request, pk)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{file.segment.code}-not-found.csv"'
    writer = tables.Writer(response)
    writer.row(("line", "text", "reason"))
    writer.rows(_missing(file))
    return response


def _missing(file: SegmentFile) -> list[tuple[int, str, str]]:
    reasons = {
        segment_files.UNKNOWN: _("no member has it"),
        segment_files.UNREADABLE: _("cannot name a member"),
        segment_files.AMBIGUOUS: _("could mean two members"),
    }
    return [(line, text, reasons.get(reason, reason)) for line, text, reason in file.missing]


def _open(desk: ModelAdmin, request: HttpRequest, pk: UUID) -> SegmentFile:
    file = get_object_or_404(SegmentFile.objects.select_related("segment"), pk=pk)
    if not may_change(desk, request, file.segment):
        raise PermissionDenied
    if file.applied_at is None and file.uploaded_by_id != request.user.pk:
        raise Http404  # what others brought and have not applied is theirs alone
    return file


def doors(desk: ModelAdmin) -> tuple[Door, Door]:
    """The pages on which a worker's progress with a large file is watched: while it is read, and while it is
    applied."""

    def door(kind: str, base: str) -> Door:
        return Door(
            desk=desk,
            kind=kind,
            base=f"analytics_segment_{base}",
            may=desk.has_change_permission,
            title=_("Members from a file"),
            start=lambda upload: _address("load", upload.options["segment"]),
        )

    return door(LOADED, "loading"), door(APPLIED, "applying")


def urls(desk: ModelAdmin) -> list[Any]:
    """The pages of large files."""
    return [
        *upload_pages.urls(desk, lambda: doors(desk)[0], "loading/", first=False),
        *upload_pages.urls(desk, lambda: doors(desk)[1], "applying/", first=False),
    ]


def _keep(desk: ModelAdmin, request: HttpRequest, segment: Segment, file: Any) -> str:
    """Have a file read: at once if it is small, else by a worker. Returns the page that tells of it."""
    content, now = file.read(), timezone.now()
    rows = KINDS[LOADED].count(content)
    if rows <= uploads.INLINE:
        kept = segment_files.keep(segment, file.name, content, now, request.user.pk)
        return _address("file", kept.pk)
    upload = uploads.bring(
        LOADED, file.name, content, rows, upload_pages.id_of(request), now, segment=segment.pk
    )
    upload_pages.proceed(upload)
    return doors(desk)[0].address("_shown", upload.pk)


def _apply_later(desk: ModelAdmin, request: HttpRequest, file: SegmentFile, mode: str) -> str:
    """Have a worker apply a large file. Returns the page that tells how far it is."""
    options = {"segment": file.segment_id, "file": str(file.pk), "mode": mode}
    now = timezone.now()
    upload = uploads.bring(
        APPLIED, file.name, b"", file.rows, upload_pages.id_of(request), now, agreed=True, **options
    )
    upload_pages.proceed(upload)
    return doors(desk)[1].address("_shown", upload.pk)


def _answer(
    desk: ModelAdmin, request: HttpRequest, segment: Segment, template: str, **context: Any
) -> HttpResponse:
    context |= desk.admin_site.each_context(request) | {
        "opts": desk.opts,
        "original": segment,
        "segment": segment,
        "page": _address("change", segment.pk),
    }
    return TemplateResponse(request, f"backoffice/segments/{template}.html", context)


def _address(name: str, *args: Any) -> str:
    return reverse(f"admin:analytics_segment_{name}", args=args)
