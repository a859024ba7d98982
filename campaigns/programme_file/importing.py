"""Reading a file in: everything is checked and done in one transaction, or nothing is.

``foresee`` does all of it and takes it back, so that what it promises is what ``apply`` does. After writing,
the programme is read again and compared with what was wanted.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils.translation import gettext as _

from analytics import moves
from campaigns import rulebooks
from campaigns.engine.definition import DefinitionError, parse
from campaigns.programme_file import foresight, judging, layout, notation, references, snapshot
from campaigns.programme_file.document import Change, Document, Moment, Step
from campaigns.programme_file.problems import FileError, FileProblem, write_path
from campaigns.programme_file.sections import tiers
from loyalty.models import Programme
from loyalty.tiers import ladders

#: What makes a new rulebook when it changes, beside publishing and stopping campaigns.
_RULES = ("programme", "ladder", "tiers")

#: How much of the work is done once the file is judged. Most of the rest are campaigns.
JUDGED = 0.3


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
    source, told = judging.read(data)
    try:
        with transaction.atomic():
            return _apply(source, told, moment, prune, base)
    except FileError as error:
        raise FileError(judging.placed(source, error.problems)) from error
    except ValidationError as error:
        raise FileError([FileProblem((), " ".join(error.messages))]) from error
    except IntegrityError as error:
        message = _("the database refuses it: %(reason)s") % {"reason": str(error).splitlines()[0]}
        raise FileError([FileProblem((), message)]) from error


def _apply(
    source: notation.Source, told: list[FileProblem], moment: Moment, prune: bool, base: str | None
) -> Plan:
    code = source.value["programme"]["code"]
    programme = Programme.objects.select_for_update(no_key=True).filter(code=code).first()
    before = snapshot.take(programme) if programme is not None else None
    now = fingerprint(before)
    if base is not None and base != now:
        raise StaleError
    step = judging.judge(source, told, programme, before, prune, moment)
    target = programme or Programme(code=code)
    layout.SETTINGS.write(target, step.was("programme"), step.after["programme"], moment)
    tiers.settle(step, moment.today(target).isoformat())
    moment.tell(JUDGED)
    changes = _tell(step)
    if changes:
        _write(target, step, moment)
        _verify(target, step.after)
    # judged now that it is written: what the file itself makes is there
    notes = (*_whom_it_moves(target, step, moment), *_notes(step, moment))
    return Plan(code, step.after["programme"]["name"], step.is_new, changes, notes, now)


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


def _whom_it_moves(programme: Programme, step: Step, moment: Moment) -> list[str]:
    """Members who would stand on another tier, as the ladder's own form says it."""
    if step.is_new or all(step.was(name) == step.after[name] for name in ("ladder", "tiers")):
        return []
    names = {code: tier["name"] for code, tier in (step.was("tiers") or {}).items()}
    return moves.describe(programme, ladders.read(programme), names, moment.at)


def _notes(step: Step, moment: Moment) -> Iterator[str]:
    """Drafts that could not be published as they are, codes that nothing here has, and campaigns that meet or end."""
    yield from foresight.notes(step, moment.at)
    for path, definition in references.definitions(step.after):
        if not judging.is_published(path, step.after):
            try:
                parse(definition)
            except DefinitionError as error:
                yield _("%(place)s is not finished: %(problem)s") % {
                    "place": write_path(path),
                    "problem": error,
                }
        for code, kind in judging.unknown_codes(references.codes(definition), step.after):
            yield _("%(place)s names “%(code)s” among its %(kind)s; there is no such thing here") % {
                "place": write_path(path), "code": code, "kind": kind,
            }  # fmt: skip
