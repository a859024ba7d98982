"""A definition as the text of experts, in the order of the seven questions; and what changed from one to another."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from campaigns.engine.schema import SCHEMA

#: Fields that come first, wherever they stand: the database does not keep the order of a document.
_FIRST = (*SCHEMA["properties"], "effect", "condition")


def render(definition: Any) -> str:
    """The definition as people write it, in the order of the seven questions."""
    return json.dumps(_in_order(definition), indent=2, ensure_ascii=False)


def _in_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        names = sorted(value, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name))
        return {name: _in_order(value[name]) for name in names}
    return [_in_order(item) for item in value] if isinstance(value, list) else value


def differences(before: Any, after: Any) -> list[str]:
    """What changed from one definition to another, a line each: ``what[0].percent: 5 → 7``."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    lines = []
    for path in sorted({*old, *new}):
        if path not in old:
            lines.append(f"{path}: + {new[path]}")
        elif path not in new:
            lines.append(f"{path}: − {old[path]}")
        elif old[path] != new[path]:
            lines.append(f"{path}: {old[path]} → {new[path]}")
    return lines


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list) and value and any(isinstance(item, Mapping) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value
    elif value not in ({}, []):
        yield path, json.dumps(value, ensure_ascii=False)
