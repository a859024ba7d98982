"""The points ledger: the only place that writes accounts, transfers, lots, their uses and debts.

Entries are made on a ``Passbook`` and written by ``post``, all rows of any number of passbooks in
one statement. Whoever decides on what it read without a lock (the till) relies on the account's
version: ``post`` refuses when the account was written meanwhile, and the use case decides again
under the lock. Sweeps over many accounts (expiry, activation) stand in ``loyalty.ledger.sweep``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

import msgspec
from django.db.models import Q, Sum

from foundation import copying, prepared
from loyalty.ledger import inactivity
from loyalty.ledger import lots as lot_rules
from loyalty.ledger.passbook import ZERO, Cause, Institutions, LotTerms, OpenLot, Passbook
from loyalty.models import Account, Debt, Holder, Lot, Payer, Programme
from members.models import Member
from members.timeline import events

INSTITUTION_KINDS = ("issuance", "expiry", "hold", "exchange")


class Stale(Exception):
    """The account was written after it was read: read again, under its lock."""


#: Part of a statement: writes what ``rows`` gives as ``%(ledger)s``. ``accounts_written`` counts the
#: accounts whose version was still the expected one; the caller compares it with what it sent.
#: The limits take no row away: PostgreSQL expects a hundred rows of any JSON, and would read whole tables
#: to find them; a limit it cannot know makes it expect ten and take the index.
POST = """
book AS MATERIALIZED (SELECT %(ledger)s::json AS doc),
account_rows AS (
  UPDATE loyalty_account a
     SET balance = a.balance + x.balance, owed = a.owed + x.owed, version = a.version + 1
    FROM book, LATERAL (
      SELECT * FROM json_to_recordset(doc->'accounts')
          AS x(id uuid, balance numeric, owed numeric, version bigint)
       LIMIT json_array_length(doc->'accounts')) x
   WHERE a.id = x.id AND a.version = x.version
  RETURNING a.id),
transfer_rows AS (
  INSERT INTO loyalty_transfer (id, kind, source_id, target_id, points, key, at, source_balance,
         target_balance, reverses_id, receipt_id, revision_id, reason, user_id)
  SELECT x.* FROM book, json_to_recordset(doc->'transfers')
      AS x(id uuid, kind text, source_id uuid, target_id uuid, points numeric, key text,
           at timestamptz, source_balance numeric, target_balance numeric, reverses_id uuid,
           receipt_id uuid, revision_id bigint, reason text, user_id bigint)),
lot_rows AS (
  INSERT INTO loyalty_lot (id, account_id, transfer_id, points, remaining, earned_at, active_from,
         expires_at, terms, funder_id, origin_id, pending)
  SELECT x.* FROM book, json_to_recordset(doc->'lots')
      AS x(id uuid, account_id uuid, transfer_id uuid, points numeric, remaining numeric,
           earned_at timestamptz, active_from timestamptz, expires_at timestamptz, terms jsonb,
           funder_id uuid, origin_id uuid, pending boolean)),
moved_rows AS (
  UPDATE loyalty_lot l SET remaining = l.remaining - x.points
    FROM book, LATERAL (
      SELECT * FROM json_to_recordset(doc->'moved') AS x(id uuid, points numeric)
       LIMIT json_array_length(doc->'moved')) x
   WHERE l.id = x.id),
use_rows AS (
  INSERT INTO loyalty_lotuse (transfer_id, lot_id, points)
  SELECT x.* FROM book, json_to_recordset(doc->'uses')
      AS x(transfer_id uuid, lot_id uuid, points numeric)),
debt_rows AS (
  INSERT INTO loyalty_debt (account_id, lot_id, transfer_id, points, at)
  SELECT x.* FROM book, json_to_recordset(doc->'debts')
      AS x(account_id uuid, lot_id uuid, transfer_id uuid, points numeric, at timestamptz))
"""
_POST_ALONE = f"WITH {POST} SELECT count(*) AS accounts_written FROM account_rows"


def rows(passbooks: Iterable[Passbook]) -> dict[str, list[Any]]:
    """The rows of some passbooks, by table, ready to be written as JSON or by COPY."""
    books = [book for book in passbooks if book.written]
    return {
        "accounts": [
            {"id": b.account_id, "balance": b.balance_delta, "owed": b.owed_delta, "version": b.version}
            for b in books
        ],
        "transfers": [row._asdict() for b in books for row in b.transfers],
        "lots": [lot_row(lot) for b in books for lot in b.fresh_lots],
        "moved": [{"id": lot, "points": points} for b in books for lot, points in b.moved.items() if points],
        "uses": [row._asdict() for b in books for row in b.uses],
        "debts": [row._asdict() for b in books for row in b.debt_rows],
    }


def lot_row(lot: OpenLot) -> dict[str, Any]:
    """The columns of a fresh lot."""
    return {
        "id": lot.id, "account_id": lot.account_id, "transfer_id": lot.transfer_id, "points": lot.points,
        "remaining": lot.remaining, "earned_at": lot.earned_at, "active_from": lot.active_from,
        "expires_at": lot.expires_at, "terms": lot.terms, "funder_id": lot.funder_id,
        "origin_id": lot.origin_id, "pending": lot.pending,
    }  # fmt: skip


def encode(document: Any) -> str:
    """JSON for PostgreSQL: decimals and UUIDs as strings, moments as ISO 8601."""
    return msgspec.json.encode(document).decode()


def post(*passbooks: Passbook) -> None:
    """Write the entries of some passbooks in one statement.

    Must run in a transaction. Raises ``Stale`` when an account was written since it was read, so
    that the transaction is rolled back.
    """
    document = rows(passbooks)
    if not document["accounts"]:
        return
    written = prepared.run(_POST_ALONE, {"ledger": encode(document)})[0]["accounts_written"]
    if written != len(document["accounts"]):
        raise Stale


def post_many(passbooks: Sequence[Passbook]) -> None:
    """Write the entries of many passbooks: new rows by COPY, the rest in one statement.

    Must run in a transaction that holds the accounts' locks. Raises ``Stale`` like ``post``.
    """
    document = rows(passbooks)
    if not document["accounts"]:
        return
    _copy("loyalty_transfer", document["transfers"])
    _copy("loyalty_lot", [row | {"terms": _document(row["terms"])} for row in document["lots"]])
    _copy("loyalty_lotuse", document["uses"])
    rest = document | {"transfers": [], "lots": [], "uses": []}
    written = prepared.run(_POST_ALONE, {"ledger": encode(rest)})[0]["accounts_written"]
    if written != len(document["accounts"]):
        raise Stale


def _copy(table: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        copying.copy(table, list(rows[0]), (list(row.values()) for row in rows))


def _document(terms: Any) -> str | None:
    return None if terms is None else encode(terms)


# Reading


def institutions(programme: Programme) -> Institutions:
    """The programme's own accounts, opened on first use."""
    found = dict(
        Account.objects.filter(programme=programme, kind__in=INSTITUTION_KINDS).values_list("kind", "id")
    )
    for kind in INSTITUTION_KINDS:
        if kind not in found:
            found[kind] = Account.objects.get_or_create(programme=programme, kind=kind)[0].id
    return Institutions(**found)


def partner_account(programme: Programme, partner_id: int) -> UUID:
    """The account in which a partner gathers the points it accepted, opened on first use."""
    account, _created = Account.objects.get_or_create(
        programme=programme, kind=Account.Kind.PARTNER, partner_id=partner_id
    )
    return account.id


def budget_account(payer: Payer) -> UUID:
    """The account from which a payer's points come: the oldest one, opened on first use."""
    found = payer.accounts.order_by("opened_at", "id").values_list("id", flat=True).first()
    if found is not None:
        return found
    budget = {"programme_id": payer.programme_id, "kind": Account.Kind.BUDGET, "code": payer.code}
    return Account.objects.get_or_create(**budget, defaults={"payer": payer})[0].id


def open_account(member: Member, programme: Programme) -> Account:
    """The member's account in the programme, opened if there is none. Safe to call at once from many places."""
    holder = Holder.objects.filter(member=member, programme=programme).select_related("account").first()
    if holder:
        return holder.account
    account = Account.objects.create(programme=programme, kind=Account.Kind.MEMBER, balance=ZERO)
    holder, created = Holder.objects.get_or_create(
        member=member, programme=programme, defaults={"account": account}
    )
    if not created:
        account.delete()
    return holder.account


def owner_of(account_id: UUID) -> UUID | None:
    """The member whose account it is: its owner, or the one for whom it waits while they share another."""
    owns = Q(account_id=account_id, role=Holder.Role.OWNER) | Q(own_id=account_id)
    return Holder.objects.filter(owns).values_list("member_id", flat=True).first()


def open_accounts(member_ids: Iterable[UUID], programme: Programme) -> None:
    """Open accounts for many members who have none in the programme yet. Must run in a transaction."""
    wanted = list(member_ids)
    known = set(
        Holder.objects.filter(programme=programme, member__in=wanted).values_list("member", flat=True)
    )
    new = {
        member_id: Account(programme=programme, kind=Account.Kind.MEMBER, balance=ZERO)
        for member_id in wanted
        if member_id not in known
    }
    Account.objects.bulk_create(new.values())
    Holder.objects.bulk_create(
        Holder(account=account, member_id=member_id, programme=programme)
        for member_id, account in new.items()
    )


def lock(account_ids: Sequence[UUID], known: Mapping[UUID, Passbook] | None = None) -> dict[UUID, Passbook]:
    """Lock some members' accounts in the order of their ids, and read their passbooks.

    A passbook among ``known`` is given back as it is when nobody wrote to the account since. Must run
    in a transaction. The order is the same everywhere, so two writers cannot wait for each other in a
    circle.
    """
    known = known or {}
    accounts = list(
        Account.objects.select_for_update(of=("self",), no_key=True)
        .select_related("programme")
        .filter(id__in=account_ids, kind=Account.Kind.MEMBER)
        .order_by("id")
    )
    kept = {a.id: known[a.id] for a in accounts if a.id in known and known[a.id].version == a.version}
    accounts = [account for account in accounts if account.id not in kept]
    own = {programme: institutions(programme) for programme in {account.programme for account in accounts}}
    books = {
        account.id: Passbook(
            account.id, own[account.programme], account.balance or ZERO, account.owed, account.version
        )
        for account in accounts
    }
    for row in Lot.objects.filter(account_id__in=books, remaining__gt=0):
        books[row.account_id].lots[row.id] = open_lot(row)
    owing = [account.id for account in accounts if account.owed]
    if owing:
        open_debts = (
            Debt.objects.filter(account_id__in=owing)
            .values("account_id", "lot_id", "lot__funder_id")
            .annotate(points=Sum("points"))
            .exclude(points=0)
            .order_by("lot_id")
        )
        for debt in open_debts:
            book = books[debt["account_id"]]
            book.debts[debt["lot_id"]] = debt["points"]
            if debt["lot__funder_id"] is not None:
                book.creditors[debt["lot_id"]] = debt["lot__funder_id"]
    return books | kept


class StoredLot(Protocol):
    """A lot as it was read, by the ORM or in a statement."""

    @property
    def id(self) -> UUID: ...
    @property
    def account_id(self) -> UUID: ...
    @property
    def transfer_id(self) -> UUID: ...
    @property
    def points(self) -> Decimal: ...
    @property
    def remaining(self) -> Decimal: ...
    @property
    def earned_at(self) -> datetime: ...
    @property
    def active_from(self) -> datetime | None: ...
    @property
    def expires_at(self) -> datetime | None: ...
    @property
    def terms(self) -> Any: ...
    @property
    def funder_id(self) -> UUID | None: ...
    @property
    def origin_id(self) -> UUID | None: ...
    @property
    def pending(self) -> bool: ...


def open_lot(row: StoredLot) -> OpenLot:
    """A stored lot as a passbook holds it."""
    return OpenLot(
        id=row.id,
        account_id=row.account_id,
        transfer_id=row.transfer_id,
        points=row.points,
        remaining=row.remaining,
        earned_at=row.earned_at,
        active_from=row.active_from,
        expires_at=row.expires_at,
        terms=row.terms,
        funder_id=row.funder_id,
        origin_id=row.origin_id,
        pending=row.pending,
    )


# Single operations. Each must run in a transaction and locks the accounts it names.


def adjust(
    account: Account,
    points: Decimal,
    key: str,
    cause: Cause,
    terms: LotTerms | None = None,
    member_id: UUID | None = None,
) -> UUID:
    """Give (``points`` > 0) or deduct (``points`` < 0) by hand, and tell of it in the timeline of the member, or
    of the account's owner: the audit asks for that. Returns the transfer's id.

    Raises ``NotEnoughPoints`` when more is deducted than can be spent at ``cause.at``.
    """
    book = lock([account.id])[account.id]
    told: dict[str, Any] = {}
    if points > 0:
        terms = terms or LotTerms(cause.at)
        told = {"expires_at": terms.expires_at and terms.expires_at.isoformat()}
        transfer_id = book.accrue(points, terms, key, cause, kind="adjust")
    else:
        inactivity.settle(book, account.programme, cause)
        uses = lot_rules.take(book, -points, cause.at)
        transfer_id = book.spend("adjust", book.institutions.issuance, uses, key, cause)
    post(book)
    owner = member_id or owner_of(account.pk)
    events.record(
        "points.adjusted", owner, cause.at, programme=account.programme.code, points=str(points),
        reason=cause.reason, transfer=str(transfer_id), **told,
    )  # fmt: skip
    return transfer_id


def exchange(
    source: Account,
    target: Account,
    points: Decimal,
    rate: Decimal,
    key: str,
    cause: Cause,
    terms: LotTerms,
) -> Decimal:
    """Turn points of one programme into points of another: ``rate`` target points for one source point.

    Points leave to the first programme's exchange account and come from the second's. Returns the
    points that arrived, rounded down to two places. Raises ``NotEnoughPoints``.
    """
    arriving = lot_rules.exchanged(points, rate)
    books = lock([source.id, target.id])
    giving, taking = books[source.id], books[target.id]
    inactivity.settle(giving, source.programme, cause)
    uses = lot_rules.take(giving, points, cause.at)
    giving.spend("exchange", giving.institutions.exchange, uses, f"{key}:out", cause)
    taking.accrue(arriving, terms, f"{key}:in", cause, kind="exchange", source=taking.institutions.exchange)
    post(giving, taking)
    return arriving
