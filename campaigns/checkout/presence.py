"""Whether who pays with points is there: by what they showed, and where the programme asks for a code, by that.

A card's number, a phone or an id name a member for good and may be known to others: they earn, and spend what the
programme lets be spent without a code. A code that the member shows (``identification``) says that they are there; a
programme may take it for the confirmation. It is used up by that, in the transaction of the purchase. A code that a
till read while it was offline says who was there, and is told too late to prove anything: it earns, and spends only
with a confirmation.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from campaigns.checkout.sale import Sale
from campaigns.checkout.situation import Situation
from loyalty.models import Programme
from members.codes import confirmation, identification
from members.lookup import rotating

_UNPROVEN = Programme.ConfirmWhom.UNPROVEN.value


def needs_transaction(found: Situation) -> bool:
    """Whether a sale may use up a code: the confirmation's, or the one that was shown."""
    sale = found.sale
    spends = sale.redeem != 0 or bool(sale.exchanges)
    shows = found.rules.confirm_whom == _UNPROVEN and bool(sale.shown)
    return sale.confirmation_code is not None or (shows and spends)


def is_asked(found: Situation, points: Decimal, now: datetime) -> bool:
    """Whether a purchase that spends ``points`` needs a code sent to the member. Uses up nothing."""
    if not _is_above(found, points, now):
        return False
    return not (
        _may_prove(found, now) and identification.is_proof(_member(found), found.sale.shown or "", now)
    )


def require(found: Situation, points: Decimal, now: datetime) -> None:
    """Use up the code that spending ``points`` needs: what was shown, where that will do, or the confirmation.

    Must run in the transaction of the purchase (``needs_transaction``); locks the code's row. Raises ``Refused`` with
    ``confirmation_required``, and ``confirmation.WrongCode``.
    """
    if not _is_above(found, points, now):
        return
    if _may_prove(found, now) and identification.use(_member(found), found.sale.shown or "", now):
        return
    confirmation.require(_member(found), found.sale.confirmation_code, now)


def _is_above(found: Situation, points: Decimal, now: datetime) -> bool:
    """Whether so many points ask for any proof; those of a code that is told late always do."""
    above = found.rules.confirm_above
    return bool(points) and ((above is not None and points > above) or _is_late(found.sale, now))


def _may_prove(found: Situation, now: datetime) -> bool:
    """Whether what was shown may stand for the confirmation."""
    return found.rules.confirm_whom == _UNPROVEN and bool(found.sale.shown) and not _is_late(found.sale, now)


def _is_late(sale: Sale, now: datetime) -> bool:
    """Whether the member is named by a changing code that was right only when the till read it."""
    code = sale.member.code if sale.member else None
    return (
        code is not None
        and rotating.proven(code, now) is None
        and rotating.proven(code, sale.purchased_at) is not None
    )


def _member(found: Situation) -> UUID:
    return UUID(str(found.shopper.member_id))
