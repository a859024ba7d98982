"""What a schema cannot say about a definition: parts that contradict each other or can never apply."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from campaigns.engine.document import DATED, DORMANT, PEOPLE, Document, leaves
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Choice, Questions, Tell, read
from campaigns.engine.vocabulary import CONDITIONS, EFFECTS, FOR_EVENTS, OF_EVENT, OF_RECEIPT, brought
from loyalty.rules import expiry
from loyalty.rules.document import DocumentError
from loyalty.rules.terms import parse_terms

#: What a text to tell may name.
PLACEHOLDERS = ("points", "earned", "campaign", "balance")

_LOTS: tuple[tuple[str, Callable[[object, str], object]], ...] = (
    ("expires", expiry.parse),
    ("delay", expiry.parse_delay),
    ("terms", parse_terms),
)


def check(document: Document) -> list[Problem]:
    """Everything unsound in a document that already fits the schema."""
    asked = read(document)
    return [problem for judge in _CHECKS for problem in judge(asked)]


def check_lots(lots: object) -> list[Problem]:
    """What ``loyalty`` would refuse in the terms of the lots; ``lots`` may still be anything."""
    problems = []
    if isinstance(lots, dict):
        for name, parse in _LOTS:
            try:
                parse(lots.get(name), f"lots.{name}")
            except DocumentError as error:
                problems.append(Problem(error.field, error.code, error.words))
    return problems


def _whom(asked: Questions) -> Iterator[Problem]:
    whom = asked.whom
    if whom.who == "everyone":
        named = [name for name in PEOPLE if whom.named(name) is not None]
        for name in (*named, *(["except"] if whom.excepted is not None else ())):
            yield Problem(f"whom.{name}", "members_only")


def _selection(asked: Questions) -> Iterator[Problem]:
    chosen: tuple[tuple[str, Choice], ...] = (
        ("whom", asked.whom), ("where", asked.where), ("what_for", asked.what_for),
    )  # fmt: skip
    for part, choice in chosen:
        for name, codes in choice.but.items():
            named = choice.named(name)
            if named is not None and set(named) <= set(codes):
                yield Problem(f"{part}.except.{name}", "takes_all_out", {"place": f"{part}.{name}"})
    what_for = asked.what_for
    if what_for.of != "lines":
        for name in (*what_for.goods, *(["except"] if what_for.excepted is not None else ())):
            yield Problem(f"what_for.{name}", "chooses_lines")
    if what_for.of != "event" and what_for.event is not None:
        yield Problem("what_for.event", "of_events")


def _event(asked: Questions) -> Iterator[Problem]:
    """An event has no goods: what speaks of them cannot be asked. A receipt has no data of an event."""
    what_for = asked.what_for
    kind = what_for.event
    if what_for.offset is not None and kind not in DATED:
        yield Problem("what_for.offset", "of_dates", {"kinds": " and ".join(DATED)})
    if (what_for.days is not None) != (kind == DORMANT):
        yield Problem("what_for.days", "of_dormant", {"kind": DORMANT})
    if what_for.of != "event":
        for leaf, path, _ in leaves(asked.tree):
            if leaf["condition"] in OF_EVENT:
                yield Problem(path, "asks_event")
        return
    if kind is None:
        yield Problem("what_for.event", "missing_event")
    for leaf, path, _ in leaves(asked.tree):
        if leaf["condition"] in OF_RECEIPT:
            yield Problem(path, "asks_receipt")
    for index, effect in enumerate(asked.what):
        if effect["effect"] not in FOR_EVENTS:
            yield Problem(f"what[{index}].effect", "needs_receipt", {"effects": ", ".join(FOR_EVENTS)})


def _moment(text: str, path: str) -> datetime | Problem:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Problem(path, "not_moment" if text else "blank_moment", {"value": repr(text)})
    if moment.tzinfo is None:
        return Problem(path, "no_offset", {"value": repr(text), "text": text})
    return moment


def _when(asked: Questions) -> Iterator[Problem]:
    when = asked.when
    for index, (start, end) in enumerate(when.hours or ()):
        if start == "24:00":
            yield Problem(f"when.hours[{index}][0]", "begins_at_end")
        if start == end:
            yield Problem(f"when.hours[{index}]", "never_opens", {"end": end})
    begins = _moment(when.begins, "when.from") if when.begins is not None else None
    until = _moment(when.until, "when.until") if when.until is not None else None
    yield from (end for end in (begins, until) if isinstance(end, Problem))
    if isinstance(begins, datetime) and isinstance(until, datetime):
        if begins >= until:
            yield Problem("when.until", "ends_first")
        elif when.weekdays is not None and not _has_weekday(begins, until, when.weekdays, when.hours or ()):
            yield Problem("when.weekdays", "no_such_weekday")


def _has_weekday(
    start: datetime, end: datetime, weekdays: Sequence[int], hours: Sequence[tuple[str, str]]
) -> bool:
    """Whether a window of one of the weekdays can be open between the moments, in some time zone."""
    nights = any(opens > closes for opens, closes in hours)
    first = (start.astimezone(UTC) - timedelta(hours=12)).date() - timedelta(days=nights)
    days = ((end.astimezone(UTC) + timedelta(hours=14)).date() - first).days
    return days >= 6 or any(
        (first + timedelta(days=ahead)).isoweekday() in weekdays for ahead in range(days + 1)
    )


def _what(asked: Questions) -> Iterator[Problem]:
    effects = asked.what
    if not effects and asked.tell == Tell():
        yield Problem("what", "gives_nothing")
    kinds = [effect["effect"] for effect in effects]
    for index, effect in enumerate(effects):
        word, path = EFFECTS[effect["effect"]], f"what[{index}]"
        if word.single and word.name in kinds[:index]:
            yield Problem(path, "one_only", {"kind": word.name})
        if word.once and effect in effects[:index]:
            yield Problem(path, "given_twice")
        yield from word.judge(effect, path, asked)


def _if(asked: Questions) -> Iterator[Problem]:
    counters = sum(EFFECTS[effect["effect"]].counts for effect in asked.what)
    early = _before_points(asked)
    for leaf, path, _ in leaves(asked.tree):
        word = CONDITIONS[leaf["condition"]]
        if word.counter is not None:
            counters += word.counter(leaf).own
            if counters > 1:
                yield Problem(path, "second_counter")
        yield from word.judge(leaf, path, asked)
        if word.after_points and early:
            yield Problem(path, "not_known_yet", {"effect": early})


def _before_points(asked: Questions) -> str | None:
    """The effect that is decided before points are spent, if there is one."""
    for effect in asked.what:
        if EFFECTS[effect["effect"]].brought(effect) in ("money", "traded"):
            return str(effect["effect"])
    return None


def _tell(asked: Questions) -> Iterator[Problem]:
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name, text in (("till", asked.tell.till), ("receipt", asked.tell.receipt)):
        if text is None:
            continue
        try:
            fields = [field for _, field, spec, turn in string.Formatter().parse(text)
                      if field is not None and (field not in PLACEHOLDERS or spec or turn)]  # fmt: skip
        except ValueError:
            yield Problem(f"tell.{name}", "open_brace", {"known": known})
            continue
        for field in fields:
            yield Problem(f"tell.{name}", "unknown_brace", {"name": field, "known": known})


def _judge(asked: Questions) -> Iterator[Problem]:
    for index, limit in enumerate(asked.judge.limits):
        path = f"judge.limits[{index}]"
        if limit.times is None and limit.points is None:
            yield Problem(path, "limits_nothing")
        if limit.period == "receipt" and limit.times is not None:
            yield Problem(f"{path}.times", "receipt_earns_once")
    budget, given = asked.judge.budget, brought(asked.what)
    if budget is None:
        return
    if budget.money is not None and "money" not in given:
        yield Problem("judge.budget.money", "budget_without_discounts")
    if budget.points is not None and not given & {"points", "later", "shared"}:
        yield Problem("judge.budget.points", "budget_without_points")
    if budget.is_empty:
        yield Problem("judge.budget", "empty_budget")


def _stacking(asked: Questions) -> Iterator[Problem]:
    if asked.stacking.mode != "all" and asked.stacking.group is None:
        yield Problem("stacking.group", "missing_group")


_CHECKS: tuple[Callable[[Questions], Iterator[Problem]], ...] = (
    _whom, _selection, _event, _when, _if, _what, _tell, _judge, _stacking,
)  # fmt: skip
