"""The forms of coupons: a series, and what is asked of somebody who makes, loads or gives codes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from rewards import codes
from rewards.coupons import batches, series
from rewards.models import Coupon, Series


class SeriesForm(forms.ModelForm):  # type: ignore[type-arg]
    """A series, its limit of uses in all, and the code of a new one for all."""

    mass_code = forms.CharField(
        label=gettext_lazy("The code"),
        required=False,
        max_length=80,
        widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy(
            "For example WELCOME10. Capitals, blanks and dashes make no difference at the till."
        ),
    )
    most_in_all = forms.IntegerField(
        label=gettext_lazy("Uses in all"),
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy(
            "How many purchases all coupons of the series serve together. Empty: any number."
        ),
    )

    class Meta:
        model = Series
        fields = (
            "programme", "name", "code", "offer", "kind", "good_for", "uses_each", "most_per_member", "combinable",
            "valid_from", "valid_until", "days", "from_pool", "prefix", "length", "active",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        total = getattr(self.instance, "total", None) if self.instance.pk else None
        if total is not None and "most_in_all" in self.fields:
            self.fields["most_in_all"].initial = total.most

    def clean(self) -> dict[str, Any]:
        """Tell what will not do beside the fields it is about."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("kind") == Series.Kind.MASS:
            # what is hidden on the page for one code says nothing of it
            cleaned |= {"uses_each": None, "days": None, "from_pool": False, "prefix": "", "length": 12}
            for name in ("uses_each", "days", "from_pool", "prefix", "length"):
                self.errors.pop(name, None)
        seen = Series(**{name: getattr(self.instance, name) for name in ("kind", "from_pool")})
        for name in ("kind", "from_pool", "prefix", "valid_from", "valid_until", "days"):
            if name in cleaned:
                setattr(seen, name, cleaned[name])
        code = None if self.instance.pk else cleaned.get("mass_code", "")
        for fault in series.faults(seen, cleaned.get("most_in_all"), code):
            self.add_error(fault.field if fault.field in self.fields else None, fault.detail)
        self._clean_limit(cleaned.get("most_in_all"))
        self._clean_code(cleaned)
        return cleaned

    def _clean_limit(self, most: int | None) -> None:
        if most is None or not self.instance.pk or "most_in_all" in self.errors:
            return
        uses = series.count_uses(self.instance)
        if most < uses:
            told = _("%(uses)s coupons have been used already: give at least that many.") % {"uses": uses}
            self.add_error("most_in_all", told)

    def _clean_code(self, cleaned: dict[str, Any]) -> None:
        code = codes.normalise(cleaned.get("mass_code") or "")
        if cleaned.get("kind") != Series.Kind.MASS or not code or not cleaned.get("programme"):
            return
        if Coupon.objects.filter(programme=cleaned["programme"], code=code).exists():
            self.add_error("mass_code", _("There is a coupon “%(code)s” already.") % {"code": code})


class GenerateForm(forms.Form):
    """How many codes."""

    count = forms.IntegerField(
        label=gettext_lazy("How many codes"),
        min_value=1,
        max_value=batches.MOST_AT_ONCE,
        initial=1000,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=gettext_lazy("A million takes less than a minute; the series' page shows how far it is."),
    )


class FileForm(forms.Form):
    """A file of codes."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        help_text=gettext_lazy(
            "A text or CSV file: one code a line, or a table with a column named code. Codes that are there "
            "already stay as they are, so a file may be loaded again."
        ),
    )


class GiveForm(forms.Form):
    """A coupon for a member. ``key`` makes sending it twice the same as once."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    series = forms.ModelChoiceField(
        label=gettext_lazy("Coupon"), queryset=Series.objects.none(), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = Series.objects.filter(active=True, programme__active=True).select_related("programme")
        self.fields["series"].queryset = offered.order_by("name")  # type: ignore[attr-defined]

    def refuse(self) -> None:
        """Say that there is none to give."""
        self.add_error(
            "series", ValidationError(_("There is none to give: the series is over, or its pool is empty."))
        )
