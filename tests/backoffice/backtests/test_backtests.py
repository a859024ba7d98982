"""The pages of backtests: asked for, watched, read, laid side by side, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from backoffice.backtests import answer as backtest_answer
from backoffice.backtests import page as backtest_page
from backoffice.backtests import words as backtest_words
from backoffice.backtests.form import last_months, last_year
from campaigns.backtest import adding_up, running
from campaigns.backtest.adding_up import Sums, Tally
from campaigns.models import Backtest, Campaign, Usage
from campaigns.models import Tally as CommonUse
from loyalty.models import Lot, Receipt, Transfer
from members.models import Event, User
from tests.backoffice.conftest import NOON, Scene, buy

LIST = "/admin/campaigns/backtest/"
MARCH = (date(2026, 3, 1), date(2026, 3, 31))


def page_of(backtest: Backtest) -> str:
    return f"{LIST}{backtest.pk}/change/"


def read(client: Client, url: str) -> str:
    """A page's text, without its tags."""
    response = client.get(url)
    assert response.status_code == 200
    body = response.content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body[body.index('id="content"') :]))


def tried(scene: Scene, *campaigns: Campaign, name: str = "March") -> Backtest:
    """A backtest that is done."""
    running.ask(scene.shop.programme, campaigns or (scene.draft,), MARCH, name=name)
    claimed = running.claim(timezone.now())
    assert claimed is not None
    running.run(claimed, processes=0)
    return Backtest.objects.get(pk=claimed.pk)


def as_running(backtest: Backtest, judged: int, receipts: int) -> None:
    now = timezone.now()
    Backtest.objects.filter(pk=backtest.pk).update(
        status="running",
        started_at=now - timedelta(seconds=30),
        seen_at=now,
        judged=judged,
        receipts=receipts,
    )


def test_a_manager_asks_and_is_shown_the_page_of_the_backtest(
    enter: Callable[[str], Client],
    scene: Scene,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    manager = enter("manager")
    form = read(manager, f"{LIST}add/?campaigns={scene.draft.pk}")
    assert "Which campaigns?" in form
    assert "Base 5%" in form
    chosen: dict[str, Any] = {
        "campaigns": [scene.draft.pk, scene.live.pk], "period": "own", "begins": "2026-03-01", "ends": "2026-03-31",
        "against": "happened", "name": "",
    }  # fmt: skip
    with django_capture_on_commit_callbacks() as callbacks:
        response = manager.post(f"{LIST}add/", chosen)
    backtest = Backtest.objects.get()
    assert response["Location"] == page_of(backtest)
    assert len(callbacks) == 1
    assert (backtest.begins, backtest.ends) == MARCH
    assert {one["campaign"] for one in backtest.tried} == {scene.draft.pk, scene.live.pk}
    assert backtest.name == "Base 5%, Draft, March 2026"
    assert backtest.asked_by == User.objects.get(username="manager")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"campaigns": []}, "Choose at least one campaign."),
        ({"begins": ""}, "Give a day."),
        ({"ends": "2999-01-01"}, "Give a day that has come."),
        ({"begins": "2026-03-05", "ends": "2026-03-04"}, "Give a day that is not before the first one."),
    ],
)
def test_what_cannot_be_tried_is_said_beside_its_field(
    boss: Client, scene: Scene, changed: dict[str, Any], said: str
) -> None:
    asked = {
        "campaigns": [scene.draft.pk], "period": "own", "begins": "2026-03-01", "ends": "2026-03-31",
        "against": "happened",
    } | changed  # fmt: skip
    response = boss.post(f"{LIST}add/", asked)
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Backtest.objects.exists()


def test_a_broken_draft_is_named(boss: Client, scene: Scene) -> None:
    scene.draft.draft = {"what": [{"effect": "magic"}]}
    scene.draft.save()
    response = boss.post(
        f"{LIST}add/", {"campaigns": [scene.draft.pk], "period": "year", "against": "happened"}
    )
    assert "“Draft” cannot be tried" in response.content.decode()
    assert not Backtest.objects.exists()


def test_the_answer_stands_first(boss: Client, scene: Scene) -> None:
    """What it costs, whether it pays, who gains; then what each campaign gives, and to whom."""
    text = read(boss, page_of(tried(scene)))
    answer = [
        "It would have cost 0.67 EUR in points: 5.0% of the sales of the receipts it touches",
        "With a margin of 30% it pays for itself once the receipts it touches grow by 17%.",
        "100% of the members who bought would have gained, on 100% of the receipts.",
        "The largest winner would have gained 0.67 EUR.",
        "Extra points",
        "What each campaign would have given",
        "What it does to the other campaigns",
        "Nothing: every other campaign gives exactly what it gave.",
        "Cost over time",
        "Largest winners",
        "By tier",
        "By segment",
        "By store",
        "How this was calculated",
    ]
    found = [text.find(part) for part in answer]
    assert -1 not in found, dict(zip(answer, found, strict=True))
    assert found == sorted(found)


def test_winners_are_named_to_those_who_may_see_members(scene: Scene) -> None:
    backtest = tried(scene)
    shown = [backtest_page.read(backtest, names=names) for names in (True, False)]
    names = [page.winners[0]["name"] for page in shown if page]
    assert names[0] == "Anna Kern"
    assert "Anna" not in names[1]


def test_how_far_it_is_is_told_until_it_is_over(boss: Client, scene: Scene) -> None:
    backtest = running.ask(scene.shop.programme, [scene.draft], MARCH, name="March")
    progress = f"{LIST}{backtest.pk}/progress/"
    assert "It waits to be run." in boss.get(progress).content.decode()
    as_running(backtest, 250, 1000)
    told = boss.get(progress).content.decode()
    assert "25% judged" in told
    assert "250 of 1,000 receipts" in told
    assert 'value="25"' in told
    assert f'hx-get="{progress}"' in told
    Backtest.objects.filter(pk=backtest.pk).update(status="done")
    assert boss.get(progress)["HX-Refresh"] == "true"


def test_it_is_stopped_by_a_button_and_nothing_is_kept(boss: Client, scene: Scene) -> None:
    backtest = running.ask(scene.shop.programme, [scene.draft], MARCH, name="March")
    as_running(backtest, 250, 1000)
    assert boss.get(f"{LIST}{backtest.pk}/stop/").status_code == 405
    assert boss.post(f"{LIST}{backtest.pk}/stop/")["Location"] == page_of(backtest)
    backtest.refresh_from_db()
    assert (backtest.status, backtest.stop_asked) == ("running", True)
    assert "It is being stopped." in read(boss, page_of(backtest))
    running.run(backtest, processes=0)
    assert "It was stopped after 250 of 1,000 receipts." in read(boss, page_of(backtest))


def test_one_whose_worker_is_gone_is_shown_as_failed(boss: Client, scene: Scene) -> None:
    backtest = running.ask(scene.shop.programme, [scene.draft], MARCH, name="March")
    as_running(backtest, 1, 2)
    Backtest.objects.update(seen_at=timezone.now() - running.SILENCE * 2)
    assert "It failed. The process that ran it is gone" in read(boss, page_of(backtest))


def test_results_are_laid_side_by_side(boss: Client, scene: Scene) -> None:
    first, second = tried(scene, name="One"), tried(scene, scene.live, name="Other")
    chosen = {"action": "compare", "_selected_action": [first.pk, second.pk]}
    response = boss.post(LIST, chosen)
    assert response["Location"].endswith(f"compare/?ids={first.pk},{second.pk}")
    text = read(boss, response["Location"])
    assert text.index("One") < text.index("Other")
    assert "March 2026 compared with what really happened" in text
    for figure in ("Cost", "Growth that pays for it", "Members who gain", "Given by campaign"):
        assert figure in text


def test_one_alone_is_not_compared(boss: Client, scene: Scene) -> None:
    chosen = {"action": "compare", "_selected_action": [tried(scene).pk]}
    response = boss.post(LIST, chosen, follow=True)
    assert "Choose at least two backtests that are done." in response.content.decode()


def test_it_can_be_asked_for_again_as_it_was(boss: Client, scene: Scene) -> None:
    backtest = tried(scene)
    body = boss.get(f"{LIST}add/?again={backtest.pk}").content.decode()
    assert re.search(rf'value="{scene.draft.pk}" checked', body)
    assert not re.search(rf'value="{scene.live.pk}" checked', body)
    assert 'value="2026-03-01"' in body
    assert 'value="2026-03-31"' in body


def test_a_backtest_books_nothing(scene: Scene) -> None:
    def everything() -> list[Any]:
        return [
            list(model.objects.values())
            for model in (Transfer, Lot, Receipt, Usage, CommonUse, Campaign, Event)
        ]

    buy(scene.shop, scene.member, "2", at=NOON + timedelta(days=1))
    before = everything()
    assert tried(scene).result is not None
    assert everything() == before


@pytest.mark.parametrize(("role", "may"), [("manager", True), ("analyst", True), ("operator", False)])
def test_who_may_ask_for_one(enter: Callable[[str], Client], scene: Scene, role: str, may: bool) -> None:
    client = enter(role)
    assert (client.get(f"{LIST}add/").status_code == 200) is may
    backtest = running.ask(scene.shop.programme, [scene.draft], MARCH, name="March")
    stopped = client.post(f"{LIST}{backtest.pk}/stop/").status_code
    assert (stopped == 302) is may
    backtest.refresh_from_db()
    assert (backtest.status == "stopped") is may


@pytest.mark.parametrize(
    ("today", "month", "quarter", "year"),
    [
        (
            date(2026, 11, 22),
            (date(2026, 10, 1), date(2026, 10, 31)),
            (date(2026, 7, 1), date(2026, 9, 30)),
            (date(2025, 11, 1), date(2026, 10, 31)),
        ),
        (
            date(2024, 3, 31),
            (date(2024, 2, 1), date(2024, 2, 29)),
            (date(2023, 10, 1), date(2023, 12, 31)),
            (date(2023, 3, 1), date(2024, 2, 29)),
        ),
        (
            date(2026, 1, 1),
            (date(2025, 12, 1), date(2025, 12, 31)),
            (date(2025, 10, 1), date(2025, 12, 31)),
            (date(2025, 1, 1), date(2025, 12, 31)),
        ),
    ],
)
def test_shortcuts_are_whole_months(today: date, month: Any, quarter: Any, year: Any) -> None:
    assert (last_months(today, 1), last_months(today, 3), last_year(today)) == (month, quarter, year)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((date(2026, 3, 1), date(2026, 3, 31)), "March 2026"),
        ((date(2025, 1, 1), date(2025, 12, 31)), "2025"),
        ((date(2026, 3, 1), date(2026, 4, 30)), "2026-03-01 – 2026-04-30"),
    ],
)
def test_periods_in_words(days: tuple[date, date], words: str) -> None:
    assert backtest_words.period(*days) == words


@pytest.mark.parametrize(
    ("worth", "discount", "sales", "growth"),
    [
        ("30", "0", "1000", "0.1"),
        ("0", "60", "1000", "0.2"),
        ("0", "0", "1000", None),
        ("-5", "0", "1000", None),
    ],
)
def test_what_sales_must_grow_by_to_pay_for_it(
    worth: str, discount: str, sales: str, growth: str | None
) -> None:
    sums = Sums(worth=Decimal(worth), discount=Decimal(discount), touched_sales=Decimal(sales))
    found = backtest_answer.growth_to_pay(sums)
    assert found == (Decimal(growth) if growth else None)


def test_a_period_without_receipts_says_so(scene: Scene) -> None:
    backtest = tried(scene)
    backtest.result = adding_up.dump(Tally())
    page = backtest_page.read(backtest, names=True)
    assert page is not None
    assert page.sentences == ["There is no receipt in this period."]
