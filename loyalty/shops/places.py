"""Where a sale happens: stores with their partner, tills and programmes, as plain values.

A receipt that comes late is judged by what its store was when it was made (``as_of``).

Kept in memory for a second: a till asks for its store with every basket, and a shop's set-up hardly
changes. A change in the back office is therefore seen by every process within a second.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from loyalty.ledger import ledger
from loyalty.ledger.passbook import Institutions
from loyalty.models import Account, ProductSet, Programme, Store
from loyalty.rules.tiers import Ladder
from loyalty.shops import membership, pasts
from loyalty.shops.pasts import StorePast
from loyalty.tiers import ladders
from members import bounds
from members.lookup.lookup import Manner
from members.models import CardKind

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
    #: A birthday that was entered or changed counts so many days later.
    birthday_days: int = 0


@dataclass(frozen=True, slots=True)
class Participation:
    """A programme that a store's partner takes part in, whom or what it is for, and its time zone."""

    programme_id: int
    zone: ZoneInfo
    card_kind: str | None
    product_set: str | None


@dataclass(frozen=True, slots=True)
class Shop:
    """A store as a sale needs it: what it is, or what it was at some moment (``past``)."""

    id: int
    code: str
    name: str
    partner_id: int
    partner: str
    zone: ZoneInfo
    groups: frozenset[str]
    #: Whether it sells.
    active: bool
    #: Ids of its tills by their codes.
    tills: Mapping[str, int]
    #: Programmes that run, by priority.
    participations: tuple[Participation, ...]
    #: The partner's account in each programme.
    accounts: Mapping[int, UUID]
    #: How what people say of themselves is read here.
    manner: Manner
    past: StorePast
    #: What the store is and was, the newest first.
    pasts: tuple[StorePast, ...]

    @property
    def programmes(self) -> list[int]:
        """Ids of the programmes whose members are known here, by priority."""
        return [part.programme_id for part in self.participations]


def find(code: str) -> Shop | None:
    """The store of that code as it is now, open or closed, or None.

    What is no store is not remembered: anybody may make up codes.
    """
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


def as_of(shop: Shop, moment: datetime) -> Shop:
    """The store as it was at a moment, by the names it has now. Its tills are those of then and those of now."""
    if shop.past.since is None or moment >= shop.past.since:
        return shop
    then = pasts.choose(shop.pasts, moment) or pasts.at(shop.id, moment)
    same = then.was.partner_id == shop.partner_id
    was = _shop(shop.id, shop.name, then, shop.pasts, shop.accounts if same else {}, shop.manner)
    partner = shop.partner if same else was.partner
    return replace(was, code=shop.code, partner=partner, tills={**shop.tills, **was.tills})


def scheme(programme_id: int) -> Scheme:
    """The programme of that id."""
    found = _programmes.get(programme_id)
    if found is None or found[0] < time.monotonic():
        if found is not None:
            _programmes[programme_id] = (time.monotonic() + _KEPT_SECONDS, found[1])
        found = (time.monotonic() + _KEPT_SECONDS, _load_scheme(programme_id))
        _programmes[programme_id] = found
    return found[1]


def scheme_of(part: Participation) -> Scheme:
    """The programme of a participation, with the clocks that it had then."""
    found = scheme(part.programme_id)
    return found if found.zone.key == part.zone.key else replace(found, zone=part.zone)


def forget() -> None:
    """Forget what is kept in memory, in this process."""
    _stores.clear()
    _programmes.clear()


def _load(code: str) -> Shop | None:
    store = Store.objects.select_related("partner").filter(code=code).first()
    if store is None:
        return None
    known = pasts.known(store.id)
    accounts = Account.objects.filter(kind=Account.Kind.PARTNER, partner_id=store.partner_id)
    opened, manner = dict(accounts.values_list("programme_id", "id")), membership.manner_of_store(store)
    return _shop(store.id, store.name, known[0], tuple(known), opened, manner)


def _shop(
    store_id: int,
    name: str,
    past: StorePast,
    known: tuple[StorePast, ...],
    accounts: Mapping[int, UUID],
    manner: Manner,
) -> Shop:
    was = past.was
    running = [one for one in was.programmes if one.active]
    kinds = [one.card_kind_id for one in running if one.card_kind_id is not None]
    sets = [one.product_set_id for one in running if one.product_set_id is not None]
    kind_codes = dict(CardKind.objects.filter(id__in=kinds).values_list("id", "code")) if kinds else {}
    set_codes = dict(ProductSet.objects.filter(id__in=sets).values_list("id", "code")) if sets else {}
    return Shop(
        id=store_id,
        code=was.store,
        name=name,
        partner_id=was.partner_id,
        partner=was.partner,
        zone=past.zone,
        groups=was.groups,
        active=was.active,
        tills=was.tills,
        participations=tuple(
            Participation(
                one.programme_id,
                ZoneInfo(one.zone),
                kind_codes.get(one.card_kind_id) if one.card_kind_id else None,
                set_codes.get(one.product_set_id) if one.product_set_id else None,
            )
            for one in running
        ),
        accounts=_accounts(was.partner_id, [one.programme_id for one in running], accounts),
        manner=manner,
        past=past,
        pasts=known,
    )


def _accounts(partner_id: int, programmes: Iterable[int], known: Mapping[int, UUID]) -> Mapping[int, UUID]:
    """The partner's accounts, those that are lacking opened."""
    lacking = [programme for programme in programmes if programme not in known]
    if not lacking:
        return known
    with transaction.atomic():
        rows = Programme.objects.filter(id__in=lacking)
        return {**known, **{row.id: ledger.partner_account(row, partner_id) for row in rows}}


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
        birthday_days=programme.birthday_days,
    )
