"""Parts: the receipts of a backtest cut into stretches, and the work on one stretch after the other."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from campaigns.backtest import interactions, trial
from campaigns.backtest.adding_up import Adder, Tally
from campaigns.backtest.charging import Charger
from campaigns.backtest.judging import Judge, Judged
from campaigns.backtest.knowing import Knowledge
from campaigns.backtest.near_misses import Finder
from campaigns.backtest.past_receipts import STANDING, PastPeriod, Reader, Stretch, Wanted, of_stretch
from campaigns.backtest.trial import Books, Trial
from campaigns.models import Backtest

#: Receipts of a stretch: about half a second, after which a backtest shows how far it is, and can be stopped.
SPAN = 1500
#: Of how many receipts at most near misses are looked for.
LOOKED_AT = 20_000

_OF_MEMBERS = f"""
WITH bought AS (
  SELECT r.member_id, count(*) AS receipts FROM loyalty_receipt r
   WHERE {STANDING} AND r.member_id IS NOT NULL GROUP BY r.member_id),
placed AS (
  SELECT member_id, receipts, floor((sum(receipts) OVER (ORDER BY member_id) - receipts) / %(size)s) AS stretch
    FROM bought)
SELECT min(member_id::text), max(member_id::text), sum(receipts)::int FROM placed GROUP BY stretch ORDER BY stretch
"""
_BY_TIME = f"""
WITH placed AS (
  SELECT r.purchased_at, floor((row_number() OVER (ORDER BY r.purchased_at, r.id) - 1) / %(size)s) AS stretch
    FROM loyalty_receipt r WHERE {STANDING} AND (%(everyone)s OR r.member_id IS NULL))
SELECT min(purchased_at), count(*)::int FROM placed GROUP BY stretch ORDER BY stretch
"""
_RULEBOOKS = f"SELECT DISTINCT r.rulebook_id FROM loyalty_receipt r WHERE {STANDING}"
_SEGMENTS = """
SELECT m.member_id::text, array_agg(s.code ORDER BY s.code)
  FROM analytics_segmentmember m JOIN analytics_segment s ON s.id = m.segment_id
 WHERE (s.programme_id IS NULL OR s.programme_id = %(programme)s)
   AND m.member_id IN (SELECT r.member_id FROM loyalty_receipt r WHERE {stretch})
 GROUP BY m.member_id
"""


def period_of(backtest: Backtest) -> PastPeriod:
    """The period of a backtest: whole days of the programme's calendar."""
    zone = ZoneInfo(backtest.programme.time_zone)
    begins = datetime(backtest.begins.year, backtest.begins.month, backtest.begins.day, tzinfo=zone)
    after = backtest.ends + timedelta(days=1)
    return PastPeriod(
        backtest.programme_id, begins, datetime(after.year, after.month, after.day, tzinfo=zone)
    )


def trial_of(backtest: Backtest) -> Trial:
    """What a backtest tries."""
    return trial.thaw(backtest.tried, without=backtest.against == Backtest.Against.WITHOUT)


def rulebooks_of(period: PastPeriod) -> list[int]:
    """The rulebooks by which the receipts of a period were judged."""
    with connection.cursor() as cursor:
        cursor.execute(_RULEBOOKS, period.params)
        return [row[0] for row in cursor.fetchall()]


def in_one_order(period: PastPeriod, tried: Trial, books: Books) -> bool:
    """Whether the receipts of all members must be judged in one order."""
    rulebooks = rulebooks_of(period)
    others = {
        (one.campaign_id, one.revision): one
        for rulebook in rulebooks
        for one in books.happened(rulebook).campaigns
    }
    return trial.needs_one_order(tried, others.values())


def cut(period: PastPeriod, *, one_order: bool, size: int = SPAN) -> list[Stretch]:
    """All receipts in stretches: by members, so that each member is in one stretch; or all by time."""
    by_time: Literal["everyone", "anonymous"] = "everyone" if one_order else "anonymous"
    params = period.params | {"size": size, "everyone": one_order}
    stretches = []
    with connection.cursor() as cursor:
        if not one_order:
            cursor.execute(_OF_MEMBERS, params)
            stretches = [Stretch("members", *row) for row in cursor.fetchall()]
        cursor.execute(_BY_TIME, params)
        rows = cursor.fetchall()
    starts = [period.begins, *(row[0] for row in rows[1:]), period.ends]
    for (_first, receipts), low, high in zip(rows, starts, starts[1:], strict=False):
        stretches.append(Stretch(by_time, low.isoformat(), high.isoformat(), receipts))
    return stretches


def step_of(stretches: Sequence[Stretch]) -> int:
    """Every how manieth receipt is looked at for near misses."""
    return -(-sum(stretch.receipts for stretch in stretches) // LOOKED_AT) or 1


class Part:
    """Works on stretches. Members are settled with their stretch, or at the end where all are in one order."""

    def __init__(self, backtest: Backtest, *, one_order: bool, step: int = 1) -> None:
        tried = trial_of(backtest)
        self._books = Books(tried)
        self._period = period_of(backtest)
        rulebooks = rulebooks_of(self._period)
        self._knowledge = Knowledge(self._period, self._books, rulebooks)
        self._reader = Reader(self._period, self._books.terms, self._wanted(rulebooks))
        self._judge = Judge(tried, self._books, self._knowledge)
        self._tried = frozenset(tried.revisions)
        self._adder = Adder(self._tried)
        self._finder = Finder(self._adder, tried.revisions, step)
        self._charger = Charger(self._adder)
        self._one_order = one_order

    def _wanted(self, rulebooks: Sequence[int]) -> Wanted:
        """What of the decisions must be read: what rules of the time can have left, and what is asked for."""
        machines = [self._books.happened(rulebook).machine for rulebook in rulebooks]
        return Wanted(
            tallies=any(machine.needs.shared for machine in machines),
            shares=any(one.sides and one.sides.shares for machine in machines for one in machine.campaigns),
            limits=self._knowledge.of_balance,
        )

    def judge(self, stretch: Stretch) -> Iterator[Judged]:
        """The receipts of a stretch, judged."""
        with transaction.atomic():
            self._adder.segments = self._knowledge.segments = self._read_segments(stretch)
            self._knowledge.learn(stretch)
            for past in self._reader.read(stretch):
                yield self._judge.judge(past)

    def work(self, stretch: Stretch) -> Tally:
        """What the receipts of a stretch come to."""
        was_on = gc.isenabled()
        gc.disable()  # receipts form no cycles, and going through them again and again costs a fifth
        try:
            for judged in self.judge(stretch):
                self._adder.add(judged)
                interactions.note(self._adder, judged, self._tried)
                self._charger.note(judged)
                self._finder.note(judged)
            return self._adder.take() if self._one_order else self.end()
        finally:
            if was_on:
                gc.enable()

    def end(self) -> Tally:
        """What is left to be told of the members, once all their receipts are counted."""
        self._finder.settle()
        self._adder.settle()
        self._judge.forget()
        self._knowledge.forget()
        return self._adder.take()

    def _read_segments(self, stretch: Stretch) -> dict[str, tuple[str, ...]]:
        """The segments in which the members of a stretch are now."""
        if stretch.kind == "anonymous":
            return {}
        params = self._period.params | {"low": stretch.low, "high": stretch.high}
        with connection.cursor() as cursor:
            cursor.execute(_SEGMENTS.format(stretch=of_stretch(stretch, "r")), params)
            return {member: tuple(codes) for member, codes in cursor.fetchall()}


def work_alone(
    backtest: Backtest, stretches: Sequence[Stretch], *, one_order: bool
) -> Iterator[tuple[int, Tally]]:
    """Work on all of a backtest in this process: receipts done and their tally, stretch by stretch."""
    part = Part(backtest, one_order=one_order, step=step_of(stretches))
    for stretch in stretches:
        yield stretch.receipts, part.work(stretch)
    yield 0, part.end()
