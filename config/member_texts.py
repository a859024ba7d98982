"""Which texts members may read: found from the code, so that a new page or sentence belongs to them by itself.

A module is read by members when the cabinet, the ground's rooms of members, or whatever writes to members' addresses
reaches it by imports; a template, when such a module or template names it. Of models only the words for states count:
the names of columns are the back office's.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

#: Folders whose modules speak to members themselves.
DOORS = ("cabinet", "members", "messaging/channels")
#: Whoever imports it writes to members.
DELIVERY = "members.delivery"
#: What is a door of the staff is none of the members', whatever it imports.
STAFF = ("backoffice", "pos", "config")
#: Folders that are no part of the house's code.
_ELSEWHERE = frozenset({".venv", "benchmarks", "docs", "locale", "migrations", "static", "tests", "var"})
_NAMED = re.compile(r"[\"']([\w/.-]+\.(?:html|txt|js|json))[\"']")
_LOADED = re.compile(r"{%\s*load ([\w\s]+?)(?: from [\w.]+)?\s*%}")

Place = tuple[str, int]


class Texts:
    """Where the texts that members may read stand in the code under ``root``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.modules = dict(_find_modules(root))
        self.files = frozenset(self._reach())

    def hold(self, places: Iterable[Place]) -> bool:
        """Whether a text that stands at any of these places (file and line) may be read by members."""
        return any(self._holds(file, line) for file, line in places)

    def _holds(self, file: str, line: int) -> bool:
        if file not in self.files:
            return False
        return not _is_of_models(file) or any(line in lines for lines in _find_states(self.root / file))

    def _reach(self) -> Iterator[str]:
        """Every file from which members may read, by its path under the root."""
        todo = [name for name, path in self.modules.items() if self._speaks(name, path)]
        templates: list[str] = []
        seen: set[str] = set()
        while todo or templates:
            if todo:
                name = todo.pop()
                if name in seen or name.startswith(tuple(f"{door}." for door in STAFF)):
                    continue
                path = self.modules[name]
                todo += _find_imports(path, self.modules)
                text = path.read_text(encoding="utf-8")
            else:
                name = templates.pop()
                path = self.root / "templates" / name
                if name in seen or not path.is_file():
                    continue
                text = path.read_text(encoding="utf-8")
                todo += self._find_tags(text)
            seen.add(name)
            templates += _NAMED.findall(text)
            yield path.relative_to(self.root).as_posix()

    def _speaks(self, name: str, path: Path) -> bool:
        if path.relative_to(self.root).as_posix().startswith(tuple(f"{door}/" for door in DOORS)):
            return True
        return DELIVERY in _find_imports(path, self.modules)

    def _find_tags(self, template: str) -> list[str]:
        """The modules of tags and filters that a template loads."""
        names = {f".templatetags.{name}" for said in _LOADED.findall(template) for name in said.split()}
        return [module for module in self.modules if module.endswith(tuple(names))] if names else []


def _find_modules(root: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(root.glob("*/**/*.py")):
        parts = path.relative_to(root).with_suffix("").parts
        if _ELSEWHERE.isdisjoint(parts):
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def _find_imports(path: Path, modules: dict[str, Path]) -> list[str]:
    """The modules of the house that a module imports."""
    return [name for name in _read_imports(path) if name in modules]


@lru_cache(maxsize=4096)
def _read_imports(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(found)


def _is_of_models(file: str) -> bool:
    return file.endswith("/models.py") or "/models/" in file


@lru_cache(maxsize=256)
def _find_states(path: Path) -> tuple[range, ...]:
    """The lines of the classes that put states into words."""
    return tuple(
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.ClassDef) and any("TextChoices" in ast.unparse(base) for base in node.bases)
    )
