"""A programme's rules for spending points, read from its JSON document (features P4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from loyalty.rules.document import Reader
from loyalty.rules.rounding import floor_points, least_points
from loyalty.rules.terms import GOODS_SCHEMA, Goods, decimal_schema, parse_goods


@dataclass(frozen=True, slots=True)
class SpendingRules:
    """How points are spent in a programme.

    ``point_value`` is money per point; points have ``point_decimals`` places. ``max_share`` is the most
    that points may pay, in percent of the receipt after discounts, and ``leave`` the money that must
    remain to pay ("all but 1"). Below ``min_receipt`` of money nothing can be spent. One redemption is
    at least ``min_points`` and a multiple of ``step``; a member's redemptions of one day are at most
    ``max_points_per_day``. Points never pay for ``excluded`` goods; the share is still reckoned from
    the whole receipt.
    """

    point_value: Decimal = Decimal(1)
    point_decimals: int = 2
    max_share: Decimal = Decimal(100)
    leave: Decimal = Decimal(0)
    min_receipt: Decimal = Decimal(0)
    min_points: Decimal = Decimal(0)
    max_points_per_day: Decimal | None = None
    step: Decimal | None = None
    excluded: Goods | None = None
    #: The fewest points that one redemption can be: ``min_points``, or more where those are worth nothing.
    least: Decimal = field(init=False, default=Decimal(0))

    def __post_init__(self) -> None:
        least = max(self.min_points, least_points(self.point_value, self.point_decimals))
        object.__setattr__(self, "least", floor_points(least, self.point_decimals))


def parse_rules(document: object, path: str = "spending") -> SpendingRules:
    """The rules that a JSON document means; None or an empty object means one to one and no limits.

    Raises :class:`~loyalty.rules.document.DocumentError`, which names the field below ``path`` and the fix.
    """
    if document is None:
        return SpendingRules()
    read = Reader(document, path)
    places = read.whole("point_decimals", 0, 2, 2)
    unit = str(Decimal(1).scaleb(-places))
    per_day = None
    if read.has("max_points_per_day"):
        per_day = read.number("max_points_per_day", "0", "999999999", places)
    rules = SpendingRules(
        point_value=read.number("point_value", "0.0001", "100000", 4, "1"),
        point_decimals=places,
        max_share=read.number("max_share", "0", "100", 2, "100"),
        leave=read.number("leave", "0", "999999999", 2, "0"),
        min_receipt=read.number("min_receipt", "0", "999999999", 2, "0"),
        min_points=read.number("min_points", "0", "999999999", places, "0"),
        max_points_per_day=per_day,
        step=read.number("step", unit, "999999999", places) if read.has("step") else None,
        excluded=parse_goods(read.take("excluded", None), read.at("excluded")),
    )
    read.finish()
    return rules


#: JSON Schema (2020-12) of spending rules, for use inside larger documents.
RULES_SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "point_value": decimal_schema(exclusiveMinimum=0, maximum=100_000),
        "point_decimals": {"type": "integer", "minimum": 0, "maximum": 2},
        "max_share": decimal_schema(minimum=0, maximum=100),
        "leave": decimal_schema(minimum=0),
        "min_receipt": decimal_schema(minimum=0),
        "min_points": decimal_schema(minimum=0),
        "max_points_per_day": {"anyOf": [decimal_schema(minimum=0), {"type": "null"}]},
        "step": {"anyOf": [decimal_schema(exclusiveMinimum=0), {"type": "null"}]},
        "excluded": {"anyOf": [GOODS_SCHEMA, {"type": "null"}]},
    },
    "additionalProperties": False,
}
