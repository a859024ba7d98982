"""Sending points to another member, step by step: ``begin``, ``approve``, ``carry_out``.

Whose number was typed is looked up only after the sender's code was right, and then no more than the first letter of a
name is told. So whoever tries numbers out needs a code for each, of which there are few.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.refusals import Fault, Invalid, Refused, TooMany
from loyalty.ledger import handover, ledger
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Holder, Programme, Remittance
from loyalty.remittances import bounds
from loyalty.rules import remitting
from loyalty.sharing import holders
from loyalty.shops import membership
from members import presence
from members.codes import approval
from members.lookup import lookup, phones
from members.models import Member, new_id
from members.timeline import events

#: An approval is as old as it is: after that long a new one is needed.
APPROVED_FOR = timedelta(minutes=15)
#: Numbers that a member may name in a day.
MOST_NAMED = 20
#: What was not sent is kept so long, and so much of it is cleared away with each new one.
KEPT, CLEARED = timedelta(days=2), 500


def refusal(holder: Holder) -> str:
    """Why the member may not send points at all, in words; empty when they may."""
    if not holder.programme.transfers:
        return _("Points cannot be sent to other members here.")
    if holder.role != Holder.Role.OWNER or not holder.may_redeem:
        return _("Only the owner of the account that you share can send its points.")
    return ""


def begin(holder: Holder, to: str, points: Decimal, note: str, key: UUID, now: datetime) -> Remittance:
    """Note what the member wants to send to the phone number ``to``, and send them a code for it, once under ``key``.

    The same is done for a number that is known and for one that is not. Raises ``Invalid`` with the field, ``Refused``
    when the member may not send points or the code does not reach them, and ``TooMany``.
    """
    programme = holder.programme
    if told := refusal(holder):
        raise Refused("not_allowed", told)
    phone = lookup.read_phone(to, membership.manner_of_programme(programme).country, "to")
    if phone == holder.member.phone:
        raise Invalid(Fault("to", "own", _("This is your own number.")))
    if len(note) > 100:
        raise Invalid(Fault("note", "too_long", _("At most 100 characters.")))
    bounds.require(holder.account, programme, points, now)
    said = {"phone": phone, "points": points, "note": note}
    row, fresh = _note(holder, said, key, now)
    if fresh:
        try:
            send_code(row, now)
        except (Refused, TooMany):
            Remittance.objects.filter(id=row.id, transfer=None).delete()
            raise
    return row


def send_code(row: Remittance, now: datetime) -> None:
    """Send the sender a code for this; earlier ones end. Raises as ``members.codes.approval.send``."""
    if is_over(row):
        raise nobody()
    member = row.member
    with override(member.language):
        told = {
            "points": bounds.say(row.points),
            "phone": phones.mask(row.phone),
            "programme": row.account.programme.name,
        }
        subject = _("Your code to send points")
        text = _(
            "{code} is your code to send %(points)s points of %(programme)s to %(phone)s. Give it to nobody."
        )
        approval.send(member, _matter(row), subject, text % told, now)


def approve(row: Remittance, code: str, now: datetime) -> None:
    """Take the sender's code, and find whose number it is. Raises ``Refused`` as ``members.codes.approval.prove``, and
    with ``nobody`` when no member can be sent points by this number: then it is over, and counts as a number that was
    named.

    To be called outside a transaction.
    """
    if row.transfer_id is not None or (row.proved_at is not None and row.proved_at > now - APPROVED_FOR):
        return
    if is_over(row):
        raise nobody()
    approval.prove(row.member_id, _matter(row), code, now)
    receiver = _receiver(row, now)
    open_ones = Remittance.objects.filter(id=row.id, transfer=None)
    if receiver is None:
        open_ones.update(phone="", note="")
        raise nobody()
    open_ones.update(receiver=receiver, proved_at=now)
    row.receiver, row.proved_at = receiver, now


def is_over(row: Remittance) -> bool:
    """Whether it came to nobody: of such a one nothing is kept but that a number was named."""
    return row.transfer_id is None and not row.phone


def carry_out(remittance_id: UUID, member: Member, now: datetime) -> Remittance:
    """Send what was approved, once; asked again, it answers as the first time.

    Locks the remittance, then both accounts. Raises ``Remittance.DoesNotExist`` for what is not the member's,
    ``Refused`` with ``code_over``, ``not_allowed`` or ``nobody``, and ``Invalid`` when the points are no longer there
    or a limit was reached meanwhile.
    """

    def work() -> Remittance:
        with transaction.atomic():
            row = Remittance.objects.select_for_update(of=("self",)).get(id=remittance_id, member=member)
            if row.transfer_id is None:
                _require_approved(row, now)
                _send(row, now)
            return row

    return holders.again(work)


def _require_approved(row: Remittance, now: datetime) -> None:
    if row.receiver_id is None or row.proved_at is None or row.proved_at <= now - APPROVED_FOR:
        raise Refused("code_over", _("This took too long: ask for a new code."))


def _send(row: Remittance, now: datetime) -> None:
    """Post what was approved, and note it. Locks both accounts; who holds them is asked again under the locks."""
    source = Account.objects.select_related("programme").get(id=row.account_id)
    programme = source.programme
    target = _account_of(row, programme)
    if target is None:
        raise nobody()
    books = ledger.lock([source.id, target.id])
    mine = Holder.objects.select_related("programme").filter(member=row.member_id, account=source).first()
    if mine is None or _account_of(row, programme) != target:
        raise ledger.Stale if mine is not None else nobody()
    if told := refusal(mine):
        raise Refused("not_allowed", told)
    cause = Cause(now)
    handover.settle(books[source.id], source, cause)
    spendable = books[source.id].spendable(now)
    bounds.require(source, programme, row.points, now, spendable)
    if row.points + row.fee > spendable:  # the programme takes less by now than was told
        raise Invalid(Fault("points", "balance", _("You have too few points for this and its fee by now.")))
    key = f"transfer:{row.id}"
    row.transfer_id = handover.hand_over(books, source, target, row.points, row.fee, key, cause)
    row.sent_at, row.phone = now, phones.mask(row.phone)
    row.save(update_fields=["transfer", "sent_at", "phone"])
    _tell(row, programme, now)


def nobody() -> Refused:
    """The refusal of a number by which nobody can be sent points, whoever has it."""
    return Refused("nobody", _("Nobody here can be sent points by this number. Nothing was sent."))


def initial(member: Member | None) -> str:
    """What is told of a receiver before and after: the first letter of their name, nothing where they gave none."""
    return member.first_name[:1].upper() if member is not None else ""


def _note(holder: Holder, said: dict[str, Any], key: UUID, now: datetime) -> tuple[Remittance, bool]:
    """The row of what is wanted, and whether it is new. A key that came with something else before is not that."""
    with transaction.atomic():
        approval.lock(holder.member_id)
        presence.require(holder.member_id)
        mine = Remittance.objects.filter(member_id=holder.member_id)
        earlier = mine.filter(key=key).first()
        if earlier is not None:
            if _same(earlier, said):
                return earlier, False
            key = new_id()
        if mine.filter(asked_at__gt=now - timedelta(days=1)).count() >= MOST_NAMED:
            raise TooMany(timedelta(days=1), _("You named many numbers today. Try again tomorrow."))
        fee = remitting.fee(said["points"], bounds.terms_of(holder.programme))
        row = Remittance.objects.create(
            key=key, member_id=holder.member_id, account_id=holder.account_id, fee=fee, asked_at=now, **said
        )
        _clear(now)
    return row, True


def _same(earlier: Remittance, said: dict[str, Any]) -> bool:
    """Whether that was wanted before; of a number to which points were sent only its mask is kept."""
    phone = phones.mask(said["phone"]) if earlier.transfer_id else said["phone"]
    return all(getattr(earlier, name) == value for name, value in (said | {"phone": phone}).items())


def _receiver(row: Remittance, now: datetime) -> Member | None:
    """Whose number it is: an active member of the programme with another account."""
    programme = row.account.programme
    sought = lookup.seek("phone", row.phone, membership.manner_of_programme(programme))
    found = lookup.find(sought, now, membership.among([programme.pk]))
    if found is None or found.status != Member.Status.ACTIVE:
        return None
    return found if membership.account_of(found, programme.pk) != row.account_id else None


def _account_of(row: Remittance, programme: Programme) -> Account | None:
    """The receiver's account, if they are still there."""
    if row.receiver_id is None:
        return None
    holder = (
        Holder.objects.select_related("account")
        .filter(member_id=row.receiver_id, member__status=Member.Status.ACTIVE, programme=programme)
        .exclude(account_id=row.account_id)
        .first()
    )
    return holder.account if holder else None


def _tell(row: Remittance, programme: Programme, now: datetime) -> None:
    told = {"programme": programme.code, "points": str(row.points), "transfer": str(row.transfer_id)}
    assert row.receiver_id is not None
    events.record("points.sent", row.member_id, now, **told, fee=str(row.fee))
    events.record("points.received", row.receiver_id, now, **told)


def _clear(now: datetime) -> None:
    """Clear away what was not sent, past what others hold just now: so nobody waits for anybody here."""
    old = Remittance.objects.filter(transfer=None, asked_at__lt=now - KEPT).order_by("asked_at")
    old = old.select_for_update(skip_locked=True)
    Remittance.objects.filter(id__in=list(old.values_list("id", flat=True)[:CLEARED])).delete()


def _matter(row: Remittance) -> str:
    """What a code is for: this, whose number and points never change."""
    return f"remittance:{row.id}"
