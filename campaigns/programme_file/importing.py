"""Reading a file in: everything is checked and done in one transaction, or nothing is.

``foresee`` does all of it and takes it back, so that what it promises is what ``apply`` does. After writing,
the programme is read again and compared with what was wanted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from analytics.models import Segment
from campaigns import rulebooks
from campaigns.engine.definition import DefinitionError, parse
from campaigns.programme_file import foresight, layout, notation, references, shape, snapshot
from campaigns.programme_file.document import Change, Document, Moment, Step
from campaigns.programme_file.problems import FileError, Problem, steps_of, write_path
from campaigns.programme_file.sections import payers as payers_section
from campaigns.programme_file.sections import tiers
from loyalty.models import Category, Partner, Programme, Store, StoreGroup

#: What makes a new rulebook when it changes, beside publishing and stopping campaigns.
_RULES = ("programme", "ladder", "tiers")


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import does. ``base`` names the state it was made for, ``notes`` what is odd but allowed."""

    code: str
    name: str
    is_new: bool
    changes: tuple[Change, ...]
    notes: tuple[str, ...]
    base: str


class StaleError(Exception):
    """The programme is not any more what it was when the plan was shown."""


class _Undo(Exception):
    """Takes back what was tried."""


def foresee(data: bytes | str, moment: Moment, prune: bool = False) -> Plan:
    """What importing a file would do, tried and taken back. Raises ``FileError`` with every problem.

    Holds the programme's lock for as long as it tries.
    """
    plan: Plan | None = None
    try:
        with transaction.atomic():
            plan = apply(data, moment, prune)
            raise _Undo
    except _Undo:
        assert plan is not None
        return plan


def apply(data: bytes | str, moment: Moment, prune: bool = False, base: str | None = None) -> Plan:
    """Do what a file says, or nothing of it. Returns what was done.

    ``prune``: what a section of the file does not name goes. ``base``: that of the plan that somebody
    agreed to. Raises ``FileError`` with every problem, ``StaleError`` when the programme has changed since.
    Locks the programme.
    """
    source = notation.read(data)
    _raise(source, shape.check(source.value), _check_definitions(source.value))
    try:
        with transaction.atomic():
            return _apply(source, moment, prune, base)
    except FileError as error:
        raise FileError(_placed(source, error.problems)) from error
    except ValidationError as error:
        raise FileError([Problem((), " ".join(error.messages))]) from error
    except IntegrityError as error:
        message = _("the database refuses it: %(reason)s") % {"reason": str(error).splitlines()[0]}
        raise FileError([Problem((), message)]) from error


def _apply(source: notation.Source, moment: Moment, prune: bool, base: str | None) -> Plan:
    said: Document = source.value
    code = said["programme"]["code"]
    programme = Programme.objects.select_for_update().filter(code=code).first()
    before = snapshot.take(programme) if programme is not None else None
    now = fingerprint(before)
    if base is not None and base != now:
        raise StaleError
    step = Step(programme, before, said, prune)
    for section in layout.IN_FILE:
        step.after[section.name] = section.fill(step)
    target = programme or Programme(code=code)
    wrong = [problem for section in layout.IN_FILE for problem in section.check(step)]
    _raise(source, wrong)
    _raise(source, foresight.problems(step, moment.at))
    layout.SETTINGS.write(target, step.was("programme"), step.after["programme"], moment)
    tiers.settle(step, moment.today(target).isoformat())
    changes = _tell(step)
    if changes:
        _write(target, step, moment)
        _verify(target, step.after)
        _raise(source, _misspelt(step))
    # judged now that it is written: what the file itself makes is there
    return Plan(code, step.after["programme"]["name"], step.is_new, changes, tuple(_notes(step, moment)), now)


def fingerprint(document: Document | None) -> str:
    """A short name of a programme's state."""
    text = json.dumps(document, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _tell(step: Step) -> tuple[Change, ...]:
    told: Iterator[Change] = (
        change
        for section in layout.IN_FILE
        for change in section.tell(step.was(section.name), step.after[section.name])
    )
    return tuple(told)


def _write(programme: Programme, step: Step, moment: Moment) -> None:
    rest = [section for section in layout.TO_WRITE if section is not layout.SETTINGS]
    for section in rest:
        section.prepare(programme, step.was(section.name), step.after[section.name])
    for section in rest:
        section.write(programme, step.was(section.name), step.after[section.name], moment)
    if any(step.was(name) != step.after[name] for name in _RULES):
        rulebooks.refresh(programme, moment.at)


def _verify(programme: Programme, wanted: Document) -> None:
    """The programme is what was wanted, to the letter."""
    there = snapshot.take(Programme.objects.get(pk=programme.pk))
    for section in layout.SHARED:
        there[section.name] = section.find(set(wanted[section.name]))
    for name, value in wanted.items():
        if there[name] != value:
            raise DatabaseError(f"After the import {name} is {there[name]!r} and not {value!r}.")


# What is wrong, and what is odd


def _raise(source: notation.Source, *checks: Iterable[Problem]) -> None:
    problems = [problem for check in checks for problem in check]
    if problems:
        raise FileError(_placed(source, problems))


def _placed(source: notation.Source, problems: Iterable[Problem]) -> list[Problem]:
    """The problems with the lines of their places in the file."""
    return [
        problem if problem.line else problem._replace(line=source.line(problem.path)) for problem in problems
    ]


def _check_definitions(said: Any) -> Iterator[Problem]:
    """Definitions that are to be in force must be right; drafts may be unfinished."""
    campaigns = said.get("campaigns") if isinstance(said, dict) else None
    for code, entry in campaigns.items() if isinstance(campaigns, dict) else ():
        if not isinstance(entry, dict) or entry.get("status", "draft") == "draft":
            continue
        try:
            parse(entry.get("definition", {"what": []}))
        except DefinitionError as error:
            if "definition" in entry:
                place = ("campaigns", code, "definition")
                yield from (Problem((*place, *steps_of(path)), message) for path, message in error.problems)


def _is_published(path: tuple[Any, ...], after: Document) -> bool:
    """Whether the definition at a path is, or will be, in force."""
    if path[-1] != "definition" or len(path) != 3:
        return False
    return bool(after["campaigns"].get(path[1], {"status": "draft"})["status"] != "draft")


def _misspelt(step: Step) -> Iterator[Problem]:
    """Codes that nothing here has, in what the file puts in force: it would never do what it says."""
    before = step.was("campaigns") or {}
    for path, definition in references.definitions(step.after):
        if _is_published(path, step.after) and before.get(path[1]) != step.after["campaigns"][path[1]]:
            for code, kind in _unknown_codes(references.codes(definition), step.after):
                detail = _(
                    "there is no “%(code)s” among the %(kind)s here: mend it, or make it in this file first"
                )
                yield Problem(path, detail % {"code": code, "kind": kind})


def _notes(step: Step, moment: Moment) -> Iterator[str]:
    """Drafts that could not be published as they are, codes that nothing here has, and campaigns that meet or end."""
    yield from foresight.notes(step, moment.at)
    for path, definition in references.definitions(step.after):
        if not _is_published(path, step.after):
            try:
                parse(definition)
            except DefinitionError as error:
                yield _("%(place)s is not finished: %(problem)s") % {
                    "place": write_path(path),
                    "problem": error,
                }
        for code, kind in _unknown_codes(references.codes(definition), step.after):
            yield _("%(place)s names “%(code)s” among its %(kind)s; there is no such thing here") % {
                "place": write_path(path), "code": code, "kind": kind,
            }  # fmt: skip


def _unknown_codes(named: dict[str, set[str]], after: Document) -> Iterator[tuple[str, str]]:
    """The codes that are neither in the database nor in the file, each with what it should be one of."""
    models: dict[str, Any] = {
        "segments": Segment, "stores": Store, "groups": StoreGroup, "partners": Partner, "categories": Category,
    }  # fmt: skip
    known = {
        "tiers": set(after["tiers"]),
        "series": set(after["coupon_series"]),
        "payers": payers_section.texts(after),
    }
    for kind, codes in sorted(named.items()):
        if kind in models:
            codes = codes - set(models[kind].objects.filter(code__in=codes).values_list("code", flat=True))
        else:
            codes = codes - known.get(kind, codes)
        yield from ((code, kind) for code in sorted(codes))
