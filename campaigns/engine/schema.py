"""The JSON Schema (draft 2020-12) of a campaign's definition: one document answering the seven questions.

The same schema serves the form, import and export, backtest and the engine. Everything but an
effect or a text to tell may be left out, and then restricts nothing. What a schema cannot say
(steps that do not ascend, a window that never opens) is in ``campaigns.engine.soundness``; the
conditions and effects themselves are listed in ``campaigns.engine.vocabulary``.

What a field wants is said by its ``wanted``, a code of ``problem_sentences.WANTED``; a schema without one by its type
and bounds.

Numbers may be JSON numbers or strings holding plain decimals; ``definition.parse`` makes them
strings.
"""

from __future__ import annotations

from campaigns.engine.document import GROUPS, PEOPLE, PLACES
from campaigns.engine.shapes import (
    CODE,
    CODES,
    DAYS,
    GOODS_FIELDS,
    MONEY,
    POINTS,
    Schema,
    closed,
    one_of,
    whole,
)
from campaigns.engine.vocabulary import CONDITIONS, EFFECTS
from loyalty.rules import expiry
from loyalty.rules.terms import TERMS_SCHEMA

MOMENT: Schema = {
    "wanted": "moment",
    "type": "string",
}
EVENT: Schema = {
    "wanted": "event",
    "type": "string",
    "pattern": r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$",
    "maxLength": 64,
}
CLOCK: Schema = {
    "wanted": "clock",
    "type": "string",
    "pattern": r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$",
}
_PLACES: Schema = dict.fromkeys(PLACES, CODES)
_PEOPLE: Schema = dict.fromkeys(PEOPLE, CODES)

#: How deep conditions may be nested: all of (any of (leaf)).
NESTING = 2


def condition_schema(depth: int = NESTING) -> Schema:
    """A condition, or up to ``depth`` levels of all / any / none of conditions."""
    leaf = one_of("condition", {name: word.schema for name, word in CONDITIONS.items()})
    if depth == 0:
        return leaf
    inner = {"type": "array", "minItems": 1, "maxItems": 50, "items": condition_schema(depth - 1)}
    trees = {name: closed({name: inner}, (name,)) for name in GROUPS}
    return {
        "type": "object",
        "if": {"required": ["condition"]},
        "then": leaf,
        "else": {
            "properties": {name: True for name in trees},
            "additionalProperties": False,
            "minProperties": 1,
            "maxProperties": 1,
            "allOf": [{"if": {"required": [name]}, "then": tree} for name, tree in trees.items()],
        },
    }


LIMIT: Schema = closed(
    {
        "per": {"enum": ["member", "store", "campaign"]},
        "period": {"enum": ["receipt", "day", "week", "month", "year", "ever"]},
        "times": {"wanted": "whole_from_1", "type": "integer", "minimum": 1},
        "points": POINTS,
    },
    ("period",),
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "wanted": "definition",
    **closed(
        {
            "whom": closed(
                {"who": {"enum": ["everyone", "members"]}} | _PEOPLE | {"except": closed(_PEOPLE)}
            ),
            "where": closed(_PLACES | {"except": closed(_PLACES)}),
            "when": closed(
                {
                    "from": MOMENT,
                    "until": MOMENT,
                    "weekdays": {
                        "wanted": "weekdays",
                        "type": "array",
                        "items": {"type": "integer", "minimum": 1, "maximum": 7},
                        "minItems": 1,
                        "uniqueItems": True,
                    },
                    "hours": {
                        "wanted": "hours",
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": CLOCK},
                    },
                    # days around the member's birthday, day of joining, or a date among their attributes
                    "around": closed({"date": CODE, "before": DAYS, "after": DAYS}, ("date",)),
                }
            ),
            "what_for": closed(
                {
                    "of": {"enum": ["receipt", "lines", "event"]},
                    "event": EVENT,
                    # days from the date of a birthday or anniversary: -3 is three days before
                    "offset": whole("offset", -180, 180),
                    # of member.dormant: days without a purchase
                    "days": whole("days_from_1", 1, 3660),
                }
                | GOODS_FIELDS
                | {"except": closed(GOODS_FIELDS)}
            ),
            "if": condition_schema(),
            "what": {
                "wanted": "effects",
                "type": "array",
                "maxItems": 20,
                "items": one_of("effect", {name: word.schema for name, word in EFFECTS.items()}),
            },
            "lots": closed(
                {
                    "expires": {"anyOf": [expiry.SCHEMA, {"type": "null"}]},
                    "delay": {"anyOf": [expiry.DELAY_SCHEMA, {"type": "null"}]},
                    "terms": {"anyOf": [TERMS_SCHEMA, {"type": "null"}]},
                    "funder": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
                }
            ),
            "tell": closed(
                {
                    "till": {"type": "string", "minLength": 1, "maxLength": 500},
                    "receipt": {"type": "string", "minLength": 1, "maxLength": 500},
                }
            ),
            "judge": closed(
                {
                    "limits": {"type": "array", "maxItems": 20, "items": LIMIT},
                    # what the campaign may give in all: points, and money in discounts
                    "budget": closed({"points": POINTS, "money": MONEY}),
                }
            ),
            "stacking": closed(
                {
                    "group": {"type": "string", "minLength": 1, "maxLength": 200},
                    "mode": {"enum": ["all", "best", "exclusive"]},
                    "priority": {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000},
                    # whether lines that another campaign made cheaper earn points here
                    "discounted": {"enum": ["include", "exclude"]},
                }
            ),
        }
    ),
}
