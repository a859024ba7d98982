"""People: members and their cards."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RangeDateFilter,
    RangeDateTimeFilter,
)
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from backoffice import attributes, enrolment, figures, search
from backoffice.desk import Desk, DeskInline
from backoffice.enrolment import CardForm, MemberForm, NewMemberForm
from backoffice.files.sheets import CardSheet, MemberSheet, SheetDesk
from backoffice.members import adjusting, joining, member_page, sharing, tier_setting, unfolding
from loyalty.appearance import sources
from loyalty.models import Holder
from members import attributes as member_attributes
from members import wording
from members.models import Card, CardKind, Member


class CardInline(DeskInline):
    """The member's cards."""

    model = Card
    form = CardForm
    fields = ("number", "kind", "blocked", "issued_at")
    can_delete = False


@admin.register(Member)
class MemberDesk(SheetDesk):
    """Members."""

    form = MemberForm
    list_display = ("show_name", "phone", "email", "show_cards", "show_points", "show_status", "joined_at")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("holdings__programme", AutocompleteSelectFilter),
        ("facts__tier", AutocompleteSelectFilter),
        ("segments__segment", AutocompleteSelectFilter),
        ("joined_at", RangeDateTimeFilter),
        ("birthday", RangeDateFilter),
        ("gender", ChoicesDropdownFilter),
    )
    paginator = InfinitePaginator
    ordering = ("-id",)
    search_fields = ("phone",)
    search_help_text = _("Phone or its end, card, e-mail, name or referral code")
    autocomplete_fields = ("referred_by",)
    readonly_fields = ("referral_code", "show_channel", "show_source", "joined_at", "show_attributes")
    fieldsets = (
        (None, {"fields": (("first_name", "middle_name", "last_name"), ("phone", "email"))}),
        (
            _("More about the member"),
            {
                "fields": (
                    ("birthday", "gender", "language"),
                    ("status", "referred_by"),
                    ("referral_code", "show_channel", "show_source", "joined_at"),
                    "attributes",
                ),
            },
        ),
    )
    add_fieldsets = (
        (None, {"fields": (("first_name", "middle_name", "last_name"), ("phone", "email"))}),
        (None, {"fields": (("card", "programme"),)}),
        (_("Consents"), {"fields": ("consents",)}),
        (_("More about the member"), {"fields": (("birthday", "gender", "language"), "referred_by")}),
    )
    inlines = (CardInline,)
    actions_detail = (
        "adjust_points",
        "set_tier",
        "share",
        "join",
    )
    change_form_outer_before_template = "backoffice/member/page.html"
    resource_classes = (MemberSheet,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Member]:
        """Members with their cards and accounts."""
        holdings = Prefetch("holdings", Holder.objects.select_related("account", "programme"))
        return super().get_queryset(request).prefetch_related("cards", holdings)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Member], search_term: str
    ) -> tuple[QuerySet[Member], bool]:
        """Members by phone, card, e-mail, name or referral code."""
        return search.members(queryset, search_term), False

    def get_form(
        self, request: HttpRequest, obj: Member | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A newcomer's form asks for the card and the programme too."""
        if obj is None:
            kwargs["form"] = NewMemberForm
        return super().get_form(request, obj, change, **kwargs)

    def get_inline_instances(self, request: HttpRequest, obj: Member | None = None) -> list[Any]:
        """Cards of a member who is there."""
        return super().get_inline_instances(request, obj) if obj else []

    def save_model(self, request: HttpRequest, obj: Member, form: Any, change: bool) -> None:
        """Save the profile; a new member is registered as at the till."""
        if change:
            _save(obj, form)
        else:
            cleaned = form.cleaned_data
            said = enrolment.Said(cleaned["consents"], request.user.get_username())
            enrolment.register(obj, cleaned["card"], cleaned["programme"], timezone.now(), said)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, with what is known of the member."""
        member = kwargs.get("obj")
        if member is not None:
            context["page"] = member_page.read(member, timezone.now())
        return super().render_change_form(request, context, *args, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: Member | None = None) -> Any:
        """Whoever only looks is told in words what else is known."""
        told = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return told
        words: dict[Any, Any] = {"attributes": "show_attributes"}
        return [
            (title, options | {"fields": tuple(words.get(field, field) for field in options["fields"])})
            for title, options in told
        ]

    def get_urls(self) -> list[Any]:
        """With the addresses of what the page fetches when it is opened."""
        return [*unfolding.urls(self), *super().get_urls()]

    def has_adjust_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may give and take points."""
        return bool(request.user.has_perm("backoffice.adjust_points"))

    @action(
        description=_("Give or take points"),
        permissions=("adjust",),
        icon="add_circle",
        url_path="adjust",
    )
    def adjust_points(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of an adjustment by hand."""
        return adjusting.answer(self, request, object_id)

    def has_set_tier_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may set members' tiers."""
        return bool(request.user.has_perm("backoffice.set_tiers"))

    @action(description=_("Set the tier"), permissions=("set_tier",), icon="stairs", url_path="tier")
    def set_tier(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of a tier that is set by hand."""
        return tier_setting.answer(self, request, object_id)

    def has_share_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may change who holds an account, and what each may do."""
        return bool(request.user.has_perm(sharing.RIGHT))

    @action(description=_("Who shares the account"), permissions=("share",), icon="group", url_path="sharing")
    def share(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of holders and their rights."""
        return sharing.answer(self, request, object_id)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Joining is offered where there is something to join."""
        offered: list[Any] = super().get_actions_detail(request, object_id)
        member = Member.objects.filter(pk=object_id).first()
        if member is not None and joining.open_to(member).exists():
            return offered
        return [one for one in offered if not one.action_name.endswith("_join")]

    @action(description=_("Join a programme"), permissions=("change",), icon="person_add", url_path="join")
    def join(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of joining another programme."""
        return joining.answer(self, request, object_id)

    @display(description=pgettext_lazy("person", "name"), ordering="last_name")
    def show_name(self, member: Member) -> str:
        """The name, or the phone of one who gave none."""
        return str(member)

    @display(description=_("cards"))
    def show_cards(self, member: Member) -> str:
        """Numbers of the member's cards."""
        return ", ".join(card.number for card in member.cards.all())

    @display(description=_("points"))
    def show_points(self, member: Member) -> str:
        """Balances, by programme where there are several."""
        holdings = list(member.holdings.all())
        if len(holdings) == 1:
            return figures.amount(holdings[0].account.balance)
        return ", ".join(f"{h.programme.name} {figures.amount(h.account.balance)}" for h in holdings)

    @display(description=_("attributes"))
    def show_attributes(self, member: Member) -> str:
        """What else is known, one thing a line."""
        rows = [(name, attributes.write(value)) for name, value in member.attributes.items()]
        return format_html_join("", "<p>{}: {}</p>", rows) or "–"

    @display(description=_("joined through"))
    def show_channel(self, member: Member) -> str:
        """The channel in words."""
        return wording.name_channel(member.channel)

    @display(description=_("came from"))
    def show_source(self, member: Member) -> str:
        """The link by which they came, in words."""
        return sources.name(member.source) or "–"

    @display(description=_("status"), label={"active": "success", "blocked": "danger", "erased": "warning"})
    def show_status(self, member: Member) -> tuple[str, str]:
        """The status in its colour."""
        return member.status, member.get_status_display()


@admin.register(Card)
class CardDesk(SheetDesk):
    """Cards."""

    form = CardForm
    list_display = ("number", "kind", "member", "blocked", "issued_at")
    list_filter = (
        ("kind", AutocompleteSelectFilter),
        ("blocked", BooleanRadioFilter),
        ("issued_at", RangeDateTimeFilter),
    )
    list_select_related = ("kind", "member")
    paginator = InfinitePaginator
    ordering = ("-id",)
    search_fields = ("=number",)
    search_help_text = _("Whole card number, phone, e-mail or name of the member")
    autocomplete_fields = ("member", "kind")
    fixed = ("number",)
    resource_classes = (CardSheet,)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Card], search_term: str
    ) -> tuple[QuerySet[Card], bool]:
        """Cards by number, or of the members that are found."""
        return search.cards_of(queryset, search_term), False


@admin.register(CardKind)
class CardKindDesk(Desk):
    """Types of cards."""

    list_display = ("name", "code")
    search_fields = ("name", "code")
    fixed = ("code",)
    suggested = {"code": ("name",)}


@transaction.atomic
def _save(member: Member, form: Any) -> None:
    """Save the profile. Of the attributes only what was changed here: others may have said more meanwhile."""
    fields = [field.name for field in Member._meta.concrete_fields if not field.primary_key]
    fields.remove("attributes")
    member.save(update_fields=fields)
    if "attributes" in form.changed_data:
        before, now = form.initial.get("attributes") or {}, form.cleaned_data["attributes"]
        known = {name: value for name, value in now.items() if name not in before or before[name] != value}
        member_attributes.change(member.pk, known, set(before) - set(now))
