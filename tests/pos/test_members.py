"""Members through the API: found, registered, their statement, their codes."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from campaigns.models import Seller
from loyalty.ledger import ledger
from loyalty.models import Account, Programme
from loyalty.sharing import holders
from loyalty.sharing.rights import Rights
from members.codes import confirmation, identification
from members.models import Card, Code, Consent, Event, Member
from pos import answers
from tests import factories
from tests.pos.conftest import Api, coffee
from tests.pos.test_purchases import hold_to_contract

pytestmark = pytest.mark.django_db

ANNA = {"phone": "+79031112233", "first_name": "Anna", "last_name": "Kern"}


@pytest.fixture
def by_email(settings: Settings) -> None:
    settings.SMS_CHANNEL, settings.EMAIL_CHANNEL = "", "smtp"


def test_a_member_is_found_by_any_of_five_forms(api: Api, member: Member) -> None:
    card = Card.objects.get(member=member)
    forms = {
        "phone": "+7 916 123-45-45",
        "card": card.number,
        "email": "ANNA@example.org",
        "code": identification.issue(member, datetime.now(UTC)),
        "id": str(member.id),
    }
    for form, value in forms.items():
        body = api.post("members/lookup", {form: value})
        assert (api.status, body.get("id")) == (200, str(member.id)), form
        hold_to_contract(body, answers.MemberAnswer)


def test_a_member_is_told_with_a_masked_phone_and_their_points(api: Api, member: Member) -> None:
    account = Account.objects.get(holders__member=member)
    until = datetime(2036, 12, 31, 20, 59, 59, tzinfo=UTC)
    later = datetime(2036, 1, 1, tzinfo=UTC)
    factories.give_points(account, "20", expires_at=until)
    factories.give_points(account, "15.50", active_from=later)

    body = api.get(f"members/{member.id}")

    assert body["phone"] == "+79•••••••45"
    assert "9161234545" not in json.dumps(body)
    assert body["cards"] == [{"number": Card.objects.get(member=member).number, "kind": "plastic"}]
    assert body["accounts"] == [
        {
            "programme": "main",
            "spendable": "140.00",
            "pending": "15.50",
            "role": "owner",
            "may_redeem": True,
            "expiring": [{"points": "20.00", "at": "2036-12-31T20:59:59Z"}],
            "owed": "0.00",
            "daily_limit": None,
        }
    ]
    assert body["tier"] is None


def test_a_holder_with_a_limit_a_day_is_told_with_what_is_left_and_a_refused_spend_says_why(
    api: Api, shop: factories.Shop, member: Member
) -> None:
    child = factories.enrol(shop.programme, phone="+79161234599")
    shared = Account.objects.get(holders__member=member)
    holders.come(shared.id, child, Rights(True, Decimal(30)), timezone.now(), bring=False)
    sale = {
        "store": "main-01", "till": "1", "receipt_number": "F-1", "purchased_at": timezone.now().isoformat(),
        "member": {"id": str(child.id)}, "redeem": "12.50",
        "lines": [{"position": 1, "sku": "T", "name": "Tea", "quantity": "1", "amount": "100"}],
    }  # fmt: skip
    api.post("purchases", sale)
    assert api.status == 201

    [account] = api.get(f"members/{child.id}")["accounts"]
    refused = api.post("purchases", sale | {"receipt_number": "F-2", "redeem": "20"})

    assert (account["role"], account["may_redeem"]) == ("holder", True)
    assert account["daily_limit"] == {"points": "30.00", "left": "17.50"}
    assert (api.status, refused["code"]) == (422, "redeem_exceeds_limit")
    assert "this holder may spend 30.00 points a day, and today 17.50 more" in refused["detail"]


def test_a_members_tier_says_what_the_next_one_needs(api: Api, shop: factories.Shop, member: Member) -> None:
    factories.TierFactory(programme=shop.programme, code="silver", name="Silver", threshold=0)
    factories.TierFactory(programme=shop.programme, code="gold", name="Gold", threshold=1500)
    factories.MemberFactsFactory(member=member, programme=shop.programme, spent=250)

    assert api.get(f"members/{member.id}")["tier"] == {
        "code": "silver",
        "name": "Silver",
        "benefits": [],
        "until": None,
        "counts": "spent",
        "counted": "250.00",
        "next": {"code": "gold", "name": "Gold", "needs": "1250.00"},
    }


def test_who_is_not_known_is_not_found(api: Api) -> None:
    for wanted in (
        {"phone": "+79990000000"},
        {"card": "1"},
        {"email": "a@b.c"},
        {"code": "1"},
        {"id": "x"},
        {"id": "0199aaaa-0000-7000-8000-000000000000"},
    ):
        assert api.post("members/lookup", wanted)["code"] == "member_not_found"
        assert api.status == 404
    assert api.get("members/0199aaaa-0000-7000-8000-000000000000")["code"] == "member_not_found"


@pytest.mark.parametrize("wanted", [{}, {"phone": "+79161234545", "card": "1"}, {"phone": "abc"}])
def test_a_lookup_takes_exactly_one_sensible_form(api: Api, wanted: dict[str, str]) -> None:
    assert api.post("members/lookup", wanted)["code"] == "invalid"
    assert api.status == 400


def test_an_erased_member_is_not_found_and_a_blocked_one_is_told_as_such(
    api: Api, shop: factories.Shop
) -> None:
    factories.erase(factories.enrol(shop.programme, phone="+79160000001"))
    factories.enrol(shop.programme, phone="+79160000002", status="blocked")
    api.post("members/lookup", {"phone": "+79160000001"})
    assert api.status == 404
    assert api.post("members/lookup", {"phone": "+79160000002"})["status"] == "blocked"


def test_a_blocked_card_and_an_old_code_find_nobody(api: Api, member: Member) -> None:
    card = factories.CardFactory(member=member, blocked=True)
    old = identification.issue(member, datetime.now(UTC) - timedelta(hours=1))
    for wanted in ({"card": card.number}, {"code": old}):
        api.post("members/lookup", wanted)
        assert api.status == 404


def test_registration_makes_a_member_a_card_an_account_and_an_event(api: Api, shop: factories.Shop) -> None:
    body = api.post("members", ANNA | {"consents": {"sms": True, "email": False}, "birthday": "1990-05-17"})

    assert api.status == 201
    hold_to_contract(body, answers.MemberAnswer)
    made = Member.objects.get(id=body["id"])
    assert (made.phone, made.first_name, str(made.birthday)) == ("+79031112233", "Anna", "1990-05-17")
    assert re.fullmatch(r"20\d{11}", body["cards"][0]["number"])
    assert body["cards"][0]["kind"] == "virtual"
    assert body["accounts"][0] | {"expiring": []} == {
        "programme": "main", "spendable": "0.00", "pending": "0.00", "role": "owner", "may_redeem": True,
        "expiring": [], "owed": "0.00", "daily_limit": None,
    }  # fmt: skip
    consents = {consent.channel: consent.granted for consent in Consent.objects.filter(member=made)}
    assert consents == {"sms": True, "email": False}
    assert Consent.objects.first().evidence["store"] == "main-01"  # type: ignore[union-attr]
    assert list(Event.objects.filter(member=made).values_list("kind", flat=True)) == ["member.registered"]
    assert api.post("members/lookup", {"card": body["cards"][0]["number"]})["id"] == body["id"]


def test_a_new_member_buys_at_once(api: Api) -> None:
    made = api.post("members", ANNA)
    body = api.post("purchases", coffee(member={"id": made["id"]}, redeem="0"))
    assert body["earned"]["points"] == "19.99"


def test_a_printed_card_is_handed_out_once(api: Api, shop: factories.Shop) -> None:
    printed = factories.CardFactory(member=None, number="777")
    body = api.post("members", {"card": "777"})
    assert (api.status, body["cards"], body["phone"]) == (201, [{"number": "777", "kind": "plastic"}], None)
    printed.refresh_from_db()
    assert str(printed.member_id) == body["id"]

    assert api.post("members", {"card": "777", "phone": "+79031112244"})["code"] == "member_exists"
    assert api.status == 409
    assert not Member.objects.filter(phone="+79031112244").exists()


@pytest.mark.parametrize("field", ["phone", "email", "card"])
def test_what_is_in_use_is_a_conflict(api: Api, member: Member, field: str) -> None:
    used = {"phone": "8 916", "email": "Anna@Example.org", "card": Card.objects.get(member=member).number}
    used["phone"] = "+79161234545"
    refused = api.post("members", {"phone": "+79990001122"} | {field: used[field]})
    assert (api.status, refused["code"]) == (409, "member_exists")
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"first_name": "Anna"}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": "+79031112233", "email": "nonsense"}, "email"),
        ({"phone": "+79031112233", "birthday": "17.05.1990"}, "birthday"),
        ({"phone": "+79031112233", "birthday": "1666-01-01"}, "birthday"),
        ({"phone": "+79031112233", "gender": "x"}, "gender"),
        ({"phone": "+79031112233", "language": "tlh"}, "language"),
        ({"phone": "+79031112233", "consents": {"pigeon": True}}, "consents.pigeon"),
        ({"phone": "+79031112233", "consents": {"sms": "yes"}}, "consents.sms"),
        ({"phone": "+79031112233", "first_name": "x" * 81}, "first_name"),
        ({"phone": "+79031112233", "card": "x" * 33}, "card"),
    ],
)
def test_a_malformed_registration_names_the_field(api: Api, given: dict[str, Any], field: str) -> None:
    body = api.post("members", given)
    assert (api.status, body["code"]) == (400, "invalid")
    assert field in [fault["field"] for fault in body["errors"]] or field.startswith("consents"), body
    assert not Member.objects.exists()


def test_a_friend_is_named_by_code_or_phone(api: Api, member: Member) -> None:
    by_code = api.post("members", {"phone": "+79031110001", "referral": member.referral_code.lower()})
    by_phone = api.post("members", {"phone": "+79031110002", "referral": "+7 916 123 45 45"})
    brought = Member.objects.filter(referred_by=member).values_list("id", flat=True)
    assert {str(found) for found in brought} == {by_code["id"], by_phone["id"]}

    refused = api.post("members", {"phone": "+79031110003", "referral": "NOBODY"})
    assert (api.status, refused["code"]) == (422, "referral_not_found")
    assert not Member.objects.filter(phone="+79031110003").exists()


def test_the_statement_tells_every_movement_newest_first(api: Api, member: Member) -> None:
    made = api.post("purchases", coffee())
    body = api.get(f"members/{member.id}/transfers")

    hold_to_contract(body, answers.StatementAnswer)
    earned, spent, given = body["results"]
    assert (earned["kind"], earned["points"], earned["balance_after"]) == ("accrue", "14.99", "34.99")
    assert (spent["kind"], spent["points"], spent["balance_after"]) == ("redeem", "-100.00", "20.00")
    assert (given["kind"], given["points"], given["purchase"]) == ("adjust", "120.00", None)
    assert earned["purchase"] == spent["purchase"] == made["id"]
    assert earned["because"] == made["lines"][0]["because"]
    assert (spent["because"], body["next"]) == ([], None)


def test_the_statement_is_read_page_by_page(api: Api, member: Member) -> None:
    account = Account.objects.get(holders__member=member)
    for _ in range(120):
        factories.give_points(account, "1")
    seen: list[str] = []
    cursor = ""
    for size in (50, 50, 21):
        page = api.get(f"members/{member.id}/transfers", cursor=cursor)
        assert len(page["results"]) == size
        seen += [row["id"] for row in page["results"]]
        cursor = page["next"] or ""
    assert cursor == ""
    assert len(set(seen)) == 121
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("cursor", ["x", "!!", "MjAyNi0xMS0yMXxh", "\0"])
def test_a_broken_cursor_is_refused(api: Api, member: Member, cursor: str) -> None:
    body = api.get(f"members/{member.id}/transfers", cursor=cursor)
    assert (api.status, body["errors"][0]["field"]) == (400, "cursor")


def ask_for_code(shop: factories.Shop, above: str) -> None:
    """The programme wants a code for redemptions above that."""
    from campaigns import rulebooks

    Programme.objects.filter(id=shop.programme.id).update(confirm_above=above)
    shop.programme.refresh_from_db()
    rulebooks.refresh(shop.programme, factories.START)


def code_in_mail() -> str:
    found = re.search(r"\d{6}", str(mail.outbox[-1].body))
    assert found
    return found[0]


def test_spending_many_points_needs_the_code_that_was_sent(
    api: Api, shop: factories.Shop, member: Member, by_email: None
) -> None:
    ask_for_code(shop, "50")
    assert api.post("purchases", coffee())["code"] == "confirmation_required"
    assert api.status == 422

    sent = api.post(f"members/{member.id}/confirmation-codes")
    hold_to_contract(sent, answers.CodeAnswer)
    assert (api.status, sent["channel"]) == (202, "email")
    code = code_in_mail()
    assert code not in json.dumps(sent)
    assert not Code.objects.filter(digest__contains=code).exists()

    wrong = "000000" if code != "000000" else "111111"
    assert api.post("purchases", coffee(confirmation_code=wrong))["code"] == "confirmation_invalid"
    assert api.status == 422
    assert Code.objects.get().attempts == 1

    made = api.post("purchases", coffee(confirmation_code=code))
    assert (api.status, made["redeemed"]["points"]) == (201, "100.00")
    again = api.post("purchases", coffee(confirmation_code=None))
    assert (api.replayed, again["id"]) == (True, made["id"])

    factories.give_points(Account.objects.get(holders__member=member), "100")
    used = api.post("purchases", coffee("2", confirmation_code=code))
    assert used["code"] == "confirmation_invalid"


def test_a_code_is_worth_nothing_after_five_wrong_tries(
    api: Api, shop: factories.Shop, member: Member, by_email: None
) -> None:
    ask_for_code(shop, "50")
    api.post(f"members/{member.id}/confirmation-codes")
    code = code_in_mail()
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(confirmation.MOST_TRIES):
        api.post("purchases", coffee(confirmation_code=wrong))
    assert api.post("purchases", coffee(confirmation_code=code))["code"] == "confirmation_invalid"


def test_few_points_need_no_code(api: Api, shop: factories.Shop, member: Member) -> None:
    ask_for_code(shop, "100")
    api.post("purchases", coffee(redeem="100"))
    assert api.status == 201


def test_codes_are_not_sent_again_and_again(api: Api, member: Member, by_email: None) -> None:
    path = f"members/{member.id}/confirmation-codes"
    api.post(path)
    refused = api.post(path)
    assert (api.status, refused["code"]) == (429, "throttled")
    assert 0 < int(api.last.headers["Retry-After"]) <= 30
    assert len(mail.outbox) == 1


def test_a_code_that_reaches_nobody_is_refused(api: Api, shop: factories.Shop, by_email: None) -> None:
    silent = factories.enrol(shop.programme)
    refused = api.post(f"members/{silent.id}/confirmation-codes")
    assert (api.status, refused["code"]) == (422, "code_not_deliverable")
    assert not Code.objects.exists()


def test_a_demo_writes_codes_to_a_file(
    api: Api, member: Member, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.VAR = tmp_path
    assert api.post(f"members/{member.id}/confirmation-codes")["channel"] == "sms"
    file = tmp_path / "outbox" / "messages.jsonl"
    assert file.stat().st_mode & 0o077 == 0
    line = json.loads(file.read_text())
    assert (line["kind"], line["to"], line["channel"]) == ("sms", member.phone, "outbox")
    code = line["text"][-6:]
    assert confirmation.check(member.id, code, datetime.now(UTC))
    assert code not in capsys.readouterr().out


def test_an_account_opened_twice_stays_one(shop: factories.Shop, member: Member) -> None:
    assert ledger.open_account(member, shop.programme).id == Account.objects.get(holders__member=member).id


def reward(shop: factories.Shop, event: str, points: str, name: str) -> None:
    draft = {
        "what_for": {"of": "event", "event": event},
        "what": [{"effect": "points_fixed", "points": points}],
    }
    factories.publish_campaign(shop.programme, draft, name=name, code=name.lower())


def test_the_welcome_bonus_is_there_at_once_and_explained(api: Api, shop: factories.Shop) -> None:
    reward(shop, "member.registered", "50", "Welcome")
    made = api.post("members", ANNA, Idempotency_Key="k")
    assert made["accounts"][0]["spendable"] == "50.00"
    assert api.post("members", ANNA, Idempotency_Key="k") == made

    statement = api.get(f"members/{made['id']}/transfers")
    hold_to_contract(statement, answers.StatementAnswer)
    (bonus,) = statement["results"]
    assert (bonus["points"], bonus["balance_after"], bonus["purchase"]) == ("50.00", "50.00", None)
    assert (bonus["because"][0]["campaign"], bonus["because"][0]["points"]) == ("Welcome", "50.00")


def test_an_event_that_a_campaign_rewards_earns_once(api: Api, shop: factories.Shop, member: Member) -> None:
    reward(shop, "quiz.won", "7", "Quiz")
    event = {
        "type": "quiz.won",
        "key": "1",
        "member": {"id": str(member.id)},
        "occurred_at": "2026-11-21T09:31:00Z",
    }
    first = api.post("events", event)
    hold_to_contract(first, answers.EventAnswer)
    assert (api.status, first["earned"][0]["points"], first["earned"][0]["campaign"]) == (201, "7.00", "Quiz")
    assert api.post("events", event) == first
    assert api.get(f"members/{member.id}")["accounts"][0]["spendable"] == "127.00"


def test_the_cashier_who_registers_a_member_is_rewarded(api: Api, shop: factories.Shop) -> None:
    seller = factories.enrol(shop.programme)
    Seller.objects.create(partner=shop.partner, code="C-17", member=seller)
    factories.publish_campaign(
        shop.programme,
        {"what_for": {"of": "event", "event": "member.registered"},
         "what": [{"effect": "staff_points", "points": "10"}]},
    )  # fmt: skip

    api.post("members", ANNA | {"cashier": "C-17"})

    assert api.status == 201
    assert Account.objects.get(holders__member=seller).balance == 10
    api.post("members", {"phone": "+79031112244", "cashier": "C" * 65})
    assert api.status == 400
