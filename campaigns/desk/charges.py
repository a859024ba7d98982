"""What payers were charged: the points that came from their accounts, and those that went back. From the ledger.

The house is charged what the programme itself issues: points that nobody else pays for, whatever they were given for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F, Q, Sum

from campaigns.models import Campaign
from loyalty.models import Account, Payer, Transfer

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Charged:
    """Points given at a payer's cost and points that went back; ``worth`` is the money of what stands.

    ``by_campaign`` has the points that each campaign gave, without what went back of them; None are points that no
    campaign gave.
    """

    given: Decimal
    back: Decimal
    worth: Decimal
    by_campaign: list[tuple[Campaign | None, Decimal]]

    @property
    def net(self) -> Decimal:
        """What stands."""
        return self.given - self.back


def net_of(payers: Iterable[Payer]) -> dict[int, Decimal]:
    """The points that some payers were charged and did not get back, by their ids: three statements for all."""
    owners = _owners(payers)
    totals: dict[int, Decimal] = defaultdict(Decimal)
    for side, sign in (("source", 1), ("target", -1)):
        moved = Transfer.objects.filter(**{f"{side}__in": owners}).order_by().values_list(side)
        for account, points in moved.annotate(points=Sum("points")):
            totals[owners[account]] += sign * points
    return {payer.pk: totals[payer.pk] for payer in payers}


def read(payer: Payer) -> Charged:
    """What one payer was charged, campaign by campaign, the dearest first."""
    accounts = list(_owners([payer]))
    out = Transfer.objects.filter(source__in=accounts).order_by()
    by_campaign = dict(out.values_list("revision__campaign").annotate(points=Sum("points")))
    campaigns = Campaign.objects.in_bulk([key for key in by_campaign if key is not None])
    back = Transfer.objects.filter(target__in=accounts).aggregate(points=Sum("points"))["points"] or ZERO
    given = sum(by_campaign.values(), ZERO)
    rows = sorted(by_campaign.items(), key=lambda row: -row[1])
    return Charged(
        given,
        back,
        (given - back) * payer.programme.point_value,
        [(campaigns.get(key), points) for key, points in rows],
    )


def _owners(payers: Iterable[Payer]) -> dict[UUID, int]:
    """The accounts of some payers, each with its payer's id."""
    known = {payer.pk: payer for payer in payers}
    houses = {payer.programme_id: pk for pk, payer in known.items() if payer.kind == Payer.Kind.HOUSE}
    issuing = Q(kind=Account.Kind.ISSUANCE, programme__in=houses)
    found = Account.objects.filter(Q(payer__in=known) | issuing)
    rows = found.annotate(owner=F("payer")).values_list("id", "owner", "programme")
    return {account: owner or houses[programme] for account, owner, programme in rows}
