"""Where a condition is compiled, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.engine.case import Case, plain
from campaigns.engine.gates import Reason
from campaigns.engine.needs import Needs
from campaigns.engine.scopes import Scopes

#: Looks at a case; None when it holds, or the reason why it does not.
Condition = Callable[[Case], Reason | None]
Leaf = Mapping[str, Any]
NO_MEMBER: Reason = ("no_member", {})


class Site(NamedTuple):
    """A campaign being compiled, with what it may ask for: scopes of goods, and figures about the member."""

    campaign_id: int
    scopes: Scopes
    needs: Needs


Compiler = Callable[[Leaf, Site], Condition]


def within(leaf: Leaf, code: str, words: Mapping[str, str] | None = None) -> Callable[[Any], Reason | None]:
    """The test of a number against the ``at_least``, ``at_most`` and ``below`` of a leaf.

    Its reasons are ``<code>_too_low`` and ``<code>_too_high``, with the bound and the ``value`` found.
    """
    least = Decimal(leaf["at_least"]) if "at_least" in leaf else None
    most = Decimal(leaf["at_most"]) if "at_most" in leaf else None
    below = Decimal(leaf["below"]) if "below" in leaf else None
    bounds = {name: plain(str(leaf[name])) for name in ("at_least", "at_most", "below") if name in leaf}
    bounds |= dict(words or {})

    def judge(value: Any) -> Reason | None:
        if least is not None and value < least:
            return f"{code}_too_low", {**bounds, "value": plain(value)}
        if (most is not None and value > most) or (below is not None and value >= below):
            return f"{code}_too_high", {**bounds, "value": plain(value)}
        return None

    return judge


def compare(leaf: Leaf) -> Callable[[Any], bool]:
    """The test of any value against the ``is``, ``in``, ``at_least`` and ``at_most`` of a leaf."""
    if "is" in leaf or "in" in leaf:
        wanted = frozenset(text.casefold() for text in leaf.get("in", [leaf.get("is")]))
        return lambda value: not wanted.isdisjoint(_texts(value))
    least, most = Decimal(leaf.get("at_least", "-Infinity")), Decimal(leaf.get("at_most", "Infinity"))

    def judge(value: Any) -> bool:
        try:
            number = Decimal(str(value))
        except ArithmeticError:
            return False
        return number.is_finite() and not isinstance(value, bool) and least <= number <= most

    return judge


def _texts(value: Any) -> list[str]:
    if isinstance(value, list | tuple):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    return [] if value is None else [str(value).casefold()]


def compared_words(leaf: Leaf) -> dict[str, str]:
    """What a compared value should be, for a person to read."""
    if "is" in leaf:
        return {"wanted": leaf["is"]}
    if "in" in leaf:
        return {"wanted": ", ".join(leaf["in"])}
    least, most = leaf.get("at_least"), leaf.get("at_most")
    parts = [f"≥ {plain(least)}"] if least is not None else []
    return {"wanted": ", ".join(parts + ([f"≤ {plain(most)}"] if most is not None else []))}
