"""Fields made of fields: one of several kinds, objects inside objects, lists of rows, lengths of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backoffice.constructor.fields import (
    Field,
    Fragment,
    Number,
    State,
    Written,
    first,
    format_number,
    places,
)

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def read_all(fields: tuple[Field, ...], state: State, path: str) -> Fragment:
    """What all the fields of an owner read."""
    found: Fragment = {}
    for part in fields:
        found |= part.read(state, path)
    return found


def write_all(fields: tuple[Field, ...], owner: Mapping[str, Any], path: str) -> Written:
    """What all the fields of an owner write."""
    written: Written = {}
    for part in fields:
        written |= part.write(owner, path)
    return written


@dataclass(frozen=True)
class Variant:
    """One kind of an ``Either``: its fields are shown when it is chosen, in the places of ``text``."""

    key: str
    label: StrOrPromise
    fields: tuple[Field, ...] = ()
    text: StrOrPromise = ""

    @property
    def keys(self) -> tuple[str, ...]:
        """The owner's properties of this kind."""
        return tuple(key for part in self.fields for key in part.keys)


@dataclass(frozen=True, kw_only=True)
class Either(Field):
    """Exactly one of several kinds of properties of the owner. ``name`` is no property, only the choice's name."""

    variants: tuple[Variant, ...]
    #: Select the kind after its value ("500 points or percent"), not before it.
    after: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(key for variant in self.variants for key in variant.keys)

    def of(self, owner: Mapping[str, Any]) -> Variant:
        """The kind that an owner is of; the first when it is of none."""
        return next((v for v in self.variants if set(v.keys) & set(owner)), self.variants[0])

    def read(self, state: State, path: str) -> Fragment:
        """The properties of the chosen kind. A number typed for another kind is taken along."""
        chosen = first(state, f"{path}.~{self.name}")
        variant = next((v for v in self.variants if v.key == chosen), None)
        if variant is None:
            return {}
        found = read_all(variant.fields, state, path)
        if found or not variant.fields:
            return found
        return {variant.keys[0]: self._typed(state, path, variant)}

    def _typed(self, state: State, path: str, variant: Variant) -> Any:
        """A number that was typed for another kind, when this one takes a number."""
        taker = variant.fields[0]
        if not isinstance(taker, Number):
            return [] if type(taker).__name__ == "Picks" else ""
        for other in self.variants:
            head = other.fields[0] if other.fields else None
            if isinstance(head, Number) and (text := first(state, f"{path}.{head.name}")):
                return taker.parse(text)
        return ""

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The choice, and the properties of its kind."""
        variant = self.of(owner)
        return {f"{path}.~{self.name}": [variant.key], **write_all(variant.fields, owner, path)}


@dataclass(frozen=True, kw_only=True)
class Inside(Field):
    """An object with fields of its own, at the property ``name``."""

    fields: tuple[Field, ...]
    text: StrOrPromise = ""

    def read(self, state: State, path: str) -> Fragment:
        """The object, if its place was sent."""
        inner = f"{path}.{self.name}"
        if f"{inner}.~" not in state:
            return {}
        found = read_all(self.fields, state, inner)
        return {} if self.optional and not found else {self.name: found}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The object's fields, and the mark of its place."""
        if self.name not in owner and not self.optional:
            return {}
        inner = f"{path}.{self.name}"
        return {f"{inner}.~": ["1"], **write_all(self.fields, owner.get(self.name) or {}, inner)}


@dataclass(frozen=True, kw_only=True)
class Tagged(Field):
    """An object whose property ``kind`` says which others it has."""

    kinds: tuple[Variant, ...]

    def read(self, state: State, path: str) -> Fragment:
        """The object of the chosen kind."""
        inner = f"{path}.{self.name}"
        chosen = first(state, f"{inner}.kind")
        variant = next((v for v in self.kinds if v.key == chosen), None)
        return {self.name: {"kind": chosen, **read_all(variant.fields, state, inner)}} if variant else {}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The kind and its fields."""
        value = owner.get(self.name)
        if value is None:
            return {}
        inner = f"{path}.{self.name}"
        fields = self.of(value).fields
        return {f"{inner}.kind": [value["kind"]], **write_all(fields, value, inner)}

    def of(self, value: Mapping[str, Any]) -> Variant:
        """The kind of an object."""
        return next((v for v in self.kinds if v.key == value.get("kind")), self.kinds[0])


@dataclass(frozen=True, kw_only=True)
class SpanField(Field):
    """A length of time: one property of the owner, named for its unit, with a whole number. ``name`` is no property."""

    units: tuple[tuple[str, StrOrPromise], ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The units."""
        return tuple(unit for unit, _ in self.units)

    def read(self, state: State, path: str) -> Fragment:
        """The number under its unit; nothing when it is optional and empty."""
        name = f"{path}.~{self.name}"
        if name not in state:
            return {}
        number = Number(name="", whole=True).parse(first(state, name))
        unit = first(state, f"{name}_unit")
        return {} if number == "" and self.optional else {unit or self.units[0][0]: number}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The number and its unit."""
        name = f"{path}.~{self.name}"
        unit = next((unit for unit in self.keys if unit in owner), None)
        if unit is None:
            return {name: [""], f"{name}_unit": [self.units[0][0]]} if self.optional else {}
        return {name: [format_number(owner[unit])], f"{name}_unit": [unit]}


@dataclass(frozen=True, kw_only=True)
class Rows(Field):
    """A list of objects, a row each."""

    fields: tuple[Field, ...]
    text: StrOrPromise = ""
    add: StrOrPromise = ""
    blank: Mapping[str, Any] = field(default_factory=dict)

    def read(self, state: State, path: str) -> Fragment:
        """The rows of which anything was sent."""
        inner = f"{path}.{self.name}"
        if f"{path}.~{self.name}" not in state:
            return {}
        found = [read_all(self.fields, state, f"{inner}.{at}") for at in places(state, inner)]
        return {} if self.optional and not found else {self.name: found}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The fields of every row, and a mark that the list is there, empty or not."""
        if self.name not in owner and not self.optional:
            return {}
        written: Written = {f"{path}.~{self.name}": ["1"]}
        for at, row in enumerate(owner.get(self.name, ())):
            written |= {f"{path}.{self.name}.{at}.~": ["1"]}
            written |= write_all(self.fields, row, f"{path}.{self.name}.{at}")
        return written


@dataclass(frozen=True, kw_only=True)
class Hours(Field):
    """Windows of a day, ``["13:00", "15:00"]`` each."""

    def read(self, state: State, path: str) -> Fragment:
        """The windows of which anything was sent."""
        inner = f"{path}.{self.name}"
        if f"{path}.~{self.name}" not in state:
            return {}
        return {
            self.name: [
                [first(state, f"{inner}.{at}.0"), first(state, f"{inner}.{at}.1")]
                for at in places(state, inner)
            ]
        }

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """Two times for every window."""
        if self.name not in owner:
            return {}
        written: Written = {f"{path}.~{self.name}": ["1"]}
        for at, (start, end) in enumerate(owner[self.name]):
            written |= {f"{path}.{self.name}.{at}.0": [start], f"{path}.{self.name}.{at}.1": [end]}
        return written


@dataclass(frozen=True, kw_only=True)
class PeriodField(Field):
    """A period of the calendar, or so many days back: ``"month"``, ``{"days": 30}``."""

    options: tuple[tuple[str, StrOrPromise], ...]

    def read(self, state: State, path: str) -> Fragment:
        """The word, or the object with its days."""
        name = f"{path}.{self.name}"
        if name not in state:
            return {}
        word = first(state, name)
        if word != "days":
            return {self.name: word}
        days = Number(name="", whole=True).parse(first(state, f"{name}.days"))
        return {self.name: {"days": days}}

    def write(self, owner: Mapping[str, Any], path: str) -> Written:
        """The word, and the days if there are any."""
        name, value = f"{path}.{self.name}", owner.get(self.name)
        if value is None:
            return {}
        if isinstance(value, str):
            return {name: [value]}
        return {name: ["days"], f"{name}.days": [format_number(value["days"])]}
