"""Whom, where and when: the questions that are answered before looking at the goods.

A gate is a test that lets a case through, and the reason (code, arguments) when it does not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from campaigns.engine.case import Case, listed

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


def gates_of(document: Mapping[str, Any]) -> Iterator[Gate]:
    """The gates of a definition, in the order in which they are asked."""
    yield from _whom(document.get("whom", {}))
    yield from _where(document.get("where", {}))
    yield from _when(document.get("when", {}))


def _whom(whom: Mapping[str, Any]) -> Iterator[Gate]:
    if whom.get("who", "everyone") == "members":
        yield lambda case: case.is_member, ("not_member", {})
    if "tiers" in whom:
        tiers = frozenset(whom["tiers"])
        yield lambda case: case.tier in tiers, ("wrong_tier", {"tiers": listed(whom["tiers"])})
    if "card_kinds" in whom:
        kinds = frozenset(whom["card_kinds"])
        yield lambda case: case.card_kind in kinds, ("wrong_card", {"cards": listed(whom["card_kinds"])})


def _where(where: Mapping[str, Any]) -> Iterator[Gate]:
    """Partners, stores and groups are one list: any will do. Tills and channels narrow it further."""
    named = [kind for kind in ("partners", "stores", "groups") if kind in where]
    if named:
        reason = _NAMES[named[0]] if len(named) == 1 else "wrong_store"
        codes = [code for kind in named for code in where[kind]]
        yield _any_place(where, named), (reason, {"codes": listed(codes)})
    for kind in ("tills", "channels"):
        if kind in where:
            yield _place(kind, where[kind]), (_NAMES[kind], {"codes": listed(where[kind])})
    for kind, codes in where.get("except", {}).items():
        yield _not(_place(kind, codes)), (_NAMES[kind], {"except": listed(codes)})


def _not(test: Test) -> Test:
    return lambda case: not test(case)


def _any_place(where: Mapping[str, Any], kinds: list[str]) -> Test:
    if len(kinds) == 1:
        return _place(kinds[0], where[kinds[0]])
    tests = [_place(kind, where[kind]) for kind in kinds]
    return lambda case: any(test(case) for test in tests)


def _place(kind: str, listed_codes: list[str]) -> Test:
    codes = frozenset(listed_codes)
    tests: dict[str, Test] = {
        "partners": lambda case: case.partner in codes,
        "stores": lambda case: case.store in codes,
        "groups": lambda case: not codes.isdisjoint(case.groups),
        "tills": lambda case: case.till in codes,
        "channels": lambda case: case.channel in codes,
    }
    return tests[kind]


def _when(when: Mapping[str, Any]) -> Iterator[Gate]:
    if "from" in when:
        start = datetime.fromisoformat(when["from"]).astimezone(UTC)
        yield lambda case: case.now >= start, ("not_started", {"from": when["from"]})
    if "until" in when:
        end = datetime.fromisoformat(when["until"]).astimezone(UTC)
        yield lambda case: case.now < end, ("ended", {"until": when["until"]})
    days = frozenset(when.get("weekdays", range(1, 8)))
    wrong_day = ("wrong_weekday", {"weekdays": " ".join(map(str, sorted(days)))})
    if "hours" not in when:
        if "weekdays" in when:
            yield lambda case: case.weekday in days, wrong_day
        return
    windows = [(minutes(start), minutes(end)) for start, end in when["hours"]]
    day_only, opens = _calendar(days, windows)
    if "weekdays" in when:
        yield day_only, wrong_day
    hours = ", ".join(f"{start}–{end}" for start, end in when["hours"])
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
