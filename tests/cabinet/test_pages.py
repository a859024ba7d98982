"""What members read on the first page, in the history and on receipts; and what a phone keeps of it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import LazySettings, settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django.utils.html import strip_tags

from cabinet import installable
from campaigns.checkout import movements
from loyalty.ledger import balances, statement
from loyalty.models import Holder, Programme, Receipt, Transfer
from loyalty.shops import places
from members import consents
from members.models import Consent, Member
from tests import factories
from tests.cabinet.test_access import ARGS, OWN, POSTS, log_in
from tests.factories import Shop
from tests.races.selling import give_back, sell

HOME, HISTORY = "/cabinet/club/", "/cabinet/club/history/"
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 100, phone="+4915112345678", first_name="Anna")


def read(member: Member, path: str = HOME) -> str:
    """The page as it is read: its texts."""
    answer = log_in(member).get(path)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode().replace("<", " <")))


def account(member: Member) -> Holder:
    return Holder.objects.select_related("account", "programme").get(member=member)


# Points


def test_points_that_lapse_without_a_purchase_are_told_with_their_day_and_those_that_lapsed_are_gone(
    shop: Shop,
) -> None:
    programme = shop.programme
    programme.inactivity_days = 30
    programme.save()
    member = factories.enrol(programme, phone="+4915100000005")
    mine = account(member).account
    factories.give_points(mine, 70, NOW - 40 * DAY, None, NOW + 300 * DAY)
    factories.give_points(mine, 11, NOW - 10 * DAY)

    page = read(member)

    lapse = statement.ahead(mine.id, places.scheme(programme.id).zone, 30, NOW).lapse
    assert lapse is not None
    assert lapse.points == 11
    assert lapse.at == (NOW - 10 * DAY).astimezone(places.scheme(programme.id).zone).date() + timedelta(
        days=30
    )
    assert "If you buy nothing 11 lapse after" in page
    assert "11 points that you can spend" in page
    assert "Expires next" not in page
    assert not re.search(r"\b70\b", page)


@pytest.mark.parametrize("days", [None, 5, 15])
def test_the_first_page_counts_points_as_the_till_does(shop: Shop, days: int | None) -> None:
    programme = shop.programme
    programme.inactivity_days = days
    programme.save()
    mine = account(factories.enrol(programme)).account
    for points, earned, active, expires in (
        (1, 20, None, None), (2, 10, None, 3), (4, 10, 2, 9), (8, 3, -1, None), (16, 20, None, -1), (32, 3, 2, None),
    ):  # fmt: skip
        begins, ends = (None if one is None else NOW + one * DAY for one in (active, expires))
        factories.give_points(mine, points, NOW - earned * DAY, begins, ends)

    ahead = statement.ahead(mine.id, places.scheme(programme.id).zone, days, NOW)

    assert (ahead.spendable, ahead.pending) == balances.of_account(mine.id, NOW)
    assert (ahead.lapse is None) == (days is None)


def test_points_of_a_programme_with_a_fraction_have_it_and_those_without_have_none(shop: Shop) -> None:
    whole = factories.enrol(shop.programme, 1234567, phone="+4915100000006")
    part = factories.enrol(shop.programme, "12.50", phone="+4915100000007")

    assert '<strong data-length="9">1,234,567</strong>' in log_in(whole).get(HOME).content.decode()
    assert '<strong data-length="5">12.50</strong>' in log_in(part).get(HOME).content.decode()


def test_a_holder_who_may_not_spend_is_told_so(shop: Shop, anna: Member) -> None:
    child = factories.MemberFactory(phone="+4915100000008")
    shared = account(anna)
    Holder.objects.create(
        member=child, account=shared.account, programme=shop.programme, role="holder", may_redeem=False
    )
    sell(anna, 1)
    receipt = Receipt.objects.get()

    page = read(child)

    assert "100" in page
    assert "points on the account that you share" in page
    assert "Spending them is its owner’s matter" in page
    assert "that you can spend" not in page
    assert "bought by Anna" in read(child, f"{HISTORY}{receipt.id}/")
    assert "that you can spend" in read(anna)


def test_the_first_page_asks_the_database_at_most_eight_times(
    shop: Shop, anna: Member, django_assert_max_num_queries: object
) -> None:
    for code, threshold in (("bronze", 0), ("gold", 500)):
        factories.TierFactory(programme=shop.programme, code=code, threshold=threshold)
    for number in range(5):
        sell(anna, number)
    browser = log_in(anna)
    browser.get(HOME)  # what a process keeps

    with django_assert_max_num_queries(8):  # type: ignore[operator]
        assert browser.get(HOME).status_code == 200


def test_the_history_asks_no_more_for_thirty_movements_than_for_three(
    anna: Member, django_assert_max_num_queries: object
) -> None:
    mine = account(anna).account
    for number in range(40):
        factories.give_points(mine, 1, NOW - number * DAY, None, NOW + DAY)
    browser = log_in(anna)

    with django_assert_max_num_queries(7):  # type: ignore[operator]
        assert browser.get(HISTORY).content.decode().count("good until") == 30


# History and receipts


def test_every_kind_of_movement_can_be_looked_at_alone() -> None:
    shown = [kind for _name, kinds in movements.GROUPS.values() for kind in kinds]

    assert sorted(shown) == sorted(Transfer.Kind.values)


def test_points_that_goods_brought_and_that_went_back_with_them_say_so(shop: Shop, anna: Member) -> None:
    factories.publish_campaign(shop.programme)
    told = sell(anna, 1)
    give_back(told.body["id"], "b1", 4)

    page = read(anna, HISTORY)

    assert "Goods came back: what they had brought" in page
    assert "−2" in page
    assert "then 103" in page
    receipt = read(anna, f"{HISTORY}{told.body['id']}/")
    assert "10 × 10.00" in receipt
    assert "came back" in receipt


def test_a_purchase_that_is_held_let_go_or_cancelled_has_its_page(shop: Shop, anna: Member) -> None:
    factories.publish_campaign(shop.programme)
    held = sell(anna, 1, redeem=Decimal(20), state="held")
    whole = sell(anna, 2)
    give_back(whole.body["id"], "b2", "all")

    for receipt in Receipt.objects.all():
        assert "Line by line" in read(anna, f"{HISTORY}{receipt.id}/")
    assert "Set aside for an order" in read(anna, f"{HISTORY}?kind=spent")
    assert UUID(held.body["id"])


def test_what_nobody_bought_as_a_member_is_nobodys_receipt(shop: Shop, anna: Member) -> None:
    sell(None, 1)

    assert log_in(anna).get(f"{HISTORY}{Receipt.objects.get().id}/").status_code == 404


@pytest.mark.parametrize(
    "asked", ["page=999999", "page=-1", "page=x", "kind=nothing", "kind=spent&page=" + "9" * 5000]
)
def test_a_page_that_is_not_there_is_the_nearest(anna: Member, asked: str) -> None:
    assert log_in(anna).get(f"{HISTORY}?{asked}").status_code == 200


# Addresses, and what is kept


def test_pages_tell_their_head_and_take_no_other_method(anna: Member) -> None:
    browser = log_in(anna)
    for name in set(OWN) - POSTS - set(ARGS) - {"receipt"}:
        path = reverse(f"cabinet:{name}", args=["club"])
        assert browser.head(path).status_code == 200, name
        assert browser.put(path).status_code == browser.delete(path).status_code == 405, name
    for name in ("enter", "manifest", "worker", "offline"):
        assert Client().head(reverse(f"cabinet:{name}", args=["club"])).status_code == 200, name


def test_no_page_is_kept_on_the_way_and_none_opens_a_session(anna: Member) -> None:
    browser = log_in(anna)
    browser.post("/cabinet/club/me/name/", {"first_name": "Anna", "language": "en"})
    for path in (HOME, HISTORY, "/cabinet/club/me/", "/cabinet/club/offline/"):
        answer = browser.get(path)
        assert "no-store" in answer["Cache-Control"], path
    for path in ("worker.js", "app.webmanifest"):
        assert "no-cache" in browser.get(HOME + path)["Cache-Control"], path
    assert "sessionid" not in browser.cookies


def test_the_page_without_a_network_keeps_nobodys_messages(anna: Member) -> None:
    browser = log_in(anna)
    browser.post("/cabinet/club/me/name/", {"first_name": "Anna", "language": "en"})

    assert "Saved." not in browser.get("/cabinet/club/offline/").content.decode()
    assert "Saved." in browser.get("/cabinet/club/me/").content.decode()


def test_the_worker_keeps_the_card_alone_and_has_one_version_in_all_processes(anna: Member) -> None:
    text = log_in(anna).get(f"{HOME}worker.js").content.decode()
    found = re.search(r"const KNOWN = (\{.*\});", text)
    assert found is not None
    known = json.loads(found[1])

    assert known["home"] == HOME
    assert known["wayIn"] == "/cabinet/club/enter/"
    assert not any("history" in part or "/me/" in part for part in [*known["parts"], known["offline"]])
    assert re.fullmatch(r"[0-9a-f]{12}", known["version"])
    parts = installable._parts(Programme.objects.get(code="club"))
    assert known["version"] == installable._version(parts)
    with translation.override("ru"):
        assert installable._version(parts) != known["version"]


# About me


@pytest.mark.parametrize(
    "said",
    [
        {"purpose": "marketing", "channel": "", "granted": "yes"},
        {"purpose": "profiling", "channel": "sms", "granted": "yes"},
        {"purpose": "processing", "channel": "", "granted": "no"},
        {"purpose": "marketing", "channel": "sms"},
        {"purpose": "x" * 5000, "channel": "🙂", "granted": "yes"},
        {},
    ],
)
def test_only_what_is_asked_is_noted(anna: Member, said: dict[str, str]) -> None:
    assert log_in(anna).post("/cabinet/club/me/consents/", said).status_code == 302
    assert not Consent.objects.exists()


def test_a_consent_that_is_given_twice_is_noted_once(anna: Member) -> None:
    browser, said = log_in(anna), {"purpose": "marketing", "channel": "email"}
    for granted in ("yes", "yes", "no", "no", "yes"):
        browser.post("/cabinet/club/me/consents/", said | {"granted": granted})

    assert consents.in_force(anna) == {"email": True}
    assert Consent.objects.count() == 3


@pytest.mark.parametrize("name", ["x" * 81, "x" * 100_000, "", "   "])
def test_a_name_that_is_too_long_or_none_is_said_beside_the_field(anna: Member, name: str) -> None:
    answer = log_in(anna).post("/cabinet/club/me/name/", {"first_name": name, "language": "en"})

    assert answer.status_code == 422
    anna.refresh_from_db()
    assert anna.first_name == "Anna"


def test_every_way_back_looks_the_same_and_is_as_high_as_a_finger() -> None:
    pages = list((Path(settings.BASE_DIR) / "templates" / "cabinet").glob("*.html"))
    ways = [way for page in pages for way in re.findall(r"<a ([^>]*)>← ", page.read_text(encoding="utf-8"))]
    assert len(ways) > 10
    assert [way for way in ways if not way.startswith('class="quiet" ')] == []


def test_the_language_that_a_member_chose_stays_in_the_browser(anna: Member, settings: LazySettings) -> None:
    browser = log_in(anna)
    answer = browser.post("/cabinet/club/me/name/", {"first_name": "Anna", "language": "ru"})

    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME]["max-age"]
    assert 'lang="ru"' in browser.get(HOME).content.decode()


def test_languages_are_called_by_their_own_names(anna: Member) -> None:
    page = Client().get("/cabinet/club/enter/", headers={"accept-language": "ru"}).content.decode()

    assert "English" in page
    assert "Русский" in page
