"""What a schema cannot say about conditions: bounds that nothing fits, and what they cannot be asked of."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from campaigns.engine.problem import Document, Problem
from campaigns.engine.vocabulary import CONDITIONS, DISCOUNTS, GOODS


def leaves_of(tree: Document, path: str) -> Iterator[tuple[Document, str]]:
    """Every leaf of a condition tree with its path."""
    if "condition" in tree:
        yield tree, path
    for name in ("all", "any", "none"):
        for index, inner in enumerate(tree.get(name, ())):
            yield from leaves_of(inner, f"{path}.{name}[{index}]")


def check_conditions(document: Document) -> Iterator[Problem]:
    """Everything unsound in the conditions of a document that already fits the schema."""
    counters = sum(effect.get("effect") == "stamp" for effect in document.get("what", ()))
    for leaf, path in leaves_of(document.get("if", {}), "if"):
        kind = leaf["condition"]
        if kind == "nth_purchase":
            yield from _nth_purchase(leaf, path)
            usual = "campaign" if {"of_at_least", "period"} & set(leaf) else "member"
            counters += leaf.get("counting", usual) == "campaign"
            if counters > 1:
                yield Problem(path, "a campaign keeps one counter of its own; make a second campaign")
        else:
            yield from _bounds(leaf, path)
        if kind in ("contains", "matching_amount") and not set(leaf) & set(GOODS):
            yield Problem(path, "names no goods; give products, sets, categories or brands")
        if kind == "first_purchase" and (leaf.get("in") == "category") != ("category" in leaf):
            yield Problem(f"{path}.category", "goes with in: category; give both or neither")
        if kind in ("attribute", "event_data"):
            yield from _compared(leaf, path)
        if kind == "paid_with_points" and (early := _before_points(document)):
            yield Problem(
                path, f"is not known yet when {early} is decided; leave it out, or make a second campaign"
            )


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
        yield Problem(path, f"has no {'amount' if 'below' in names else 'number'}; give {', '.join(names[:-1])}, "
                            f"{names[-1]} or both")  # fmt: skip
    least = Decimal(leaf.get("at_least", 0))
    if "below" in leaf and least >= Decimal(leaf["below"]):
        yield Problem(f"{path}.below", "is not above at_least, so no receipt fits; move one of them")
    if "at_most" in leaf and leaf["condition"] in _BOUNDED and least > Decimal(leaf["at_most"]):
        yield Problem(f"{path}.at_most", "is below at_least, so nothing fits; move one of them")


def _compared(leaf: Document, path: str) -> Iterator[Problem]:
    kinds = [name for name in ("is", "in") if name in leaf]
    numbers = [name for name in ("at_least", "at_most") if name in leaf]
    if len(kinds) + bool(numbers) != 1:
        yield Problem(path, "give exactly one of is, in, and at_least or at_most")
    elif len(numbers) == 2 and Decimal(leaf["at_least"]) > Decimal(leaf["at_most"]):
        yield Problem(f"{path}.at_most", "is below at_least, so nothing fits; move one of them")


def _nth_purchase(leaf: Document, path: str) -> Iterator[Problem]:
    if ("every" in leaf) == ("exactly" in leaf):
        yield Problem(path, "give exactly one of every and exactly")
    for name, words in (("of_at_least", "of at least a sum"), ("period", "of a period")):
        if name in leaf and leaf.get("counting") == "member":
            yield Problem(
                f"{path}.counting", f"purchases {words} are counted by the campaign; set it to campaign"
            )
