"""Sweeps: what is due leaves the books once, whoever runs them and how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from loyalty.ledger import audit, inactivity, ledger, sweep
from loyalty.ledger.passbook import Cause
from loyalty.models import Account, Lot, LotUse, Receipt, SweepBatch, Transfer
from members.models import Event, new_id
from members.timeline import events
from members.timeline.events import EventRow, Subscribers
from tests import factories
from tests.factories import START, ProgrammeFactory, enrol, give_points

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
PAST = NOW - timedelta(seconds=1)
LATER = NOW + timedelta(days=30)


def make_account(programme: Any = None) -> Account:
    programme = programme or ProgrammeFactory()
    return ledger.open_account(enrol(programme), programme)


def balance(account: Account) -> Decimal:
    account.refresh_from_db()
    assert account.balance is not None
    return account.balance


def test_an_expired_lot_is_emptied_and_the_account_shows_what_remains() -> None:
    account = make_account()
    give_points(account, "30.50", expires_at=PAST)
    give_points(account, "12", expires_at=LATER)
    give_points(account, "7")
    version = Account.objects.get(id=account.id).version

    tally = sweep.expire(NOW)

    assert (tally.batches, tally.accounts, tally.lots, tally.points) == (1, 1, 1, Decimal("30.50"))
    assert balance(account) == Decimal("19.00")
    assert account.version == version + 1
    transfer = Transfer.objects.get(kind="expire")
    assert transfer.source == account
    assert transfer.target.kind == "expiry"
    assert transfer.target.programme == account.programme
    assert (transfer.points, transfer.source_balance, transfer.target_balance) == (
        Decimal("30.50"), Decimal("19.00"), None,
    )  # fmt: skip
    assert (transfer.at, transfer.key) == (NOW, f"expire:{account.id}:{version + 1}")
    assert transfer.id.version == 7
    lot = Lot.objects.get(expires_at=PAST)
    assert lot.remaining == 0
    assert [(use.lot_id, use.points) for use in transfer.uses.all()] == [(lot.id, Decimal("30.50"))]
    assert not SweepBatch.objects.exists()


def test_several_lots_of_an_account_leave_in_one_transfer() -> None:
    account = make_account()
    for points in ("1", "2", "3.25"):
        give_points(account, points, expires_at=PAST)

    sweep.expire(NOW)

    transfer = Transfer.objects.get(kind="expire")
    assert transfer.points == Decimal("6.25")
    assert sorted(transfer.uses.values_list("points", flat=True)) == [1, 2, Decimal("3.25")]
    assert balance(account) == 0


def test_a_lot_lives_through_its_last_moment() -> None:
    account = make_account()
    give_points(account, 5, expires_at=NOW)

    assert sweep.expire(NOW) == sweep.Swept()
    assert balance(account) == 5
    assert sweep.expire(NOW + timedelta(microseconds=1)).points == 5


def test_only_what_remains_of_a_lot_expires() -> None:
    account = make_account()
    give_points(account, 10, expires_at=PAST)
    with transaction.atomic():
        ledger.adjust(account, Decimal(-4), "spent", Cause(START))

    assert sweep.expire(NOW).points == 6
    assert balance(account) == 0


def test_running_again_changes_nothing() -> None:
    account = make_account()
    give_points(account, 10, expires_at=PAST)
    sweep.expire(NOW)

    assert sweep.expire(NOW) == sweep.Swept()
    assert Transfer.objects.filter(kind="expire").count() == 1
    assert LotUse.objects.count() == 1
    assert Event.objects.filter(kind="points.expired").count() == 1


def test_points_given_back_to_an_expired_lot_expire_again() -> None:
    account = make_account()
    give_points(account, 10, expires_at=PAST)
    with transaction.atomic():
        book = ledger.lock([account.id])[account.id]
        lots = list(book.lots.values())
        held = book.spend("hold", book.institutions.hold, [(lots[0].id, Decimal(4))], "hold", Cause(START))
        ledger.post(book)
    assert sweep.expire(NOW).points == 6
    with transaction.atomic():
        book = ledger.lock([account.id])[account.id]
        lot = ledger.open_lot(Lot.objects.get())
        book.give_back(
            "release", book.institutions.hold, [(lot, Decimal(4))], "release", Cause(NOW), reverses_id=held
        )
        ledger.post(book)

    assert sweep.expire(NOW).points == 4
    assert balance(account) == 0
    assert {problem.check for problem in audit.audit().problems} == {"transfer_has_its_cause"}  # no receipt


def test_each_account_gets_an_event_of_its_owner() -> None:
    programme = ProgrammeFactory()
    member = enrol(programme)
    account = ledger.open_account(member, programme)
    give_points(account, "3.10", expires_at=PAST - timedelta(days=2))
    give_points(account, "1", expires_at=PAST)

    sweep.expire(NOW)

    event = Event.objects.get(kind="points.expired")
    assert (event.member, event.at, event.recorded_at) == (member, PAST, NOW)
    assert event.data == {
        "account": str(account.id),
        "transfer": str(Transfer.objects.get(kind="expire").id),
        "points": "4.10",
        "reason": "",
    }


def test_listeners_hear_of_expired_points(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[EventRow] = []
    monkeypatch.setattr(events, "_table", lambda: {"points.expired": Subscribers(now=(heard.append,))})
    accounts = [make_account() for _ in range(3)]
    for account in accounts:
        give_points(account, 2, expires_at=PAST)

    sweep.expire(NOW)

    assert {row.data["account"] for row in heard} == {str(account.id) for account in accounts}
    assert all(isinstance(row.at, datetime) and row.member_id for row in heard)


def test_batches_hold_whole_accounts_in_the_order_of_their_ids() -> None:
    accounts = [make_account() for _ in range(5)]
    for account in accounts:
        give_points(account, 1, expires_at=PAST)
        give_points(account, 1, expires_at=PAST)

    assert sweep.plan_expiry(NOW, lots_per_batch=4) == 3

    planned = list(SweepBatch.objects.order_by("accounts").values_list("accounts", flat=True))
    assert [len(batch) for batch in planned] == [2, 2, 1]
    assert [account for batch in planned for account in batch] == sorted(account.id for account in accounts)
    assert sweep.expire(NOW).batches == 3


def test_planning_twice_plans_once() -> None:
    give_points(make_account(), 1, expires_at=PAST)

    assert sweep.plan_expiry(NOW) == 1
    give_points(make_account(), 1, expires_at=PAST)
    assert sweep.plan_expiry(NOW) == 1
    assert SweepBatch.objects.count() == 1
    assert sweep.expire(NOW).accounts == 2


def test_a_batch_left_by_a_crash_is_decided_anew() -> None:
    gone, alive = make_account(), make_account()
    give_points(gone, 5, expires_at=PAST)
    give_points(alive, 5, expires_at=LATER)
    lots = Lot.objects.filter(account__in=[gone, alive]).values_list("id", flat=True)
    SweepBatch.objects.create(job="expire", accounts=sorted([gone.id, alive.id]), lots=list(lots))

    assert sweep.expire(NOW).points == 5
    assert (balance(gone), balance(alive)) == (0, 5)
    assert not SweepBatch.objects.exists()


def test_every_programme_has_its_own_expiry_account() -> None:
    accounts = [make_account(), make_account()]
    for account in accounts:
        give_points(account, 5, expires_at=PAST)

    sweep.expire(NOW)

    for account in accounts:
        target = Transfer.objects.get(source=account, kind="expire").target
        assert (target.kind, target.programme_id) == ("expiry", account.programme_id)


# A batch that fails


@pytest.fixture
def broken_first(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Exception], int], list[int]]:
    """Let the locking of batches fail a number of times with a database error."""

    def arrange(error: type[Exception], times: int) -> list[int]:
        calls: list[int] = []
        run = sweep.prepared.run

        def fail_at_first(sql: str, params: Any) -> Any:
            if sql == sweep.sweep_statements.LOCK:
                calls.append(1)
                if len(calls) <= times:
                    raise error("deadlock detected")
            return run(sql, params)

        monkeypatch.setattr(sweep.prepared, "run", fail_at_first)
        return calls

    return arrange


def test_a_batch_that_meets_a_deadlock_is_tried_again(broken_first: Any) -> None:
    give_points(make_account(), 5, expires_at=PAST)
    calls = broken_first(sweep.OperationalError, 2)

    assert sweep.expire(NOW).points == 5
    assert len(calls) == 3


def test_a_batch_that_cannot_be_written_does_not_keep_the_others(broken_first: Any) -> None:
    accounts = [make_account() for _ in range(3)]
    for account in accounts:
        give_points(account, 5, expires_at=PAST)
    sweep.plan_expiry(NOW, lots_per_batch=1)
    broken_first(DataError, 1)

    with pytest.raises(DataError):
        sweep.expire(NOW)

    assert sorted(balance(account) for account in accounts) == [0, 0, 5]
    assert not SweepBatch.objects.exists()
    assert sweep.expire(NOW).accounts == 1  # planned anew
    assert [balance(account) for account in accounts] == [0, 0, 0]


def test_batches_that_fail_together_are_tried_one_by_one() -> None:
    accounts = [make_account() for _ in range(9)]
    for account in accounts:
        give_points(account, 5, expires_at=PAST)
    wrong = max(accounts, key=lambda account: account.id)
    Account.objects.filter(id=wrong.id).update(balance=3)
    sweep.plan_expiry(NOW, lots_per_batch=1)

    with pytest.raises(IntegrityError, match="account_not_overspent"):
        sweep.expire(NOW)

    assert sorted(balance(account) for account in accounts) == [0] * 8 + [3]
    assert not SweepBatch.objects.exists()


@pytest.mark.parametrize(
    ("take", "seconds", "following"),
    [
        (1, 0.010, 2),  # quick: at most double
        (4, 0.040, 8),
        (8, 0.020, 8),  # the most
        (8, 0.080, 8),  # at the pace
        (6, 0.120, 4),  # slower: so many fewer
        (8, 5.000, 1),  # a stall: begin again
        (1, 5.000, 1),
        (1, 0.000, 2),
    ],
)
def test_a_transaction_does_as_many_batches_as_the_last_ones_time_allows(
    take: int, seconds: float, following: int
) -> None:
    assert sweep.next_take(take, seconds) == following


def test_an_account_whose_balance_is_wrong_is_not_made_negative() -> None:
    account = make_account()
    give_points(account, 5, expires_at=PAST)
    Account.objects.filter(id=account.id).update(balance=3)

    with pytest.raises(IntegrityError, match="account_not_overspent"):
        sweep.expire(NOW)

    assert balance(account) == 3
    assert not Transfer.objects.filter(kind="expire").exists()


# Activation


def test_activated_points_are_told_once_and_nothing_else_moves() -> None:
    account = make_account()
    give_points(account, "4.50", active_from=NOW)
    give_points(account, 2, active_from=PAST)
    give_points(account, 1, active_from=LATER)
    before = Account.objects.values().get(id=account.id)

    assert sweep.activate(NOW).points == Decimal("6.50")
    assert sweep.activate(NOW) == sweep.Swept()

    event = Event.objects.get(kind="points.activated")
    assert (event.at, event.recorded_at) == (NOW, NOW)
    assert event.data == {"account": str(account.id), "points": "6.50"}
    assert Account.objects.values().get(id=account.id) == before
    assert list(Lot.objects.filter(pending=True).values_list("active_from", flat=True)) == [LATER]


def test_nothing_is_told_of_pending_points_that_were_taken_back_or_expired_meanwhile() -> None:
    account = make_account()
    give_points(account, 4, active_from=PAST, expires_at=PAST)
    give_points(account, 4, active_from=PAST)
    Lot.objects.filter(expires_at=None).update(remaining=0)

    assert sweep.activate(NOW).lots == 2
    assert not Event.objects.filter(kind="points.activated").exists()
    assert not Lot.objects.filter(pending=True).exists()


def test_an_expired_lot_is_no_longer_pending() -> None:
    account = make_account()
    give_points(account, 4, active_from=LATER, expires_at=PAST)

    sweep.expire(NOW)

    assert not Lot.objects.get().pending
    assert sweep.activate(LATER) == sweep.Swept()


# Inactivity


@pytest.fixture
def sleepy() -> Any:
    """A programme whose points lapse after 90 days without a purchase."""
    return factories.open_shop(inactivity_days=90, time_zone="UTC")


def buy(
    shop: factories.Shop, account: Account, at: datetime, status: str = "completed", member: Any = None
) -> Receipt:
    return Receipt.objects.create(
        store=shop.store,
        programme=shop.programme,
        number=str(new_id()),
        member=member or account.holders.get(role="owner").member,
        account=account,
        status=status,
        purchased_at=at,
        recorded_at=at,
        total=1,
        discount=0,
        redeemed_points=0,
        redeemed_amount=0,
        to_pay=1,
        earned=0,
        outcome={},
    )


def days(number: int) -> timedelta:
    return timedelta(days=number)


def test_points_lapse_after_the_last_day_of_the_period(sleepy: Any) -> None:
    account = make_account(sleepy.programme)
    give_points(account, 8, at=START)
    last = datetime(2026, 4, 1, 23, 59, 59, tzinfo=UTC)  # 90 days after 1 January

    assert sweep.lapse(last) == sweep.Swept()
    assert sweep.lapse(last + timedelta(seconds=1)).points == 8
    assert balance(account) == 0
    transfer = Transfer.objects.get(kind="expire")
    assert transfer.reason == "inactivity"
    assert Event.objects.get(kind="points.expired").data["reason"] == "inactivity"
    assert sweep.lapse(LATER) == sweep.Swept()


def test_a_purchase_keeps_all_points_alive(sleepy: Any) -> None:
    account = make_account(sleepy.programme)
    give_points(account, 8, at=START)
    buy(sleepy, account, START + days(60))

    assert sweep.lapse(START + days(140)) == sweep.Swept()
    assert sweep.lapse(START + days(152)).points == 8


@pytest.mark.parametrize("status", ["cancelled", "returned"])
def test_a_purchase_that_was_undone_keeps_nothing_alive(sleepy: Any, status: str) -> None:
    account = make_account(sleepy.programme)
    give_points(account, 8, at=START)
    buy(sleepy, account, START + days(60), status=status)

    assert sweep.lapse(START + days(100)).points == 8


def test_the_purchase_of_any_holder_counts(sleepy: Any) -> None:
    account = make_account(sleepy.programme)
    give_points(account, 8, at=START)
    other = factories.HolderFactory(account=account, programme=sleepy.programme, role="holder")
    buy(sleepy, account, START + days(60), member=other.member)

    assert sweep.lapse(START + days(100)) == sweep.Swept()


def test_younger_points_outlive_the_older_ones(sleepy: Any) -> None:
    account = make_account(sleepy.programme)
    give_points(account, 8, at=START)
    give_points(account, 5, at=START + days(50))

    assert sweep.lapse(START + days(100)).points == 8
    assert balance(account) == 5


def test_programmes_without_the_rule_are_left_alone(sleepy: Any) -> None:
    account = make_account()
    give_points(account, 8, at=START)

    assert sweep.lapse(START + days(4000)) == sweep.Swept()


def test_a_purchase_settles_what_the_job_has_not_seen_yet(sleepy: Any) -> None:
    account = make_account(sleepy.programme)
    give_points(account, 8, at=START)
    give_points(account, 5, at=START + days(100))
    moment = START + days(120)

    with transaction.atomic():
        book = ledger.lock([account.id])[account.id]
        gone = inactivity.settle(book, sleepy.programme, Cause(moment))
        assert (gone, book.spendable(moment)) == (8, 5)
        ledger.post(book)
    receipt = buy(sleepy, account, moment)
    sums = {"discount": 0, "redeemed_points": 0, "redeemed_amount": 0, "to_pay": 1, "earned": 0}
    product = factories.ProductFactory(partner=sleepy.partner)
    receipt.lines.create(position=1, product=product, quantity=1, price=1, amount=1, **sums)
    factories.MemberFactsFactory(member=receipt.member, programme=sleepy.programme, purchases=1, spent=1)

    assert sweep.lapse(moment + days(1)) == sweep.Swept()
    assert balance(account) == 5
    assert audit.audit().problems == []


def test_sweeping_and_settling_take_the_same(sleepy: Any) -> None:
    """The pure rule of ``inactivity`` and the SQL of the sweep agree at every day's edge."""
    moments = [START + days(1) * n for n in (1, 30, 89, 90, 91, 92, 120, 150, 151, 152, 200)]
    account = make_account(sleepy.programme)
    for day in (0, 10, 61, 62):
        give_points(account, 1 + day, at=START + days(day))
    buy(sleepy, account, START + days(61))
    for moment in moments:
        book = ledger.lock([account.id])[account.id]
        expected = inactivity.settle(book, sleepy.programme, Cause(moment))
        sid = transaction.savepoint()
        assert sweep.lapse(moment).points == expected
        transaction.savepoint_rollback(sid)


def test_ids_made_in_the_database_are_ordered_by_time() -> None:
    with connection.cursor() as cursor:
        made = []
        for _ in range(3):
            cursor.execute(f"SELECT {sweep.sweep_statements.NEW_ID}, pg_sleep(0.003)")
            made.append(cursor.fetchone()[0])
    assert made == sorted(made)
    assert all(new.version == 7 and new.variant == "specified in RFC 4122" for new in made)
