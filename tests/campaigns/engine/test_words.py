"""Every word of a definition is whole: a module of its name, and in it, or beside it, each of its parts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from backoffice.constructor import rows
from campaigns.desk.sample import Sample
from campaigns.engine.needs import Needs
from campaigns.engine.sentences import SENTENCES
from campaigns.engine.vocabulary import CONDITIONS, EFFECTS, words
from campaigns.engine.words.word import EffectWord, Word
from campaigns.words.phrases.words import Voice
from tests.config.processes import ROOT

FOLDER = ROOT / "campaigns/engine/words"
WORDS = [pytest.param(word, id=word.name) for word in words()]
VOICE = Voice(lambda kind, code: code, "EUR")
#: Who is given the code of a reason, and as which of its arguments.
GIVERS = {"Given": 1, "Cut": 1, "share": 3, "off_pieces": 4, "test_of": 1}


def path_of(word: Word) -> Path:
    return FOLDER / ("effects" if isinstance(word, EffectWord) else "conditions") / f"{word.name}.py"


def row_of(word: Word) -> rows.Row | None:
    table: Mapping[str, rows.Row] = rows.EFFECTS if isinstance(word, EffectWord) else rows.CONDITIONS
    return table.get(word.name)


@pytest.mark.parametrize(("folder", "table"), [("conditions", CONDITIONS), ("effects", EFFECTS)])
def test_every_module_of_a_word_is_in_the_list_under_its_own_name(
    folder: str, table: Mapping[str, Word]
) -> None:
    modules = {path.stem for path in (FOLDER / folder).glob("[a-z]*.py")}
    unlisted, elsewhere = sorted(modules - set(table)), sorted(set(table) - modules)
    assert not unlisted, f"{unlisted}: list: a module in {folder}, and not in vocabulary.py"
    assert not elsewhere, (
        f"{elsewhere}: module: in vocabulary.py, and its module in {folder} is called otherwise"
    )


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_a_schema_that_lets_in_what_it_names_and_nothing_else(word: Word) -> None:
    known = set(word.schema["properties"])
    assert word.schema["additionalProperties"] is False, f"{word.name}: schema: it is open"
    assert {*([word.main] if word.main else []), *word.names} <= known, (
        f"{word.name}: main, names: no such field"
    )


@pytest.mark.parametrize("word", WORDS)
def test_every_word_has_a_row_in_the_form_with_all_its_fields(word: Word) -> None:
    row = row_of(word)
    assert row is not None, f"{word.name}: row: add it to backoffice.constructor.rows"
    assert set(row.keys) == set(word.schema["properties"]), f"{word.name}: row: other fields than its schema"
    assert row.title, f"{word.name}: row: without a title"
    assert row.group, f"{word.name}: row: without a group"


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_told_in_words_filled_in_wholly_whether_it_is_finished_or_not(word: Word) -> None:
    row = row_of(word)
    assert word.title, f"{word.name}: title: it has none"
    for given in ({}, dict(row.blank) if row else {}):
        told = word.say(given, VOICE)
        assert told, f"{word.name}: say: nothing is said of {given}"
        assert not re.search(r"[{}]", told), f"{word.name}: say: {told}"


@pytest.mark.parametrize("word", WORDS)
def test_every_reason_that_a_word_gives_has_its_sentence_in_the_word(word: Word) -> None:
    for code in codes(ast.parse(path_of(word).read_text())):
        found = [one for one in (*word.reasons, "no_member") if re.fullmatch(code, one)]
        assert found, f"{word.name}: reasons: none for {code}"
    for code, sentence in word.reasons.items():
        assert SENTENCES[code] == sentence, f"{word.name}: reasons: another word says {code} otherwise"
    assert set(word.choices) <= set(word.reasons), f"{word.name}: choices: of a reason that it does not give"


def codes(module: ast.Module) -> Iterator[str]:
    """The codes of reasons that a module writes out, as patterns: a part may be filled in."""
    for node in ast.walk(module):
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and _is_args(node.elts[1]):
            yield from _code(node.elts[0])
        elif isinstance(node, ast.Call) and _called(node) in ("within", "within_period"):
            yield from (f"{code}_too_low" for code in _code(node.args[1]))
            yield from (f"{code}_too_high" for code in _code(node.args[1]))
        elif (
            isinstance(node, ast.Call) and _called(node) in GIVERS and len(node.args) > GIVERS[_called(node)]
        ):
            yield from _code(node.args[GIVERS[_called(node)]])


def _is_args(node: ast.expr) -> bool:
    return isinstance(node, ast.Dict) or (isinstance(node, ast.Name) and node.id == "words")


def _code(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(code)) if re.fullmatch(r"[a-z]+(_[a-z]+)*", code):
            yield code
        case ast.IfExp(body=one, orelse=other):
            yield from chain(_code(one), _code(other))
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "[a-z]+" for part in parts)


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


@pytest.mark.parametrize("word", WORDS)
def test_every_fact_that_a_word_looks_at_can_be_made_up_in_the_sample(word: Word) -> None:
    unknown = set(word.facts) - {one.name for one in fields(Sample)}
    assert not unknown, f"{word.name}: facts: the sample has no {unknown}"


#: A sound example of each word that asks for more than every sale reads, and what it then asks for.
ASKS: dict[str, tuple[dict[str, Any], str]] = {
    "first_purchase": ({"in": "store"}, "figures"),
    "spent": ({"period": "month", "at_least": "1"}, "figures"),
    "bought": ({"period": "month", "at_least": "1"}, "figures"),
    "purchases": ({"period": "month", "at_least": "1"}, "figures"),
    "days_since_purchase": ({"at_least": 3}, "last_purchase"),
    "segment": ({"in": ["vip"]}, "segments"),
    "balance": ({"at_least": "1"}, "balance"),
    "gender": ({"is": "female"}, "gender"),
    "attribute": ({"key": "pet", "is": "cat"}, "attributes"),
    "next_purchase": ({"percent": "5", "days": 3}, "promises"),
    "referrer_points": ({"points": "5"}, "referrer"),
}


@pytest.mark.parametrize("word", [word for word in words() if word.name in ASKS], ids=lambda word: word.name)
def test_a_word_says_what_must_be_read_for_it(word: Word) -> None:
    example, wanted = ASKS[word.name]
    needs = Needs()
    word.needs(example, needs)
    nothing = Needs()
    changed = {name for name, value in vars(needs).items() if value != vars(nothing)[name]}
    assert changed == {wanted}, f"{word.name}: needs"
