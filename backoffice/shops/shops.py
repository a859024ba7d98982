"""Where things are sold: partners, their stores and tills, and groups of stores."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    AutocompleteSelectMultipleFilter,
    BooleanRadioFilter,
)
from unfold.decorators import action, display

from backoffice.desk import Desk, DeskInline
from backoffice.files.sheets import SheetDesk, StoreSheet
from backoffice.site import posters
from campaigns.models import Seller
from loyalty.models import Participation, Partner, Store, StoreGroup, Till


class ParticipationInline(DeskInline):
    """The programmes that a partner takes part in."""

    model = Participation
    autocomplete_fields = ("programme", "card_kind", "product_set")


@admin.register(Partner)
class PartnerDesk(Desk):
    """Companies whose stores take part."""

    list_display = ("name", "code", "count_stores")
    search_fields = ("name", "code")
    fixed = ("code",)
    suggested = {"code": ("name",)}
    inlines = (ParticipationInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        """Partners with the number of their stores."""
        return super().get_queryset(request).annotate(stores_count=Count("stores"))

    @display(description=_("stores"), ordering="stores_count")
    def count_stores(self, partner: Partner) -> int:
        """How many stores the partner has."""
        return partner.stores_count  # type: ignore[attr-defined]


@admin.register(Seller)
class SellerDesk(Desk):
    """Who sells, and on whose account points for selling go."""

    list_display = ("show_name", "code", "partner", "member", "active")
    list_display_links = ("show_name",)
    list_select_related = ("partner", "member")
    list_filter = (("partner", AutocompleteSelectFilter), ("active", BooleanRadioFilter))
    search_fields = ("code", "name", "member__phone", "member__last_name")
    autocomplete_fields = ("partner", "member")
    ordering = ("partner", "code")

    @display(description=_("name"), ordering="name")
    def show_name(self, seller: Seller) -> str:
        """The seller's name, or the code where none is given."""
        return str(seller)


class TillInline(DeskInline):
    """The tills of a store."""

    model = Till
    fields = ("code", "name", "active")
    can_delete = False


@admin.register(Store)
class StoreDesk(SheetDesk):
    """Shops, web shops and desks."""

    list_display = ("name", "code", "partner", "town", "address", "hours", "active")
    list_filter = (
        ("partner", AutocompleteSelectFilter),
        ("groups", AutocompleteSelectMultipleFilter),
        ("active", BooleanRadioFilter),
    )
    list_select_related = ("partner",)
    search_fields = ("name", "code", "address", "town")
    autocomplete_fields = ("partner", "groups")
    fixed = ("code", "partner")
    suggested = {"code": ("name",)}
    inlines = (TillInline,)
    actions_detail = ("print_code",)
    resource_classes = (StoreSheet,)
    fieldsets = (
        (None, {"fields": (("name", "code"), ("partner", "groups"), ("time_zone", "country"), "active")}),
        (
            _("Where and when"),
            {"fields": (("address", "town"), "hours", ("latitude", "longitude"))},
        ),
    )

    def get_urls(self) -> list[Any]:
        """The code to print, beside the usual pages."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/code/", wrap(posters.of_store), name="loyalty_store_poster"),
            *super().get_urls(),
        ]

    @action(description=_("Print its code"), icon="qr_code", url_path="print-code")
    def print_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A sheet with the code by which people join here."""
        return HttpResponseRedirect(reverse("admin:loyalty_store_poster", args=[object_id]))


@admin.register(StoreGroup)
class StoreGroupDesk(Desk):
    """Groups of stores that campaigns speak of."""

    list_display = ("name", "code", "count_stores")
    search_fields = ("name", "code")
    fixed = ("code",)
    suggested = {"code": ("name",)}
    deletable = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[StoreGroup]:
        """Groups with the number of their stores."""
        return super().get_queryset(request).annotate(stores_count=Count("stores"))

    @display(description=_("stores"), ordering="stores_count")
    def count_stores(self, group: StoreGroup) -> int:
        """How many stores are in the group."""
        return group.stores_count  # type: ignore[attr-defined]


@admin.register(Till)
class TillDesk(Desk):
    """Tills of stores."""

    list_display = ("code", "name", "store", "active")
    list_filter = (("store", AutocompleteSelectFilter), ("active", BooleanRadioFilter))
    list_select_related = ("store",)
    search_fields = ("code", "name", "store__name", "store__code")
    autocomplete_fields = ("store",)
    fixed = ("store", "code")
