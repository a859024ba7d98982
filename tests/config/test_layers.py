"""The house: what may import what, and what the engine may know."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.processes import ROOT

PURE = [
    *sorted((ROOT / "campaigns" / "engine").rglob("*.py")),
    *sorted((ROOT / "loyalty" / "rules").rglob("*.py")),
]
WITHOUT_EFFECT = {
    *(
        "__future__",
        "abc",
        "bisect",
        "calendar",
        "collections",
        "contextlib",
        "copy",
        "dataclasses",
        "datetime",
    ),
    *(
        "decimal",
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "itertools",
        "json",
        "math",
        "operator",
    ),
    *("re", "string", "types", "typing", "uuid", "zoneinfo"),
    *("jsonschema", "msgspec", "campaigns", "loyalty"),
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic"}
EFFECTS = {"open", "print", "input", "eval", "exec", "__import__"}


def test_imports_go_down_only() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "10 kept, 0 broken" in done.stdout


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_modules_ask_no_clock_and_touch_nothing(path: Path) -> None:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        for name in _imported(node):
            assert name.split(".")[0] in WITHOUT_EFFECT, f"{path.name} imports {name}"
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                assert function.id not in EFFECTS, f"{path.name}:{node.lineno} calls {function.id}"
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
                called = f"{function.value.id}.{function.attr}"
                clock = function.value.id in {"datetime", "date", "time"} and function.attr in CLOCKS
                assert not clock, f"{path.name}:{node.lineno} asks the clock: {called}"


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def test_every_folder_says_what_lives_there() -> None:
    for path in ROOT.glob("[a-z]*/__init__.py"):
        if path.parent.name != "tests":
            assert ast.get_docstring(ast.parse(path.read_text())), path.parent.name


def test_no_committed_file_names_a_registry_or_this_machine() -> None:
    for path in (ROOT / "requirements").glob("*.lock"):
        text = path.read_text()
        for sign in ("http:", "https:", "file:", "--index-url", "--find-links", "/home/", "/root/", "/tmp/"):
            assert sign not in text, f"{path.name} holds {sign}"
        assert "--hash=sha256:" in text
