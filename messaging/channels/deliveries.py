"""What became of each message: one row, without its text and without the address it went to.

Of two calls with one key and kind, one sends: the row is unique, and a message that surely was not taken is claimed
anew by a conditional update. One of which nobody knows whether it was taken is never sent again under its key, nor is
one whose process died while it handed it over.
"""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from messaging.channels.channel import Message
from messaging.models import Delivery

_Status = Delivery.Status


def claim(message: Message, channel: str, now: datetime) -> bool:
    """Whether the caller is to send the message: nobody else does under its key and kind.

    Waits for a transaction that holds the same key.
    """
    about = {"channel": channel, "digest": digest(message.to), "status": _Status.SENDING, "changed_at": now}
    try:
        with transaction.atomic():
            Delivery.objects.create(key=message.key, kind=message.kind, created_at=now, **about)
    except IntegrityError:
        return _of(message).filter(status=_Status.FAILED).update(**about) == 1
    return True


def find(message: Message) -> Delivery:
    """The row of a message that was claimed."""
    return _of(message).get()


def note(message: Message, status: str, words: str, gateway_id: str, now: datetime) -> None:
    """Write down how handing over went. What the gateway has reported meanwhile stands."""
    _of(message).filter(status=_Status.SENDING).update(status=status, words=words, changed_at=now)
    if gateway_id:
        _of(message).update(gateway_id=gateway_id[:100])


def hear(channel: str, said_id: str, status: str | None, now: datetime) -> bool:
    """Note what a channel reports of a message, known by the channel's id or by ours. Whether there is such a message.

    What was delivered stays so, whatever is reported later, and in which order; None changes nothing.
    """
    ours = Delivery.objects.filter(channel=channel).order_by("-id").values_list("id", flat=True)
    found = ours.filter(gateway_id=said_id).first() or ours.filter(key=said_id).first()
    if found is not None and status is not None:
        final = (
            [_Status.DELIVERED] if status == _Status.DELIVERED else [_Status.DELIVERED, _Status.UNDELIVERED]
        )
        Delivery.objects.filter(id=found).exclude(status__in=final).update(status=status, changed_at=now)
    return found is not None


def digest(address: str) -> str:
    """What is kept of an address: nobody can tell it from that who has not the server's secret and the address."""
    return salted_hmac("messaging.deliveries", address, algorithm="sha256").hexdigest()


def _of(message: Message) -> QuerySet[Delivery]:
    return Delivery.objects.filter(key=message.key, kind=message.kind)
