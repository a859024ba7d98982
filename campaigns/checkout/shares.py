"""Points for others: the cashier who sold, and the member who referred the buyer.

A decision only notes these shares. Once it is committed, ``settle`` brings the books of the other accounts
to what the receipt stands for now: it gives what is missing and takes back what is too much, so it may run
twice, late, or after a return that came first. A sale therefore never waits for a second account.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from campaigns import rulebooks
from campaigns.checkout import record
from campaigns.checkout.clashes import retried
from campaigns.checkout.record import DueShare as Due
from campaigns.checkout.record import Record
from campaigns.models import Seller, Share
from campaigns.rulebooks import Rules
from loyalty.ledger import ledger, provenance, revocation
from loyalty.ledger.passbook import ZERO, Cause, LotTerms, Passbook
from loyalty.models import Receipt
from loyalty.shops import membership, pasts
from members.models import Member

#: The reason under which shares stand in the books.
REASONS = {"cashier": "share.cashier", "referrer": "share.referrer"}


def settle(receipt_id: UUID, now: datetime) -> int:
    """Bring the shares of a receipt in line with what stands of it. Returns how many were moved.

    Locks the receipt, then the accounts of those who share, in the order of their ids.
    """
    return retried(lambda attempt: _settle(receipt_id, now))


def _settle(receipt_id: UUID, now: datetime) -> int:
    with transaction.atomic():
        receipts = Receipt.objects.select_for_update(of=("self",)).select_related("store", "programme")
        receipt = receipts.get(id=receipt_id)
        wanted = {(share.campaign_id, share.to): share for share in _standing(receipt).shares}
        known = {(row.campaign_id, row.to): row for row in Share.objects.filter(receipt=receipt)}
        for name, share in wanted.items():
            account_id = None if name in known else account_of(receipt, share.to)
            if account_id is not None:
                known[name] = Share(receipt=receipt, campaign_id=name[0], to=name[1], account_id=account_id)
        books = ledger.lock(sorted({row.account_id for row in known.values()}))
        rules = rulebooks.get(receipt.rulebook_id)
        moved = sum(
            _move(receipt, row, wanted.get(name), books[row.account_id], rules, now)
            for name, row in sorted(known.items())
        )
        for book in books.values():
            if book.touched:
                ledger.post(book)
        return moved


def _standing(receipt: Receipt) -> Record:
    """What stands of a receipt: nothing of one that is held or was let go."""
    if receipt.status == Receipt.Status.HELD:
        return record.NOTHING
    last = receipt.returns.order_by("recorded_at", "id").last()
    return record.load(last.outcome if last else receipt.outcome)


def _move(
    receipt: Receipt, row: Share, wanted: Due | None, book: Passbook, rules: Rules, now: datetime
) -> bool:
    """Give what is missing of a share, or take back what is too much of it."""
    due = wanted.points if wanted else ZERO
    if due == row.points:
        return False
    book.touched = True
    head = f"{receipt.id}:share:{row.campaign_id}:{row.to}"
    cause = Cause(now, receipt.id, reason=REASONS[row.to])
    taken = {lot: Decimal(points) for lot, points in row.taken.items()}
    lots = provenance.granted_by(row.campaign_id, row.account_id, taken, receipt_id=receipt.id)
    if wanted is not None and due > row.points:
        source = rules.funders[wanted.funder] if wanted.funder else None
        terms = LotTerms(receipt.purchased_at, wanted.active_from, wanted.expires_at, wanted.terms, source)
        book.accrue(
            due - row.points, terms, f"{head}:{len(lots)}", cause, source=source,
            revision_id=rules.revision_ids[row.campaign_id],
        )  # fmt: skip
    revocation.revoke_each(
        book,
        lots,
        row.points - due,
        taken,
        lambda granted, part: f"{head}:revoke:{granted.lot.id}:{granted.taken + part}",
        cause,
        forgiving=rules.debt_policy == "forgive",
    )
    row.points, row.taken = due, {lot: str(points) for lot, points in taken.items()}
    row.save()
    return True


def account_of(receipt: Receipt, to: str) -> UUID | None:
    """The account of who shares in a receipt: a cashier's is opened on first use, a referrer who has not joined
    the programme has none; None where there is nobody.
    """
    member = _cashier(receipt) if to == "cashier" else _referrer(receipt)
    if member is None or member.status != Member.Status.ACTIVE:
        return None
    if to == "cashier":
        account = ledger.open_account(member, receipt.programme).id
    else:
        joined = membership.account_of(member, receipt.programme_id)
        if joined is None:
            return None
        account = joined
    return account if account != receipt.account_id else None  # nobody shares in what they buy themselves


def _cashier(receipt: Receipt) -> Member | None:
    seller = Seller.objects.select_related("member").filter(
        partner_id=pasts.of_receipt(receipt).was.partner_id, code=receipt.cashier, active=True
    )
    found = seller.first()
    return found.member if found else None


def _referrer(receipt: Receipt) -> Member | None:
    return Member.objects.filter(referred__id=receipt.member_id).first() if receipt.member_id else None
