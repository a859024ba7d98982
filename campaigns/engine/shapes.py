"""The shapes of fields, as JSON Schema: amounts, codes, periods, and objects that are closed."""

from __future__ import annotations

from typing import Any

from campaigns.engine.document import GOODS

Schema = dict[str, Any]

AMOUNT: Schema = {
    "wanted": "amount",
    "type": ["string", "number"],
    "pattern": r"^\d{1,12}(\.\d{1,4})?$",
    "minimum": 0,
    "maximum": 999_999_999_999,
}
CODE: Schema = {"wanted": "code", "type": "string", "minLength": 1, "maxLength": 200}
CODES: Schema = {
    "wanted": "codes",
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 200},
    "minItems": 1,
    "uniqueItems": True,
}
YES_OR_NO: Schema = {"wanted": "yes_or_no", "type": "boolean"}


def closed(properties: Schema, required: tuple[str, ...] = ()) -> Schema:
    """An object that has these properties and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def positive(wanted: str, maximum: int | None = None) -> Schema:
    """A decimal number above zero."""
    top = 999_999_999_999 if maximum is None else maximum
    return AMOUNT | {"wanted": wanted, "exclusiveMinimum": 0, "maximum": top}


def whole(wanted: str, least: int, most: int) -> Schema:
    """A whole number between two others."""
    return {"wanted": wanted, "type": "integer", "minimum": least, "maximum": most}


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


GOODS_FIELDS: Schema = dict.fromkeys(GOODS, CODES)

PERCENT = positive("percent", 100)
POINTS = positive("points")
MONEY = positive("money")
FACTOR = positive("factor", 100) | {"exclusiveMinimum": 1}
PIECES = positive("pieces", 1_000_000)
DAYS = whole("days", 0, 3660)
YEARS = whole("years", 0, 150)
COUNT = whole("count", 0, 1_000_000)

#: A period of the programme's calendar, or so many days back from this moment.
PERIOD: Schema = {
    "wanted": "period",
    "anyOf": [
        {"enum": ["day", "week", "month", "year", "ever"]},
        closed({"days": whole("days_from_1", 1, 3660)}, ("days",)),
    ],
}
_NUMBER: Schema = {
    "wanted": "number",
    "type": ["string", "number"],
    "pattern": r"^-?\d{1,12}(\.\d{1,4})?$",
}
_TEXT: Schema = {"wanted": "text", "type": "string", "maxLength": 200}
_TEXTS: Schema = {
    "wanted": "texts",
    "type": "array",
    "items": _TEXT,
    "minItems": 1,
    "uniqueItems": True,
}
#: What a value is compared with.
COMPARED: Schema = {"is": _TEXT, "in": _TEXTS, "at_least": _NUMBER, "at_most": _NUMBER}
AMOUNTS: Schema = {"at_least": AMOUNT, "below": AMOUNT}
COUNTS: Schema = {"at_least": COUNT, "at_most": COUNT}
PIECES_BETWEEN: Schema = {"at_least": AMOUNT, "at_most": AMOUNT}
