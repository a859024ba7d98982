"""A programme's rules as a form, and the rulebooks that saving it makes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import translation

from backoffice.programmes.form import read_fields, write_expiry, write_spending
from campaigns.models import Rulebook
from loyalty import currencies
from loyalty.models import Programme, Tier
from loyalty.rules import expiry
from loyalty.wording import describe_expiry, describe_spending

POLICIES: list[dict[str, Any]] = [
    {"kind": "never"},
    {"kind": "after", "months": 6},
    {"kind": "end_of", "unit": "quarter", "after": 1},
    {"kind": "yearly", "month": 6, "day": 30, "at_least": {"days": 90}},
    {"kind": "anniversary"},
    {"kind": "anniversary", "at_least": {"weeks": 2}},
]
RULES: list[dict[str, Any]] = [
    {},
    {"max_share": "50", "leave": "1"},
    {"min_receipt": "10.5", "min_points": "5", "max_points_per_day": "500", "step": "100"},
    {"excluded": {"categories": ["food"], "brands": ["A", "B"], "products": ["C1"]}},
]


def address(programme: Programme) -> str:
    return reverse("admin:loyalty_programme_change", args=[programme.pk])


def filled(boss, programme: Programme) -> dict[str, object]:
    """What the browser sends back when nothing is changed."""
    answer = boss.get(address(programme))
    form = answer.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    for formset in answer.context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {f"{management.prefix}-{name}": management[name].value() for name in management.fields}
        for one in formset.formset.initial_forms:
            data |= {one.add_prefix(name): one[name].value() for name in one.fields}
    return {name: value for name, value in data.items() if value is not None and value is not False}


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["kind"])
def test_an_expiry_policy_goes_through_the_form_unchanged(scene, boss, policy):
    programme = scene.shop.programme
    Programme.objects.filter(pk=programme.pk).update(expiry=policy)
    assert boss.post(address(programme), filled(boss, programme)).status_code == 302
    programme.refresh_from_db()
    assert expiry.parse(programme.expiry) == expiry.parse(policy)


@pytest.mark.parametrize("rules", RULES)
def test_spending_rules_go_through_the_form_unchanged(scene, boss, rules):
    programme = scene.shop.programme
    Programme.objects.filter(pk=programme.pk).update(spending=rules)
    assert boss.post(address(programme), filled(boss, programme)).status_code == 302
    programme.refresh_from_db()
    assert programme.spending == rules


def test_saving_a_programme_puts_new_rules_in_force(scene, boss):
    programme = scene.shop.programme
    before = Rulebook.objects.filter(programme=programme).count()
    answer = boss.post(
        address(programme), filled(boss, programme) | {"max_share": "30", "expiry_amount": "2"}
    )
    assert answer.status_code == 302
    newest = Rulebook.objects.filter(programme=programme).latest("id")
    assert Rulebook.objects.filter(programme=programme).count() == before + 1
    assert newest.terms["spending"]["max_share"] == "30"
    assert newest.terms["expiry"] == {"kind": "after", "years": 2}
    assert newest.revisions == Rulebook.objects.filter(programme=programme)[1].revisions


def test_saving_what_is_unchanged_makes_no_rulebook(scene, boss):
    before = Rulebook.objects.count()
    assert boss.post(address(scene.shop.programme), filled(boss, scene.shop.programme)).status_code == 302
    assert Rulebook.objects.count() == before


def test_a_new_programme_has_rules_from_the_first_moment(scene, boss):
    form = filled(boss, scene.shop.programme) | {
        "code": "second", "name": "Second", "currency": "usd", "point_decimals": "0", "tiers-TOTAL_FORMS": "0",
        "tiers-INITIAL_FORMS": "0",
    }  # fmt: skip
    answer = boss.post(reverse("admin:loyalty_programme_add"), form)
    assert answer.status_code == 302, answer.context["errors"]
    made = Programme.objects.get(code="second")
    assert made.currency == "USD"
    assert made.rulebooks.count() == 1
    assert made.ladder.window == "ever"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"expiry_kind": "after", "expiry_amount": ""}, "expiry_amount"),
        ({"expiry_kind": "yearly", "expiry_month": "2", "expiry_day": "31"}, "expiry_day"),
        ({"expiry_kind": "on_date", "expiry_date": ""}, "expiry_date"),
        ({"expiry_kind": "end_of", "expiry_span": ""}, "expiry_span"),
        ({"max_share": "120"}, "max_share"),
        ({"step": "0"}, "step"),
        ({"time_zone": "Moon/Crater"}, "time_zone"),
        ({"point_value": "0"}, "point_value"),
    ],
)
def test_a_rule_that_will_not_do_is_told_beside_its_field(scene, boss, wrong, field):
    before = Rulebook.objects.count()
    answer = boss.post(address(scene.shop.programme), filled(boss, scene.shop.programme) | wrong)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert Rulebook.objects.count() == before


def test_a_rule_that_will_not_do_is_told_in_the_language_of_its_reader(scene, boss):
    wrong = {"expiry_kind": "yearly", "expiry_month": "2", "expiry_day": "31", "step": "0"}
    told = {}
    for language in ("en", "ru"):
        with translation.override(language):  # which the page would leave behind
            answer = boss.post(
                address(scene.shop.programme),
                filled(boss, scene.shop.programme) | wrong,
                headers={"accept-language": language},
            )
        told[language] = {
            name: list(texts) for name, texts in answer.context["adminform"].form.errors.items()
        }
    assert told["en"]["expiry_day"] == ["This will not do: give a whole number from 1 to 29."]
    assert told["ru"]["expiry_day"] == ["Так не получится: укажите целое число от 1 до 29."]
    assert told["ru"].keys() == told["en"].keys() == {"expiry_day", "step"}


@pytest.mark.parametrize(
    ("day", "wait", "refused"),
    [("2020-01-01", 0, True), ("2999-12-31", 7, False)],
)
def test_points_that_would_expire_before_they_are_active_are_refused_where_the_programme_is_made(
    scene, boss, day, wait, refused
):
    programme = scene.shop.programme
    form = filled(boss, programme) | {"expiry_kind": "on_date", "expiry_date": day, "activation_days": wait}
    answer = boss.post(address(programme), form)
    assert (answer.status_code == 200) == refused
    if refused:
        assert list(answer.context["adminform"].form.errors) == ["expiry_date"]
        Programme.objects.filter(pk=programme.pk).update(expiry={"kind": "on_date", "date": day})
        assert boss.post(address(programme), filled(boss, programme) | {"name": "Other"}).status_code == 302


def test_saving_and_deleting_a_tier_puts_new_rules_in_force(scene, boss):
    gold = Tier.objects.get(code="gold")
    before = Rulebook.objects.count()
    boss.post(reverse("admin:loyalty_tier_change", args=[gold.pk]), {"name": "Gold", "threshold": "900"})
    gold.refresh_from_db()
    assert gold.threshold == Decimal(900)
    boss.post(reverse("admin:loyalty_tier_delete", args=[gold.pk]), {"post": "yes"})
    assert not Tier.objects.filter(code="gold").exists()
    assert Rulebook.objects.count() == before + 2


def test_fields_and_documents_mean_the_same():
    for policy in POLICIES:
        assert expiry.parse(write_expiry(read_fields(policy, {}))) == expiry.parse(policy)
    numbers = {"max_share": Decimal("50.00"), "excluded_brands": " A \n\nB", "excluded_categories": []}
    assert write_spending(numbers) == {"max_share": "50", "excluded": {"brands": ["A", "B"]}}


def test_rules_are_told_in_words():
    told = [
        describe_expiry(policy) for policy in (None, *POLICIES, {"kind": "on_date", "date": "2027-01-31"})
    ]
    assert told == [
        "never",
        "never",
        "6 months after they were earned",
        "at the end of the quarter, 1 later",
        "every year on 30 June, but live at least 90 days",
        "on the anniversary of joining",
        "on the anniversary of joining, but live at least 2 weeks",
        "all on 2027-01-31",
    ]
    assert describe_spending(RULES[1]) == "at most 50% of a receipt; 1 is always paid in money"
    assert describe_spending(RULES[3]) == "never for food, A, B, C1"
    assert describe_spending({}) == "without limits"


@pytest.mark.parametrize("currency", ["JPY", "clp", "KWD", "VND", "CLF", "XAU", "XXX", "EURO", "ZZZ", "руб"])
def test_a_currency_whose_sums_have_not_two_places_is_refused_in_words(scene, boss, currency):
    form = filled(boss, scene.shop.programme) | {"code": "second", "name": "Second", "currency": currency}
    answer = boss.post(reverse("admin:loyalty_programme_add"), form)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors["currency"]
    assert not Programme.objects.filter(code="second").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("JPY", "those of JPY have 0"),
        ("KWD", "those of KWD have 3"),
        ("XAU", "XAU is no money that people pay with"),
        ("ZZZ", "“ZZZ” is no currency"),
        ("", "“” is no currency"),
    ],
)
def test_why_a_currency_is_refused_is_said(text, words):
    with pytest.raises(ValidationError, match=words):
        currencies.read(text)


def test_currencies_of_two_places_are_read_in_any_letters():
    assert [currencies.read(code) for code in ("eur", "RUB", " usd ", "KZT", "RSD", "AMD")] == [
        "EUR", "RUB", "USD", "KZT", "RSD", "AMD",
    ]  # fmt: skip
