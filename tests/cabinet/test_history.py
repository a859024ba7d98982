"""The history: every movement with its reason, by kind and period, on the page, as a table and on paper."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from cabinet import papers
from campaigns.checkout import movements
from campaigns.occasions import own_events, referrals, registration
from foundation import paper
from loyalty.ledger import adjustment, reversal, sweep
from loyalty.models import Account, Holder, Receipt
from members.models import Member
from members.registration import Newcomer
from members.timeline import events
from tests import factories
from tests.cabinet.test_access import log_in
from tests.cabinet.test_pages import HISTORY, NOW, read
from tests.factories import Shop
from tests.races.selling import NOW as SOLD
from tests.races.selling import give_back, sell

TABLE, PAPER = f"{HISTORY}table/", f"{HISTORY}paper/"
DAY = timedelta(days=1)


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 100, phone="+4915112345678", first_name="Anna")


def account(member: Member) -> Account:
    return Holder.objects.select_related("account__programme").get(member=member).account


def rows(member: Member, query: str = "", language: str = "en") -> list[list[str]]:
    """The table, its head too."""
    answer = log_in(member).get(TABLE + query, headers={"accept-language": language})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text), delimiter=";" if language == "ru" else ","))


def letters(member: Member, query: str = "", language: str = "en") -> str:
    """What is written on the paper."""
    answer = log_in(member).get(PAPER + query, headers={"accept-language": language})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def by_title(member: Member, query: str = "") -> dict[str, list[str]]:
    """The rows of the table by the name that they go under: kind, why, points."""
    return {row[2]: [row[1], row[3], row[4]] for row in rows(member, query)[1:]}


def of_event(event: str, *what: dict[str, Any]) -> dict[str, Any]:
    return {"what_for": {"of": "event", "event": event}, "what": list(what)}


FIVE, SEVEN = {"effect": "points_fixed", "points": "5"}, {"effect": "referrer_points", "points": "7"}


# Reasons


def test_own_events_referrals_and_tiers_tell_what_points_were_given_for(shop: Shop, anna: Member) -> None:
    factories.TierFactory(programme=shop.programme, code="gold", name="Gold", threshold=500)
    drafts = {"tiers": of_event("tier.reached", FIVE), "friends": of_event("member.registered", SEVEN),
              "theirs": of_event("friend.purchased", {"effect": "points_percent", "percent": "3"})}  # fmt: skip
    factories.publish_campaigns(shop.programme, drafts)
    own_events.reward_event(
        events.record("tier.reached", anna.id, SOLD, tier="gold", programme="club").id, SOLD
    )
    friend = Newcomer(phone="+4915100000077", first_name="Zoe", referral=anna.referral_code)
    registration.register(friend, shop.programme.id, SOLD)
    bought = sell(Member.objects.get(first_name="Zoe"), 1).body["id"]
    referrals.settle(UUID(bought), SOLD)
    give_back(bought, "b", 5)
    referrals.settle(UUID(bought), SOLD)

    told = [(row[1], row[3], row[4]) for row in rows(anna, "?kind=earned")[1:]]
    back = rows(anna, "?kind=returned")[1:]

    assert ("earned", "reached a tier: Gold; 5 points", "5.00") in [
        (what, re.sub(r"(?<=Gold; ).*", "5 points", why), points) for what, why, points in told
    ]
    assert any(why.startswith("for bringing a friend") and points == "7.00" for _what, why, points in told)
    assert any(
        why.startswith("a friend bought something") and points == "3.00" for _what, why, points in told
    )
    assert [row[2:5] for row in back] == [
        ["Taken back, since what it was given for came back", "a friend bought something", "-1.50"]
    ]
    # who came, and what they bought where, is theirs
    assert "Zoe" not in read(anna, HISTORY)
    assert all(row[8] == "" for row in rows(anna)[1:])


def test_points_of_a_receipt_tell_their_campaign_and_the_stored_reason(shop: Shop, anna: Member) -> None:
    factories.publish_campaign(shop.programme, name="Five percent")
    sell(anna, "0042", redeem=Decimal(20))

    told = by_title(anna)

    assert told["Five percent"][0] == "earned"
    assert told["Five percent"][1] in read(anna, f"{HISTORY}{Receipt.objects.get().id}/")
    assert told["Paid with points"][1:] == ["They paid 20.00 of 100.00.", "-20.00"]
    assert read(anna, HISTORY).count("Five percent") == 1


def test_what_was_given_by_hand_tells_who_reverses_it_and_why(shop: Shop, anna: Member) -> None:
    given = adjustment.adjust(anna, account(anna), Decimal(9), "sorry for the cold soup", "k", SOLD, None)
    reversal.reverse(given.transfer_id, "the soup was hot", SOLD, None)

    told = by_title(anna)

    assert told["sorry for the cold soup"] == ["adjusted", "", "9.00"]
    assert told["What was entered by hand was reversed"] == ["taken back", "the soup was hot", "-9.00"]


def test_points_that_expired_tell_when_and_for_what_they_had_been_given(shop: Shop, anna: Member) -> None:
    factories.give_points(account(anna), 30, NOW - 40 * DAY, None, NOW - 2 * DAY)
    sweep.expire(NOW)

    (row,) = rows(anna, "?kind=expired")[1:]

    assert row[2] == "Their time was over"
    assert row[3].startswith("30 of ")
    assert row[4] == "-30.00"


def test_a_purchase_that_moved_no_points_is_in_the_history_too(shop: Shop, anna: Member) -> None:
    sell(anna, "0007")
    receipt = Receipt.objects.get()

    page = read(anna, HISTORY)

    assert "Purchase without points" in page
    assert f"{HISTORY}{receipt.id}/" in log_in(anna).get(f"{HISTORY}?kind=purchases").content.decode()
    assert rows(anna, "?kind=purchases")[1][2] == "№ 0007"
    assert "0007" in letters(anna, "?kind=purchases")
    assert "Purchase without points" not in read(anna, f"{HISTORY}?kind=earned")


def test_another_holders_purchases_are_in_the_history_of_the_account_and_strangers_are_not(
    shop: Shop, anna: Member
) -> None:
    child = factories.MemberFactory(phone="+4915100000008")
    Holder.objects.create(member=child, account=account(anna), programme=shop.programme, role="holder")
    stranger = factories.enrol(shop.programme, 0, phone="+4915100000009")
    for number, buyer in enumerate((anna, child, stranger, None)):
        sell(buyer, number)

    assert len(rows(anna, "?kind=purchases")) == 3
    assert len(rows(stranger, "?kind=purchases")) == 2


# Periods


def test_a_period_has_both_its_days_whole_by_the_programmes_clock(shop: Shop, anna: Member) -> None:
    shop.programme.time_zone = "Asia/Vladivostok"  # UTC+10
    shop.programme.save()
    mine = account(anna)
    for points, hours in ((1, -1), (2, 0), (3, 23), (4, 24)):
        factories.give_points(mine, points, NOW.replace(2026, 3, 9, 14, 0, 0, 0) + timedelta(hours=hours))

    found = [row[4] for row in rows(anna, "?since=2026-03-10&until=2026-03-10&kind=adjusted")[1:]]

    assert found == ["3.00", "2.00"]
    assert "2026-03-10" in log_in(anna).get(f"{HISTORY}?since=2026-03-10").content.decode()


@pytest.mark.parametrize("period", ["This month", "Last month", "90 days", "This year"])
def test_quick_periods_are_links_to_days(anna: Member, period: str) -> None:
    browser = log_in(anna)
    link = re.search(rf'href="([^"]*)"\s*>{period}<', browser.get(HISTORY).content.decode())
    assert link is not None

    page = browser.get(HISTORY + link[1].replace("&amp;", "&")).content.decode()

    assert re.search(rf'aria-current="true">{period}<', page)


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("since=yesterday", "Write a day like 2026-03-31."),
        ("until=2026-02-30", "Write a day like 2026-03-31."),
        ("since=" + "9" * 3000, "Write a day like 2026-03-31."),
        ("since=2026-03-02&until=2026-03-01", "The last day is before the first"),
    ],
)
def test_days_that_are_none_are_said_beside_their_field_and_stay_as_typed(
    anna: Member, query: str, fault: str
) -> None:
    browser = log_in(anna)
    answer = browser.get(f"{HISTORY}?{query}")
    page = answer.content.decode()

    assert answer.status_code == 422
    assert fault in page
    assert query.split("=")[-1] in page
    for path in (TABLE, PAPER):
        back = browser.get(f"{path}?{query}")
        assert (back.status_code, back["Location"].split("?")[0]) == (302, HISTORY)


@pytest.mark.parametrize(
    "query", ["since=0001-01-01", "until=9999-12-31", "since=0001-01-01&until=9999-12-31"]
)
def test_days_at_the_ends_of_the_calendar_are_days(anna: Member, query: str) -> None:
    assert "then 100" in read(anna, f"{HISTORY}?{query}")


# To take away


def test_the_table_is_what_is_shown_in_the_readers_spreadsheet(shop: Shop, anna: Member) -> None:
    adjustment.adjust(anna, account(anna), Decimal("-1.50"), "=cmd|' /C calc'!A0", "k", SOLD, None)

    english, russian = rows(anna), rows(anna, language="ru")

    assert english[1][2:5] == ["'=cmd|' /C calc'!A0", "", "-1.50"]
    assert english[1][5] == "98.50"
    assert russian[1][4:6] == ["-1,50", "98,50"]
    assert russian[0][0] == "День"
    assert [len(row) for row in english] == [9] * 3


def test_the_paper_has_the_readers_letters_and_the_card(anna: Member) -> None:
    adjustment.adjust(anna, account(anna), Decimal(5), "подарок 🙂 за отзыв, 5 ₽", "k", SOLD, None)
    Member.objects.filter(id=anna.id).update(first_name="Анна")

    written = letters(anna, language="ru")

    assert "подарок □ за отзыв, 5 ₽" in written
    assert "Анна" in written
    assert anna.cards.get().number in written


def test_nothing_to_show_is_a_paper_too(anna: Member) -> None:
    assert "Nothing here yet." in letters(anna, "?kind=spent")
    assert len(rows(anna, "?kind=spent")) == 1


def test_a_paper_of_many_movements_holds_the_newest_and_says_so(
    anna: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(papers, "ON_PAPER", 60)
    mine = account(anna)
    for number in range(70):
        factories.give_points(mine, 1, NOW - number * DAY)

    written = letters(anna)

    assert "Only the newest 60" in written
    assert "Page 2" in written
    assert written.count("+1 ") + written.count("+1\n") >= 59


def test_a_long_table_is_read_in_parts_of_the_same_few_statements(
    anna: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cabinet.shown.AT_ONCE", 10)
    mine = account(anna)
    for number in range(25):
        factories.give_points(mine, 1, NOW - number * DAY)
    browser = log_in(anna)
    answer = browser.get(TABLE)

    with CaptureQueriesContext(connection) as asked:
        parts = list(answer.streaming_content)  # type: ignore[attr-defined]

    assert len(parts) == 4  # the head, and 26 movements in tens
    assert len(asked) <= 1 + 3 * 2


@pytest.mark.parametrize("text", ["x" * 5000, "слово " * 500, "a\tb\r\nc\u200d\u202f\x00", "🙂" * 700, ""])
def test_a_paper_holds_any_text(text: str) -> None:
    made = paper.table(
        text, [text], [paper.Column(text, 90), paper.Column("n", 90, True)], [(text, text)] * 3
    )

    assert PdfReader(io.BytesIO(made)).pages


def test_every_kind_of_movement_has_words_of_its_own_or_its_kinds() -> None:
    silent = set(movements.Kind) - set(movements._WHY)

    assert silent == {
        movements.Kind.ACCRUE,
        movements.Kind.ADJUST,
    }  # these always have a reason: a campaign's, or one typed
