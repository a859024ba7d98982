"""What the books say: an account as of any moment, points soon to expire, and what a programme owes.

Reads only, from the same lots and transfers that points are spent from, so no report can disagree with
the till. Points are those of the programme; money is its currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Case, Count, DecimalField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDate, TruncMonth

from foundation import prepared
from loyalty.ledger import inactivity
from loyalty.ledger.passbook import ZERO
from loyalty.models import Account, Debt, Lot, Programme, Transfer
from loyalty.rules import rounding

_SPENDABLE = (
    "(l.active_from IS NULL OR l.active_from <= %(at)s) AND (l.expires_at IS NULL OR l.expires_at >= %(at)s)"
)

_STANDING = f"""
SELECT coalesce(sum(held), 0),
       coalesce(sum(held) FILTER (WHERE {_SPENDABLE}), 0),
       coalesce(sum(held) FILTER (WHERE l.active_from > %(at)s AND (l.expires_at IS NULL OR l.expires_at >= %(at)s)), 0)
  FROM (SELECT l.*, l.points - coalesce((
               SELECT sum(u.points) FROM loyalty_lotuse u JOIN loyalty_transfer t ON t.id = u.transfer_id
                WHERE u.lot_id = l.id AND t.at <= %(at)s), 0) AS held
          FROM loyalty_lot l JOIN loyalty_transfer given ON given.id = l.transfer_id AND given.at <= %(at)s
         WHERE l.account_id = %(account)s) l
"""


#: Where nothing lapses: from the balance, less what waits and what is over, so that the number of lots does not matter.
_AHEAD_BY_INDEX = """
WITH lot AS NOT MATERIALIZED (
  SELECT remaining, expires_at FROM loyalty_lot
   WHERE account_id = %(account)s::uuid AND remaining > 0),
over AS (SELECT coalesce(sum(remaining), 0) AS points FROM lot WHERE expires_at < %(at)s::timestamptz),
waits AS (
  SELECT coalesce(sum(remaining), 0) AS points, min(active_from) AS first FROM loyalty_lot
   WHERE account_id = %(account)s::uuid AND pending AND remaining > 0 AND active_from > %(at)s::timestamptz
     AND (expires_at IS NULL OR expires_at >= %(at)s::timestamptz)),
next AS (
  SELECT expires_at AS at,
         ((expires_at AT TIME ZONE %(zone)s::text)::date + 1)::timestamp AT TIME ZONE %(zone)s::text AS day_ends
    FROM lot WHERE expires_at >= %(at)s::timestamptz ORDER BY expires_at LIMIT 1),
due AS (
  SELECT next.at, sum(lot.remaining) AS points FROM next
    JOIN lot ON lot.expires_at >= next.at AND lot.expires_at < next.day_ends GROUP BY next.at)
SELECT a.balance - over.points - waits.points AS spendable, waits.points AS pending, waits.first, due.at,
       due.points, NULL::date AS day, NULL::numeric AS lapsing
  FROM loyalty_account a CROSS JOIN over CROSS JOIN waits LEFT JOIN due ON true WHERE a.id = %(account)s::uuid
"""
_AHEAD = """
WITH lot AS (
  SELECT remaining, active_from, expires_at, (expires_at AT TIME ZONE %(zone)s)::date AS last_day,
         (greatest(earned_at, %(last)s::timestamptz) AT TIME ZONE %(zone)s)::date + %(days)s::int AS lapses
    FROM loyalty_lot
   WHERE account_id = %(account)s AND remaining > 0 AND (expires_at IS NULL OR expires_at >= %(at)s)
     AND (%(gone)s::timestamptz IS NULL OR earned_at > %(gone)s::timestamptz))
SELECT have.spendable, have.pending, have.first, due.at, due.points, lapse.day, lapse.points
  FROM (SELECT coalesce(sum(remaining) FILTER (WHERE active_from IS NULL OR active_from <= %(at)s), 0) AS spendable,
               coalesce(sum(remaining) FILTER (WHERE active_from > %(at)s), 0) AS pending,
               min(active_from) FILTER (WHERE active_from > %(at)s) AS first FROM lot) AS have
  LEFT JOIN LATERAL (
       SELECT min(expires_at) AS at, sum(remaining) AS points FROM lot WHERE expires_at IS NOT NULL
        GROUP BY last_day ORDER BY at LIMIT 1) AS due ON true
  LEFT JOIN LATERAL (
       SELECT lapses AS day, sum(remaining) AS points FROM lot
        WHERE lapses IS NOT NULL AND (last_day IS NULL OR last_day > lapses)
        GROUP BY lapses ORDER BY lapses LIMIT 1) AS lapse ON true
"""


@dataclass(frozen=True, slots=True)
class AccountThen:
    """An account at a moment. ``balance`` is what its books held; of that, ``spendable`` could be spent and
    ``pending`` was to become active; the rest had expired and was not yet taken out. ``owed`` is its debt."""

    balance: Decimal
    spendable: Decimal
    pending: Decimal
    owed: Decimal


@dataclass(frozen=True, slots=True)
class Due:
    """Points that expire: at which moment (or on which day or in which month), and of how many accounts."""

    at: datetime | date
    points: Decimal
    accounts: int = 1


@dataclass(frozen=True, slots=True)
class Liability:
    """What a programme owes its members, from the lots: all points outstanding, and their parts.

    ``lapsed`` are points that can never be spent any more and that a sweep has yet to take out. ``money``
    is what the others are worth. ``owed`` is what members owe. ``by_funder`` splits the outstanding by the
    budget or partner account that pays; None is the programme itself.
    """

    outstanding: Decimal
    spendable: Decimal
    pending: Decimal
    lapsed: Decimal
    owed: Decimal
    money: Decimal
    by_funder: dict[UUID | None, Decimal]


@dataclass(frozen=True, slots=True)
class Flow:
    """Points that moved in a period: given, spent, expired. ``breakage`` is the expired part of what was given."""

    given: Decimal
    spent: Decimal
    expired: Decimal

    @property
    def breakage(self) -> Decimal | None:
        """From 0 to 1 and above, four places; None where nothing was given."""
        return (self.expired / self.given).quantize(Decimal("0.0001")) if self.given else None


# One account


def standing(account_id: UUID, moment: datetime) -> AccountThen:
    """The account as of a moment, past or future, by what is booked until now.

    Points are counted by the lots' own dates, so it does not matter when a sweep came by.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"account": account_id, "at": moment})
        balance, spendable, pending = cursor.fetchone()
    owed = Debt.objects.filter(account_id=account_id, at__lte=moment).aggregate(points=Sum("points"))[
        "points"
    ]
    return AccountThen(balance, spendable, pending, owed or ZERO)


def expiring(account_id: UUID, now: datetime, until: datetime | None = None) -> list[Due]:
    """Points of an account that will expire, the soonest first; those of one moment together."""
    lots = Lot.objects.filter(account_id=account_id, remaining__gt=0, expires_at__gte=now)
    if until is not None:
        lots = lots.filter(expires_at__lte=until)
    sums = lots.values("expires_at").annotate(points=Sum("remaining")).order_by("expires_at")
    return [Due(row["expires_at"], row["points"]) for row in sums]  # type: ignore[arg-type]


class Ahead(NamedTuple):
    """What an account has and what comes next: when the first pending points become active, what expires on the next
    day on which anything does, and what lapses first, after which day, if nothing is spent and nothing bought."""

    spendable: Decimal
    pending: Decimal
    active_from: datetime | None
    due: Due | None
    lapse: Due | None


def ahead(account_id: UUID, zone: ZoneInfo, days: int | None, now: datetime) -> Ahead:
    """What the account has and what comes next, without what has lapsed. Days are those of the time zone.

    ``days`` as the programme's ``inactivity_days``. One statement, two where points lapse.
    """
    if days is None:
        row = prepared.run(_AHEAD_BY_INDEX, {"account": account_id, "at": now, "zone": zone.key})[0]
        return _ahead(*row.values())
    use = inactivity.use(account_id, days, zone, now)
    told: dict[str, Any] = {
        "account": account_id,
        "zone": zone.key,
        "days": days,
        "at": now,
        "last": use.last,
        "gone": use.gone,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AHEAD, told)
        return _ahead(*cursor.fetchone())


def _ahead(
    spendable: Decimal, pending: Decimal, first: datetime | None, at: datetime | None, due: Decimal | None,
    day: date | None, lapsing: Decimal | None,
) -> Ahead:  # fmt: skip
    return Ahead(
        spendable,
        pending,
        first,
        Due(at, due) if at is not None and due is not None else None,
        Due(day, lapsing) if day is not None and lapsing is not None else None,
    )


# A programme


def volume(programme: Programme, now: datetime, until: datetime, by: str = "day") -> list[Due]:
    """How many points will expire, and of how many accounts, ``by`` ``day`` or ``month`` of the programme's zone.

    Counts what is there now: points that will be spent or given until then are not foreseen.
    """
    trunc: Any = {"day": TruncDate, "month": TruncMonth}[by]
    sums = (
        _open_lots(programme)
        .filter(expires_at__gte=now, expires_at__lte=until)
        .annotate(period=trunc("expires_at", tzinfo=ZoneInfo(programme.time_zone)))
        .values("period")
        .annotate(points=Sum("remaining"), accounts=Count("account_id", distinct=True))
        .order_by("period")
    )
    return [
        Due(row["period"].date() if by == "month" else row["period"], row["points"], row["accounts"])
        for row in sums
    ]


def liability(programme: Programme, now: datetime) -> Liability:
    """What the programme owes its members now."""
    lots = _open_lots(programme)
    expired = Q(expires_at__lt=now)
    pending = Q(active_from__gt=now) & ~expired
    state = Case(When(expired, Value("lapsed")), When(pending, Value("pending")), default=Value("spendable"))
    parts = dict.fromkeys(("lapsed", "pending", "spendable"), ZERO)
    funders: dict[UUID | None, Decimal] = {}
    sums = lots.annotate(state=state).values_list("state", "funder_id").annotate(points=Sum("remaining"))
    for name, funder, points in sums:
        parts[name] += points
        funders[funder] = funders.get(funder, ZERO) + points
    owed = Account.objects.filter(programme=programme, owed__gt=0).aggregate(points=Sum("owed"))["points"]
    alive = parts["spendable"] + parts["pending"]
    return Liability(
        outstanding=sum(parts.values(), ZERO),
        spendable=parts["spendable"],
        pending=parts["pending"],
        lapsed=parts["lapsed"],
        owed=owed or ZERO,
        money=rounding.worth(alive, programme.point_value),
        by_funder=funders,
    )


def flow(programme: Programme, since: datetime, until: datetime) -> Flow:
    """What was given, spent and expired from ``since`` until before ``until``, by when it was booked.

    Given are points that members got from the programme less those taken back; spent are those that
    left for goods, held ones included, less those that came back.
    """
    out, back = Q(source__kind="member"), Q(target__kind="member")
    booked = Transfer.objects.filter(at__gte=since, at__lt=until).filter(
        Q(out, source__programme=programme) | Q(back, target__programme=programme)
    )
    sums = booked.aggregate(
        given=_points(back & Q(kind__in=("accrue", "adjust", "exchange"))),
        taken=_points(out & Q(kind__in=("revoke", "repay", "adjust", "exchange", "fee"))),
        spent=_points(out & Q(kind__in=("redeem", "hold"))),
        restored=_points(back & Q(kind__in=("restore", "release"))),
        expired=_points(Q(kind="expire")),
    )
    return Flow(sums["given"] - sums["taken"], sums["spent"] - sums["restored"], sums["expired"])


def _points(condition: Q) -> Coalesce:
    return Coalesce(Sum(F("points"), filter=condition), Value(ZERO), output_field=DecimalField())


def _open_lots(programme: Programme) -> QuerySet[Lot]:
    return Lot.objects.filter(account__programme=programme, remaining__gt=0)
