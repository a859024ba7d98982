"""Problems are codes: every one has its sentences, every sentence its code, and nobody reads codes out of sentences."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation

from backoffice.constructor import faults
from campaigns.engine.definition import DefinitionError, parse, want
from campaigns.engine.problem import Problem
from campaigns.engine.problem_sentences import SENTENCES, WANTED
from campaigns.engine.schema import SCHEMA
from loyalty.rules import sentences
from loyalty.rules.document import DocumentError
from loyalty.rules.terms import parse_terms
from tests.campaigns.engine import prose
from tests.config.processes import ROOT

FRIENDLY = {**faults.SAID, **faults.WITH_WORDS}


def gaps(text: object) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(str(text)) if name is not None}


def said(problem: Problem) -> str:
    with translation.override("en"):
        return faults.say(problem)


@pytest.mark.parametrize("table", [SENTENCES, FRIENDLY], ids=["files", "constructor"])
def test_every_code_has_a_sentence_and_every_sentence_is_of_a_code(table: Any) -> None:
    assert sorted(table) == sorted({made.code for made in prose.made()})


def test_what_a_document_of_points_may_be_refused_for_can_be_said_without_the_engine() -> None:
    codes = {made.code for made in prose.made() if made.place.startswith("loyalty/")}
    assert sorted(sentences.SENTENCES) == sorted(codes)


@pytest.mark.parametrize("table", [WANTED, {**faults.WANTED, **faults.LIMITED}], ids=["files", "constructor"])
def test_whatever_a_field_wants_can_be_said_and_nothing_else_is_there(table: Any) -> None:
    wanted = {want(schema)["wanted"] for schema in schemas(SCHEMA)} | set(of_documents())
    assert sorted(table) == sorted(wanted | {"something"})  # which is what a schema wants that nobody foresaw
    assert "something" not in wanted


def schemas(schema: Any) -> Iterator[Any]:
    """Every part of the schema whose breach may be told. The terms of lots are judged by their own parsers."""
    if isinstance(schema, dict):
        if "type" in schema or "wanted" in schema:
            yield schema
        for name, inner in schema.items():
            if not (name in ("expires", "delay", "terms") and "anyOf" in inner):
                yield from schemas(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from schemas(inner)


def of_documents() -> Iterator[str]:
    """What the parsers of ``loyalty`` want, as their sources say it."""
    for path, tree in prose.modules().items():
        if path.is_relative_to(ROOT / "loyalty/rules") and path not in prose.TABLES:
            texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            yield from (name for name in sentences.WANTED if name in texts)


def test_whoever_makes_a_problem_gives_what_its_sentences_are_filled_with() -> None:
    for made in prose.made():
        text = faults.WITH_WORDS.get(made.code, ("", ()))
        needed = gaps(SENTENCES[made.code]) | set(text[1]) | gaps(text[0]) - {"what"} - set("0123")
        assert made.given is None or needed <= made.given, made


def test_no_module_looks_into_the_wording_of_a_problem() -> None:
    said = list(SENTENCES.values())
    found = {
        f"{path.relative_to(ROOT)} {what}"
        for path, tree in prose.modules().items()
        if path not in prose.TABLES
        for what in prose.looking(tree, said)
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        'import re\nMISSHAPEN = re.compile(r"give (a list|an object|a pair)|is not an object")',
        'SAID = ((r"needs (a receipt|an amount), and an event has none", "text"),)',
        'found = "will not do" in told',
        "found = told.startswith('is missing; add it')",
        "found = PATTERN.search(problem.message)",
        'found = "an event" in problem.message',
        "found = problem.message == told",
        'found = problem.message.startswith("is")',
    ],
)
def test_whoever_would_look_into_the_wording_is_found(source: str) -> None:
    assert list(prose.looking(ast.parse(source), list(SENTENCES.values())))


def test_a_value_that_reads_like_a_sentence_is_taken_for_none() -> None:
    with pytest.raises(DefinitionError) as refused:
        parse({"what": [{"effect": "points_percent", "percent": "is missing; leave it out"}]})
    (problem,) = refused.value.problems
    assert (problem.path, problem.code) == ("what[0].percent", "unfit")
    assert problem.args == {"value": "'is missing; leave it out'", "wanted": "percent"}
    assert problem.message == "'is missing; leave it out' will not do; give a percent above 0 and at most 100"
    assert said(problem) == "This will not do: give a percent above 0 and at most 100."


def test_braces_in_a_value_stay_as_they_are() -> None:
    problem = Problem("stacking.mode", "unknown_choice", {"value": "'{choices}{0}'", "choices": "all, best"})
    assert problem.message == "'{choices}{0}' is not known; use one of all, best"
    assert said(problem) == "'{choices}{0}' is not known. Choose one of: all, best."


def test_a_document_of_points_says_the_same_by_itself_and_within_a_definition() -> None:
    terms = {"hours": [["13:00", ""]]}
    with pytest.raises(DocumentError) as alone:
        parse_terms(terms, "lots.terms")
    with pytest.raises(DefinitionError) as within:
        parse({"what": [{"effect": "points_fixed", "points": "5"}], "lots": {"terms": terms}})
    (problem,) = within.value.problems
    assert Problem(alone.value.field, alone.value.code, alone.value.words) == problem
    assert (problem.code, problem.message) == ("blank_time", alone.value.problem)
