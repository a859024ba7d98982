"""Programmes and their rules over time. Whatever is saved here makes a new rulebook, in force from that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from backoffice import figures
from backoffice.desk import Desk, Register
from backoffice.programmes import file as programme_file
from backoffice.programmes.form import ProgrammeForm
from campaigns import rulebooks
from campaigns.desk.names import Names
from campaigns.models import Campaign, Revision, Rulebook
from loyalty import wording
from loyalty.models import Ladder, Programme


@admin.register(Programme)
class ProgrammeDesk(Desk):
    """Programmes."""

    form = ProgrammeForm
    list_display = ("name", "code", "currency", "point_value", "time_zone", "count_live", "active")
    list_filter = (("active", BooleanRadioFilter),)
    search_fields = ("name", "code")
    fixed = ("code", "currency", "point_decimals")
    suggested = {"code": ("name",)}
    actions_detail = ("write_file", "read_file")
    actions_list = ("read_any_file",)
    fieldsets = (
        (None, {"fields": (("name", "code"), ("currency", "time_zone"), ("country", "active"))}),
        (
            _("Points"),
            {"fields": (("point_value", "point_decimals", "rounding"), ("earn_on", "activation_days"))},
        ),
        (
            _("How long points live"),
            {
                "fields": (
                    "expiry_kind",
                    ("expiry_amount", "expiry_unit"),
                    ("expiry_span", "expiry_after"),
                    ("expiry_month", "expiry_day"),
                    "expiry_date",
                    ("at_least_amount", "at_least_unit"),
                    "inactivity_days",
                )
            },
        ),
        (
            _("How points are spent"),
            {
                "fields": (
                    ("max_share", "leave"),
                    ("min_receipt", "min_points"),
                    ("max_points_per_day", "step"),
                    ("excluded_categories", "excluded_sets"),
                    ("excluded_brands", "excluded_products"),
                    ("confirm_above", "confirm_whom"),
                )
            },
        ),
        (
            _("Returns and held purchases"),
            {"fields": (("return_days", "grace_days"), ("debt_policy", "hold_minutes"))},
        ),
        (
            _("Points between members"),
            {
                "fields": (
                    "transfers",
                    ("transfer_least", "transfer_most"),
                    ("transfer_most_day", "transfer_most_month"),
                    ("transfer_fee_percent", "transfer_fee_points"),
                )
            },
        ),
        (_("Birthdays"), {"fields": ("birthday_days",)}),
        (_("Members who leave"), {"fields": ("leaving_days",)}),
    )
    readonly_fields = ("show_expiry", "show_spending")
    conditional_fields = {
        "expiry_amount": "expiry_kind == 'after'",
        "expiry_unit": "expiry_kind == 'after'",
        "expiry_span": "expiry_kind == 'end_of'",
        "expiry_after": "expiry_kind == 'end_of'",
        "expiry_month": "expiry_kind == 'yearly'",
        "expiry_day": "expiry_kind == 'yearly'",
        "expiry_date": "expiry_kind == 'on_date'",
        "at_least_amount": "expiry_kind == 'yearly' || expiry_kind == 'anniversary'",
        "at_least_unit": "expiry_kind == 'yearly' || expiry_kind == 'anniversary'",
    }

    def get_urls(self) -> list[Any]:
        """The pages of the programme as a file, beside the usual ones."""
        return [*programme_file.urls(self), *super().get_urls()]

    def has_write_file_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may take the programme out as a file."""
        return programme_file.may_write(request)

    def has_read_file_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may do all that a file can do."""
        return programme_file.may_read(request)

    @action(
        description=_("Write to a file"), permissions=("write_file",), icon="download", url_path="write-file"
    )
    def write_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The programme as YAML."""
        return programme_file.write(request, object_id)

    @action(
        description=_("Read from a file"),
        permissions=("read_file",),
        icon="upload_file",
        url_path="read-file",
    )
    def read_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The page that takes a file."""
        return HttpResponseRedirect(reverse("admin:loyalty_programme_file"))

    @action(
        description=_("Read from a file"),
        permissions=("read_file",),
        icon="upload_file",
        url_path="read-any-file",
    )
    def read_any_file(self, request: HttpRequest) -> HttpResponse:
        """The page that takes a file."""
        return HttpResponseRedirect(reverse("admin:loyalty_programme_file"))

    def get_fieldsets(self, request: HttpRequest, obj: Programme | None = None) -> Any:
        """The rules as fields, or as sentences for those who only look."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return fieldsets
        told = {
            _("How long points live"): ("show_expiry", "inactivity_days"),
            _("How points are spent"): ("show_spending", "confirm_above", "confirm_whom"),
        }
        return [(name, {"fields": told[name]} if name in told else options) for name, options in fieldsets]

    @display(description=_("points expire"))
    def show_expiry(self, programme: Programme) -> str:
        """When points expire, in words."""
        return wording.describe_expiry(programme.expiry)

    @display(description=_("points are spent"))
    def show_spending(self, programme: Programme) -> str:
        """What limits the spending, in words."""
        return wording.describe_spending(programme.spending, Names(programme))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Programme]:
        """Programmes with the number of their live campaigns."""
        live = Count("campaigns", filter=Q(campaigns__status=Campaign.Status.LIVE))
        return super().get_queryset(request).annotate(live_count=live)

    @display(description=_("live campaigns"), ordering="live_count")
    def count_live(self, programme: Programme) -> int:
        """How many campaigns are live."""
        return programme.live_count  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Put the rules as they stand now in force; a new programme gets its ladder."""
        super().save_related(request, form, formsets, change)
        if not change:
            Ladder.objects.get_or_create(programme=form.instance)
        if not change or form.has_changed():
            rulebooks.refresh(form.instance, timezone.now())


@admin.register(Rulebook)
class RulebookRegister(Register):
    """The rules of a programme as they were in force, from moment to moment."""

    list_display = ("in_force_from", "programme", "count_revisions")
    list_filter = (("programme", RelatedDropdownFilter),)
    list_select_related = ("programme",)
    fields = (("programme", "in_force_from"), "show_terms", "show_revisions")
    readonly_fields = ("show_terms", "show_revisions")
    ordering = ("-id",)

    @display(description=_("terms of the programme"))
    def show_terms(self, rulebook: Rulebook) -> SafeString:
        """The terms, each in words."""
        rows = describe_terms(rulebook.terms, Names(rulebook.programme))
        return format_html(
            '<ul class="regulars-list">{}</ul>',
            format_html_join("", '<li><span class="regulars-soft">{}:</span> {}</li>', rows),
        )

    @display(description=_("campaigns in force"))
    def count_revisions(self, rulebook: Rulebook) -> int:
        """How many campaigns were in force."""
        return len(rulebook.revisions)

    @display(description=_("campaigns in force"))
    def show_revisions(self, rulebook: Rulebook) -> str:
        """Names and numbers of the revisions that were in force."""
        rows = Revision.objects.filter(id__in=rulebook.revisions).order_by("name")
        return ", ".join(f"{row.name} r{row.number}" for row in rows) or "–"


def describe_terms(terms: Mapping[str, Any], names: Names) -> Iterator[tuple[str, str]]:
    """The terms that a rulebook keeps: what each is called on the programme's page, and its value in words."""
    told: Mapping[str, Callable[[Any], str]] = {
        "expiry": wording.describe_expiry,
        "spending": partial(wording.describe_spending, names=names),
    }
    value_of_point = {"point_value": (terms.get("spending") or {}).get("point_value")}
    columns: Mapping[str, Any] = {column.name: column for column in Programme._meta.concrete_fields}
    for name, value in {**terms, **value_of_point}.items():
        if name in columns:  # those of old editions that have no column any more say nothing
            choices = dict(columns[name].flatchoices)
            said = told[name](value) if name in told else str(choices.get(value, figures.amount(value)))
            yield str(columns[name].verbose_name), said or "–"
