"""Whom, where and when: the questions that are answered before looking at the goods.

A gate is a test that lets a case through, and the reason (code, arguments) when it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from campaigns.engine.case import Case, listed
from campaigns.engine.document import DATED
from campaigns.engine.needs import Needs
from campaigns.engine.questions import Around, Codes, Questions, WhatFor, When, Where, Whom

Test = Callable[[Case], bool]
Reason = tuple[str, Mapping[str, Any]]
Gate = tuple[Test, Reason]

_NAMES = {
    "partners": "wrong_partner",
    "stores": "wrong_store",
    "groups": "wrong_group",
    "tills": "wrong_till",
    "channels": "wrong_channel",
}


def gates_of(asked: Questions, needs: Needs) -> Iterator[Gate]:
    """The gates of a definition, in the order in which they are asked."""
    yield from _event(asked.what_for)
    yield from _whom(asked.whom, needs)
    yield from _where(asked.where)
    yield from _when(asked.when)
    if asked.when.around is not None:
        yield from _around(asked.when.around, needs)


def _event(what_for: WhatFor) -> Iterator[Gate]:
    """Events that come with a number of days are meant for the campaigns that name the same number."""
    if what_for.event in DATED:
        offset = what_for.offset or 0
        yield lambda case: case.data.get("offset", 0) == offset, ("other_day", {"offset": str(offset)})
    if what_for.days is not None:
        days = what_for.days
        yield lambda case: case.data.get("days") == days, ("other_day", {"days": str(days)})


def _whom(whom: Whom, needs: Needs) -> Iterator[Gate]:
    if whom.who == "members":
        yield lambda case: case.is_member, ("not_member", {})
    if whom.tiers is not None:
        tiers = frozenset(whom.tiers)
        yield lambda case: case.tier in tiers, ("wrong_tier", {"tiers": listed(whom.tiers)})
    if whom.card_kinds is not None:
        kinds = frozenset(whom.card_kinds)
        yield lambda case: case.card_kind in kinds, ("wrong_card", {"cards": listed(whom.card_kinds)})
    if whom.segments is not None:
        needs.segments |= set(whom.segments)
        yield _in_segments(whom.segments), ("wrong_segment", {"segments": listed(whom.segments)})
    for kind, codes in whom.but.items():
        if kind == "segments":
            needs.segments |= set(codes)
        yield _not(_is_one(kind, codes)), (f"excluded_{kind}", {"codes": listed(codes)})


def _in_segments(listed_codes: Codes) -> Test:
    codes = frozenset(listed_codes)
    return lambda case: not codes.isdisjoint(case.shopper.segments)


def _is_one(kind: str, listed_codes: Codes) -> Test:
    codes = frozenset(listed_codes)
    if kind == "tiers":
        return lambda case: case.tier in codes
    return _in_segments(listed_codes) if kind == "segments" else lambda case: case.card_kind in codes


def _around(around: Around, needs: Needs) -> Iterator[Gate]:
    """Whether today lies around a date of the member, in any year; a birthday must have stood for a while."""
    name, before, after = around.date, around.before, around.after
    if name not in ("birthday", "joined"):
        needs.attributes.add(name)
    words = {"date": name, "before": str(before), "after": str(after)}

    def near(case: Case) -> bool:
        day = _date_of(case, name)
        return day is not None and any(
            -before <= (case.today - on_year(day, year)).days <= after
            for year in (case.today.year - 1, case.today.year, case.today.year + 1)
        )

    yield near, ("not_around", words)
    if name == "birthday":
        yield _has_stood, ("birthday_new", {})


def _has_stood(case: Case) -> bool:
    since = case.shopper.birthday_from
    return since is None or since <= case.today


def _date_of(case: Case, name: str) -> date | None:
    if name == "birthday":
        return case.shopper.birthday
    if name == "joined":
        return case.shopper.joined_on
    try:
        return date.fromisoformat(str(case.shopper.attributes.get(name)))
    except ValueError:
        return None


def on_year(day: date, year: int) -> date:
    """The anniversary of a day in a year; that of 29 February is the 28th where there is no 29th."""
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def _where(where: Where) -> Iterator[Gate]:
    """Partners, stores and groups are one list: any will do. Tills and channels narrow it further."""
    named = {
        kind: codes for kind in ("partners", "stores", "groups") if (codes := where.named(kind)) is not None
    }
    if named:
        reason = _NAMES[next(iter(named))] if len(named) == 1 else "wrong_store"
        everything = [code for codes in named.values() for code in codes]
        yield _any_place(named), (reason, {"codes": listed(everything)})
    for kind in ("tills", "channels"):
        if (codes := where.named(kind)) is not None:
            yield _place(kind, codes), (_NAMES[kind], {"codes": listed(codes)})
    for kind, codes in where.but.items():
        yield _not(_place(kind, codes)), (_NAMES[kind], {"except": listed(codes)})


def _not(test: Test) -> Test:
    return lambda case: not test(case)


def _any_place(named: Mapping[str, Codes]) -> Test:
    tests = [_place(kind, codes) for kind, codes in named.items()]
    if len(tests) == 1:
        return tests[0]
    return lambda case: any(test(case) for test in tests)


def _place(kind: str, listed_codes: Codes) -> Test:
    codes = frozenset(listed_codes)
    tests: dict[str, Test] = {
        "partners": lambda case: case.partner in codes,
        "stores": lambda case: case.store in codes,
        "groups": lambda case: not codes.isdisjoint(case.groups),
        "tills": lambda case: case.till in codes,
        "channels": lambda case: case.channel in codes,
    }
    return tests[kind]


def _when(when: When) -> Iterator[Gate]:
    if when.begins is not None:
        start = datetime.fromisoformat(when.begins).astimezone(UTC)
        yield lambda case: case.now >= start, ("not_started", {"from": when.begins})
    if when.until is not None:
        end = datetime.fromisoformat(when.until).astimezone(UTC)
        yield lambda case: case.now < end, ("ended", {"until": when.until})
    days = frozenset(range(1, 8) if when.weekdays is None else when.weekdays)
    wrong_day = ("wrong_weekday", {"weekdays": " ".join(map(str, sorted(days)))})
    if when.hours is None:
        if when.weekdays is not None:
            yield lambda case: case.weekday in days, wrong_day
        return
    windows = [(minutes(start), minutes(end)) for start, end in when.hours]
    day_only, opens = _calendar(days, windows)
    if when.weekdays is not None:
        yield day_only, wrong_day
    hours = ", ".join(f"{start}–{end}" for start, end in when.hours)
    yield opens, ("outside_hours", {"hours": hours})


def _calendar(days: frozenset[int], windows: list[tuple[int, int]]) -> tuple[Test, Test]:
    """Tests of the weekday and of the hours. A window over midnight belongs to the day it begins on."""
    before_midnight: dict[int, list[tuple[int, int]]] = {day: [] for day in range(1, 8)}
    after_midnight: set[int] = set()
    for day in days:
        for start, end in windows:
            if start < end:
                before_midnight[day].append((start, end))
            else:
                before_midnight[day].append((start, 24 * 60))
                before_midnight[day % 7 + 1].append((0, end))
                if end:
                    after_midnight.add(day % 7 + 1)
    spans = {day: tuple(spans) for day, spans in before_midnight.items()}
    some = days | after_midnight

    def opens(case: Case) -> bool:
        minute = case.minute
        return any(start <= minute < end for start, end in spans[case.weekday])

    return lambda case: case.weekday in some, opens


def minutes(clock: str) -> int:
    """Minutes since midnight of ``13:00``."""
    return int(clock[:2]) * 60 + int(clock[3:])
