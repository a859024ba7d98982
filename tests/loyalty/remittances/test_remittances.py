"""Points sent to another member: what is asked, what is told, and what becomes of lots, limits and returns."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import DatabaseError, IntegrityError, transaction

from foundation.refusals import Invalid, Refusal, Refused, TooMany
from foundation.violations import constraint_of
from loyalty.ledger import audit, balances, ledger
from loyalty.ledger.passbook import Cause, LotTerms
from loyalty.models import Holder, Lot, Remittance, Transfer
from loyalty.remittances import bounds, remittances, telling
from members.codes import approval
from members.models import Event, Member, new_id
from tests import factories
from tests.cabinet import post
from tests.laws.world import account_of, assert_books_balance
from tests.loyalty.remittances.sending import NOW, approved, holder, open_programme, send
from tests.races.selling import give_back, sell

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def box(settings: LazySettings) -> Any:
    with post.box(settings) as sent:
        yield sent


def two(points: str = "100", **fields: Any) -> tuple[Member, Member]:
    """A member who has points, and one who has none."""
    programme = open_programme(**fields)
    anna = factories.enrol(programme, points, phone="+4915112345678", first_name="Anna")
    boris = factories.enrol(programme, phone="+4915187654321", first_name="Boris")
    return anna, boris


def spendable(member: Member, at: datetime = NOW) -> D:
    return balances.of_account(account_of(member).id, at)[0]


def begin(anna: Member, to: str | None, points: str = "40", now: datetime = NOW, **more: Any) -> Remittance:
    return remittances.begin(
        holder(anna), to or "", D(points), more.get("note", ""), more.get("key", new_id()), now
    )


def refused(*args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as told:
        begin(*args, **kwargs)
    return told.value


# The steps


def test_points_go_from_one_member_to_the_other_once_the_code_was_right(box: list[post.Sent]) -> None:
    anna, boris = two(transfer_fee_percent=5)
    row = begin(anna, "0151 87654321", note="for the tea")
    [message] = box
    assert (message.to, "40" in message.text, "+49" in message.text) == (anna.phone, True, True)
    assert boris.first_name not in message.text

    remittances.approve(row, message.code, NOW)
    assert remittances.initial(row.receiver) == "B"
    sent = remittances.carry_out(row.id, anna, NOW)

    assert (spendable(anna), spendable(boris)) == (58, 40)
    assert (sent.phone, sent.fee) == ("+49•••••••••21", 2)
    assert list(Event.objects.filter(kind__startswith="points.").order_by("kind").values_list("kind", "member")) == [
        ("points.adjusted", anna.id), ("points.received", boris.id), ("points.sent", anna.id),
    ]  # fmt: skip
    kinds = Transfer.objects.filter(source=account_of(anna)).values_list("kind", "points", "target__kind")
    assert sorted(kinds) == [("fee", 2, "issuance"), ("transfer", 40, "member")]
    assert_books_balance()
    assert audit.audit().problems == []


def test_what_was_sent_is_sent_once_however_often_it_is_asked_for() -> None:
    anna, boris = two()
    row = approved(anna, boris, "40")

    answers = {remittances.carry_out(row.id, anna, NOW).transfer_id for _again in range(3)}

    assert len(answers) == 1
    assert spendable(boris) == 40


def test_the_same_form_twice_is_one_wish_and_one_code(box: list[post.Sent]) -> None:
    anna, boris = two()
    key = new_id()
    rows = {begin(anna, boris.phone, key=key, now=NOW + n * DAY / 1000).id for n in range(2)}
    assert (len(rows), len(box)) == (1, 1)

    other = begin(anna, boris.phone, "41", key=key, now=NOW + timedelta(minutes=2))

    assert other.id not in rows
    assert len(box) == 2


def test_a_number_that_nobody_has_is_answered_as_one_that_is_known_until_the_code_was_right(
    box: list[post.Sent],
) -> None:
    anna, boris = two()
    known, unknown = begin(anna, boris.phone), begin(anna, "+4915100000077", now=NOW + timedelta(minutes=1))
    assert [row.receiver_id for row in (known, unknown)] == [None, None]
    assert box[0].text.count("•") == box[1].text.count("•")

    with pytest.raises(Refused, match="Nobody here"):
        remittances.approve(unknown, box[1].code, NOW + timedelta(minutes=1))

    unknown.refresh_from_db()
    assert (unknown.phone, unknown.note, remittances.is_over(unknown)) == ("", "", True)
    for what in (
        lambda: remittances.send_code(unknown, NOW + timedelta(minutes=3)),
        lambda: remittances.approve(unknown, box[1].code, NOW + timedelta(minutes=3)),
    ):
        with pytest.raises(Refused, match="Nobody here"):
            what()
    assert len(box) == 2
    assert spendable(anna) == 100


@pytest.mark.parametrize("who", ["blocked", "erased", "elsewhere", "family"])
def test_somebody_who_cannot_be_sent_points_is_nobody(who: str, box: list[post.Sent]) -> None:
    anna, boris = two()
    if who == "erased":
        factories.erase(boris)
    elif who == "blocked":
        Member.objects.filter(id=boris.id).update(status=Member.Status.BLOCKED)
    elif who == "elsewhere":
        boris = factories.enrol(open_programme(), 0, phone="+4915100000077")
    else:
        Holder.objects.filter(member=boris).update(account=account_of(anna), role="holder")
    row = begin(anna, boris.phone)

    with pytest.raises(Refused, match="Nobody here"):
        remittances.approve(row, box[0].code, NOW)


def test_who_was_blocked_after_the_code_gets_nothing() -> None:
    anna, boris = two()
    row = approved(anna, boris, "40")
    Member.objects.filter(id=boris.id).update(status=Member.Status.BLOCKED)

    with pytest.raises(Refused, match="Nobody here"):
        remittances.carry_out(row.id, anna, NOW)

    assert spendable(anna) == 100


def test_a_code_is_for_one_thing_is_tried_five_times_and_works_once(box: list[post.Sent]) -> None:
    anna, boris = two()
    first = begin(anna, boris.phone)
    second = begin(anna, boris.phone, "41", now=NOW + timedelta(minutes=1))
    at = NOW + timedelta(minutes=1)
    with pytest.raises(Refused, match="not the code"):  # the first one's, which the second ended
        remittances.approve(second, box[0].code, at)
    with pytest.raises(Refused, match="not the code"):  # of the other wish
        remittances.approve(first, box[1].code, at)
    remittances.approve(second, box[1].code, at)
    with pytest.raises(Refused, match="over"):
        approval.prove(anna.id, f"remittance:{second.id}", box[1].code, at)

    third = begin(anna, boris.phone, "42", now=NOW + timedelta(minutes=3))
    at = NOW + timedelta(minutes=3)
    wrong = str((int(box[2].code) + 1) % 10**6).zfill(6)
    for _try in range(approval.MOST_TRIES):
        with pytest.raises(Refused, match="not the code"):
            remittances.approve(third, wrong, at)
    with pytest.raises(Refused, match="too often"):
        remittances.approve(third, box[2].code, at)


def test_an_approval_grows_old() -> None:
    anna, boris = two()
    row = approved(anna, boris, "40")

    with pytest.raises(Refused, match="too long"):
        remittances.carry_out(row.id, anna, NOW + remittances.APPROVED_FOR)

    assert spendable(anna) == 100


def test_numbers_are_not_tried_out_by_the_dozen(box: list[post.Sent]) -> None:
    anna, _boris = two()
    for n in range(approval.MOST_IN_HOUR):
        begin(anna, f"+49151000000{n:02d}", now=NOW + n * timedelta(minutes=1))
    told = refused(anna, "+4915100000098", now=NOW + timedelta(minutes=12))
    assert isinstance(told, TooMany)
    assert "minutes" in told.detail
    later = NOW + timedelta(hours=2)
    for n in range(remittances.MOST_NAMED - approval.MOST_IN_HOUR):
        begin(anna, f"+49151000001{n:02d}", now=later + n * timedelta(minutes=1))
    at = later + timedelta(hours=2)
    assert "tomorrow" in refused(anna, "+4915100000099", now=at).detail
    assert Remittance.objects.count() == remittances.MOST_NAMED


def test_numbers_that_nobody_has_count_among_those_that_are_named_in_a_day(box: list[post.Sent]) -> None:
    anna, _boris = two()
    for n in range(remittances.MOST_NAMED):
        at = NOW + n * timedelta(minutes=20)
        row = begin(anna, f"+49151000000{n:02d}", now=at)
        with pytest.raises(Refused, match="Nobody here"):
            remittances.approve(row, box[-1].code, at)
    told = refused(anna, "+4915100000099", now=NOW + timedelta(hours=12))
    assert isinstance(told, TooMany)
    assert "tomorrow" in told.detail


def test_what_was_not_sent_is_cleared_away(box: list[post.Sent]) -> None:
    anna, boris = two()
    begin(anna, "+4915100000077")
    sent = send(anna, boris, "5")

    begin(anna, boris.phone, now=NOW + 3 * DAY)

    assert Remittance.objects.filter(asked_at=NOW).get() == sent


# Who may, and how many


def test_where_it_is_not_switched_on_nothing_is_sent(box: list[post.Sent]) -> None:
    anna, boris = two(transfers=False)

    assert refused(anna, boris.phone).code == "not_allowed"
    with pytest.raises(Refused, match="cannot be sent"):
        remittances.carry_out(approved(anna, boris, "40").id, anna, NOW)
    assert not box


def test_only_the_owner_sends_points_of_a_shared_account(box: list[post.Sent]) -> None:
    anna, boris = two()
    Holder.objects.filter(member=boris).update(account=account_of(anna), role="holder")

    assert "owner" in refused(boris, "+4915100000077").detail


@pytest.mark.parametrize(
    ("to", "points", "field"),
    [("+4915112345678", "40", "to"), ("12", "40", "to"), ("+4915187654321", "0.5", "points"),
     ("+4915187654321", "101", "points")],
)  # fmt: skip
def test_a_wrong_wish_is_refused_beside_its_field_and_sends_no_code(
    to: str, points: str, field: str, box: list[post.Sent]
) -> None:
    anna, _boris = two()

    assert [fault.field for fault in refused(anna, to, points).faults] == [field]
    assert not box
    assert not Remittance.objects.exists()


def test_limits_of_a_transfer_a_day_and_a_month_say_why_and_what_is_left() -> None:
    """The programme's days: in Berlin the second of March begins an hour before it does in London."""
    anna, boris = two(
        "1000", transfer_most=50, transfer_most_day=80, transfer_most_month=150, time_zone="Europe/Berlin"
    )

    def told(points: str, now: datetime) -> str:
        with pytest.raises(Invalid) as refusal:
            send(anna, boris, points, now)
        return str(refusal.value.faults[0].detail)

    assert told("51", NOW) == "At most 50 at once."
    send(anna, boris, "50", NOW)
    assert told("30.01", NOW) == "You can send 30 more today."
    send(anna, boris, "30", NOW)
    assert "tomorrow" in told("1", NOW)
    night = datetime.fromisoformat("2026-03-02T23:30:00+00:00")  # it is the third of March there
    send(anna, boris, "50", night)
    assert told("21", night) == "You can send 20 more this month."
    send(anna, boris, "20", night)
    assert "this month" in told("1", night + DAY)
    send(anna, boris, "1", datetime.fromisoformat("2026-03-31T22:00:00+00:00"))
    assert spendable(boris) == 151


def test_the_database_holds_the_limits_too_whoever_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    anna, boris = two("1000", transfer_most_day=80, transfer_most_month=150)
    send(anna, boris, "50")
    monkeypatch.setattr(bounds, "require", lambda *_args: None)

    with pytest.raises(IntegrityError) as held, transaction.atomic():
        send(anna, boris, "31")

    assert constraint_of(held.value) == "remittance_within_limits"
    send(anna, boris, "30")


def test_what_was_sent_is_changed_and_deleted_by_nobody() -> None:
    anna, boris = two()
    row = send(anna, boris, "40", note="for the tea")
    mine = Remittance.objects.filter(id=row.id)

    for change in (
        lambda: mine.update(points=1),
        lambda: mine.update(transfer=None, sent_at=None),
        lambda: mine.update(note=""),  # unless somebody is erased
        mine.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_points_that_are_gone_by_then_are_not_sent() -> None:
    anna, boris = two()
    row = approved(anna, boris, "40")
    ledger.adjust(account_of(anna), D(-70), "d", Cause(NOW))

    with pytest.raises(Invalid, match="30"):
        remittances.carry_out(row.id, anna, NOW)


# Lots


def test_points_that_are_sent_keep_their_expiry_their_payer_and_what_they_may_be_spent_on() -> None:
    anna, boris = two("0")
    programme, account = holder(anna).programme, account_of(anna)
    brand = factories.PayerFactory(programme=programme)
    budget = ledger.budget_account(brand)
    book = ledger.lock([account.id])[account.id]
    soon, late = NOW + 5 * DAY, NOW + 90 * DAY
    for n, (expires, terms) in enumerate([(late, None), (soon, {"categories": ["tea"]})]):
        cause = Cause(NOW - DAY)
        book.accrue(D(30), LotTerms(NOW - DAY, None, expires, terms, budget), f"e{n}", cause, source=budget)
    ledger.post(book)

    send(anna, boris, "40")

    lots = Lot.objects.filter(account=account_of(boris)).order_by("expires_at")
    assert [(lot.points, lot.expires_at, lot.terms, lot.funder_id) for lot in lots] == [
        (30, soon, {"categories": ["tea"]}, budget),
        (10, late, None, budget),
    ]
    problems = [problem for problem in audit.audit().problems if problem.check != "transfer_has_its_cause"]
    assert [problem for problem in problems if "sent" in problem.check] == []


def test_points_that_wait_cannot_be_sent() -> None:
    anna, boris = two("10")
    factories.give_points(account_of(anna), 90, active_from=NOW + DAY)

    with pytest.raises(Invalid, match="You can send 10 at most"):
        send(anna, boris, "11")


def test_points_that_lapse_without_a_purchase_lapse_with_the_receiver_as_they_would_have_with_the_sender() -> (
    None
):
    shop = factories.open_shop(store="s", transfers=True, inactivity_days=30)
    anna = factories.enrol(shop.programme)
    factories.give_points(account_of(anna), 100, at=NOW - 20 * DAY)  # a purchase of today will keep them
    boris = factories.enrol(shop.programme, phone="+4915187654321")
    sell(anna, 1)

    send(anna, boris, "40", NOW + 15 * DAY)

    assert spendable(boris, NOW + 16 * DAY) == 40  # who never bought anything
    assert spendable(boris, NOW + 30 * DAY) == 40
    assert spendable(boris, NOW + 32 * DAY) == spendable(anna, NOW + 32 * DAY) == 0


def test_points_that_have_lapsed_are_not_there_to_be_sent() -> None:
    anna, boris = two(inactivity_days=30)

    with pytest.raises(Invalid, match="too few"):
        send(anna, boris, "40")


def test_points_that_come_to_somebody_who_owes_pay_the_debt_first() -> None:
    shop = factories.open_shop(store="s", transfers=True)
    factories.publish_campaign(shop.programme)
    anna, boris = (
        factories.enrol(shop.programme, 100),
        factories.enrol(shop.programme, phone="+4915187654321"),
    )
    first = sell(boris, 1).body["id"]
    sell(boris, 2, "100", redeem="max")
    give_back(first, "R", "all")
    owed = account_of(boris).owed
    assert owed > 0

    send(anna, boris, "40")

    assert account_of(boris).owed == 0
    assert spendable(boris) == 40 - owed
    assert_books_balance()
    assert audit.audit().problems == []


@pytest.mark.parametrize(("policy", "owed"), [("debt", 10), ("forgive", 0)])
@pytest.mark.parametrize("others", ["0", "4"])
def test_goods_come_back_whose_points_were_sent_on(policy: str, owed: int, others: str) -> None:
    """The programme's policy says what becomes of them; other points of the account go first. The receiver keeps
    what came."""
    shop = factories.open_shop(store="s", transfers=True, debt_policy=policy)
    factories.publish_campaign(shop.programme, factories.percent_of_receipt("10"))
    anna = factories.enrol(shop.programme, "0")
    boris = factories.enrol(shop.programme, phone="+4915187654321")
    receipt = sell(anna, 1).body["id"]
    send(anna, boris, "10")
    if D(others):
        factories.give_points(account_of(anna), others, at=NOW)

    back = give_back(receipt, "R", "all").body

    assert D(back["owed"]) == 10 - D(others)
    assert account_of(anna).owed == (owed and owed - D(others))
    assert (spendable(anna), spendable(boris)) == (0, 10)
    assert_books_balance()
    assert audit.audit().problems == []


# Telling


def test_both_read_of_it_and_neither_reads_more_of_the_other_than_they_may() -> None:
    anna, boris = two()
    send(anna, boris, "40", note="for the tea")
    [told] = telling.read([Transfer.objects.get(kind="transfer").id]).values()

    assert list(telling.describe(told, sender=True)) == ["To B…, +49•••••••••21", "for the tea"]
    assert list(telling.describe(told, sender=False)) == ["From Anna", "for the tea"]
