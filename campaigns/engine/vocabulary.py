"""The words of a definition: every condition and every effect, each with the JSON Schema of its fields.

To teach the engine a new effect or condition, add it to ``EFFECTS`` or ``CONDITIONS`` here and to the
table of the same name in ``effects``, ``discounts`` or ``conditions``. What a schema cannot say (steps
that do not ascend, two kinds of the same thing) is in ``campaigns.engine.soundness``.
"""

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

#: Effects that give points to the shopper.
EARNING: dict[str, Schema] = {
    # percent of the amount of the receipt or lines, counted in points: 5% of 100.00 is 5 points
    "points_percent": closed({"percent": PERCENT}, ("percent",)),
    # so many points, once
    "points_fixed": closed({"points": POINTS}, ("points",)),
    # so many points for each whole `per` of the amount
    "points_per": closed({"points": POINTS, "per": positive("money")}, ("points", "per")),
    # so many points for each piece, for at most `up_to` pieces
    "points_per_piece": closed({"points": POINTS, "up_to": PIECES}, ("points",)),
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
#: Effects that take money off the receipt or its lines.
DISCOUNTS: dict[str, Schema] = {
    "discount_percent": closed({"percent": PERCENT}, ("percent",)),
    "discount_amount": closed({"amount": MONEY}, ("amount",)),
    # every matching piece costs so much, if it cost more
    "fixed_price": closed({"price": AMOUNT}, ("price",)),
    # of every so many matching pieces the cheapest are free, or `percent` off
    "cheapest_free": closed(
        {"every": whole("whole_from_2", 2, 1000), "free": whole("whole_from_1", 1, 999),
         "percent": PERCENT},
        ("every",),
    ),
    # these products are free, up to so many pieces; when they are not on the receipt the cashier is told
    "gift": closed({"products": CODES, "pieces": whole("whole_from_1", 1, 1000)}, ("products",)),
}  # fmt: skip
#: Effects that neither give points on this receipt nor take money off it.
OTHERS: dict[str, Schema] = {
    # percent of the member's next purchase within so many days, as points
    "next_purchase": closed({"percent": PERCENT, "days": whole("days_from_1", 1, 3660)}, ("percent", "days")),
    # counts receipts or pieces; every `goal` of them are rewarded with points, free pieces or a percent off
    "stamp": closed(
        {
            "goal": whole("whole_from_2", 2, 1000),
            "per": {"enum": ["receipt", "piece"]},
            "reward": closed({"points": POINTS, "free": whole("whole_from_1", 1, 1000), "percent": PERCENT}),
        },
        ("goal", "reward"),
    ),
    # asked for at the till: so many points for so much money, or percent, off the receipt or lines
    "exchange": closed({"points": POINTS, "amount": MONEY, "percent": PERCENT}, ("points",)),
    "issue_coupon": closed({"series": CODE}, ("series",)),
    "badge": closed({"code": CODE}, ("code",)),
    # to the cashier, and to the member who referred the shopper
    "staff_points": closed({"points": POINTS, "percent": PERCENT}),
    "referrer_points": closed({"points": POINTS, "percent": PERCENT}),
}  # fmt: skip
EFFECTS: dict[str, Schema] = {**EARNING, **DISCOUNTS, **OTHERS}

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
_AMOUNTS: Schema = {"at_least": AMOUNT, "below": AMOUNT}
_COUNTS: Schema = {"at_least": COUNT, "at_most": COUNT}
_PIECES: Schema = {"at_least": AMOUNT, "at_most": AMOUNT}

#: Conditions that look at the receipt: they cannot be asked of an event.
OF_RECEIPT: dict[str, Schema] = {
    "receipt_amount": closed(_AMOUNTS),
    "line_count": closed(_COUNTS),
    "piece_count": closed(_PIECES | GOODS_FIELDS),
    "contains": closed(GOODS_FIELDS | {"pieces": PIECES}),
    "matching_amount": closed(_AMOUNTS | GOODS_FIELDS),
    "first_purchase": closed(
        {"in": {"enum": ["programme", "store", "partner", "category"]}, "category": CODE}
    ),
    "nth_purchase": closed(
        {
            "every": {"type": "integer", "minimum": 2, "maximum": 1000},
            "exactly": {"type": "integer", "minimum": 1, "maximum": 100_000},
            "counting": {"enum": ["member", "campaign"]},
            "of_at_least": positive("money"),
            "period": {"enum": ["day", "week", "month", "year"]},
        }
    ),
    "paid_with_points": closed({"is": YES_OR_NO}, ("is",)),
    "coupon": closed({"series": CODES}, ("series",)),
    "cashier": closed({"in": CODES}, ("in",)),
}
#: Conditions that look at the member, for receipts and events alike.
OF_MEMBER: dict[str, Schema] = {
    # money spent, pieces bought and purchases made in a period; this receipt counts unless it is left out
    "spent": closed(_AMOUNTS | GOODS_FIELDS | {"period": PERIOD, "with_this": YES_OR_NO}, ("period",)),
    "bought": closed(_PIECES | GOODS_FIELDS | {"period": PERIOD, "with_this": YES_OR_NO}, ("period",)),
    "purchases": closed(_COUNTS | {"period": PERIOD, "with_this": YES_OR_NO}, ("period",)),
    "days_since_purchase": closed({"at_least": DAYS, "at_most": DAYS}),
    "days_since_joining": closed({"at_least": DAYS, "at_most": DAYS}),
    "tier": closed({"in": CODES}, ("in",)),
    "segment": closed({"in": CODES}, ("in",)),
    "card_kind": closed({"in": CODES}, ("in",)),
    "balance": closed(_AMOUNTS),
    "age": closed({"at_least": YEARS, "at_most": YEARS}),
    "gender": closed({"is": {"enum": ["female", "male"]}}, ("is",)),
    "attribute": closed({"key": CODE} | COMPARED, ("key",)),
}
#: Conditions that look at what came with an event.
OF_EVENT: dict[str, Schema] = {"event_data": closed({"key": CODE} | COMPARED, ("key",))}
CONDITIONS: dict[str, Schema] = {**OF_RECEIPT, **OF_MEMBER, **OF_EVENT}
