"""API keys of tills and partners' systems: made here, shown once, revoked for good.

Doors do not import each other, so the keys' table is asked of Django by its name.
"""

from __future__ import annotations

import urllib.parse
from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import quote
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter
from unfold.decorators import action, display
from unfold.views import ChangeList

from backoffice.desk import Desk

TillKey: Any = apps.get_model("pos", "TillKey")


class TillKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A key for a till, or without a till for all stores of a partner."""

    class Meta:
        model = TillKey
        fields = ("name", "partner", "till", "expiry_date", "revoked")
        labels = {"expiry_date": _("valid until")}
        help_texts = {
            "name": _("By what you know it: the till, or the system that calls."),
            "expiry_date": _("From then on the key opens nothing. Left empty, it does until it is revoked."),
            "revoked": _("At once and for good: a revoked key never opens anything again."),
        }

    def clean(self) -> dict[str, Any]:
        """Refuse a till that is another partner's."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        till, partner = cleaned.get("till"), cleaned.get("partner")
        if till is not None and partner is not None and till.store.partner_id != partner.pk:
            raise ValidationError(
                {
                    "till": ValidationError(
                        _("This till stands in a store of %(partner)s."),
                        params={"partner": till.store.partner},
                    )
                }
            )
        return cleaned


class KeyList(ChangeList):
    """The list of keys: each is opened by its public part, as its id holds the hash of the key."""

    def url_for_result(self, result: Any) -> str:
        """The address of a key's page."""
        return reverse("admin:pos_tillkey_change", args=[result.prefix])


@admin.register(TillKey)
class TillKeyDesk(Desk):
    """API keys. No address and no history names one by its id: that holds the hash of the key."""

    form = TillKeyForm
    list_display = ("name", "show_prefix", "partner", "show_reach", "last_used_at", "show_state", "created")
    list_filter = (("partner", AutocompleteSelectFilter), ("revoked", BooleanRadioFilter))
    list_select_related = ("partner", "till__store")
    search_fields = ("name", "=prefix", "partner__name", "till__store__name")
    autocomplete_fields = ("partner", "till")
    fixed = ("partner", "till", "show_prefix", "created", "last_used_at")
    actions = ("revoke",)

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """The list whose links hold no hash."""
        return KeyList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """The key of that public part."""
        return self.get_queryset(request).filter(prefix=object_id.partition(".")[0]).first()

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **more: Any
    ) -> Any:
        """The key's page, whose links name it by its public part, too."""
        return _without_hash(super().changeform_view(request, object_id, *args, **more))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The key's history, likewise."""
        return _without_hash(super().history_view(request, object_id, extra_context))

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Back to the list, where the new key is told once."""
        return self.response_post_save_add(request, obj)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Written down under the public part."""
        return _under_prefix(super().log_addition(request, obj, message), obj)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        """Written down under the public part."""
        return _under_prefix(super().log_change(request, obj, message), obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """What is asked of a new key, and what is shown of one that is there."""
        if obj is None:
            return ["name", "partner", "till", "expiry_date"]
        return ["name", "show_prefix", "partner", "till", "created", "last_used_at", "expiry_date", "revoked"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A revoked key is not edited any more."""
        fields = super().get_readonly_fields(request, obj)
        return (*fields, "name", "expiry_date", "revoked") if obj and obj.revoked else fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the key; a new one is told once, to whoever made it."""
        if change:
            obj.save()
            return
        secret = TillKey.objects.assign_key(obj)
        obj.save()
        messages.warning(
            request,
            format_html(
                "{} <code class='regulars-key'>{}</code>",
                _("Copy the key of “%(name)s” now, it is never shown again:") % {"name": obj.name},
                secret,
            ),
        )

    @action(description=_("Revoke the chosen keys for good"), permissions=("change",))
    def revoke(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Let no client use the keys again."""
        count = queryset.filter(revoked=False).update(revoked=True)
        messages.success(
            request, ngettext("%(count)s key revoked.", "%(count)s keys revoked.", count) % {"count": count}
        )

    @display(description=_("begins with"))
    def show_prefix(self, key: Any) -> str:
        """The part of the key that is kept in the clear."""
        return f"{key.prefix}…"

    @display(description=_("opens"))
    def show_reach(self, key: Any) -> str:
        """The till, or all stores."""
        return str(key.till) if key.till else str(_("all stores of the partner"))

    @display(
        description=_("state"),
        label={"active": "success", "revoked": "danger", "expired": "warning"},
    )
    def show_state(self, key: Any) -> tuple[str, Any]:
        """Whether it can be used."""
        if key.revoked:
            return "revoked", _("revoked")
        return ("expired", pgettext("key", "expired")) if key.has_expired else ("active", _("active"))


def _under_prefix(entry: LogEntry, key: Any) -> LogEntry:
    entry.object_id = key.prefix
    entry.save(update_fields=["object_id"])
    return entry


def _without_hash(response: Any) -> Any:
    """The page of a key with links that the library's templates make of its id put right."""
    context = getattr(response, "context_data", None) or {}
    key = context.get("original") or context.get("object")
    if key is not None:
        response.add_post_render_callback(lambda page: _name_by_prefix(page, key))
    return response


def _name_by_prefix(page: HttpResponse, key: Any) -> None:
    for spelling in (key.pk, quote(key.pk), urllib.parse.quote(key.pk), escape(key.pk)):
        page.content = page.content.replace(spelling.encode(), key.prefix.encode())
