"""What a campaign needs and is not there yet, made on the spot: a coupon series, a payer. The constructor stays open.

The page fetches the small form into a dialog and chooses what was made at once. Who may make such things at all may
make them here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy

from foundation.refusals import Refusal
from loyalty.models import Partner, Payer, Programme
from loyalty.shops import payers
from rewards.coupons import series
from rewards.models import Series

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

_INPUT = {"class": "rc-input"}
_MOST_CODE = 64


class SeriesForm(forms.Form):
    """A series of coupons: its name, and one code for all or many. The rest of its rules stands on its page."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(_INPUT))
    kind = forms.ChoiceField(
        label=gettext_lazy("Codes"), choices=Series.Kind.choices, widget=forms.Select(_INPUT)
    )
    mass_code = forms.CharField(
        label=gettext_lazy("The code"),
        required=False,
        max_length=80,
        widget=forms.TextInput(_INPUT),
        help_text=gettext_lazy(
            "For example WELCOME10. Capitals, blanks and dashes make no difference at the till."
        ),
    )

    def make(self, programme: Programme) -> tuple[str, str]:
        """Write the series. Returns its code and name. Raises ``Refusal``."""
        found = self.cleaned_data
        is_one = found["kind"] == Series.Kind.MASS
        made = Series(
            programme=programme, name=found["name"], kind=found["kind"], code=_free(programme, found["name"]),
            uses_each=None if is_one else 1,
        )  # fmt: skip
        series.save(made, None, timezone.now(), found["mass_code"] if is_one else "")
        return made.code, made.name


class PayerForm(forms.Form):
    """A payer: its name, or which partner it is."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[one for one in Payer.Kind.choices if one[0] != Payer.Kind.HOUSE][::-1],
        widget=forms.Select(_INPUT),
    )
    partner = forms.ModelChoiceField(
        label=gettext_lazy("Partner"),
        queryset=Partner.objects.none(),
        required=False,
        widget=forms.Select(_INPUT),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        required=False,
        widget=forms.TextInput(_INPUT),
        help_text=gettext_lazy("A partner may keep its own."),
    )

    def make(self, programme: Programme) -> tuple[str, str]:
        """Write the payer. Returns its code and name. Raises ``Refusal``."""
        found = self.cleaned_data
        partner = found["partner"] if found["kind"] == Payer.Kind.PARTNER else None
        name = payers.tidy(found["name"]) or (partner.name if partner else "")
        made = Payer(programme=programme, kind=found["kind"], partner=partner, name=name)
        made.code = payers.free_code(programme, name)
        payers.save(made)
        return made.code, made.name


@dataclass(frozen=True)
class Maker:
    """How things of a source are made: the right it takes, what its button and its form are called, the form."""

    right: str
    label: StrOrPromise
    title: StrOrPromise
    form: type[forms.Form]


MAKERS: Mapping[str, Maker] = {
    "series": Maker(
        "rewards.add_series", gettext_lazy("new series…"), gettext_lazy("New coupon series"), SeriesForm
    ),
    "funders": Maker("loyalty.add_payer", gettext_lazy("new payer…"), gettext_lazy("New payer"), PayerForm),
}


def allowed(request: HttpRequest) -> frozenset[str]:
    """The sources of which the user may make things."""
    return frozenset(name for name, maker in MAKERS.items() if request.user.has_perm(maker.right))  # type: ignore[union-attr]


def answer(request: HttpRequest, source: str, programme: Programme) -> HttpResponse:
    """The form for a new thing; or the thing, once it is made. Raises ``Http404`` and ``PermissionDenied``."""
    maker = MAKERS.get(source)
    if maker is None:
        raise Http404
    if source not in allowed(request):
        raise PermissionDenied
    form: Any = maker.form(request.POST or None, initial={"kind": request.GET.get("kind", "")})
    if isinstance(form, PayerForm):
        form.fields["partner"].queryset = Partner.objects.filter(programmes=programme).exclude(  # type: ignore[attr-defined]
            payers__programme=programme
        )
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                code, name = form.make(programme)
        except Refusal as refusal:
            for fault in refusal.faults:
                form.add_error(fault.field if fault.field in form.fields else None, fault.detail)
            if not refusal.faults:
                form.add_error("mass_code" if "mass_code" in form.fields else None, refusal.detail)
        else:
            return render(
                request, "backoffice/constructor/made.html", {"source": source, "code": code, "name": name}
            )
    context = {"form": form, "maker": maker, "source": source}
    return render(request, "backoffice/constructor/make.html", context)


def _free(programme: Programme, name: str) -> str:
    """A code for a new series that none in the programme has."""
    base = slugify(name)[:_MOST_CODE].strip("-_") or "series"
    used = set(Series.objects.filter(programme=programme).values_list("code", flat=True))
    code, number = base, 1
    while code in used:
        number += 1
        code = f"{base[: _MOST_CODE - len(str(number)) - 1]}-{number}"
    return code
