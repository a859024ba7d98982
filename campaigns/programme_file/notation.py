"""YAML as this file uses it: plain values only, the same text for the same values, a line for every place.

Written: names in the order given, short lists of plain values on one line, texts of several lines as blocks.
Read: only what can be written. Numbers, ``true``, ``false`` and ``null`` are those of JSON, everything else
is text, so that ``13:00``, ``2026-11-21``, ``007`` and ``no`` are what they look like. Anchors, tags and
names given twice are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from django.utils.translation import gettext as _

from campaigns.programme_file.problems import FileError, FileProblem, Path

DEEPEST = 24
MOST_BYTES = 2_000_000
_SHORT = 100
#: What YAML takes for the end of a line, beside the usual one.
_BREAKS = set("\r\x85\u2028\u2029")

_Loader: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9]\d{0,1000})\Z")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,1000})(\.\d{1,1000})?([eE][-+]?\d{1,3})?\Z")


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says, the line of each of its places, and what is not as it is written here."""

    value: Any
    lines: dict[Path, int]
    problems: tuple[FileProblem, ...] = ()
    #: Places whose values are not what they look like, because of a problem there.
    odd: frozenset[Path] = frozenset()

    def line(self, path: Path) -> int:
        """The line of a place, or of the nearest thing around it that the file has."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 0) if path else 0


# Writing


class _Dumper(yaml.SafeDumper):
    """Block style, except for short lists of plain values."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _write_list(dumper: _Dumper, items: list[Any]) -> yaml.Node:
    plain = not any(isinstance(item, dict | list) for item in items)
    pairs = items and all(
        isinstance(item, list) and not any(isinstance(part, dict | list) for part in item) for item in items
    )
    short = len(repr(items)) <= _SHORT and (plain or pairs)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=bool(short))


def _write_text(dumper: _Dumper, text: str) -> yaml.Node:
    # a block that ends in empty lines ends the document, too, and a file is written in several parts
    open_ended = text == "\n" or text.endswith("\n\n")
    style = '"' if open_ended or _BREAKS & set(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(list, _write_list)
_Dumper.add_representer(str, _write_text)
# what the reader takes for a number is quoted when it is text
_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER, list("-0123456789"))


def write(value: Any) -> str:
    """A value of plain parts (those of JSON) as YAML, ended by a line break."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000, default_flow_style=False
    )


# Reading


@dataclass(slots=True)
class _Open:
    """A list or an object whose end has not come yet."""

    path: Path
    value: Any
    name: str | None = field(default=None)

    def next_path(self) -> Path:
        return (
            (*self.path, len(self.value)) if isinstance(self.value, list) else (*self.path, self.name or "")
        )

    def put(self, value: Any) -> None:
        if isinstance(self.value, list):
            self.value.append(value)
        else:
            self.value[self.name or ""] = value
            self.name = None


def read(data: bytes | str) -> Source:
    """What a text says. Raises ``FileError`` with every line where it is not the YAML described above."""
    source = parse(data)
    if source.problems:
        raise FileError(source.problems)
    return source


def parse(data: bytes | str) -> Source:
    """What a text says, with its problems. Raises ``FileError`` where it cannot be read any further."""
    if len(data) > MOST_BYTES:
        raise FileError(
            [FileProblem((), _("The file is larger than %(most)s MB.") % {"most": MOST_BYTES // 10**6})]
        )
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise FileError([FileProblem((), _("The file is not text in UTF-8; save it as UTF-8."))]) from None
    try:
        return _build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(str(part) for part in (error.context, error.problem) if part)
        message = _("this is not YAML: %(problem)s") % {"problem": said}
        raise FileError([FileProblem((), message, mark.line + 1 if mark else 0)]) from None
    except yaml.YAMLError as error:
        raise FileError(
            [FileProblem((), _("this is not YAML: %(problem)s") % {"problem": str(error)})]
        ) from None


def _build(events: Iterator[yaml.Event]) -> Source:
    lines: dict[Path, int] = {}
    problems: list[FileProblem] = []
    odd: set[Path] = set()
    stack: list[_Open] = [_Open((), [])]  # the documents
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        top = stack[-1]
        is_name = isinstance(top.value, dict) and top.name is None
        if told := _tell_odd(event):
            problems.append(FileProblem((), told, line))
            if not is_name:
                odd.add(_below(top)[1:])
        if isinstance(event, yaml.CollectionEndEvent):
            stack.pop()
        elif isinstance(event, yaml.AliasEvent) and not is_name:
            top.put(None)
        elif isinstance(event, yaml.ScalarEvent) and is_name:
            if event.value in top.value:
                told = _("“%(name)s” stands here twice; keep one") % {"name": event.value}
                problems.append(FileProblem((), told, line))
            top.name = event.value
            lines[_below(top)] = line
        elif isinstance(event, yaml.ScalarEvent):
            lines.setdefault(_below(top), line)
            top.put(event.value if event.style not in (None, "") else _plain(event.value))
        elif isinstance(event, yaml.CollectionStartEvent | yaml.AliasEvent):
            if is_name:
                raise _refuse(line, _("a name must be a plain text"))
            if len(stack) > DEEPEST:
                raise _refuse(line, _("this is nested too deep"))
            lines.setdefault(_below(top), line)
            value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
            opened = _Open(_below(top), value)
            top.put(value)
            stack.append(opened)
    documents = stack[0].value
    if len(documents) > 1:
        raise _refuse(
            lines.get((1,), 0), _("there is a second document (---); give one file for each programme")
        )
    if not documents:
        raise FileError([FileProblem((), _("The file is empty."))])
    places = {path[1:]: line for path, line in lines.items()}
    return Source(documents[0], places, tuple(problems), frozenset(odd))


def _tell_odd(event: yaml.Event) -> str:
    """What is told of a value that YAML has and this file has not; empty for any other."""
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return _("anchors (&) and references (*) are not read here; write the value out")
    return _("tags (!) are not read here; write a plain value") if getattr(event, "tag", None) else ""


def _below(top: _Open) -> Path:
    return top.next_path()


def _refuse(line: int, message: str) -> FileError:
    return FileError([FileProblem((), message, line)])


def _plain(text: str) -> Any:
    """What an unquoted word means."""
    if text.lower() in _WORDS and text in (text.lower(), text.upper(), text.capitalize()):
        return _WORDS[text.lower()]
    if _WHOLE.match(text):
        return int(text)
    number = float(text) if _NUMBER.match(text) else math.nan
    return number if math.isfinite(number) else text
