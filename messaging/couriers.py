"""Carrying deliveries to webhooks: signed, at least once, in the order things happened as far as possible.

A courier takes a receiver for a turn, sends it what is due, one after the other, and writes down how each
went. **No transaction and no lock is open while anybody is waited for**: whose turn it is stands in
``Webhook.busy_until``, and lapses by itself if a courier dies. A receiver that is silent rests, longer each
time, so it costs a courier one call, not one for each delivery; the others have their turns meanwhile.

Signatures follow the Standard Webhooks specification (standardwebhooks.com): the receiver checks
``webhook-signature`` over ``{webhook-id}.{webhook-timestamp}.{body}`` and drops ids it has seen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from messaging import bodies
from messaging.models import Webhook, WebhookDelivery
from messaging.posting import Answer, post

Clock = Callable[[], datetime]

#: Pauses before the next attempt of a delivery; after the last one it is given up.
PAUSES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
#: How long a silent receiver rests after its first failure; twice as long after each further one, to the longest.
REST, LONGEST_REST = timedelta(seconds=10), timedelta(hours=1)
#: A receiver that took nothing for so long, and failed so often, is set aside; what waits for it is kept so long.
PATIENCE, FEWEST_FAILURES, KEPT = timedelta(days=3), 10, timedelta(days=14)
SECONDS = 10.0
"""All the time that a call has."""
TURN, RUN = timedelta(seconds=20), timedelta(seconds=50)
"""After which a courier turns to the next receiver, and goes home."""
LEASE = TURN + timedelta(seconds=60)
GONE = 410
_SPEAKING = range(400, 500)
_LATER = frozenset({408, 425, 429})

_DUE = Q(status=WebhookDelivery.Status.WAITING)


def deliver_due(clock: Clock) -> int:
    """Send what is due, until nothing is or the courier has been out long enough. Returns how many arrived.

    ``clock`` is asked before and after each call. Safe to run in many workers at once: they share the
    receivers. Must not run inside a transaction.
    """
    began, arrived = clock(), 0
    Webhook.objects.filter(active=True, set_aside_at__lt=began - KEPT).update(active=False)
    while (now := clock()) < began + RUN:
        hook = _take(now)
        if hook is None:
            break
        try:
            arrived += _serve(hook, clock)
        finally:
            Webhook.objects.filter(id=hook.id, busy_until=hook.busy_until).update(busy_until=None)
    return arrived


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a delivery: ``v1,`` and the base64 of HMAC-SHA256."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


def _take(now: datetime) -> Webhook | None:
    """The receiver that has waited longest for its turn and has something due; it is ours for a while."""
    due = WebhookDelivery.objects.filter(_DUE, webhook=OuterRef("pk"), due_at__lte=now)
    free = Q(busy_until=None) | Q(busy_until__lte=now)
    awake = Q(rests_until=None) | Q(rests_until__lte=now)
    with transaction.atomic():
        hook = (
            Webhook.objects.select_for_update(skip_locked=True)
            .filter(free, awake, Exists(due), active=True, set_aside_at=None)
            .order_by(F("served_at").asc(nulls_first=True), "id")
            .first()
        )
        if hook is not None:
            hook.busy_until, hook.served_at = now + LEASE, now
            hook.save(update_fields=["busy_until", "served_at"])
    return hook


def _serve(hook: Webhook, clock: Clock) -> int:
    """Send to one receiver what is due, while it answers and its turn lasts. Returns how many arrived."""
    until, arrived = clock() + TURN, 0
    while (now := clock()) < until:
        delivery = (
            hook.deliveries.filter(_DUE, due_at__lte=now)
            .select_related("event")
            .order_by("due_at", "id")
            .first()
        )
        if delivery is None:
            break
        answer = _send(hook, delivery, now)
        arrived += answer.ok
        if not _write(hook, delivery, answer, clock()):
            break
    return arrived


def _send(hook: Webhook, delivery: WebhookDelivery, now: datetime) -> Answer:
    body, key, timestamp = bodies.write(delivery.event), str(delivery.event_id), int(now.timestamp())
    headers = {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(hook.secret, key, timestamp, body),
    }
    return post(hook.url, body, headers, SECONDS)


def _write(hook: Webhook, delivery: WebhookDelivery, answer: Answer, now: datetime) -> bool:
    """Write down how a call went. Whether the receiver may be called again at once."""
    with transaction.atomic():
        kept = Webhook.objects.select_for_update().filter(id=hook.id).first()
        if kept is None:  # removed meanwhile, with its deliveries
            return False
        _write_delivery(delivery, answer, now)
        _judge(kept, answer, now)
    return kept.active and kept.set_aside_at is None and (kept.rests_until is None or kept.rests_until <= now)


def _write_delivery(delivery: WebhookDelivery, answer: Answer, now: datetime) -> None:
    if answer.ok:
        delivery.status, delivery.delivered_at = WebhookDelivery.Status.DELIVERED, now
    elif delivery.attempts < len(PAUSES):
        delivery.due_at = now + PAUSES[delivery.attempts]
    else:
        delivery.status = WebhookDelivery.Status.FAILED
    WebhookDelivery.objects.filter(_DUE, id=delivery.id).update(
        status=delivery.status,
        delivered_at=delivery.delivered_at,
        due_at=delivery.due_at,
        attempts=delivery.attempts + 1,
        answer=answer.words,
    )


def _judge(hook: Webhook, answer: Answer, now: datetime) -> None:
    """What an answer says about its receiver. Runs under the lock of its row."""
    hook.last_answer = answer.words
    if answer.ok:
        hook.failures, hook.failing_since, hook.rests_until = 0, None, None
    else:
        hook.failures += 1
        hook.failing_since = hook.failing_since or now
        if answer.status not in _SPEAKING or answer.status in _LATER:
            hook.rests_until = now + min(REST * 2 ** min(hook.failures - 1, 20), LONGEST_REST)
        if hook.failures >= FEWEST_FAILURES and hook.failing_since <= now - PATIENCE:
            hook.set_aside_at = now
    if answer.status == GONE:
        hook.active, hook.set_aside_at = False, now
        hook.deliveries.filter(_DUE).update(status=WebhookDelivery.Status.FAILED, answer=answer.words)
    hook.save(
        update_fields=["failures", "failing_since", "rests_until", "set_aside_at", "active", "last_answer"]
    )
