"""The ledger, to look at: accounts, transfers, lots and debts. Only ``loyalty.ledger.ledger`` writes them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateTimeFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display

from backoffice import search
from backoffice.books import reversing
from backoffice.desk import Register, RegisterInline
from campaigns.desk.names import Names
from campaigns.words import sentence
from loyalty import wording
from loyalty.ledger import reversal
from loyalty.models import Account, Debt, Holder, Lot, LotUse, Transfer
from loyalty.shops import payers

#: What an account's name is made of, to be read ahead.
OWNERS = ("holders__member", "partner", "payer", "programme")


class HolderInline(RegisterInline):
    """Who holds the account."""

    model = Holder
    fk_name = "account"
    fields = ("member", "role", "may_redeem", "daily_limit")
    show_change_link = False


@admin.register(Account)
class AccountRegister(Register):
    """Accounts of members, partners and the programme itself."""

    list_display = ("show_owner", "kind", "programme", "balance", "owed", "opened_at")
    list_filter = (("kind", ChoicesDropdownFilter), ("programme", RelatedDropdownFilter))
    fields = ("kind", "programme", "partner", "payer", "code", "balance", "owed", "opened_at", "version")
    search_fields = ("id",)
    search_help_text = _("Phone, card, e-mail or name of a holder")
    inlines = (HolderInline,)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """Accounts with their holders."""
        return super().get_queryset(request).prefetch_related(*OWNERS)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Account], search_term: str
    ) -> tuple[QuerySet[Account], bool]:
        """Accounts of the members that are found."""
        return search.by_member(queryset, "holders__member", search_term), True

    @display(description=_("of"))
    def show_owner(self, account: Account) -> str:
        """Whose account it is."""
        return str(account)


class UseInline(RegisterInline):
    """What a transfer took from which lots."""

    model = LotUse
    fields = ("lot", "points")
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[LotUse]:
        """Uses with their lots."""
        return super().get_queryset(request).select_related("lot")


class LotInline(RegisterInline):
    """The lots that a transfer made."""

    model = Lot
    fields = ("points", "remaining", "earned_at", "active_from", "expires_at")
    fk_name = "transfer"


@admin.register(Transfer)
class TransferRegister(Register):
    """Points that went from one account to another."""

    list_display = (
        "at",
        "kind",
        "points",
        "show_source",
        "show_target",
        "receipt",
        "revision",
        "show_reason",
    )
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("at", RangeDateTimeFilter),
        ("revision__campaign", AutocompleteSelectFilter),
    )
    list_select_related = ("receipt", "revision", "user")
    search_fields = ("key", "receipt__number")
    search_help_text = _("Whole receipt number, phone, card, e-mail or name of a member")
    fields = (
        ("kind", "points", "at"),
        ("show_source", "source_balance"),
        ("show_target", "target_balance"),
        ("receipt", "revision", "reverses"),
        ("show_reason", "user"),
    )
    readonly_fields = ("show_source", "show_target", "show_reason")
    inlines = (LotInline, UseInline)
    ordering = ("-id",)
    actions_detail = ("reverse",)

    def has_reverse_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether the user may give and take points."""
        return bool(request.user.has_perm("backoffice.adjust_points"))

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what can be reversed offers it."""
        transfer = Transfer.objects.select_related("target").filter(pk=object_id).first()
        offered: list[Any] = super().get_actions_detail(request, object_id)
        return offered if transfer is not None and not reversal.refusal(transfer) else []

    @action(description=_("Reverse"), permissions=("reverse",), icon="undo", url_path="reverse")
    def reverse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of a reversal."""
        return reversing.answer(self, request, object_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transfer]:
        """Transfers with the owners of both accounts."""
        ahead = [f"{side}__{path}" for side in ("source", "target") for path in OWNERS]
        return super().get_queryset(request).prefetch_related(*ahead)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Transfer], search_term: str
    ) -> tuple[QuerySet[Transfer], bool]:
        """Transfers of a receipt, or from and to the accounts of the members that are found."""
        return search.transfers(queryset, search_term), False

    @display(description=_("reason"))
    def show_reason(self, transfer: Transfer) -> str:
        """Why, in words."""
        return wording.describe_reason(transfer.reason)

    @display(description=_("from"))
    def show_source(self, transfer: Transfer) -> str:
        """Whose account the points left."""
        return str(transfer.source)

    @display(description=_("to"))
    def show_target(self, transfer: Transfer) -> str:
        """Whose account the points reached."""
        return str(transfer.target)


class LotUseInline(RegisterInline):
    """What was taken from a lot, by which transfer."""

    model = LotUse
    fields = ("transfer", "show_at", "points")
    readonly_fields = ("show_at",)
    show_change_link = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[LotUse]:
        """Uses with their transfers."""
        return super().get_queryset(request).select_related("transfer")

    @display(description=_("when"))
    def show_at(self, use: LotUse) -> str:
        """When the transfer was booked."""
        return date_format(timezone.localtime(use.transfer.at), "DATETIME_FORMAT")


class StateFilter(admin.SimpleListFilter):
    """Lots by what can be done with them at this moment."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The states of a lot."""
        return [
            ("open", _("something left")),
            ("pending", _("not active yet")),
            ("spent", _("nothing left")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Lot]) -> QuerySet[Lot]:
        """Lots of the state that was chosen."""
        match self.value():
            case "open":
                return queryset.filter(remaining__gt=0)
            case "pending":
                return queryset.filter(remaining__gt=0, active_from__gt=timezone.now())
            case "spent":
                return queryset.filter(remaining=0)
        return queryset


@admin.register(Lot)
class LotRegister(Register):
    """Batches of points."""

    list_display = (
        "earned_at",
        "show_owner",
        "points",
        "remaining",
        "active_from",
        "expires_at",
        "show_campaign",
    )
    list_filter = (
        StateFilter,
        ("expires_at", RangeDateTimeFilter),
        ("earned_at", RangeDateTimeFilter),
        ("pending", BooleanRadioFilter),
    )
    list_select_related = ("transfer__revision",)
    search_fields = ("id",)
    search_help_text = _("Phone, card, e-mail or name of a member")
    fields = (
        ("show_owner", "show_campaign"),
        ("points", "remaining", "pending"),
        ("earned_at", "active_from", "expires_at"),
        ("show_terms", "show_funder", "origin"),
        "transfer",
    )
    readonly_fields = ("show_owner", "show_campaign", "show_terms", "show_funder")
    inlines = (LotUseInline,)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Lot]:
        """Lots with the owners of their accounts."""
        return super().get_queryset(request).prefetch_related(*(f"account__{path}" for path in OWNERS))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Lot], search_term: str
    ) -> tuple[QuerySet[Lot], bool]:
        """Lots of the members that are found."""
        return search.by_member(queryset, "account__holders__member", search_term), True

    @display(description=_("of"))
    def show_owner(self, lot: Lot) -> str:
        """Whose points they are."""
        return str(lot.account)

    @display(description=_("paid for by"))
    def show_funder(self, lot: Lot) -> str:
        """Who pays for the points: the house where nobody is named."""
        if lot.funder is not None:
            return str(lot.funder)
        return payers.directory(lot.account.programme_id).name(None)

    @display(description=_("terms of use"))
    def show_terms(self, lot: Lot) -> str:
        """What the points may be spent on, in words."""
        programme = lot.account.programme
        said = sentence.describe_terms(lot.terms or {}, Names(programme), programme.currency)
        return said or str(_("none: for anything"))

    @display(description=_("given by"))
    def show_campaign(self, lot: Lot) -> str:
        """The campaign that gave the points, or how else they came."""
        return str(
            lot.transfer.revision
            or wording.describe_reason(lot.transfer.reason)
            or lot.transfer.get_kind_display()
        )


@admin.register(Debt)
class DebtRegister(Register):
    """Points owed because what earned them was given back after they were spent."""

    list_display = ("at", "show_owner", "points")
    list_filter = (("at", RangeDateTimeFilter),)
    search_fields = ("account__id",)
    search_help_text = _("Phone, card, e-mail or name of a member")
    fields = ("at", "show_owner", "points", "lot", "transfer")
    readonly_fields = ("show_owner",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Debt]:
        """Debts with the owners of their accounts."""
        return super().get_queryset(request).prefetch_related(*(f"account__{path}" for path in OWNERS))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Debt], search_term: str
    ) -> tuple[QuerySet[Debt], bool]:
        """Debts of the members that are found."""
        return search.by_member(queryset, "account__holders__member", search_term), True

    @display(description=_("of"))
    def show_owner(self, debt: Debt) -> str:
        """Whose debt it is."""
        return str(debt.account)
