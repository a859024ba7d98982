"""Random definitions, made from the constructor's own tables: whatever a field can hold, in any combination."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from hypothesis import strategies as st

from backoffice.constructor.composite import Either, Hours, Inside, PeriodField, Rows, SpanField, Tagged
from backoffice.constructor.fields import Choice, Code, Day, Field, Flag, Number, Picks, Text, Weekdays, When
from backoffice.constructor.questions import PARTS
from backoffice.constructor.rows import CONDITIONS, EFFECTS

WORDS = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=6)
DECIMALS = st.decimals(0, 9999, places=2).map(lambda number: format(number, "f"))
CODES = st.lists(WORDS, min_size=1, max_size=3, unique=True)
MOMENTS = st.datetimes().map(lambda at: at.isoformat() + "+03:00")


def _one(part: Field, values: Any) -> Any:
    return st.fixed_dictionaries({}, optional={part.name: values}) if part.optional else st.fixed_dictionaries(
        {part.name: values}
    )  # fmt: skip


def owners(fields: tuple[Field, ...]) -> Any:
    """Objects that hold all these fields."""
    return st.tuples(*(fragments(part) for part in fields)).map(_merge)


def _merge(found: tuple[dict[str, Any], ...]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for fragment in found:
        merged |= fragment
    return merged


@singledispatch
def fragments(part: Field) -> Any:
    """What a field may stand for in its owner."""
    return _one(part, WORDS)


@fragments.register
def _number(part: Number) -> Any:
    return _one(part, st.integers(-180, 9999) if part.whole else DECIMALS)


@fragments.register(Text)
@fragments.register(Code)
def _word(part: Field) -> Any:
    return _one(part, WORDS)


@fragments.register
def _day(part: Day) -> Any:
    return _one(part, st.dates().map(str))


@fragments.register
def _choice(part: Choice) -> Any:
    words = [word for word, _ in part.options if word]
    return _one(part, st.sampled_from([int(word) for word in words] if part.numeric else words))


@fragments.register
def _flag(part: Flag) -> Any:
    return _one(part, st.booleans())


@fragments.register
def _picks(part: Picks) -> Any:
    some = st.fixed_dictionaries({}, optional=dict.fromkeys(part.keys, CODES))
    return some if part.optional else some.map(lambda found: found or {part.keys[0]: ["A"]})


@fragments.register
def _when(part: When) -> Any:
    return _one(part, MOMENTS)


@fragments.register
def _weekdays(part: Weekdays) -> Any:
    return _one(part, st.lists(st.integers(1, 7), min_size=1, unique=True))


@fragments.register
def _hours(part: Hours) -> Any:
    clock = st.times().map(lambda at: f"{at:%H:%M}")
    return _one(part, st.lists(st.lists(clock, min_size=2, max_size=2), min_size=1, max_size=3))


@fragments.register
def _either(part: Either) -> Any:
    kinds = [owners(variant.fields).filter(bool) for variant in part.variants]
    return st.one_of(*kinds)


@fragments.register
def _inside(part: Inside) -> Any:
    inner = owners(part.fields)
    return _one(part, inner.filter(bool) if part.optional else inner)


@fragments.register
def _rows(part: Rows) -> Any:
    return _one(part, st.lists(owners(part.fields), min_size=1, max_size=3))


@fragments.register
def _period(part: PeriodField) -> Any:
    words = st.sampled_from([word for word, _ in part.options if word != "days"])
    return _one(part, st.one_of(words, st.integers(1, 90).map(lambda days: {"days": days})))


@fragments.register
def _span(part: SpanField) -> Any:
    found = st.tuples(st.sampled_from(part.keys), st.integers(0, 99)).map(lambda pair: {pair[0]: pair[1]})
    return st.one_of(st.just({}), found) if part.optional else found


@fragments.register
def _tagged(part: Tagged) -> Any:
    kinds = [
        owners(kind.fields).map(lambda found, key=kind.key: {"kind": key, **found}) for kind in part.kinds
    ]
    return _one(part, st.one_of(*kinds))


def _leaves(table: Any, kind: str) -> Any:
    return st.one_of(
        *(owners(row.fields).map(lambda found, key=key: {kind: key, **found}) for key, row in table.items())
    )


LEAVES = _leaves(CONDITIONS, "condition")
_INNER = st.one_of(
    LEAVES,
    st.tuples(st.sampled_from(("all", "any", "none")), st.lists(LEAVES, min_size=1, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
)
TREES = st.one_of(
    LEAVES,
    st.tuples(st.sampled_from(("all", "any", "none")), st.lists(_INNER, min_size=1, max_size=3)).map(
        lambda pair: {pair[0]: pair[1]}
    ),
)


@st.composite
def documents(draw: Any) -> dict[str, Any]:
    """A definition with any rows of any question; it need not be sound, only of the right form."""
    document: dict[str, Any] = {}
    for part, rows in PARTS.items():
        for row in draw(st.lists(st.sampled_from(rows), max_size=3, unique_by=lambda row: row.key)):
            found = draw(owners(row.fields))
            if found:
                owner = document
                for name in part.split("."):
                    owner = owner.setdefault(name, {})
                owner.update(found)
    if draw(st.booleans()):
        document["if"] = draw(TREES)
    document["what"] = draw(st.lists(_leaves(EFFECTS, "effect"), max_size=3))
    return document
