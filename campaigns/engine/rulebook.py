"""The rules in force at one moment: the programme's own terms, and the live campaigns' revisions.

Whoever builds a rulebook chooses the revisions that were published and not ended at that moment;
the period a definition itself names (``when.from``, ``when.until``) is judged by the engine.
A rulebook is compiled on first use and can be used for any number of baskets, from many threads.
It pickles, and goes through JSON, without what was compiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from campaigns.engine.definition import Definition


@dataclass(frozen=True, slots=True)
class Terms:
    """What a programme says about all its points.

    ``point_value`` is the money one point pays. ``rounding`` is a rule of ``loyalty.rounding``;
    ``expiry`` a policy document of ``loyalty.expiry`` (None: points never expire);
    ``activation_days`` the days that points wait before they can be spent; ``spending`` the
    document of ``loyalty.redemption``'s rules. ``earn_on`` says which amount campaigns reckon
    with: what lines cost after discounts, ``before`` or ``after`` the part paid with points is
    taken off.
    """

    currency: str = "EUR"
    time_zone: str = "UTC"
    point_value: Decimal = Decimal(1)
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
