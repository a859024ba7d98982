"""A campaign's document: its lists of names, each written once, and the one way through its tree of conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from loyalty.rules.terms import Goods

#: A definition, or a part of one, as JSON has it.
Document = Mapping[str, Any]

#: Of which goods something is: any of them will do.
GOODS = tuple(Goods.__dataclass_fields__)
#: Where somebody buys.
PLACES = ("partners", "stores", "groups", "tills", "channels")
#: Who somebody is.
PEOPLE = ("tiers", "card_kinds", "segments")
#: How conditions are put together: all of them must hold, any of them, or none.
GROUPS = ("all", "any", "none")
#: Own events that happen so many days from a date of the member, and the one after so many days without a purchase.
DATED = ("member.birthday", "member.anniversary")
DORMANT = "member.dormant"


class Leaf(NamedTuple):
    """A condition of a tree, and where it stands there, like ``if.all[0]``.

    ``wanted`` says whether the tree asks for it to hold: a condition inside ``none`` is to fail, unless that ``none``
    is itself inside another one.
    """

    fields: Document
    path: str
    wanted: bool

    @property
    def kind(self) -> str:
        """Which condition it is."""
        return str(self.fields["condition"])


def leaves(tree: Document, path: str = "if", wanted: bool = True) -> Iterator[Leaf]:
    """Every condition of a tree, in its order. Those of ``none`` are among them: see :attr:`Leaf.wanted`."""
    if "condition" in tree:
        yield Leaf(tree, path, wanted)
    for name in GROUPS:
        for index, inner in enumerate(tree.get(name, ())):
            yield from leaves(inner, f"{path}.{name}[{index}]", wanted != (name == "none"))


def group_of(tree: Document) -> str:
    """How the conditions of a tree are put together; empty where it is one condition, or nothing yet."""
    return next((name for name in GROUPS if name in tree), "")


def goods_of(fields: Document) -> list[str]:
    """The codes of the goods that are named, kind by kind."""
    return [code for kind in GOODS for code in fields.get(kind, ())]
