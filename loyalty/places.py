"""Where a sale happens: stores with their partner, tills and programmes, as plain values.

Kept in memory for a second: a till asks for its store with every basket, and a shop's set-up hardly
changes. A change in the back office is therefore seen by every process within a second.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from loyalty import ladders, ledger, membership
from loyalty.models import Programme, Store, Till
from loyalty.passbook import Institutions
from loyalty.tiers import Ladder
from members import bounds
from members.lookup import Manner

_KEPT_SECONDS = 1.0
_stores: dict[str, tuple[float, Shop]] = {}
_programmes: dict[int, tuple[float, Scheme]] = {}


@dataclass(frozen=True, slots=True)
class Scheme:
    """A programme as a sale needs it, beside the rules that a rulebook holds."""

    id: int
    code: str
    currency: str
    zone: ZoneInfo
    institutions: Institutions
    ladder: Ladder
    #: All points expire without a purchase for so many days; None: they do not.
    inactivity_days: int | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A programme that a store's partner takes part in, and whom or what it is for."""

    programme_id: int
    card_kind: str | None
    product_set: str | None


@dataclass(frozen=True, slots=True)
class Shop:
    """A store as a sale needs it."""

    id: int
    code: str
    name: str
    partner_id: int
    partner: str
    zone: ZoneInfo
    groups: frozenset[str]
    #: Ids of its tills by their codes.
    tills: Mapping[str, int]
    #: By priority.
    offers: tuple[Offer, ...]
    #: The partner's account in each programme.
    accounts: Mapping[int, UUID]
    #: How what people say of themselves is read here.
    manner: Manner

    @property
    def programmes(self) -> list[int]:
        """Ids of the programmes whose members are known here, by priority."""
        return [offer.programme_id for offer in self.offers]


def find(code: str) -> Shop | None:
    """The active store of that code, or None. What is no store is not remembered: anybody may make up codes."""
    if not 0 < len(code) <= bounds.SALE["store"] or "\0" in code:
        return None
    found = _stores.get(code)
    if found is None or found[0] < time.monotonic():
        if found is not None:  # one thread reads anew, the others go on with what is known
            _stores[code] = (time.monotonic() + _KEPT_SECONDS, found[1])
        shop = _load(code)
        if shop is None:
            _stores.pop(code, None)
            return None
        found = _stores[code] = (time.monotonic() + _KEPT_SECONDS, shop)
    return found[1]


def scheme(programme_id: int) -> Scheme:
    """The programme of that id."""
    found = _programmes.get(programme_id)
    if found is None or found[0] < time.monotonic():
        if found is not None:
            _programmes[programme_id] = (time.monotonic() + _KEPT_SECONDS, found[1])
        found = (time.monotonic() + _KEPT_SECONDS, _load_scheme(programme_id))
        _programmes[programme_id] = found
    return found[1]


def forget() -> None:
    """Forget what is kept in memory, in this process."""
    _stores.clear()
    _programmes.clear()


def _load(code: str) -> Shop | None:
    store = Store.objects.select_related("partner").filter(code=code, active=True).first()
    if store is None:
        return None
    participations = list(
        store.partner.participations.filter(programme__active=True).select_related(
            "programme", "card_kind", "product_set"
        )
    )
    with transaction.atomic():
        accounts = {
            p.programme_id: ledger.partner_account(p.programme, store.partner_id) for p in participations
        }
    return Shop(
        id=store.id,
        code=store.code,
        name=store.name,
        partner_id=store.partner_id,
        partner=store.partner.code,
        zone=ZoneInfo(store.time_zone),
        groups=frozenset(store.groups.values_list("code", flat=True)),
        tills=dict(Till.objects.filter(store=store, active=True).values_list("code", "id")),
        offers=tuple(
            Offer(
                p.programme_id,
                p.card_kind.code if p.card_kind else None,
                p.product_set.code if p.product_set else None,
            )
            for p in participations
        ),
        accounts=accounts,
        manner=membership.manner_of_store(store),
    )


def _load_scheme(programme_id: int) -> Scheme:
    programme = Programme.objects.get(id=programme_id)
    with transaction.atomic():
        institutions = ledger.institutions(programme)
    return Scheme(
        id=programme.id,
        code=programme.code,
        currency=programme.currency,
        zone=ZoneInfo(programme.time_zone),
        institutions=institutions,
        ladder=ladders.read(programme),
        inactivity_days=programme.inactivity_days,
    )
