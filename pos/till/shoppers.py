"""The customer at the till: found by whatever they show, registered in two fields, described in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from analytics import facts, stored_facts
from campaigns.checkout import venue
from campaigns.occasions import registration
from foundation.refusals import Fault, Invalid
from loyalty.ledger import balances
from loyalty.models import Holder, Programme
from loyalty.shops import membership, places
from loyalty.shops.places import Scheme
from loyalty.tiers import ladder_wording
from members import bounds
from members.lookup import cards, countries, lookup, phones
from members.lookup.lookup import Manner, Scope
from members.models import Member
from members.registration import Newcomer
from pos.till.access import Desk


class Meant(NamedTuple):
    """Whom a text means at this till: a member, or why there is none, or the phone of somebody to register."""

    member: Member | None = None
    note: str = ""
    newcomer: str = ""

    @property
    def country(self) -> str:
        """The country that the newcomer's phone is of."""
        return countries.name(phones.country_of(self.newcomer)) if self.newcomer else ""


def find(text: str, desk: Desk, now: datetime) -> Member | None:
    """The member of that card, phone, one-time code or e-mail, blocked ones too, if they are one here."""
    return lookup.find(lookup.seek_any(text, desk.shop.manner), now, _here(desk)) if text else None


def there(member_id: str, desk: Desk, now: datetime) -> Member | None:
    """The member of that id, if they are one here."""
    return lookup.find(lookup.seek("id", member_id, desk.shop.manner), now, _here(desk))


def identify(text: str, desk: Desk, now: datetime) -> Meant:
    """The member whom a text means; else what the cashier should do about it."""
    if not text:
        return Meant(note=_("Type a phone or a card number, or scan the card."))
    member = find(text, desk, now)
    if member is not None:
        return Meant(member)
    manner = desk.shop.manner
    if "@" not in text:
        why = lookup.explain("card", text, manner, now, _here(desk))
        if why.code == "blocked":
            return Meant(note=why.detail)
    phone = phones.read(text, manner.country)
    if phone.number is not None and (not _is_card(text, manner) or phones.is_international(text)):
        return Meant(newcomer=phone.number)
    if phones.is_international(text):
        return Meant(note=lookup.ask_back(phone, manner.country))
    if _is_card(text, manner):
        return Meant(note=_("There is no such card: check the last digit."))
    return Meant(note=_("Nobody is known as “%(text)s”.") % {"text": text})


def _is_card(text: str, manner: Manner) -> bool:
    """Whether a text is rather a card's number than a phone: as long as a card, and no phone of the country."""
    like = cards.is_like_one(text, manner.cards) or cards.is_as_long(text, manner.cards)
    return like and not phones.is_national(text, manner.country)


def _here(desk: Desk) -> Scope:
    return membership.among(desk.shop.programmes)


def register(
    desk: Desk,
    phone: str,
    first_name: str,
    now: datetime,
    cashier: str = "",
    *,
    card: str = "",
    sms: bool = False,
) -> UUID:
    """Make a member with an account in the store's programme. Returns the member's id.

    ``card`` is the number of one that is handed out, ``sms`` whether they agree to messages. Raises ``Invalid`` for
    a phone that is none, ``Conflict`` with ``member_exists`` when phone or card are taken.
    """
    if not first_name:
        raise Invalid(Fault("first_name", "required", _("Give the first name.")))
    if faults := tuple(bounds.text_fault("card", card.strip(), 32)):
        raise Invalid(*faults)
    newcomer = Newcomer(
        phone=lookup.read_phone(phone, desk.shop.manner.country),
        card=card.strip() or None,
        consents=_said(sms),
        evidence=_evidence(desk, cashier),
        first_name=first_name[:80],
        language=get_language() or "en",
        source="till",
        cashier=cashier[:64],
        partner=desk.shop.partner,
    )
    here = desk.shop.programmes
    return registration.register(newcomer, scheme_of(desk).id, now, here, desk.shop.manner).id


def _open_to(desk: Desk, holdings: Mapping[int, Holder]) -> list[Programme]:
    """The programmes of the store that somebody with these accounts has not joined yet."""
    missing = [programme for programme in desk.shop.programmes if programme not in holdings]
    return list(Programme.objects.filter(id__in=missing, active=True).order_by("id")) if missing else []


def join(member_id: str, programme: str, desk: Desk, now: datetime, cashier: str, *, sms: bool) -> None:
    """Let a member join another programme of the store, on their word; ``sms``: whether they agree to messages.

    Nothing happens where they have joined, or where there is no such member or programme here. Raises ``Refused``
    for a member who is blocked, ``Conflict`` with ``member_exists`` where somebody like them is a member of it.
    """
    member = there(member_id, desk, now)
    wanted = next((one for one in desk.shop.programmes if places.scheme(one).code == programme), None)
    if member is not None and wanted is not None:
        by = {"source": "till", "channel": "pos"} | _evidence(desk, cashier)
        registration.join(member, wanted, now, by, _said(sms))


def _said(sms: bool) -> dict[str, bool]:
    """What somebody said of messages: a box that is not ticked says nothing."""
    return {"sms": True} if sms else {}


def _evidence(desk: Desk, cashier: str) -> dict[str, str]:
    """How it is known what somebody said: who was told, and where."""
    return {"partner": desk.shop.partner, "store": desk.shop.code, "till": desk.till, "cashier": cashier[:64]}


def scheme_of(desk: Desk) -> Scheme:
    """The programme that comes first in the desk's store."""
    return places.scheme(desk.shop.participations[0].programme_id)


def describe(member_id: str, desk: Desk, now: datetime) -> dict[str, Any] | None:
    """What the cashier may see of the member: name, masked phone, card, tier and balance, by programme.

    None for who is not a member of a programme of this store.
    """
    member = there(member_id, desk, now)
    if member is None:
        return None
    holdings = {h.programme_id: h for h in Holder.objects.filter(member=member).select_related("programme")}
    cards_ = list(member.cards.filter(blocked=False).select_related("kind").order_by("id"))
    part = venue.pick(desk.shop, {card.kind.code for card in cards_}, (), holdings)
    scheme = places.scheme(part.programme_id)
    holding = holdings[scheme.id]
    rank = facts.rank(stored_facts.read(member.id, scheme.id, scheme.ladder), scheme.ladder, now)
    spendable, pending = balances.of_account(holding.account_id, now)
    others = [
        {"name": other.programme.name, "spendable": balances.of_account(other.account_id, now)[0]}
        for programme in desk.shop.programmes
        if (other := holdings.get(programme)) is not None and other is not holding
    ]
    return {
        "open": _open_to(desk, holdings),
        "id": str(member.id),
        "name": member.full_name or _("Member without a name"),
        "phone": phones.mask(member.phone) if member.phone else "",
        "card": cards_[0].number if cards_ else "",
        "blocked": member.status != Member.Status.ACTIVE,
        "programme": holding.programme.name if len(desk.shop.participations) > 1 else "",
        "others": others,
        "tier": rank.tier,
        "until": scheme.ladder.day(rank.until) if rank.until else None,
        "next": rank.next,
        "needs": rank.needs,
        "percent": rank.percent,
        "counts": scheme.ladder.basis,
        "needs_told": ladder_wording.describe_amount(rank.needs, scheme.ladder.basis, scheme.currency),
        "benefits": rank.tier.benefits.splitlines() if rank.tier else [],
        "spendable": spendable,
        "pending": pending,
    }
