"""Fields of the constructor's form: each reads its part of a definition from what was sent, and writes it back.

A form's state is what a browser sends: lists of texts by name. Names are the places in the document with
dots (``if.all.0.at_least``); what is not of the document itself begins with a tilde (``if.all.0.~unit``).
A field works on its *owner*, the object at ``path``: ``read`` gives the owner's properties that the state
holds, ``write`` the state of an owner. What was typed and is no number is kept as it was typed: the
definition's own parser says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils import timezone

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

State = Mapping[str, Sequence[str]]
Fragment = dict[str, Any]
Written = dict[str, list[str]]

_WHOLE = re.compile(r"-?\d{1,18}\Z")
_SPACES = re.compile(r"[\s\u00a0\u202f]")


def first(state: State, name: str) -> str:
    """The first value sent under a name, without the spaces around it; empty when there is none."""
    values = state.get(name) or ("",)
    return values[0].strip()


def places(state: State, path: str) -> list[int]:
    """The places of the list at ``path`` of which something was sent, in order."""
    prefix = f"{path}."
    heads = {name[len(prefix) :].partition(".")[0] for name in state if name.startswith(prefix)}
    return sorted(int(head) for head in heads if head.isdecimal())


@dataclass(frozen=True, kw_only=True)
class Field:
    """One property ``name`` of its owner. An optional one that is left empty is left out of the document."""

    name: str
    label: StrOrPromise = ""
    optional: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The owner's properties that this field stands for."""
        return (self.name,)

    @property
    def slot(self) -> str:
        """What a row's text calls it."""
        return self.name

    def read(self, state: State, path: str) -> Fragment:
        """The owner's properties as they were sent."""
        name = f"{path}.{self.name}"
        if name not in state:
            return {}
        value = self.parse(first(state, name))
        return {} if value in (None, "") and self.optional else {self.name: value}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The owner's properties as a browser would send them."""
        if self.name not in owner:
            return {f"{path}.{self.name}": [""]} if self.optional else {}
        return {f"{path}.{self.name}": [self.format(owner[self.name])]}

    def parse(self, text: str) -> Any:
        """What a text that is not empty means."""
        return text

    def format(self, value: Any) -> str:
        """A value as it is typed."""
        return value if isinstance(value, str) else format_number(value)


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A number: decimals stay texts, whole numbers become numbers. ``unit`` is money, percent, points or none."""

    unit: str = ""
    whole: bool = False
    hint: StrOrPromise = ""

    def parse(self, text: str) -> Any:
        """A comma is a decimal point, spaces between thousands are left out."""
        text = _SPACES.sub("", text).replace(",", ".")
        return int(text) if self.whole and _WHOLE.match(text) else text


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """A text; ``lines`` above 1 is a box for several."""

    lines: int = 1
    hint: StrOrPromise = ""


@dataclass(frozen=True, kw_only=True)
class Day(Field):
    """A date, ``2026-11-21``."""


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a few words. What depends on it is shown anew when it is ``structural``."""

    options: tuple[tuple[str, StrOrPromise], ...]
    structural: bool = False
    big: bool = False
    optional: bool = True
    numeric: bool = False

    def parse(self, text: str) -> Any:
        """The word that was chosen; the number that it is."""
        return int(text) if self.numeric and _WHOLE.match(text) else text

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """Nothing chosen means the first word, which the document need not say."""
        return super().write(owner, path) or {f"{path}.{self.name}": [""]}


@dataclass(frozen=True, kw_only=True)
class Flag(Choice):
    """Yes or no, each in the words of its row."""

    def parse(self, text: str) -> Any:
        """``true`` and ``false``."""
        return {"true": True, "false": False}.get(text, text)

    def format(self, value: Any) -> str:
        """The same, written."""
        return {True: "true", False: "false"}.get(value, str(value))


@dataclass(frozen=True, kw_only=True)
class Code(Field):
    """One thing picked by search from a ``source``."""

    source: str
    structural: bool = False


@dataclass(frozen=True, kw_only=True)
class Picks(Field):
    """Things picked by search from one or several sources, a list of codes each.

    ``sources`` names the source of each property. Nothing picked leaves an empty list of the first
    property, so that the row stays and the parser asks for a choice; unless it is optional.
    """

    name: str = ""
    sources: tuple[tuple[str, str], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Every list of codes."""
        return tuple(key for key, _ in self.sources)

    @property
    def slot(self) -> str:
        """What a row's text calls it."""
        return self.name or self.keys[0]

    @property
    def marker(self) -> str:
        """The name under which a picker says that it is there."""
        return f"~{self.keys[0]}"

    def read(self, state: State, path: str) -> Fragment:
        """The lists that are not empty."""
        if f"{path}.{self.marker}" not in state:
            return {}
        found = {key: [code for code in state.get(f"{path}.{key}", ()) if code] for key in self.keys}
        chosen = {key: codes for key, codes in found.items() if codes}
        return chosen or ({} if self.optional else {self.keys[0]: []})

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """A list of values for each list of codes."""
        if not self.optional and not set(self.keys) & set(owner):
            return {}
        lists = {f"{path}.{key}": list(owner[key]) for key in self.keys if owner.get(key)}
        return {f"{path}.{self.marker}": ["1"], **lists}


def codes(name: str, label: StrOrPromise = "", source: str = "", optional: bool = False) -> Picks:
    """A list of codes of one kind."""
    return Picks(label=label, sources=((name, source or name),), optional=optional)


@dataclass(frozen=True, kw_only=True)
class When(Field):
    """A moment in the time zone that is current, with its offset. What is not touched keeps its own offset."""

    optional: bool = True
    #: Time of day that is meant when only a date is given.
    hint: StrOrPromise = ""

    def read(self, state: State, path: str) -> Fragment:
        """The moment; the text itself where it is none."""
        name = f"{path}.{self.name}"
        text, before = first(state, name), first(state, f"{path}.~{self.name}")
        if not text:
            return {}
        if before and local(before) == text:
            return {self.name: before}
        try:
            naive = datetime.fromisoformat(text)
        except ValueError:
            return {self.name: text}
        if naive.tzinfo is not None:
            return {self.name: text}
        return {self.name: naive.replace(tzinfo=zone()).isoformat()}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The moment on the clocks of the current time zone, and as it was."""
        value = owner.get(self.name, "")
        return {f"{path}.{self.name}": [local(value)], f"{path}.~{self.name}": [value]}


def zone() -> ZoneInfo:
    """The time zone in which the form is read."""
    found = timezone.get_current_timezone()
    return found if isinstance(found, ZoneInfo) else ZoneInfo("UTC")


def local(text: str) -> str:
    """A moment with an offset as the clocks of the current zone show it, to the minute; another text as it is."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(zone()).strftime("%Y-%m-%dT%H:%M") if moment.tzinfo else text
    except (ValueError, OverflowError):
        return text


@dataclass(frozen=True, kw_only=True)
class Weekdays(Field):
    """Days of the week as numbers, 1 for Monday."""

    def read(self, state: State, path: str) -> Fragment:
        """The days that are ticked; an empty list when none is."""
        name = f"{path}.{self.name}"
        if f"{path}.~{self.name}" not in state:
            return {}
        days = [int(day) if _WHOLE.match(day) else day for day in state.get(name, ()) if day]
        return {self.name: days}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """A value for each day."""
        if self.name not in owner:
            return {}
        days = [format_number(day) for day in owner[self.name]]
        return {f"{path}.~{self.name}": ["1"], **({f"{path}.{self.name}": days} if days else {})}


def format_number(value: Any) -> str:
    """A number in plain notation; a text as it is. Raises ``TypeError`` for what no field can hold."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a field cannot hold {value!r}")
    return format(Decimal(str(value)), "f")
