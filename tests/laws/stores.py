"""What becomes of the laws' store between a purchase and its return, and campaigns that ask about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.db.models import Q

from loyalty.models import StoreState
from loyalty.shops import places

if TYPE_CHECKING:
    from tests.laws.world import World

MEMBERS = {"who": "members"}


def points(percent: str, **parts: Any) -> dict[str, Any]:
    """A campaign that gives a percent of a member's receipt."""
    return {"whom": MEMBERS, "what": [{"effect": "points_percent", "percent": percent}], **parts}


#: Campaigns that ask where, by which clock, and for which goods.
PLACES: dict[str, dict[str, Any]] = {
    "centre": {"where": {"groups": ["centre"]}, "what": [{"effect": "discount_percent", "percent": "5"}]},
    "suburbs": points("4", where={"except": {"groups": ["centre"]}}),
    "house": points("2", where={"partners": ["house"]}),
    "first-till": points("3", where={"tills": ["1"]}),
    "by-day": points("6", when={"hours": [["06:00", "18:00"]]}),
    "joined": points("1", when={"around": {"date": "joined", "before": 20, "after": 30}}),
    "daily": points("3.5", what_for={"of": "lines", "sets": ["daily"]}),
    "roasts": points("2.5", what_for={"of": "lines", "categories": ["roasts"]}),
}


def _turn_group(world: World) -> None:
    groups = world.shop.store.groups
    groups.set([] if groups.exists() else [world.centre])


def _turn_clock(world: World) -> None:
    store = world.shop.store
    store.time_zone = "Asia/Tokyo" if store.time_zone == "UTC" else "UTC"
    store.save()


def _turn_programme_clock(world: World) -> None:
    programme = world.shop.programme
    programme.time_zone = "Pacific/Auckland" if programme.time_zone == "UTC" else "UTC"
    programme.save()


def _close(world: World) -> None:
    world.shop.store.active = False
    world.shop.store.save()


def _stop(world: World) -> None:
    world.shop.programme.active = False
    world.shop.programme.save()


def _rename_partner(world: World) -> None:
    partner = world.shop.partner
    partner.code = "firm" if partner.code == "house" else "house"
    partner.save()


def _renumber_till(world: World) -> None:
    till = world.shop.till
    till.code = "2" if till.code == "1" else "1"
    till.save()


def _turn_set(world: World) -> None:
    goods = world.daily.products
    goods.set([] if goods.exists() else world.products[:3])


def _sort_anew(world: World) -> None:
    for product in world.products[:2]:
        product.category = world.coffee if product.category == world.roasts else world.roasts
        product.save()


#: What can happen to the store, and the campaigns of which a purchase knew better.
CHANGES: dict[str, tuple[Callable[[World], None], tuple[str, ...]]] = {
    "group": (_turn_group, ("centre", "suburbs")),
    "clock": (_turn_clock, ("by-day",)),
    "programme clock": (_turn_programme_clock, ("joined",)),
    "closed": (_close, ("centre", "first-till")),
    "stopped": (_stop, ("house",)),
    "partner": (_rename_partner, ("house",)),
    "till": (_renumber_till, ("first-till",)),
    "set": (_turn_set, ("daily",)),
    "category": (_sort_anew, ("roasts",)),
}


def change(world: World, kind: str) -> None:
    """Let something happen to the store, at the world's time and not at that of the machine."""
    CHANGES[kind][0](world)
    _note_time(world)
    world.changed.append(kind)


def open_again(world: World) -> None:
    """Have the store sell, should it be closed or the programme be stopped."""
    store, programme = world.shop.store, world.shop.programme
    store.refresh_from_db()  # that it opened may have been undone
    programme.refresh_from_db()
    if store.active and programme.active:
        return
    store.active = programme.active = True
    store.save()
    programme.save()
    _note_time(world)


def _note_time(world: World) -> None:
    with pgtrigger.ignore("loyalty.StoreState:never_changed"):
        later = StoreState.objects.filter(
            Q(since__gt=world.now) | Q(id__gt=world.last_state), since__isnull=False
        )
        later.update(since=world.now)
    world.last_state = StoreState.objects.order_by("id").values_list("id", flat=True).last() or 0
    places.forget()
