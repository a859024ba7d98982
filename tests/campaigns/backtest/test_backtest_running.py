"""Running a backtest: by processes of its own, by a real worker, told on the way, stopped, given up."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone
from kombu import Connection

from campaigns.backtest import adding_up, crew, parts, running, tasks
from campaigns.engine.definition import DefinitionError
from campaigns.models import Backtest, Campaign
from config.celery import app
from tests import factories
from tests.campaigns.checkout.bulk.test_replay import (
    add_more,
    ask_for_more,
    enrol_buyers,
    make_sales,
    open_chain,
    sell_in_bulk,
)
from tests.config.processes import wait_for

PERIOD = (date(2026, 1, 1), date(2026, 11, 20))


@pytest.fixture
def shop() -> factories.Shop:
    """A chain with live campaigns of many kinds, and some hundreds of receipts."""
    with transaction.atomic():
        shop = open_chain()
        buyers = enrol_buyers(shop)
        add_more(shop, buyers)
        sell_in_bulk(ask_for_more(make_sales(buyers)))
    return shop


@pytest.fixture
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that there are some stretches for each process."""
    whole = parts.cut
    monkeypatch.setattr(parts, "cut", lambda period, one_order: whole(period, one_order=one_order, size=20))


def draft(shop: factories.Shop, document: dict[str, Any] | None = None) -> Campaign:
    return factories.CampaignFactory(
        programme=shop.programme, draft=document or factories.percent_of_receipt("1")
    )


def ask(shop: factories.Shop, *campaigns: Campaign, **fields: Any) -> Backtest:
    return running.ask(shop.programme, campaigns or (draft(shop),), PERIOD, name="Try", **fields)


def claim() -> Backtest:
    claimed = running.claim(timezone.now())
    assert claimed is not None
    return claimed


def told(backtest: Backtest) -> Backtest:
    """The backtest as its row tells now."""
    return Backtest.objects.get(pk=backtest.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_stretches")
def test_any_number_of_processes_comes_to_the_same(shop: factories.Shop) -> None:
    campaign, results = draft(shop), []
    for processes in (0, 1, 3):
        ask(shop, campaign)
        backtest = claim()
        running.run(backtest, processes=processes)
        ended = told(backtest)
        assert (ended.status, ended.problem, ended.processes) == ("done", "", max(processes, 1))
        assert ended.judged == ended.receipts > 50
        results.append(ended.result)
    assert results[0] == results[1] == results[2]
    assert adding_up.load(results[0]).all.touched > 20


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_stretches")
def test_what_all_members_use_up_together_is_judged_by_one_process(shop: factories.Shop) -> None:
    budget = {"judge": {"budget": {"points": "10"}}}
    ask(shop, draft(shop, factories.percent_of_receipt("1") | budget))
    backtest = claim()
    running.run(backtest, processes=2)
    ended = told(backtest)
    assert (ended.status, ended.processes) == ("done", 1)
    ((_campaign, given),) = adding_up.load(ended.result).tried.items()
    assert given.points == 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("small_stretches")
def test_it_can_be_stopped_while_it_runs(shop: factories.Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks to stop is heard between two stretches; no result is kept, and no process goes on."""
    workers: list[crew.Worker] = []
    start, work = crew.Worker.__init__, crew.Worker.work

    def note(worker: crew.Worker, task: Any) -> None:
        start(worker, task)
        workers.append(worker)

    def stop_first(worker: crew.Worker, stretch: Any) -> Any:
        try:
            running.stop(backtest.pk, timezone.now())
        finally:
            connections.close_all()
        return work(worker, stretch)

    monkeypatch.setattr(crew.Worker, "__init__", note)
    monkeypatch.setattr(crew.Worker, "work", stop_first)
    ask(shop)
    backtest = claim()
    running.run(backtest, processes=2)
    ended = told(backtest)
    assert (ended.status, ended.result, ended.problem) == ("stopped", None, "")
    assert ended.judged < ended.receipts
    assert ended.ended_at is not None
    assert [worker._process.returncode is not None for worker in workers] == [True, True]


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_fails_it_with_its_last_words(
    shop: factories.Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = crew._environment() | {"DJANGO_SETTINGS_MODULE": "config.nowhere"}
    monkeypatch.setattr(crew, "_environment", lambda: environment)
    ask(shop)
    backtest = claim()
    running.run(backtest, processes=1)
    ended = told(backtest)
    assert (ended.status, ended.result) == ("failed", None)
    assert "config.nowhere" in ended.problem


@pytest.mark.django_db
def test_one_that_waits_is_stopped_at_once() -> None:
    backtest = ask(factories.open_shop(store="s-1"))
    running.stop(backtest.pk, timezone.now())
    assert told(backtest).status == "stopped"
    assert running.claim(timezone.now()) is None


@pytest.mark.django_db
def test_one_runs_at_a_time_the_one_first_that_has_waited_longest() -> None:
    shop = factories.open_shop(store="s-1")
    first, second = ask(shop), ask(shop)
    assert claim() == first
    assert running.claim(timezone.now()) is None
    Backtest.objects.filter(pk=first.pk).update(status="done")
    assert claim() == second


@pytest.mark.django_db
def test_one_whose_worker_is_gone_has_failed_and_the_next_one_runs() -> None:
    shop = factories.open_shop(store="s-1")
    first, second = ask(shop), ask(shop)
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    running.claim(now)
    soon, late = now + running.SILENCE, now + running.SILENCE + timedelta(seconds=1)
    assert running.claim(soon) is None
    assert running.claim(late) == second
    assert told(first).status == "failed"
    assert "gone" in told(first).problem


@pytest.mark.django_db
def test_a_broken_draft_is_refused_when_it_is_asked_for() -> None:
    shop = factories.open_shop(store="s-1")
    broken = factories.CampaignFactory(programme=shop.programme, draft={"what": [{"effect": "magic"}]})
    with pytest.raises(DefinitionError):
        ask(shop, broken)
    assert not Backtest.objects.exists()


@pytest.mark.django_db
def test_what_is_tried_stays_as_it_was_asked_for() -> None:
    shop = factories.open_shop(store="s-1")
    campaign = draft(shop)
    backtest = ask(shop, campaign)
    campaign.draft = factories.percent_of_receipt("50")
    campaign.save()
    (tried,) = parts.trial_of(told(backtest)).revisions.values()
    assert tried.definition.document["what"] == factories.percent_of_receipt("1")["what"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore::celery.exceptions.AlwaysEagerIgnored")
def test_a_real_worker_runs_it_and_tells_how_far_it_is(shop: factories.Shop, worker: Connection) -> None:
    backtest = ask(shop)
    app.send_task(tasks.run_backtests.name, connection=worker, ignore_result=True)
    wait_for(lambda: told(backtest).is_over)
    ended = told(backtest)
    assert (ended.status, ended.problem, ended.share) == ("done", "", 100)
    assert ended.processes == min(crew.cores(), 2)
    assert ended.judged == ended.receipts > 50
    assert ended.started_at and ended.seen_at and ended.ended_at
    assert ended.started_at < ended.seen_at <= ended.ended_at
