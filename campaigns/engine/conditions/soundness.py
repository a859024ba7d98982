"""What a schema cannot say about conditions: bounds that nothing fits, and what they cannot be asked of."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from campaigns.engine.document import GOODS, Document, leaves
from campaigns.engine.problem import Problem
from campaigns.engine.vocabulary import CONDITIONS, DISCOUNTS


def check_conditions(document: Document) -> Iterator[Problem]:
    """Everything unsound in the conditions of a document that already fits the schema."""
    counters = sum(effect.get("effect") == "stamp" for effect in document.get("what", ()))
    for leaf, path, _ in leaves(document.get("if", {})):
        kind = leaf["condition"]
        if kind == "nth_purchase":
            yield from _nth_purchase(leaf, path)
            usual = "campaign" if {"of_at_least", "period"} & set(leaf) else "member"
            counters += leaf.get("counting", usual) == "campaign"
            if counters > 1:
                yield Problem(path, "second_counter")
        else:
            yield from _bounds(leaf, path)
        if kind in ("contains", "matching_amount") and not set(leaf) & set(GOODS):
            yield Problem(path, "no_goods")
        if kind == "first_purchase" and (leaf.get("in") == "category") != ("category" in leaf):
            yield Problem(f"{path}.category", "category_alone")
        if kind in ("attribute", "event_data"):
            yield from _compared(leaf, path)
        if kind == "paid_with_points" and (early := _before_points(document)):
            yield Problem(path, "not_known_yet", {"effect": early})


def _before_points(document: Document) -> str | None:
    """The effect that is decided before points are spent, if there is one."""
    for effect in document.get("what", ()):
        kind = effect.get("effect")
        if (
            kind in DISCOUNTS
            or kind == "exchange"
            or (kind == "stamp" and "points" not in effect.get("reward", {}))
        ):
            return str(kind)
    return None


#: Conditions that say nothing without a bound, and the fields that bound them.
_BOUNDED = {
    kind: tuple(name for name in ("at_least", "below", "at_most") if name in schema["properties"])
    for kind, schema in CONDITIONS.items()
    if kind not in ("attribute", "event_data") and {"at_least"} & set(schema["properties"])
}


def _bounds(leaf: Document, path: str) -> Iterator[Problem]:
    names = _BOUNDED.get(leaf["condition"], ())
    if names and not set(names) & set(leaf):
        yield Problem(path, "no_amount" if "below" in names else "no_number", {"bounds": ", ".join(names)})
    least = Decimal(leaf.get("at_least", 0))
    if "below" in leaf and least >= Decimal(leaf["below"]):
        yield Problem(f"{path}.below", "below_not_above")
    if "at_most" in leaf and leaf["condition"] in _BOUNDED and least > Decimal(leaf["at_most"]):
        yield Problem(f"{path}.at_most", "most_below_least")


def _compared(leaf: Document, path: str) -> Iterator[Problem]:
    kinds = [name for name in ("is", "in") if name in leaf]
    numbers = [name for name in ("at_least", "at_most") if name in leaf]
    if len(kinds) + bool(numbers) != 1:
        yield Problem(path, "exactly_one", {"names": "is, in, and at_least or at_most"})
    elif len(numbers) == 2 and Decimal(leaf["at_least"]) > Decimal(leaf["at_most"]):
        yield Problem(f"{path}.at_most", "most_below_least")


def _nth_purchase(leaf: Document, path: str) -> Iterator[Problem]:
    if ("every" in leaf) == ("exactly" in leaf):
        yield Problem(path, "exactly_one", {"names": "every and exactly"})
    if leaf.get("counting") == "member":
        if "of_at_least" in leaf:
            yield Problem(f"{path}.counting", "sum_by_campaign")
        if "period" in leaf:
            yield Problem(f"{path}.counting", "period_by_campaign")
