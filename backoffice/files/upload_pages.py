"""The pages on which files come in: brought, watched while they are checked and done, agreed to, and read.

Who brought a file sees it and nobody else does: to all others, whatever they may do, it is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminFileFieldWidget

from backoffice.files import sheet_files, uploads
from backoffice.models import Upload
from foundation.sending import send
from foundation.text_files import FileFault
from members import tables

#: Mistakes that the page itself shows.
SHOWN = 100


class FileForm(forms.Form):
    """A file of a table."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,.json,text/csv,text/plain"}),
        help_text=gettext_lazy(
            "CSV, parted by commas, semicolons or tabs, or JSON, as “Export” writes it. The first line names the "
            "columns. Nothing changes before you have seen what would."
        ),
    )


@dataclass(frozen=True)
class Door:
    """The pages of one kind of file.

    ``base`` begins the names of their addresses; ``templates`` are those that differ from kind to kind, ``about``
    is what the first page tells of the file.
    """

    desk: ModelAdmin
    kind: str
    base: str
    may: Callable[[HttpRequest], bool]
    title: str
    form: type[forms.Form] = FileForm
    most_bytes: int = sheet_files.MOST_BYTES
    templates: str = "backoffice/uploads"
    about: dict[str, Any] = field(default_factory=dict)
    #: What the page of a file tells beside its result.
    more: Callable[[Upload], dict[str, Any]] = lambda upload: {}
    #: Where the next file is brought, if that is not the first page here.
    start: Callable[[Upload], str] | None = None

    def address(self, page: str = "", *args: Any) -> str:
        """Where a page of this kind is."""
        return reverse(f"admin:{self.base}{page}", args=args)


def urls(desk: ModelAdmin, door: Callable[[], Door], route: str, *, first: bool = True) -> list[URLPattern]:
    """The pages of a kind of file, below a route of its desk; without the ``first`` one where files are brought on
    another page."""
    base = door().base

    def page(view: Callable[..., HttpResponse]) -> Any:
        return desk.admin_site.admin_view(lambda request, **args: view(door(), request, **args))

    return [
        *([path(route, page(bring), name=base)] if first else ()),
        path(f"{route}<uuid:pk>/", page(show), name=f"{base}_shown"),
        path(f"{route}<uuid:pk>/progress/", page(show_progress), name=f"{base}_progress"),
        path(f"{route}<uuid:pk>/agree/", require_POST(page(agree)), name=f"{base}_agree"),
        path(f"{route}<uuid:pk>/again/", require_POST(page(try_again)), name=f"{base}_again"),
        path(f"{route}<uuid:pk>/mistakes/", page(send_mistakes), name=f"{base}_mistakes"),
    ]


def bring(door: Door, request: HttpRequest) -> HttpResponse:
    """Ask for a file; keep it, have it checked, and go on to what it would do."""
    _require(door, request)
    form = door.form(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            return HttpResponseRedirect(door.address("_shown", take(door, request, form).pk))
        except FileFault as fault:
            form.add_error("file", str(fault))
    return _answer(door, request, "load", form=form)


def take(door: Door, request: HttpRequest, form: forms.Form) -> Upload:
    """Keep the file of a form, and have it checked. Raises ``FileFault`` for one that cannot be read at all."""
    from backoffice.files.upload_kinds import KINDS

    options = dict(form.cleaned_data)
    file = options.pop("file")
    if file.size > door.most_bytes:
        raise FileFault(sheet_files.too_large(door.most_bytes))
    content = file.read()
    rows = KINDS[door.kind].count(content)
    now = timezone.now()
    upload = uploads.bring(door.kind, file.name, content, rows, id_of(request), now, **options)
    proceed(upload)
    return upload


def proceed(upload: Upload) -> None:
    """Have the step done that is due: at once for a small file, else by a worker."""
    from backoffice.files import tasks
    from backoffice.files.upload_kinds import KINDS

    if upload.rows <= uploads.INLINE:
        uploads.work(upload.pk, KINDS, timezone.now())
    else:
        transaction.on_commit(partial(send, tasks.work_on_upload, str(upload.pk)))


def show(door: Door, request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far a file is, what it would do, what is wrong with it, or what it did."""
    upload = _own(door, request, pk)
    if (address := upload.result.get("address")) and upload.state == Upload.State.DONE:
        return HttpResponseRedirect(address)
    mistakes = upload.result.get("mistakes", [])
    return _answer(
        door, request, "page",
        upload=upload,
        result=upload.result,
        mistakes=mistakes[:SHOWN],
        hidden=max(0, len(mistakes) - SHOWN),
    )  # fmt: skip


def show_progress(door: Door, request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far a file is, for a page that asks again and again; after that, the whole page is shown anew."""
    upload = _own(door, request, pk)
    if not upload.is_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"upload": upload, "progress_address": door.address("_progress", upload.pk)}
    return TemplateResponse(request, "backoffice/uploads/progress.html", context)


def agree(door: Door, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have what was shown done. Agreed to twice, it is done once."""
    upload = _own(door, request, pk)
    if uploads.agree(upload.pk, id_of(request), timezone.now()):
        proceed(upload)
    return HttpResponseRedirect(door.address("_shown", upload.pk))


def try_again(door: Door, request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a file checked again that failed."""
    upload = _own(door, request, pk)
    if uploads.try_again(upload.pk, id_of(request), timezone.now()):
        proceed(upload)
    return HttpResponseRedirect(door.address("_shown", upload.pk))


def send_mistakes(door: Door, request: HttpRequest, pk: UUID) -> HttpResponse:
    """The mistakes of a file, as a CSV file."""
    upload = _own(door, request, pk)
    if "mistakes" not in upload.result:
        raise Http404
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="mistakes.csv"'
    writer = tables.Writer(response)
    writer.row(("row", "column", "value", "problem"))
    writer.rows(upload.result["mistakes"])
    return response


def id_of(request: HttpRequest) -> int:
    """Who brings a file: every page here is behind the sign-in."""
    assert request.user.pk is not None
    return request.user.pk


def _require(door: Door, request: HttpRequest) -> None:
    if not door.may(request):
        raise PermissionDenied


def _own(door: Door, request: HttpRequest, pk: UUID) -> Upload:
    """A file that the user brought themselves, through this door. Its content stays where it is."""
    _require(door, request)
    own = Upload.objects.filter(by=request.user.pk, kind=door.kind).defer("content")
    return get_object_or_404(own, pk=pk)


def _answer(door: Door, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    opts = door.desk.opts
    upload = context.get("upload")
    places = ("progress", "agree", "again", "mistakes")
    context |= door.desk.admin_site.each_context(request) | {
        "opts": opts,
        "title": door.title,
        "about": door.about,
        "list": reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"),
    }
    if upload is not None:
        context |= {f"{place}_address": door.address(f"_{place}", upload.pk) for place in places}
        context |= door.more(upload)
    context["page"] = door.start(upload) if door.start and upload else door.address()
    return TemplateResponse(request, f"{door.templates}/{template}.html", context)
