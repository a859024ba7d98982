"""The form of points given or taken by hand, on a member's page."""

from __future__ import annotations

import hashlib
from decimal import Decimal
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
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from backoffice import figures
from backoffice.desk import DecimalInput
from backoffice.members import member_page
from backoffice.members.member_page import Purse
from backoffice.staff import roles
from foundation.refusals import Invalid, Refusal
from loyalty.ledger import adjustment
from loyalty.ledger.lots import NotEnoughPoints
from members.models import Member, new_id

GIVE, TAKE = "give", "take"


class AdjustmentForm(forms.Form):
    """How many points, of which account, why. ``key`` makes sending it twice the same as once; ``sure`` holds what
    was shown to be confirmed, so that other content is asked about again."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    sure = forms.CharField(widget=forms.HiddenInput, required=False)
    account = forms.ChoiceField(label=gettext_lazy("Account"), widget=UnfoldAdminSelectWidget)
    direction = forms.ChoiceField(
        label=gettext_lazy("What to do"),
        choices=((GIVE, gettext_lazy("give points")), (TAKE, gettext_lazy("take points"))),
        initial=GIVE,
        widget=UnfoldAdminRadioSelectWidget,
    )
    points = forms.DecimalField(
        label=gettext_lazy("Points"),
        min_value=Decimal("0.01"),
        max_digits=12,
        decimal_places=2,
        localize=True,
        widget=DecimalInput,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("The member reads it in the statement."),
    )

    def __init__(self, purses: list[Purse], most: Decimal, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.most = most
        self.purses = {str(purse.account.pk): purse for purse in purses}
        self.fields["account"].choices = [  # type: ignore[attr-defined]
            (
                key,
                _("%(programme)s: %(points)s to spend")
                % {"programme": p.holder.programme, "points": figures.amount(p.spendable)},
            )
            for key, p in self.purses.items()
        ]

    def clean(self) -> dict[str, Any]:
        """Refuse more decimals than the programme's points have."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        purse = self.purses.get(cleaned.get("account", ""))
        points: Decimal | None = cleaned.get("points")
        if purse and points is not None:
            told = adjustment.refusal(purse.holder.programme, timezone.now())
            if told and cleaned.get("direction") == GIVE:
                self.add_error("points", told)
            places = purse.holder.programme.point_decimals
            if points != round(points, places):
                self.add_error(
                    "points", _("Points of this programme have %(places)s decimals.") % {"places": places}
                )
            worth, currency = self._worth(purse, points), purse.holder.programme.currency
            if worth > self.most:
                told = _(
                    "This is worth %(worth)s %(currency)s; at once you may give or take up to %(most)s %(currency)s."
                )
                self.add_error(
                    "points",
                    told
                    % {
                        "worth": figures.amount(worth),
                        "most": figures.amount(self.most),
                        "currency": currency,
                    },
                )
        return cleaned

    @staticmethod
    def _worth(purse: Purse, points: Decimal) -> Decimal:
        """What points are worth, in money of the programme."""
        return (points * purse.holder.programme.point_value).quantize(Decimal("0.01"))

    @property
    def summary(self) -> dict[str, Any]:
        """What is to be confirmed: how many points, what they are worth, and what is there to spend then."""
        cleaned, purse = self.cleaned_data, self.purses[self.cleaned_data["account"]]
        signed = cleaned["points"] * (1 if cleaned["direction"] == GIVE else -1)
        return {
            "points": abs(signed), "gives": signed > 0, "worth": self._worth(purse, abs(signed)),
            "currency": purse.holder.programme.currency, "programme": purse.holder.programme,
            "spendable": purse.spendable, "after": purse.spendable + signed, "reason": cleaned["reason"],
        }  # fmt: skip

    @property
    def seal(self) -> str:
        """The same for the same content."""
        cleaned = self.cleaned_data
        parts = (
            cleaned["account"],
            cleaned["direction"],
            f"{cleaned['points'].normalize():f}",
            cleaned["reason"],
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    @property
    def is_confirmed(self) -> bool:
        """Whether this very content was shown and agreed to."""
        return self.cleaned_data["sure"] == self.seal

    def book(self, member: Member, user_id: int | None) -> adjustment.Adjusted | None:
        """Book the adjustment. None, with an error on the form, when it is refused."""
        cleaned = self.cleaned_data
        sign = 1 if cleaned["direction"] == GIVE else -1
        try:
            return adjustment.adjust(
                member,
                self.purses[cleaned["account"]].account,
                sign * cleaned["points"],
                cleaned["reason"],
                str(cleaned["key"]),
                timezone.now(),
                user_id,
            )
        except NotEnoughPoints as error:
            self.add_error(
                "points",
                _("Only %(points)s points can be taken now.") % {"points": figures.amount(error.spendable)},
            )
        except Invalid as refused:
            for fault in refused.faults:
                self.add_error("points", fault.detail)
        except Refusal:
            self.add_error(None, _("This form was already sent with other content: open it again."))
        return None


def answer(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show the form, or book what was sent."""
    if not request.user.has_perm("backoffice.adjust_points"):
        raise PermissionDenied
    member = desk.get_object(request, object_id)
    if member is None:
        raise Http404
    page = reverse("admin:members_member_change", args=[member.pk])
    purses = member_page.read_purses(member, timezone.now())
    form = AdjustmentForm(
        purses, roles.most_by_hand(request.user), request.POST or None, initial={"key": new_id()}
    )
    shown = None
    if request.method == "POST" and form.is_valid() and not form.is_confirmed:
        shown, form.data = form.summary, request.POST.dict() | {"sure": form.seal}
    elif request.method == "POST" and form.is_valid():
        done = form.book(member, request.user.pk)
        if done is not None:
            given = form.cleaned_data["direction"] == GIVE
            said = _("Given: %(points)s points.") if given else _("Taken: %(points)s points.")
            points = figures.amount(form.cleaned_data["points"])
            messages.success(
                request, _("This was done already.") if done.replay else said % {"points": points}
            )
            return HttpResponseRedirect(page)
    context = desk.admin_site.each_context(request) | {
        "title": _("Give or take points: %(member)s") % {"member": member},
        "opts": desk.opts,
        "original": member,
        "member": member,
        "purses": purses,
        "form": form,
        "shown": shown,
        "page": page,
    }
    return TemplateResponse(request, "backoffice/adjust.html", context)
