"""The JSON Schema (draft 2020-12) of a campaign's definition: one document answering the seven questions.

The same schema serves the form, import and export, backtest and the engine. Everything but an
effect or a text to tell may be left out, and then restricts nothing. What a schema cannot say
(steps that do not ascend, a window that never opens) is in ``campaigns.engine.definition``.

Numbers may be JSON numbers or strings holding plain decimals; ``definition.parse`` makes them
strings. To teach the engine a new effect or condition, add it to ``EFFECTS`` or ``CONDITIONS``
here and to the table of the same name in ``effects`` or ``conditions``.
"""

from __future__ import annotations

from typing import Any

from loyalty import expiry
from loyalty.terms import TERMS_SCHEMA

Schema = dict[str, Any]

AMOUNT: Schema = {
    "title": "an amount, zero or more, at most 4 decimal places",
    "type": ["string", "number"],
    "pattern": r"^\d{1,12}(\.\d{1,4})?$",
    "minimum": 0,
    "maximum": 999_999_999_999,
}
CODES: Schema = {
    "title": "a list of codes",
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 200},
    "minItems": 1,
    "uniqueItems": True,
}
MOMENT: Schema = {
    "title": "a moment with its offset from UTC, like 2026-11-21T00:00:00+03:00",
    "type": "string",
}
EVENT: Schema = {
    "title": "the name of an event, like review.left or member.registered",
    "type": "string",
    "pattern": r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$",
    "maxLength": 64,
}
CLOCK: Schema = {
    "title": "a time of day, like 13:00 (24:00 is the end of the day)",
    "type": "string",
    "pattern": r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$",
}


def closed(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """An object that has these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def positive(what: str, maximum: int | None = None) -> Schema:
    """A decimal number above zero."""
    top = 999_999_999_999 if maximum is None else maximum
    return AMOUNT | {"title": what, "exclusiveMinimum": 0, "maximum": top}


def one_of(key: str, kinds: dict[str, Schema]) -> Schema:
    """An object whose ``key`` names its kind, and whose other properties follow from it."""
    return {
        "type": "object",
        "required": [key],
        "properties": {key: {"enum": list(kinds)}},
        "allOf": [
            {
                "if": {"properties": {key: {"const": kind}}, "required": [key]},
                "then": schema | {"properties": {key: True} | schema["properties"]},
            }
            for kind, schema in kinds.items()
        ],
    }


PLACES: Schema = {name: CODES for name in ("partners", "stores", "groups", "tills", "channels")}
GOODS: Schema = {name: CODES for name in ("products", "sets", "categories", "brands")}

PERCENT = positive("a percent above 0 and at most 100", 100)
POINTS = positive("a number of points above 0")

FACTOR = positive("a factor above 1 and at most 100", 100) | {"exclusiveMinimum": 1}

EFFECTS: dict[str, Schema] = {
    # percent of the amount of the receipt or lines, counted in points: 5% of 100.00 is 5 points
    "points_percent": closed({"percent": PERCENT}, ("percent",)),
    # so many points, once
    "points_fixed": closed({"points": POINTS}, ("points",)),
    # so many points for each whole `per` of the amount
    "points_per": closed({"points": POINTS, "per": positive("an amount above 0")}, ("points", "per")),
    # by amount: the step reached counts for the entire amount (whole) or for its own part (sliced)
    "points_steps": closed(
        {
            "mode": {"enum": ["whole", "sliced"]},
            "by": {"enum": ["scope", "receipt"]},
            "steps": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": closed({"from": AMOUNT, "percent": PERCENT, "points": POINTS}, ("from",)),
            },
        },
        ("steps",),
    ),
    # multiplies what other campaigns gave on the same receipt or lines
    "multiplier": closed({"by": FACTOR}, ("by",)),
}

CONDITIONS: dict[str, Schema] = {
    "receipt_amount": closed({"at_least": AMOUNT, "below": AMOUNT}),
    "first_purchase": closed({}),
    "nth_purchase": closed(
        {
            "every": {"type": "integer", "minimum": 2, "maximum": 1000},
            "exactly": {"type": "integer", "minimum": 1, "maximum": 100_000},
            "counting": {"enum": ["member", "campaign"]},
            "of_at_least": positive("an amount above 0"),
        }
    ),
}

#: How deep conditions may be nested: all of (any of (leaf)).
NESTING = 2


def condition_schema(depth: int = NESTING) -> Schema:
    """A condition, or up to ``depth`` levels of all / any / none of conditions."""
    leaf = one_of("condition", CONDITIONS)
    if depth == 0:
        return leaf
    inner = {"type": "array", "minItems": 1, "maxItems": 50, "items": condition_schema(depth - 1)}
    trees = {name: closed({name: inner}, (name,)) for name in ("all", "any", "none")}
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
        "per": {"enum": ["member"]},
        "period": {"enum": ["receipt", "day", "week", "month", "year", "ever"]},
        "times": {"type": "integer", "minimum": 1},
        "points": POINTS,
    },
    ("period",),
)

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "the definition of a campaign, an object {…}",
    **closed(
        {
            "whom": closed({"who": {"enum": ["everyone", "members"]}, "tiers": CODES, "card_kinds": CODES}),
            "where": closed(PLACES | {"except": closed(PLACES)}),
            "when": closed(
                {
                    "from": MOMENT,
                    "until": MOMENT,
                    "weekdays": {
                        "title": "a list of weekdays, 1 (Monday) to 7 (Sunday)",
                        "type": "array",
                        "items": {"type": "integer", "minimum": 1, "maximum": 7},
                        "minItems": 1,
                        "uniqueItems": True,
                    },
                    "hours": {
                        "title": 'a list of pairs, like [["13:00", "15:00"]]',
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": CLOCK},
                    },
                }
            ),
            "what_for": closed(
                {"of": {"enum": ["receipt", "lines", "event"]}, "event": EVENT}
                | GOODS
                | {"except": closed(GOODS)}
            ),
            "if": condition_schema(),
            "what": {
                "title": "a list of effects",
                "type": "array",
                "maxItems": 20,
                "items": one_of("effect", EFFECTS),
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
            "judge": closed({"limits": {"type": "array", "maxItems": 20, "items": LIMIT}}),
            "stacking": closed(
                {
                    "group": {"type": "string", "minLength": 1, "maxLength": 200},
                    "mode": {"enum": ["all", "best", "exclusive"]},
                    "priority": {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000},
                }
            ),
        }
    ),
}
