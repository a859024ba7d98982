"""What a member may still send, and why no more: the programme's bounds with what was sent already."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.utils.formats import localize
from django.utils.translation import gettext as _

from foundation.refusals import Fault, Invalid
from loyalty.ledger import balances
from loyalty.models import Account, Programme, Remittance
from loyalty.rules import remitting
from loyalty.rules.remitting import ZERO, Bound, Sent, Terms
from loyalty.rules.rounding import Rounding


def terms_of(programme: Programme) -> Terms:
    """What the programme asks of points that are sent."""
    return Terms(
        programme.transfer_least,
        programme.transfer_most,
        programme.transfer_most_day,
        programme.transfer_most_month,
        programme.transfer_fee_percent,
        programme.transfer_fee_points,
        programme.point_decimals,
        Rounding(programme.rounding),
    )


def sent(account_id: Any, zone: ZoneInfo, now: datetime) -> Sent:
    """Points that the account sent today and this month, by the programme's days. Under the account's lock it is
    what counts; else it is what is known."""
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    month = Remittance.objects.filter(
        account_id=account_id, transfer__isnull=False, sent_at__gte=today.replace(day=1)
    )
    sums = month.aggregate(
        today=Sum("points", filter=Q(sent_at__gte=today), default=ZERO), month=Sum("points", default=ZERO)
    )
    return Sent(sums["today"], sums["month"])


def left(
    account: Account, programme: Programme, now: datetime, spendable: Decimal | None = None
) -> list[Bound]:
    """Every bound of what the account can send now, the tightest first. ``spendable`` where it is known better than
    from the books."""
    if spendable is None:
        spendable = balances.of_account(account.id, now)[0]
    already = sent(account.id, ZoneInfo(programme.time_zone), now)
    return remitting.bounds(spendable, already, terms_of(programme))


def require(
    account: Account, programme: Programme, points: Decimal, now: datetime, spendable: Decimal | None = None
) -> None:
    """Raises ``Invalid`` with why so many points cannot be sent, and how many could."""
    terms = terms_of(programme)
    tightest = left(account, programme, now, spendable)[0]
    if points < terms.least:
        raise Invalid(
            Fault("points", "too_few", _("At least %(points)s at once.") % {"points": say(terms.least)})
        )
    if points > tightest.points:
        raise Invalid(Fault("points", tightest.code, describe(tightest, terms)))


def say(points: Decimal) -> str:
    """Points without a fraction of nothing, as people write them."""
    return str(localize(Decimal(format(points.normalize(), "f")), use_l10n=True))


def describe(bound: Bound, terms: Terms) -> str:
    """Why no more can be sent, and how much can."""
    if bound.points < terms.least:
        said = {
            "balance": _("You have too few points: at least %(least)s can be sent."),
            "day": _("You have sent today what can be sent in a day. There is more tomorrow."),
            "month": _("You have sent this month what can be sent in a month."),
        }[bound.code]
        return said % {"least": say(terms.least)}
    texts = {
        "balance": _("You can send %(points)s at most: so many you have, with the fee taken off.")
        if terms.fee_percent or terms.fee_points
        else _("You can send %(points)s at most: so many you have."),
        "at_once": _("At most %(points)s at once."),
        "day": _("You can send %(points)s more today."),
        "month": _("You can send %(points)s more this month."),
    }
    return texts[bound.code] % {"points": say(bound.points)}
