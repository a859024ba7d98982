"""Everything that is kept of a member in a programme, as a document: for themselves, to read and to take along.

Amounts are strings of plain decimals, moments ISO 8601. Sections and fields are added, never renamed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from analytics.models import MemberFacts, SegmentMember
from campaigns.models import AnswerSheet, Usage
from loyalty.models import Holder, PastHolder, Receipt, Return, TierChange, Transfer
from members import consents
from members.models import Departure, Device
from messaging.channels import deliveries
from messaging.models import Delivery, HelpRequest
from rewards.models import Coupon

Row = Mapping[str, Any]


def collect(holder: Holder) -> dict[str, list[dict[str, Any]]]:
    """The sections of ``SECTIONS`` with their rows, the newest first, for whoever holds that account."""
    return {name: [dict(_plain(row)) for row in tell(holder)] for name, (_title, tell) in SECTIONS.items()}


def _profile(holder: Holder) -> Iterable[Row]:
    names = ("phone", "email", "first_name", "middle_name", "last_name", "birthday", "gender", "language", "channel",
             "source", "joined_at", "referral_code", "attributes")  # fmt: skip
    yield {"id": holder.member_id} | {name: getattr(holder.member, name) for name in names}


def _cards(holder: Holder) -> Iterable[Row]:
    for card in holder.member.cards.select_related("kind").order_by("-id"):
        yield {
            "number": card.number, "type": card.kind.name, "blocked": card.blocked, "issued_at": card.issued_at,
        }  # fmt: skip


def _consents(holder: Holder) -> Iterable[Row]:
    for said in holder.member.consents.select_related("text"):
        yield {
            "at": said.at, "to": consents.name(said.purpose, said.channel, said.party), "granted": said.granted,
            "text": said.text.text if said.text else "", "version": said.text.version if said.text else None,
            "source": said.source, "evidence": said.evidence,
        }  # fmt: skip


def _devices(holder: Holder) -> Iterable[Row]:
    mine = Device.objects.filter(member=holder.member_id, circle=holder.programme.code).order_by("-seen_at")
    yield from mine.values("name", "created_at", "seen_at", "ended_at")


def _accounts(holder: Holder) -> Iterable[Row]:
    yield {
        "programme": holder.programme.name, "balance": holder.account.balance, "owed": holder.account.owed,
        "role": holder.role, "may_spend": holder.may_redeem, "a_day": holder.daily_limit,
    }  # fmt: skip
    for past in PastHolder.objects.filter(
        member=holder.member_id, account__programme=holder.programme_id
    ).order_by("-until"):
        yield {"programme": holder.programme.name, "shared_until": past.until}


def _movements(holder: Holder) -> Iterable[Row]:
    accounts = [account for account in (holder.account_id, holder.own_id) if account]
    moved = Transfer.objects.filter(Q(source__in=accounts) | Q(target__in=accounts)).select_related("receipt")
    for transfer in moved.defer("receipt__outcome", "receipt__shopper"):
        out = transfer.source_id in accounts
        yield {
            "at": transfer.at, "kind": transfer.get_kind_display(),
            "points": -transfer.points if out else transfer.points,
            "reason": transfer.reason, "receipt": transfer.receipt.number if transfer.receipt else "",
        }  # fmt: skip


def _purchases(holder: Holder) -> Iterable[Row]:
    bought = Receipt.objects.filter(member=holder.member_id, programme=holder.programme_id)
    for receipt in bought.select_related("store").prefetch_related("lines__product").defer("outcome"):
        yield {
            "number": receipt.number, "store": receipt.store.name, "purchased_at": receipt.purchased_at,
            "status": receipt.get_status_display(), "total": receipt.total, "discount": receipt.discount,
            "paid_with_points": receipt.redeemed_amount, "to_pay": receipt.to_pay, "earned": receipt.earned,
            "lines": [
                {"name": line.traits.get("name") or line.product.name, "quantity": line.quantity, "amount": line.amount}
                for line in receipt.lines.all()
            ],
            "known": receipt.shopper,
        }  # fmt: skip


def _returns(holder: Holder) -> Iterable[Row]:
    back = Return.objects.filter(
        receipt__member=holder.member_id, receipt__programme=holder.programme_id
    ).order_by("-recorded_at")
    yield from back.values(
        "number", "receipt__number", "returned_at", "refund", "restored", "revoked", "owed"
    )


def _coupons(holder: Holder) -> Iterable[Row]:
    mine = Coupon.objects.filter(member=holder.member_id, programme=holder.programme_id).order_by("-id")
    for coupon in mine.select_related("series"):
        yield {
            "code": coupon.code, "offer": coupon.series.offer or coupon.series.name,
            "state": coupon.get_state_display(), "issued_at": coupon.issued_at, "valid_until": coupon.valid_until,
        }  # fmt: skip


def _standing(holder: Holder) -> Iterable[Row]:
    theirs = MemberFacts.objects.filter(member=holder.member_id, programme=holder.programme_id)
    yield from theirs.values(
        "purchases", "spent", "points", "first_purchase_at", "last_purchase_at", "tier__name"
    )
    changes = TierChange.objects.filter(member=holder.member_id, programme=holder.programme_id)
    yield from changes.values("at", "was", "now", "reason")
    used = Usage.objects.filter(member=holder.member_id, campaign__programme=holder.programme_id)
    yield from used.order_by("campaign__name", "period").values("campaign__name", "period", "times", "points")


def _segments(holder: Holder) -> Iterable[Row]:
    inside = SegmentMember.objects.filter(member=holder.member_id).filter(
        Q(segment__programme=holder.programme_id) | Q(segment__programme=None)
    )
    yield from inside.order_by("-added_at").values("segment__name", "added_at")


def _events(holder: Holder) -> Iterable[Row]:
    for event in holder.member.events.all():
        if event.data.get("programme", holder.programme.code) == holder.programme.code:
            yield {"at": event.at, "kind": str(event).rpartition(", ")[0], "data": event.data}


def _messages(holder: Holder) -> Iterable[Row]:
    addresses = [address for address in (holder.member.phone, holder.member.email) if address]
    sent = Delivery.objects.filter(digest__in=[deliveries.digest(address) for address in addresses])
    for delivery in sent:
        yield {
            "created_at": delivery.created_at, "channel": delivery.channel, "kind": delivery.kind,
            "status": delivery.get_status_display(),
        }  # fmt: skip


def _answers(holder: Holder) -> Iterable[Row]:
    sheets = AnswerSheet.objects.filter(
        member=holder.member_id, questionnaire__programme=holder.programme_id
    ).order_by("-started_at")
    yield from sheets.values("questionnaire__name", "started_at", "finished_at", "answers")


def _requests(holder: Holder) -> Iterable[Row]:
    asked = HelpRequest.objects.filter(member=holder.member_id, programme=holder.programme_id)
    for request in asked.prefetch_related("said"):
        yield {
            "opened_at": request.opened_at, "status": request.get_status_display(), "rating": request.rating,
            "said": [{"at": one.at, "by_me": one.by_member, "text": one.text} for one in request.said.all()],
        }  # fmt: skip


def _departures(holder: Holder) -> Iterable[Row]:
    mine = Departure.objects.filter(member=holder.member_id, circle=holder.programme.code)
    yield from mine.values("asked_at", "due_at", "taken_back_at", "done_at")


#: By name: how it is called, and what gives its rows.
SECTIONS: dict[str, tuple[Any, Callable[[Holder], Iterable[Row]]]] = {
    "profile": (_("Who I am"), _profile),
    "cards": (_("Cards"), _cards),
    "consents": (_("What I agreed to"), _consents),
    "devices": (_("Where I was logged in"), _devices),
    "accounts": (_("Accounts"), _accounts),
    "movements": (_("Movements of points"), _movements),
    "purchases": (_("Purchases"), _purchases),
    "returns": (_("Returns"), _returns),
    "coupons": (_("Coupons"), _coupons),
    "standing": (_("Tier, and what campaigns counted"), _standing),
    "segments": (_("Groups I was put into"), _segments),
    "events": (_("What happened"), _events),
    "messages": (_("Messages sent to me"), _messages),
    "answers": (_("What I answered"), _answers),
    "requests": (_("What I asked"), _requests),
    "departures": (_("Leaving"), _departures),
}


#: How fields are called on a page; those without a name are in the file alone.
LABELS: dict[str, Any] = {
    "phone": _("phone"), "email": _("e-mail"), "first_name": _("first name"), "middle_name": _("middle name"),
    "last_name": _("last name"), "birthday": _("birthday"), "gender": _("gender"), "language": _("language"),
    "joined_at": _("joined"), "referral_code": _("referral code"), "attributes": _("attributes"),
    "number": _("number"), "type": _("type"), "issued_at": _("issued at"), "at": _("at"), "to": _("agreed to"),
    "granted": _("granted"), "text": _("text"), "version": _("version"), "evidence": _("evidence"),
    "name": _("name"), "created_at": _("created"), "seen_at": _("last seen"), "ended_at": _("logged out"),
    "programme": _("programme"), "balance": _("balance"), "owed": _("owed"), "may_spend": _("may spend"),
    "shared_until": _("shared until"), "points": _("points"), "kind": _("kind"), "reason": _("reason"),
    "receipt": _("receipt"), "receipt__number": _("receipt"), "store": _("store"), "purchased_at": _("purchased"),
    "status": _("status"), "total": _("total"), "discount": _("discount"), "paid_with_points": _("paid with points"),
    "to_pay": _("to pay"), "earned": _("points earned"), "lines": _("goods"), "returned_at": _("returned"),
    "refund": _("refund"), "code": _("code"), "offer": _("offer"), "state": _("state"),
    "valid_until": _("valid until"), "purchases": _("purchases"), "tier__name": _("tier"), "now": _("tier"),
    "campaign__name": _("campaign"), "times": _("times"), "segment__name": _("group"), "added_at": _("in it since"),
    "channel": _("channel"), "questionnaire__name": _("questionnaire"), "finished_at": _("finished"),
    "answers": _("answers"), "opened_at": _("asked"), "said": _("what was said"), "rating": _("rating"),
    "asked_at": _("asked"), "due_at": _("due"), "taken_back_at": _("taken back"),
}  # fmt: skip


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, Mapping):
        return {str(name).replace("__", "_"): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime) or hasattr(value, "isoformat"):
        return value.isoformat()
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
