"""What buttons do to a document: add a row, take one away, put conditions into groups."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from backoffice.constructor.composite import Inside, Rows, Tagged
from backoffice.constructor.fields import Field, zone
from backoffice.constructor.forms import at
from backoffice.constructor.questions import PARTS, TODAY
from backoffice.constructor.rows import CONDITIONS, EFFECTS
from campaigns.engine.document import GROUPS
from campaigns.engine.schema import NESTING

#: What is added under this name is a group of conditions: any of them.
GROUP = "~group"


def edit(document: Mapping[str, Any], order: str) -> tuple[dict[str, Any], str]:
    """Do what a button says: ``add:PATH:KIND`` or ``remove:PATH``. Returns the new document, and the place to go to.

    An order that makes no sense (an old page, a forged one) changes nothing.
    """
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    verb, _, rest = order.partition(":")
    path, _, kind = rest.partition(":")
    if verb == "add":
        return changed, _add(changed, path, kind)
    if verb == "remove":
        _remove(changed, path, kind)
        return changed, path.rpartition(".")[0] or path
    return changed, ""


def _add(document: dict[str, Any], path: str, kind: str) -> str:
    if path == "if" or path.startswith("if."):
        return _add_condition(document, path, kind)
    if path == "what":
        if kind not in EFFECTS:
            return ""
        effects = document.setdefault("what", [])
        effects.append({"effect": kind, **copy.deepcopy(dict(EFFECTS[kind].blank))})
        return f"what.{len(effects) - 1}"
    row = next((row for row in PARTS.get(path, ()) if row.key == kind), None)
    if row is not None:
        owner = _owner(document, path)
        owner.update({key: value for key, value in _blank(row.blank, row.fields).items() if key not in owner})
        return f"{path}.{row.key}"
    return _add_to_list(document, path)


def _blank(blank: Mapping[str, Any], fields: tuple[Field, ...]) -> dict[str, Any]:
    """What a new row holds; an empty list to pick into when nothing else is said."""
    filled = {name: _today() if value == TODAY else copy.deepcopy(value) for name, value in blank.items()}
    return filled or {fields[0].keys[0]: []}


def _today() -> str:
    return timezone.now().astimezone(zone()).replace(hour=0, minute=0, second=0, microsecond=0).isoformat()


def _owner(document: dict[str, Any], path: str) -> dict[str, Any]:
    owner = document
    for name in path.split("."):
        owner = owner.setdefault(name, {})
    return owner


def _add_condition(document: dict[str, Any], path: str, kind: str) -> str:
    """Append a condition, or a group of them, to the list at ``path``; the root may still be nothing or one leaf."""
    if kind == GROUP:
        new: dict[str, Any] = {"any": []}
    elif kind in CONDITIONS:
        new = {"condition": kind, **copy.deepcopy(dict(CONDITIONS[kind].blank))}
    else:
        return ""
    if path == "if":
        tree = document.get("if")
        if tree is None:
            document["if"] = {"all": []}
        elif "condition" in tree:
            document["if"] = {"all": [tree]}
        path = f"if.{next(iter(document['if']))}"
    found = at(document, path)
    depth = sum(step in GROUPS for step in path.split("."))
    if not isinstance(found, list) or (kind == GROUP and depth >= NESTING):
        return ""
    found.append(new)
    return f"{path}.{len(found) - 1}"


def _add_to_list(document: dict[str, Any], path: str) -> str:
    """Append a blank row to a list inside a row: a step, a limit, hours, goods."""
    owner_path, _, name = path.rpartition(".")
    owner = at(document, owner_path)
    if not isinstance(owner, dict):
        return ""
    field = _list_field(name)
    if name != "hours" and field is None:
        return ""
    rows = owner.setdefault(name, [])
    if not isinstance(rows, list):
        return ""
    rows.append(["", ""] if field is None else dict(field.blank))
    return f"{path}.{len(rows) - 1}"


def _list_field(name: str) -> Rows | None:
    """The field of a list of rows, by its property."""
    fields: list[Field] = [field for row in (*CONDITIONS.values(), *EFFECTS.values()) for field in row.fields]
    fields += [field for rows in PARTS.values() for row in rows for field in row.fields]
    for field in fields:
        if isinstance(field, Rows) and field.name == name:
            return field
        if isinstance(field, Inside):
            fields += field.fields
        if isinstance(field, Tagged):
            fields += [inner for variant in field.kinds for inner in variant.fields]
    return None


def _remove(document: dict[str, Any], path: str, kind: str) -> None:
    """Take away a row of a part (``kind`` says which), or an item of a list."""
    row = next((row for row in PARTS.get(path, ()) if row.key == kind), None)
    if row is not None:
        owner = at(document, path)
        for key in row.keys if isinstance(owner, dict) else ():
            owner.pop(key, None)
        return
    owner_path, _, number = path.rpartition(".")
    items = at(document, owner_path)
    if isinstance(items, list) and number.isdecimal() and int(number) < len(items):
        del items[int(number)]
        if not items and owner_path.startswith("if."):
            _remove_group(document, owner_path)
    elif path == "if":
        document.pop("if", None)


def _remove_group(document: dict[str, Any], path: str) -> None:
    """Take away a group that has become empty."""
    group = path.rpartition(".")[0]
    if group == "if":
        document.pop("if", None)
    else:
        _remove(document, group, "")
