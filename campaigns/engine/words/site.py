"""Where a condition is compiled, what it may look at, and the tests that many conditions share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from campaigns.engine.case import Case, listed, plain
from campaigns.engine.document import goods_of
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


def of_member(test: Condition) -> Condition:
    """A condition that an anonymous shopper never meets."""
    return lambda case: test(case) if case.is_member else NO_MEMBER


def goods_words(goods: Leaf) -> dict[str, str]:
    """The goods that are wanted, for a person to read."""
    codes = goods_of(goods)
    return {"wanted": listed(codes)} if codes else {}
