"""Files of members, cards, goods and stores: read whole or not at all, and written as they are read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from backoffice.staff import roles
from loyalty.models import Holder
from members.models import Card, Member
from tests import factories
from tests.backoffice.members.forms import profile, send

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


def test_places_and_hours_of_stores_come_in_and_are_judged_as_in_the_form(scene, boss):
    address, partner = reverse("admin:loyalty_store_import"), scene.shop.partner.code
    head = "code,name,partner,time_zone,town,hours,latitude,longitude\n"
    send(boss, address, f"{head}new,New,{partner},Europe/Paris,Lyon,mo-fr 8:00-20:00,45.764,4.8357\n")
    store = scene.shop.partner.stores.get(code="new")
    assert (store.town, store.hours) == ("Lyon", "Mo-Fr 08:00-20:00")
    assert (store.latitude, store.longitude) == (Decimal("45.764"), Decimal("4.8357"))
    for row, told in (
        ("Lyon,daily,45.764,4.8357", "says no hours"),
        ("Lyon,24/7,45.764,", "both latitude and longitude"),
        ("Lyon,24/7,95,4", "90"),
    ):
        preview = send(boss, address, f"{head}new,New,{partner},Europe/Paris,{row}\n")
        assert told in preview.content.decode()


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
