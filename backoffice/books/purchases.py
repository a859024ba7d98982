"""Receipts and returns, to look at: what was sold, why it earned what it did, and what came back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RangeNumericFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from backoffice import figures, search
from backoffice.books import receipt_page
from backoffice.desk import Register
from loyalty.models import Receipt, Return
from members import wording

STATES = {
    Receipt.Status.HELD: "warning",
    Receipt.Status.COMPLETED: "success",
    Receipt.Status.PARTIALLY_RETURNED: "info",
    Receipt.Status.RETURNED: "info",
    Receipt.Status.CANCELLED: "danger",
}


@admin.register(Receipt)
class ReceiptRegister(Register):
    """Purchases."""

    list_display = (
        "number", "purchased_at", "store", "show_member", "show_status", "total", "redeemed_points", "to_pay",
        "show_earned",
    )  # fmt: skip
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("store", AutocompleteSelectFilter),
        ("programme", RelatedDropdownFilter),
        ("purchased_at", RangeDateTimeFilter),
        ("total", RangeNumericFilter),
    )
    list_select_related = ("store", "member", "till")
    date_hierarchy = "purchased_at"
    search_fields = ("number",)
    search_help_text = _("Whole receipt number, phone, card, e-mail or name of a member")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("number", "status", "purchased_at"),
                    ("store", "till", "cashier"),
                    ("show_member", "show_channel", "recorded_at"),
                )
            },
        ),
    )
    readonly_fields = ("show_member", "show_channel")
    change_form_outer_after_template = "backoffice/receipt.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Receipt], search_term: str
    ) -> tuple[QuerySet[Receipt], bool]:
        """Receipts of that number, or of the members that are found."""
        return search.receipts(queryset, search_term), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        """Receipts; the list leaves the decisions in the database."""
        receipts = super().get_queryset(request)
        if request.resolver_match and request.resolver_match.url_name == "loyalty_receipt_changelist":
            return receipts.defer("outcome", "shopper")
        return receipts

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with the receipt's story."""
        context["page"] = receipt_page.read(kwargs["obj"])
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("member"), ordering="member")
    def show_member(self, receipt: Receipt) -> str:
        """Who bought, with the way to their page."""
        if receipt.member is None:
            return str(_("anonymous"))
        address = reverse("admin:members_member_change", args=[receipt.member.pk])
        return format_html('<a class="regulars-link" href="{}">{}</a>', address, receipt.member)

    @display(description=_("channel"))
    def show_channel(self, receipt: Receipt) -> str:
        """Where it was sold, in words."""
        return wording.name_channel(receipt.channel)

    @display(description=_("points earned"), ordering="earned")
    def show_earned(self, receipt: Receipt) -> str:
        """The points, struck out where nobody has them."""
        return figures.earned(receipt.earned, receipt.status not in receipt_page.NOTHING_GIVEN)

    @display(description=_("status"), label=STATES)
    def show_status(self, receipt: Receipt) -> tuple[str, str]:
        """The status in its colour."""
        return receipt.status, receipt.get_status_display()


@admin.register(Return)
class ReturnRegister(Register):
    """Goods that came back."""

    list_display = ("number", "returned_at", "show_receipt", "refund", "restored", "revoked", "owed")
    list_filter = (("receipt__store", AutocompleteSelectFilter), ("returned_at", RangeDateTimeFilter))
    list_select_related = ("receipt__store", "receipt__member")
    search_fields = ("number", "receipt__number")
    search_help_text = _("Number of the return or of the receipt")
    fields = (
        ("number", "returned_at", "recorded_at"),
        ("show_receipt", "refund"),
        ("restored", "revoked", "owed"),
    )
    readonly_fields = ("show_receipt",)
    ordering = ("-id",)
    change_form_outer_after_template = "backoffice/return.html"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Return], search_term: str
    ) -> tuple[QuerySet[Return], bool]:
        """Returns of that number, or of the receipts that are found."""
        return search.returns(queryset, search_term), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Return]:
        """Returns without the decisions kept with them: the page does not show these."""
        return (
            super().get_queryset(request).defer("outcome", "answer", "receipt__outcome", "receipt__shopper")
        )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with what came back."""
        context["lines"] = receipt_page.read_returned(kwargs["obj"])
        return super().render_change_form(request, context, *args, **kwargs)

    @display(description=_("receipt"))
    def show_receipt(self, back: Return) -> str:
        """The receipt, with the way to its page."""
        address = reverse("admin:loyalty_receipt_change", args=[back.receipt_id])
        return format_html('<a class="regulars-link" href="{}">{}</a>', address, back.receipt)
