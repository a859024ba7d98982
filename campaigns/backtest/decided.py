"""What was decided on a receipt then: of its stored decision, the parts that a backtest reads."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from campaigns.checkout import record
from campaigns.checkout.record import ShopperRecord
from campaigns.checkout.usage import Key

ZERO = Decimal(0)


class Gift(msgspec.Struct, array_like=True, frozen=True):
    """Points that a campaign gave: the beginning of ``record.Given``."""

    campaign_id: int
    revision: int
    points: Decimal


class Then(msgspec.Struct, frozen=True):
    """What was decided then: the parts of a ``Record`` that a backtest reads, by the same names."""

    earned: Decimal = ZERO
    discount: Decimal = ZERO
    to_pay: Decimal = ZERO
    grants: tuple[Gift, ...] = ()
    uses: tuple[tuple[int, str, int, Decimal], ...] = ()
    lines: tuple[record.LineRecord, ...] = ()
    tallies: tuple[record.Counted, ...] = ()
    shares: tuple[record.DueShare, ...] = ()
    limits: tuple[record.Bound, ...] = ()
    edition: int = 1

    @property
    def used(self) -> dict[Key, tuple[Any, ...]]:
        """What the decision added to limits and counters, a member's and common ones."""
        used: dict[Key, tuple[Any, ...]] = {}
        for campaign, period, times, points in self.uses:
            used[campaign, period] = (times, points)
        for one in self.tallies:
            used[one.campaign_id, one.key] = (one.times, one.points, one.money)
        return used


def _decoder(wanted: Any) -> Callable[[str], Any]:
    return msgspec.json.Decoder(wanted, strict=False).decode


#: Of a whole decision, and of the facts about a member that it was judged with.
of_document: Callable[[str], Then] = _decoder(Then)
read_shopper: Callable[[str], ShopperRecord] = _decoder(ShopperRecord)
#: Of the columns of a decision, in their order.
_decode_grants, _decode_uses = _decoder(tuple[Gift, ...]), _decoder(tuple[tuple[int, str, int, Decimal], ...])
_decode_lines, _decode_tallies = _decoder(tuple[record.LineRecord, ...]), _decoder(tuple[record.Counted, ...])
_decode_shares, _decode_limits = _decoder(tuple[record.DueShare, ...]), _decoder(tuple[record.Bound, ...])


def of_columns(
    earned: Decimal, discount: Decimal, to_pay: Decimal, edition: int | None, *parts: str | None
) -> Then:
    """Of the columns of a receipt: its sums and the engine's edition; then, as JSON, its grants, uses, lines,
    tallies, shares and limits.
    """
    grants, uses, lines, tallies, shares, limits = parts
    return Then(
        earned,
        discount,
        to_pay,
        _decode_grants(grants) if grants else (),
        _decode_uses(uses) if uses else (),
        _decode_lines(lines) if lines else (),
        _decode_tallies(tallies) if tallies else (),
        _decode_shares(shares) if shares else (),
        _decode_limits(limits) if limits else (),
        edition or 1,
    )
