"""Webhooks: telling other systems what happened, signed, at least once, in the order it happened as far as possible.

Signatures follow the Standard Webhooks specification (standardwebhooks.com): the receiver checks
``webhook-signature`` over ``{webhook-id}.{webhook-timestamp}.{body}`` and drops ids it has seen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import datetime, timedelta

import msgspec
import requests
from django.db import transaction

from loyalty.models import Receipt
from members.events import EventRow
from messaging.models import Webhook, WebhookDelivery

#: Pauses before the next attempt; after the last one the delivery is given up.
PAUSES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
_TIMEOUT = 10  # seconds
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


def forget() -> None:
    """Forget which webhooks there are, in this process."""
    global _known
    _known = (0.0, [])


def deliver_due(now: datetime, limit: int = 100) -> int:
    """Send what is due, each row locked while it is sent, so that workers share the work. Returns how many arrived."""
    arrived = 0
    for _attempt in range(limit):
        with transaction.atomic():
            delivery = (
                WebhookDelivery.objects.select_for_update(skip_locked=True, of=("self",))
                .select_related("webhook", "event")
                .filter(status=WebhookDelivery.Status.WAITING, due_at__lte=now, webhook__active=True)
                .order_by("due_at", "id")
                .first()
            )
            if delivery is None:
                return arrived
            arrived += _deliver(delivery, now)
    return arrived


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a delivery: ``v1,`` and the base64 of HMAC-SHA256."""
    key = base64.urlsafe_b64decode(secret.removeprefix("whsec_") + "==")
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _deliver(delivery: WebhookDelivery, now: datetime) -> bool:
    event = delivery.event
    body = msgspec.json.encode(
        {
            "id": event.id,
            "type": event.kind,
            "timestamp": event.at,
            "data": {"member": event.member_id, **event.data},
        }
    )
    timestamp = int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "webhook-id": str(event.id),
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(delivery.webhook.secret, str(event.id), timestamp, body),
    }
    try:
        answer = requests.post(
            delivery.webhook.url, data=body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
        )
        delivery.answer, ok = f"HTTP {answer.status_code}", answer.ok and not answer.is_redirect
    except requests.RequestException as error:
        delivery.answer, ok = str(error)[:200], False
    if ok:
        delivery.status, delivery.delivered_at = WebhookDelivery.Status.DELIVERED, now
    elif delivery.attempts < len(PAUSES):
        delivery.due_at = now + PAUSES[delivery.attempts]
    else:
        delivery.status = WebhookDelivery.Status.FAILED
    delivery.attempts += 1
    delivery.save()
    return ok


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
