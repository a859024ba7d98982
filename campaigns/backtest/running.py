"""Running backtests: asked for, run by all cores, stopped, told how far they are.

Who runs one (a Celery worker, or a test) cuts the receipts into stretches and hands them to processes of its
own, one for each core: ``manage.py backtest_part``, which reads, judges and adds up. They are plain
processes, because neither a thread (one core for all) nor a child of a prefork worker (which may have no
children by ``multiprocessing``) can use every core, and a Celery group would need as many workers as the
machine has cores. All of them read the same snapshot of the database. ``docs/algorithms/backtest.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns.backtest import adding_up, parts
from campaigns.backtest.adding_up import Tally
from campaigns.backtest.crew import Broken, Crew, cores
from campaigns.backtest.trial import Books, freeze
from campaigns.engine.definition import parse
from campaigns.models import Backtest, Campaign
from loyalty.models import Programme

#: After so long without a sign of life whoever ran a backtest is gone.
SILENCE = timedelta(minutes=2)
#: Translated for whoever reads it: the worker that notes it speaks to nobody.
GONE = gettext_noop("The process that ran it is gone: the server was stopped. Start it again.")


class Stopped(Exception):
    """Somebody asked to stop."""


def ask(
    programme: Programme,
    campaigns: Sequence[Campaign],
    period: tuple[Any, Any],
    *,
    name: str,
    against: str = Backtest.Against.HAPPENED,
    keep_dates: bool = False,
    user_id: int | None = None,
) -> Backtest:
    """Note down a backtest of campaigns as they stand now, from a day to a day. It waits until it is run.

    Raises ``DefinitionError`` for a draft that is broken.
    """
    return Backtest.objects.create(
        programme=programme,
        name=name,
        tried=freeze(campaigns, keep_dates=keep_dates),
        begins=period[0],
        ends=period[1],
        against=against,
        asked_by_id=user_id,
    )


def require_sound(campaign: Campaign) -> None:
    """Raise ``DefinitionError`` for a campaign whose draft is broken."""
    parse(campaign.draft)


def stop(backtest_id: int, now: datetime) -> None:
    """Stop a backtest: at once if it waits, within a second if it runs."""
    with transaction.atomic():
        found = Backtest.objects.select_for_update().get(id=backtest_id)
        if found.status == Backtest.Status.QUEUED:
            found.status, found.ended_at = Backtest.Status.STOPPED, now
        found.stop_asked = True
        found.save(update_fields=["status", "ended_at", "stop_asked"])


def give_up_silent(now: datetime) -> int:
    """Note that backtests whose worker is gone have failed. Returns how many."""
    silent = Backtest.objects.filter(status=Backtest.Status.RUNNING, seen_at__lt=now - SILENCE)
    return silent.update(
        status=Backtest.Status.FAILED,
        ended_at=now,
        problem=GONE,
    )


def claim(now: datetime) -> Backtest | None:
    """Take the backtest that has waited longest; None if none waits, or one runs: each uses every core."""
    give_up_silent(now)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('regulars.backtest'))")
        if Backtest.objects.filter(status=Backtest.Status.RUNNING).exists():
            return None
        found = Backtest.objects.filter(status=Backtest.Status.QUEUED).order_by("id").first()
        if found is not None:
            found.status, found.started_at, found.seen_at = Backtest.Status.RUNNING, now, now
            found.save(update_fields=["status", "started_at", "seen_at"])
        return found


def run(backtest: Backtest, *, processes: int | None = None) -> None:
    """Run a claimed backtest to its end, whatever that is; its row tells. ``processes`` 0: in this one."""
    fields: dict[str, Any]
    try:
        tally = _work(backtest, cores() if processes is None else processes)
        fields = {"status": Backtest.Status.DONE, "result": adding_up.dump(tally)}
    except Stopped:
        fields = {"status": Backtest.Status.STOPPED}
    except Broken as error:
        problem = _("A part of it ended unexpectedly: %(reason)s") % {"reason": error}
        fields = {"status": Backtest.Status.FAILED, "problem": problem}
    except Exception as error:
        _end(backtest, {"status": Backtest.Status.FAILED, "problem": f"{type(error).__name__}: {error}"})
        raise
    _end(backtest, fields)


def _end(backtest: Backtest, fields: dict[str, Any]) -> None:
    """Write how it ended, unless it was given up meanwhile."""
    running = Backtest.objects.filter(id=backtest.pk, status=Backtest.Status.RUNNING)
    running.update(ended_at=timezone.now(), **fields)


def _work(backtest: Backtest, processes: int) -> Tally:
    """The tally of the whole, told on the way. Raises ``Stopped`` or ``Broken``."""
    period, trial = parts.period_of(backtest), parts.trial_of(backtest)
    with _snapshot(shared=processes > 0) as snapshot:
        one_order = parts.in_one_order(period, trial, Books(trial))
        stretches = parts.cut(period, one_order=one_order)
        processes = 1 if one_order and processes else min(processes, len(stretches))
        _tell(
            backtest, 0, receipts=sum(stretch.receipts for stretch in stretches), processes=max(processes, 1)
        )
        step = parts.step_of(stretches)
        replies: Iterator[tuple[int, Tally] | None]
        if not processes:
            replies = parts.work_alone(backtest, stretches, one_order=one_order)
        else:
            task = {"backtest": backtest.pk, "one_order": one_order, "step": step, "snapshot": snapshot}
            replies = Crew(task, processes).work(stretches)
        return _gather(backtest, replies)


def _gather(backtest: Backtest, replies: Iterator[tuple[int, Tally] | None]) -> Tally:
    """Merge the tallies of stretches as they come in. A reply of None is a moment that passed."""
    whole, judged = Tally(), 0
    with closing(replies):  # type: ignore[type-var]
        for reply in replies:
            if reply is not None:
                judged += reply[0]
                whole.merge(reply[1])
            _tell(backtest, judged)
    return whole


def _tell(backtest: Backtest, judged: int, **more: int) -> None:
    """Say how far it is. Raises ``Stopped`` if that was asked for, or somebody has given it up."""
    running = Backtest.objects.filter(id=backtest.pk, status=Backtest.Status.RUNNING, stop_asked=False)
    if not running.update(judged=judged, seen_at=timezone.now(), **more):
        raise Stopped


@contextmanager
def _snapshot(*, shared: bool) -> Iterator[str | None]:
    """A snapshot of the database that other processes can read too, for as long as this lasts."""
    if not shared:
        yield None
        return
    beside = connection.copy()
    try:
        with beside.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SELECT pg_export_snapshot()")
            yield cursor.fetchone()[0]
    finally:
        beside.close()
