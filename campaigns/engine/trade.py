"""Exchanges: campaigns that take points and give money off for them, when they are asked to at the till."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from campaigns.engine.case import plain
from campaigns.engine.gates import Reason
from loyalty.rules.rounding import round_ratio


class Trade(NamedTuple):
    """So many points for so many cents, or for a percent of what the campaign looks at."""

    points: Decimal
    cents: int | None
    percent: str | None

    def worth(self, cents: int) -> int:
        """What is taken off lines that come to so many cents."""
        if self.cents is not None:
            return self.cents
        top, bottom = Decimal(self.percent or 0).as_integer_ratio()
        return round_ratio(cents * top, bottom * 100)

    @property
    def words(self) -> dict[str, str]:
        """The offer, for a person to read."""
        words = {"points": plain(self.points)}
        if self.cents is not None:
            return {**words, "amount": plain(Decimal(self.cents).scaleb(-2))}
        return {**words, "percent": plain(self.percent or "0")}

    @property
    def offer(self) -> Reason:
        """That nobody asked for it."""
        return "not_asked", self.words
