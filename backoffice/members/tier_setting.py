"""The form of a tier that is set by hand, on a member's page."""

from __future__ import annotations

from datetime import datetime
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
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from analytics import hand
from analytics.hand import TierToSet
from backoffice.members import member_page
from backoffice.members.member_page import Purse
from foundation.refusals import Invalid
from loyalty.models import Programme, Tier
from members.models import Member

KEEP, AT_LEAST, EXACTLY, LET_GO = "keep", "at_least", "exactly", "let_go"


class DayInput(forms.DateInput):
    """A day, chosen by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


class TierForm(forms.Form):
    """What to do about the tier, in which programme, until when, and why."""

    what = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=(
            (KEEP, gettext_lazy("protect the tier that the member has, until a day")),
            (AT_LEAST, gettext_lazy("give at least this tier; purchases may lead higher")),
            (EXACTLY, gettext_lazy("fix this tier; purchases change nothing")),
            (LET_GO, gettext_lazy("take back what was set: the ladder decides again")),
        ),
        initial=KEEP,
        widget=UnfoldAdminRadioSelectWidget(attrs={"x-model": "what"}),
    )
    tier = forms.ChoiceField(
        label=gettext_lazy("Tier"),
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    until = forms.DateField(
        label=gettext_lazy("Until the end of"),
        required=False,
        widget=DayInput,
        help_text=gettext_lazy("Empty: for good. After that day the member stands where purchases have led."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=200, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def __init__(self, purses: list[Purse], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tiers = {
            str(tier.pk): tier
            for purse in purses
            for tier in Tier.objects.filter(programme=purse.holder.programme).order_by("threshold")
        }
        self.several = several = len(purses) > 1
        if several:
            told = _("To protect or to take back, choose any tier of the programme that is meant.")
            self.fields["tier"].help_text = told
        self.fields["tier"].choices = [  # type: ignore[attr-defined]
            (key, f"{tier.programme}: {tier}" if several else tier.name) for key, tier in self.tiers.items()
        ]

    @property
    def rows(self) -> list[tuple[forms.BoundField, str]]:
        """The fields, each with when it is shown; always, where nothing is said."""
        shown = {"until": f"what != '{LET_GO}'"}
        if not self.several:
            shown["tier"] = f"what == '{AT_LEAST}' || what == '{EXACTLY}'"
        return [(field, "" if field.errors else shown.get(field.name, "")) for field in self]

    def clean(self) -> dict[str, Any]:
        """A protection has an end."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("what") == KEEP and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", _("Choose the day until which the tier is protected."))
        return cleaned

    def apply(self, member: Member, now: datetime, user_id: int | None) -> bool:
        """Do it. False, with an error on the form, when it is refused."""
        cleaned = self.cleaned_data
        tier = self.tiers[cleaned["tier"]]
        programme: Programme = tier.programme
        try:
            match cleaned["what"]:
                case "keep":
                    hand.keep(member, programme, cleaned["until"], cleaned["reason"], now, user_id)
                case "let_go":
                    hand.let_go(member, programme, cleaned["reason"], now, user_id)
                case what:
                    given = TierToSet(tier.code, cleaned["until"], what == EXACTLY)
                    hand.set_tier(member, programme, given, cleaned["reason"], now, user_id)
        except Invalid as refused:
            for fault in refused.faults:
                self.add_error(fault.field if fault.field in self.fields else None, fault.detail)
            return False
        return True


def answer(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the form, or do what was sent."""
    if not request.user.has_perm("backoffice.set_tiers"):
        raise PermissionDenied
    member = desk.get_object(request, object_id)
    if member is None:
        raise Http404
    now = timezone.now()
    page = reverse("admin:members_member_change", args=[member.pk])
    purses = [purse for purse in member_page.read_purses(member, now) if purse.rank is not None]
    first = next((purse.tier.id for purse in purses if purse.tier), None)
    form = TierForm(purses, request.POST or None, initial={"tier": first})
    if request.method == "POST" and form.is_valid() and form.apply(member, now, request.user.pk):
        messages.success(request, _("The tier is as you said."))
        return HttpResponseRedirect(page)
    context = desk.admin_site.each_context(request) | {
        "title": _("Tier of %(member)s") % {"member": member},
        "opts": desk.opts,
        "original": member,
        "member": member,
        "purses": purses,
        "form": form,
        "page": page,
    }
    return TemplateResponse(request, "backoffice/set_tier.html", context)
