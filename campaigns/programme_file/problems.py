"""What is wrong with a file: each place with its line, and how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

#: Steps from the top of the document down to a value: names and positions in lists.
Path = tuple[str | int, ...]


class FileProblem(NamedTuple):
    """A place in the document and what is wrong there. ``line`` is 0 where the file does not have it."""

    path: Path
    message: str
    line: int = 0

    @property
    def place(self) -> str:
        """The path in the document, as people write it."""
        return write_path(self.path)

    def __str__(self) -> str:
        place = self.place
        if self.line:
            place = f"{place} (line {self.line})" if place else f"line {self.line}"
        return f"{place}: {self.message}" if place else self.message


class FileError(ValueError):
    """A file that will not do; ``problems`` names every place that is known to be wrong."""

    def __init__(self, problems: Iterable[FileProblem]) -> None:
        self.problems = sorted(set(problems), key=lambda problem: (problem.line, str(problem)))
        super().__init__("; ".join(map(str, self.problems)))


def write_path(path: Path) -> str:
    """``campaigns.coffee.definition.what[0].percent`` of its steps."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def steps_of(path: str) -> Path:
    """The steps of a path as the engine and the programme's parsers write it."""
    return tuple(
        int(step[1:-1]) if step.startswith("[") else step for step in re.findall(r"\[\d+\]|[^.\[\]]+", path)
    )
