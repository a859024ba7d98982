"""Drafts of any shape: whoever writes JSON by hand may write a text where a list belongs."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.problem import Problem

#: What is wanted where a list or an object belongs.
_SHAPES = frozenset(
    {
        "codes", "effects", "hours", "list_to", "list_within", "object", "objects", "pair", "texts", "weekdays",
    }
)  # fmt: skip
_STEP = re.compile(r"[^.\[\]]+")
#: Pruning one part may show that another is misshapen; a document is not deeper than this.
_PASSES = 6


def readable(document: object) -> dict[str, Any]:
    """A copy without the parts whose shape is wrong, so that the rest can be told, drawn and compared.

    What is only unfinished stays: an empty list, a number that is none.
    """
    pruned: dict[str, Any] = copy.deepcopy(dict(document)) if isinstance(document, Mapping) else {}
    for _pass in range(_PASSES):
        try:
            parse(pruned)
        except DefinitionError as error:
            done = [_prune(pruned, problem) for problem in reversed(error.problems)]
            if not any(done):
                break
        else:
            break
    return pruned


def _prune(document: dict[str, Any], problem: Problem) -> bool:
    """Take the value at a problem's path out, if its shape is what is wrong with it. Says whether it was."""
    steps: list[str] = _STEP.findall(problem.path)
    owner: Any = document
    for step in steps[:-1]:
        owner = _inside(owner, step)
    if not steps or _inside(owner, steps[-1]) is None:
        return False
    if not _is_misshapen(problem, _inside(owner, steps[-1])):
        return False
    del owner[int(steps[-1]) if isinstance(owner, list) else steps[-1]]
    return True


def _is_misshapen(problem: Problem, value: object) -> bool:
    """Whether a list or an object is none, or is where none belongs, or a field is not known."""
    if problem.code in ("unfit", "blank"):
        return problem.args["wanted"] in _SHAPES or isinstance(value, list | dict)
    return problem.code in ("not_object", "unknown_field")


def _inside(owner: Any, step: str) -> Any:
    if isinstance(owner, list):
        return owner[int(step)] if step.isdecimal() and int(step) < len(owner) else None
    return owner.get(step) if isinstance(owner, dict) else None
