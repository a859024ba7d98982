"""A member who joins another programme, at the desk: on their word, with what they say of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from backoffice.enrolment import CHANNEL, ConsentsField
from campaigns.occasions import registration
from foundation.refusals import Refusal
from loyalty.models import Holder, Programme
from members.models import Member


def open_to(member: Member) -> QuerySet[Programme]:
    """The active programmes that the member has not joined."""
    joined = Holder.objects.filter(member=member).values("programme")
    return Programme.objects.filter(active=True).exclude(pk__in=joined).order_by("name")


class JoiningForm(forms.Form):
    """Which programme, and what the member says."""

    programme = forms.ModelChoiceField(
        label=gettext_lazy("Programme"),
        queryset=Programme.objects.none(),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    consents = ConsentsField()
    asked = forms.BooleanField(
        label=gettext_lazy("The member asked for it"),
        help_text=gettext_lazy("Nobody joins a programme by buying, or without having been asked."),
        error_messages={"required": gettext_lazy("Ask the member first.")},
        widget=UnfoldBooleanSwitchWidget,
    )

    def __init__(self, member: Member, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.member = member
        self.fields["programme"].queryset = open_to(member)  # type: ignore[attr-defined]

    def apply(self, now: datetime, user: str) -> bool:
        """Let them join. False, with an error on the form, when it is refused."""
        cleaned = self.cleaned_data
        by = {"source": CHANNEL, "channel": CHANNEL, "user": user}
        try:
            registration.join(self.member, cleaned["programme"].pk, now, by, cleaned["consents"])
        except Refusal as refused:
            self.add_error(None, refused.detail)
            return False
        return True


def answer(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the form, or do what was sent."""
    member = desk.get_object(request, object_id)
    if member is None:
        raise Http404
    if not desk.has_change_permission(request, member):
        raise PermissionDenied
    page = reverse("admin:members_member_change", args=[member.pk])
    form = JoiningForm(member, request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and form.apply(timezone.now(), request.user.get_username())
    ):
        told = _("%(member)s has joined %(programme)s.")
        messages.success(request, told % {"member": member, "programme": form.cleaned_data["programme"]})
        return HttpResponseRedirect(page)
    context = desk.admin_site.each_context(request) | {
        "title": _("%(member)s joins a programme") % {"member": member},
        "opts": desk.opts,
        "original": member,
        "form": form,
        "page": page,
        "open": form.fields["programme"].queryset.exists(),  # type: ignore[attr-defined]
    }
    return TemplateResponse(request, "backoffice/join.html", context)
