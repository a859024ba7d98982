"""API keys: who is calling, and which stores they reach.

A till's key reaches its own store, whichever of its tills a request names; a partner's key reaches
every store of the partner. A key of a closed store goes on for what that store did while it was open.
What a key opens is kept in memory for a second, so that a busy till costs no query; a revoked key therefore
stops everywhere within a second. ``last_used_at`` is right to the minute.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Value
from django.db.models.functions import Concat, JSONObject

from loyalty.models import Participation
from loyalty.shops import membership, places
from loyalty.shops.places import Shop
from members.lookup.lookup import Manner, Scope
from pos.models import Guesses, TillKey

KEPT_SECONDS = 1.0
MOST_KEPT = 10_000
NOTED_EVERY = timedelta(minutes=1)
_SHAPE = re.compile(r"[!-~]{1,150}")
_kept: dict[bytes, tuple[float, Client]] = {}


@dataclass(frozen=True, slots=True)
class Client:
    """Whoever holds a key. ``programmes`` are the ids of those the partner takes part in, by priority."""

    key_id: str
    #: The key's public part: names the client in counters and logs.
    name: str
    partner_id: int
    partner: str
    store_id: int | None
    store: str | None
    till: str | None
    programmes: tuple[int, ...]
    valid_until: datetime | None
    #: How what people say of themselves is read: as the till's store or the partner's system does.
    manner: Manner
    #: Whether the key's own store is closed: it reports what was sold and taken back there, and nothing else.
    closed: bool = False
    #: Until when the key may not ask for things of a kind, because it guessed (``pos.guard``).
    blocked: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def scope(self) -> Scope:
        """Who is a member for this client: those of its programmes, and nobody else."""
        return membership.among(self.programmes)

    def reaches(self, partner_id: int, store_id: int) -> bool:
        """Whether the key opens that store of that partner."""
        return partner_id == self.partner_id and self.store_id in (None, store_id)

    def reaches_shop(self, shop: Shop) -> bool:
        """Whether the key opens that store."""
        return self.reaches(shop.partner_id, shop.id)


def find(secret: str, now: datetime) -> Client | None:
    """The client of that key; None when the key is unknown, revoked or too old, or its till is closed."""
    if not _SHAPE.fullmatch(secret):
        return None
    digest = hashlib.sha256(secret.encode()).digest()
    kept = _kept.get(digest)
    if kept is None or kept[0] < time.monotonic():
        if kept is not None:  # one thread reads anew, the others go on with what is known
            _kept[digest] = (time.monotonic() + KEPT_SECONDS, kept[1])
        client = _load(secret, now)
        if client is None:
            _kept.pop(digest, None)
            return None
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        kept = _kept[digest] = (time.monotonic() + KEPT_SECONDS, client)
    client = kept[1]
    return client if client.valid_until is None or client.valid_until > now else None


def forget() -> None:
    """Forget what is kept in memory, in this process."""
    _kept.clear()


def _load(secret: str, now: datetime) -> Client | None:
    key = (
        TillKey.objects.select_related("partner", "till__store")
        .filter(prefix=secret.partition(".")[0], revoked=False)
        .annotate(blocks=_blocks(now))
        .first()
    )
    if key is None or not key.is_valid(secret):
        return None
    till = key.till
    if till is not None and not till.active:
        return None
    _note_use(key, now)
    programmes = Participation.objects.filter(partner=key.partner, programme__active=True)
    return Client(
        key_id=key.id,
        name=key.prefix,
        partner_id=key.partner_id,
        partner=key.partner.code,
        store_id=till.store_id if till else None,
        store=till.store.code if till else None,
        till=till.code if till else None,
        programmes=tuple(programmes.values_list("programme_id", flat=True)),
        valid_until=key.expiry_date,
        manner=_manner_of(key),
        closed=till is not None and not till.store.active,
        blocked={block["kind"]: datetime.fromisoformat(block["until"]) for block in key.blocks},
    )


def _manner_of(key: TillKey) -> Manner:
    shop = places.find(key.till.store.code) if key.till else None
    return shop.manner if shop else membership.manner_of_partner(key.partner)


def _blocks(now: datetime) -> ArraySubquery:
    """The kinds of things that the key may not ask for at the moment, read along with it."""
    of_key = Guesses.objects.filter(who=Concat(Value("key:"), OuterRef("prefix")), blocked_until__gt=now)
    return ArraySubquery(of_key.values(block=JSONObject(kind="kind", until="blocked_until")))


def _note_use(key: TillKey, now: datetime) -> None:
    long_ago = now - NOTED_EVERY
    if key.last_used_at is None or key.last_used_at < long_ago:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=long_ago)
        TillKey.objects.filter(unnoted, id=key.id).update(last_used_at=now)
