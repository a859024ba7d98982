"""What happened to members, and what they agreed to: the timeline and the consents, to look at."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, RangeDateTimeFilter
from unfold.decorators import display

from backoffice import search
from backoffice.desk import Register
from backoffice.members import happenings
from loyalty.models import Partner, Programme, Store
from members import consents, wording
from members.models import Consent, Event

#: What is written down of a consent beside who gave it: who called, and from where.
EVIDENCE: Mapping[str, Any] = {
    "partner": _("partner"),
    "store": _("store"),
    "till": _("till"),
    "cashier": _("cashier"),
    "user": _("user"),
    "key": _("API key"),
    "channel": _("channel"),
    "source": _("source"),
    "address": _("network address"),
    "programme": _("programme"),
    "proved": _("proved by"),
    "device": _("device"),
}


@admin.register(Consent)
class ConsentRegister(Register):
    """Consents given and withdrawn."""

    list_display = ("at", "member", "show_about", "granted", "show_told_by")
    list_filter = ("purpose", ("granted", BooleanRadioFilter), ("at", RangeDateTimeFilter))
    list_select_related = ("member",)
    fields = (("member", "show_about", "granted"), ("at", "show_told_by"), "show_evidence", "show_text")
    readonly_fields = ("show_about", "show_told_by", "show_evidence", "show_text")
    search_fields = ("channel",)
    search_help_text = _("Phone, card, e-mail or name of the member")
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Consent], search_term: str
    ) -> tuple[QuerySet[Consent], bool]:
        """Consents of the members that are found."""
        return search.by_member(queryset, "member", search_term), False

    @display(description=_("consent to"), ordering="purpose")
    def show_about(self, consent: Consent) -> str:
        """The purpose, and how the member may be reached for it."""
        return consents.name(consent.purpose, consent.channel, consent.party)

    @display(description=_("text that was shown"))
    def show_text(self, consent: Consent) -> str:
        """What was agreed to, word for word, and in which version."""
        shown = consent.text
        return (
            f"{shown.text} ({shown.get_purpose_display()}, {shown.version}, {shown.language})"
            if shown
            else "–"
        )

    @display(description=_("evidence"))
    def show_evidence(self, consent: Consent) -> str:
        """How it is known."""
        return describe_evidence(consent.evidence) or "–"

    @display(description=_("source"), ordering="source")
    def show_told_by(self, consent: Consent) -> str:
        """Where the member said it."""
        return wording.name_channel(consent.source)


def describe_evidence(evidence: Mapping[str, Any]) -> str:
    """Who called and from where, by their names."""
    names = {
        "partner": dict(Partner.objects.filter(code=evidence.get("partner")).values_list("code", "name")),
        "store": dict(Store.objects.filter(code=evidence.get("store")).values_list("code", "name")),
        "programme": dict(
            Programme.objects.filter(code=evidence.get("programme")).values_list("code", "name")
        ),
    }
    told = []
    for key, value in evidence.items():
        if value:
            said = (
                wording.name_channel(str(value))
                if key in ("channel", "source", "proved")
                else happenings.say(value)
            )
            told.append(f"{EVIDENCE.get(key, happenings.say(key))}: {names.get(key, {}).get(value, said)}")
    return ", ".join(told)


class KindFilter(admin.SimpleListFilter):
    """Events by their kind, as far as the newest ones show."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The kinds among the newest events: counting all of them would take too long."""
        newest = Event.objects.order_by("-id").values_list("kind", flat=True)[:2000]
        return sorted(((kind, wording.name_event(kind)) for kind in set(newest)), key=itemgetter(1))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        """Events of the kind that was chosen."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Event)
class EventRegister(Register):
    """The timeline: what happened."""

    list_display = ("at", "show_kind", "member", "show_data")
    list_filter = (KindFilter, ("at", RangeDateTimeFilter))
    list_select_related = ("member",)
    fields = (("show_kind", "member"), ("at", "recorded_at"), "show_data")
    readonly_fields = ("show_kind", "show_data")
    search_fields = ("kind",)
    search_help_text = _("Phone, card, e-mail or name of the member")
    ordering = ("-id",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """Events of the members that are found."""
        return search.by_member(queryset, "member", search_term), False

    @display(description=_("what happened"), ordering="kind")
    def show_kind(self, event: Event) -> str:
        """The kind in words."""
        return wording.name_event(event.kind)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list; each event on its page knows what is known of it, in words."""
        changelist = super().get_changelist_instance(request)
        changelist.result_list = tell_all(request, list(changelist.result_list))
        return changelist

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        """The event, likewise."""
        found: Event | None = super().get_object(request, object_id, from_field)
        return tell_all(request, [found])[0] if found is not None else None

    @display(description=_("what is known"))
    def show_data(self, event: Event) -> Any:
        """What is known of it."""
        return event.told or "–"  # type: ignore[attr-defined]


def tell_all(request: HttpRequest, events: list[Event]) -> list[Event]:
    """Events that know what is known of them, in words."""
    coupons = request.user.has_perm("rewards.view_coupon")
    for event, parts in zip(events, happenings.tell(events, coupons=coupons), strict=True):
        event.told = happenings.render(parts)  # type: ignore[attr-defined]
    return events
