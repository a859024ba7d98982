"""Coupons one by one: found by their code or member, looked at, revoked, given to a member by hand."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import action, display

from backoffice import search
from backoffice.coupons import printing as coupons_print
from backoffice.coupons.forms import GiveForm
from backoffice.desk import Register, RegisterInline
from loyalty.models import Programme
from members.models import Member, new_id
from rewards import codes
from rewards.coupons import handouts, validity
from rewards.models import Coupon, CouponUse

COLOURS = {
    Coupon.State.WAITING: "info",
    Coupon.State.ISSUED: "success",
    Coupon.State.RESERVED: "warning",
    Coupon.State.USED: "primary",
    Coupon.State.EXPIRED: "warning",
    Coupon.State.REVOKED: "danger",
}


class UseInline(RegisterInline):
    """Purchases on which the coupon was used."""

    model = CouponUse
    fields = ("at", "receipt", "member", "state", "returned_at")
    readonly_fields = fields
    ordering = ("-at",)
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CouponUse]:
        """Uses with their receipts, as far as a page can show them."""
        return super().get_queryset(request).select_related("receipt", "member")


@admin.register(Coupon)
class CouponRegister(Register):
    """Coupons."""

    list_display = ("show_code", "series", "show_state", "member", "show_count", "issued_at", "show_until")
    list_filter = (
        ("series", AutocompleteSelectFilter),
        ("state", ChoicesDropdownFilter),
        ("issued_at", RangeDateTimeFilter),
    )
    list_select_related = ("series__programme", "member")
    search_fields = ("=code",)
    search_help_text = gettext_lazy("A whole code; phone, card, e-mail or name of the member")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": (("show_code", "tell_state"), ("series", "member"))}),
        (
            gettext_lazy("More about the coupon"),
            {"fields": (("show_count", "reserved"), ("issued_at", "tell_until"), ("cause", "batch"))},
        ),
    )
    readonly_fields = ("show_code", "tell_state", "show_count", "tell_until")
    inlines = (UseInline,)
    actions = ("revoke",)
    actions_detail = ("draw",)
    change_form_outer_before_template = "backoffice/coupons/coupon.html"

    class Media:
        css = {"all": ("css/coupons.css",)}

    def get_urls(self) -> list[Any]:
        """Giving a coupon to a member, beside the usual pages."""
        give = self.admin_site.admin_view(self.give)
        return [path("give/<uuid:member_id>/", give, name="rewards_coupon_give"), *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Coupon], search_term: str
    ) -> tuple[QuerySet[Coupon], bool]:
        """Coupons of that code, however it is typed, or of the members that are found."""
        if code := codes.normalise(search_term):
            # codes are indexed within programmes
            named = queryset.filter(
                programme__in=list(Programme.objects.values_list("pk", flat=True)), code=code
            )
            if named.exists():
                return named, False
        return search.by_member(queryset, "member", search_term), False

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with the coupon as it is printed for those who may take it out."""
        coupon = kwargs.get("obj")
        if coupon is not None and coupons_print.may_take_out(request):
            context["print"] = coupons_print.draw(coupon)
        return super().render_change_form(request, context, *args, **kwargs)

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may take coupons out of force."""
        return bool(request.user.has_perm("rewards.change_coupon"))

    def has_take_out_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may take codes out of the house."""
        return coupons_print.may_take_out(request)

    @action(description=gettext_lazy("Revoke the chosen coupons for good"), permissions=("revoke",))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Coupon]) -> None:
        """Take coupons out of force."""
        with transaction.atomic():
            revoked = handouts.revoke(list(queryset.values_list("pk", flat=True)), timezone.now())
            for coupon in Coupon.objects.filter(code__in=revoked, pk__in=queryset.values("pk")):
                self.log_change(request, coupon, _("Revoked"))
        told = ngettext("%(count)s coupon revoked.", "%(count)s coupons revoked.", len(revoked))
        messages.success(request, told % {"count": len(revoked)})

    @action(
        description=gettext_lazy("Download as a picture"),
        permissions=("take_out",),
        icon="image",
        url_path="svg",
    )
    def draw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The coupon as an SVG file."""
        return coupons_print.picture(request, int(object_id))

    def give(self, request: HttpRequest, member_id: Any) -> HttpResponse:
        """Give a coupon to a member by hand."""
        if not request.user.has_perm("rewards.add_coupon"):
            raise PermissionDenied
        member = Member.objects.filter(pk=member_id, status=Member.Status.ACTIVE).first()
        if member is None:
            raise Http404
        page = reverse("admin:members_member_change", args=[member.pk])
        form = GiveForm(request.POST or None, initial={"key": new_id()})
        if request.method == "POST" and form.is_valid() and (coupon := _give(form, member)) is not None:
            self.log_change(request, coupon, _("Given to %(member)s by hand") % {"member": member})
            messages.success(
                request,
                _("Given: coupon %(code)s.") % {"code": codes.show(coupon.code, coupon.series.prefix)},
            )
            return HttpResponseRedirect(page)
        title = _("Give a coupon: %(member)s") % {"member": member}
        return TemplateResponse(
            request,
            "backoffice/coupons/form.html",
            self.admin_site.each_context(request)
            | {"opts": self.opts, "form": form, "page": page, "title": title, "verb": _("Give")},
        )

    @display(description=gettext_lazy("code"), ordering="code")
    def show_code(self, coupon: Coupon) -> str:
        """The code as it is printed."""
        return codes.show(coupon.code, coupon.series.prefix)

    @display(description=gettext_lazy("state"), label=COLOURS)
    def show_state(self, coupon: Coupon) -> tuple[str, str]:
        """The state, by its dates where the label is late."""
        state = validity.state_at(coupon, timezone.now())
        return state, str(Coupon.State(state).label)

    @display(description=gettext_lazy("state"))
    def tell_state(self, coupon: Coupon) -> str:
        """The state, in words."""
        return self.show_state(coupon)[1]

    @display(description=gettext_lazy("uses"))
    def show_count(self, coupon: Coupon) -> str:
        """How often it was used, and how often it may be."""
        return f"{coupon.uses} / {coupon.most}" if coupon.most is not None else str(_("any number"))

    @display(description=gettext_lazy("valid until"))
    def show_until(self, coupon: Coupon) -> Any:
        """Its last second, by its own end or by that of its series."""
        return validity.end_of_coupon(coupon)

    @display(description=gettext_lazy("valid until"))
    def tell_until(self, coupon: Coupon) -> str:
        """Its last second, in words."""
        end = validity.end_of_coupon(coupon)
        return date_format(timezone.localtime(end), "DATETIME_FORMAT") if end is not None else "–"


def _give(form: GiveForm, member: Member) -> Coupon | None:
    """Hand out; None, with an error on the form, when there is none to give."""
    with transaction.atomic():
        coupon = handouts.issue(
            form.cleaned_data["series"], member.id, timezone.now(), f"hand:{form.cleaned_data['key']}"
        )
    if coupon is None:
        form.refuse()
    return coupon
