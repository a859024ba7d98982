"""Drafts of any shape: whoever writes JSON by hand may write a text where a list belongs."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from campaigns.engine.definition import DefinitionError, parse

#: What the parser says of a list or an object that is none, and of a field that it does not know.
_MISSHAPEN = re.compile(r"give (a list|an object|a pair)|is not an object|is not known here")
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
            done = [_prune(pruned, path, message) for path, message in reversed(error.problems)]
            if not any(done):
                break
        else:
            break
    return pruned


def _prune(document: dict[str, Any], path: str, message: str) -> bool:
    """Take the value at a path out, if its shape is what is wrong with it. Says whether it was."""
    steps: list[str] = _STEP.findall(path)
    owner: Any = document
    for step in steps[:-1]:
        owner = _inside(owner, step)
    if not steps or _inside(owner, steps[-1]) is None:
        return False
    value = _inside(owner, steps[-1])
    if not (_MISSHAPEN.search(message) or (isinstance(value, list | dict) and "will not do" in message)):
        return False
    del owner[int(steps[-1]) if isinstance(owner, list) else steps[-1]]
    return True


def _inside(owner: Any, step: str) -> Any:
    if isinstance(owner, list):
        return owner[int(step)] if step.isdecimal() and int(step) < len(owner) else None
    return owner.get(step) if isinstance(owner, dict) else None
