"""From what a browser sends to a definition's document, and back. Pure: the round trip is exact.

The document may be unfinished: whatever was typed is in it, and ``campaigns.engine.definition`` says what
is missing. Only a document that fields cannot hold (another structure, unknown properties) cannot be
written as a form: ``write`` raises ``Inexpressible``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from backoffice.constructor.composite import read_all, write_all
from backoffice.constructor.fields import Fragment, State, Written, first, format_number, places
from backoffice.constructor.questions import PARTS, Document
from backoffice.constructor.rows import CONDITIONS, EFFECTS
from campaigns.engine.document import GROUPS


class Inexpressible(ValueError):
    """A document that the form cannot show."""


def read(state: State) -> dict[str, Any]:
    """The document that was sent."""
    document: dict[str, Any] = {}
    for part, rows in PARTS.items():
        found: Fragment = {}
        for row in rows:
            found |= read_all(row.fields, state, part)
        if found:
            _put(document, part, found)
    _allow_all(document.get("what_for", {}))
    tree = _read_tree(state, "if")
    if tree is not None:
        document["if"] = tree
    if "~what" in state:
        document["what"] = [_read_leaf(state, f"what.{at}", "effect") for at in places(state, "what")]
    return document


def _allow_all(what_for: dict[str, Any]) -> None:
    """All goods but some need no others to be chosen."""
    if what_for.get("products") == [] and "except" in what_for:
        del what_for["products"]


def _put(document: dict[str, Any], part: str, found: Fragment) -> None:
    owner = document
    for name in part.split("."):
        owner = owner.setdefault(name, {})
    owner.update(found)


def _read_tree(state: State, path: str) -> dict[str, Any] | None:
    """A condition, or a group of conditions; None when nothing of it was sent."""
    if f"{path}.condition" in state:
        leaf = _read_leaf(state, path, "condition")
        wanted = first(state, f"{path}.~group")
        return {wanted: [leaf]} if wanted in GROUPS else leaf
    for group in GROUPS:
        if f"{path}.~{group}" in state:
            inner = [_read_tree(state, f"{path}.{group}.{at}") for at in places(state, f"{path}.{group}")]
            wanted = first(state, f"{path}.~group")
            return {wanted if wanted in GROUPS else group: [tree for tree in inner if tree is not None]}
    return None


def _read_leaf(state: State, path: str, kind: str) -> dict[str, Any]:
    name = first(state, f"{path}.{kind}")
    row = (CONDITIONS if kind == "condition" else EFFECTS).get(name)
    return {kind: name, **(read_all(row.fields, state, path) if row else {})}


def write(document: Document) -> Written:
    """The state of a document. Raises ``Inexpressible`` when reading it again would give another one."""
    try:
        state = _write(document)
    except (TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise Inexpressible(str(error)) from error
    if not _same(read(state), plain(document)):
        raise Inexpressible("the document has parts that the form does not know")
    return state


def _write(document: Document) -> Written:
    state: Written = {}
    for part, rows in PARTS.items():
        owner = at(document, part) or {}
        for row in rows:
            if row.fixed or set(row.keys) & set(owner):
                state |= write_all(row.fields, owner, part)
    if "if" in document:
        state |= _write_tree(document["if"], "if")
    if "what" in document:
        state["~what"] = ["1"]
        for number, effect in enumerate(document["what"]):
            state |= _write_leaf(effect, f"what.{number}", "effect")
    return state


def _write_tree(tree: Mapping[str, Any], path: str) -> Written:
    if "condition" in tree:
        return _write_leaf(tree, path, "condition")
    (group,) = tree
    state: Written = {f"{path}.~{group}": ["1"], f"{path}.~group": [group]}
    for number, inner in enumerate(tree[group]):
        state |= _write_tree(inner, f"{path}.{group}.{number}")
    return state


def _write_leaf(leaf: Mapping[str, Any], path: str, kind: str) -> Written:
    row = (CONDITIONS if kind == "condition" else EFFECTS)[leaf[kind]]
    return {f"{path}.{kind}": [leaf[kind]], **write_all(row.fields, leaf, path)}


def at(document: Any, path: str) -> Any:
    """What stands at a path with dots; None when nothing does."""
    for step in path.split("."):
        if isinstance(document, Mapping):
            document = document.get(step)
        elif isinstance(document, Sequence) and not isinstance(document, str) and step.isdecimal():
            document = document[int(step)] if int(step) < len(document) else None
        else:
            return None
    return document


def plain(document: Any) -> Any:
    """A document without what is empty and means nothing."""
    if isinstance(document, Mapping):
        inner = {name: plain(value) for name, value in document.items()}
        return {name: value for name, value in inner.items() if not _says_nothing(name, value)}
    if isinstance(document, list):
        return [plain(item) for item in document]
    return document


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same, 5 and "5" being so."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return set(one) == set(other) and all(_same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float | str) and isinstance(other, int | float | str):
        return format_number(one) == format_number(other)
    return bool(one == other)


def _says_nothing(name: str, value: Any) -> bool:
    """Whether a property may as well be left out."""
    return value is None or (name in (*_PARTS, "except", "terms") and value == {})


_PARTS = frozenset(part.partition(".")[0] for part in PARTS)
_PATH = re.compile(r"\[(\d+)\]")


def name_of(path: str) -> str:
    """The form's name of a place that a problem names: ``what.0.percent`` of ``what[0].percent``."""
    return _PATH.sub(r".\1", path)
