"""What the engine decided about a basket, and why: plain frozen values, ready to store or to show.

A reason is a code and its arguments, never a sentence: ``campaigns.engine.reasons`` holds the
sentence of each code, and whoever shows it translates it into the reader's language. Arguments
are strings (or lists of such reasons) so that they can be stored as JSON as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from loyalty.rules.redemption import Plan

#: The engine's edition: a basket that was judged by an earlier one is judged by that one again (``evaluate``).
EDITION = 3
Args = Mapping[str, Any]
ZERO = Decimal("0.00")


class Because(NamedTuple):
    """What one effect of one campaign revision gave to one line or to the receipt, and why.

    ``points`` were given, or ``discount`` money was taken off; for an exchange both are zero.
    """

    campaign_id: int
    revision: int
    points: Decimal
    code: str
    args: Args
    discount: Decimal = ZERO


class Declined(NamedTuple):
    """Why a campaign gave nothing."""

    campaign_id: int
    revision: int
    code: str
    args: Args


class LineOutcome(NamedTuple):
    """What happens to one line. Money: ``to_pay = amount - discount - redeemed_amount``. Points: the rest."""

    position: int
    amount: Decimal
    discount: Decimal
    redeemed_points: Decimal
    redeemed_amount: Decimal
    to_pay: Decimal
    earned: Decimal
    because: tuple[Because, ...]


class Grant(NamedTuple):
    """The points one campaign gives to this purchase: they become one lot.

    ``Outcome.by_line`` says what each line brought. ``active_from`` None: spendable at once;
    ``expires_at`` None: never.
    ``funder`` is the code of who pays for the points, None for the programme itself.
    """

    campaign_id: int
    revision: int
    points: Decimal
    active_from: datetime | None
    expires_at: datetime | None
    terms: Mapping[str, Any] | None
    funder: str | None


class Use(NamedTuple):
    """What to add to a member's use of a limited campaign in one period.

    Promises for the next purchase are such uses too: made with ``times`` 1, kept with -1.
    """

    campaign_id: int
    period: str
    times: int
    points: Decimal


class CommonUse(NamedTuple):
    """What to add to the use of a campaign by everybody (a key with ``c:``) or in this store (``s:``).

    The last three are the most that the sum may come to, None without a limit: whoever writes it must
    not let it go beyond.
    """

    campaign_id: int
    key: str
    times: int
    points: Decimal
    money: Decimal
    most_times: int | None
    most_points: Decimal | None
    most_money: Decimal | None


class Exchange(NamedTuple):
    """Points that were exchanged for money off, as a campaign offers it."""

    campaign_id: int
    revision: int
    points: Decimal
    amount: Decimal


class Extra(NamedTuple):
    """Something else that a campaign gives: a ``coupon`` of a series, or a ``badge``; ``code`` says which."""

    campaign_id: int
    revision: int
    kind: str
    code: str


class OtherGrant(NamedTuple):
    """Points for somebody else: the ``cashier`` of the sale, or the ``referrer`` of the member."""

    campaign_id: int
    revision: int
    to: str
    points: Decimal
    active_from: datetime | None
    expires_at: datetime | None
    terms: Mapping[str, Any] | None
    funder: str | None


class Progress(NamedTuple):
    """How far the shopper is towards an nth purchase, this purchase included.

    ``value`` of ``goal`` is for people to read. ``increment`` is what to add to the campaign's own
    counter, which is kept under ``key``; it is 0 where the member's purchases are counted instead.
    """

    campaign_id: int
    revision: int
    value: int
    goal: int
    increment: int
    key: str = "progress"


class Message(NamedTuple):
    """A text a campaign says, with the values of its placeholders (``reasons.fill`` puts them together)."""

    campaign_id: int
    revision: int
    text: str
    args: Args


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything decided about a basket. Lines and grants are ordered by position and by campaign code.

    Always true: Σ ``lines.to_pay`` = ``to_pay`` = total - ``discount`` - redeemed amount;
    ``discount`` = Σ ``because.discount`` of the lines, line by line;
    Σ ``lines.earned`` + Σ ``receipt_because.points`` = ``earned`` = Σ ``grants.points``;
    every campaign of the rulebook is in ``because`` somewhere, in ``told``, or in ``declined``.
    """

    lines: tuple[LineOutcome, ...]
    receipt_because: tuple[Because, ...]
    grants: tuple[Grant, ...]
    declined: tuple[Declined, ...]
    redemption: Plan
    uses: tuple[Use, ...]
    progress: tuple[Progress, ...]
    till_messages: tuple[Message, ...]
    receipt_messages: tuple[Message, ...]
    #: Campaigns that only say something and did.
    told: tuple[int, ...]
    total: Decimal
    discount: Decimal
    to_pay: Decimal
    earned: Decimal
    tallies: tuple[CommonUse, ...] = ()
    exchanged: tuple[Exchange, ...] = ()
    extras: tuple[Extra, ...] = ()
    others: tuple[OtherGrant, ...] = ()
    #: Codes of the coupons that a campaign reacted to.
    coupons: tuple[str, ...] = ()
    edition: int = EDITION

    def by_line(self, campaign_id: int) -> dict[int | None, Decimal]:
        """What each line brought of a campaign's points, by position; None is the receipt as a whole."""
        shares: dict[int | None, Decimal] = {}
        everything = [(None, self.receipt_because), *((line.position, line.because) for line in self.lines)]
        for position, reasons in everything:
            for because in reasons:
                if because.campaign_id == campaign_id and because.points:
                    shares[position] = shares.get(position, Decimal(0)) + because.points
        return shares
