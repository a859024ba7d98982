"""A programme's rules in plain words: its expiry policy and spending limits as fields, not as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelect2MultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from backoffice.constructor import faults
from backoffice.desk import DecimalInput
from campaigns import lifetimes
from campaigns.engine.problem import Problem
from loyalty import currencies
from loyalty.models import Category, ProductSet, Programme
from loyalty.rules import expiry
from loyalty.rules.document import DocumentError
from loyalty.rules.spending import parse_rules

UNITS = (
    ("days", gettext_lazy("days")),
    ("weeks", gettext_lazy("weeks")),
    ("months", gettext_lazy("months")),
    ("years", gettext_lazy("years")),
)
KINDS = (
    ("never", gettext_lazy("never")),
    ("after", gettext_lazy("some time after they were earned")),
    ("end_of", gettext_lazy("at the end of a month, quarter or year")),
    ("yearly", gettext_lazy("on a fixed day of every year")),
    ("anniversary", gettext_lazy("on the anniversary of joining")),
    ("on_date", gettext_lazy("all on one date")),
)
SPANS = (
    ("month", gettext_lazy("month")),
    ("quarter", gettext_lazy("quarter")),
    ("year", gettext_lazy("year")),
)
NUMBERS = ("max_share", "leave", "min_receipt", "min_points", "max_points_per_day", "step")


def _number(label: Any, help_text: Any, places: int = 2) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        help_text=help_text,
        required=False,
        min_value=Decimal(0),
        max_digits=12,
        decimal_places=places,
        localize=True,
        widget=DecimalInput,
    )


def _whole(label: Any, help_text: Any = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget
    )


def _choice(label: Any, choices: Any, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, required=required, widget=UnfoldAdminSelectWidget)


class ProgrammeForm(forms.ModelForm):  # type: ignore[type-arg]
    """A programme with its rules as fields. What they say is checked by the parsers that the engine uses."""

    expiry_kind = _choice(gettext_lazy("Points expire"), KINDS)
    expiry_amount = _whole(gettext_lazy("After"))
    expiry_unit = _choice(gettext_lazy("Counted in"), UNITS, required=False)
    expiry_span = _choice(gettext_lazy("At the end of the"), SPANS, required=False)
    expiry_after = _whole(
        gettext_lazy("And so many more"), gettext_lazy("0: the one in which they were earned.")
    )
    expiry_month = _choice(gettext_lazy("Month"), tuple(MONTHS.items()), required=False)
    expiry_day = _whole(gettext_lazy("Day of the month"))
    expiry_date = forms.DateField(
        label=gettext_lazy("Date"), required=False, widget=UnfoldAdminSingleDateWidget
    )
    at_least_amount = _whole(
        gettext_lazy("But live at least"), gettext_lazy("Points earned later go to the next date.")
    )
    at_least_unit = _choice(gettext_lazy("In"), UNITS, required=False)

    max_share = _number(
        gettext_lazy("Points pay at most, % of the receipt"), gettext_lazy("Empty: all of it.")
    )
    leave = _number(
        gettext_lazy("Always leave to be paid in money"), gettext_lazy("“All but 1” is written as 1.")
    )
    min_receipt = _number(gettext_lazy("Only on receipts of at least"), gettext_lazy("Money."))
    min_points = _number(gettext_lazy("At least so many points at once"), "")
    max_points_per_day = _number(
        gettext_lazy("At most so many points a day"), gettext_lazy("Empty: no limit.")
    )
    step = _number(gettext_lazy("Only in steps of"), gettext_lazy("100: 100, 200, 300 points."))
    excluded_categories = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Never for these categories"),
        queryset=Category.objects.order_by("path"),
        to_field_name="code",
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text=gettext_lazy("With everything below them."),
    )
    excluded_sets = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Never for these product sets"),
        queryset=ProductSet.objects.all(),
        to_field_name="code",
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    excluded_brands = forms.CharField(
        label=gettext_lazy("Never for these brands"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("One on a line."),
    )
    excluded_products = forms.CharField(
        label=gettext_lazy("Never for these skus"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("One on a line."),
    )

    class Meta:
        model = Programme
        exclude = ("expiry", "spending")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        instance = kwargs.get("instance")
        programme = instance if instance is not None else Programme()
        kwargs["initial"] = read_fields(programme.expiry, programme.spending) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)

    def clean_currency(self) -> str:
        """A currency in which a programme can be."""
        return currencies.read(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        """Put the fields together and have the parsers judge them."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._judge_expiry(cleaned)
        self._judge_spending(cleaned)
        return cleaned

    def _judge_expiry(self, cleaned: dict[str, Any]) -> None:
        document = write_expiry(cleaned)
        try:
            expiry.parse(document)
        except DocumentError as error:
            self.add_error(_EXPIRY_FIELDS.get(error.field, "expiry_kind"), _sentence(error))
        else:
            self._judge_last_chance(document, cleaned)
            self.instance.expiry = document

    def _judge_last_chance(self, document: Mapping[str, Any] | None, cleaned: Mapping[str, Any]) -> None:
        """Refuse a day that comes before points are active, unless it was there before."""
        zone, days = cleaned.get("time_zone"), cleaned.get("activation_days") or 0
        same = (document, days) == (self.instance.expiry, self.instance.activation_days)
        if not zone or same:
            return
        last = lifetimes.Terms(document, days, ZoneInfo(zone)).last_chance
        if last is not None and last <= timezone.now():
            text = _(
                "Points would expire before they are active, so nobody could spend them: choose a later day."
            )
            self.add_error("expiry_date", text)

    def _judge_spending(self, cleaned: dict[str, Any]) -> None:
        document = write_spending(cleaned)
        value = cleaned.get("point_value")
        places = cleaned.get("point_decimals", self.instance.point_decimals)
        whole = dict(document)
        if value is not None and places is not None:
            whole |= {"point_value": str(value), "point_decimals": places}
        try:
            parse_rules(whole)
        except DocumentError as error:
            name = error.field.removeprefix("spending.").split("[")[0]
            self.add_error(name if name in self.fields else None, _sentence(error))
        else:
            self.instance.spending = document


_EXPIRY_FIELDS = {
    "expiry": "expiry_amount",
    **{f"expiry.{unit}": "expiry_amount" for unit, _label in UNITS},
    "expiry.unit": "expiry_span",
    "expiry.after": "expiry_after",
    "expiry.month": "expiry_month",
    "expiry.day": "expiry_day",
    "expiry.date": "expiry_date",
    **{f"expiry.at_least.{unit}": "at_least_amount" for unit, _label in UNITS},
}


def _sentence(error: DocumentError) -> str:
    """What is wrong, as the constructor says it."""
    return faults.say(Problem(error.field, error.code, error.words))


def write_expiry(fields: dict[str, Any]) -> dict[str, Any]:
    """The expiry policy's document of the form's fields."""
    kind = fields.get("expiry_kind")
    document: dict[str, Any] = {"kind": kind}
    match kind:
        case "after":
            document[fields.get("expiry_unit") or "days"] = fields.get("expiry_amount") or 0
        case "end_of":
            document |= {"unit": fields.get("expiry_span"), "after": fields.get("expiry_after") or 0}
        case "yearly":
            document |= {"month": int(fields.get("expiry_month") or 0), "day": fields.get("expiry_day")}
        case "on_date":
            date = fields.get("expiry_date")
            document["date"] = date.isoformat() if date else ""
    if kind in ("yearly", "anniversary") and fields.get("at_least_amount"):
        document["at_least"] = {fields.get("at_least_unit") or "days": fields["at_least_amount"]}
    return document


def write_spending(fields: dict[str, Any]) -> dict[str, Any]:
    """The spending rules' document of the form's fields."""
    document: dict[str, Any] = {}
    for name in NUMBERS:
        if fields.get(name) is not None:
            document[name] = format(fields[name].normalize(), "f")
    goods = {
        "categories": sorted(category.code for category in fields.get("excluded_categories") or ()),
        "sets": sorted(row.code for row in fields.get("excluded_sets") or ()),
        "brands": _read_lines(fields.get("excluded_brands")),
        "products": _read_lines(fields.get("excluded_products")),
    }
    excluded = {name: codes for name, codes in goods.items() if codes}
    if excluded:
        document["excluded"] = excluded
    return document


def _read_lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def read_fields(policy: dict[str, Any] | None, spending: dict[str, Any] | None) -> dict[str, Any]:
    """The form's fields of the two documents."""
    policy = policy or {"kind": "never"}
    spending = spending or {}
    excluded = spending.get("excluded") or {}
    fields: dict[str, Any] = {
        "expiry_kind": policy.get("kind"),
        "expiry_span": policy.get("unit"),
        "expiry_after": policy.get("after"),
        "expiry_month": policy.get("month"),
        "expiry_day": policy.get("day"),
        "expiry_date": policy.get("date"),
        "excluded_categories": excluded.get("categories", []),
        "excluded_sets": excluded.get("sets", []),
        "excluded_brands": "\n".join(excluded.get("brands", [])),
        "excluded_products": "\n".join(excluded.get("products", [])),
    }
    for period, amount, unit in (
        (policy, "expiry_amount", "expiry_unit"),
        (policy.get("at_least") or {}, "at_least_amount", "at_least_unit"),
    ):
        for name, _label in UNITS:
            if name in period:
                fields |= {amount: period[name], unit: name}
    numbers = {name: spending.get(name) for name in NUMBERS}
    return fields | {name: None if said is None else Decimal(str(said)) for name, said in numbers.items()}
