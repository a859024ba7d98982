"""Carrying a departure out: once, when it is due, as a whole; in one programme of several, and in a family."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import DatabaseError, connection, transaction

from campaigns.checkout import holds
from campaigns.leaving import carrying_out, leaving, loss
from campaigns.occasions import occasions, registration
from campaigns.questionnaires import answering
from foundation.refusals import Gone, Missing, Refused
from loyalty.ledger import audit, ledger
from loyalty.models import Account, Employee, Holder, Invitation, Programme, Receipt, Remittance, Transfer
from loyalty.remittances import remittances
from loyalty.sharing import company, holders, invitations
from loyalty.sharing.rights import Rights
from members import attributes, contacts, devices, profile, questions
from members.codes.entry import Address
from members.consents import Said
from members.erasure import door, erasing
from members.models import Consent, Departure, Device, Erasure, Event, Member, Purpose, new_id
from members.registration import HOUSE
from messaging.helpdesk import requests
from messaging.helpdesk.requests import About, Written
from messaging.models import HelpRequest
from rewards.models import Coupon, Series
from tests import factories
from tests.campaigns.leaving import search
from tests.questions import opened, question
from tests.races.selling import NOW, basket, sell

pytestmark = pytest.mark.django_db
DUE = NOW + timedelta(days=14)


@pytest.fixture
def shop() -> factories.Shop:
    shop = factories.open_shop(store="s", code="club")
    factories.publish_campaign(shop.programme)
    return shop


@pytest.fixture
def member(shop: factories.Shop) -> Member:
    return factories.enrol(shop.programme, 40, phone="+79167654321", email="z@example.org")


def status(member: Member) -> str:
    return Member.objects.get(pk=member.pk).status


def test_nobody_goes_before_the_days_are_over_and_whoever_takes_it_back_stays(
    shop: factories.Shop, member: Member
) -> None:
    departure = leaving.ask(member, shop.programme, NOW)
    assert leaving.ask(member, shop.programme, NOW + timedelta(days=3)) == departure
    assert carrying_out.carry_out_due(DUE - timedelta(seconds=1)) == 0
    assert leaving.take_back(member, shop.programme, DUE - timedelta(seconds=1))
    assert not leaving.take_back(member, shop.programme, DUE)
    assert carrying_out.carry_out_due(DUE) == 0
    assert status(member) == "active"
    again = leaving.ask(member, shop.programme, DUE)
    assert again != departure
    assert carrying_out.carry_out_due(again.due_at) == 1
    assert carrying_out.carry_out_due(again.due_at) == 0
    assert not carrying_out.carry_out(again.pk, again.due_at)
    assert not leaving.take_back(member, shop.programme, again.due_at)
    assert status(member) == "erased"
    assert Erasure.objects.count() == 1


def test_points_end_in_the_books_and_coupons_with_them(shop: factories.Shop, member: Member) -> None:
    series = Series.objects.create(programme=shop.programme, code="gift", name="Gift")
    coupon = Coupon.objects.create(programme=shop.programme, series=series, code="ABC", member=member, most=1)
    sell(member, 1)
    said = loss.foresee(Holder.objects.select_related("programme").get(member=member), NOW)
    assert (said.points, said.stays, said.coupons, said.elsewhere) == (45, 0, 1, ())
    departure = leaving.ask(member, shop.programme, NOW)
    carrying_out.carry_out(departure.pk, DUE)
    ended = Transfer.objects.get(key__startswith=f"leave:{departure.pk}:")
    assert (ended.kind, ended.points, ended.reason) == ("expire", Decimal(45), "left")
    assert Account.objects.get(holders__member=member).balance == 0
    coupon.refresh_from_db()
    assert coupon.state == "revoked"
    assert audit.audit().problems == []


def test_it_waits_for_a_purchase_that_is_held(shop: factories.Shop, member: Member) -> None:
    held = sell(member, 1, state="held")
    departure = leaving.ask(member, shop.programme, NOW)
    assert not carrying_out.carry_out(departure.pk, DUE)
    assert status(member) == "active"
    holds.let_go([Receipt.objects.get(id=held.body["id"]).id], DUE)
    assert carrying_out.carry_out(departure.pk, DUE)
    assert audit.audit().problems == []


@pytest.mark.parametrize("moved_on", ["came to a family", "left a family"])
def test_it_waits_for_a_purchase_that_is_held_with_an_account_that_was_theirs_then(
    shop: factories.Shop, member: Member, moved_on: str
) -> None:
    mother = factories.enrol(shop.programme, 100)
    family = Account.objects.get(holders__member=mother)
    if moved_on == "came to a family":
        held = sell(member, 1, state="held", redeem="max")
        holders.come(family.pk, member, Rights(), NOW, bring=False)
    else:
        holders.come(family.pk, member, Rights(), NOW, bring=False)
        held = sell(member, 1, state="held", redeem="max")
        holders.leave(family.pk, member.pk, holders.By(member.pk), NOW)
    assert loss.foresee(Holder.objects.select_related("programme").get(member=member), NOW).held == 1
    departure = leaving.ask(member, shop.programme, NOW)

    assert not carrying_out.carry_out(departure.pk, DUE)

    holds.let_go([Receipt.objects.get(id=held.body["id"]).id], DUE)
    assert carrying_out.carry_out(departure.pk, DUE)
    balances = dict(Account.objects.filter(kind="member").values_list("id", "balance"))
    assert balances.pop(family.pk) == 100
    assert set(balances.values()) == {0}
    assert audit.audit().problems == []


def test_nobody_comes_to_an_account_that_ended_and_a_firm_that_ended_employs_nobody(
    shop: factories.Shop, member: Member
) -> None:
    account, partner, worker = (
        Account.objects.get(holders__member=member),
        *(factories.enrol(shop.programme) for _other in range(2)),
    )
    company.make(account.pk, "Roasters")
    company.employ(account.pk, worker, NOW)
    holders.come(account.pk, partner, Rights(), NOW, bring=False)
    invitation = invitations.invite(account.pk, member, Rights(), new_id(), NOW)
    holders.hand_over(account.pk, partner.pk, holders.By(member.pk), NOW)
    holders.leave(account.pk, member.pk, holders.By(member.pk), NOW)
    departure = leaving.ask(partner, shop.programme, NOW - timedelta(days=10))

    assert carrying_out.carry_out(departure.pk, NOW + timedelta(days=4))

    with pytest.raises(Missing):
        invitations.accept(invitation.token, member, shop.programme.pk, NOW + timedelta(days=4), bring=True)
    assert not company.employees(account.pk).exists()
    assert Account.objects.get(holders__member=member).balance == 0
    assert audit.audit().problems == []


@pytest.mark.parametrize("place", range(8))
def test_whatever_fails_on_the_way_nothing_is_begun(
    shop: factories.Shop, member: Member, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaving.ask(member, shop.programme, NOW)
    there = list(erasing._all())

    def fail(_person: object) -> None:
        raise RuntimeError("the plug is pulled")

    there[place] = there[place]._replace(forget=fail)
    monkeypatch.setattr(erasing, "_all", lambda: iter(there))
    assert carrying_out.carry_out_due(DUE) == 0
    assert search.places([member.phone or "", "z@example.org"]) >= {
        "members_member.phone",
        "members_member.email",
    }
    assert (Erasure.objects.count(), Transfer.objects.filter(reason="left").count()) == (0, 0)
    monkeypatch.undo()
    assert carrying_out.carry_out_due(DUE) == 1
    assert status(member) == "erased"


def test_a_family_keeps_its_points_and_the_next_one_owns_them(shop: factories.Shop, member: Member) -> None:
    account = Account.objects.get(holders__member=member)
    other = factories.enrol(shop.programme, 7)
    holders.come(account.pk, other, Rights(may_spend=False), NOW, bring=False)
    for one, points, stays in ((member, 0, 40), (other, 7, 40)):
        said = loss.foresee(Holder.objects.select_related("programme").get(member=one), NOW)
        assert (said.points, said.stays) == (points, stays)
    sell(member, 1)
    departure = leaving.ask(member, shop.programme, NOW)
    assert carrying_out.carry_out(departure.pk, DUE)
    account.refresh_from_db()
    assert account.balance == Decimal(45)
    assert list(account.holders.values_list("member", "role", "may_redeem")) == [(other.pk, "owner", True)]
    assert audit.audit().problems == []
    last = leaving.ask(other, shop.programme, DUE)
    assert carrying_out.carry_out(last.pk, DUE + timedelta(days=14))
    assert sorted(Account.objects.filter(kind="member").values_list("balance", flat=True)) == [0, 0, 0]
    assert audit.audit().problems == []


def test_leaving_one_programme_leaves_the_others_as_they_are(shop: factories.Shop, member: Member) -> None:
    elsewhere = factories.open_shop(store="e", code="elsewhere")
    factories.publish_campaign(elsewhere.programme, code="five")
    both = {"whom": {"who": "members"}, "what_for": {"of": "event", "event": "review.left"},
            "what": [{"effect": "points_fixed", "points": "7"}],
            "judge": {"limits": [{"per": "member", "period": "ever", "times": 3}]}}  # fmt: skip
    for one in (shop, elsewhere):
        factories.publish_campaign(one.programme, both, code=f"review-{one.store.code}")
    registration.join(member, elsewhere.programme.pk, NOW, {}, {})
    occasions.report(member, "review.left", NOW, {}, NOW, [shop.programme.pk, elsewhere.programme.pk])
    sell(member, 1)
    sell(member, 2, store="e")
    for one in (shop, elsewhere):
        devices.open_on(member, one.programme.code, "Chrome", NOW, asked=False)
    departure = leaving.ask(member, shop.programme, NOW)
    assert loss.foresee(
        Holder.objects.select_related("programme").get(member=member, programme=shop.programme), NOW
    ).elsewhere == ("Elsewhere",)

    assert carrying_out.carry_out(departure.pk, DUE)

    assert audit.audit().problems == []
    member.refresh_from_db()
    assert (member.status, member.phone) == ("active", "+79167654321")
    assert list(Holder.objects.filter(member=member).values_list("programme__code", flat=True)) == [
        "elsewhere"
    ]
    assert list(Receipt.objects.filter(member=member).values_list("store__code", flat=True)) == ["e"]
    nobody = Erasure.objects.get().member
    assert (nobody.status, nobody.phone, str(nobody)) == ("erased", None, f"member {nobody.referral_code}")
    assert Receipt.objects.get(store__code="s").member == nobody
    assert not Event.objects.filter(member=member, data__programme="club").exists()
    assert list(Device.objects.filter(member=member).values_list("circle", flat=True)) == ["elsewhere"]
    # and comes back as somebody new
    assert registration.join(member, shop.programme.pk, DUE, {}, {})
    assert ledger.open_account(member, shop.programme).balance == 0
    assert audit.audit().problems == []


def test_the_door_is_open_to_the_erasure_that_wrote_itself_down_and_to_its_columns_alone(
    member: Member,
) -> None:
    factories.ConsentFactory(member=member, evidence={"address": "x"})
    mine = Consent.objects.filter(member=member)
    factories.erase(factories.MemberFactory())
    # PostgreSQL's number of the transaction is that of the test as a whole: another one is told by another number
    with pgtrigger.ignore():
        Erasure.objects.update(transaction="1")
    for setting in ("on", str(new_id()), str(Erasure.objects.get().pk)):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('regulars.erasing', %s, true)", [setting])
            mine.update(evidence={})
    for change in ({"granted": False}, {"evidence": {}, "source": "else"}):
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            door.open_for(member.pk, "", NOW)
            mine.update(**change)
    for rows in (mine, Erasure.objects.all()):
        with pytest.raises(DatabaseError, match="Cannot"), transaction.atomic():
            door.open_for(member.pk, "", NOW)
            rows.delete()
    with transaction.atomic():
        door.open_for(member.pk, "", NOW)
        assert mine.update(evidence={}) == 1


def test_one_departure_that_fails_does_not_keep_the_others_waiting(
    shop: factories.Shop, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = factories.enrol(shop.programme, 5)
    first, second = leaving.ask(member, shop.programme, NOW), leaving.ask(other, shop.programme, NOW)
    real = carrying_out.carry_out

    def fails_for_the_first(departure_id: object, now: object) -> bool:
        if departure_id == first.pk:
            raise RuntimeError("no")
        return real(second.pk, DUE)

    monkeypatch.setattr(carrying_out, "carry_out", fails_for_the_first)
    assert carrying_out.carry_out_due(DUE) == 1
    assert status(other) == "erased"
    assert Departure.objects.get(pk=first.pk).done_at is None
    assert basket(member, 9).member is not None


def test_who_was_erased_comes_to_no_account_is_employed_by_no_firm_and_invites_nobody(
    shop: factories.Shop, member: Member
) -> None:
    """Their page was open when it happened; the room asks once more under its locks."""
    boss = factories.enrol(shop.programme, 100)
    firm, own = Account.objects.get(holders__member=boss), Account.objects.get(holders__member=member)
    company.make(firm.pk, "Roasters")
    departure = leaving.ask(member, shop.programme, NOW)
    assert carrying_out.carry_out(departure.pk, DUE)

    for late in (
        lambda: holders.come(firm.pk, member, Rights(), DUE, bring=True),
        lambda: company.employ(firm.pk, member, DUE),
        lambda: invitations.invite(own.pk, member, Rights(), new_id(), DUE),
    ):
        with pytest.raises(Gone):
            late()

    assert list(firm.holders.values_list("member", flat=True)) == [boss.pk]
    assert not (Employee.objects.exists() or Invitation.objects.exists())
    assert audit.audit().problems == []


def test_what_somebody_says_of_themselves_while_they_are_erased_is_not_kept(
    shop: factories.Shop, member: Member
) -> None:
    """Their page was open, and the form was on its way."""
    sheet = answering.begin(member, opened(shop.programme, question("name", "text")), NOW)
    departure = leaving.ask(member, shop.programme, NOW)
    assert carrying_out.carry_out(departure.pk, DUE)

    profile.write(member, profile.Profile("Zoya", birthday="1990-05-17"), DUE.date())
    assert not attributes.change(member.pk, {"city": "Riga"})
    with pytest.raises(Refused):
        contacts.change(member.pk, Address("sms", "+79160000077"), HOUSE, DUE, programme="Club")

    Programme.objects.update(transfers=True, country="RU")
    factories.give_points(Account.objects.get(holders__member=member), 5, at=DUE)
    mine = Holder.objects.select_related("account", "programme", "member").get(member=member)
    agreed = Said(Purpose.MARKETING, True, "sms")
    written = Written(new_id(), "I am Zoya")
    for say in (
        lambda: requests.ask(member, shop.programme, written, About(), DUE),
        lambda: questions.answer(member, [agreed], DUE, "cabinet", {"address": "192.0.2.1"}),
        lambda: remittances.begin(mine, "+79160000088", Decimal(1), "for Zoya", new_id(), DUE),
        lambda: answering.keep(sheet.pk, (), answering.Sent({}), DUE),
        lambda: answering.finish(sheet.pk, DUE),
    ):
        with pytest.raises(Gone):
            say()
    assert not (HelpRequest.objects.exists() or Remittance.objects.exists() or Consent.objects.exists())

    now = Member.objects.get(pk=member.pk)
    assert (now.first_name, now.birthday, now.attributes, now.phone) == ("", None, {}, None)
