"""Coupon series: the list, and the page of one with its coupons, batches of codes and uses."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from backoffice.coupons import batches as coupons_work
from backoffice.coupons import printing as coupons_print
from backoffice.coupons.forms import SeriesForm
from backoffice.desk import Desk
from campaigns.models import Campaign
from foundation.refusals import Refusal
from loyalty.models import Programme
from rewards.coupons import series, validity
from rewards.models import CouponUse, Series

#: Where a definition names a series; the code is bound as ``$code``.
_NAMED = (
    '$.** ? (@.condition == "coupon").series[*] ? (@ == $code)',
    '$.** ? (@.effect == "issue_coupon").series ? (@ == $code)',
)
#: Effects that are about goods, whatever the campaign is for.
_OF_GOODS = ("gift", "fixed_price", "cheapest_free")
#: What is hidden on the page of a series of one code.
_OF_MANY = ("generate", "load", "export", "revoke_all")
NEWEST_USES = 10


@admin.register(Series)
class SeriesDesk(Desk):
    """Coupon series."""

    form = SeriesForm
    list_display = ("name", "code", "programme", "kind", "show_validity", "show_uses", "show_active")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("programme", RelatedDropdownFilter),
        ("active", BooleanRadioFilter),
    )
    list_select_related = ("programme", "total")
    search_fields = ("name", "code", "offer")
    autocomplete_fields = ("programme",)
    fixed = ("programme", "code", "kind", "uses_each", "from_pool")
    suggested = {"code": ("name",)}
    readonly_fields = ("show_limit",)
    actions_detail = (
        "generate",
        "load",
        {
            "title": gettext_lazy("More"),
            "icon": "more_horiz",
            "items": ["print_sheet", "export", "revoke_all"],
        },
    )
    change_form_outer_before_template = "backoffice/coupons/head.html"
    change_form_outer_after_template = "backoffice/coupons/page.html"
    #: While the kind is being chosen; later there is no such field.
    conditional_fields = {
        "mass_code": "kind == 'mass'",
        **dict.fromkeys(
            ("uses_each", "days", "from_pool", "prefix", "length"),
            "typeof kind == 'undefined' || kind == 'personal'",
        ),
    }

    class Media:
        css = {"all": ("css/coupons.css",)}

    def get_fieldsets(self, request: HttpRequest, obj: Series | None = None) -> Any:
        """What a series asks; of one that is there what still makes sense."""
        mass = obj is not None and obj.kind == Series.Kind.MASS
        made = ("kind", "mass_code") if obj is None else ("kind",)
        pool = [] if mass else ["from_pool", ("prefix", "length")]
        in_all = "most_in_all" if self.has_change_permission(request, obj) else "show_limit"
        each = (in_all, "most_per_member") if mass else ("uses_each", "most_per_member", in_all)
        return (
            (None, {"fields": (("name", "code"), ("programme", "good_for"), "offer", "active")}),
            (_("Codes"), {"fields": (made, *pool)}),
            (_("How often"), {"fields": (each, "combinable")}),
            (_("How long"), {"fields": (("valid_from", "valid_until", *(() if mass else ("days",))),)}),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The programme, where there is only one."""
        programmes = list(Programme.objects.filter(active=True)[:2])
        only = {"programme": programmes[0].pk} if len(programmes) == 1 else {}
        return only | super().get_changeform_initial_data(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Series]:
        """Series with the number of their uses."""
        stand = CouponUse.objects.filter(series=OuterRef("pk")).exclude(state=CouponUse.State.RETURNED)
        counts = stand.order_by().values("series").annotate(uses=Count("pk"))
        uses = Coalesce(Subquery(counts.values("uses")), 0, output_field=IntegerField())
        return super().get_queryset(request).annotate(uses_count=uses)

    def get_urls(self) -> list[Any]:
        """The page's parts, beside the usual pages."""
        parts = {
            "<int:pk>/codes/": (coupons_work.show_state, "codes"),
            "<int:pk>/print/": (coupons_print.sheet, "print"),
            "batch/<uuid:pk>/stop/": (coupons_work.stop, "stop"),
            "batch/<uuid:pk>/resume/": (coupons_work.resume, "resume"),
            "batch/<uuid:pk>/faults/": (coupons_work.send_faults, "faults"),
        }
        mine = [
            path(route, self.admin_site.admin_view(_of(self, view)), name=f"rewards_series_{name}")
            for route, (view, name) in parts.items()
        ]
        return [*mine, *super().get_urls()]

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
        """The page, with the coupons, the batches and the newest uses."""
        found = kwargs.get("obj")
        if found is not None:
            context |= coupons_work.describe(self, request, found)
            context["campaigns"] = [
                (campaign, deeds(found, campaign), doubt(found, campaign)) for campaign in naming(found)
            ]
            context["uses"] = list(
                found.uses_made.select_related("coupon", "receipt__store", "member").order_by("-at", "-id")[
                    :NEWEST_USES
                ]
            )
            if found.kind == Series.Kind.MASS:
                context["one"] = series.code_for_all(found)
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Series, form: Any, change: bool) -> None:
        """Write the series with its limits and its code."""
        cleaned = form.cleaned_data
        series.save(obj, cleaned.get("most_in_all"), timezone.now(), cleaned.get("mass_code") or "")

    def response_add(self, request: HttpRequest, obj: Series, post_url_continue: Any = None) -> HttpResponse:
        """A new series has no codes yet: go on to its page, where they are made."""
        answer = super().response_add(request, obj, post_url_continue)
        if {"_popup", "_addanother", "_continue"} & set(request.POST):
            return answer
        return HttpResponseRedirect(reverse("admin:rewards_series_change", args=[obj.pk]))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what has no coupons and no campaign speaks of."""
        if obj is None or obj.coupons.exists() or obj.batches.exists() or naming(obj):
            return False
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def has_work_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may make codes and take coupons out of force."""
        return bool(request.user.has_perm("rewards.change_series"))

    def has_take_out_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may take codes out of the house, on paper or as a file."""
        return coupons_print.may_take_out(request)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        """Only what can be done to a series of this kind."""
        kind = Series.objects.filter(pk=object_id).values_list("kind", flat=True).first()
        actions = super().get_actions_detail(request, object_id)
        if kind != Series.Kind.MASS:
            return actions
        return [one for one in actions if not one.action_name.endswith(_OF_MANY)]

    @action(
        description=gettext_lazy("Generate codes"),
        permissions=("work",),
        icon="auto_awesome",
        url_path="generate",
    )
    def generate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form that asks for new codes."""
        return coupons_work.generate(self, request, object_id)

    @action(
        description=gettext_lazy("Load codes from a file"),
        permissions=("work",),
        icon="upload_file",
        url_path="load",
    )
    def load(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form that takes a file of codes."""
        return coupons_work.load(self, request, object_id)

    @action(description=gettext_lazy("Print"), permissions=("take_out",), icon="print", url_path="to-print")
    def print_sheet(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The sheet of coupons."""
        return HttpResponseRedirect(reverse("admin:rewards_series_print", args=[object_id]))

    @action(
        description=gettext_lazy("Download as a file"),
        permissions=("take_out",),
        icon="download",
        url_path="export",
    )
    def export(self, request: HttpRequest, object_id: str) -> Any:
        """The codes as a CSV file."""
        return coupons_print.export(self, request, object_id)

    @action(
        description=gettext_lazy("Revoke all"),
        permissions=("work",),
        icon="block",
        dialog={
            "title": gettext_lazy("Revoke all coupons of the series?"),
            "description": gettext_lazy("Nobody can use them any more. Those that were used stay used."),
            "form_class": BaseDialogForm,
            "form_submit_text": gettext_lazy("Revoke all"),
        },
    )
    def revoke_all(self, request: HttpRequest, form: forms.Form, object_id: str) -> HttpResponse:
        """Take all coupons of the series out of force."""
        found = Series.objects.get(pk=object_id)
        self.log_change(request, found, _("Revoked all coupons"))
        transaction.on_commit(lambda: coupons_work.revoke_series(found.pk))
        messages.success(request, _("All coupons of the series are being revoked."))
        return HttpResponse(headers={"HX-Redirect": reverse("admin:rewards_series_change", args=[object_id])})

    @display(description=gettext_lazy("valid"))
    def show_validity(self, found: Series) -> str:
        """The window of the series in short."""
        begin, end = (
            date_format(day, "SHORT_DATE_FORMAT") if day else ""
            for day in (found.valid_from, found.valid_until)
        )
        if begin and end:
            told = [f"{begin} – {end}"]
        else:
            told = [_("from %(date)s") % {"date": begin}] if begin else []
            told += [_("until %(date)s") % {"date": end}] if end else []
        if found.days is not None:
            told.append(_("%(days)s days from issue") % {"days": found.days})
        return ", ".join(told) or _("always")

    @display(description=gettext_lazy("uses"), ordering="uses_count")
    def show_uses(self, found: Any) -> str:
        """How often its coupons were used, and how often they may be."""
        uses, total = intcomma(found.uses_count), getattr(found, "total", None)
        return f"{uses} / {intcomma(total.most)}" if total is not None else str(uses)

    @display(description=gettext_lazy("Uses in all"), empty_value="–")
    def show_limit(self, found: Series) -> str | None:
        """How many purchases all its coupons serve together, for those who may not change it."""
        total = getattr(found, "total", None)
        return intcomma(total.most) if total is not None else None

    @display(
        description=gettext_lazy("state"), label={"active": "success", "over": "warning", "off": "danger"}
    )
    def show_active(self, found: Series) -> tuple[str, str]:
        """Whether its coupons can be used now."""
        if not found.active:
            return "off", _("switched off")
        return ("over", _("over")) if validity.is_over(found, timezone.now()) else ("active", _("active"))


def naming(found: Series) -> list[Campaign]:
    """Campaigns of the programme whose draft or any published version names the series."""
    texts = (
        "SELECT campaigns_campaign.draft",
        "SELECT definition FROM campaigns_revision WHERE campaign_id = campaigns_campaign.id",
    )
    named = " OR ".join(f"jsonb_path_exists(d.text, '{path}', v.names)" for path in _NAMED)
    raw = RawSQL(
        f"SELECT bool_or({named}) FROM ({' UNION ALL '.join(texts)}) AS d(text),"
        " (SELECT jsonb_build_object('code', %s::text)) AS v(names)",
        [found.code],
    )
    campaigns = Campaign.objects.filter(programme_id=found.programme_id).annotate(named=raw)
    return list(campaigns.filter(named=True).order_by("name"))


def doubt(found: Series, campaign: Campaign) -> str:
    """What a campaign that takes the coupons does otherwise than the series says; empty when nothing."""
    draft = campaign.draft
    if not _asks(draft.get("if")):
        return ""
    of_goods = draft.get("what_for", {}).get("of") == "lines"
    of_goods = of_goods or any(effect.get("effect") in _OF_GOODS for effect in draft.get("what", ()))
    if found.good_for == Series.GoodFor.ITEM and not of_goods:
        return _("gives something for the whole receipt, and the coupon is said to be for an item")
    if found.good_for == Series.GoodFor.RECEIPT and of_goods:
        return _("gives something for goods, and the coupon is said to be for the receipt")
    return ""


def deeds(found: Series, campaign: Campaign) -> list[str]:
    """What the draft of a campaign does with coupons of the series; an older version may do otherwise."""
    told = []
    if _asks(campaign.draft.get("if"), found.code):
        told.append(_("takes them"))
    effects = [effect for effect in campaign.draft.get("what", ()) if isinstance(effect, dict)]
    if any(
        effect.get("effect") == "issue_coupon" and effect.get("series") == found.code for effect in effects
    ):
        told.append(_("gives them"))
    return told


def _asks(tree: Any, code: str = "") -> bool:
    """Whether a condition tree asks for a coupon; with a ``code`` for one of that series."""
    if isinstance(tree, dict):
        if tree.get("condition") == "coupon":
            return not code or code in tree.get("series", ())
        return any(_asks(inner, code) for inner in tree.values())
    return isinstance(tree, list) and any(_asks(inner, code) for inner in tree)


def _of(desk: SeriesDesk, view: Any) -> Any:
    return lambda request, pk: view(desk, request, pk)
