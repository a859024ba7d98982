"""The rules in force at one moment: the programme's own terms, and the live campaigns' revisions.

Whoever builds a rulebook chooses the revisions that were published and not ended at that moment;
the period a definition itself names (``when.from``, ``when.until``) is judged by the engine.
A rulebook is compiled on first use and can be used for any number of baskets, from many threads.
It pickles, and goes through JSON, without what was compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal

from campaigns.engine.definition import Definition
from campaigns.engine.machine import Machine


@dataclass(frozen=True, slots=True)
class Terms:
    """What a programme says about all its points.

    ``rounding`` is a rule of ``loyalty.rules.rounding``;
    ``expiry`` a policy document of ``loyalty.rules.expiry`` (None: points never expire);
    ``activation_days`` the days that points wait before they can be spent; ``spending`` a document
    of ``loyalty.rules.spending``, which also says what a point is worth. ``earn_on`` says which amount campaigns reckon
    with: what lines cost after discounts, ``before`` or ``after`` the part paid with points is
    taken off.
    """

    currency: str = "EUR"
    point_decimals: int = 2
    rounding: str = "half_up"
    earn_on: Literal["before", "after"] = "after"
    expiry: Mapping[str, Any] | None = field(default=None, hash=False)
    activation_days: int = 0
    spending: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Revision:
    """One published, immutable definition of a campaign. ``code`` orders campaigns and breaks ties."""

    campaign_id: int
    code: str
    name: str
    revision: int
    definition: Definition


@dataclass(frozen=True)
class Rulebook:
    """The programme's terms and the campaigns to judge a basket by, at most one revision of each."""

    terms: Terms
    campaigns: tuple[Revision, ...] = ()

    @cached_property
    def machine(self) -> Machine:
        """The rulebook compiled."""
        return Machine(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"terms": self.terms, "campaigns": self.campaigns}

    def to_json(self) -> dict[str, Any]:
        """The rulebook as a JSON document that :meth:`from_json` reads."""
        campaigns = [
            {**{name: getattr(revision, name) for name in _NAMES}, "definition": revision.definition.document}
            for revision in self.campaigns
        ]
        return {"terms": asdict(self.terms), "campaigns": campaigns}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Rulebook:
        """The rulebook of a document that :meth:`to_json` made; definitions are not checked again."""
        campaigns = tuple(
            Revision(**{name: item[name] for name in _NAMES}, definition=Definition(item["definition"]))
            for item in document["campaigns"]
        )
        return cls(Terms(**document["terms"]), campaigns)


_NAMES = ("campaign_id", "code", "name", "revision")
