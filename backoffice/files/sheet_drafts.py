"""What becomes of the rows of a table on their way to records: drafts, mistakes, changes, and the report of a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from backoffice.files.sheet_files import Row

#: Mistakes that are kept, and changes that are shown.
MOST_MISTAKES, SHOWN = 1_000, 50
#: Characters of a cell, and of what is wrong with it, that are told: a cell may hold a book.
MOST_TOLD = 300


class Mistake(NamedTuple):
    """A cell that will not do: the row as spreadsheets number it, the column, what stands there, and why not."""

    row: int
    column: str
    value: str
    problem: str


class Change(NamedTuple):
    """What becomes of a record: ``new`` or ``changed``, its name, and ``column: before → after`` line by line."""

    row: int
    kind: str
    name: str
    lines: list[str]


@dataclass(slots=True)
class Draft:
    """A row on its way to a record: its cells by column, and what they hold. ``key`` is None where the row does not
    say which record it is; ``before`` is what a record that is there held."""

    row: Row
    cells: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)
    key: tuple[Any, ...] | None = None
    record: Any = None
    is_new: bool = False
    before: dict[str, Any] = field(default_factory=dict)

    def refuse(self, column: str, problem: str) -> None:
        """Note what is wrong with a cell, or with the whole row."""
        value = self.cells.get(column, "")
        self.mistakes.append(Mistake(self.row.number, column, value[:MOST_TOLD], problem[:MOST_TOLD]))

    @property
    def is_changed(self) -> bool:
        """Whether a record that is there becomes another."""
        return not self.is_new and any(self.values[name] != value for name, value in self.before.items())


@dataclass(slots=True)
class Report:
    """What a file does: records made, changed and left as they are, rows with mistakes, and the first of both."""

    new: int = 0
    changed: int = 0
    same: int = 0
    wrong: int = 0
    mistakes: list[Mistake] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The report as JSON."""
        return {
            "new": self.new, "changed": self.changed, "same": self.same, "wrong": self.wrong,
            "mistakes": [list(mistake) for mistake in self.mistakes],
            "changes": [change._asdict() for change in self.changes],
        }  # fmt: skip
