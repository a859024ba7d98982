"""The document that a programme is written as, what changes in it, and what a section of it must know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from campaigns.programme_file.problems import FileProblem
from loyalty.models import Programme

VERSION = 1

#: Values as JSON has them, by section.
Document = dict[str, Any]

Kind = Literal["added", "changed", "removed"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something that an import does: to what, and what changes about it, a line each."""

    section: str
    kind: Kind
    subject: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """When an import happens, and who does it. ``tell`` hears how much of it is done, as a share of 1."""

    at: datetime
    user_id: int | None = None
    tell: Callable[[float], object] = field(default=lambda share: None, compare=False)

    def today(self, programme: Programme) -> date:
        """The programme's day."""
        return self.at.astimezone(ZoneInfo(programme.time_zone)).date()


@dataclass(frozen=True, slots=True)
class Step:
    """A document on its way in: as it is, as it will be, and as the file says it.

    ``before`` is None for a programme that is not there yet. ``prune``: what a section of the file does
    not name goes.
    """

    programme: Programme | None
    before: Document | None
    said: Document
    prune: bool
    after: Document = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether the import makes the programme."""
        return self.before is None

    def was(self, section: str) -> Any:
        """A section as it is now; empty for a new programme."""
        return (self.before or {}).get(section)


class Section:
    """A part of the document. ``name`` is its key.

    ``comment`` stands above it in the file, which reads the same whatever language its exporter speaks.
    """

    name: ClassVar[str]
    comment: ClassVar[str]

    def schema(self) -> Document:
        """The JSON Schema of the section."""
        raise NotImplementedError

    def read(self, programme: Programme, document: Document) -> Any:
        """The section as the database has it; ``document`` holds the sections read before."""
        raise NotImplementedError

    def fill(self, step: Step) -> Any:
        """The section as it will be: what the file says over what is there."""
        raise NotImplementedError

    def check(self, step: Step) -> Iterator[FileProblem]:
        """What is wrong with the section as it will be."""
        return iter(())

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """What changes, in words."""
        raise NotImplementedError

    def prepare(self, programme: Programme, before: Any, after: Any) -> None:
        """Make what other sections will point at, before any of them is written."""

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Bring the database from one to the other. Must run in the import's transaction."""
        raise NotImplementedError


def same_keys(before: dict[str, Any] | None, after: dict[str, Any]) -> list[str]:
    """The codes of both, those that are there first."""
    return list(dict.fromkeys((*(before or {}), *after)))
