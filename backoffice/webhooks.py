"""Webhooks: where other systems hear of what happened, and how each delivery went."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from backoffice.desk import Desk, Register
from messaging import webhooks
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
    list_display = ("name", "url", "partner", "active", "last_answer", "failing_since", "set_aside_at")
    list_filter = (("active", BooleanRadioFilter), ("partner", RelatedDropdownFilter))
    actions_detail = ("take_up",)
    search_fields = ("name", "url")
    autocomplete_fields = ("partner",)
    deletable = True

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The secret is made here and never typed; how the receiver answers is only looked at."""
        secret = ("show_secret",) if obj is not None and self.has_change_permission(request, obj) else ()
        state = ("last_answer", "failing_since", "rests_until", "set_aside_at") if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *secret, *state)

    @admin.display(description=_("secret"))
    def show_secret(self, hook: Webhook) -> str:
        """The secret, broken where a phone's screen ends."""
        return format_html('<code class="regulars-secret">{}</code>', hook.secret)

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Write what the form holds; couriers write the rest. Another address is tried at once."""
        obj.save(update_fields=form.changed_data if change else None)
        if change and {"url", "active"} & set(form.changed_data):
            webhooks.take_up(obj.pk, timezone.now())

    @action(description=_("Take up again"), permissions=("change",), icon="restart_alt", url_path="take-up")
    def take_up(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send again to a receiver that rests or was set aside."""
        waiting = webhooks.take_up(int(object_id), timezone.now())
        text = ngettext("%(count)s delivery waits for it.", "%(count)s deliveries wait for it.", waiting)
        messages.success(request, text % {"count": waiting})
        return HttpResponseRedirect(reverse("admin:messaging_webhook_change", args=[object_id]))


@admin.register(WebhookDelivery)
class DeliveryRegister(Register):
    """Every event on its way to a webhook, and the last answer."""

    list_display = ("webhook", "event", "status", "attempts", "due_at", "delivered_at", "answer")
    list_filter = (("status", ChoicesDropdownFilter), ("webhook", RelatedDropdownFilter))
    list_select_related = ("webhook", "event")
    fields = list_display
