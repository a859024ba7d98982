"""Judging an event of a member, and booking what it brings: points, shares, limits, coupons and badges.

At first all of it, later the difference to what stood before. Runs under the locks of the accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from campaigns import decision, event_rewards, extras, record, situation, taking_back, tallies, usage
from campaigns.engine.evaluation import evaluate_event
from campaigns.engine.outcome import Outcome
from campaigns.engine.shopper import Shopper
from campaigns.models import EventReward, Seller, Usage
from campaigns.record import NOTHING, Given, Record, Share
from campaigns.rulebooks import Rules
from loyalty import ledger, places
from loyalty.basket import Moment
from loyalty.models import Programme
from loyalty.passbook import ZERO, Cause, Passbook
from members.events import EventRow
from members.models import Event, Member

#: Events happen in no store.
_NO_STORE = 0
#: The only event that a cashier has a part in: nobody else may say who stood at the till.
AT_A_TILL = "member.registered"


class Subject(NamedTuple):
    """An event in a programme, with the rules to judge it by, and the books of the member and of those who share."""

    event: Event | EventRow
    member_id: UUID
    programme_id: int
    rules: Rules
    book: Passbook
    referrer: Passbook | None = None
    cashier: Passbook | None = None

    @property
    def key(self) -> str:
        """What the keys of its transfers begin with."""
        return f"event:{self.event.id}"


def account_of_referrer(member: Member, programme_id: int, own: UUID) -> UUID | None:
    """The account of who referred a member, opened on first use; None where there is nobody else."""
    referrer = member.referred_by
    if referrer is None or referrer.status != Member.Status.ACTIVE:
        return None
    account = ledger.open_account(referrer, Programme.objects.get(id=programme_id)).id
    return account if account != own else None


def account_of_cashier(event: Event | EventRow, programme_id: int, own: UUID) -> UUID | None:
    """The account of the cashier who registered a member, opened on first use; None where there is nobody else."""
    if not _cashier(event):
        return None
    sellers = Seller.objects.filter(
        partner__code=event.data.get("partner", ""), code=_cashier(event), active=True,
        member__status=Member.Status.ACTIVE,
    )  # fmt: skip
    seller = sellers.select_related("member").first()
    if seller is None:
        return None
    account = ledger.open_account(seller.member, Programme.objects.get(id=programme_id)).id
    return account if account != own else None


def _cashier(event: Event | EventRow) -> str:
    return str(event.data.get("cashier", "")) if event.kind == AT_A_TILL else ""


def give(subject: Subject, amount: Decimal | None, now: datetime) -> Record:
    """Judge an event for the first time, and book what it brings. ``amount`` as in ``occasions.reward``.

    Raises ``IntegrityError`` when another one takes the rest of a common limit: then it is to be tried again.
    """
    rules, at = subject.rules, subject.event.at
    tallies.lock(campaign for campaign, _key in rules.engine.machine.needs.shared)
    scheme = places.scheme(subject.programme_id)
    shopper, used = situation.of_member(subject.member_id, scheme, rules, at, now)
    outcome = _judge(subject, shopper, amount)
    kept = record.pack(outcome)
    _move_points(subject, NOTHING, kept, subject.key, now)
    usage.write(usage.rows(subject.member_id, used, kept.increments))
    tallies.write(tallies.rows([one for one in outcome.tallies if _of_all(one.key)], _NO_STORE))
    kept = extras.give(kept, subject.event.id, subject.programme_id, subject.member_id, now)
    event_rewards.keep(subject.event.id, subject.programme_id, now, rules.id, shopper, amount, kept)
    return kept


def change(subject: Subject, standing: EventReward, amount: Decimal, now: datetime) -> None:
    """Judge an event again, by the same rules and facts but another amount, and book the difference."""
    before, after = record.load(standing.outcome), NOTHING
    shopper = record.load_shopper(standing.shopper)
    if amount:
        after = record.pack(_judge(subject, shopper, amount))
    after = msgspec.structs.replace(after, taken=dict(before.taken))
    _move_points(subject, before, after, f"{subject.key}:{amount.normalize():f}", now)
    _move_usage(subject.member_id, usage.difference(after.increments, before.increments))
    tallies.move(tallies.difference(_common(after), _common(before), _NO_STORE))
    after = extras.take_back(before, after, subject.event.id, subject.member_id, now)
    event_rewards.keep(subject.event.id, subject.programme_id, now, subject.rules.id, shopper, amount, after)


def _judge(subject: Subject, shopper: Shopper, amount: Decimal | None) -> Outcome:
    event = subject.event
    local = event.at.astimezone(places.scheme(subject.programme_id).zone)
    data = event.data if amount is None else event.data | {"amount": str(amount)}
    moment = Moment(local, local)
    return evaluate_event(
        event.kind, shopper, moment, subject.rules.engine, data=data, cashier=_cashier(event)
    )


def _move_points(subject: Subject, before: Record, after: Record, key: str, now: datetime) -> None:
    """Book what both decisions differ by: of the member's points, and of those who share."""
    cause = Cause(now, reason=subject.event.kind)
    subject.book.touched = True
    _move(subject, subject.book, before.grants, after.grants, after.taken, key, cause)
    others = {"referrer": (subject.referrer, f"{key}:share"), "cashier": (subject.cashier, f"{key}:cashier")}
    books = {subject.book.account_id: subject.book}
    for to, (book, name) in others.items():
        if book is not None:
            _move(subject, book, _shares(before, to), _shares(after, to), after.taken, name, cause)
            books[book.account_id] = book
    ledger.post(*books.values())


def _move(
    subject: Subject,
    book: Passbook,
    before: Iterable[Given],
    after: Iterable[Given],
    taken: dict[str, Decimal],
    key: str,
    cause: Cause,
) -> None:
    changes = _changes(before, after)
    for campaign, points in changes.items():
        if points < 0:
            lots = taking_back.granted_for(f"{subject.key}:", campaign, book.account_id, taken)
            forgiving = subject.rules.debt_policy == "forgive"
            taking_back.take(book, lots, -points, taken, key, cause, forgiving=forgiving)
    more = tuple(
        msgspec.structs.replace(grant, points=changes[grant.campaign_id])
        for grant in after
        if changes.get(grant.campaign_id, ZERO) > 0
    )
    decision.earn(book, more, subject.rules, None, subject.event.at, cause, key=key)


def _changes(before: Iterable[Given], after: Iterable[Given]) -> dict[int, Decimal]:
    """Points by campaign that come (above zero) or go."""
    changes: dict[int, Decimal] = {}
    for sign, grants in ((-1, before), (1, after)):
        for grant in grants:
            changes[grant.campaign_id] = changes.get(grant.campaign_id, ZERO) + sign * grant.points
    return {campaign: points for campaign, points in sorted(changes.items()) if points}


def _shares(kept: Record, to: str) -> tuple[Given, ...]:
    """The shares of the referrer or the cashier, as grants."""
    return tuple(_as_grant(share) for share in kept.shares if share.to == to)


def _as_grant(share: Share) -> Given:
    return Given(
        share.campaign_id,
        share.revision,
        share.points,
        share.active_from,
        share.expires_at,
        share.terms,
        share.funder,
    )


def _move_usage(member_id: UUID, changes: Mapping[usage.Key, usage.Used]) -> None:
    stored = Usage.objects.filter(member_id=member_id, campaign_id__in={campaign for campaign, _ in changes})
    used = {(row.campaign_id, row.period): (row.times, row.points) for row in stored}
    usage.write(usage.rows(member_id, used, changes))


def _common(kept: Record) -> dict[tallies.Key, tallies.Sums]:
    return {key: sums for key, sums in kept.counted.items() if _of_all(key[1])}


def _of_all(key: str) -> bool:
    """Whether a key counts the use of a campaign by everybody."""
    return key.startswith("c:")
