"""Invitations to share an account, or to be a firm's employee: made, withdrawn, shown, answered.

Whoever has the link may come. An invitation that names a phone is for whoever is known by it and nobody else; they see
it in their cabinet, and nobody learns from it whether the phone is known.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.refusals import Conflict, Missing, Refused
from loyalty.models import Account, Holder, Invitation
from loyalty.sharing import company, holders, rights
from loyalty.sharing.rights import Rights
from members import presence
from members.models import Member, new_id

#: How long an invitation may be answered, and how many of an account may wait at once.
LASTS = timedelta(days=14)
MOST_OPEN, MOST_OPEN_OF_FIRM = 20, 500


def invite(
    account_id: UUID,
    by: Member,
    given: Rights,
    key: UUID,
    now: datetime,
    *,
    phone: str = "",
    employee: bool = False,
) -> Invitation:
    """Invite somebody; the same form again, by its ``key``, answers as the first time. A key that came with something
    else before is not that. ``phone`` is in E.164 form or empty.

    Locks the account. Raises ``Refused`` for who may not invite, or when too many wait; ``Conflict`` for a key that
    was used for another account.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(id=account_id)
        earlier = Invitation.objects.filter(key=key).first()
        if earlier is not None:
            if earlier.account_id != account_id:
                raise Conflict("idempotency_conflict", _("This form was sent before with other content."))
            if _same(earlier, given, phone, employee=employee):
                return earlier
            key = new_id()
        presence.require(by.pk)
        _require_inviter(account, by, employee=employee)
        most = MOST_OPEN_OF_FIRM if employee else MOST_OPEN
        if waiting(account_id, now, employee=employee).count() >= most:
            raise Refused(
                "too_many_open", _("%(most)s invitations wait already: withdraw some.") % {"most": most}
            )
        return Invitation.objects.create(
            account=account,
            key=key,
            token=secrets.token_urlsafe(20),
            phone=phone,
            employee=employee,
            may_redeem=given.may_spend,
            daily_limit=given.a_day,
            invited_by=by,
            at=now,
            ends_at=now + LASTS,
        )


def waiting(account_id: UUID, now: datetime, *, employee: bool = False) -> QuerySet[Invitation]:
    """The invitations of an account that can still be answered, the newest first."""
    found = Invitation.objects.filter(account_id=account_id, employee=employee, state=Invitation.State.OPEN)
    return found.filter(ends_at__gt=now).order_by("-at", "-id")


def to_member(member: Member, programme_id: int, now: datetime) -> Sequence[Invitation]:
    """The invitations that name the member's phone and can still be answered."""
    if not member.phone:
        return []
    found = Invitation.objects.filter(
        phone=member.phone, state=Invitation.State.OPEN, ends_at__gt=now, account__programme_id=programme_id
    )
    return list(found.select_related("invited_by", "account").order_by("-at"))


def find(token: str, programme_id: int, now: datetime) -> Invitation:
    """The invitation of a link, while it can be answered. Raises ``Missing``."""
    found = Invitation.objects.filter(token=token, account__programme_id=programme_id)
    one = found.select_related("invited_by", "account__programme").first() if token else None
    if one is None or one.state != Invitation.State.OPEN or one.ends_at <= now:
        raise Missing("invitation_over", _("This invitation is over: ask for a new one."))
    return one


def accept(token: str, member: Member, programme_id: int, now: datetime, *, bring: bool) -> Invitation:
    """Come by an invitation; ``bring`` as in ``holders.come``. Answered by the same member again, nothing more happens.

    Locks the invitation, then the accounts. Raises ``Missing`` for one that is over, ``Refused`` for one that is for
    another phone, and as ``holders.come`` and ``company.employ`` do.
    """

    def work() -> Invitation:
        with transaction.atomic():
            invitation = _lock(token, programme_id)
            if invitation.state == Invitation.State.ACCEPTED and invitation.answered_by_id == member.pk:
                return invitation
            find(token, programme_id, now)
            require_for(invitation, member)
            if invitation.employee:
                company.employ(invitation.account_id, member, now)
            else:
                holders.come(invitation.account_id, member, rights.of(invitation), now, bring=bring)
            return _close(invitation, Invitation.State.ACCEPTED, member, now)

    return holders.again(work)


def decline(token: str, member: Member, programme_id: int, now: datetime) -> None:
    """Say no to an invitation. One that is over already stays so."""
    with transaction.atomic():
        invitation = _lock(token, programme_id)
        if invitation.state == Invitation.State.OPEN:
            require_for(invitation, member)
            _close(invitation, Invitation.State.DECLINED, member, now)


def withdraw(invitation_id: UUID, account_id: UUID, by: Member, now: datetime) -> None:
    """Take an invitation back. Safe to repeat. Raises ``Missing`` for one of another account, ``Refused`` for who may
    not invite."""
    with transaction.atomic():
        found = Invitation.objects.select_for_update(of=("self",)).select_related("account")
        invitation = found.filter(id=invitation_id, account_id=account_id).first()
        if invitation is None:
            raise Missing("invitation_over", _("This invitation is over: ask for a new one."))
        _require_inviter(invitation.account, by, employee=invitation.employee)
        if invitation.state == Invitation.State.OPEN:
            _close(invitation, Invitation.State.WITHDRAWN, by, now)


def require_for(invitation: Invitation, member: Member) -> None:
    """Raise ``Refused`` for a member whom an invitation is not for, or who has what it offers."""
    if invitation.phone and invitation.phone != member.phone:
        raise Refused("for_another", _("This invitation is for somebody with another phone number."))
    if Holder.objects.filter(account_id=invitation.account_id, member=member).exists():
        raise Refused("shares_it", _("You share this account already: the invitation is for somebody else."))


def _same(earlier: Invitation, given: Rights, phone: str, *, employee: bool) -> bool:
    """Whether that was said before; of an invitation that was answered the phone is not known any more."""
    known = earlier.state != Invitation.State.OPEN or earlier.phone == phone
    return known and earlier.employee == employee and rights.of(earlier) == given


def _require_inviter(account: Account, by: Member, *, employee: bool) -> None:
    holder = Holder.objects.select_related("account").filter(account=account, member=by).first()
    if employee:
        company.require_manager(holder)
    elif holder is None or holder.role != Holder.Role.OWNER:
        raise Refused("not_the_owner", _("Only the account’s owner can do that."))


def _lock(token: str, programme_id: int) -> Invitation:
    found = Invitation.objects.select_for_update(of=("self",)).select_related("account")
    invitation = found.filter(token=token, account__programme_id=programme_id).first() if token else None
    if invitation is None:
        raise Missing("invitation_over", _("This invitation is over: ask for a new one."))
    return invitation


def _close(invitation: Invitation, state: str, by: Member, now: datetime) -> Invitation:
    """The phone was needed to answer it, and goes."""
    invitation.state, invitation.answered_by, invitation.answered_at, invitation.phone = state, by, now, ""
    invitation.save(update_fields=["state", "answered_by", "answered_at", "phone"])
    return invitation
