"""Webhooks: where other systems hear of what happened, and how each delivery went."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from backoffice.desk import Desk, Register
from messaging.models import Webhook, WebhookDelivery


class WebhookForm(forms.ModelForm):  # type: ignore[type-arg]
    """Where to call, and about what."""

    kinds = forms.MultipleChoiceField(
        label=_("events"), choices=Webhook.Kind.choices, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    class Meta:
        model = Webhook
        fields = ("name", "partner", "url", "kinds", "active")


@admin.register(Webhook)
class WebhookDesk(Desk):
    """Addresses of other systems. The secret to check deliveries with is shown to whoever may change the webhook."""

    form = WebhookForm
    list_display = ("name", "url", "partner", "active")
    list_filter = (("active", BooleanRadioFilter), ("partner", RelatedDropdownFilter))
    search_fields = ("name", "url")
    autocomplete_fields = ("partner",)
    deletable = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The secret is made here and never typed."""
        secret = ("secret",) if obj is not None and self.has_change_permission(request, obj) else ()
        return (*super().get_readonly_fields(request, obj), *secret)


@admin.register(WebhookDelivery)
class DeliveryRegister(Register):
    """Every event on its way to a webhook, and the last answer."""

    list_display = ("webhook", "event", "status", "attempts", "due_at", "delivered_at", "answer")
    list_filter = (("status", ChoicesDropdownFilter), ("webhook", RelatedDropdownFilter))
    list_select_related = ("webhook", "event")
    fields = list_display
