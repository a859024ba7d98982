"""The form of an answer, below what was said; and what a request's page does beside."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from foundation.refusals import Missing, Refusal
from foundation.sending import send
from members.models import new_id
from messaging import tasks
from messaging.helpdesk import requests
from messaging.helpdesk.requests import Written
from messaging.models import HelpRequest


class AnswerForm(forms.Form):
    """The words of an answer. ``key`` makes sending it twice the same as once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Answer"),
        max_length=requests.MOST_LETTERS,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=gettext_lazy("The member reads it in the cabinet, and is told that it is there."),
    )


def answer(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the form; store the answer and have the member told, or take the request in hand, or close it."""
    row = find(desk, request, object_id)
    form = AnswerForm(request.POST or None, initial={"key": new_id()})
    wanted = _MOVES.get(request.POST.get("do", ""), _answer)
    if request.method == "POST" and (wanted is not _answer or form.is_valid()):
        try:
            wanted(request, row, form)
        except Refusal as refusal:
            form.add_error("text" if form.is_bound and form.is_valid() else None, refusal.detail)
        else:
            return HttpResponseRedirect(page_of(row.pk))
    context = desk.admin_site.each_context(request) | {
        "title": _("Request of %(member)s") % {"member": row.member},
        "opts": desk.opts,
        "original": row,
        "said": row.said.select_related("photo", "user").defer("photo__content").order_by("id"),
        "row": row,
        "form": form,
        "page": page_of(row.pk),
    }
    return TemplateResponse(request, "backoffice/requests/answer.html", context)


def _answer(request: HttpRequest, row: HelpRequest, form: AnswerForm) -> None:
    written = Written(form.cleaned_data["key"], form.cleaned_data["text"])
    requests.answer(row.pk, written, request.user.pk, timezone.now())
    send(tasks.tell_answers)
    messages.success(request, _("Answered."))


def _take(request: HttpRequest, row: HelpRequest, _form: AnswerForm) -> None:
    if requests.take(row.pk, int(request.user.pk or 0), timezone.now()):
        messages.success(request, _("You have it in hand."))
    else:
        messages.warning(request, _("A colleague has it in hand."))


def _close(request: HttpRequest, row: HelpRequest, _form: AnswerForm) -> None:
    requests.close(row.pk, timezone.now())
    messages.success(request, _("Closed."))


_MOVES = {"take": _take, "close": _close}


def show_photo(request: HttpRequest, pk: UUID, message: int) -> HttpResponse:
    """A photo of a request, for whoever may read requests."""
    if not request.user.has_perm("messaging.view_helprequest"):
        raise PermissionDenied
    row = HelpRequest.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    try:
        content = requests.photo(row, message)
    except Missing as missing:
        raise Http404 from missing
    answer = HttpResponse(content, content_type="image/jpeg")
    answer["Content-Disposition"] = 'inline; filename="photo.jpg"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "no-store"
    return answer


def find(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HelpRequest:
    """The request, for who may answer it."""
    if not request.user.has_perm("messaging.change_helprequest"):
        raise PermissionDenied
    row: HelpRequest | None = desk.get_object(request, object_id)
    if row is None:
        raise Http404
    return row


def page_of(pk: UUID) -> str:
    """The request's page."""
    return reverse("admin:messaging_helprequest_change", args=[pk])
