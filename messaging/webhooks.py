"""Webhooks: which systems hear of what happened. A delivery is written with the event; ``couriers`` carry it."""

from __future__ import annotations

import time
from datetime import datetime

from django.db import transaction

from loyalty.models import Receipt
from members.timeline.events import EventRow
from messaging.models import Webhook, WebhookDelivery

_KEPT_SECONDS = 1.0
_known: tuple[float, list[tuple[int, int | None, frozenset[str]]]] = (0.0, [])


def note(row: EventRow) -> None:
    """Write a delivery for each webhook that wants the event. Runs in the transaction of what happened.

    Costs nothing where nobody listens: which webhooks there are is kept in memory for a second.
    """
    wanted = [(webhook, partner) for webhook, partner, kinds in _listeners() if row.kind in kinds]
    if not wanted:
        return
    partner_id = _partner_of(row) if any(partner for _webhook, partner in wanted) else None
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(webhook_id=webhook, event_id=row.id, due_at=row.recorded_at)
        for webhook, partner in wanted
        if partner is None or partner == partner_id
    )


def is_wanted(kind: str) -> bool:
    """Whether any webhook wants events of this kind."""
    return any(kind in kinds for _webhook, _partner, kinds in _listeners())


def take_up(webhook_id: int, now: datetime) -> int:
    """Try a webhook again that rests or was set aside. Returns how many deliveries wait for it."""
    with transaction.atomic():
        hook = Webhook.objects.select_for_update().get(id=webhook_id)
        hook.failures, hook.failing_since, hook.rests_until, hook.set_aside_at = 0, None, None, None
        hook.save(update_fields=["failures", "failing_since", "rests_until", "set_aside_at"])
        waiting = WebhookDelivery.objects.filter(webhook=hook, status=WebhookDelivery.Status.WAITING)
        return waiting.update(due_at=now)


def forget() -> None:
    """Forget which webhooks there are, in this process."""
    global _known
    _known = (0.0, [])


def _partner_of(row: EventRow) -> int | None:
    receipt = row.data.get("receipt")
    return (
        Receipt.objects.filter(id=receipt).values_list("store__partner_id", flat=True).first()
        if receipt
        else None
    )


def _listeners() -> list[tuple[int, int | None, frozenset[str]]]:
    global _known
    if _known[0] < time.monotonic():
        rows = Webhook.objects.filter(active=True).order_by("id").values_list("id", "partner_id", "kinds")
        _known = (
            time.monotonic() + _KEPT_SECONDS,
            [(id_, partner, frozenset(kinds)) for id_, partner, kinds in rows],
        )
    return _known[1]
