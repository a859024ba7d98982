"""The movements of an account as members and operators read them: what moved, why, and until when it is good.

A reason is the stored one: that of the receipt's decision, of the event's, or what somebody wrote who gave or took by
hand. Rows that were stored before reasons were kept so fall back to the campaign's name, and to their kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.checkout import record
from campaigns.models import EventReward
from campaigns.words import wording as reasons
from loyalty import wording
from loyalty.models import Account, Holder, LotUse, PastHolder, Receipt, Tier, Transfer
from loyalty.remittances import telling
from loyalty.templatetags import numbers
from members.models import Event

Kind = Transfer.Kind
#: Kinds of movements that are looked at together, and how each such group is called.
GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "earned": (gettext_lazy("Earned"), (Kind.ACCRUE,)),
    "spent": (gettext_lazy("Spent"), (Kind.REDEEM, Kind.HOLD, Kind.CAPTURE, Kind.EXCHANGE)),
    "returned": (gettext_lazy("Returned"), (Kind.RESTORE, Kind.REVOKE, Kind.RELEASE, Kind.REPAY)),
    "expired": (gettext_lazy("Expired"), (Kind.EXPIRE,)),
    "adjusted": (gettext_lazy("By hand"), (Kind.ADJUST,)),
    "moved": (gettext_lazy("Moved"), (Kind.MOVE,)),
    "between": (gettext_lazy("Between members"), (Kind.TRANSFER, Kind.FEE)),
}
#: What is behind kinds that carry no reason of their own.
_WHY: dict[str, Any] = {
    Kind.REVOKE: gettext_lazy("Goods came back: what they had brought"),
    Kind.RESTORE: gettext_lazy("Goods came back: what was spent on them"),
    Kind.REPAY: gettext_lazy("Owed since goods came back"),
    Kind.REDEEM: gettext_lazy("Paid with points"),
    Kind.HOLD: gettext_lazy("Set aside for an order"),
    Kind.CAPTURE: gettext_lazy("The order was paid with points"),
    Kind.RELEASE: gettext_lazy("The order did not come about"),
    Kind.EXPIRE: gettext_lazy("Their time was over"),
    Kind.EXCHANGE: gettext_lazy("Exchanged between programmes"),
    Kind.MOVE: gettext_lazy("Moved between accounts"),
    Kind.TRANSFER: gettext_lazy("Between members"),
    Kind.FEE: gettext_lazy("Fee for sending points"),
}
_OF_EVENT = re.compile(r"event:([0-9a-f-]{36})(:share|:cashier)?")
#: Sentences that are told of one movement, and lots whose days are.
TOLD, LOTS = 4, 3


class Movement(NamedTuple):
    """Points that came (``leaves`` False) or went. ``title`` says it in one line, ``reasons`` say why; ``receipt`` is
    one of the account's own. ``after`` is what the account then had, where that is known."""

    id: UUID
    at: datetime
    leaves: bool
    points: Decimal
    after: Decimal | None
    what: str
    title: str
    reasons: list[str]
    receipt: Receipt | None
    active_from: datetime | None = None
    until: datetime | None = None


def of_account(account_id: UUID) -> QuerySet[Transfer]:
    """All transfers of an account, the newest first."""
    mine = Q(source_id=account_id) | Q(target_id=account_id)
    return Transfer.objects.filter(mine).order_by("-at", "-id")


def purchases(account_id: UUID) -> QuerySet[Receipt]:
    """What was bought for the account, the newest first; found by who holds it or held it then, as receipts are."""
    holders = Holder.objects.filter(account_id=account_id).values("member_id")
    former = PastHolder.objects.filter(account_id=account_id).values("member_id")
    mine = Receipt.objects.filter(Q(member__in=holders) | Q(member__in=former), account_id=account_id)
    return mine.select_related("store", "member").order_by("-purchased_at", "-id")


def without_points(account_id: UUID) -> QuerySet[Receipt]:
    """The purchases that moved no points of the account."""
    moved = Transfer.objects.filter(receipt=OuterRef("pk")).filter(
        Q(source_id=account_id) | Q(target_id=account_id)
    )
    return purchases(account_id).filter(~Exists(moved))


def tell(ids: Sequence[UUID], account: Account, zone: ZoneInfo) -> list[Movement]:
    """Movements and purchases without points by their ids, in that order. A few statements, however many there are.

    ``zone`` is the programme's: the days in sentences are its days.
    """
    found = Transfer.objects.filter(id__in=ids).select_related(
        "receipt__store", "receipt__member", "revision"
    )
    rows = list(found.defer("receipt__shopper").prefetch_related("lots"))
    known = _Known(rows, account, zone)
    told = {row.id: _movement(row, known) for row in rows}
    if len(told) < len(ids):
        bought = Receipt.objects.filter(id__in=ids, account_id=account.id).select_related("store", "member")
        told |= {row.id: _bought(row) for row in bought.defer("outcome", "shopper")}
    return [told[one] for one in ids if one in told]


def _bought(row: Receipt) -> Movement:
    """A purchase that moved nothing. Why it did not is on its receipt."""
    title, what = _("Purchase without points"), row.get_status_display()
    return Movement(row.id, row.purchased_at, False, Decimal(0), None, what, title, [], row)


class _Known:
    """What is behind some transfers of an account, each kind of thing read in one statement."""

    def __init__(self, rows: Sequence[Transfer], account: Account, zone: ZoneInfo) -> None:
        self.account, self.zone = account, zone
        self.named = {row.id: found for row in rows if (found := _OF_EVENT.match(row.key))}
        ids = {UUID(found[1]) for found in self.named.values()}
        self.events = Event.objects.in_bulk(list(ids)) if ids else {}
        rewards = EventReward.objects.filter(event__in=ids, programme_id=account.programme_id)
        self.outcomes = dict(rewards.values_list("event_id", "outcome")) if ids else {}
        reached = {
            str(event.data.get("tier")) for event in self.events.values() if event.kind == "tier.reached"
        }
        tiers = Tier.objects.filter(programme_id=account.programme_id, code__in=reached)
        self.tiers = dict(tiers.values_list("code", "name")) if reached else {}
        self.sent = telling.read([row.id for row in rows if row.kind == Kind.TRANSFER])
        gone = [row.id for row in rows if row.kind == Kind.EXPIRE]
        self.uses: dict[UUID, list[LotUse]] = {}
        uses = LotUse.objects.filter(transfer__in=gone).select_related("lot__transfer__revision")
        for use in uses.order_by("id") if gone else ():
            self.uses.setdefault(use.transfer_id, []).append(use)

        moved = [row.id for row in rows if row.kind == Kind.MOVE]
        named = Transfer.objects.filter(id__in=moved).exclude(source__name="", target__name="")
        between = named.values_list("id", "source__name", "target__name") if moved else ()
        self.firms = {one: source or target for one, source, target in between}

    def event(self, row: Transfer) -> Event | None:
        """The event that a transfer comes from."""
        found = self.named.get(row.id)
        return self.events.get(UUID(found[1])) if found else None

    def day(self, moment: datetime) -> str:
        """A day as it is written in the programme."""
        return date_format(moment.astimezone(self.zone).date(), "DATE_FORMAT")


def _movement(row: Transfer, known: _Known) -> Movement:
    leaves = row.source_id == known.account.id
    receipt = row.receipt if row.receipt and row.receipt.account_id == known.account.id else None
    why = list(dict.fromkeys(filter(None, _reasons(row, receipt, known))))
    what = row.get_kind_display()
    title = row.revision.name if row.revision else why.pop(0) if why else what
    lots = [] if leaves else list(row.lots.all())
    return Movement(
        row.id,
        row.at,
        leaves,
        row.points,
        row.source_balance if leaves else row.target_balance,
        what,
        title,
        why[:TOLD],
        receipt,
        min((lot.active_from for lot in lots if lot.active_from), default=None),
        min((lot.expires_at for lot in lots if lot.expires_at), default=None),
    )


def _reasons(row: Transfer, receipt: Receipt | None, known: _Known) -> Iterator[str]:
    """Why a transfer was made, sentence by sentence."""
    event = known.event(row)
    if event is not None:
        yield from _of_event(row, event, known)
    elif (remittance := known.sent.get(row.id)) is not None:
        yield from telling.describe(remittance, sender=row.source_id == known.account.id)
    elif row.kind in (Kind.ADJUST, Kind.REVOKE) and row.reverses_id and row.receipt_id is None:
        yield _("What was entered by hand was reversed")
        yield row.reason
    elif row.kind == Kind.MOVE and (firm := known.firms.get(row.id)):
        yield f"{wording.describe_reason(row.reason)}: {firm}"
    elif row.reason:
        yield wording.describe_reason(row.reason)
    elif row.kind == Kind.REDEEM and receipt is not None:
        yield str(_WHY[row.kind])
        money = numbers.money(receipt.redeemed_amount)
        yield _("They paid %(money)s of %(whole)s.") % {
            "money": money,
            "whole": numbers.money(receipt.to_pay + receipt.redeemed_amount),
        }
    else:
        yield str(_WHY.get(row.kind, ""))
    if row.kind == Kind.ACCRUE and receipt is not None and not row.reason:
        yield from _because(receipt.outcome, row)
    for use in known.uses.get(row.id, ())[:LOTS]:
        yield _lot(use, known)


def _of_event(row: Transfer, event: Event, known: _Known) -> Iterator[str]:
    """An event's reward: of somebody else's event no more is told than that a friend, or a sale, was the reason."""
    if row.kind == Kind.REVOKE:
        yield _("Taken back, since what it was given for came back")
    whose = known.named[row.id][2]
    if whose:
        yield wording.describe_reason("share.referrer" if whose == ":share" else "share.cashier")
        return
    tier = known.tiers.get(str(event.data.get("tier"))) if event.kind == "tier.reached" else None
    yield f"{wording.describe_reason(event.kind)}: {tier}" if tier else wording.describe_reason(event.kind)
    if row.kind == Kind.ACCRUE:
        yield from _because(known.outcomes.get(event.id), row)


def _because(outcome: Any, row: Transfer) -> Iterator[str]:
    """What the stored decision says of the campaign that gave the points."""
    if outcome is None or row.revision is None:
        return
    kept = record.load(outcome)
    for reason in chain(*(line.because for line in kept.lines), kept.receipt):
        if reason.campaign_id == row.revision.campaign_id and reason.points:
            yield reasons.reason(reason.code, reason.args)


def _lot(use: LotUse, known: _Known) -> str:
    """Of which points some that expired were."""
    given = use.lot.transfer
    told = {"points": numbers.points(use.points), "day": known.day(use.lot.earned_at)}
    if given.revision is None:
        return _("%(points)s of %(day)s") % told
    return _("%(points)s of %(day)s: %(campaign)s") % {**told, "campaign": given.revision.name}
