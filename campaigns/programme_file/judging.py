"""Everything that is wrong with a file, in one answer.

What is wrong with the shape of a file, with its values, with what they mean together and with what they name is
found by different judges, one relying on the others. So that nobody has to mend a file in rounds, what a judge
found is left out, and the next one judges the rest as if the file had not said it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from django.utils.translation import gettext as _

from analytics.models import Segment
from campaigns.engine.definition import DefinitionError, parse
from campaigns.programme_file import foresight, layout, notation, references, shape
from campaigns.programme_file.document import Document, Moment, Step
from campaigns.programme_file.problems import FileError, FileProblem, Path, steps_of
from campaigns.programme_file.sections import payers
from campaigns.words.problems import tell_problem
from loyalty.models import Category, Partner, Programme, Store, StoreGroup

#: Without these nothing else can be told of a file.
_FIRST = ((), ("version",), ("programme",), ("programme", "code"))
#: Leaving something out may bring out what it hid; each round leaves out more, so there are few.
_ROUNDS = 5


def read(data: bytes | str) -> tuple[notation.Source, list[FileProblem]]:
    """What a file says, and what is wrong with its notation and its shape.

    Raises ``FileError`` for a file that cannot be read, is of another version, or does not say which programme it
    is: nothing else can be known of it then.
    """
    source = notation.parse(data)
    found = [*shape.check(source.value), *_check_definitions(source.value)]
    found = [problem for problem in found if not _is_within(problem.path, source.odd)]
    told = [*source.problems, *found]
    known = isinstance(source.value, dict) and isinstance(source.value.get("programme"), dict)
    if not known or any(problem.path in _FIRST for problem in found):
        require(source, told)
    return source, told


def judge(
    source: notation.Source, told: list[FileProblem], programme: Programme | None, before: Document | None,
    prune: bool, moment: Moment,
) -> Step:  # fmt: skip
    """The document as it will be. Raises ``FileError`` with everything that can be known without writing it."""
    told = list(told)
    for _round in range(_ROUNDS):
        gone = {cut for path in (*source.odd, *(one.path for one in told)) if (cut := _cut(path))}
        step = Step(programme, before, _without(source.value, gone), prune)
        for section in layout.IN_FILE:
            step.after[section.name] = section.fill(step)
        found = [
            problem
            for section in layout.IN_FILE
            for problem in section.check(step)
            if problem not in told and not _is_within(problem.path, gone | source.odd)
        ]
        if not found:
            break
        told += found
    told += _misspelt(step, source.value)
    told += foresight.problems(_sound(step, told), moment.at)
    require(source, told)
    return step


def require(source: notation.Source, problems: Iterable[FileProblem]) -> None:
    """Raise ``FileError`` with the problems, if there are any, and the lines of their places."""
    found = list(dict.fromkeys(problems))
    if found:
        raise FileError(placed(source, found))


def placed(source: notation.Source, problems: Iterable[FileProblem]) -> list[FileProblem]:
    """The problems with the lines of their places in the file."""
    return [
        problem if problem.line else problem._replace(line=source.line(problem.path)) for problem in problems
    ]


def unknown_codes(
    named: Mapping[str, set[str]], after: Document, said: Mapping[str, Any] | None = None
) -> Iterator[tuple[str, str]]:
    """The codes that are neither in the database nor in the file, each with what it should be one of. ``said`` is
    the file with what is wrong in it: a tier whose threshold is no number is there all the same."""
    models: dict[str, Any] = {
        "segments": Segment, "stores": Store, "groups": StoreGroup, "partners": Partner, "categories": Category,
    }  # fmt: skip
    known = {
        "tiers": set(after["tiers"]) | _names(said, "tiers"),
        "series": set(after["coupon_series"]) | _names(said, "coupon_series"),
        "payers": payers.texts(after) | _names(said, "payers"),
        "partners": set(after["partners"]) | _names(said, "partners"),
    }
    for kind, codes in sorted(named.items()):
        if kind in models:
            here = models[kind].objects.filter(code__in=codes).values_list("code", flat=True)
            codes = codes - set(here) - known.get(kind, set())
        else:
            codes = codes - known.get(kind, codes)
        yield from ((code, kind) for code in sorted(codes))


def is_published(path: Path, after: Document) -> bool:
    """Whether the definition at a path is, or will be, in force."""
    if path[-1] != "definition" or len(path) != 3:
        return False
    return bool(after["campaigns"].get(path[1], {"status": "draft"})["status"] != "draft")


def _check_definitions(said: Any) -> Iterator[FileProblem]:
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
                yield from (
                    FileProblem((*place, *steps_of(one.path)), tell_problem(one)) for one in error.problems
                )


def _misspelt(step: Step, said: Document) -> Iterator[FileProblem]:
    """Codes that nothing here has, in what the file puts in force: it would never do what it says."""
    before = step.was("campaigns") or {}
    for path, definition in references.definitions(step.after):
        if is_published(path, step.after) and before.get(path[1]) != step.after["campaigns"][path[1]]:
            named = references.codes(definition)
            named.pop("payers", None)  # told by the campaign itself
            for code, kind in unknown_codes(named, step.after, said):
                detail = _(
                    "there is no “%(code)s” among the %(kind)s here: fix it, or make it in this file first"
                )
                yield FileProblem(path, detail % {"code": code, "kind": kind})


def _names(said: Mapping[str, Any] | None, section: str) -> set[str]:
    named = (said or {}).get(section)
    return set(named) if isinstance(named, Mapping) else set()


def _cut(path: Path) -> Path:
    """What is left out because of a problem at a path; nothing where its readers bear with it."""
    if path[:1] == ("campaigns",) and "definition" in path[2:]:
        end = path.index("definition", 2) + 1
        return path if len(path) == end else ()  # a definition may be broken: drafts are
    if path[:1] == ("programme",):
        return path[:2]  # expiry and spending are read as a whole
    for place, step in enumerate(path):
        if isinstance(step, int):
            return path[:place]  # the others of a list would move up
    return path


def _without(said: Document, gone: set[Path]) -> Document:
    """A copy of a document that does not say some things."""
    if not gone:
        return said
    said = deepcopy(said)
    for path in gone:
        place: Any = said
        for step in path[:-1]:
            place = place.get(step) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place.pop(path[-1], None)
    return said


def _is_within(path: Path, gone: Iterable[Path]) -> bool:
    """Whether a path lies in what was left out: what is found there comes of that alone."""
    return any(path[: len(cut)] == cut for cut in gone)


def _sound(step: Step, told: list[FileProblem]) -> Step:
    """The step without campaigns whose definitions are broken: what they would bring about, nobody knows."""
    broken = {
        problem.path[1] for problem in told if problem.path[:1] == ("campaigns",) and len(problem.path) > 1
    }
    campaigns = {code: entry for code, entry in step.after["campaigns"].items() if code not in broken}
    return Step(step.programme, step.before, step.said, step.prune, step.after | {"campaigns": campaigns})
