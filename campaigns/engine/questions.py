"""A sound definition as typed values: a struct for each question that a campaign answers.

This is how the engine and its parser read a document that fits the schema. What conditions and effects hold is known to
their words alone, so those stay as they are written. Drafts may be unfinished: whoever tells, draws or compares them
reads the document itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from campaigns.engine.document import GOODS, Document

Codes = tuple[str, ...]
#: A decimal: a plain string once it was parsed.
Number = str | int | float


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is chosen by codes, but not by those that are ``excepted``."""

    excepted: Mapping[str, Codes] | None = msgspec.field(name="except", default=None)

    def named(self, kind: str) -> Codes | None:
        """The codes of one kind; None where none are named."""
        codes: Codes | None = getattr(self, kind)
        return codes

    @property
    def but(self) -> Mapping[str, Codes]:
        """What is excepted, kind by kind."""
        return self.excepted or {}


class Whom(Choice, frozen=True, kw_only=True):
    """For whom: everyone, or members; of these tiers, with these cards, in these segments; but not those."""

    #: None until ``definition.freeze`` says what follows from the rest.
    who: Literal["everyone", "members"] | None = None
    tiers: Codes | None = None
    card_kinds: Codes | None = None
    segments: Codes | None = None


class Where(Choice, frozen=True, kw_only=True):
    """Where: partners, stores and groups are one list, of which any will do; tills and channels narrow it further."""

    partners: Codes | None = None
    stores: Codes | None = None
    groups: Codes | None = None
    tills: Codes | None = None
    channels: Codes | None = None


class Around(msgspec.Struct, frozen=True):
    """Days around a date of the member: the birthday, the day of joining, or one among their attributes."""

    date: str
    before: int = 0
    after: int = 0


class When(msgspec.Struct, frozen=True):
    """When: moments with their offset, weekdays from 1 (Monday), hours like 13:00."""

    begins: str | None = msgspec.field(name="from", default=None)
    until: str | None = None
    weekdays: tuple[int, ...] | None = None
    hours: tuple[tuple[str, str], ...] | None = None
    around: Around | None = None


class WhatFor(Choice, frozen=True, kw_only=True):
    """For what: the receipt, its lines of these goods but not those, or an event of the member."""

    of: Literal["receipt", "lines", "event"] = "receipt"
    event: str | None = None
    offset: int | None = None
    days: int | None = None
    products: Codes | None = None
    sets: Codes | None = None
    categories: Codes | None = None
    brands: Codes | None = None

    @property
    def goods(self) -> dict[str, Codes]:
        """The goods that are named, kind by kind."""
        named = ((kind, getattr(self, kind)) for kind in GOODS)
        return {kind: codes for kind, codes in named if codes is not None}


class Lots(msgspec.Struct, frozen=True):
    """What becomes of the points: the documents of ``loyalty.rules``, and who pays."""

    expires: Mapping[str, Any] | None = None
    delay: Mapping[str, Any] | None = None
    terms: Mapping[str, Any] | None = None
    funder: str | None = None


class Tell(msgspec.Struct, frozen=True):
    """How to tell: texts for the cashier and for the receipt."""

    till: str | None = None
    receipt: str | None = None


class Limit(msgspec.Struct, frozen=True):
    """At most so many times or points in a period, for each member or store, or for the whole campaign."""

    period: Literal["receipt", "day", "week", "month", "year", "ever"]
    per: Literal["member", "store", "campaign"] = "member"
    times: int | None = None
    points: Number | None = None
    money: Number | None = None


class Budget(msgspec.Struct, frozen=True):
    """What the campaign may give in all: points, and money in discounts."""

    points: Number | None = None
    money: Number | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it bounds nothing."""
        return self.points is None and self.money is None


class Judge(msgspec.Struct, frozen=True):
    """How to judge: limits, and a budget."""

    limits: tuple[Limit, ...] = ()
    budget: Budget | None = None


class Stacking(msgspec.Struct, frozen=True):
    """How it gets along with others: in which group, how it is chosen there, and whether cheaper goods earn."""

    group: str | None = None
    mode: Literal["all", "best", "exclusive"] = "all"
    priority: int = 0
    discounted: Literal["include", "exclude"] = "include"


class Questions(msgspec.Struct, frozen=True):
    """The answers of a definition. ``tree`` are its conditions, ``what`` its effects."""

    whom: Whom = Whom()
    where: Where = Where()
    when: When = When()
    what_for: WhatFor = WhatFor()
    tree: Document = msgspec.field(name="if", default_factory=dict)
    what: tuple[Document, ...] = ()
    lots: Lots = Lots()
    tell: Tell = Tell()
    judge: Judge = Judge()
    stacking: Stacking = Stacking()


def read(document: Document) -> Questions:
    """The questions of a document that fits the schema. Raises ``msgspec.ValidationError`` for one that does not."""
    return msgspec.convert(document, Questions)
