"""The demo's programme, partners, stores and campaigns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from campaigns import rulebooks
from campaigns.demo import showcase
from campaigns.demo.dataset import ZONE, Dataset
from campaigns.demo.tongue import ENGLISH, Tongue
from campaigns.models import Campaign, Rulebook
from loyalty.models import Ladder, Participation, Partner, Payer, Programme, Store, StoreGroup, Tier, Till
from loyalty.shops import payers
from members.models import CardKind

HERE = Path(__file__).parent
_GROUPS = {"green-basket": "supermarkets", "corner-market": "markets", "milepost": "stations"}
_STREETS = ("Main Street", "Mill Lane", "Station Road", "Harbor View", "Orchard Avenue", "Church Street")
#: The rules are in force from so long before the first receipt.
_AHEAD = timedelta(days=1)


def read(name: str, tongue: Tongue = ENGLISH) -> Any:
    """One of the JSON files beside this module, in a language."""
    return tongue.document(json.loads((HERE / name).read_text(encoding="utf-8")))


@transaction.atomic
def found(names: Mapping[str, Any]) -> tuple[Programme, dict[str, Partner]]:
    """The programme with its ladder and partners, made on the first call."""
    programme, _created = Programme.objects.get_or_create(
        code=names["programme"]["code"],
        defaults={
            "name": names["programme"]["name"],
            "currency": "USD",
            "country": "US",
            "time_zone": ZONE.key,
            "expiry": {"kind": "after", "years": 1},
            "spending": {"max_share": "50", "min_points": "5", "excluded": {"categories": ["cigarettes"]}},
            "return_days": 30,
            "transfers": True,
            "transfer_least": 10,
            "transfer_most": 500,
            "transfer_most_day": 500,
            "transfer_most_month": 2000,
        },
    )
    Ladder.objects.get_or_create(programme=programme)
    for tier in names["tiers"]:
        Tier.objects.get_or_create(
            programme=programme,
            code=tier["code"],
            defaults={"name": tier["name"], "threshold": tier["threshold"]},
        )
    for kind in names["card_kinds"]:
        CardKind.objects.get_or_create(
            code=kind["code"], defaults={"name": kind["name"], "lengths": [13], "check_digit": "ean"}
        )
    partners = {}
    for partner in names["partners"]:
        made, _created = Partner.objects.get_or_create(
            code=partner["code"], defaults={"name": partner["name"], "country": "US"}
        )
        Participation.objects.get_or_create(partner=made, programme=programme)
        partners[made.code] = made
    _name_payers(programme, names, partners)
    return programme, partners


def _name_payers(programme: Programme, names: Mapping[str, Any], partners: Mapping[str, Partner]) -> None:
    """Who pays for campaigns beside the house: a partner, and brands."""
    known = set(Payer.objects.filter(programme=programme).values_list("code", flat=True))
    for payer in names["payers"]:
        if payer["code"] not in known:
            partner = partners.get(payer.get("partner", ""))
            kind = Payer.Kind.PARTNER if partner else Payer.Kind.BRAND
            payers.save(
                Payer(programme=programme, code=payer["code"], name=payer["name"], kind=kind, partner=partner)
            )


@transaction.atomic
def open_stores(
    data: Dataset, names: Mapping[str, Any], partners: Mapping[str, Partner], tongue: Tongue = ENGLISH
) -> None:
    """The stores of the data that are not there yet, each with two tills, in the group of its kind."""
    groups = {
        group["code"]: StoreGroup.objects.get_or_create(code=group["code"], defaults={"name": group["name"]})[
            0
        ]
        for group in names["groups"]
    }
    known = set(Store.objects.values_list("code", flat=True))
    new = [
        Store(
            code=code,
            name=f"{partners[partner].name} {code.rpartition('-')[2]}",
            partner=partners[partner],
            time_zone=ZONE.key,
            country="US",
            address=_address(int(code.rpartition("-")[2]), tongue),
            **showcase.place_of(code, tongue),
        )
        for code, partner in data.stores
        if code not in known
    ]
    Store.objects.bulk_create(new)
    Till.objects.bulk_create(
        Till(store=store, code=code, name=f"{tongue.text('Till')} {code}") for store in new for code in "12"
    )
    inside = Store.groups.through
    inside.objects.bulk_create(
        inside(store_id=store.id, storegroup_id=groups[_GROUPS[store.partner.code]].id) for store in new
    )


@transaction.atomic
def publish(programme: Programme, campaigns: list[dict[str, Any]], first: datetime, now: datetime) -> None:
    """Put the rules and campaigns in force from before the first receipt on, and those that change later."""
    if Rulebook.objects.filter(programme=programme).exists():
        return
    begin = first - _AHEAD
    rulebooks.refresh(programme, begin)
    made = {}
    for campaign in campaigns:
        made[campaign["code"]] = Campaign.objects.create(
            programme=programme, code=campaign["code"], name=campaign["name"], draft=campaign["definition"]
        )
        rulebooks.publish(made[campaign["code"]], begin)
    for campaign in campaigns:
        if later := campaign.get("later"):
            changed = made[campaign["code"]]
            changed.name, changed.draft = later["name"], changed.draft | later["change"]
            rulebooks.publish(changed, min(begin + timedelta(days=later["after_days"]), now))


def _address(number: int, tongue: Tongue) -> str:
    house, street = number % 190 + 1, tongue.text(_STREETS[number % len(_STREETS)])
    return f"{street}, {house}" if tongue.translates else f"{house} {street}"
