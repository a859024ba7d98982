"""Who holds a member's account and what each may do, changed at the desk; and an account that is a firm's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice import figures
from backoffice.desk import DecimalInput
from foundation.refusals import Refusal
from loyalty.models import Holder
from loyalty.sharing import company, holders, rights
from loyalty.sharing.holders import By

OWNER, AWAY, FIRM = "make_owner", "send_away", "firm"
RIGHT = "backoffice.change_holders"


def of_member(member_id: Any) -> list[Holder]:
    """Everybody who holds an account that the member holds, the owners first."""
    accounts = Holder.objects.filter(member_id=member_id).values("account")
    found = Holder.objects.filter(account__in=accounts).select_related(
        "member", "account", "programme", "own"
    )
    return list(found.order_by("programme__code", "-role", "id"))


def describe(holder: Holder) -> str:
    """What a holder may do, in words."""
    if holder.role == Holder.Role.OWNER:
        return _("owner")
    if holder.daily_limit is not None:
        return _("may spend up to %(points)s points a day") % {"points": figures.amount(holder.daily_limit)}
    return str(rights.NAMES[rights.role_of(holder)])


class SharingForm(forms.Form):
    """Whom it is about, what is to be done, and how many points a day, or how the firm is called."""

    holder = forms.ChoiceField(label=gettext_lazy("Who"), widget=UnfoldAdminSelectWidget)
    what = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=(
            *((code, name) for code, name in rights.NAMES.items()),
            (OWNER, gettext_lazy("make them the owner")),
            (AWAY, gettext_lazy("send them away: they go on with an account of their own, points stay")),
            (FIRM, gettext_lazy("the account is a firm’s; its manager hands points to employees")),
        ),
        widget=UnfoldAdminRadioSelectWidget(attrs={"x-model": "what"}),
    )
    a_day = forms.DecimalField(
        label=gettext_lazy("Points a day"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        localize=True,
        widget=DecimalInput,
    )
    name = forms.CharField(
        label=gettext_lazy("Name of the firm"),
        required=False,
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("Empty: the account is a member’s again."),
    )

    def __init__(self, shared: list[Holder], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shared = {str(holder.pk): holder for holder in shared}
        self.fields["holder"].choices = [  # type: ignore[attr-defined]
            (key, f"{one.programme}: {one.member}, {describe(one)}") for key, one in self.shared.items()
        ]
        named = {one.account_id: one.account.name for one in shared if one.account.name}
        self.fields["name"].initial = next(iter(named.values()), "")

    @property
    def rows(self) -> list[tuple[Any, str]]:
        """The fields, each with the condition under which it is shown; one with an error always is."""
        shown = {"a_day": f"what == '{rights.LIMITED}'", "name": f"what == '{FIRM}'"}
        return [(field, "" if field.errors else shown.get(field.name, "")) for field in self]

    def apply(self, now: datetime, user_id: int | None) -> bool:
        """Do it. False, with an error on the form, when it is refused."""
        cleaned = self.cleaned_data
        holder, by = self.shared[cleaned["holder"]], By(user_id=user_id)
        try:
            match cleaned["what"]:
                case "make_owner":
                    holders.hand_over(holder.account_id, holder.member_id, by, now)
                case "send_away":
                    holders.leave(holder.account_id, holder.member_id, by, now)
                case "firm":
                    company.make(holder.account_id, cleaned["name"].strip())
                case role:
                    a_day = "" if cleaned["a_day"] is None else f"{cleaned['a_day']:f}"
                    given = rights.read(role, a_day, holder.programme.point_decimals)
                    holders.set_rights(holder.account_id, holder.member_id, given, by, now)
        except Refusal as refused:
            for fault in refused.faults:
                self.add_error(fault.field if fault.field in self.fields else None, fault.detail)
            if not refused.faults:
                self.add_error(None, refused.detail)
            return False
        return True


def answer(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the form, or do what was sent."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    member = desk.get_object(request, object_id)
    if member is None:
        raise Http404
    page = reverse("admin:members_member_change", args=[member.pk])
    shared = of_member(member.pk)
    mine = next((str(one.pk) for one in shared if one.member_id == member.pk), None)
    initial = {"holder": mine, "what": rights.SPENDS}
    form = SharingForm(shared, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and form.apply(timezone.now(), request.user.pk):
        messages.success(request, _("It is as you said."))
        return HttpResponseRedirect(page)
    context = desk.admin_site.each_context(request) | {
        "title": _("Account of %(member)s") % {"member": member},
        "opts": desk.opts,
        "original": member,
        "people": [(one, capfirst(describe(one))) for one in shared],
        "form": form,
        "page": page,
    }
    return TemplateResponse(request, "backoffice/sharing.html", context)
