"""Ladders with their tiers, on one page: how members go up and down, and how many stand where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from analytics import moves
from analytics.models import MemberFacts
from analytics.tasks import settle_tiers
from backoffice import search
from backoffice.desk import Desk, DeskInline, Register
from backoffice.programmes.moving import AsksBeforeMoving, require_confirmed
from campaigns import rulebooks
from foundation.sending import send
from loyalty.models import Ladder, Programme, Tier, TierChange
from loyalty.shops import places
from loyalty.tiers import ladder_wording, ladders

_ROLLING = "window == 'rolling' || (window == 'ever' && down == 'below' && term == 'rolling')"


class TierForm(forms.ModelForm):  # type: ignore[type-arg]
    """A row of the ladder. Codes and thresholds are compared by the set of rows: they may change places."""

    class Meta:
        model = Tier
        fields = ("name", "code", "threshold", "benefits")
        widgets = {"benefits": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:  # campaigns know it by this
            self.fields["code"].disabled = True

    def validate_unique(self) -> None:
        """Left to ``TierRows``."""

    def validate_constraints(self) -> None:
        """Left to ``TierRows`` and to the field."""

    def clean_threshold(self) -> Decimal:
        """Refuse what is below zero."""
        threshold: Decimal = self.cleaned_data["threshold"]
        if threshold < 0:
            raise ValidationError(_("Give a number that is not below zero."))
        return threshold


class TierRows(BaseInlineFormSet):  # type: ignore[type-arg]
    """All rows of a ladder."""

    def clean(self) -> None:
        """Refuse two tiers with one code or one threshold."""
        for name, said in (
            ("code", _("Two tiers have this code.")),
            ("threshold", _("Two tiers are reached at this amount.")),
        ):
            seen = set()
            for form in self.forms:
                value = getattr(form, "cleaned_data", {}).get(name)
                if value is None or form.cleaned_data.get("DELETE"):
                    continue
                if value in seen:
                    form.add_error(name, said)
                seen.add(value)
        if any(form.errors for form in self.forms):
            raise ValidationError(
                _("Two tiers must differ in their code and in the amount at which they begin.")
            )


class TierInline(DeskInline):
    """The tiers of a ladder. They belong to its programme, so the programme is what the rows hang on."""

    model = Tier
    form = TierForm
    formset = TierRows
    fields = ("name", "code", "threshold", "benefits")
    ordering = ("threshold",)
    hide_title = True

    def __init__(self, parent_model: Any, admin_site: Any) -> None:
        super().__init__(Programme, admin_site)


@admin.register(Ladder)
class LadderDesk(AsksBeforeMoving, Desk):
    """How members of a programme go up and down."""

    list_display = ("programme", "show_steps", "show_rules")
    list_select_related = ("programme",)
    fixed = ("programme",)
    inlines = (TierInline,)
    readonly_fields = ("show_rules", "show_members")
    fieldsets = (
        (None, {"fields": ("programme", "show_rules", "show_members")}),
        (gettext_lazy("How members go up"), {"fields": (("basis", "window"), ("span_amount", "span_unit"))}),
        (
            gettext_lazy("How members go down"),
            {"fields": (("down", "fall"), "idle_days", ("below", "term"), ("grace_days", "down_from"))},
        ),
    )
    conditional_fields = {
        "span_amount": _ROLLING,
        "span_unit": _ROLLING,
        "idle_days": "down == 'idle'",
        "below": "down == 'below'",
        "term": "down == 'below' && window == 'ever'",
        "fall": "down != 'never'",
        "grace_days": "down != 'never'",
        "down_from": "down != 'never'",
    }

    def get_fieldsets(self, request: HttpRequest, obj: Ladder | None = None) -> Any:
        """What is said and counted of a ladder only when it is there; who only looks reads it in words."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj and not self.has_change_permission(request, obj):
            return fieldsets[:1]
        return fieldsets if obj else [(None, {"fields": ("programme",)}), *fieldsets[1:]]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """A new ladder is of a programme that has none."""
        if db_field.name == "programme":
            kwargs["queryset"] = Programme.objects.filter(ladder=None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """The rows of tiers hang on the programme."""
        programme = obj.programme if obj.programme_id else Programme()
        return super().get_formset_kwargs(request, programme, inline, prefix)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the tiers; put the rules in force and have members counted again where anything changed.

        Raises ``Unconfirmed`` where that moves members and nobody agreed to it.
        """
        programme = form.instance.programme
        names = dict(programme.tiers.values_list("code", "name"))
        for formset in formsets:
            formset.instance = programme
        super().save_related(request, form, formsets, change)
        if not change or form.has_changed() or any(formset.has_changed() for formset in formsets):
            require_confirmed(request, programme, names, timezone.now())
            note_change(programme)
            messages.info(
                request, _("Members are being counted again; at the till the new rules hold at once.")
            )

    @display(description=gettext_lazy("tiers"))
    def show_steps(self, ladder: Ladder) -> str:
        """The tiers and their thresholds, from the lowest."""
        currency = ladder.programme.currency
        return ", ".join(
            _("%(tier)s from %(amount)s")
            % {
                "tier": tier.name,
                "amount": ladder_wording.describe_amount(tier.threshold, ladder.basis, currency),
            }
            for tier in ladder.programme.tiers.order_by("threshold")
        )

    @display(description=gettext_lazy("in words"))
    def show_rules(self, ladder: Ladder) -> SafeString:
        """How members go up and down."""
        told = ladder_wording.describe(ladders.read(ladder.programme), ladder.programme.currency)
        return format_html_join(" ", "{}", ((sentence,) for sentence in told))

    @display(description=gettext_lazy("members"))
    def show_members(self, ladder: Ladder) -> SafeString:
        """How many members stand on each tier."""
        counts = dict(
            MemberFacts.objects.filter(programme=ladder.programme)
            .values_list("tier")
            .annotate(members=Count("pk"))
        )
        rows = [(tier.name, counts.get(tier.pk, 0)) for tier in ladder.programme.tiers.order_by("threshold")]
        if counts.get(None):
            rows.insert(0, (_("no tier"), counts[None]))
        return format_html_join(format_html("{}", " · "), "{}: {}", rows)


def note_change(programme: Programme) -> None:
    """Put the rules in force as they stand now, and have the members counted again once that is committed."""
    now = timezone.now()
    rulebooks.refresh(programme, now)
    ladders.note_change(programme, now)
    places.forget()
    transaction.on_commit(partial(send, settle_tiers, programme.pk))


@admin.register(Tier)
class TierDesk(AsksBeforeMoving, Desk):
    """Tiers of all programmes."""

    list_display = ("name", "code", "programme", "threshold")
    list_filter = (("programme", RelatedDropdownFilter),)
    list_select_related = ("programme",)
    search_fields = ("name", "code")
    autocomplete_fields = ("programme",)
    fixed = ("programme", "code")
    suggested = {"code": ("name",)}
    deletable = True

    def save_model(self, request: HttpRequest, obj: Tier, form: Any, change: bool) -> None:
        """Save the tier, put the rules in force, and have members counted again.

        Raises ``Unconfirmed`` where that moves members and nobody agreed to it.
        """
        super().save_model(request, obj, form, change)
        require_confirmed(request, obj.programme, {}, timezone.now())
        note_change(obj.programme)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """What goes with the tiers, and whom that moves."""
        going, *rest = super().get_deleted_objects(objs, request)
        gone = {tier.pk for tier in objs}
        for programme in Programme.objects.filter(tiers__in=gone).distinct():
            ladder = ladders.read(programme)
            left = replace(ladder, steps=tuple(step for step in ladder.steps if step.id not in gone))
            names = {step.code: step.name for step in ladder.steps}
            going = [*going, *moves.describe(programme, left, names, timezone.now())]
        return going, *rest

    def delete_model(self, request: HttpRequest, obj: Tier) -> None:
        """Delete the tier likewise."""
        super().delete_model(request, obj)
        note_change(obj.programme)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Tier]) -> None:
        """Delete the tiers likewise."""
        programmes = list(Programme.objects.filter(tiers__in=queryset).distinct())
        super().delete_queryset(request, queryset)
        for programme in programmes:
            note_change(programme)


@admin.register(TierChange)
class TierChangeRegister(Register):
    """Every change of a member's tier."""

    list_display = ("at", "member", "show_change", "why", "show_by")
    list_filter = (
        ("programme", AutocompleteSelectFilter),
        ("why", ChoicesDropdownFilter),
        ("up", BooleanRadioFilter),
        ("at", RangeDateTimeFilter),
    )
    list_select_related = ("member", "user", "programme")
    fields = (
        ("member", "programme"), ("was", "now", "up"), ("at", "recorded_at"), ("why", "receipt"),
        ("user", "reason", "until"),
    )  # fmt: skip
    search_fields = ("now",)
    search_help_text = gettext_lazy("Phone, card, e-mail or name of the member")
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[TierChange], search_term: str
    ) -> tuple[QuerySet[TierChange], bool]:
        """Changes of the members that are found."""
        return search.by_member(queryset, "member", search_term), False

    @display(description=gettext_lazy("tier"))
    def show_change(self, change: TierChange) -> str:
        """From where to where."""
        ladder = places.scheme(change.programme_id).ladder
        told = ladder_wording.describe_change(change.was, change.now, ladder)
        if change.until is None:
            return told
        until = date_format(timezone.localtime(change.until), "SHORT_DATE_FORMAT")
        return _("%(change)s, until %(date)s") % {"change": told, "date": until}

    @display(description=gettext_lazy("by whom and why"))
    def show_by(self, change: TierChange) -> str:
        """Who did it, and the reason given."""
        said: Sequence[str] = [str(change.user)] if change.user else []
        return ": ".join([*said, change.reason] if change.reason else said)
