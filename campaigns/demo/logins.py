"""Who and what may come in to the demo: users with their roles, keys of tills, and ``demo.json`` that tells them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management import call_command, get_commands
from django.db.models import Count, Q
from django.utils.translation import gettext_noop

from campaigns.demo.dataset import card_of
from campaigns.models import LandingPage
from loyalty.models import Appearance, Employee, Holder, Partner, Product, Seat, Store
from members.models import Card

ROLES = ("manager", "operator", "analyst", "cashier")
SELLERS = ("manager", "cashier")
PASSWORD = "regulars-demo"
#: What is told of members, beside phone and card.
OWNER = gettext_noop("owns a family’s account")
HOLDER = gettext_noop("shares a family’s account")
LIMITED = gettext_noop("shares a family’s account, up to a limit a day")
MANAGER = gettext_noop("hands out points of a firm")
EMPLOYEE = gettext_noop("gets points of a firm")
_CREATE_ROLES = "create_roles"
_KEY_NAME = "Demo"
#: Stores of each partner whose tills get a key.
_STORES_WITH_KEYS = 2
_SHOWN = 50


def write(record: Path, base_url: str, households: list[int]) -> None:
    """Make users and keys, and write down how to come in."""
    content = {
        "base_url": base_url,
        "logins": make_users(),
        "api_keys": make_keys(),
        "members": show_members(households),
        "products": show_products(),
        "pages": show_pages(),
    }
    record.parent.mkdir(parents=True, exist_ok=True)
    fresh = record.with_suffix(".new")
    fresh.write_text(json.dumps(content, ensure_ascii=False, indent=2), encoding="utf-8")
    os.replace(fresh, record)


def show_pages() -> list[dict[str, str]]:
    """Pages that guests may look at: the public site and landing pages."""
    shown = Appearance.objects.select_related("programme").filter(public=True).order_by("id").first()
    if shown is None:
        return []
    programme, site = shown.programme, f"/site/{shown.programme.code}/"
    pages = [(programme.name, site)]
    found = LandingPage.objects.filter(campaign__programme=programme, published=True).order_by("id")
    pages += [(page.title, f"{site}p/{page.code}/") for page in found]
    return [{"name": name, "path": path} for name, path in pages]


def make_users() -> list[dict[str, str]]:
    """A user for each role; the manager may do everything. Those who sell have seats in the busiest stores."""
    if _CREATE_ROLES in get_commands():
        call_command(_CREATE_ROLES, verbosity=0, stdout=StringIO())
    logins, hashed = [], make_password(PASSWORD)
    for role in ROLES:
        user, _created = get_user_model().objects.get_or_create(
            username=role, defaults={"first_name": role.capitalize(), "last_name": "Demo"}
        )
        user.is_staff, user.is_superuser = True, role == "manager"
        user.password = hashed
        user.save()
        user.groups.set(Group.objects.filter(name=role))
        logins.append({"role": role, "user": role, "password": PASSWORD})
    _seat(get_user_model().objects.filter(username__in=SELLERS))
    return logins


def _seat(users: Iterable[Any]) -> None:
    """Give those who sell a seat in the stores that have keys."""
    stores = [store for partner in Partner.objects.order_by("id") for store in _busiest(partner)]
    Seat.objects.bulk_create(
        [Seat(user=user, store=store) for user in users for store in stores], ignore_conflicts=True
    )


def _busiest(partner: Partner) -> Iterable[Store]:
    stores = Store.objects.filter(partner=partner).annotate(busy=Count("receipts"))
    return stores.order_by("-busy", "code")[:_STORES_WITH_KEYS]


def make_keys() -> list[dict[str, str | None]]:
    """New keys for the busiest stores of each partner and for the partners; earlier ones of the demo are revoked.

    A key is shown only when it is made, so a record that is written again needs new ones.
    """
    keys = apps.get_model("pos", "TillKey").objects
    keys.filter(name__startswith=_KEY_NAME, revoked=False).update(revoked=True)
    told: list[dict[str, str | None]] = []
    for partner in Partner.objects.order_by("id"):
        for store in _busiest(partner):
            till = store.tills.order_by("code").first()
            _key, secret = keys.create_key(name=f"{_KEY_NAME}: {store.code}", partner=partner, till=till)
            told.append(
                {
                    "key": secret,
                    "partner": partner.code,
                    "store": store.code,
                    "till": till.code if till else None,
                }
            )
    for partner in Partner.objects.order_by("id"):
        _key, secret = keys.create_key(name=f"{_KEY_NAME}: {partner.code}", partner=partner)
        told.append({"key": secret, "partner": partner.code, "store": None, "till": None})
    return told


def show_members(households: list[int]) -> list[dict[str, str | None]]:
    """Some members with their phones and cards: those who share an account or have a firm's, and then those with the
    most points."""
    numbers = [card_of(household) for household in households]
    cards = Card.objects.filter(number__in=numbers, member__isnull=False).select_related("member")
    rich = cards.order_by("-member__holdings__account__balance")[:_SHOWN]
    notes = _notes()
    told = [
        {
            "id": str(card.member.id),
            "phone": card.member.phone,
            "card": card.number,
            "note": notes.get(card.member.id),
        }
        for card in {card.pk: card for card in (*cards.filter(member__in=notes), *rich)}.values()
        if card.member
    ]
    return sorted(told, key=lambda one: not one["note"])


def _notes() -> dict[UUID, str]:
    """What is told of members who share an account with others, or have a firm's."""
    notes = {one.member_id: EMPLOYEE for one in Employee.objects.filter(until=None).order_by("id")[:1]}
    shared = Holder.objects.filter(role=Holder.Role.HOLDER)
    for one in shared.order_by("-may_redeem", "daily_limit", "id"):
        notes[one.member_id] = HOLDER if one.daily_limit is None else LIMITED
    owners = Holder.objects.filter(role=Holder.Role.OWNER).select_related("account")
    for one in owners.filter(Q(account__business=True) | Q(account__in=shared.values("account"))):
        notes[one.member_id] = MANAGER if one.account.business else OWNER
    return notes


def show_products() -> list[dict[str, Any]]:
    """The first partner's products that are sold most."""
    popular = (
        Product.objects.filter(partner=Partner.objects.order_by("id").first())
        .exclude(price=None)
        .exclude(price=0)
        .annotate(sold=Count("lines"))
        .order_by("-sold", "id")
    )
    return [{"sku": p.sku, "name": p.name, "price": f"{p.price:.2f}"} for p in popular[:_SHOWN]]
