"""Payers: who pays for what campaigns give, which campaigns name each, and the points they were charged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from backoffice.backtests import words as backtest_words
from backoffice.desk import Desk
from campaigns import funding
from campaigns.desk import charges
from campaigns.models import Campaign
from foundation.refusals import Refusal
from loyalty.models import Payer, Programme
from loyalty.shops import payers

#: Campaigns that the list names before it says how many more there are.
NAMED = 3


class PayerForm(forms.ModelForm):  # type: ignore[type-arg]
    """A payer; what will not do is told beside its field."""

    class Meta:
        model = Payer
        fields = ("programme", "kind", "partner", "name", "code")

    def clean(self) -> dict[str, Any]:
        """Ask who writes payers."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        payer = Payer(pk=self.instance.pk)
        for name in ("programme", "code", "name", "kind", "partner"):
            setattr(payer, name, cleaned[name] if name in cleaned else getattr(self.instance, name, None))
        if payer.programme_id is None:
            return cleaned
        for fault in payers.faults(payer):
            if fault.field not in self.errors:
                self.add_error(fault.field if fault.field in self.fields else None, fault.detail)
        if "name" in cleaned:
            cleaned["name"] = payers.tidy(cleaned["name"])
        return cleaned

    def validate_constraints(self) -> None:
        """Said in better words by ``clean``."""


@admin.register(Payer)
class PayerDesk(Desk):
    """Who pays."""

    form = PayerForm
    list_display = ("name", "kind", "programme", "show_campaigns", "show_charged")
    list_filter = (("kind", ChoicesDropdownFilter), ("programme", RelatedDropdownFilter))
    list_select_related = ("programme", "partner")
    search_fields = ("name", "code", "partner__name")
    autocomplete_fields = ("programme", "partner")
    fields = (("programme", "kind"), "partner", ("name", "code"))
    fixed = ("programme", "code")
    suggested: Mapping[str, tuple[str, ...]] = {"code": ("name",)}
    conditional_fields = {"partner": "kind == 'partner'"}
    change_form_outer_after_template = "backoffice/payer.html"

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """The house stays the house."""
        fields = super().get_readonly_fields(request, obj)
        is_house = isinstance(obj, Payer) and obj.kind == Payer.Kind.HOUSE
        return (*fields, "kind", "partner") if is_house else fields

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The programme, where there is only one."""
        programmes = list(Programme.objects.filter(active=True)[:2])
        only = {"programme": programmes[0].pk} if len(programmes) == 1 else {}
        return only | super().get_changeform_initial_data(request)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """There is a house already: nobody makes another one."""
        if db_field.name == "kind":
            kwargs["choices"] = [one for one in Payer.Kind.choices if one[0] != Payer.Kind.HOUSE]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """The programme is named where there are several."""
        several = Programme.objects.count() > 1
        return tuple(name for name in self.list_display if several or name != "programme")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; each payer on its page knows its campaigns and what it was charged."""
        changelist = super().get_changelist_instance(request)
        shown = list(changelist.result_list)
        charged = charges.net_of(shown)
        for payer in shown:
            payer.named_by = list(funding.campaigns_of(payer).filter(archived_at=None))
            payer.charged = charged[payer.pk]
        changelist.result_list = shown
        return changelist

    def save_model(self, request: HttpRequest, obj: Payer, form: Any, change: bool) -> None:
        """Write the payer."""
        payers.save(obj)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; what somebody else's work makes impossible while it is saved is told, and nothing saved."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            messages.error(request, refusal.detail)
            return HttpResponseRedirect(request.get_full_path())

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with the campaigns and the charges."""
        payer = kwargs.get("obj")
        if payer is not None:
            context["campaigns"] = list(funding.campaigns_of(payer)) if _may_see(request) else []
            context["charged"] = charges.read(payer)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only who never paid, and whom no campaign names."""
        if obj is None or obj.kind == Payer.Kind.HOUSE or obj.accounts.exists():
            return False
        return not funding.campaigns_of(obj).exists() and admin.ModelAdmin.has_delete_permission(
            self, request, obj
        )

    @display(description=gettext_lazy("campaigns"))
    def show_campaigns(self, payer: Any) -> Any:
        """The campaigns that name the payer, with the way to them."""
        named: list[Campaign] = payer.named_by
        links = (
            (reverse("admin:campaigns_campaign_change", args=[one.pk]), one.name) for one in named[:NAMED]
        )
        told = format_html_join(", ", '<a class="regulars-link" href="{}">{}</a>', links)
        more = len(named) - NAMED
        if more > 0:
            told = format_html("{}, {}", told, _("%(n)s more") % {"n": more})
        return told or "–"

    @display(description=gettext_lazy("points charged"))
    def show_charged(self, payer: Any) -> str:
        """What the payer was charged and did not get back, points."""
        return backtest_words.money(payer.charged)


def _may_see(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("campaigns.view_campaign"))
