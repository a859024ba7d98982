"""A firm's account: its managers hand points to employees, one by one or many at once, and take back for a day what
is not spent.

Employees have accounts of their own; what they are handed goes to the account that they hold then, lot by lot on the
terms that it has. A manager is who owns the firm's account or may spend from it without a limit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from foundation.refusals import Conflict, Missing, Refused
from loyalty.ledger import inactivity, ledger
from loyalty.ledger import lots as lot_rules
from loyalty.ledger.passbook import ZERO, Cause, Passbook
from loyalty.models import Account, Employee, Handout, HandoutLine, Holder, Lot
from loyalty.sharing.holders import again
from members import presence
from members.models import Member, new_id

#: How long a handout can be undone, and to how many it goes at once.
UNDONE_WITHIN = timedelta(days=1)
MOST_LINES = 1000
MOST_CODE = 64
#: Why points move to employees, and back.
HANDED, UNDONE = "sharing.handed", "sharing.undone"


class Part(NamedTuple):
    """What one employee is to get."""

    employee_id: int
    points: Decimal


def is_manager(holder: Holder | None) -> bool:
    """Whether a holder may hand out points of a firm's account."""
    if holder is None or not holder.account.business:
        return False
    return holder.role == Holder.Role.OWNER or (holder.may_redeem and holder.daily_limit is None)


def require_manager(holder: Holder | None) -> None:
    """Raise ``Refused`` for who may not hand out points."""
    if not is_manager(holder):
        raise Refused("not_a_manager", _("Only who manages the firm’s account can do that."))


def make(account_id: UUID, name: str) -> None:
    """Make an account a firm's, or call it otherwise; an empty name makes it a member's again. Locks the account.

    Raises ``Refused`` while it has employees.
    """
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(id=account_id, kind=Account.Kind.MEMBER)
        if not name and employees(account_id).exists():
            raise Refused("has_employees", _("The firm has employees: dismiss them first."))
        account.name, account.business = name, bool(name)
        account.save(update_fields=["name", "business"])


def employees(account_id: UUID) -> QuerySet[Employee]:
    """Who works there now, by name."""
    found = Employee.objects.filter(account_id=account_id, until=None).select_related("member")
    return found.order_by("member__first_name", "member__last_name", "id")


def employ(account_id: UUID, member: Member, now: datetime) -> Employee:
    """Make a member an employee. Safe to repeat. Raises ``Refused`` for who has not joined the programme, or
    where there is no firm any more; ``Gone`` for who was erased meanwhile."""
    with transaction.atomic():
        account = Account.objects.select_for_update(no_key=True).get(id=account_id)
        presence.require(member.pk)
        known = employees(account_id).filter(member=member).first()
        if known is not None:
            return known
        if not account.business:
            raise Refused("no_firm", _("This is no firm’s account any more."))
        if not Holder.objects.filter(member=member, programme_id=account.programme_id).exists():
            raise Refused("not_joined", _("They have not joined this programme."))
        return Employee.objects.create(account=account, member=member, since=now)


def dismiss(account_id: UUID, employee_id: int, by: Member, now: datetime) -> None:
    """End an employment: by a manager, or by the employee. Points that were handed stay. Safe to repeat."""
    with transaction.atomic():
        found = Employee.objects.select_for_update().filter(account_id=account_id, id=employee_id).first()
        if found is None:
            raise Missing("employee_not_found", _("They do not work there any more."))
        if found.member_id != by.pk:
            require_manager(_holder(account_id, by))
        if found.until is None:
            found.until, found.code = now, ""
            found.save(update_fields=["until", "code"])


def call(account_id: UUID, employee_id: int, code: str, by: Member) -> None:
    """Note how the firm calls an employee in its files. Safe to repeat.

    Raises ``Missing`` for who does not work there, ``Refused`` for who is no manager, for a code that is too long, and
    for one that another employee has.
    """
    with transaction.atomic():
        Account.objects.select_for_update(no_key=True).get(id=account_id)
        require_manager(_holder(account_id, by))
        if len(code) > MOST_CODE or "\x00" in code:
            raise Refused("code_too_long", _("At most %(most)s characters.") % {"most": MOST_CODE})
        if code and employees(account_id).filter(code__iexact=code).exclude(id=employee_id).exists():
            raise Refused("code_in_use", _("Another employee has this number."))
        if not employees(account_id).filter(id=employee_id).update(code=code):
            raise Missing("employee_not_found", _("They do not work there any more."))


def hand_out(account_id: UUID, by: Member, parts: Sequence[Part], key: UUID, now: datetime) -> Handout:
    """Hand points to employees, all of them or none; the same ``key`` again answers as the first time.

    Locks the firm's account and those of the employees. Raises ``Refused`` for who is no manager, for more than there
    is, and for who does not work there; ``Conflict`` for a key that was used for something else.
    """

    def work() -> Handout:
        with transaction.atomic():
            people = {
                one.pk: one for one in employees(account_id).filter(id__in=[p.employee_id for p in parts])
            }
            accounts = _accounts(account_id, [one.member_id for one in people.values()])
            books = ledger.lock(sorted({account_id, *accounts.values()}))
            earlier = Handout.objects.filter(key=key).first()
            if earlier is not None:
                return _same(earlier, account_id, parts)
            require_manager(_holder(account_id, by))
            _require(parts, people, accounts, account_id)
            return _book(books, account_id, by, parts, people, accounts, key, now)

    return again(work)


def undo(handout_id: UUID, account_id: UUID, by: Member, now: datetime) -> Decimal:
    """Take back what is not spent of a handout. Returns the points; safe to repeat.

    Locks the firm's account and those that got points. Raises ``Missing`` for a handout of another account, ``Refused``
    for who is no manager, and when it was made too long ago.
    """

    def work() -> Decimal:
        with transaction.atomic():
            handout = _lock(handout_id, account_id)
            if handout is None:
                raise Missing("handout_not_found", _("There is no such handout."))
            require_manager(_holder(account_id, by))
            lines = list(handout.lines.select_related("transfer"))
            if handout.undone_at is None:
                if now > handout.at + UNDONE_WITHIN:
                    raise Refused("too_late", _("A handout can be undone for a day, and that day is over."))
                _take_back(handout, lines, now)
            return sum((line.back for line in lines), ZERO)

    return again(work)


def _lock(handout_id: UUID, account_id: UUID) -> Handout | None:
    found = Handout.objects.select_for_update(of=("self",)).select_related("account__programme")
    return found.filter(id=handout_id, account_id=account_id).first()


def _holder(account_id: UUID, member: Member) -> Holder | None:
    return Holder.objects.select_related("account").filter(account_id=account_id, member=member).first()


def _accounts(account_id: UUID, members: Sequence[UUID]) -> dict[UUID, UUID]:
    """The accounts that members hold in the programme of the firm's, by member."""
    programme = Account.objects.values_list("programme_id", flat=True).get(id=account_id)
    found = Holder.objects.filter(member_id__in=members, programme_id=programme)
    return dict(found.values_list("member_id", "account_id"))


def _require(
    parts: Sequence[Part],
    people: Mapping[int, Employee],
    accounts: Mapping[UUID, UUID],
    account_id: UUID,
) -> None:
    """Raise ``Refused`` for parts that cannot be handed out, and ``Stale`` when somebody changed accounts meanwhile, or
    works there no more: whoever is erased keeps an account, which is nobody's. Runs under the accounts' locks."""
    if not parts or len(parts) > MOST_LINES:
        raise Refused("too_many_lines", _("Between 1 and %(most)s employees at once.") % {"most": MOST_LINES})
    if len({part.employee_id for part in parts}) < len(parts) or any(part.points <= 0 for part in parts):
        raise Refused("not_a_handout", _("Name every employee once, with points above zero."))
    if any(part.employee_id not in people for part in parts):
        raise Refused("employee_not_found", _("They do not work there any more."))
    there = set(employees(account_id).filter(id__in=people).values_list("id", flat=True))
    if there != set(people) or _accounts(account_id, list(accounts)) != dict(accounts):
        raise ledger.Stale
    if account_id in accounts.values():
        raise Refused("holds_the_firm_s", _("Who holds the firm’s own account gets nothing from it."))


def _book(
    books: Mapping[UUID, Passbook],
    account_id: UUID,
    by: Member,
    parts: Sequence[Part],
    people: Mapping[int, Employee],
    accounts: Mapping[UUID, UUID],
    key: UUID,
    now: datetime,
) -> Handout:
    source, cause = books[account_id], Cause(now, reason=HANDED)
    account = Account.objects.select_related("programme").get(id=account_id)
    inactivity.settle(source, account.programme, Cause(now))
    in_use = inactivity.last_use(account_id, account.programme, now)
    handout = Handout(
        id=new_id(), account=account, key=key, by=by, at=now, content_hash=_hash(parts),
        points=sum((part.points for part in parts), ZERO),
    )  # fmt: skip
    lines = []
    for part in parts:
        person = people[part.employee_id]
        try:
            uses = lot_rules.take(source, part.points, now)
        except lot_rules.NotEnoughPoints as error:
            detail = _("The firm’s account has too few points for all of them.")
            raise Refused("not_enough_points", detail) from error
        target = books[accounts[person.member_id]]
        transfer_id = source.hand_to(target, uses, f"handout:{handout.id}:{person.pk}", cause, in_use=in_use)
        lines.append(
            HandoutLine(handout=handout, employee=person, transfer_id=transfer_id, points=part.points)
        )
    ledger.post(*books.values())
    handout.save(force_insert=True)
    HandoutLine.objects.bulk_create(lines)
    return handout


def _take_back(handout: Handout, lines: Sequence[HandoutLine], now: datetime) -> None:
    """Move back what is left of the lots that the handout made; what has lapsed there is not left."""
    books = ledger.lock(sorted({handout.account_id, *(line.transfer.target_id for line in lines)}))
    firm, cause = books[handout.account_id], Cause(now, reason=UNDONE)
    for book in books.values():
        inactivity.settle(book, handout.account.programme, Cause(now))
    given = Lot.objects.filter(transfer__in=[line.transfer_id for line in lines]).values_list(
        "id", "transfer_id"
    )
    lots_of: dict[UUID, list[UUID]] = {}
    for lot_id, transfer_id in given.order_by("id"):
        lots_of.setdefault(transfer_id, []).append(lot_id)
    for line in lines:
        book = books[line.transfer.target_id]
        left = [book.lots[lot_id] for lot_id in lots_of.get(line.transfer_id, ()) if lot_id in book.lots]
        uses = [(lot.id, lot.remaining) for lot in left if lot.remaining and not lot.expired_at(now)]
        if uses:
            key = f"handout:{handout.id}:{line.employee_id}:back"
            book.hand_to(firm, uses, key, cause, reverses_id=line.transfer_id)
            line.back = sum((points for _lot, points in uses), ZERO)
            line.save(update_fields=["back"])
    ledger.post(*books.values())
    handout.undone_at = now
    handout.save(update_fields=["undone_at"])


def _hash(parts: Sequence[Part]) -> str:
    told = sorted((part.employee_id, f"{part.points.normalize():f}") for part in parts)
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _same(earlier: Handout, account_id: UUID, parts: Sequence[Part]) -> Handout:
    """An earlier handout of that key, if it was the same."""
    if earlier.account_id != account_id or earlier.content_hash != _hash(parts):
        raise Conflict("idempotency_conflict", _("This form was sent before with other content."))
    return earlier
