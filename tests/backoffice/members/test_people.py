"""Members in the back office: their page, registration and search."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from backoffice import search
from backoffice.members import member_page, unfolding
from backoffice.staff import roles
from campaigns.checkout import returns
from loyalty.models import Holder, Receipt
from members.models import Card, Event, Member, User
from tests import factories
from tests.backoffice.conftest import NOON, buy
from tests.backoffice.members.forms import profile

ADD = reverse("admin:members_member_add")


def newcomer(scene, **fields) -> dict[str, str]:
    return {
        "first_name": "Vera", "last_name": "Pavlova", "phone": "+7 (916) 555-44-33", "email": "", "language": "ru",
        "gender": "", "card": "", "programme": str(scene.shop.programme.pk), "status": "active",
    } | fields  # fmt: skip


def test_an_operator_registers_a_member_as_a_till_does(scene, enter):
    answer = enter(roles.OPERATOR).post(ADD, newcomer(scene, card="777"))
    assert answer.status_code == 302
    member = Member.objects.get(phone="+79165554433")
    assert (member.channel, member.email, member.language) == ("desk", None, "ru")
    assert member.cards.get().number == "777"
    assert Holder.objects.get(member=member).account.balance == Decimal(0)
    assert Event.objects.filter(member=member, kind="member.registered").count() == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"phone": "12"}, "phone"),
        ({"phone": "", "card": ""}, "__all__"),
        ({"email": "anna@EXAMPLE.org"}, "email"),
        ({"programme": ""}, "programme"),
    ],
)
def test_a_newcomer_that_will_not_do_is_refused(scene, boss, fields, wrong):
    before = Member.objects.count()
    answer = boss.post(ADD, newcomer(scene, **fields))
    assert answer.status_code == 200
    assert wrong in answer.context["adminform"].form.errors
    assert Member.objects.count() == before


def test_a_card_or_phone_that_somebody_has_is_refused(scene, boss):
    taken = scene.member.cards.get().number
    assert "card" in boss.post(ADD, newcomer(scene, card=taken)).context["adminform"].form.errors
    assert (
        "phone" in boss.post(ADD, newcomer(scene, phone=scene.member.phone)).context["adminform"].form.errors
    )


def test_the_page_tells_the_points_the_tier_and_every_purchase(scene, boss):
    page = boss.get(reverse("admin:members_member_change", args=[scene.member.pk]))
    purse = page.context["page"].purses[0]
    assert purse.spendable == scene.account.balance
    assert (purse.tier.code, purse.next_tier.code) == ("base", "gold")
    assert purse.needs == Decimal(1000) - purse.facts.spent
    assert "SMS: " in page.content.decode()
    unfolded = boss.get(unfold(scene.member, scene.receipt)).content.decode()
    for said in ("Base 5%", "5% of", "Night owls", "only at 01:00–02:00"):
        assert said in unfolded, said


@pytest.mark.parametrize(
    ("part", "told"),
    [("statement", ("taken back", "given back")), ("events", ("programme: Main",))],
)
def test_the_statement_and_the_events_are_fetched_when_their_tab_is_opened(scene, boss, part, told):
    address = reverse(f"admin:members_member_{part}", args=[scene.member.pk])
    whole, fetched = boss.get(page_of(scene.member)).content.decode(), boss.get(address).content.decode()
    assert f'hx-get="{address}"' in whole
    for said in told:
        assert said in fetched and said not in whole, said


def page_of(member: Member) -> str:
    return reverse("admin:members_member_change", args=[member.pk])


def unfold(member: Member, receipt: Receipt) -> str:
    return reverse("admin:members_member_purchases", args=[member.pk, receipt.pk])


def test_the_page_says_first_who_it_is_with_phone_cards_status_and_balance(scene, boss):
    factories.CardFactory(member=scene.member, number="4004", blocked=True)
    text = boss.get(page_of(scene.member)).content.decode()
    head = text[text.index('id="person-name"') : text.index('id="tab-purchases"')].partition("</section>")[0]
    for said in (
        "Anna Kern",
        scene.member.phone,
        scene.member.cards.first().number,
        "4004",
        "blocked",
        "active",
    ):
        assert said in head, said
    assert f"{scene.account.balance:.2f}" in head


def test_a_card_is_one_step_from_being_blocked_for_whoever_may(scene, boss, enter):
    """Somebody lost it and is on the phone."""
    card = scene.member.cards.get()
    way = f"{reverse('admin:members_card_change', args=[card.pk])}#id_blocked"
    for client in (boss, enter(roles.OPERATOR)):
        head = client.get(page_of(scene.member)).content.decode().partition('id="tab-purchases"')[0]
        assert f'href="{way}"' in head and "Block…" in head
        assert 'id="id_blocked"' in client.get(way.partition("#")[0]).content.decode()
    assert way not in enter(roles.ANALYST).get(page_of(scene.member)).content.decode()
    card.blocked = True
    card.save()
    assert "Unblock…" in boss.get(page_of(scene.member)).content.decode()


def test_a_refused_form_says_so_above_everything_with_the_focus_and_shows_what_is_stored(scene, boss):
    card = scene.member.cards.get()
    sent = profile(scene.member, status="blocked", first_name="Other", phone="12") | {
        "cards-TOTAL_FORMS": "1", "cards-INITIAL_FORMS": "1", "cards-0-id": str(card.pk), "cards-0-blocked": "on",
        "cards-0-member": str(scene.member.pk), "cards-0-number": "", "cards-0-kind": "",
    }  # fmt: skip
    answer = boss.post(page_of(scene.member), sent)
    text = answer.content.decode()
    wrong, person = text.index('id="wrong"'), text.index('id="person-name"')
    assert wrong < person < text.index('id="member_form"')
    told = text[text.rindex("<", 0, wrong) : person]
    assert 'role="alert"' in told and "autofocus" in told and "Nothing was saved." in told
    assert 'href="#id_phone"' in told and 'href="#id_cards-0-number"' in told
    assert "Anna Kern" in text[person:][:200] and "active" in text[person:][:200]
    card.refresh_from_db()
    assert not card.blocked


def test_a_page_that_was_not_refused_says_nothing_of_mistakes(scene, boss):
    assert 'id="wrong"' not in boss.get(page_of(scene.member)).content.decode()


def test_the_page_stays_small_with_many_purchases_because_they_are_unfolded_one_by_one(scene, boss):
    for number in range(2, 17):
        buy(scene.shop, scene.member, str(number))
    answer = boss.get(page_of(scene.member))
    text = answer.content.decode()
    assert text.count('class="regulars-purchase"') == member_page.PURCHASES
    assert "Night owls" not in text
    assert len(answer.content) < 150_000


def test_an_unfolded_purchase_names_its_goods_with_links(scene, boss):
    text = boss.get(unfold(scene.member, scene.receipt)).content.decode()
    assert f'{reverse("admin:loyalty_product_change", args=[scene.product.pk])}">Coffee</a>' in text
    assert "× 3<" in text


def test_points_of_a_cancelled_purchase_are_not_shown_as_earned(scene, boss):
    told = buy(scene.shop, scene.member, "2")
    cancelled = Receipt.objects.get(pk=told["id"])
    assert f"+{cancelled.earned}" in boss.get(unfold(scene.member, cancelled)).content.decode()
    returns.cancel(cancelled.pk, NOON + timedelta(seconds=2))
    text = boss.get(page_of(scene.member)).content.decode()
    row = text[text.index("№ 2 ·") :].partition("</details>")[0]
    assert "regulars-earn" not in row
    assert "regulars-earn" not in boss.get(unfold(scene.member, cancelled)).content.decode()


def test_a_purchase_and_a_return_are_one_row_each_that_come_to_what_they_moved(scene):
    operations = unfolding.read_operations([scene.account.pk])
    of_receipt = {row.last.balance: row for row in operations if row.last.transfer.receipt_id}
    assert {balance: row.points for balance, row in of_receipt.items()} == {91: -9, 94: 3}
    assert all(len(row.movements) > 1 for row in of_receipt.values())
    assert len(operations) == 3


def test_what_happened_links_receipts_by_number_and_shows_no_ids(scene, boss):
    other = "0190a1b2-0000-7000-8000-00000000beef"
    data = {"purchase": str(scene.receipt.pk), "thing": other, "note": "kept", "none": None}
    factories.EventFactory(member=scene.member, data=data)
    text = boss.get(reverse("admin:members_member_events", args=[scene.member.pk])).content.decode()
    link = reverse("admin:loyalty_receipt_change", args=[scene.receipt.pk])
    assert f'href="{link}">№\u00a01</a>' in text and "note: kept" in text
    assert (
        other not in text and text.replace(link, "").count(str(scene.receipt.pk)) == 0 and "None" not in text
    )


def test_a_purchase_is_unfolded_only_on_its_own_member_and_by_who_may_look(scene, boss, client):
    other = factories.enrol(scene.shop.programme, phone="+33612345678")
    assert boss.get(unfold(other, scene.receipt)).status_code == 404
    assert client.get(unfold(scene.member, scene.receipt)).status_code == 302
    nobody = User.objects.create(username="nobody", is_staff=True)
    client.force_login(nobody)
    assert client.get(unfold(scene.member, scene.receipt)).status_code == 403


def test_points_that_wait_or_ran_out_are_not_counted_as_spendable(scene):
    now = timezone.now()
    day = timedelta(days=1)
    before = member_page.read_purses(scene.member, now)[0]
    factories.give_points(scene.account, 5, at=now, active_from=now + day)
    factories.give_points(scene.account, 7, at=now - 3 * day, expires_at=now - day)
    factories.give_points(scene.account, 9, at=now, expires_at=now + day)
    after = member_page.read_purses(scene.member, now)[0]
    assert after.spendable - before.spendable == 9
    assert after.pending - before.pending == 5
    assert after.expiring[0] == (now + day, Decimal(9))


def count_queries(client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.usefixtures("lasting_memory")
def test_the_page_asks_no_more_of_the_database_when_there_are_more_purchases(scene, boss):
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    boss.get(address)
    few = count_queries(boss, address)
    for number in range(2, 9):
        buy(scene.shop, scene.member, str(number))
    assert count_queries(boss, address) == few


@pytest.mark.parametrize(
    "model", ["members_member", "members_card", "loyalty_receipt", "loyalty_transfer", "loyalty_lot"]
)
def test_lists_ask_no_more_of_the_database_when_they_are_longer(scene, boss, model):
    address = reverse(f"admin:{model}_changelist")
    boss.get(address)
    few = count_queries(boss, address)
    for number in range(2, 6):
        buy(scene.shop, factories.enrol(scene.shop.programme, 20), str(number), redeem="5")
    assert count_queries(boss, address) == few


def test_long_lists_are_not_counted(scene, boss):
    with CaptureQueriesContext(connection) as queries:
        boss.get(reverse("admin:members_member_changelist"))
        boss.get(reverse("admin:loyalty_transfer_changelist"))
    assert not [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]


@pytest.mark.parametrize(
    "text", ["phone", "tail", "card", "anna@example", "ANNA", "kern anna", "code", "id", "spaced"]
)
def test_a_member_is_found_by_whatever_they_say(scene, text):
    factories.enrol(scene.shop.programme, phone="+33612345678", first_name="Boris", last_name="Godunov")
    member = scene.member
    said = {
        "phone": member.phone,
        "tail": member.phone[-5:],
        "card": member.cards.get().number,
        "code": member.referral_code.lower(),
        "id": str(member.pk),
        "spaced": f"{member.phone[:2]} ({member.phone[2:5]}) {member.phone[5:]}",
    }.get(text, text)
    assert list(search.members(Member.objects.all(), said)) == [member]


def test_nobody_is_found_by_what_fits_nobody(scene):
    for text in ("+79999999999", "nobody", "no@where.org", "000"):
        assert not search.members(Member.objects.all(), text).exists()


def test_a_receipt_is_found_by_its_number_and_by_its_member(scene, boss):
    other = factories.enrol(scene.shop.programme, 20, first_name="Boris", last_name="Godunov")
    buy(scene.shop, other, "2")
    address = reverse("admin:loyalty_receipt_changelist")
    for text, number in (("2", "2"), ("Godunov", "2"), ("Kern", "1"), (scene.member.phone, "1")):
        assert [row.number for row in boss.get(address, {"q": text}).context["cl"].result_list] == [number]


def test_an_operator_types_a_phone_as_people_of_the_programmes_country_do(scene, boss):
    scene.shop.programme.country = "US"
    scene.shop.programme.save()
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    form = boss.get(address).context["adminform"].form
    fields = {name: form[name].value() or "" for name in form.fields} | {"phone": "203-555-0199"}
    fields |= {"cards-TOTAL_FORMS": "0", "cards-INITIAL_FORMS": "0"}
    boss.post(address, fields)
    scene.member.refresh_from_db()
    assert scene.member.phone == "+12035550199"

    Member.objects.filter(pk=scene.member.pk).update(phone="+2035550199")  # from before: it may stay as it is
    boss.post(address, fields | {"phone": "+2035550199", "first_name": "Vera"})
    scene.member.refresh_from_db()
    assert (scene.member.first_name, scene.member.phone) == ("Vera", "+2035550199")


def test_two_cards_of_one_number_are_refused_on_the_form(scene, boss):
    taken = scene.member.cards.get()
    card = {"kind": taken.kind.pk, "member": "", "blocked": ""}
    answer = boss.post(
        reverse("admin:members_card_add"), card | {"number": f"{taken.number[:4]} {taken.number[4:]}"}
    )
    assert "number" in answer.context["adminform"].form.errors
    boss.post(reverse("admin:members_card_add"), card | {"number": "77-88 99"})
    assert Card.objects.filter(number="778899").exists()


def test_the_forms_of_places_offer_countries_by_name(scene, boss):
    for model, pk in (
        ("programme", scene.shop.programme.pk),
        ("partner", scene.shop.partner.pk),
        ("store", scene.shop.store.pk),
    ):
        page = boss.get(reverse(f"admin:loyalty_{model}_change", args=[pk])).content.decode()
        assert ">United States</option>" in page
