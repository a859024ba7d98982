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


def on(condition, effect=FIVE):
    return {"what": [effect], "if": condition}


OFF = {"effect": "discount_percent", "percent": "10"}
STAMP = {"effect": "stamp", "goal": 5, "reward": {"points": "50"}}
FREE = {"effect": "stamp", "goal": 5, "reward": {"free": 1}}
NEXT = {"effect": "next_purchase", "percent": "5", "days": 30}
EXCHANGE = {"effect": "exchange", "points": "100", "amount": "50"}
COUPON = {"effect": "issue_coupon", "series": "spring"}


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


#: The rest of the vocabulary; an exchange and a multiplier stand alone, an event has no receipt.
MORE = {
    "whom": {"who": "members", "segments": ["vip"], "except": {"tiers": ["gold"], "card_kinds": ["gift"],
                                                                "segments": ["staff"]}},
    "when": {"around": {"date": "birthday", "before": 3, "after": 7}},
    "if": {"all": [
        {"condition": "line_count", "at_least": 1, "at_most": 50},
        {"condition": "piece_count", "at_least": "1.5", "categories": ["food"]},
        {"condition": "contains", "products": ["a"], "pieces": "2"},
        {"condition": "matching_amount", "brands": ["b"], "at_least": "1", "below": "9"},
        {"condition": "first_purchase", "in": "category", "category": "food"},
        {"condition": "nth_purchase", "every": 5},
        {"condition": "spent", "period": {"days": 30}, "at_least": "100", "with_this": False},
        {"condition": "bought", "period": "month", "sets": ["s"], "at_most": "3"},
        {"condition": "purchases", "period": "ever", "at_least": 2},
        {"condition": "days_since_purchase", "at_least": 1, "at_most": 9},
        {"condition": "days_since_joining", "at_most": 9},
        {"any": [{"condition": "tier", "in": ["gold"]}, {"condition": "segment", "in": ["vip"]},
                 {"condition": "card_kind", "in": ["gift"]}, {"condition": "gender", "is": "female"}]},
        {"none": [{"condition": "balance", "below": "10"}, {"condition": "age", "at_least": 18},
                  {"condition": "attribute", "key": "pet", "in": ["cat", "dog"]}]},
        {"condition": "coupon", "series": ["spring"]},
        {"condition": "cashier", "in": ["C-17"]},
    ]},
    "what": [
        {"effect": "points_per_piece", "points": "2", "up_to": "5"},
        {"effect": "next_purchase", "percent": "10", "days": 30},
        {"effect": "stamp", "goal": 5, "per": "piece", "reward": {"free": 1}},
        {"effect": "discount_percent", "percent": "10"},
        {"effect": "discount_amount", "amount": "100"},
        {"effect": "fixed_price", "price": "0"},
        {"effect": "cheapest_free", "every": 3, "free": 1, "percent": "50"},
        {"effect": "gift", "products": ["a"], "pieces": 2},
        {"effect": "issue_coupon", "series": "spring"},
        {"effect": "badge", "code": "b"},
        {"effect": "staff_points", "points": "5"},
        {"effect": "referrer_points", "percent": "5"},
    ],
    "judge": {"limits": [{"per": "store", "period": "day", "times": 3},
                         {"per": "campaign", "period": "ever", "points": "9"}],
              "budget": {"points": "900", "money": "99.5"}},
    "stacking": {"discounted": "exclude"},
}  # fmt: skip


@pytest.mark.parametrize("document", [EVERYTHING, MORE])
def test_a_definition_that_says_everything_is_accepted_and_kept(document):
    assert parse(document) == Definition(document)


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


def test_numbers_that_went_through_a_program_without_whole_numbers_are_whole_again():
    stamp = {"effect": "stamp", "goal": 5.0, "reward": {"free": 1.0}}
    document = {"what": [stamp], "if": {"condition": "line_count", "at_least": 2.0}}
    assert parse(document).document == {
        "what": [{"effect": "stamp", "goal": 5, "reward": {"free": 1}}],
        "if": {"condition": "line_count", "at_least": 2},
        "whom": {"who": "everyone"},
    }
    assert isinstance(parse(document).document["what"][0]["goal"], int)


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
        (on({"condition": "line_count"}), "if", "has no number; give at_least, at_most or both"),
        (on({"condition": "line_count", "at_least": "2"}), "if.at_least", "a whole number"),
        (on({"condition": "line_count", "at_least": 3, "at_most": 2}), "if.at_most", "is below at_least"),
        (on({"condition": "piece_count", "at_least": "3", "at_most": "2.5"}), "if.at_most", "is below at_least"),
        (on({"condition": "contains"}), "if", "names no goods"),
        (on({"condition": "contains", "products": ["a"], "pieces": 0}), "if.pieces", "above 0"),
        (on({"condition": "matching_amount", "at_least": 1}), "if", "names no goods"),
        (on({"condition": "matching_amount", "products": ["a"]}), "if", "has no amount"),
        (on({"condition": "first_purchase", "in": "category"}), "if.category", "give both or neither"),
        (on({"condition": "first_purchase", "category": "a"}), "if.category", "give both or neither"),
        (on({"condition": "spent", "at_least": 1}), "if.period", "is missing"),
        (on({"condition": "spent", "period": "decade", "at_least": 1}), "if.period", "a period: day, week"),
        (on({"condition": "spent", "period": {"days": 0}, "at_least": 1}), "if.period", "a period: day, week"),
        (on({"condition": "spent", "period": "day"}), "if", "has no amount"),
        (on({"condition": "spent", "period": "day", "at_least": 5, "below": 5}), "if.below", "not above at_least"),
        (on({"condition": "bought", "period": "day"}), "if", "has no number"),
        (on({"condition": "purchases", "period": "day", "at_least": 1.5}), "if.at_least", "a whole number"),
        (on({"condition": "days_since_purchase"}), "if", "has no number"),
        (on({"condition": "days_since_joining", "at_least": 9, "at_most": 8}), "if.at_most", "is below at_least"),
        (on({"condition": "age", "at_least": 200}), "if.at_least", "an age in years"),
        (on({"condition": "balance"}), "if", "has no amount"),
        (on({"condition": "tier", "in": []}), "if.in", "is empty"),
        (on({"condition": "gender", "is": "other"}), "if.is", "use one of female, male"),
        (on({"condition": "attribute", "key": "pet"}), "if", "exactly one of is, in"),
        (on({"condition": "attribute", "key": "pet", "is": "a", "at_least": 1}), "if", "exactly one of is, in"),
        (on({"condition": "attribute", "key": "pet", "at_least": 3, "at_most": -3}), "if.at_most", "below at_least"),
        (on({"condition": "paid_with_points"}), "if.is", "is missing"),
        (on({"condition": "paid_with_points", "is": True}, OFF), "if", "is not known yet when discount_percent"),
        (on({"condition": "paid_with_points", "is": True}, EXCHANGE), "if", "is not known yet when exchange"),
        (on({"condition": "paid_with_points", "is": True}, FREE), "if", "is not known yet when stamp"),
        (on({"condition": "nth_purchase", "every": 2, "period": "ever"}), "if.period", "use one of day, week"),
        (on({"condition": "nth_purchase", "every": 2, "period": "day", "counting": "member"}), "if.counting",
         "purchases of a period are counted by the campaign"),
        (on({"condition": "nth_purchase", "every": 2, "counting": "campaign"}, STAMP), "if", "one counter of its own"),
        # effects
        ({"what": [{"effect": "discount_percent", "percent": "100.01"}]}, "what[0].percent", "at most 100"),
        ({"what": [{"effect": "discount_amount", "amount": 0}]}, "what[0].amount", "above 0"),
        ({"what": [{"effect": "cheapest_free", "every": 1}]}, "what[0].every", "from 2"),
        ({"what": [{"effect": "cheapest_free", "every": 3, "free": 3}]}, "what[0].free", "so all would be free"),
        ({"what": [{"effect": "gift", "products": []}]}, "what[0].products", "is empty"),
        ({"what": [{"effect": "stamp", "goal": 5, "reward": {}}]}, "what[0].reward", "exactly one of points"),
        ({"what": [{"effect": "stamp", "goal": 5, "reward": {"free": 1, "points": 5}}]}, "what[0].reward",
         "exactly one of points"),
        ({"what": [STAMP, STAMP]}, "what[1]", "a campaign has one stamp"),
        ({"what": [NEXT, NEXT]}, "what[1]", "a campaign has one next_purchase"),
        ({"what": [{"effect": "next_purchase", "percent": 5, "days": 0}]}, "what[0].days", "1 to 3660 days"),
        ({"what": [{"effect": "exchange", "points": 5}]}, "what[0]", "exactly one of amount and percent"),
        ({"what": [FIVE, EXCHANGE]}, "what[1]", "stands alone"),
        ({"what": [{"effect": "staff_points", "points": 5, "percent": 5}]}, "what[0]", "exactly one of points"),
        ({"what": [{"effect": "referrer_points"}]}, "what[0]", "exactly one of points"),
        ({"what": [COUPON, COUPON]}, "what[1]", "the same thing twice"),
        ({"what": [FIVE] * 21}, "what", "at most 20"),
        # whom and around
        (gives(whom={"who": "everyone", "segments": ["vip"]}), "whom.segments", "only members have these"),
        (gives(whom={"who": "everyone", "except": {"tiers": ["gold"]}}), "whom.except", "only members have these"),
        (gives(whom={"tiers": ["gold"], "except": {"tiers": ["gold", "black"]}}), "whom.except.tiers", "takes out all"),
        (gives(when={"around": {}}), "when.around.date", "is missing"),
        (gives(when={"around": {"date": "birthday", "before": -1}}), "when.around.before", "0 to 3660"),
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
        (gives(judge={"limits": [{"per": "till", "period": "day", "times": 1}]}), "judge.limits[0].per",
         "use one of member, store, campaign"),
        (gives(judge={"budget": {}}), "judge.budget", "is empty"),
        (gives(judge={"budget": {"points": 0}}), "judge.budget.points", "above 0"),
        (gives(judge={"budget": {"money": "5"}}), "judge.budget.money", "the campaign gives none"),
        ({"what": [OFF], "judge": {"budget": {"points": "5"}}}, "judge.budget.points", "the campaign gives none"),
        ({"what": [STAMP], "judge": {"budget": {"money": "5"}}}, "judge.budget.money", "the campaign gives none"),
        (gives(stacking={"mode": "best"}), "stacking.group", "is missing"),
        (gives(stacking={"discounted": "maybe"}), "stacking.discounted", "use one of include, exclude"),
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
