"""Who holds an account: they come, leave, are given rights, and hand the account over. The one writer of holders,
beside ``ledger.open_account``.

A member who comes to share an account keeps their own: it waits, with what they left on it, until they are alone
again. Their points come along when they say so, on the terms that they have. Whoever leaves takes nothing with them:
points of a shared account belong to the account.

Every change locks the accounts and raises their versions, so that a sale that was judged by what was before is judged
again. What happened is on the timeline of the member, with who did it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils.translation import gettext as _

from foundation.refusals import Missing, Refused
from loyalty.ledger import balances, inactivity, ledger
from loyalty.ledger.passbook import ZERO, Cause, Passbook
from loyalty.models import Account, Holder, PastHolder
from loyalty.sharing.rights import Rights
from members import presence
from members.models import Member
from members.timeline import events

#: So many share an account at most.
MOST = 20
#: How often a change is tried again when somebody changed the holders meanwhile.
_TRIES = 6
_DEADLOCK = "40P01"
#: Why points move when a member brings them along.
BROUGHT = "sharing.brought"

T = TypeVar("T")


class By(NamedTuple):
    """Who changes something: a holder, who must be the account's owner, or somebody of the staff."""

    member_id: UUID | None = None
    user_id: int | None = None


class Farewell(NamedTuple):
    """What a member leaves behind with a shared account, and what waits on their own: points to spend and pending."""

    stays: Decimal
    waits: Decimal


def farewell(holder: Holder, now: datetime) -> Farewell:
    """What becomes of the points when this holder goes, for whoever is to be told beforehand."""
    return Farewell(points_of(holder.account_id, now), points_of(holder.own_id, now))


def points_of(account_id: UUID | None, now: datetime) -> Decimal:
    """All points of an account that are alive, pending ones too."""
    return sum(balances.of_account(account_id, now), ZERO) if account_id else ZERO


def come(account_id: UUID, member: Member, rights: Rights, now: datetime, *, bring: bool) -> Holder:
    """Let a member share an account; with ``bring`` their points come along. Safe to repeat.

    Locks both accounts. Raises ``Refused`` when the account is full, or the member shares another one already or has
    one that others share; ``Gone`` for who was erased meanwhile, whose account is nobody's.
    """

    def work() -> Holder:
        with transaction.atomic():
            account = Account.objects.select_related("programme").get(id=account_id)
            holder = _of(member, account)
            books = ledger.lock(sorted({holder.account_id, account_id}))
            presence.require(member.pk)
            _require_same(holder)
            if holder.account_id == account_id:
                return holder
            _require_free(holder, account)
            if bring:
                _bring(books[holder.account_id], books[account_id], holder, account, now)
            _keep_past(holder, now)
            own = holder.account_id
            holder.account, holder.own_id, holder.role, holder.since = account, own, Holder.Role.HOLDER, now
            holder.may_redeem, holder.daily_limit = rights.may_spend, rights.a_day
            holder.save()
            _post(*books.values())
            _tell("account.joined", holder, By(member.pk), now)
            return holder

    return again(work)


def bring_along(member: Member, programme_id: int, now: datetime) -> Decimal:
    """Move what waits on a member's own account to the one they share. Returns the points; safe to repeat."""

    def work() -> Decimal:
        with transaction.atomic():
            holder = Holder.objects.select_related("account__programme").get(
                member=member, programme_id=programme_id
            )
            if holder.own_id is None:
                return ZERO
            books = ledger.lock(sorted((holder.own_id, holder.account_id)))
            _require_same(holder)
            moved = _bring(books[holder.own_id], books[holder.account_id], holder, holder.account, now)
            _post(*books.values())
            return moved

    return again(work)


def leave(account_id: UUID, member_id: UUID, by: By, now: datetime) -> None:
    """Let a holder go: by themselves, by the owner, or by staff. Points stay with the account. Safe to repeat.

    Locks the account and the one that waits. Raises ``Refused`` for an owner, who hands the account over first, and
    for somebody who may not send others away.
    """

    def work() -> None:
        with transaction.atomic():
            holder = _find(account_id, member_id)
            if holder is None:
                return
            books = ledger.lock(sorted(filter(None, (account_id, holder.own_id))))
            _require_same(holder)
            if by.member_id != member_id:
                _require_owner(account_id, by)
            if holder.role == Holder.Role.OWNER:
                raise Refused(
                    "owner_stays", _("The account has one owner: hand it to another holder, and leave then.")
                )
            own = holder.own_id or _open(holder).pk
            _keep_past(holder, now)
            _tell("account.left", holder, by, now)
            holder.account_id, holder.own, holder.role, holder.since = own, None, Holder.Role.OWNER, now
            holder.may_redeem, holder.daily_limit = True, None
            holder.save()
            _post(*books.values())

    again(work)


def set_rights(account_id: UUID, member_id: UUID, rights: Rights, by: By, now: datetime) -> None:
    """Say what a holder may do. Safe to repeat. Locks the account.

    Raises ``Missing`` for who holds it no more, ``Refused`` for the owner's own rights, and for who may not say so.
    """
    with transaction.atomic():
        books = ledger.lock([account_id])
        _require_owner(account_id, by)
        holder = _find(account_id, member_id)
        if holder is None:
            raise Missing("holder_not_found", _("They do not share this account any more."))
        if holder.role == Holder.Role.OWNER:
            raise Refused("owner_spends", _("The owner may spend whatever there is."))
        if (holder.may_redeem, holder.daily_limit) == rights:
            return
        holder.may_redeem, holder.daily_limit = rights
        holder.save()
        _post(*books.values())
        _tell("account.rights", holder, by, now)


def hand_over(account_id: UUID, member_id: UUID, by: By, now: datetime) -> None:
    """Make another holder the owner; the former one may spend from then on. Safe to repeat. Locks the account.

    Raises ``Missing`` for who holds it no more, ``Refused`` for who is not its owner.
    """
    with transaction.atomic():
        books = ledger.lock([account_id])
        heir = _find(account_id, member_id)
        if heir is None:
            raise Missing("holder_not_found", _("They do not share this account any more."))
        if heir.role == Holder.Role.OWNER:
            return
        _require_owner(account_id, by)
        Holder.objects.filter(account_id=account_id, role=Holder.Role.OWNER).update(role=Holder.Role.HOLDER)
        heir.role, heir.may_redeem, heir.daily_limit = Holder.Role.OWNER, True, None
        heir.save()
        _post(*books.values())
        _tell("account.owner", heir, by, now)


def again(work: Callable[[], T]) -> T:
    """Do work that may find the holders changed meanwhile, or meet a sale that holds the account which its buyer has
    just left and wants the one they came to: again when it does. Inside a transaction that is the caller's matter."""
    for _try in range(_TRIES - 1):
        try:
            return work()
        except (ledger.Stale, OperationalError) as clash:
            lost = isinstance(clash, ledger.Stale) or getattr(clash.__cause__, "sqlstate", None) == _DEADLOCK
            if not lost or transaction.get_connection().in_atomic_block:
                raise
    return work()


def _of(member: Member, account: Account) -> Holder:
    """The member's place in the account's programme. Raises ``Refused`` for one who has not joined it."""
    holder = Holder.objects.filter(member=member, programme_id=account.programme_id).first()
    if holder is None:
        raise Refused("not_joined", _("They have not joined this programme."))
    return holder


def _find(account_id: UUID, member_id: UUID) -> Holder | None:
    found = Holder.objects.select_related("account__programme").filter(
        account_id=account_id, member_id=member_id
    )
    return found.first()


def _require_same(holder: Holder) -> None:
    """Raise ``Stale`` when the holder was changed before the accounts were locked."""
    fresh = Holder.objects.get(pk=holder.pk)
    if (fresh.account_id, fresh.own_id, fresh.role) != (holder.account_id, holder.own_id, holder.role):
        raise ledger.Stale


def _require_owner(account_id: UUID, by: By) -> None:
    """Raise ``Refused`` for a member who is not the owner. Runs under the account's lock."""
    if by.member_id is not None and not Holder.objects.filter(
        account_id=account_id, member_id=by.member_id, role=Holder.Role.OWNER
    ):
        raise Refused("not_the_owner", _("Only the account’s owner can do that."))


def _require_free(holder: Holder, account: Account) -> None:
    """Raise ``Refused`` unless the holder is alone on an account of their own, and there is room on the other one."""
    if holder.role != Holder.Role.OWNER:
        raise Refused("shares_already", _("You share another account already: leave that one first."))
    if holder.account.business:
        raise Refused("owns_a_business", _("You own a firm’s account: hand it to somebody else first."))
    if Holder.objects.filter(account_id=holder.account_id).exclude(pk=holder.pk).exists():
        raise Refused("shared_with_others", _("Others share your account: hand it to one of them first."))
    if Holder.objects.filter(account=account).count() >= MOST:
        raise Refused("full", _("At most %(most)s people share an account.") % {"most": MOST})


def _bring(source: Passbook, target: Passbook, holder: Holder, account: Account, now: datetime) -> Decimal:
    """Move all points of an account that are alive, pending ones too. Runs under the locks of both."""
    cause = Cause(now, reason=BROUGHT)
    for book in (source, target):
        inactivity.settle(book, account.programme, Cause(now))
    uses = [
        (lot.id, lot.remaining) for lot in source.lots.values() if lot.remaining and not lot.expired_at(now)
    ]
    if uses:
        key, programme = f"bring:{holder.pk}:{source.account_id}:{source.version}", account.programme
        in_use = inactivity.last_use(source.account_id, programme, now)
        source.hand_to(target, uses, key, cause, in_use=in_use)
    return sum((points for _lot, points in uses), ZERO)


def _open(holder: Holder) -> Account:
    """A new account for who never had one of their own."""
    return Account.objects.create(programme_id=holder.programme_id, kind=Account.Kind.MEMBER, balance=ZERO)


def _keep_past(holder: Holder, now: datetime) -> None:
    PastHolder.objects.update_or_create(
        account_id=holder.account_id, member_id=holder.member_id, defaults={"until": now}
    )


def _post(*books: Passbook) -> None:
    """Raise the versions of accounts whose holders changed, and write what moved between them."""
    for book in books:
        book.touched = True
    ledger.post(*books)


def _tell(kind: str, holder: Holder, by: By, now: datetime) -> None:
    events.record(
        kind,
        holder.member_id,
        now,
        programme=holder.account.programme.code,
        account=str(holder.account_id),
        may_spend=holder.may_redeem,
        a_day=None if holder.daily_limit is None else str(holder.daily_limit),
        by=str(by.member_id) if by.member_id else None,
        user=by.user_id,
    )
