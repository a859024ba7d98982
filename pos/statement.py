"""A member's statement: every movement of points, newest first, with the reason for each.

In a programme of several partners the points are common, the receipts are not: a movement that came of another
partner's receipt is told with its points alone.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from campaigns import rulebooks
from campaigns.checkout import record, story
from campaigns.models import Revision
from foundation.refusals import Fault, Invalid
from loyalty import wording
from loyalty.models import Holder, Transfer
from members.models import Member
from pos.keys import Client

ON_A_PAGE = 50


def page(member: Member, client: Client, cursor: str) -> dict[str, Any]:
    """A page of the statement, and the cursor of the next one, or None. Raises ``Invalid`` for a broken cursor."""
    accounts = list(
        Holder.objects.filter(member=member, programme_id__in=client.programmes).values_list(
            "account_id", flat=True
        )
    )
    wanted = Q(source_id__in=accounts) | Q(target_id__in=accounts)
    if cursor:
        at, last = _read_cursor(cursor)
        wanted &= Q(at__lt=at) | Q(at=at, id__lt=last)
    found = list(
        Transfer.objects.filter(wanted)
        .select_related("receipt__store", "revision", "source__programme")
        .order_by("-at", "-id")[: ON_A_PAGE + 1]
    )
    shown = found[:ON_A_PAGE]
    return {
        "results": [_tell(transfer, accounts, client) for transfer in shown],
        "next": _make_cursor(shown[-1]) if len(found) > ON_A_PAGE else None,
    }


def _tell(transfer: Transfer, accounts: Sequence[UUID], client: Client) -> dict[str, Any]:
    receipt = transfer.receipt
    theirs = receipt is not None and receipt.store.partner_id != client.partner_id
    leaves = transfer.source_id in accounts
    programme = transfer.source.programme
    balance = transfer.source_balance if leaves else transfer.target_balance
    decimals = programme.point_decimals
    return {
        "id": str(transfer.id),
        "at": story.moment(transfer.at),
        "kind": transfer.kind,
        "points": story.number(-transfer.points if leaves else transfer.points, decimals),
        "balance_after": None if balance is None else story.number(balance, decimals),
        "programme": programme.code,
        "purchase": str(receipt.id) if receipt is not None and not theirs else None,
        "reason": wording.describe_reason(transfer.reason) or transfer.get_kind_display(),
        "because": [] if theirs else _because(transfer),
    }


def _because(transfer: Transfer) -> list[dict[str, Any]]:
    """Which rules gave these points: what the receipt's record says of the transfer's campaign."""
    receipt, revision = transfer.receipt, transfer.revision
    if revision is None:
        return []
    if receipt is None or receipt.rulebook_id is None:
        return [_because_of_event(transfer, revision)]
    rules = rulebooks.get(receipt.rulebook_id)
    kept = record.as_told(record.load(receipt.outcome), rules.engine.terms)
    reasons = [
        reason
        for reason in (*(r for line in kept.lines for r in line.because), *kept.receipt)
        if reason.campaign_id == revision.campaign_id and reason.points
    ]
    return story.because(reasons, rules, rules.engine.terms.point_decimals)


def _because_of_event(transfer: Transfer, revision: Revision) -> dict[str, Any]:
    """An event has no receipt to read from: its kind is the transfer's reason."""
    return {
        "campaign": revision.name,
        "revision": revision.number,
        "points": story.number(transfer.points, transfer.source.programme.point_decimals),
        "discount": "0.00",
        "code": transfer.reason,
        "text": revision.name,
    }


def _make_cursor(transfer: Transfer) -> str:
    return base64.urlsafe_b64encode(f"{transfer.at.isoformat()}|{transfer.id}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[datetime, UUID]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        at, _bar, last = text.partition("|")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None or not 1970 <= moment.year <= 9000:
            raise ValueError
        return moment, UUID(last)
    except ValueError:
        raise Invalid(Fault("cursor", "invalid", _("Give the “next” of an earlier answer."))) from None
