"""What people read in the back office: names instead of ids and codes, one style of numbers and dates a language."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from django_celery_beat.models import IntervalSchedule

from backoffice import figures
from backoffice.members import happenings, unfolding
from backoffice.members.timeline import describe_evidence
from backoffice.staff import roles
from campaigns.backtest import running
from campaigns.checkout import checkout, returns
from campaigns.checkout.sale import Sale, SaleLine, Who
from campaigns.words import wording
from loyalty.ledger import sweep
from loyalty.models import Lot, Receipt, Transfer
from members import consent_texts, consents
from members.consents import Said
from members.models import Consent, Event, Member, Purpose
from members.timeline import events
from rewards.models import Coupon
from tests import factories
from tests.backoffice.conftest import NOON, Scene, buy
from tests.backoffice.test_pages import MODELS, address, make_system_records
from tests.backoffice.walk import walk

UUID_OR_TAIL = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}|\b(?=[0-9]*[a-f])[0-9a-f]{12}\b")
SNAKE = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
JSON_TEXT = re.compile(r"""\{['"]|\[['"{]|\bNone\b(?= *[,}\]])|\ANone\Z""")
#: A number with a decimal point; no part of a day, a version or an address has one point alone.
POINT = re.compile(r"(?<![\w.])\d+\.\d+(?![\w.])")
_MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
OTHER_DATES = {
    "en": re.compile(
        rf"\b\d\d?/\d\d?/\d{{4}}|[ap]\.m\.|\b(?:{_MONTHS})[a-z]*\.? \d\d?, \d{{4}}"
        rf"|\b\d\d? (?:{_MONTHS})[a-z]* \d{{4}}|\d\d\.\d\d\.\d{{4}}"
    ),
    "ru": re.compile(r"\d{4}-\d\d-\d\d|\b\d\d?/\d\d?/\d{4}|\b\d\d? [а-я]{3,8} \d{4}"),
}
#: Pages of which a part is named by programmers, and why: tasks are functions of Python; a failed sign-in is shown as
#: the browser sent it.
OF_PROGRAMMERS = ("django_celery_beat_", "axes_")


@pytest.fixture
def world(scene: Scene, boss: Client) -> Scene:
    """The scene, with purchases held and cancelled, points that expired, lots with terms, and other systems' events."""
    make_system_records()
    programme, member = scene.shop.programme, scene.member
    terms = {"max_share": "12.5", "categories": ["coffee"], "min_amount": "2.50", "weekdays": [1]}
    factories.give_points(scene.account, "2.50", at=NOON, terms=terms)
    factories.give_points(scene.account, "4.50", at=NOON, expires_at=NOON + timedelta(hours=1))
    sweep.expire(NOON + timedelta(days=3))
    line = SaleLine(position=1, sku="C1", quantity=Decimal("1.5"), price=Decimal("10.30"))
    sale = Sale(
        store=scene.shop.store.code, till="1", receipt_number="2", purchased_at=NOON, lines=(line,),
        member=Who(phone=member.phone), state="held",
    )  # fmt: skip
    checkout.purchase(sale, NOON)
    checkout.purchase(msgspec.structs.replace(sale, receipt_number="3", state="completed"), NOON)
    returns.cancel(Receipt.objects.get(number="3").pk, NOON)
    friend = factories.MemberFactory(first_name="Berta", last_name="", phone=None, referred_by=member)
    events.record("referral.joined", member.pk, NOON, friend=str(friend.pk), programme=programme.code)
    events.record(
        "sofa_delivered", member.pk, NOON, floor_number=2.5, on_day="2026-03-10", door={"code_word": None}
    )
    consents.record(
        member, {"sms": True}, NOON, f"api:{scene.shop.partner.code}", {"partner": scene.shop.partner.code}
    )
    text = consent_texts.current(programme.code, Purpose.PROFILING, "en")
    evidence = {"address": "192.0.2.1", "programme": programme.code, "proved": "sms"}
    answers = [Said(Purpose.PROFILING, True, text=text), Said(Purpose.PROCESSING, True, text=text)]
    consents.write(member, answers, NOON, "cabinet", evidence)
    factories.MemberFactory(first_name="", last_name="", phone=None)
    percent = {"whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": "2.5"}]}
    factories.publish_campaign(programme, percent, code="two_and_a_half", name="Two and a half")
    running.ask(programme, [scene.draft], (date(2026, 3, 1), date(2026, 3, 31)), name="March")
    asked = running.claim(timezone.now())
    while asked is not None:
        running.run(asked, processes=0)
        asked = running.claim(timezone.now())
    data = {"account": str(scene.account.pk), "direction": "give", "points": "1.5", "reason": "cold coffee"}
    data |= {"key": "01a22d05-4195-7108-be40-e314ab8646f4", "sure": ""}
    page = reverse("admin:members_member_adjust_points", args=[member.pk])
    sure = boss.post(page, data).context["form"].data["sure"]
    boss.post(page, data | {"sure": sure}, follow=True)
    return scene


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_page_shows_ids_data_keys_decimal_points_in_russian_or_another_style_of_dates(
    language: str, world: Scene, boss: Client
) -> None:
    rules = {"id": UUID_OR_TAIL, "code": SNAKE, "JSON": JSON_TEXT, "date": OTHER_DATES[language]}
    if language == "ru":
        rules["point"] = POINT
    own = re.compile(
        "two_and_a_half|sofa_delivered"
    )  # codes that the programme and its systems gave themselves
    faults, views = set(), set()
    for page in walk(boss, language):
        views.add(page.view)
        if page.view.startswith(OF_PROGRAMMERS):
            continue
        for text in page.texts:
            said = own.sub("", text)
            faults |= {(rule, page.view, text) for rule, shape in rules.items() if shape.search(said)}
    lists = {f"{model._meta.app_label}_{model._meta.model_name}_changelist" for model in MODELS}
    assert lists - views == set()
    assert {"members_member_statement", "members_member_events", "members_member_purchases"} <= views
    assert not faults, "\n".join(map(str, sorted(faults)))


def parts(event: Event, language: str = "en", coupons: bool = True) -> list[tuple[str, str]]:
    with translation.override(language):
        return [(part.label, part.text) for part in happenings.tell([event], coupons=coupons)[0]]


def test_an_event_names_things_by_their_names_with_a_way_to_them_and_leaves_ids_out(scene: Scene) -> None:
    bought = Event.objects.get(kind="purchase.completed")
    (part,) = happenings.tell([bought], coupons=True)[0]
    assert (part.text, part.link) == ("№\u00a01", address(Receipt, "change", scene.receipt.pk))
    reached = factories.EventFactory(
        kind="tier.reached", member=scene.member,
        data={"tier": "gold", "was": "base", "programme": "main", "why": "purchase", "receipt": str(scene.receipt.pk)},
    )  # fmt: skip
    assert parts(reached) == [
        ("", "№\u00a01"), ("", "Gold"), ("before", "Base"), ("", "by a purchase"), ("programme", "Main"),
    ]  # fmt: skip
    other = factories.EventFactory(
        data={"sofa_colour": "red", "price": 2.5, "id": "01a22d05-4195-7108-be40-e314ab8646f4", "on_day": "2026-03-10",
              "paid": True, "nothing": None, "legs": [1, 2]},
    )  # fmt: skip
    assert parts(other) == [
        ("legs", "1, 2"), ("on day", "2026-03-10"), ("paid", "yes"), ("price", "2.5"), ("sofa colour", "red"),
    ]  # fmt: skip
    assert ("price", "2,5") in parts(other, "ru")
    assert ("on day", "10.03.2026") in parts(other, "ru")


def test_who_may_not_see_coupons_reads_no_code_of_one_among_the_events(scene: Scene, enter) -> None:
    factories.EventFactory(
        kind="coupon.issued", member=scene.member, data={"coupon": "ANNAS1", "series": "spring"}
    )
    pages = (address(Event, "changelist"), reverse("admin:members_member_events", args=[scene.member.pk]))
    for page in pages:
        assert "ANNAS1" in enter(roles.MANAGER).get(page).content.decode()
        told = enter(roles.ANALYST).get(page).content.decode()
        assert "Spring" in told
        assert "ANNAS1" not in told


def test_an_event_whose_data_nobody_can_name_is_told_all_the_same(scene: Scene) -> None:
    deep: dict[str, object] = {}
    for _level in range(40):
        deep = {"in": deep, "so": "on"}
    odd = factories.EventFactory(
        data={"tier": "gone", "campaign": "gone", "receipt": "no id", "points": "many", "x": deep}
    )
    told = dict(parts(odd))
    assert told["points"] == "many"
    assert all(len(text) <= happenings.MOST for text in told.values())


def test_points_that_expired_have_one_date_in_the_statement_and_among_the_events(
    scene: Scene, boss: Client
) -> None:
    factories.give_points(scene.account, "4.50", at=NOON, expires_at=NOON + timedelta(days=2))
    sweep.expire(NOON + timedelta(days=5))
    (movement,) = [
        part
        for one in unfolding.read_operations([scene.account.pk])
        for part in one.movements
        if part.transfer.kind == Transfer.Kind.EXPIRE
    ]
    assert movement.at == Event.objects.get(kind="points.expired").at == NOON + timedelta(days=2)
    for part in ("statement", "events"):
        told = boss.get(reverse(f"admin:members_member_{part}", args=[scene.member.pk])).content.decode()
        assert "2026-03-12 12:00" in told
        assert "2026-03-15" not in told


@pytest.mark.parametrize("state", ["held", "cancelled"])
def test_the_page_of_a_purchase_that_gave_nothing_shows_no_points_as_earned(
    state: str, scene: Scene, boss: Client
) -> None:
    buy(scene.shop, scene.member, "2")
    receipt = Receipt.objects.get(number="2")
    page = address(Receipt, "change", receipt.pk)
    assert '<strong class="regulars-earn">+1.50</strong>' in boss.get(page).content.decode()
    Receipt.objects.filter(pk=receipt.pk).update(status=state)
    told = boss.get(page).content.decode()
    assert "regulars-earn" not in told
    assert '<s class="regulars-soft">1.50</s>' in told
    assert '<s class="regulars-soft">1.50</s>' in boss.get(address(Receipt, "changelist")).content.decode()


def test_a_lot_says_its_terms_and_a_rulebook_its_rules_in_words(scene: Scene, boss: Client) -> None:
    terms = {"max_share": "12.5", "categories": ["coffee"], "min_amount": "2.50"}
    factories.give_points(scene.account, "2.50", at=NOON, terms=terms)
    lot = Lot.objects.get(terms__isnull=False)
    told = boss.get(address(Lot, "change", lot.pk), headers={"Accept-Language": "ru"}).content.decode()
    assert "не более чем на 12,5% чека" in told or "12,5%" in told
    assert "Coffee" in told
    scene.shop.programme.spending = {"max_share": "12.5", "excluded": {"categories": ["coffee"]}}
    scene.shop.programme.save()
    boss.post(address(type(scene.shop.programme), "change", scene.shop.programme.pk), {})
    from campaigns import rulebooks

    book = rulebooks.refresh(scene.shop.programme, NOON)
    told = boss.get(address(type(book), "change", book.pk)).content.decode()
    assert "at most 12.5% of a receipt; never for Coffee" in told
    assert "1 year after they were earned" in told
    assert "{&quot;" not in told


def test_the_evidence_of_a_consent_names_who_called(scene: Scene) -> None:
    partner, store = scene.shop.partner, scene.shop.store
    said = describe_evidence(
        {"partner": partner.code, "store": store.code, "till": None, "source": f"api:{partner.code}"}
    )
    assert said == f"partner: {partner.name}, store: {store.name}, source: API, {partner.code}"


def test_a_consent_says_what_it_is_to_by_which_way_it_was_proved_and_what_was_shown(
    scene: Scene, boss: Client
) -> None:
    programme = scene.shop.programme
    text = consent_texts.current(programme.code, Purpose.PROFILING, "en")
    evidence = {"address": "192.0.2.1", "programme": programme.code, "proved": "sms"}
    consents.write(scene.member, [Said(Purpose.PROFILING, True, text=text)], NOON, "cabinet", evidence)
    consents.record(scene.member, {"sms": False}, NOON, "till", {})

    assert describe_evidence(evidence) == (
        f"network address: 192.0.2.1, programme: {programme.name}, proved by: SMS"
    )
    listed = boss.get(reverse("admin:members_consent_changelist")).content.decode()
    assert "personal offers made from purchases" in listed
    assert "news and offers: SMS" in listed
    row = Consent.objects.get(purpose=Purpose.PROFILING)
    shown = boss.get(reverse("admin:members_consent_change", args=[row.pk])).content.decode()
    assert text.text in shown
    page = boss.get(reverse("admin:members_member_change", args=[scene.member.pk])).content.decode()
    assert "personal offers made from purchases:" in page


def test_a_member_without_a_name_or_phone_is_called_by_the_code_that_friends_know() -> None:
    assert str(Member(referral_code="ABCD")) == "member ABCD"


@pytest.mark.parametrize(
    ("value", "english", "russian"),
    [
        ("1234.50", "1,234.50", "1\u00a0234,50"),
        (Decimal("0.5"), "0.5", "0,5"),
        ("-0.30", "-0.30", "-0,30"),
        (3, "3", "3"),
        (None, "", ""),
        ("r1.2.3", "r1.2.3", "r1.2.3"),
        ("1e5", "1e5", "1e5"),
    ],
)
def test_a_figure_has_the_signs_of_the_language(value: object, english: str, russian: str) -> None:
    assert figures.amount(value) == english
    with translation.override("ru"):
        assert figures.amount(value) == russian


@pytest.mark.parametrize("typed", ["2,5", "2.5"])
def test_decimal_numbers_are_shown_and_read_with_a_comma_in_russian_fields(
    typed: str, scene: Scene, boss: Client
) -> None:
    russian = {"Accept-Language": "ru"}
    page = address(type(scene.product), "change", scene.product.pk)
    assert 'value="10,00"' in boss.get(page, headers=russian).content.decode()
    fields = {
        "name": "Coffee", "brand": "", "barcode": "4600", "category": scene.product.category_id, "active": "on",
        "price": typed, "cost": "",
    }  # fmt: skip
    assert boss.post(page, fields, headers=russian).status_code == 302
    scene.product.refresh_from_db()
    assert scene.product.price == Decimal("2.5")
    shown = boss.get(address(type(scene.shop.programme), "change", scene.shop.programme.pk), headers=russian)
    assert 'value="1,0000"' in shown.content.decode()


def test_charts_write_their_numbers_in_the_language_of_the_page(scene: Scene, boss: Client) -> None:
    for language in ("en", "ru"):
        page = boss.get(reverse("admin:index"), headers={"Accept-Language": language})
        assert json.loads(page.context["chart"]["options"])["locale"] == language


def test_a_schedule_is_called_so_that_its_number_fits_in_russian() -> None:
    with translation.override("ru"):
        assert str(IntervalSchedule(every=10, period="seconds")) == "период: 10 (секунды)"
        assert str(IntervalSchedule(every=1, period="hours")) == "период: час"
        assert Coupon.State.ISSUED.label == "выдан"


def test_a_day_in_a_reason_is_written_as_the_language_writes_days() -> None:
    args = {"date": "2026-03-10", "series": "2026-03-10"}
    with translation.override("ru"):
        assert wording.localized(args) == {"date": "10.03.2026", "series": "2026-03-10"}
    assert wording.localized(args) == args


def test_the_sample_tells_its_messages_in_the_numbers_of_the_language(scene: Scene, boss: Client) -> None:
    draft = factories.percent_of_receipt("2.5") | {"tell": {"till": "Points: {points}"}}
    campaign = factories.CampaignFactory(programme=scene.shop.programme, draft=draft)
    page = address(type(campaign), "change", campaign.pk)
    told = boss.get(page, headers={"Accept-Language": "ru"}).content.decode()
    assert re.search(r"Points: \d+,\d+", told)
    assert 'value="2,5"' in told
