"""A purchase as it is told to a cashier, a member and an operator alike: the contract's answer, with its reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import get_language

from campaigns import rulebooks
from campaigns.checkout import extras, record
from campaigns.checkout.record import Reason, Record, Text
from campaigns.rulebooks import Rules
from campaigns.words import wording
from loyalty.models import Receipt

Story = dict[str, Any]


def of_receipt(receipt: Receipt, *, first: bool = False) -> Story:
    """The story of a stored receipt as it stands now, or, ``first``, as it was first answered."""
    kept = record.load(receipt.outcome) if first else extras.of_receipt(receipt)
    head = {
        "id": str(receipt.id),
        "status": _first_status(receipt) if first else receipt.status,
        "receipt_number": receipt.number,
        "store": receipt.store.code,
        "purchased_at": moment(receipt.purchased_at),
        "redeemed": (receipt.redeemed_points, receipt.redeemed_amount),
    }
    rules = rulebooks.get(receipt.rulebook_id)
    return tell(head, kept, rules, receipt.programme.code)


def _first_status(receipt: Receipt) -> str:
    return "held" if receipt.hold_until is not None else "completed"


def tell(head: Mapping[str, Any], kept: Record, rules: Rules, programme: str) -> Story:
    """Tell a decision. ``head`` names the receipt, and what was redeemed as (points, money)."""
    places, language = rules.engine.terms.point_decimals, get_language()
    points, amount = head["redeemed"]
    kept = record.as_told(kept, rules.engine.terms)
    return {
        "id": head["id"],
        "status": head["status"],
        "receipt_number": head["receipt_number"],
        "store": head["store"],
        "purchased_at": head["purchased_at"],
        "total": money(kept.total),
        "discount": money(kept.discount),
        "redeemed": {"points": number(points, places), "amount": money(amount)},
        "to_pay": money(kept.to_pay),
        "redeemable": {"max": number(kept.most, places), "limits": _limits(kept, places)},
        "earned": _earned(kept, rules, places),
        "lines": _lines(kept, rules, places),
        "declined": [
            {
                "campaign": rules.names.get(d.campaign_id, ""),
                "code": d.code,
                "text": wording.reason(d.code, d.args, language),
            }
            for d in kept.declined
        ],
        **gains(kept, rules),
        "exchanged": _exchanged(kept, rules, places),
        "exchangeable": _exchangeable(kept, rules, language),
        "progress": [
            {
                "campaign": rules.names.get(stage.campaign_id, ""),
                "value": str(stage.value),
                "goal": str(stage.goal),
            }
            for stage in kept.progress
        ],
        "messages": {"cashier": _texts(kept.till, kept, places), "receipt": _texts(kept.print, kept, places)},
        "balance": balance(programme, kept.balance, places),
        "owed": number(Decimal(0), places),
    }


def _limits(kept: Record, places: int) -> list[dict[str, Any]]:
    """The limits on spending, each with the most that it lets be spent."""
    return [
        {
            "code": bound.code,
            "max": number(bound.max, places),
            "text": wording.limit(bound.code, bound.max, bound.args),
        }
        for bound in kept.limits
    ]


def _exchanged(kept: Record, rules: Rules, places: int) -> list[dict[str, Any]]:
    """Points that were exchanged for money off, by campaign."""
    return [
        {
            "campaign": rules.names.get(one.campaign_id, ""),
            "points": number(one.points, places),
            "amount": money(one.amount),
        }
        for one in kept.exchanged
    ]


def gains(kept: Record, rules: Rules) -> Story:
    """The coupons of a decision, those used and those issued, and what it brings beside points."""
    return {
        "coupons": {
            "used": list(kept.coupons),
            "issued": [extra.issued for extra in kept.extras if extra.issued],
        },
        "extras": [
            {
                "campaign": rules.names.get(extra.campaign_id, ""),
                "kind": extra.kind,
                "code": extra.code,
                "coupon": extra.issued or None,
            }
            for extra in kept.extras
        ],
    }


def _exchangeable(kept: Record, rules: Rules, language: str | None) -> list[Story]:
    """The exchanges that the member could ask for."""
    codes = {campaign.id: campaign.code for campaign in rules.engine.machine.traders}
    return [
        {
            "code": codes.get(d.campaign_id, ""),
            "campaign": rules.names.get(d.campaign_id, ""),
            "text": wording.reason(d.code, d.args, language),
        }
        for d in kept.declined
        if d.code == "not_asked"
    ]


def balance(programme: str, known: tuple[Decimal, Decimal] | None, places: int) -> Story | None:
    """A balance as (spendable, pending); None for someone without an account."""
    if known is None:
        return None
    spendable, pending = known
    return {
        "programme": programme,
        "spendable": number(spendable, places),
        "pending": number(pending, places),
    }


def _earned(kept: Record, rules: Rules, places: int) -> Story:
    waiting = sum((grant.points for grant in kept.grants if grant.active_from is not None), Decimal(0))
    return {
        "points": number(kept.earned, places),
        "pending": number(waiting, places),
        "lots": [
            {
                "points": number(grant.points, places),
                "active_from": moment(grant.active_from),
                "expires_at": moment(grant.expires_at),
                "campaign": rules.names.get(grant.campaign_id, ""),
            }
            for grant in kept.grants
        ],
    }


def _lines(kept: Record, rules: Rules, places: int) -> list[Story]:
    told = [
        {
            "position": line.position,
            "amount": money(line.amount),
            "discount": money(line.discount),
            "redeemed": money(line.redeemed_amount),
            "to_pay": money(line.to_pay),
            "earned": number(line.earned, places),
            "because": because(line.because, rules, places),
        }
        for line in kept.lines
    ]
    if kept.receipt:
        whole = sum((reason.points or Decimal(0) for reason in kept.receipt), Decimal(0))
        told.append(
            {
                "position": None,
                "amount": "0.00",
                "discount": "0.00",
                "redeemed": "0.00",
                "to_pay": "0.00",
                "earned": number(whole, places),
                "because": because(kept.receipt, rules, places),
            }
        )
    return told


def because(reasons: Iterable[Reason], rules: Rules, places: int) -> list[Story]:
    """Reasons for points, as told to anyone."""
    language = get_language()
    return [
        {
            "campaign": rules.names.get(reason.campaign_id, ""),
            "revision": reason.revision,
            "points": number(reason.points or Decimal(0), places),
            "discount": money(reason.discount or Decimal(0)),
            "code": reason.code,
            "text": wording.reason(reason.code, reason.args, language),
        }
        for reason in reasons
    ]


def _texts(texts: Iterable[Text], kept: Record, places: int) -> list[str]:
    known = {"balance": number(kept.balance[0], places)} if kept.balance else {}
    return [wording.message(text.text, {**text.args, **known}) for text in texts]


def money(value: Decimal) -> str:
    """Money with two places."""
    return format(value, ".2f")


def number(value: Decimal, places: int) -> str:
    """Points with as many places as the programme has."""
    return format(value, f".{places}f")


def quantity(value: Decimal) -> str:
    """A quantity without noughts at its end."""
    return format(value.normalize(), "f")


def moment(value: datetime | None) -> str | None:
    """A moment in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None
