"""What a backtest's result is made of: its cost by day, tier, segment and store, and how much members gain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from analytics.models import Segment
from backoffice import charts
from backoffice.backtests import words
from campaigns.backtest.adding_up import GAINS, Sums, Tally
from loyalty.models import Store, Tier

ZERO = Decimal(0)
#: Rows of a table before the rest is folded away.
SHOWN = 12
#: Bars of the chart that can still be told apart.
_LEGIBLE = 120


@dataclass(slots=True)
class Row:
    """A part of the receipts: its name, and what the trial changes there. ``width`` is that of its bar, percent."""

    name: str
    sums: Sums
    width: int = 0
    link: str = ""

    @property
    def cost(self) -> str:
        """What it would have cost here."""
        return words.money(self.sums.cost)

    @property
    def share(self) -> str:
        """The share of receipts touched."""
        return words.percent(self.sums.touched, self.sums.receipts)

    @property
    def of_sales(self) -> str:
        """The cost as a share of all sales here."""
        return words.percent(self.sums.cost, self.sums.sales)


@dataclass(slots=True)
class Table:
    """Parts of the receipts; the first rows are shown, the rest is folded away."""

    title: str
    rows: list[Row]

    @property
    def first(self) -> list[Row]:
        """The rows that are shown."""
        return self.rows[:SHOWN]

    @property
    def rest(self) -> list[Row]:
        """Those that are folded away."""
        return self.rows[SHOWN:]


def chart(tally: Tally) -> dict[str, str]:
    """The chart of the cost by day; of long periods by week."""
    days = {date.fromisoformat(day): sums.cost for day, sums in sorted(tally.by_day.items())}
    label = _("cost by day")
    if len(days) > _LEGIBLE:
        weeks: dict[date, Decimal] = {}
        for day, cost in days.items():
            monday = date.fromordinal(day.toordinal() - day.weekday())
            weeks[monday] = weeks.get(monday, ZERO) + cost
        days, label = weeks, _("cost by week")
    costs = {day: float(round(cost, 2)) for day, cost in days.items()}
    return {"label": label, **charts.bars(label, costs)}


def gains(tally: Tally) -> list[tuple[str, int, int]]:
    """How many members would have gained how much: bounds, members, width of the bar."""
    counts = [tally.people.gains.get(str(edge), 0) for edge in GAINS]
    if not any(counts):
        return []
    last = max(index for index, members in enumerate(counts) if members)
    most = max(counts)
    rows = []
    for index, members in enumerate(counts[: last + 1]):
        low, high = GAINS[index], GAINS[index + 1] if index + 1 < len(GAINS) else None
        bounds = (
            _("up to %(high)s") % {"high": high} if not low else f"{low} – {high}" if high else f"{low} +"
        )
        rows.append((bounds, members, round(100 * members / most)))
    return rows


def tables(tally: Tally, programme_id: int) -> list[Table]:
    """The cost by tier, segment and store."""
    tiers = dict(Tier.objects.filter(programme_id=programme_id).values_list("code", "name"))
    stores = dict(Store.objects.values_list("code", "name"))
    segments = dict(Segment.objects.values_list("code", "name"))
    order = {code: place for place, code in enumerate(tiers)}
    by_tier = _rows(tally.by_tier, lambda code: tiers.get(code, code) or _("no tier"))
    by_tier.sort(key=lambda row: order.get(row.link, len(order)))
    if tally.anonymous.receipts:
        by_tier.append(Row(_("without a card"), tally.anonymous))
    by_segment = _rows(tally.by_segment, lambda code: segments.get(code, code))
    by_store = _rows(tally.by_store, lambda code: stores.get(code, code))
    tables = ((_("By tier"), by_tier), (_("By segment"), by_segment), (_("By store"), by_store))
    return [Table(title, _measured(rows)) for title, rows in tables if rows]


def _rows(table: Mapping[str, Sums], name: Callable[[str], str]) -> list[Row]:
    """The parts of a table, the dearest first."""
    rows = [Row(name(code), sums, link=code) for code, sums in table.items()]
    return sorted(rows, key=lambda row: (-row.sums.cost, row.name))


def _measured(rows: list[Row]) -> list[Row]:
    most = max((abs(row.sums.cost) for row in rows), default=ZERO)
    for row in rows:
        row.width = round(abs(row.sums.cost) * 100 / most) if most else 0
    return rows
