"""What a member's page shows at once beside the profile: who it is, points, tier, purchases, habits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Sum

from analytics import facts, stored_facts
from analytics.facts import Rank
from analytics.models import MemberFacts, SegmentMember
from backoffice.members import sharing
from loyalty.ledger import balances, inactivity, ledger
from loyalty.ledger.passbook import OpenLot
from loyalty.models import Account, Holder, Lot, Receipt, ReceiptLine, Tier, TierChange
from loyalty.rules.tiers import Step
from loyalty.shops import places
from loyalty.tiers import ladder_wording
from members.models import Consent, Member
from rewards.coupons import coupons
from rewards.coupons.usability import Found
from rewards.models import Coupon

ZERO = Decimal(0)
#: The newest rows that the page shows; the rest is one click away in the lists.
PURCHASES, FAVOURITES, CHANGES = 15, 5, 20


@dataclass(slots=True)
class Purse:
    """An account as its member sees it. Points; ``expiring`` is what goes next, by date."""

    holder: Holder
    spendable: Decimal = ZERO
    pending: Decimal = ZERO
    expiring: list[tuple[datetime, Decimal]] = field(default_factory=list)
    facts: MemberFacts | None = None
    rank: Rank | None = None
    basis: str = "spent"
    by_hand: ByHandShown | None = None
    changes: list[tuple[TierChange, str]] = field(default_factory=list)
    #: Who else holds the account.
    others: list[str] = field(default_factory=list)

    @property
    def may(self) -> str:
        """What the member may do with the account, in words."""
        return sharing.describe(self.holder)

    @property
    def account(self) -> Account:
        """The account."""
        return self.holder.account

    @property
    def tier(self) -> Step | None:
        """The tier."""
        return self.rank.tier if self.rank else None

    @property
    def next_tier(self) -> Step | None:
        """The tier above."""
        return self.rank.next if self.rank else None

    @property
    def needs(self) -> Decimal:
        """What is still to be counted for the next tier: money, points or purchases."""
        return self.rank.needs if self.rank else ZERO

    @property
    def needs_told(self) -> str:
        """The same with its unit."""
        return ladder_wording.describe_amount(self.needs, self.basis, self.holder.programme.currency)

    @property
    def progress(self) -> int:
        """How far the member is from this tier to the next, in percent."""
        return self.rank.percent if self.rank else 100

    @property
    def average(self) -> Decimal | None:
        """The average receipt, in money."""
        if not self.facts or not self.facts.purchases:
            return None
        return (self.facts.spent / self.facts.purchases).quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True)
class ByHandShown:
    """A tier that was set by hand, until when, and whether it is exactly this one or at least."""

    tier: Tier
    until: datetime | None
    exactly: bool


@dataclass(frozen=True, slots=True)
class Page:
    """What a member's page shows at once; ``unfolding`` reads the rest when somebody opens it."""

    person: Member
    purses: list[Purse]
    purchases: list[Receipt]
    consents: list[Consent]
    segments: list[SegmentMember]
    coupons: list[tuple[Coupon, Found]]
    favourites: list[Any]
    channels: list[Any]


def read(member: Member, now: datetime) -> Page:
    """Read a member's page, in a number of statements that does not grow with the member."""
    purses = read_purses(member, now)
    return Page(
        person=_read_person(member),
        purses=purses,
        purchases=_read_purchases(member),
        consents=list(member.consents.order_by("purpose", "party", "channel", "-at", "-id")),
        segments=list(member.segments.select_related("segment").order_by("segment__name")),
        coupons=coupons.of_member(member.pk, now),
        favourites=_read_favourites(member),
        channels=list(
            member.receipts.exclude(status=Receipt.Status.CANCELLED)
            .order_by()
            .values("channel")
            .annotate(times=Count("id"), last=Max("purchased_at"))
            .order_by("-times")
        ),
    )


def read_purses(member: Member, now: datetime) -> list[Purse]:
    """The member's accounts, with what can be spent at ``now``, what waits, and what expires next."""
    holders = member.holdings.select_related("account", "programme").order_by("programme__code")
    purses = {holder.account_id: Purse(holder) for holder in holders}
    lots: dict[UUID, list[OpenLot]] = {key: [] for key in purses}
    for row in Lot.objects.filter(account__in=purses, remaining__gt=0).order_by("expires_at"):
        lots[row.account_id].append(ledger.open_lot(row))
    for key, purse in purses.items():
        _count(purse, lots[key], now)
    for other in Holder.objects.filter(account__in=purses).exclude(member=member).select_related("member"):
        purses[other.account_id].others.append(str(other.member))
    programmes = {purse.holder.programme_id for purse in purses.values()}
    rows = MemberFacts.objects.filter(member=member).select_related("set_tier")
    known = {row.programme_id: row for row in rows}
    changes = list(
        TierChange.objects.filter(member=member, programme__in=programmes)
        .select_related("receipt__store", "user")
        .defer("receipt__outcome", "receipt__shopper")
        .order_by("-at", "-id")[:CHANGES]
    )
    for purse in purses.values():
        _place(purse, known.get(purse.holder.programme_id), now)
        ladder = places.scheme(purse.holder.programme_id).ladder
        purse.changes = [
            (one, ladder_wording.describe_change(one.was, one.now, ladder))
            for one in changes
            if one.programme_id == purse.holder.programme_id
        ]
    return list(purses.values())


def _gone_until(purse: Purse, now: datetime) -> datetime | None:
    """Up to when points were earned that lapsed because nothing was bought for too long."""
    programme = purse.holder.programme
    return inactivity.gone_until(
        purse.account.pk, programme.inactivity_days, ZoneInfo(programme.time_zone), now
    )


def _count(purse: Purse, lots: Sequence[OpenLot], now: datetime) -> None:
    """What the lots of an account, the soonest to expire first, come to."""
    counting = list(balances.counting(lots, _gone_until(purse, now), now))
    purse.spendable, purse.pending = balances.of_lots(counting, now)
    for lot in counting:
        if lot.expires_at is None or not lot.spendable_at(now):
            continue
        last = purse.expiring[-1] if purse.expiring else None
        if last and last[0] == lot.expires_at:
            purse.expiring[-1] = (lot.expires_at, last[1] + lot.remaining)
        else:
            purse.expiring.append((lot.expires_at, lot.remaining))


def _place(purse: Purse, row: MemberFacts | None, now: datetime) -> None:
    """Where the member stands on the programme's ladder."""
    holder = purse.holder
    ladder = places.scheme(holder.programme_id).ladder
    purse.facts, purse.basis = row, ladder.basis
    if ladder.steps:
        purse.rank = facts.rank(stored_facts.read(holder.member_id, holder.programme_id, ladder), ladder, now)
    if row is not None and row.set_tier is not None and (row.set_until is None or row.set_until >= now):
        purse.by_hand = ByHandShown(row.set_tier, row.set_until, row.set_exactly)


def _read_person(member: Member) -> Member:
    """The member as stored: a form that was refused has already written into the one it was given."""
    return Member.objects.prefetch_related("cards__kind").get(pk=member.pk)


def _read_purchases(member: Member) -> list[Receipt]:
    return list(
        member.receipts.filter(rulebook__isnull=False)
        .select_related("store", "programme")
        .defer("outcome", "shopper")
        .order_by("-purchased_at")[:PURCHASES]
    )


def _read_favourites(member: Member) -> list[Any]:
    """The categories on which the member spends most, by money."""
    lines = ReceiptLine.objects.filter(receipt__member=member, product__category__isnull=False)
    return list(
        lines.exclude(receipt__status=Receipt.Status.CANCELLED)
        .order_by()
        .values("product__category__name")
        .annotate(amount=Sum("to_pay"))
        .order_by("-amount")[:FAVOURITES]
    )
