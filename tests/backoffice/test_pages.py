"""Every page of the back office opens for those who may see it, and for nobody else."""

from __future__ import annotations

import html
import re
from datetime import date

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from analytics import hand
from analytics.hand import TierToSet
from backoffice.desk import Register
from backoffice.staff import roles
from campaigns.models import Backtest, Campaign, CampaignTemplate, LandingPage, Revision, Seller
from loyalty.models import Appearance, Debt, Ladder, Programme, Receipt
from members import consent_texts
from members.models import Event, Member, User
from messaging.models import HelpRequest, Webhook, WebhookDelivery
from tests import factories
from tests.questions import opened

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
REGISTERS = [model for model in MODELS if isinstance(admin.site._registry[model], Register)]
#: What the scene has none of, or what belongs to libraries and is made here.
EMPTY = (AccessAttempt, Debt, HelpRequest, Seller, ClockedSchedule, SolarSchedule)


def name(model) -> str:
    return model._meta.label_lower


def address(model, page: str, *args) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def make_system_records() -> None:
    roles.create()
    programme = Programme.objects.first()
    if programme is not None:
        days = {"begins": date(2026, 2, 1), "ends": date(2026, 2, 28)}
        Backtest.objects.create(programme=programme, name="February", tried=[], **days)
    consent_texts.current("main", "profiling", "en")
    interval = IntervalSchedule.objects.create(every=1, period="hours")
    crontab = CrontabSchedule.objects.create(minute="5")
    PeriodicTask.objects.create(name="hourly", task="loyalty.expire", interval=interval)
    PeriodicTask.objects.create(name="nightly", task="loyalty.expire", crontab=crontab)
    hook = Webhook.objects.create(name="erp", url="https://erp.example.com/", kinds=["purchase.completed"])
    if programme is not None:
        opened(programme)
    CampaignTemplate.objects.create(name="Five percent", definition=factories.percent_of_receipt("5"))
    event = Event.objects.filter(kind="purchase.completed").first()
    programme = Programme.objects.filter(tiers__code="gold").first()
    if programme is not None:
        Ladder.objects.create(programme=programme)
        Appearance.objects.create(programme=programme, colour="#123456")
        LandingPage.objects.create(campaign=programme.campaigns.all()[0], code="page", title="A page")
        member = Member.objects.get(first_name="Anna")
        hand.set_tier(member, programme, TierToSet("gold"), "a friend of the house", timezone.now(), None)
    if event is not None:
        WebhookDelivery.objects.create(webhook=hook, event=event, due_at=event.at)


@pytest.mark.parametrize("model", MODELS, ids=name)
def test_every_list_and_every_record_opens_for_the_superuser(model, scene, boss):
    make_system_records()
    assert boss.get(address(model, "changelist")).status_code == 200
    assert boss.get(address(model, "changelist"), {"q": "Anna"}).status_code == 200
    record = model._default_manager.first()
    if record is None:
        assert model in EMPTY
        return
    assert boss.get(address(model, "change", record.pk)).status_code == 200


@pytest.mark.parametrize("role", [roles.MANAGER, roles.OPERATOR, roles.ANALYST])
def test_a_role_sees_what_it_may_view_and_nothing_else(role, scene, enter):
    make_system_records()
    client = enter(role)
    seen, wanted = {}, {}
    for model in MODELS:
        right = f"{model._meta.app_label}.view_{model._meta.model_name}"
        answers = [client.get(address(model, "changelist")).status_code]
        if record := model._default_manager.first():
            answers.append(client.get(address(model, "change", record.pk)).status_code)
        seen[right] = set(answers)
        wanted[right] = {200 if right in roles.ROLES[role] else 403}
    assert seen == wanted


def test_new_records_are_made_where_the_superuser_may_make_them(scene, boss):
    closed = {model for model in MODELS if boss.get(address(model, "add")).status_code == 403}
    assert closed == {*REGISTERS, AccessAttempt, CampaignTemplate}


def test_no_form_holds_a_script_or_speaks_a_library_s_english(scene, boss):
    """The browser runs no script that stands in a page, and says so in its console."""
    for model in MODELS:
        page = boss.get(address(model, "add"), headers={"Accept-Language": "ru"}, follow=True)
        if page.status_code != 200:
            continue
        told = page.content.decode()
        scripts = re.findall(r"<script\b([^>]*)>", told)
        assert all("src=" in script or "application/json" in script for script in scripts), model
        form = getattr(page.context.get("adminform"), "form", None)
        helps = [str(field.help_text) for field in form.fields.values()] if form else []
        english = [text for text in helps if text and not re.search("[а-яё]", text, re.IGNORECASE)]
        assert not english, (model, english)


def test_an_analyst_changes_nothing(scene, enter):
    client = enter(roles.ANALYST)
    before = Programme.objects.values().get()
    answer = client.post(address(Programme, "change", scene.shop.programme.pk), {"name": "Mine"})
    assert answer.status_code == 403
    assert Programme.objects.values().get() == before
    assert client.get(address(Campaign, "add")).status_code == 403


@pytest.mark.parametrize("role", [roles.OPERATOR, roles.ANALYST])
def test_no_page_leads_where_its_reader_may_not_go(role, scene, enter):
    make_system_records()
    revision = Revision.objects.earliest("id")
    revision.pk, revision.number = None, revision.number + 1
    revision.published_by = User.objects.create_user("olga", is_staff=True)
    revision.save(force_insert=True)
    client = enter(role)
    pages = [address(Revision, "change", revision.pk)]
    pages += [reverse("admin:campaigns_campaign_change", args=[scene.live.pk]), reverse("admin:index")]
    pages += [address(Member, "change", scene.member.pk), address(Receipt, "change", scene.receipt.pk)]
    refused = set()
    for page in pages:
        told = client.get(page).content.decode()
        for link in set(re.findall(r'href="(/admin/[^"#]+)"', told)):
            if "logout" not in link and client.get(html.unescape(link)).status_code == 403:
                refused.add((page, link))
    assert refused == set()


def test_an_analyst_reads_the_rules_in_words(scene, enter):
    page = enter(roles.ANALYST).get(address(Programme, "change", scene.shop.programme.pk)).content.decode()
    assert "1 year after they were earned" in page
    assert "without limits" in page


def test_a_stranger_is_sent_to_the_sign_in(scene):
    answer = Client().get(address(Campaign, "changelist"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("admin:login"))


def test_what_happened_is_never_written_here(scene, boss):
    make_system_records()
    for model in REGISTERS:
        record = model._default_manager.first()
        if record is None:
            assert model in EMPTY
            continue
        before = list(model._default_manager.values())
        assert boss.post(address(model, "add"), {}).status_code == 403
        assert boss.post(address(model, "change", record.pk), {"points": "1"}).status_code == 403
        assert boss.post(address(model, "delete", record.pk), {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": str(record.pk), "post": "yes"}
        boss.post(address(model, "changelist"), chosen)
        assert list(model._default_manager.values()) == before


def test_the_first_page_shows_the_day_only_to_those_who_may_see_receipts(scene, enter):
    manager = enter(roles.MANAGER).get(reverse("admin:index"))
    assert [board.programme for board in manager.context["boards"]] == [scene.shop.programme]
    cashier = enter(roles.CASHIER).get(reverse("admin:index"))
    assert cashier.status_code == 200
    assert "boards" not in cashier.context
