"""The family and the firm in the cabinet: invitations, rights, points that come along or stay, handouts and undoing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.html import strip_tags

from loyalty.ledger import balances
from loyalty.models import Employee, Handout, Holder, Invitation, Transfer
from loyalty.sharing import company, holders, invitations, lists
from loyalty.sharing.company import Part
from loyalty.sharing.rights import Rights
from members.models import Member
from tests import factories
from tests.cabinet.test_access import log_in
from tests.factories import Shop
from tests.laws.world import account_of, assert_books_balance, problems_of_the_books
from tests.races.selling import sell

FAMILY, FIRM = "/cabinet/club/family/", "/cabinet/club/company/"
NOW = datetime.now(UTC)


@pytest.fixture
def anna(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 100, phone="+4915112345678", first_name="Anna")


@pytest.fixture
def ben(shop: Shop) -> Member:
    return factories.enrol(shop.programme, 40, phone="+4915112345679", first_name="Ben")


def text(client: Client, path: str = FAMILY, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode().replace("<", " <")))


def invite(owner: Member, **said: str) -> Invitation:
    """The invitation that the owner makes on the page."""
    key = str(uuid4())
    for _click in range(2):
        answer = log_in(owner).post(
            f"{FAMILY}invite/", {"key": key, "role": "limited", "a_day": "25", **said}
        )
        assert answer.status_code == 302
    return Invitation.objects.get(key=UUID(key))


def link(invitation: Invitation) -> str:
    return f"/cabinet/club/invited/{invitation.token}/"


def join(owner: Member, other: Member, rights: Rights | None = None) -> None:
    holders.come(account_of(owner).id, other, rights or Rights(), NOW, bring=False)


def check() -> None:
    assert_books_balance()
    assert problems_of_the_books() == []


# Inviting and coming


@pytest.mark.parametrize("bring", ["yes", "no"])
def test_who_follows_the_link_is_asked_whether_the_points_come_along_and_comes_with_the_rights_given(
    anna: Member, ben: Member, bring: str
) -> None:
    invitation = invite(anna)
    browser = log_in(ben)
    page = text(browser, link(invitation))
    assert "Anna invites you to share an account" in page
    assert "may spend up to 25 points a day" in page
    assert "You have 40 points of your own" in page

    asked = browser.post(link(invitation), {"answer": "yes", "asked": "yes"})
    assert asked.status_code == 422
    assert "Say whether your points come along." in asked.content.decode()
    for _click in range(2):
        browser.post(link(invitation), {"answer": "yes", "asked": "yes", "bring": bring})

    held = Holder.objects.get(member=ben)
    assert (held.account_id, held.role, held.daily_limit) == (account_of(anna).id, "holder", 25)
    assert balances.of_account(held.account_id, NOW)[0] == (140 if bring == "yes" else 100)
    assert ("40 points wait there for you" in text(browser)) == (bring == "no")
    assert "today 25 more" in text(log_in(anna))
    check()


def test_an_invitation_with_a_phone_is_for_nobody_else_and_is_seen_by_who_has_it(
    shop: Shop, anna: Member, ben: Member
) -> None:
    invitation = invite(anna, phone="0151 12345679")
    carl = factories.enrol(shop.programme, phone="+4915112345680")
    assert invitation.phone == ben.phone

    refused = log_in(carl).post(link(invitation), {"answer": "yes"})
    assert refused.status_code == 422
    assert "another phone number" in refused.content.decode()
    assert "Anna invites you" in text(log_in(ben))
    assert "Anna invites you" not in text(log_in(carl))
    log_in(ben).post(link(invitation), {"answer": "no"})

    invitation.refresh_from_db()
    assert (invitation.state, invitation.phone) == ("declined", "")
    assert "is over" in text(log_in(ben), link(invitation), 404)


def test_an_invitation_says_the_same_whether_the_phone_is_known_or_not(anna: Member, ben: Member) -> None:
    browser = log_in(anna)
    said = [
        browser.post(f"{FAMILY}invite/", {"role": "spends", "phone": phone}, follow=True).content.decode()
        for phone in (ben.phone, "+4915112349999")
    ]
    plain = [re.sub(r'(value|content)="[^"]*"|\d\d', "", strip_tags(page)) for page in said]
    assert plain[0].count("The invitation is ready") == plain[1].count("The invitation is ready") == 1


def test_a_link_is_shown_to_who_is_not_logged_in_who_comes_back_to_it_after_the_code(
    anna: Member, ben: Member, sent: list[object]
) -> None:
    invitation = invite(anna)
    stranger = Client()
    page = stranger.get(link(invitation))
    assert "Anna invites you" in page.content.decode()
    assert f"/cabinet/club/enter/?invitation={invitation.token}" in page.content.decode()
    stranger.get(f"/cabinet/club/enter/?invitation={invitation.token}")
    stranger.post("/cabinet/club/enter/", {"to": ben.phone})

    answer = stranger.post("/cabinet/club/enter/code/", {"code": sent[-1].code})  # type: ignore[attr-defined]

    assert answer["Location"] == link(invitation)
    assert (
        stranger.post(link(invitation), {"answer": "yes"}).status_code == 302
    )  # nothing was asked: no is no answer
    assert account_of(ben) == account_of(anna)


def test_an_invitation_that_is_over_withdrawn_or_of_another_programme_lets_nobody_in(
    anna: Member, ben: Member
) -> None:
    late, gone = invite(anna), invite(anna)
    Invitation.objects.filter(pk=late.pk).update(ends_at=NOW - timedelta(seconds=1))
    assert log_in(ben).post(f"{FAMILY}withdraw/", {"invitation": str(gone.pk)}).status_code == 302
    gone.refresh_from_db()
    assert gone.state == "open"  # only who invites can
    log_in(anna).post(f"{FAMILY}withdraw/", {"invitation": str(gone.pk)})

    for one in (late, gone):
        assert log_in(ben).post(link(one), {"answer": "yes"}).status_code == 404
    factories.ProgrammeFactory(code="elsewhere")
    assert Client().get(f"/cabinet/elsewhere/invited/{invite(anna).token}/").status_code == 404
    assert account_of(ben) != account_of(anna)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"role": "limited", "a_day": ""}, "Say how many points a day"),
        ({"role": "limited", "a_day": "-5"}, "Say how many points a day"),
        ({"role": "limited", "a_day": "1e3"}, "Say how many points a day"),
        ({"role": "limited", "a_day": "0.001"}, "have 2 decimals"),
        ({"role": "limited", "a_day": "9" * 13}, "more points than anybody can have"),
        ({"role": "owner"}, "Choose what they may do."),
        ({"role": "spends", "phone": "12"}, "no phone number"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_what_was_typed_is_kept(
    anna: Member, said: dict[str, str], field: str
) -> None:
    answer = log_in(anna).post(f"{FAMILY}invite/", said)
    assert answer.status_code == 422
    assert field in answer.content.decode()
    for typed in said.values():
        assert typed in answer.content.decode() or typed == "owner"
    assert not Invitation.objects.exists()


# Rights, and going


def test_the_owner_changes_rights_hands_over_and_sends_away_and_is_told_what_becomes_of_the_points(
    shop: Shop, anna: Member, ben: Member
) -> None:
    join(anna, ben)
    carl = factories.enrol(shop.programme, phone="+4915112345680", first_name="Carl")
    join(anna, carl)
    browser = log_in(anna)
    browser.post(f"{FAMILY}rights/", {"member": str(ben.id), "role": "earns"})
    assert not Holder.objects.get(member=ben).may_redeem
    bad = browser.post(f"{FAMILY}rights/", {"member": str(ben.id), "role": "limited", "a_day": "x"})
    assert bad.status_code == 422

    away = f"{FAMILY}{ben.id}/send-away/"
    assert "The 100 points of the shared account stay with it" in text(browser, away)
    for _click in range(2):
        browser.post(away)
    assert account_of(ben) != account_of(anna)
    browser.post(f"{FAMILY}{carl.id}/hand-over/")

    assert Holder.objects.get(member=carl).role == "owner"
    assert browser.post(f"{FAMILY}{carl.id}/send-away/").status_code == 404  # anna is no owner any more
    assert "The 100 points of the shared account stay with it" in text(browser, f"{FAMILY}leave/")
    for _click in range(2):
        browser.post(f"{FAMILY}leave/", {"account": str(account_of(carl).id)})
    assert account_of(anna) != account_of(carl)
    assert balances.of_account(account_of(carl).id, NOW)[0] == 100
    check()


def test_who_is_no_owner_reaches_nothing_of_the_others(anna: Member, ben: Member) -> None:
    join(anna, ben)
    browser = log_in(ben)
    assert "Invite somebody" not in text(browser)
    for path in ("send-away", "hand-over"):
        assert browser.post(f"{FAMILY}{anna.id}/{path}/").status_code == 404
    assert browser.post(f"{FAMILY}rights/", {"member": str(anna.id), "role": "earns"}).status_code == 422
    assert browser.post(f"{FAMILY}invite/", {"role": "spends"}).status_code == 422
    assert Holder.objects.get(member=anna).role == "owner"
    assert not Invitation.objects.exists()


def test_the_history_says_who_of_the_family_did_what(shop: Shop, anna: Member, ben: Member) -> None:
    join(anna, ben)
    sell(ben, 1, redeem=Decimal(10))
    page = text(log_in(anna), "/cabinet/club/history/")
    assert re.search(r"· Ben\b", page)
    source = log_in(anna).get("/cabinet/club/history/").content.decode()
    receipt = re.search(r"/cabinet/club/history/[0-9a-f-]{36}/", source)
    assert receipt is not None
    assert "bought by Ben" in text(log_in(anna), receipt[0])
    assert not re.search(r"· Ben\b", text(log_in(ben), "/cabinet/club/history/"))


def test_a_form_that_comes_back_with_other_content_is_another_invitation(anna: Member) -> None:
    """Whoever goes back a page and invites somebody else is not told that it was done before."""
    browser, key = log_in(anna), str(uuid4())
    for said in (
        {"role": "spends"},
        {"role": "spends"},
        {"role": "earns"},
        {"role": "spends", "phone": "0151 12345679"},
    ):
        assert browser.post(f"{FAMILY}invite/", {"key": key, **said}).status_code == 302
    told = Invitation.objects.order_by("id").values_list("may_redeem", "phone")
    assert list(told) == [(True, ""), (False, ""), (True, "+4915112345679")]


# The firm


@pytest.fixture
def firm(anna: Member, ben: Member) -> Employee:
    """Anna manages a firm; Ben works there."""
    company.make(account_of(anna).id, "Roasters")
    return company.employ(account_of(anna).id, ben, NOW)


def test_a_manager_hands_points_to_one_and_takes_back_what_is_not_spent_within_a_day(
    anna: Member, ben: Member, firm: Employee
) -> None:
    browser, key = log_in(anna), str(uuid4())
    for _click in range(2):
        browser.post(f"{FIRM}hand/", {"key": key, "employee": str(firm.pk), "points": "30,5"})
    assert balances.of_account(account_of(ben).id, NOW)[0] == Decimal("70.50")
    assert "handed out by the firm: roasters" in text(log_in(ben), "/cabinet/club/history/").lower()
    sell(ben, 1, redeem=Decimal(60))  # 40 of his own and 20 that were handed out, or the other way round

    handout = Handout.objects.get()
    for _click in range(2):
        browser.post(f"{FIRM}undo/", {"handout": str(handout.pk)})

    handout.refresh_from_db()
    back = handout.lines.get().back
    assert handout.undone_at is not None
    assert 0 < back <= Decimal("10.50")
    assert balances.of_account(account_of(anna).id, NOW)[0] == Decimal("69.50") + back
    assert balances.of_account(account_of(ben).id, NOW)[0] == Decimal("10.50") - back
    assert Transfer.objects.filter(kind="move").count() == 2
    check()


def test_a_handout_that_comes_back_with_other_points_is_refused_once_and_then_another(
    anna: Member, firm: Employee
) -> None:
    browser, said = log_in(anna), {"key": str(uuid4()), "employee": str(firm.pk), "points": "30"}
    browser.post(f"{FIRM}hand/", said)
    refused = browser.post(f"{FIRM}hand/", said | {"points": "20"})
    assert refused.status_code == 422
    assert "sent before with other content" in refused.content.decode()
    form = refused.content.decode().split(f'action="{FIRM}hand/"')[1]
    key = re.search(r'name="key" value="([^"]+)"', form)
    assert key is not None
    assert browser.post(f"{FIRM}hand/", said | {"points": "20", "key": key[1]}).status_code == 302
    assert [one.points for one in Handout.objects.order_by("id")] == [30, 20]


def test_a_handout_of_yesterday_stays(anna: Member, firm: Employee) -> None:
    handout = company.hand_out(
        account_of(anna).id, anna, [Part(firm.pk, Decimal(5))], uuid4(), NOW - timedelta(hours=25)
    )
    answer = log_in(anna).post(f"{FIRM}undo/", {"handout": str(handout.pk)}, follow=True)
    assert "that day is over" in answer.content.decode()
    handout.refresh_from_db()
    assert handout.undone_at is None


def test_a_file_is_shown_with_its_totals_and_faults_before_anything_is_done(
    shop: Shop, anna: Member, ben: Member, firm: Employee
) -> None:
    carl = factories.enrol(shop.programme, phone="+4915112345680", first_name="Carl")
    company.employ(account_of(anna).id, carl, NOW)
    card = carl.cards.get().number
    rows = (
        "Phone;Points",
        "0151 12345679;30",
        f"{card};12,5",
        "+4915112349999;7",
        f"{ben.phone};1",
        f"{carl.phone};x",
    )
    content = "\n".join(rows)
    browser = log_in(anna)
    page = browser.post(f"{FIRM}file/", {"file": SimpleUploadedFile("points.csv", content.encode())})
    shown = re.sub(r"\s+", " ", strip_tags(page.content.decode()))
    assert "42.50 points for 2 employees, of 100 that there are." in shown
    assert "Then 57.50 are left." in shown
    assert "3 rows are wrong" in shown
    assert "Nobody who works for the firm is known so" in shown
    assert not Handout.objects.exists()

    parts = re.search(r'name="parts" value="([^"]+)"', page.content.decode())
    key = re.search(r'name="key" value="([^"]+)"', page.content.decode())
    assert parts is not None
    assert key is not None
    for _click in range(2):
        browser.post(f"{FIRM}hand-many/", {"parts": parts[1], "key": key[1]})

    assert Handout.objects.get().points == Decimal("42.50")
    assert balances.of_account(account_of(carl).id, NOW)[0] == Decimal("12.50")
    forged = browser.post(f"{FIRM}hand-many/", {"parts": parts[1][:-2] + "xx"})
    assert forged.status_code == 422
    check()


def test_a_file_may_name_employees_by_the_firm_s_own_numbers_each_of_which_is_one_s(
    shop: Shop, anna: Member, ben: Member, firm: Employee
) -> None:
    carl = company.employ(account_of(anna).id, factories.enrol(shop.programme, first_name="Carl"), NOW)
    browser, path = log_in(anna), f"{FIRM}number/"
    assert browser.post(path, {"employee": str(firm.pk), "code": "A-17"}).status_code == 302
    refused = browser.post(path, {"employee": str(carl.pk), "code": "a-17"})
    assert refused.status_code == 422
    assert "Another employee has this number." in refused.content.decode()
    assert browser.post(path, {"employee": str(carl.pk), "code": "x" * 65}).status_code == 422
    assert browser.post(path, {"employee": "77777", "code": "x"}).status_code == 422
    assert log_in(ben).post(path, {"employee": str(firm.pk), "code": "B"}).status_code == 422

    sheet = lists.read(b"a-17;3", account_of(anna).id, shop.programme)
    assert [part.employee_id for part in sheet.parts] == [firm.pk]


def test_the_card_says_what_is_left_of_the_day(anna: Member, ben: Member) -> None:
    join(anna, ben, Rights(True, Decimal(20)))
    assert "Of this shared account you can spend 20 more today." in text(log_in(ben), "/cabinet/club/")
    assert "more today" not in text(log_in(anna), "/cabinet/club/")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file has no rows"),
        (b"PK\x03\x04", "This is a workbook"),
        (b"x" * 600_000, "larger than 500 KB"),
        (b"a;1\n" * 1001, "more than 1000 rows"),
    ],
)
def test_a_file_that_will_not_do_is_refused_with_the_way_out(
    anna: Member, firm: Employee, content: bytes, said: str
) -> None:
    answer = log_in(anna).post(f"{FIRM}file/", {"file": SimpleUploadedFile("x.csv", content)})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert log_in(anna).post(f"{FIRM}file/").status_code == 422


@pytest.mark.parametrize("points", ["0", "-3", "", "1e2", "0.001", "101", "NaN"])
def test_what_cannot_be_handed_out_is_said_beside_the_field(
    anna: Member, firm: Employee, points: str
) -> None:
    answer = log_in(anna).post(f"{FIRM}hand/", {"employee": str(firm.pk), "points": points})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.content.decode()
    assert not Handout.objects.exists()


def test_nobody_but_managers_hands_out_and_nobody_but_employees_gets_anything(
    shop: Shop, anna: Member, ben: Member, firm: Employee
) -> None:
    carl = factories.enrol(shop.programme, phone="+4915112345680")
    key = str(uuid4())
    assert (
        log_in(carl).post(f"{FIRM}hand/", {"key": key, "employee": str(firm.pk), "points": "1"}).status_code
        == 422
    )
    assert log_in(ben).post(f"{FIRM}undo/", {"handout": str(uuid4())}).status_code == 302
    assert "You manage no firm" in text(log_in(ben), FIRM)
    join(anna, carl, Rights(True, Decimal(5)))
    assert "You manage no firm" in text(log_in(carl), FIRM)
    assert log_in(anna).post(f"{FIRM}hand/", {"employee": "999999", "points": "1"}).status_code == 422
    log_in(ben).post(f"{FIRM}dismiss/", {"account": str(account_of(anna).id), "employee": str(firm.pk)})
    assert log_in(anna).post(f"{FIRM}hand/", {"employee": str(firm.pk), "points": "1"}).status_code == 422
    assert not Handout.objects.exists()


def test_an_employee_comes_by_invitation_and_keeps_an_account_of_their_own(
    shop: Shop, anna: Member, firm: Employee
) -> None:
    carl = factories.enrol(shop.programme, phone="+4915112345680", first_name="Carl")
    log_in(anna).post(f"{FIRM}invite/", {"phone": carl.phone})
    invitation = Invitation.objects.get()
    assert "Roasters hands points to its people" in text(log_in(carl), link(invitation))
    log_in(carl).post(link(invitation), {"answer": "yes"})
    assert account_of(carl) != account_of(anna)
    assert [one.member for one in company.employees(account_of(anna).id)].count(carl) == 1
    assert "Roasters" in text(log_in(carl))
    assert invitations.to_member(carl, shop.programme.pk, NOW) == []
