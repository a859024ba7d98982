"""Results of backtests side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from backoffice.backtests import words
from backoffice.backtests.answer import growth_to_pay
from backoffice.backtests.page import tally_of
from backoffice.backtests.payers import share_out
from campaigns.backtest.adding_up import Tally
from campaigns.models import Backtest
from loyalty.shops import payers

ZERO = Decimal(0)


@dataclass(slots=True)
class Comparison:
    """Some results side by side: their heads, and rows of figures."""

    #: Each backtest, and its period in words.
    heads: list[tuple[Backtest, str]]
    rows: list[tuple[str, list[tuple[str, int]]]]
    tried: list[tuple[str, list[str]]]
    #: What each payer would have paid.
    payers: list[tuple[str, list[str]]]


def compare(backtests: list[Backtest]) -> Comparison:
    """The results of some backtests side by side, each figure with the width of its bar."""
    tallies = [tally for one in backtests if (tally := tally_of(one)) is not None]
    figures: list[tuple[str, Callable[[Tally], Decimal], Callable[[Tally], str]]] = [
        (_("Cost"), lambda t: t.all.cost, lambda t: words.money(t.all.cost)),
        (_("of the sales it touches"), lambda t: _share(t.all.cost, t.all.touched_sales),
         lambda t: words.percent(t.all.cost, t.all.touched_sales)),
        (_("of all sales"), lambda t: _share(t.all.cost, t.all.sales),
         lambda t: words.percent(t.all.cost, t.all.sales)),
        (_("Growth that pays for it"), lambda t: growth_to_pay(t.all) or ZERO,
         lambda t: words.percent(growth_to_pay(t.all) or ZERO, 1)),
        (_("Extra points"), lambda t: t.all.points, lambda t: words.money(t.all.points)),
        (_("Extra discounts"), lambda t: t.all.discount, lambda t: words.money(t.all.discount)),
        (_("Receipts touched"), lambda t: _share(t.all.touched, t.all.receipts),
         lambda t: words.percent(t.all.touched, t.all.receipts)),
        (_("Members who gain"), lambda t: _share(t.people.gain, t.people.members),
         lambda t: words.percent(t.people.gain, t.people.members)),
        (_("Members who lose"), lambda t: Decimal(t.people.lose), lambda t: words.count(t.people.lose)),
        (_("Cost of a member who gains"), lambda t: _share(t.people.gained, t.people.gain),
         lambda t: words.money(_share(t.people.gained, t.people.gain))),
        (_("Largest winner"), _largest, lambda t: words.money(_largest(t))),
        (_("Cost of a touched receipt"), lambda t: _share(t.all.cost, t.all.touched),
         lambda t: words.money(_share(t.all.cost, t.all.touched))),
    ]  # fmt: skip
    rows = []
    for label, measure, write in figures:
        most = max((abs(measure(tally)) for tally in tallies), default=ZERO)
        cells = [(write(tally), round(abs(measure(tally)) * 100 / most) if most else 0) for tally in tallies]
        rows.append((label, cells))
    names: dict[int, str] = {one["campaign"]: one["name"] for b in backtests for one in b.tried}
    tried = []
    for key, name in names.items():
        given = [tally.tried.get(key) for tally in tallies]
        tried.append((name, [words.money(one.points + one.discount) if one else "–" for one in given]))
    heads = [(one, words.period(one.begins, one.ends)) for one in backtests]
    return Comparison(heads, rows, tried, _payers(backtests))


def _payers(backtests: list[Backtest]) -> list[tuple[str, list[str]]]:
    """Who would have paid how much, money, in each of the backtests."""
    columns: list[dict[str, str]] = []
    for one in backtests:
        tally = tally_of(one)
        shares = share_out(tally, payers.directory(one.programme_id)) if tally is not None else []
        columns.append({share.name: share.cost for share in shares})
    names = dict.fromkeys(name for column in columns for name in column)
    return [(name, [column.get(name, "–") for column in columns]) for name in names]


def _share(part: Decimal | int, whole: Decimal | int) -> Decimal:
    return Decimal(part) / Decimal(whole) if whole else ZERO


def _largest(tally: Tally) -> Decimal:
    return tally.people.winners[0].value if tally.people.winners else ZERO
