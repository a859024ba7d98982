"""Reversing what was given or taken by hand, on the page of the transfer."""

from __future__ import annotations

from typing import Any

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

from foundation.refusals import Refused
from loyalty.ledger import reversal
from loyalty.models import Account, Lot, Transfer


class ReversalForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("The member reads it in the statement."),
    )


def answer(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Say what a reversal would do, or do it."""
    if not request.user.has_perm("backoffice.adjust_points"):
        raise PermissionDenied
    transfer: Transfer | None = desk.get_object(request, object_id)
    if transfer is None:
        raise Http404
    page = reverse("admin:loyalty_transfer_change", args=[transfer.pk])
    told = reversal.refusal(transfer)
    form = ReversalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = reversal.reverse(transfer.pk, form.cleaned_data["reason"], timezone.now(), request.user.pk)
        except Refused as refused:
            messages.error(request, refused.detail)
        else:
            messages.success(request, _say(done))
        return HttpResponseRedirect(page)
    context: dict[str, Any] = desk.admin_site.each_context(request) | {
        "title": _("Reverse this transfer"), "opts": desk.opts, "original": transfer, "transfer": transfer,
        "form": form, "page": page, "told": told, "given": transfer.target.kind == Account.Kind.MEMBER,
        "left": sum(lot.remaining for lot in Lot.objects.filter(transfer=transfer)),
    }  # fmt: skip
    return TemplateResponse(request, "backoffice/reverse.html", context)


def _say(done: reversal.Reversed) -> str:
    if done.replay:
        return _("This was reversed already.")
    told = _("Reversed: %(points)s points.") % {"points": done.points}
    return told + (
        " " + _("%(points)s are owed: they were spent.") % {"points": done.owed} if done.owed else ""
    )
