"""Parts: the receipts of a backtest cut into spans, and the work on one span after the other."""

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
from campaigns.backtest.reading import STANDING, Period, Reader, Span, Wanted, of_span
from campaigns.backtest.trial import Books, Trial
from campaigns.models import Backtest

#: Receipts of a span: about half a second, after which a backtest shows how far it is, and can be stopped.
SPAN = 1500
#: Of how many receipts at most near misses are looked for.
LOOKED_AT = 20_000

_OF_MEMBERS = f"""
WITH bought AS (
  SELECT r.member_id, count(*) AS receipts FROM loyalty_receipt r
   WHERE {STANDING} AND r.member_id IS NOT NULL GROUP BY r.member_id),
placed AS (
  SELECT member_id, receipts, floor((sum(receipts) OVER (ORDER BY member_id) - receipts) / %(size)s) AS span
    FROM bought)
SELECT min(member_id::text), max(member_id::text), sum(receipts)::int FROM placed GROUP BY span ORDER BY span
"""
_BY_TIME = f"""
WITH placed AS (
  SELECT r.purchased_at, floor((row_number() OVER (ORDER BY r.purchased_at, r.id) - 1) / %(size)s) AS span
    FROM loyalty_receipt r WHERE {STANDING} AND (%(everyone)s OR r.member_id IS NULL))
SELECT min(purchased_at), count(*)::int FROM placed GROUP BY span ORDER BY span
"""
_RULEBOOKS = f"SELECT DISTINCT r.rulebook_id FROM loyalty_receipt r WHERE {STANDING}"
_SEGMENTS = """
SELECT m.member_id::text, array_agg(s.code ORDER BY s.code)
  FROM analytics_segmentmember m JOIN analytics_segment s ON s.id = m.segment_id
 WHERE (s.programme_id IS NULL OR s.programme_id = %(programme)s)
   AND m.member_id IN (SELECT r.member_id FROM loyalty_receipt r WHERE {span})
 GROUP BY m.member_id
"""


def period_of(backtest: Backtest) -> Period:
    """The period of a backtest: whole days of the programme's calendar."""
    zone = ZoneInfo(backtest.programme.time_zone)
    begins = datetime(backtest.begins.year, backtest.begins.month, backtest.begins.day, tzinfo=zone)
    after = backtest.ends + timedelta(days=1)
    return Period(backtest.programme_id, begins, datetime(after.year, after.month, after.day, tzinfo=zone))


def trial_of(backtest: Backtest) -> Trial:
    """What a backtest tries."""
    return trial.thaw(backtest.tried, without=backtest.against == Backtest.Against.WITHOUT)


def rulebooks_of(period: Period) -> list[int]:
    """The rulebooks by which the receipts of a period were judged."""
    with connection.cursor() as cursor:
        cursor.execute(_RULEBOOKS, period.params)
        return [row[0] for row in cursor.fetchall()]


def in_one_order(period: Period, tried: Trial, books: Books) -> bool:
    """Whether the receipts of all members must be judged in one order."""
    rulebooks = rulebooks_of(period)
    others = {
        (one.campaign_id, one.revision): one
        for rulebook in rulebooks
        for one in books.happened(rulebook).campaigns
    }
    return trial.needs_one_order(tried, others.values())


def cut(period: Period, *, one_order: bool, size: int = SPAN) -> list[Span]:
    """All receipts in spans: by members, so that each member is in one span; or all by time."""
    by_time: Literal["everyone", "anonymous"] = "everyone" if one_order else "anonymous"
    params = period.params | {"size": size, "everyone": one_order}
    spans = []
    with connection.cursor() as cursor:
        if not one_order:
            cursor.execute(_OF_MEMBERS, params)
            spans = [Span("members", *row) for row in cursor.fetchall()]
        cursor.execute(_BY_TIME, params)
        rows = cursor.fetchall()
    starts = [period.begins, *(row[0] for row in rows[1:]), period.ends]
    for (_first, receipts), low, high in zip(rows, starts, starts[1:], strict=False):
        spans.append(Span(by_time, low.isoformat(), high.isoformat(), receipts))
    return spans


def step_of(spans: Sequence[Span]) -> int:
    """Every how manieth receipt is looked at for near misses."""
    return -(-sum(span.receipts for span in spans) // LOOKED_AT) or 1


class Part:
    """Works on spans. Members are settled with their span, or at the end where all are in one order."""

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

    def judge(self, span: Span) -> Iterator[Judged]:
        """The receipts of a span, judged."""
        with transaction.atomic():
            self._adder.segments = self._knowledge.segments = self._read_segments(span)
            self._knowledge.learn(span)
            for past in self._reader.read(span):
                yield self._judge.judge(past)

    def work(self, span: Span) -> Tally:
        """What the receipts of a span come to."""
        was_on = gc.isenabled()
        gc.disable()  # receipts form no cycles, and going through them again and again costs a fifth
        try:
            for judged in self.judge(span):
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

    def _read_segments(self, span: Span) -> dict[str, tuple[str, ...]]:
        """The segments in which the members of a span are now."""
        if span.kind == "anonymous":
            return {}
        params = self._period.params | {"low": span.low, "high": span.high}
        with connection.cursor() as cursor:
            cursor.execute(_SEGMENTS.format(span=of_span(span, "r")), params)
            return {member: tuple(codes) for member, codes in cursor.fetchall()}


def work_alone(backtest: Backtest, spans: Sequence[Span], *, one_order: bool) -> Iterator[tuple[int, Tally]]:
    """Work on all of a backtest in this process: receipts done and their tally, span by span."""
    part = Part(backtest, one_order=one_order, step=step_of(spans))
    for span in spans:
        yield span.receipts, part.work(span)
    yield 0, part.end()
