"""Members in the back office: their page, registration, search, and files."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
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


# Erased is what an erasure leaves behind


def profile(member: Member, **fields: str) -> dict[str, str]:
    return {
        "first_name": member.first_name, "middle_name": "", "last_name": member.last_name, "phone": member.phone or "",
        "email": "", "birthday": "", "gender": "", "language": "en", "referred_by": "",
        "cards-TOTAL_FORMS": "0", "cards-INITIAL_FORMS": "0", "status": "active",
    } | fields  # fmt: skip


def test_nobody_chooses_that_a_member_is_erased(scene, boss):
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    field = boss.get(address).context["adminform"].form.fields["status"]
    assert [value for value, _label in field.choices] == ["active", "blocked"]
    answer = boss.post(address, profile(scene.member, status="erased"))
    assert "status" in answer.context["adminform"].form.errors
    assert boss.post(address, profile(scene.member, status="blocked")).status_code == 302
    scene.member.refresh_from_db()
    assert scene.member.status == "blocked"


def test_a_member_who_was_erased_stays_so_whatever_the_form_says(scene, boss):
    factories.erase(scene.member)
    address = reverse("admin:members_member_change", args=[scene.member.pk])
    assert boss.get(address).context["adminform"].form.fields["status"].disabled
    assert boss.post(address, profile(scene.member, status="active")).status_code == 302
    scene.member.refresh_from_db()
    assert scene.member.status == "erased"


def test_the_database_lets_nobody_set_or_undo_erased_by_the_way(scene):
    with pytest.raises(DatabaseError, match="by an erasure alone"), transaction.atomic():
        Member.objects.filter(pk=scene.member.pk).update(status="erased")
    with pytest.raises(DatabaseError, match="by an erasure alone"), transaction.atomic():
        factories.MemberFactory(status="erased")
    factories.erase(scene.member)
    Member.objects.filter(pk=scene.member.pk).update(status="erased", first_name="")
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        Member.objects.filter(pk=scene.member.pk).update(status="active")


@pytest.mark.parametrize("header", ["status", "статус"])
def test_a_file_that_says_erased_is_refused(scene, boss, header):
    preview = send(
        boss, reverse("admin:members_member_import"), f"phone,{header}\n{scene.member.phone},erased\n"
    )
    assert f"There is no column “{header}”." in preview.content.decode()
    scene.member.refresh_from_db()
    assert scene.member.status == "active"


# Files


def send(client, address: str, rows: str):
    """Send a file, and agree to it if the check found nothing wrong. Returns the page of the check."""
    upload = SimpleUploadedFile("rows.csv", rows.encode(), "text/csv")
    page = client.post(address, {"file": upload}, follow=True)
    assert page.status_code == 200
    if page.context.get("agree_address") and page.context["upload"].state == "ready":
        done = client.post(page.context["agree_address"], follow=True)
        assert done.context["upload"].state == "done", done.context["upload"].error
    return page


HEADER = "phone,email,first_name,middle_name,last_name,birthday,gender,language\n"


def test_a_birthday_changed_in_the_form_or_by_a_file_is_noted_and_one_from_registration_is_not(scene, boss):
    send(boss, reverse("admin:members_member_import"), HEADER + "+79161112233,,Ivan,,,1980-05-01,,ru\n")
    member = Member.objects.get(phone="+79161112233")
    assert member.birthday_changed_at is None

    address = reverse("admin:members_member_change", args=[member.pk])
    assert boss.post(address, profile(member, birthday="1980-05-02")).status_code == 302
    member.refresh_from_db()
    by_form = member.birthday_changed_at
    assert str(member.birthday) == "1980-05-02"
    assert by_form is not None

    send(boss, reverse("admin:members_member_import"), HEADER + "+79161112233,,Ivan,,,1980-05-03,,ru\n")
    member.refresh_from_db()
    by_file = member.birthday_changed_at
    assert str(member.birthday) == "1980-05-03"
    assert by_file is not None
    assert by_file > by_form


def test_a_file_of_members_is_registered_and_can_be_sent_again(scene, boss):
    rows = HEADER + "+7 916 111-22-33,ivan@example.org,Ivan,,Petrov,1980-05-01,male,ru\n"
    for _time in range(2):
        send(boss, reverse("admin:members_member_import"), rows)
    member = Member.objects.get(phone="+79161112233")
    assert (member.first_name, str(member.birthday), member.channel) == ("Ivan", "1980-05-01", "desk")
    assert Holder.objects.filter(member=member).count() == 1
    assert member.cards.count() == 1


def test_a_bad_row_is_reported_and_nothing_of_the_file_is_kept(scene, boss):
    before = Member.objects.count()
    rows = (
        HEADER + "+79161112233,,Ivan,,Petrov,,,ru\nnonsense,,Boris,,Petrov,,,ru\n+79161112244,x,V,,P,,,ru\n"
    )
    preview = send(boss, reverse("admin:members_member_import"), rows)
    assert preview.context["result"]["wrong"] == 2
    text = preview.content.decode()
    assert "nonsense" in text
    assert "Enter a valid email address" in text
    assert Member.objects.count() == before


def test_cards_products_and_stores_come_in_from_files(scene, boss):
    send(
        boss,
        reverse("admin:members_card_import"),
        f"number,kind,member,blocked\n555,plastic,{scene.member.phone},0\n",
    )
    assert Card.objects.get(number="555").member == scene.member
    partner = scene.shop.partner.code
    send(
        boss,
        reverse("admin:loyalty_product_import"),
        "partner,sku,name,brand,category,barcode,price,cost,active\n"
        f"{partner},C1,Better coffee,,coffee,4600,11.50,5,1\n{partner},T1,Tea,,,,2,,1\n",
    )
    scene.product.refresh_from_db()
    assert (scene.product.name, scene.product.price) == ("Better coffee", Decimal("11.50"))
    assert scene.shop.partner.products.filter(sku="T1", price=2).exists()
    send(
        boss,
        reverse("admin:loyalty_store_import"),
        f"code,name,partner,time_zone,address,active\nnew,New,{partner},Europe/Paris,Rue 1,1\n",
    )
    assert scene.shop.partner.stores.filter(code="new", time_zone="Europe/Paris").exists()


MEMBERS = reverse("admin:members_member_import")


def test_what_a_file_does_not_mention_stays_and_an_empty_cell_is_none(scene, boss):
    member = scene.member
    Member.objects.filter(pk=member.pk).update(email="anna@example.org", birthday="1990-05-05")
    send(boss, MEMBERS, f"phone,first_name\n{member.phone},Tester\n")
    member.refresh_from_db()
    assert (member.first_name, member.email, str(member.birthday)) == (
        "Tester",
        "anna@example.org",
        "1990-05-05",
    )
    send(boss, MEMBERS, f"phone,email,birthday\n{member.phone},,\n")
    member.refresh_from_db()
    assert (member.first_name, member.email, member.birthday) == ("Tester", None, None)


@pytest.mark.parametrize("header", ["phone,first_name", "phone,email,first_name"])
def test_members_without_an_email_come_in_together_and_again(scene, boss, header):
    middle = "," if "email" not in header else ",,"
    rows = f"{header}\n+79161112233{middle}Ivan\n+79161112244{middle}Boris\n"
    for _time in range(2):
        assert not send(boss, MEMBERS, rows).context["result"]["wrong"]
    assert Member.objects.filter(phone__startswith="+791611122", email=None).count() == 2


@pytest.mark.parametrize(
    ("word", "blocked"),
    [("yes", True), ("да", True), ("Истина", True), ("TRUE", True), ("1", True), ("нет", False), ("ложь", False),
     ("0", False), ("", False)],
)  # fmt: skip
def test_yes_and_no_are_read_in_both_languages(scene, boss, word, blocked):
    send(
        boss,
        reverse("admin:members_card_import"),
        f"number,kind,member,blocked\n555,plastic,{scene.member.phone},{word}\n",
    )
    assert Card.objects.get(number="555").blocked is blocked


def test_what_is_neither_yes_nor_no_is_refused_with_row_and_column(scene, boss):
    rows = f"number,kind,member,blocked\n555,plastic,{scene.member.phone},perhaps\n"
    preview = send(boss, reverse("admin:members_card_import"), rows)
    assert "“perhaps” is neither yes nor no" in preview.content.decode()
    assert [(row, column) for row, column, *_ in preview.context["result"]["mistakes"]] == [(2, "blocked")]
    assert not Card.objects.filter(number="555").exists()


def test_a_file_moves_no_store_to_another_partner(scene, boss):
    other = factories.PartnerFactory()
    store = scene.shop.store
    preview = send(boss, reverse("admin:loyalty_store_import"), f"code,partner\n{store.code},{other.code}\n")
    assert "This never changes" in preview.content.decode()
    store.refresh_from_db()
    assert store.partner == scene.shop.partner


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("Phone,Nick\n+12025550123,X\n", "There is no column “Nick”."),
        ("first_name\nX\n", "The column “phone” is missing"),
        ("phone,phone\n1,2\n", "The column “phone” is there twice."),
    ],
)
def test_a_wrong_header_is_told_in_a_sentence_without_a_traceback(scene, boss, rows, told):
    page = send(boss, MEMBERS, rows).content.decode()
    assert told in page
    assert "Traceback" not in page and ".py" not in page


def test_columns_are_known_by_their_names_and_parted_by_semicolons_too(scene, boss):
    send(boss, MEMBERS, "\ufeffТелефон;Имя;День рождения\n+79161112233;Иван;03.04.1990\n")
    assert str(Member.objects.get(phone="+79161112233", first_name="Иван").birthday) == "1990-04-03"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_list_that_went_out_in_one_language_comes_back_in_another(scene, boss, language):
    scene.product.price, scene.product.active = Decimal("0.59"), True
    scene.product.save()
    boss.cookies.load({"django_language": language})
    sheet = boss.post(
        reverse("admin:loyalty_product_export"), {"format": "0", "resource": ""}
    ).content.decode()
    assert "0.59" in sheet and "yes" in sheet
    for back in ("en", "ru"):
        boss.cookies.load({"django_language": back})
        preview = send(boss, reverse("admin:loyalty_product_import"), sheet)
        counts = {name: preview.context["result"][name] for name in ("new", "changed", "same", "wrong")}
        assert counts == {"new": 0, "changed": 0, "same": 1, "wrong": 0}


def test_an_unknown_code_in_a_file_is_named(scene, boss):
    preview = send(
        boss,
        reverse("admin:loyalty_store_import"),
        "code,name,partner,time_zone,address,active\nnew,New,nobody,Moon/Crater,,1\n",
    )
    assert "There is no partner “nobody”." in preview.content.decode()


def test_files_go_in_and_out_by_role(scene, enter):
    may = {}
    for role in (roles.MANAGER, roles.OPERATOR, roles.ANALYST):
        client = enter(role)
        answers = [
            client.get(reverse(f"admin:members_member_{way}")).status_code for way in ("import", "export")
        ]
        may[role] = answers
    assert may == {roles.MANAGER: [200, 200], roles.OPERATOR: [200, 403], roles.ANALYST: [403, 200]}


def test_a_list_goes_out_with_what_was_searched_for(scene, boss):
    factories.enrol(scene.shop.programme, phone="+33612345678", first_name="Boris", last_name="Godunov")
    address = reverse("admin:members_member_export") + "?q=Godunov"
    rows = boss.post(address, {"format": "0", "resource": ""}).content.decode().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["phone", "+33612345678"]


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
