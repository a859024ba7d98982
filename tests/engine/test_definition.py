"""Definitions that are refused: the place, what is wrong, and how to mend it."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from campaigns.engine.definition import Definition, DefinitionError, parse
from campaigns.engine.schema import SCHEMA

FIVE = {"effect": "points_percent", "percent": "5"}


def gives(**more):
    return {"what": [FIVE], **more}


def scale(*steps, **more):
    return {"what": [{"effect": "points_steps", "steps": list(steps), **more}]}


def refused(document):
    with pytest.raises(DefinitionError) as caught:
        parse(document)
    return {problem.path: problem.message for problem in caught.value.problems}


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


EVERYTHING = {
    "whom": {"who": "members", "tiers": ["silver"], "card_kinds": ["plastic"]},
    "where": {"partners": ["acme"], "stores": ["s"], "groups": ["g"], "tills": ["1"], "channels": ["pos"],
              "except": {"stores": ["t"]}},
    "when": {"from": "2026-01-01T00:00:00+03:00", "until": "2027-01-01T00:00:00+03:00", "weekdays": [1, 7],
             "hours": [["13:00", "15:00"], ["22:00", "24:00"]]},
    "what_for": {"of": "lines", "products": ["a"], "sets": ["b"], "categories": ["c"], "brands": ["d"],
                 "except": {"products": ["e"]}},
    "if": {"all": [{"condition": "receipt_amount", "at_least": "1"},
                   {"any": [{"condition": "first_purchase"},
                            {"condition": "nth_purchase", "every": 5, "of_at_least": "500"}]}]},
    "what": [FIVE, {"effect": "points_fixed", "points": "50"}, {"effect": "points_per", "points": "1", "per": "10"},
             {"effect": "points_steps", "mode": "whole", "by": "receipt", "steps": [{"from": "0", "percent": "1"}]}],
    "lots": {"expires": {"kind": "after", "days": 30}, "delay": {"days": 1}, "terms": {"max_share": "20"},
             "funder": "acme"},
    "tell": {"till": "{points}", "receipt": "{balance} {{}}"},
    "judge": {"limits": [{"per": "member", "period": "month", "times": 3, "points": "500"}]},
    "stacking": {"group": "main", "mode": "best", "priority": -3},
}  # fmt: skip


def test_a_definition_that_says_everything_is_accepted_and_kept():
    assert parse(EVERYTHING) == Definition(EVERYTHING)


def test_numbers_become_plain_strings_and_the_document_given_is_left_alone():
    document: dict[str, Any] = {
        "what": [{"effect": "points_per", "points": 3, "per": 0.5}],
        "if": {"condition": "nth_purchase", "every": 5},
    }
    assert parse(document).document == {
        "what": [{"effect": "points_per", "points": "3", "per": "0.5"}],
        "if": {"condition": "nth_purchase", "every": 5},
        "whom": {"who": "everyone"},
    }
    assert document["what"][0]["points"] == 3


def test_what_was_accepted_once_is_accepted_again_as_it_stands():
    once = parse(gives(whom={"tiers": ["gold"]})).document
    assert once["whom"] == {"who": "members", "tiers": ["gold"]}
    assert parse(once).document == once


@pytest.mark.parametrize(
    ("document", "path", "words"),
    [
        # shape
        ([], "", "give the definition of a campaign"),
        (gives(wat=1), "wat", "not known here; known are whom, where"),
        ({"what": FIVE}, "what", "give a list of effects"),
        ({"what": [{"effect": "points"}]}, "what[0].effect", "use one of points_percent"),
        ({"what": [{}]}, "what[0].effect", "is missing"),
        ({"what": [{"effect": "points_percent"}]}, "what[0].percent", "is missing; add it"),
        ({"what": [FIVE | {"points": 1}]}, "what[0].points", "not known here; known are effect, percent"),
        ({"what": [{"effect": "points_percent", "percent": "101"}]}, "what[0].percent", "at most 100"),
        ({"what": [{"effect": "points_percent", "percent": 0}]}, "what[0].percent", "above 0"),
        ({"what": [{"effect": "points_percent", "percent": "-5"}]}, "what[0].percent", "above 0"),
        ({"what": [{"effect": "points_percent", "percent": "5%"}]}, "what[0].percent", "above 0"),
        ({"what": [{"effect": "points_percent", "percent": 0.00001}]}, "what[0].percent", "above 0"),
        ({"what": [{"effect": "points_percent", "percent": True}]}, "what[0].percent", "above 0"),
        ({"what": [{"effect": "points_percent", "percent": float("nan")}]}, "what[0].percent", "above 0"),
        ({"what": [{"effect": "points_per", "points": 1, "per": "0.00"}]}, "what[0].per", "above 0"),
        ({"what": [{"effect": "multiplier", "by": 1}]}, "what[0].by", "a factor above 1"),
        # it must do something
        ({}, "what", "gives nothing and says nothing"),
        ({"what": [], "tell": {}}, "what", "gives nothing and says nothing"),
        ({"what": [FIVE, {"effect": "multiplier", "by": 2}]}, "what[1]", "make two campaigns"),
        # steps
        (scale({"from": 0, "percent": 5}, {"from": 0, "percent": 7}), "what[0].steps[1].from", "ascending order"),
        (scale({"from": 100, "percent": 5}, {"from": 9, "percent": 7}), "what[0].steps[1].from", "ascending order"),
        (scale({"from": 0}), "what[0].steps[0]", "exactly one of percent and points"),
        (scale({"from": 0, "percent": 5, "points": 5}), "what[0].steps[0]", "exactly one of percent and points"),
        (scale({"from": 0, "points": 5}, mode="sliced"), "what[0].steps[0].points", "give percent"),
        (scale({"from": 0, "percent": 5}, mode="sliced", by="receipt"), "what[0].by", "set it to scope"),
        (scale(), "what[0].steps", "is empty"),
        # whom, where, for what
        (gives(whom={"who": "everyone", "tiers": ["gold"]}), "whom.tiers", "only members have these"),
        (gives(whom={"tiers": []}), "whom.tiers", "is empty; list at least one, or leave the field out"),
        (gives(where={"stores": ["a", "a"]}), "where.stores", "the same thing twice"),
        (gives(where={"stores": ["a"], "except": {"stores": ["a", "b"]}}), "where.except.stores", "takes out all"),
        (gives(what_for={"products": ["a"]}), "what_for.products", "set what_for.of to lines"),
        (gives(what_for={"of": "lines", "products": "a"}), "what_for.products", "give a list of codes"),
        (gives(what_for={"of": "basket"}), "what_for.of", "use one of receipt, lines"),
        # when
        (gives(when={"from": "tomorrow"}), "when.from", "is not a moment; write it like 2026-11-21T00:00:00+03:00"),
        (gives(when={"from": "2026-11-21T00:00:00"}), "when.from", "has no offset"),
        (gives(when={"from": "2026-11-21T00:00:00+03:00", "until": "2026-11-20T21:00:00+00:00"}), "when.until",
         "is not after when.from"),
        (gives(when={"from": "2026-11-21T00:00:00+03:00", "until": "2026-11-22T00:00:00+03:00", "weekdays": [3]}),
         "when.weekdays", "none of these days"),
        (gives(when={"weekdays": [0]}), "when.weekdays[0]", "from 1 to 7"),
        (gives(when={"hours": [["13:00", "13:00"]]}), "when.hours[0]", "never opens"),
        (gives(when={"hours": [["24:00", "02:00"]]}), "when.hours[0][0]", "begin at 00:00"),
        (gives(when={"hours": [["13:00"]]}), "when.hours[0]", "a list"),
        (gives(when={"hours": [["13:00", "25:00"]]}), "when.hours[0][1]", "a time of day, like 13:00"),
        # if
        ({"what": [FIVE], "if": {}}, "if", "give exactly one"),
        ({"what": [FIVE], "if": {"condition": "moon"}}, "if.condition", "use one of receipt_amount"),
        ({"what": [FIVE], "if": {"condition": "receipt_amount"}}, "if", "give at_least, below or both"),
        ({"what": [FIVE], "if": {"all": [{"condition": "receipt_amount", "at_least": 9, "below": 9}]}},
         "if.all[0].below", "not above at_least"),
        ({"what": [FIVE], "if": {"condition": "nth_purchase"}}, "if", "exactly one of every and exactly"),
        ({"what": [FIVE], "if": {"condition": "nth_purchase", "every": 1}}, "if.every", "from 2"),
        ({"what": [FIVE], "if": {"condition": "nth_purchase", "every": 5, "of_at_least": 1, "counting": "member"}},
         "if.counting", "set it to campaign"),
        ({"what": [FIVE], "if": {"any": [{"condition": "nth_purchase", "every": 2, "of_at_least": 1},
                                         {"condition": "nth_purchase", "every": 3, "of_at_least": 2}]}},
         "if.any[1]", "make a second campaign"),
        ({"what": [FIVE], "if": {"all": [{"any": [{"none": [{"condition": "first_purchase"}]}]}]}},
         "if.all[0].any[0].condition", "is missing"),
        ({"what": [FIVE], "if": {"any": []}}, "if.any", "is empty"),
        # lots
        (gives(lots={"expires": {"kind": "sometime"}}), "lots.expires.kind", "use one of never, after"),
        (gives(lots={"expires": {"kind": "after"}}), "lots.expires", "give exactly one"),
        (gives(lots={"delay": 5}), "lots.delay", "is not an object"),
        (gives(lots={"terms": {"colour": "red"}}), "lots.terms.colour", "not known here"),
        # tell, judge, stacking
        (gives(tell={"till": "You have {money}"}), "tell.till", "{money} is not known; use {points}"),
        (gives(tell={"till": "{points.real}"}), "tell.till", "{points.real} is not known"),
        (gives(tell={"till": "{points"}), "tell.till", "without its pair"),
        (gives(judge={"limits": [{"period": "day"}]}), "judge.limits[0]", "limits nothing"),
        (gives(judge={"limits": [{"period": "hour", "times": 1}]}), "judge.limits[0].period", "use one of receipt"),
        (gives(judge={"limits": [{"period": "receipt", "times": 1}]}), "judge.limits[0].times", "earns once anyway"),
        (gives(stacking={"mode": "best"}), "stacking.group", "is missing"),
        (gives(stacking={"group": "g", "mode": "first"}), "stacking.mode", "use one of all, best, exclusive"),
    ],
)  # fmt: skip
def test_a_broken_definition_is_refused_with_the_place_and_the_mend(document, path, words):
    problems = refused(document)
    assert list(problems) == [path]
    assert words in problems[path]


def test_everything_that_is_wrong_is_said_at_once():
    assert sorted(
        refused({"what": [{"effect": "points_percent", "percent": 200}], "whom": {"who": "cats"}, "x": 1})
    ) == [
        "what[0].percent",
        "whom.who",
        "x",
    ]
