"""What a schema cannot say about a definition: parts that contradict each other or can never apply."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from campaigns.engine.document import DATED, DORMANT, GOODS, PEOPLE, Document, leaves
from campaigns.engine.problem import Problem
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
    return [problem for judge in _CHECKS for problem in judge(document)]


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


def _whom(document: Document) -> Iterator[Problem]:
    whom = document.get("whom", {})
    if whom.get("who") == "everyone":
        for name in (*PEOPLE, "except"):
            if name in whom:
                yield Problem(f"whom.{name}", "members_only")


def _selection(document: Document) -> Iterator[Problem]:
    for part in ("whom", "where", "what_for"):
        chosen = document.get(part, {})
        for name, codes in chosen.get("except", {}).items():
            if name in chosen and set(chosen[name]) <= set(codes):
                yield Problem(f"{part}.except.{name}", "takes_all_out", {"place": f"{part}.{name}"})
    what_for = document.get("what_for", {})
    of = what_for.get("of", "receipt")
    if of != "lines":
        for name in what_for:
            if name in GOODS or name == "except":
                yield Problem(f"what_for.{name}", "chooses_lines")
    if of != "event" and "event" in what_for:
        yield Problem("what_for.event", "of_events")


def _event(document: Document) -> Iterator[Problem]:
    """An event has no goods: what speaks of them cannot be asked. A receipt has no data of an event."""
    what_for = document.get("what_for", {})
    kind = what_for.get("event")
    if "offset" in what_for and kind not in DATED:
        yield Problem("what_for.offset", "of_dates", {"kinds": " and ".join(DATED)})
    if ("days" in what_for) != (kind == DORMANT):
        yield Problem("what_for.days", "of_dormant", {"kind": DORMANT})
    asked = leaves(document.get("if", {}))
    if what_for.get("of") != "event":
        for leaf, path, _ in asked:
            if leaf["condition"] in OF_EVENT:
                yield Problem(path, "asks_event")
        return
    if "event" not in what_for:
        yield Problem("what_for.event", "missing_event")
    for leaf, path, _ in asked:
        if leaf["condition"] in OF_RECEIPT:
            yield Problem(path, "asks_receipt")
    for index, effect in enumerate(document.get("what", ())):
        if effect.get("effect") not in FOR_EVENTS:
            yield Problem(f"what[{index}].effect", "needs_receipt", {"effects": ", ".join(FOR_EVENTS)})


def _moment(text: str, path: str) -> datetime | Problem:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return Problem(path, "not_moment" if text else "blank_moment", {"value": repr(text)})
    if moment.tzinfo is None:
        return Problem(path, "no_offset", {"value": repr(text), "text": text})
    return moment


def _when(document: Document) -> Iterator[Problem]:
    when = document.get("when", {})
    for index, (start, end) in enumerate(when.get("hours", ())):
        if start == "24:00":
            yield Problem(f"when.hours[{index}][0]", "begins_at_end")
        if start == end:
            yield Problem(f"when.hours[{index}]", "never_opens", {"end": end})
    ends = {name: _moment(when[name], f"when.{name}") for name in ("from", "until") if name in when}
    yield from (end for end in ends.values() if isinstance(end, Problem))
    start, end = ends.get("from"), ends.get("until")
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start >= end:
            yield Problem("when.until", "ends_first")
        elif "weekdays" in when and not _has_weekday(start, end, when):
            yield Problem("when.weekdays", "no_such_weekday")


def _has_weekday(start: datetime, end: datetime, when: Document) -> bool:
    """Whether a window of one of the weekdays can be open between the moments, in some time zone."""
    nights = any(opens > closes for opens, closes in when.get("hours", ()))
    first = (start.astimezone(UTC) - timedelta(hours=12)).date() - timedelta(days=nights)
    days = ((end.astimezone(UTC) + timedelta(hours=14)).date() - first).days
    return days >= 6 or any(
        (first + timedelta(days=ahead)).isoweekday() in when["weekdays"] for ahead in range(days + 1)
    )


def _what(document: Document) -> Iterator[Problem]:
    effects = document.get("what", [])
    if not effects and not document.get("tell"):
        yield Problem("what", "gives_nothing")
    kinds = [effect["effect"] for effect in effects]
    for index, effect in enumerate(effects):
        word, path = EFFECTS[effect["effect"]], f"what[{index}]"
        if word.single and word.name in kinds[:index]:
            yield Problem(path, "one_only", {"kind": word.name})
        if word.once and effect in effects[:index]:
            yield Problem(path, "given_twice")
        yield from word.judge(effect, path, document)


def _if(document: Document) -> Iterator[Problem]:
    counters = sum(EFFECTS[effect["effect"]].counts for effect in document.get("what", ()))
    early = _before_points(document)
    for leaf, path, _ in leaves(document.get("if", {})):
        word = CONDITIONS[leaf["condition"]]
        if word.counter is not None:
            counters += word.counter(leaf).own
            if counters > 1:
                yield Problem(path, "second_counter")
        yield from word.judge(leaf, path, document)
        if word.after_points and early:
            yield Problem(path, "not_known_yet", {"effect": early})


def _before_points(document: Document) -> str | None:
    """The effect that is decided before points are spent, if there is one."""
    for effect in document.get("what", ()):
        if EFFECTS[effect["effect"]].brought(effect) in ("money", "traded"):
            return str(effect["effect"])
    return None


def _tell(document: Document) -> Iterator[Problem]:
    known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    for name, text in document.get("tell", {}).items():
        try:
            fields = [field for _, field, spec, turn in string.Formatter().parse(text)
                      if field is not None and (field not in PLACEHOLDERS or spec or turn)]  # fmt: skip
        except ValueError:
            yield Problem(f"tell.{name}", "open_brace", {"known": known})
            continue
        for field in fields:
            yield Problem(f"tell.{name}", "unknown_brace", {"name": field, "known": known})


def _judge(document: Document) -> Iterator[Problem]:
    judge = document.get("judge", {})
    for index, limit in enumerate(judge.get("limits", ())):
        path = f"judge.limits[{index}]"
        if "times" not in limit and "points" not in limit:
            yield Problem(path, "limits_nothing")
        if limit["period"] == "receipt" and "times" in limit:
            yield Problem(f"{path}.times", "receipt_earns_once")
    budget = judge.get("budget", {})
    given = brought(document)
    if "money" in budget and "money" not in given:
        yield Problem("judge.budget.money", "budget_without_discounts")
    if "points" in budget and not given & {"points", "later", "shared"}:
        yield Problem("judge.budget.points", "budget_without_points")
    if "budget" in judge and not budget:
        yield Problem("judge.budget", "empty_budget")


def _stacking(document: Document) -> Iterator[Problem]:
    stacking = document.get("stacking", {})
    if stacking.get("mode", "all") != "all" and "group" not in stacking:
        yield Problem("stacking.group", "missing_group")


_CHECKS: tuple[Callable[[Document], Iterator[Problem]], ...] = (
    _whom, _selection, _event, _when, _if, _what, _tell, _judge, _stacking,
)  # fmt: skip
