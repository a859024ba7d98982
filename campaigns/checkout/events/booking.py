"""Judging an event of a member, and booking what it brings: points, shares, limits, coupons and badges.

At first all of it, later the difference to what stood before. Runs under the locks of the accounts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import msgspec

from campaigns.checkout import capacity, decision, extras, grants, record, situation, tallies, usage
from campaigns.checkout.events import grounds
from campaigns.checkout.events import rewards as event_rewards  # fmt: skip
from campaigns.checkout.events.rewards import Basis
from campaigns.checkout.record import NOTHING, DueShare, Given, Record
from campaigns.engine.evaluation import evaluate_event
from campaigns.engine.outcome import CommonUse, Outcome
from campaigns.engine.shopper import Shopper
from campaigns.models import EventReward, Seller
from campaigns.rulebooks import Rules
from loyalty.ledger import ledger, provenance, revocation
from loyalty.ledger.passbook import Cause, Passbook
from loyalty.models import Programme
from loyalty.rules.basket import Moment
from loyalty.shops import membership, places
from members.models import Event, Member
from members.timeline.events import EventRow

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

    @property
    def books(self) -> list[Passbook]:
        """The books that it may write to, each once."""
        known = filter(None, (self.book, self.referrer, self.cashier))
        return list({book.account_id: book for book in known}.values())


def account_of_referrer(member: Member, programme_id: int, own: UUID) -> UUID | None:
    """The account of who referred a member; None where there is nobody else, or they have not joined the programme."""
    referrer = member.referred_by
    if referrer is None or referrer.status != Member.Status.ACTIVE:
        return None
    account = membership.account_of(referrer, programme_id)
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

    What caused it may have come back meanwhile: then nothing is given, or what is right by what remains.
    Raises ``Refused`` for more than the books can hold.
    Raises ``IntegrityError`` when another one takes the rest of a common limit: then it is to be tried again.
    """
    rules, event = subject.rules, subject.event
    tallies.lock(campaign for campaign, _key in rules.engine.machine.needs.shared)
    scheme = places.scheme(subject.programme_id)
    standing = grounds.of_event(event, subject.member_id, scheme)
    basis = Basis(amount, standing.says, grounds.ladder_of(event, scheme), standing.stands)
    shopper, used = situation.of_member(subject.member_id, scheme, rules, event.at, now)
    kept, counted = NOTHING, list[CommonUse]()
    if basis.stands:
        outcome = _judge(subject, shopper, basis)
        capacity.require_outcome(outcome, shopper.uses)
        kept, counted = record.pack(outcome), list(outcome.tallies)
    _move_points(subject, NOTHING, kept, subject.key, now)
    ledger.post(*subject.books)
    usage.write(usage.rows(subject.member_id, used, kept.increments))
    tallies.write(tallies.rows([one for one in counted if _of_all(one.key)], _NO_STORE))
    kept = extras.give(kept, event.id, subject.programme_id, subject.member_id, now)
    event_rewards.keep(event.id, subject.programme_id, now, rules.id, shopper, basis, kept)
    return kept


def change(subject: Subject, standing: EventReward, basis: Basis, key: str, now: datetime) -> None:
    """Judge an event again, by the same rules and facts but on another basis, and note the difference.

    ``key`` is that of this change: it begins as the subject's does. The caller posts the books.
    """
    before, after = record.load(standing.outcome), NOTHING
    shopper = record.load_shopper(standing.shopper)
    if basis.stands:
        after = record.pack(_judge(subject, shopper, basis))
    after = msgspec.structs.replace(after, taken=dict(before.taken))
    _move_points(subject, before, after, key, now)
    usage.move(subject.member_id, usage.difference(after.increments, before.increments))
    tallies.move(tallies.difference(_common(after), _common(before), _NO_STORE))
    after = _move_extras(subject, before, after, now)
    event_rewards.keep(subject.event.id, subject.programme_id, now, subject.rules.id, shopper, basis, after)


def _judge(subject: Subject, shopper: Shopper, basis: Basis) -> Outcome:
    event = subject.event
    local = event.at.astimezone(places.scheme(subject.programme_id).zone)
    data = event.data | (basis.says or {})
    if basis.amount is not None:
        data |= {"amount": str(basis.amount)}
    moment = Moment(local, local)
    return evaluate_event(
        event.kind, shopper, moment, subject.rules.engine, data=data, cashier=_cashier(event)
    )


def _move_extras(subject: Subject, before: Record, after: Record, now: datetime) -> Record:
    """Withdraw the coupons and badges that go, and give those that come."""
    event_id, known = subject.event.id, set(map(extras.name, before.extras))
    fresh = tuple(extra for extra in after.extras if extras.name(extra) not in known)
    after = extras.take_back(before, after, event_id, subject.member_id, now)
    more = msgspec.structs.replace(after, extras=fresh)
    more = extras.give(more, event_id, subject.programme_id, subject.member_id, now, again=True)
    return msgspec.structs.replace(after, extras=(*after.extras, *more.extras))


def _move_points(subject: Subject, before: Record, after: Record, key: str, now: datetime) -> None:
    """Book what both decisions differ by: of the member's points, and of those who share."""
    cause = Cause(now, reason=subject.event.kind)
    subject.book.touched = True
    _move(subject, subject.book, before.grants, after.grants, after.taken, key, cause)
    others = {"referrer": (subject.referrer, f"{key}:share"), "cashier": (subject.cashier, f"{key}:cashier")}
    for to, (book, name) in others.items():
        if book is not None:
            _move(subject, book, _shares(before, to), _shares(after, to), after.taken, name, cause)


def _move(
    subject: Subject,
    book: Passbook,
    before: Sequence[Given],
    after: Sequence[Given],
    taken: dict[str, Decimal],
    key: str,
    cause: Cause,
) -> None:
    changes = grants.difference(before, after)
    for campaign, points in grants.going(changes).items():
        revocation.revoke_each(
            book,
            provenance.granted_by(campaign, book.account_id, taken, keys=f"{subject.key}:"),
            points,
            taken,
            lambda granted, _part: f"{key}:revoke:{granted.lot.id}",
            cause,
            forgiving=subject.rules.debt_policy == "forgive",
        )
    more = grants.coming(after, changes)
    decision.earn(book, more, subject.rules, None, subject.event.at, cause, key=key)


def _shares(kept: Record, to: str) -> tuple[Given, ...]:
    """The shares of the referrer or the cashier, as grants."""
    return tuple(_as_grant(share) for share in kept.shares if share.to == to)


def _as_grant(share: DueShare) -> Given:
    return Given(
        share.campaign_id,
        share.revision,
        share.points,
        share.active_from,
        share.expires_at,
        share.terms,
        share.funder,
    )


def _common(kept: Record) -> dict[tallies.Key, tallies.Sums]:
    return {key: sums for key, sums in kept.counted.items() if _of_all(key[1])}


def _of_all(key: str) -> bool:
    """Whether a key counts the use of a campaign by everybody."""
    return key.startswith("c:")
