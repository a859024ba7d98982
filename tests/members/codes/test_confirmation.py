"""Codes that confirm a redemption."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django import Settings

from foundation.refusals import Refused
from members import delivery
from members.codes import confirmation
from members.codes.confirmation import WrongCode
from members.models import Code, Member
from tests import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 21, 9, 31, tzinfo=UTC)


@pytest.fixture
def member(settings: Settings) -> Member:
    settings.SMS_CHANNEL, settings.EMAIL_CHANNEL = "", "smtp"
    made: Member = factories.MemberFactory(email="anna@example.org")
    return made


def send(member: Member, at: datetime = AT) -> str:
    confirmation.send(member, at)
    return str(mail.outbox[-1].body)[-6:]


def test_a_code_serves_once(member: Member) -> None:
    code = send(member)
    confirmation.require(member.id, code, AT)
    with pytest.raises(WrongCode):
        confirmation.require(member.id, code, AT)


def test_a_code_lives_five_minutes(member: Member) -> None:
    code = send(member)
    assert confirmation.check(member.id, code, AT + confirmation.LIFE)
    assert not confirmation.check(member.id, code, AT + confirmation.LIFE + timedelta(seconds=1))


def test_a_newer_code_ends_the_older_one(member: Member) -> None:
    first = send(member)
    second = send(member, AT + confirmation.PAUSE)
    assert confirmation.check(member.id, second, AT + confirmation.PAUSE)
    assert first == second or not confirmation.check(member.id, first, AT + confirmation.PAUSE)


def test_a_code_of_another_member_is_wrong(member: Member) -> None:
    other = factories.MemberFactory(email="olga@example.org")
    code = send(member)
    while code == (others := send(other)):
        Code.objects.filter(member=other).delete()
    with pytest.raises(WrongCode):
        confirmation.require(member.id, others, AT)


def test_no_code_is_another_refusal_than_a_wrong_one(member: Member) -> None:
    with pytest.raises(Refused) as refused:
        confirmation.require(member.id, None, AT)
    assert refused.value.code == "confirmation_required"


def test_a_member_gets_ten_codes_an_hour_at_most(member: Member) -> None:
    for number in range(confirmation.MOST_IN_HOUR):
        confirmation.send(member, AT + number * confirmation.PAUSE)
    with pytest.raises(confirmation.TooSoon) as soon:
        confirmation.send(member, AT + timedelta(minutes=20))
    assert soon.value.wait == timedelta(minutes=40)
    confirmation.send(member, AT + timedelta(minutes=61))


def test_the_same_code_is_kept_under_another_digest_for_each_member(member: Member) -> None:
    other = factories.MemberFactory()
    assert confirmation._digest(member.id, "123456") != confirmation._digest(other.id, "123456")


def sent(kind: str, member: Member, monkeypatch: pytest.MonkeyPatch, *broken: str) -> str:
    """Send a code where some kinds of messages cannot be sent; returns what took it."""
    tried: list[str] = []

    def deliver(kind: str, to: str, text: str, **more: str) -> str:
        tried.append(f"{kind} {to}")
        if kind in broken:
            raise delivery.Undeliverable(f"no {kind}")
        return "gateway"

    monkeypatch.setattr(delivery, "deliver", deliver)
    took = confirmation.send(member, AT).channel
    assert tried[-1].startswith(kind)
    return took


def test_a_code_goes_to_the_phone_and_else_to_the_e_mail_address(monkeypatch: pytest.MonkeyPatch) -> None:
    both = factories.MemberFactory(phone="+79161234545", email="anna@example.org")
    assert sent("sms", both, monkeypatch) == "sms"
    assert sent("email", factories.MemberFactory(phone=None, email="b@example.org"), monkeypatch) == "email"
    other = factories.MemberFactory(phone="+79161234546", email="c@example.org")
    assert sent("email", other, monkeypatch, "sms") == "email"


def test_a_code_that_neither_way_takes_is_refused_in_words_and_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    member = factories.MemberFactory(phone="+79161234545", email="anna@example.org")
    with pytest.raises(Refused, match="no email") as refused:
        sent("email", member, monkeypatch, "sms", "email")
    assert refused.value.code == "code_not_deliverable"
    with pytest.raises(Refused, match="neither a phone nor an e-mail"):
        confirmation.send(factories.MemberFactory(phone=None, email=None), AT)
    assert not Code.objects.exists()


def test_a_code_speaks_the_members_language_and_a_refusal_the_readers(
    settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.SMS_CHANNEL, settings.EMAIL_CHANNEL = "", "smtp"
    member = factories.MemberFactory(email="anna@example.org", language="ru")
    confirmation.send(member, AT)
    assert mailoutbox[0].subject == "Ваш код для списания баллов"
    settings.EMAIL_CHANNEL = ""
    with pytest.raises(Refused, match="E-mail is not set up here"):
        confirmation.send(member, AT + confirmation.PAUSE)
