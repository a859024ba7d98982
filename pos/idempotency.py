"""Repeating a POST is safe, for ever: the first answer is kept and given again.

Purchases and returns have keys of their own (receipt and return numbers); this serves everything
else. The answer is written in the transaction of what it answers, under a lock of the key: of two
requests at once one works and the other waits and gets its answer; whatever crashes, both are there
or neither. A refused request did nothing and keeps nothing, so it may be sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from campaigns.checkout.clashes import retried
from foundation.refusals import Conflict, Fault, Gone, Invalid
from pos import forgetting
from pos.endpoint import reply
from pos.keys import Client
from pos.models import Answer

MOST_CHARACTERS = 200


class Done(NamedTuple):
    """What was done: the body and the status of its answer; ``replay`` if it had been done before."""

    body: dict[str, Any]
    status: int
    replay: bool = False


def once(request: HttpRequest, client: Client, raw: bytes, work: Callable[[], Done]) -> HttpResponse:
    """Do the work of a request, unless its ``Idempotency-Key`` was answered already.

    Raises ``Invalid`` for a key that is none, ``Conflict`` when the key came with other content.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return answer(work())
    if not 0 < len(key) <= MOST_CHARACTERS or not key.isprintable():
        detail = _("Give from 1 to %(most)s printable characters.") % {"most": MOST_CHARACTERS}
        raise Invalid(Fault("Idempotency-Key", "length", detail))
    return answer(keyed(client, key, content_hash(request.path, raw), work))


def keyed(client: Client, key: str, content: str, work: Callable[[], Done]) -> Done:
    """Do work once for that key of that client; later, give the answer again.

    Opens a transaction and locks the key in it; does all of it again after a clash with another writer.
    Raises ``Conflict``, ``Gone`` when whom it was about was erased.
    """
    return retried(lambda attempt: _keyed(client, key, content, work))


def _keyed(client: Client, key: str, content: str, work: Callable[[], Done]) -> Done:
    with transaction.atomic():
        _lock(client, key)
        known = (key, forgetting.sealed(client.key_id, key))
        earlier = Answer.objects.filter(client_id=client.key_id, key__in=known).first()
        if earlier is None:
            done = work()
            Answer.objects.create(
                client_id=client.key_id, key=key, content_hash=content, status=done.status, body=done.body
            )
            return done
    if earlier.status == forgetting.GONE:
        raise Gone
    if earlier.content_hash != content:
        detail = _("This key was used for another request.")
        raise Conflict("idempotency_conflict", detail)
    return Done(earlier.body, earlier.status, replay=True)


def answer(done: Done) -> HttpResponse:
    """The response that tells it."""
    return reply(done.body, done.status, replay=done.replay)


def content_hash(path: str, raw: bytes) -> str:
    """The same for the same content to the same address, however its JSON is laid out."""
    try:
        content = (
            msgspec.json.encode(msgspec.json.decode(raw), order="deterministic") if raw.strip() else b"{}"
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        content = raw
    return hashlib.sha256(path.encode() + b"\n" + content).hexdigest()


def _lock(client: Client, key: str) -> None:
    """Let nobody else work on this key until the transaction ends."""
    digest = hashlib.sha256(f"{client.key_id}\n{key}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True, byteorder="big")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
