"""A member as tills and shop systems see them: within the programmes of the caller's partner, and no more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from analytics import facts, stored_facts
from campaigns.checkout.story import moment, money, number
from foundation.refusals import Missing, Refused
from loyalty.ledger import allowance, balances, inactivity, ledger
from loyalty.models import Holder, Lot
from loyalty.shops import places
from members.lookup import lookup, phones
from members.models import Card, Member
from pos.keys import Client

MOST_EXPIRING = 12


def find(form: str, value: str, client: Client, now: datetime, within: str = "") -> Member:
    """The member known by that, if they take part in a programme of the client's partner.

    ``within`` is where the form stands in the request's body, such as ``member.``.

    Raises ``Missing`` with ``member_not_found``, the same after the same work whether there is no such member or
    the member belongs to others; ``Invalid`` for a phone that is none; what ``require_programme`` does.
    """
    require_programme(client)
    member = lookup.find(lookup.seek(form, value, client.manner), now, client.scope)
    if member is None:
        why = lookup.explain(form, value, client.manner, now, client.scope, within)
        raise Missing("member_not_found", why.detail, [why] if why.code != "unknown" else ())
    return member


def require_programme(client: Client) -> None:
    """Raise ``Refused`` with ``no_programme`` when no programme runs in which the client's partner takes part."""
    if not client.programmes:
        raise Refused("no_programme", _("This partner takes part in no programme that runs."))


def tell(member: Member, client: Client, now: datetime) -> dict[str, Any]:
    """The contract's Member."""
    holdings = sorted(
        _holdings(member, client).select_related("programme", "account"),
        key=lambda holding: client.programmes.index(holding.programme_id),
    )
    lots = Lot.objects.filter(account_id__in=[h.account_id for h in holdings], remaining__gt=0)
    by_account: dict[UUID, list[Lot]] = {}
    for lot in lots.order_by("expires_at"):
        by_account.setdefault(lot.account_id, []).append(lot)
    return {
        "id": str(member.id),
        "status": member.status,
        "first_name": member.first_name,
        "last_name": member.last_name,
        "phone": phones.mask(member.phone) if member.phone else None,
        "cards": [
            {"number": number, "kind": kind}
            for number, kind in Card.objects.filter(member=member, blocked=False)
            .order_by("id")
            .values_list("number", "kind__code")
        ],
        "tier": _tier(member, [holding.programme_id for holding in holdings], now),
        "accounts": [_account(holding, by_account.get(holding.account_id, []), now) for holding in holdings],
    }


def _holdings(member: Member, client: Client) -> Any:
    return Holder.objects.filter(member=member, programme_id__in=client.programmes)


def _account(holding: Holder, lots: Sequence[Lot], now: datetime) -> dict[str, Any]:
    decimals = holding.programme.point_decimals
    expiring: dict[datetime, Decimal] = {}
    programme = holding.programme
    gone = inactivity.gone_until(
        holding.account_id, programme.inactivity_days, ZoneInfo(programme.time_zone), now
    )
    counting = list(balances.counting(map(ledger.open_lot, lots), gone, now))
    spendable, pending = balances.of_lots(counting, now)
    for lot in counting:
        if lot.expires_at is not None:
            expiring[lot.expires_at] = expiring.get(lot.expires_at, Decimal(0)) + lot.remaining
    return {
        "programme": holding.programme.code,
        "spendable": number(spendable, decimals),
        "pending": number(pending, decimals),
        "role": holding.role,
        "may_redeem": holding.may_redeem,
        "daily_limit": _daily_limit(holding, now),
        "expiring": [
            {"points": number(points, decimals), "at": moment(at)}
            for at, points in sorted(expiring.items())[:MOST_EXPIRING]
        ],
        "owed": number(holding.account.owed, decimals),
    }


def _daily_limit(holding: Holder, now: datetime) -> dict[str, str] | None:
    """What the holder may spend in a day, and what is left of it."""
    left = allowance.left(holding, now)
    if holding.daily_limit is None or left is None:
        return None
    decimals = holding.programme.point_decimals
    return {"points": number(holding.daily_limit, decimals), "left": number(left, decimals)}


def _tier(member: Member, programmes: Sequence[int], now: datetime) -> dict[str, Any] | None:
    """The tier in the first programme that has a ladder; its code is null below the lowest step."""
    for programme_id in programmes:
        ladder = places.scheme(programme_id).ladder
        if ladder.steps:
            rank = facts.rank(stored_facts.read(member.id, programme_id, ladder), ladder, now)
            return {
                "code": rank.tier.code if rank.tier else None,
                "name": rank.tier.name if rank.tier else None,
                "benefits": rank.tier.benefits.splitlines() if rank.tier else [],
                "until": moment(rank.until) if rank.until else None,
                "counts": ladder.basis,
                "counted": money(rank.counted),
                "next": {"code": rank.next.code, "name": rank.next.name, "needs": money(rank.needs)}
                if rank.next
                else None,
            }
    return None
