"""What the sidebar's search finds, pages that stop somebody, counts and schedules in words: in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from backoffice.staff import roles
from backoffice.staff.schedule import IntervalSchedule, say_every
from members.models import User


def find(client: Client, text: str) -> list[str]:
    answer = client.get(reverse("admin:search"), {"s": text, "extended": "1"})
    return [result.title for result in answer.context["results"] if result.icon == "person"]


def test_the_search_of_the_sidebar_finds_members_by_phone_card_and_name(scene: Any, enter: Any) -> None:
    client = enter(roles.OPERATOR)
    member = scene.member
    for text in (
        member.phone,
        member.phone[-4:],
        member.cards.get().number,
        "Kern",
        "anna k",
        member.referral_code,
    ):
        assert find(client, text) == ["Anna Kern"], text
    assert find(client, "Nobody") == []


def test_who_may_not_see_members_finds_none(scene: Any) -> None:
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_store"))
    client = Client()
    client.force_login(clerk)
    assert find(client, "Kern") == []


@pytest.mark.parametrize(
    ("language", "missing", "forbidden"),
    [
        ("en", "There is no such page.", "You may not do this."),
        ("ru", "Такой страницы нет.", "Вам это не разрешено."),
    ],
)
def test_pages_that_stop_somebody_say_so_in_the_language_of_the_reader(
    scene: Any, enter: Any, language: str, missing: str, forbidden: str
) -> None:
    client = enter(roles.ANALYST)
    headers = {"Accept-Language": language}
    client.cookies.load({"django_language": language})
    for address in ("/nowhere/", "/admin/nowhere/", "/till/nowhere/"):
        answer = client.get(address, headers=headers)
        assert answer.status_code == 404
        assert missing in answer.content.decode()
    answer = client.get(reverse("admin:campaigns_campaign_new"), headers=headers)
    assert answer.status_code == 403
    assert forbidden in answer.content.decode()
    assert reverse("admin:index") in answer.content.decode()


@pytest.mark.parametrize(
    ("every", "period", "said"),
    [(10, "seconds", "каждые 10 секунд"), (1, "minutes", "каждую 1 минуту"), (3, "hours", "каждые 3 часа")],
)
def test_a_schedule_is_said_in_the_form_that_fits_its_number(every: int, period: str, said: str) -> None:
    with override("ru"):
        assert say_every(IntervalSchedule(every=every, period=period)) == said


def test_a_count_of_a_list_stands_alone(scene: Any, boss: Client) -> None:
    boss.cookies.load({"django_language": "ru"})
    text = boss.get(reverse("admin:campaigns_campaigntemplate_changelist")).content.decode()
    assert "Всего: 0" in text
    assert "0 шаблоны" not in " ".join(text.split())
