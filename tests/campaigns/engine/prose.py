"""The sources read as trees: where problems are made, and who looks into what is said of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.config.processes import ROOT

ROOMS = (
    "config", "pos", "cabinet", "backoffice", "campaigns", "rewards", "messaging", "analytics", "loyalty", "members",
    "foundation",
)  # fmt: skip
#: The tables of sentences themselves.
TABLES = (ROOT / "campaigns/engine/problem_sentences.py", ROOT / "loyalty/rules/sentences.py")
#: A list of codes that is passed on as it is: of the parsers of the terms of lots.
_PASSED_ON = {"code", "error.code"}
_TRANSLATING = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "pgettext", "pgettext_lazy"}
#: What is asked of a text by whoever looks for something in it.
_LOOKING = {
    "compile", "count", "endswith", "find", "findall", "finditer", "fullmatch", "index", "match", "partition",
    "removeprefix", "removesuffix", "replace", "rpartition", "search", "split", "startswith", "sub",
}  # fmt: skip


#: Two words one after the other, of which the second may begin a choice; shorter pieces say nothing.
_WORDS = re.compile(r"[a-z]{2,} [a-z(\[]")
_LEAST = 10


class Made(NamedTuple):
    """A place where a problem is made: its code, and the names it fills in; None where they are gathered elsewhere."""

    place: str
    code: str
    given: frozenset[str] | None


@cache
def modules() -> dict[Path, ast.Module]:
    """Every module that runs, with its tree."""
    paths = [
        path
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    return {path: ast.parse(path.read_text()) for path in paths}


def made() -> Iterator[Made]:
    """Every place in the sources where a problem of a definition or a document is made, once for each code."""
    for path, tree in modules().items():
        name = _name_here(tree)
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef):
                for call in ast.walk(function):
                    if isinstance(call, ast.Call) and _called(call) in {name, "DocumentError"} - {""}:
                        place = f"{path.relative_to(ROOT)}:{call.lineno}"
                        for code in _codes(call.args[1], function):
                            yield Made(place, code, _given(call))


def _name_here(tree: ast.Module) -> str:
    """What a module calls the engine's problems; the files have problems of their own by the same name."""
    own = any(isinstance(node, ast.ClassDef) and node.name == "Problem" for node in tree.body)
    known = any(
        isinstance(node, ast.ImportFrom)
        and node.module in ("campaigns.engine.problem", "campaigns.engine.soundness")
        and any(alias.name == "Problem" for alias in node.names)
        for node in tree.body
    )
    return "Problem" if known and not own else ""


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _codes(node: ast.expr, function: ast.FunctionDef) -> set[str]:
    """The texts that an argument may be."""
    match node:
        case ast.Constant(value=str(code)):
            return {code}
        case ast.IfExp(body=one, orelse=other):
            return _codes(one, function) | _codes(other, function)
        case ast.Name(id=name) if name not in {argument.arg for argument in function.args.args}:
            return {
                code
                for inner in ast.walk(function)
                if isinstance(inner, ast.Assign)
                and any(isinstance(one, ast.Name) and one.id == name for one in inner.targets)
                for code in _codes(inner.value, function)
            }
    assert ast.unparse(node) in _PASSED_ON, (
        f"{ast.unparse(node)}: say the code as it is, so that it can be found"
    )
    return set()


def _given(call: ast.Call) -> frozenset[str] | None:
    keywords = [keyword.arg for keyword in call.keywords]
    if None in keywords:
        return None
    names = {name for name in keywords if name}
    for argument in call.args[2:]:
        if not isinstance(argument, ast.Dict) or not all(
            isinstance(key, ast.Constant) for key in argument.keys
        ):
            return None
        names |= {str(key.value) for key in argument.keys if isinstance(key, ast.Constant)}
    return frozenset(names)


def looking(tree: ast.Module, sentences: list[str]) -> Iterator[str]:
    """What a module has that looks into the wording of a problem: into its ``message``, or by a piece of a sentence."""
    spoken = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Call) and _called(node) in _TRANSLATING)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) in _LOOKING and isinstance(node.func, ast.Attribute):
            yield from _messages(node, [node.func.value, *node.args])
        elif isinstance(node, ast.Compare):
            yield from _messages(node, [node.left, *node.comparators])
        elif isinstance(node, ast.Constant) and id(node) not in spoken and _is_piece(node.value, sentences):
            yield f"line {node.lineno}: {node.value!r}"


def _messages(node: ast.expr, asked: list[ast.expr]) -> Iterator[str]:
    if any(isinstance(one, ast.Attribute) and one.attr == "message" for one in asked):
        yield f"line {node.lineno}: {ast.unparse(node)}"


def _is_piece(text: object, sentences: list[str]) -> bool:
    """Whether a text is a piece of a sentence, two words or more, as it is or as a pattern."""
    if not isinstance(text, str) or "\n" in text or not _WORDS.search(text):
        return False
    if any(text in sentence for sentence in sentences):
        return len(text) >= _LEAST
    try:
        pattern = re.compile(text)
    except re.error:
        return False
    found = [hit.group() for sentence in sentences for hit in pattern.finditer(sentence)]
    return any(len(piece) >= _LEAST and _WORDS.search(piece) for piece in found)
