"""The constructor's form: what a browser sends is the document, and the document what a browser sends."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from backoffice.constructor import edits, forms
from backoffice.constructor.fields import local
from backoffice.constructor.questions import PARTS
from backoffice.constructor.rows import CONDITIONS, EFFECTS
from backoffice.constructor.sheet import lay_out
from backoffice.constructor.widgets import Look, parts
from campaigns.desk.names import Names
from campaigns.engine import schema
from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.vocabulary import CONDITIONS as KNOWN_CONDITIONS
from campaigns.engine.vocabulary import EFFECTS as KNOWN_EFFECTS
from campaigns.engine.vocabulary import FOR_EVENTS
from tests.backoffice.definitions import documents


@given(documents())
def test_reading_what_was_written_gives_the_document_back(document: dict[str, Any]) -> None:
    assert forms.read(forms.write(document)) == forms.plain(document)


@given(documents())
def test_every_document_that_can_be_written_can_be_drawn(document: dict[str, Any]) -> None:
    look = Look(Known(), "EUR")
    sheets = lay_out(document, look)
    assert [sheet.number for sheet in sheets] == [1, 2, 3, 4, 5, 6, 7]


class Known(Names):
    """Names without a database: the codes."""

    def __init__(self) -> None:
        super().__init__(None)

    def __call__(self, kind: str, code: str) -> str:
        return code


@pytest.mark.parametrize(
    ("table", "known"),
    [(CONDITIONS, KNOWN_CONDITIONS), (EFFECTS, KNOWN_EFFECTS)],
    ids=["conditions", "effects"],
)
def test_every_condition_and_effect_has_a_row_with_all_its_fields(table: Any, known: Any) -> None:
    assert set(table) == set(known)
    for name, row in table.items():
        assert set(row.keys) == set(known[name].schema["properties"]), name
        assert row.title and row.group


def test_every_part_of_the_definition_has_rows_for_all_its_fields() -> None:
    skipped = {"if", "what"}
    for part, properties in schema.SCHEMA["properties"].items():
        if part in skipped:
            continue
        known = {key for row in PARTS[part] for key in row.keys}
        inner = {name.partition(".")[2] for name in PARTS if name.startswith(f"{part}.")}
        assert known | inner == set(properties["properties"]), part


@pytest.mark.parametrize("row", [*CONDITIONS.values(), *EFFECTS.values()], ids=lambda row: row.key)
def test_every_field_of_a_row_has_its_place_in_the_sentence(row: Any) -> None:
    drawn = [
        piece for piece in parts(row.text, row.fields, {}, "x", Look(Known())) if isinstance(piece, dict)
    ]
    assert len(drawn) == len(row.fields)


@pytest.mark.parametrize("part", PARTS)
def test_every_field_of_a_question_has_its_place_in_the_sentence(part: str) -> None:
    for row in PARTS[part]:
        drawn = [
            piece for piece in parts(row.text, row.fields, {}, "x", Look(Known())) if isinstance(piece, dict)
        ]
        assert len(drawn) == len(row.fields), row.key
        assert row.fixed or row.title, row.key


def test_effects_offered_for_events_are_those_that_the_parser_takes() -> None:
    refused = set()
    for name, row in EFFECTS.items():
        filled = {key: value or (["A"] if value == [] else "10") for key, value in row.blank.items()}
        document = {"what_for": {"of": "event", "event": "review.left"}, "what": [{"effect": name, **filled}]}
        try:
            parse(document)
        except DefinitionError as error:
            if any(problem.code == "needs_receipt" for problem in error.problems):
                refused.add(name)
    assert set(EFFECTS) - refused == set(FOR_EVENTS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("5", "5"), ("7,5", "7.5"), (" 1 000 ", "1000"), ("1\u00a0000,50", "1000.50"), ("abc", "abc"), ("", "")],
)
def test_a_number_may_be_typed_as_people_write_it(typed: str, meant: str) -> None:
    state = {"~what": ["1"], "what.0.effect": ["points_percent"], "what.0.percent": [typed]}
    assert forms.read(state) == {"what": [{"effect": "points_percent", "percent": meant}]}


@pytest.mark.parametrize(
    "document",
    [
        {"what": "everything"},
        {"whom": {"who": "members", "shoes": "red"}},
        {"if": {"condition": "moon_phase"}},
        {"what": [{"effect": "points_percent", "percent": True}]},
        {"if": {"all": [{"condition": "first_purchase"}], "any": []}},
    ],
)
def test_what_the_form_does_not_know_is_never_lost_by_showing_it(document: dict[str, Any]) -> None:
    with pytest.raises(forms.Inexpressible):
        forms.write(document)


def test_a_moment_that_is_not_touched_keeps_its_own_offset() -> None:
    document = {"when": {"from": "2026-11-21T00:00:30+03:00"}}
    state = forms.write(document)
    assert state["when.from"] == [local("2026-11-21T00:00:30+03:00")]
    assert forms.read(state) == document


# What buttons do


def build(*orders: str) -> dict[str, Any]:
    """What a row of buttons makes of nothing."""
    document: dict[str, Any] = {}
    for order in orders:
        document, _place = edits.edit(document, order)
        assert forms.read(forms.write(document)) == forms.plain(document), order
    return document


@pytest.mark.parametrize("kind", CONDITIONS)
def test_every_condition_can_be_added_and_taken_away(kind: str) -> None:
    added = build(f"add:if:{kind}")
    assert added["if"]["all"][0]["condition"] == kind
    assert edits.edit(added, "remove:if.all.0")[0] == {}


@pytest.mark.parametrize("kind", EFFECTS)
def test_every_effect_can_be_added_and_taken_away(kind: str) -> None:
    added = build(f"add:what:{kind}")
    assert added["what"][0]["effect"] == kind
    assert edits.edit(added, "remove:what.0")[0] == {"what": []}


@pytest.mark.parametrize(
    ("part", "row"), [(part, row) for part, rows in PARTS.items() for row in rows if not row.fixed],
    ids=lambda value: value if isinstance(value, str) else value.key,
)  # fmt: skip
def test_every_row_of_a_question_can_be_added_and_taken_away(part: str, row: Any) -> None:
    added = build(f"add:{part}:{row.key}")
    assert set(forms.at(added, part)) & set(row.keys)
    assert forms.plain(edits.edit(added, f"remove:{part}:{row.key}")[0]) == {}


def test_conditions_go_into_groups_two_deep_and_no_deeper() -> None:
    document = build(
        "add:if:first_purchase", "add:if.all:~group", "add:if.all.1.any:age", "add:if.all.1.any:tier"
    )
    assert document["if"] == {
        "all": [
            {"condition": "first_purchase"},
            {"any": [{"condition": "age"}, {"condition": "tier"}]},
        ]
    }
    assert edits.edit(document, "add:if.all.1.any:~group")[0] == document


def test_the_last_condition_of_a_group_takes_the_group_along() -> None:
    document = build("add:if:first_purchase", "add:if.all:~group", "add:if.all.1.any:age")
    smaller = edits.edit(document, "remove:if.all.1.any.0")[0]
    assert smaller["if"] == {"all": [{"condition": "first_purchase"}]}
    assert edits.edit(smaller, "remove:if.all.0")[0] == {}


@pytest.mark.parametrize(
    "order", ["add:what:flying_carpet", "add:if:moon", "remove:what.99", "add:whom.tiers", "dance", "add:nothing.x:y"]
)  # fmt: skip
def test_an_order_that_makes_no_sense_changes_nothing(order: str) -> None:
    before = {"what": [{"effect": "points_fixed", "points": "5"}], "whom": {"who": "members"}}
    assert edits.edit(before, order)[0] == before


def test_all_becomes_any_by_choosing_it() -> None:
    state = forms.write(
        {"if": {"all": [{"condition": "first_purchase"}, {"condition": "age", "at_least": 18}]}}
    )
    state["if.~group"] = ["any"]
    assert list(forms.read(state)["if"]) == ["any"]


def test_a_number_goes_along_when_points_become_a_percent() -> None:
    state = forms.write({"what": [{"effect": "staff_points", "points": "5"}]})
    state["what.0.~give"] = ["percent"]
    assert forms.read(state)["what"] == [{"effect": "staff_points", "percent": "5"}]
