"""A backtest's result as its page tells it: the answer first, then what it is made of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from analytics.models import Segment
from backoffice.backtests import words
from backoffice.backtests.payers import Share, share_out
from campaigns import funding
from campaigns.backtest import adding_up
from campaigns.backtest.adding_up import GAINS, Live, Sums, Tally, Tried
from campaigns.models import Backtest, Campaign
from loyalty.models import Store, Tier
from loyalty.shops import payers
from members.models import Member

ZERO = Decimal(0)
#: Rows of a table before the rest is folded away.
SHOWN = 12
_LEGIBLE = 120
#: What is left of sales after what the goods cost, for a first idea of whether a campaign pays for itself.
MARGIN = Decimal("0.30")
_BOOSTS = [{"effect": "multiplier"}]


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


@dataclass(slots=True)
class Fact:
    """A figure of the page: what it is, the figure, and a line below it."""

    label: str
    figure: str
    note: str = ""


@dataclass(slots=True)
class Page:
    """Everything the page shows."""

    tally: Tally
    currency: str
    #: By what share touched receipts must grow to pay for it, and with which margin.
    growth: Decimal | None = None
    margin: str = ""
    sentences: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    chart: dict[str, str] = field(default_factory=dict)
    gains: list[tuple[str, int, int]] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    payers: list[Share] = field(default_factory=list)
    tried: list[dict[str, Any]] = field(default_factory=list)
    live: list[dict[str, Any]] = field(default_factory=list)
    winners: list[dict[str, Any]] = field(default_factory=list)
    winners_share: str = ""
    misses: list[dict[str, Any]] = field(default_factory=list)


def tally_of(backtest: Backtest) -> Tally | None:
    """The result of a backtest, read once."""
    if backtest.result is None:
        return None
    if not hasattr(backtest, "_tally"):
        backtest._tally = adding_up.load(backtest.result)  # type: ignore[attr-defined]
    return backtest._tally  # type: ignore[attr-defined]


def read(backtest: Backtest, *, names: bool) -> Page | None:
    """The page of a backtest, None before it is done. ``names``: whether members may be named."""
    tally = tally_of(backtest)
    if tally is None:
        return None
    campaigns = dict(Campaign.objects.values_list("id", "name"))
    campaigns |= {one["campaign"]: one["name"] for one in backtest.tried}
    boosters = set(Campaign.objects.filter(draft__what__contains=_BOOSTS).values_list("id", flat=True))
    page = Page(tally, backtest.programme.currency)
    page.growth, page.margin = growth_to_pay(tally.all), words.percent(MARGIN, 1)
    page.sentences = list(_answer(tally, page.currency))
    page.facts = list(_facts(tally, page.currency))
    page.chart = _draw(tally)
    page.gains = _gains(tally)
    page.tables = _tables(tally, backtest.programme_id)
    known = payers.directory(backtest.programme_id)
    page.payers = share_out(tally, known)
    page.tried = [
        _tried(one, tally.tried.get(one["campaign"], Tried()), tally, campaigns)
        | {"payer": known.name(funding.named(one["definition"]))}
        for one in backtest.tried
    ]
    page.live = [
        _live(key, one, campaigns, key in boosters)
        for key, one in sorted(tally.live.items(), key=lambda pair: _moved(pair[1]), reverse=True)
        if one.is_moved
    ]
    page.winners = _winners(tally, names)
    top = sum((one.value for one in tally.people.winners), ZERO)
    page.winners_share = words.percent(top, tally.people.gained)
    page.misses = _misses(backtest, tally, campaigns)
    return page


def _answer(tally: Tally, currency: str) -> Iterable[str]:
    """What the manager asked: what it would have cost, whom it would have served, who gains most."""
    all_, people = tally.all, tally.people
    if not all_.receipts:
        yield _("There is no receipt in this period.")
        return
    if not all_.touched:
        yield _("Nothing would have changed: no receipt of the period would have earned from it.")
        return
    figures = {"cost": words.money(abs(all_.cost)), "currency": currency}
    if all_.cost >= 0:
        yield _("It would have cost %(cost)s %(currency)s") % figures + _of_what(all_)
    else:
        yield _("It would have saved %(cost)s %(currency)s") % figures + _of_what(all_)
    if (growth := growth_to_pay(all_)) is not None:
        yield _(
            "With a margin of %(margin)s it pays for itself once the receipts it touches grow by %(growth)s."
        ) % {"growth": words.percent(growth, 1), "margin": words.percent(MARGIN, 1)}
    yield _("%(share)s of the members who bought would have gained, on %(receipts)s of the receipts.") % {
        "share": words.percent(people.gain, people.members),
        "receipts": words.percent(all_.touched, all_.receipts),
    }
    if people.lose:
        yield ngettext(
            "%(n)s member would have lost.", "%(n)s members would have lost.", people.lose
        ) % {"n": words.count(people.lose)}  # fmt: skip
    if people.winners:
        yield _("The largest winner would have gained %(value)s %(currency)s.") % {
            "value": words.money(people.winners[0].value),
            "currency": currency,
        }


def growth_to_pay(all_: Sums) -> Decimal | None:
    """By what share the touched receipts must grow for their margin to pay the cost; None where nothing is to pay."""
    if all_.cost <= 0 or all_.touched_sales <= 0:
        return None
    return all_.cost / (all_.touched_sales * MARGIN)


def _of_what(all_: Sums) -> str:
    """In points or discounts, and how that compares with what was sold."""
    kinds = [_("points")] if all_.points else []
    kinds += [_("discounts")] if all_.discount else []
    return " " + _(
        "in %(kinds)s: %(share)s of the sales of the receipts it touches, %(whole)s of all sales."
    ) % {
        "kinds": _(" and ").join(kinds) or _("points"),
        "share": words.percent(abs(all_.cost), all_.touched_sales),
        "whole": words.percent(abs(all_.cost), all_.sales),
    }


def _facts(tally: Tally, currency: str) -> Iterable[Fact]:
    all_, people = tally.all, tally.people
    yield Fact(
        _("Extra points"),
        words.money(all_.points),
        _("worth %(money)s %(currency)s, if all are spent")
        % {"money": words.money(all_.worth), "currency": currency},
    )
    yield Fact(_("Extra discounts"), words.money(all_.discount), currency)
    yield Fact(
        _("Receipts touched"),
        words.percent(all_.touched, all_.receipts),
        _("%(some)s of %(all)s") % {"some": words.count(all_.touched), "all": words.count(all_.receipts)},
    )
    yield Fact(
        _("Members who gain"),
        words.percent(people.gain, people.members),
        _("%(some)s of %(all)s") % {"some": words.count(people.gain), "all": words.count(people.members)},
    )
    if all_.touched:
        yield Fact(
            _("Cost of a touched receipt"),
            words.money(all_.cost / all_.touched),
            _("of %(sales)s %(currency)s on average")
            % {"sales": words.money(all_.touched_sales / all_.touched), "currency": currency},
        )
    yield Fact(
        _("Points without it"),
        words.money(all_.points_before),
        _("with it %(share)s more") % {"share": words.percent(all_.points, all_.points_before)},
    )


def _draw(tally: Tally) -> dict[str, str]:
    """The chart of the cost by day; of long periods by week."""
    days = {date.fromisoformat(day): sums.cost for day, sums in sorted(tally.by_day.items())}
    label = _("cost by day")
    if len(days) > _LEGIBLE:
        weeks: dict[date, Decimal] = {}
        for day, cost in days.items():
            monday = date.fromordinal(day.toordinal() - day.weekday())
            weeks[monday] = weeks.get(monday, ZERO) + cost
        days, label = weeks, _("cost by week")
    bars = [float(round(cost, 2)) for cost in days.values()]
    return {
        "label": label,
        "data": json.dumps(
            {
                "labels": [date_format(day, "j M") for day in days],
                "datasets": [{"label": label, "data": bars, "backgroundColor": "var(--color-primary-600)"}],
            }
        ),
        "options": json.dumps(
            {
                "locale": get_language(),
                "animation": False,
                "maintainAspectRatio": False,
                "plugins": {"legend": {"display": False}},
                "scales": {
                    "x": {"grid": {"display": False}},
                    "y": {"beginAtZero": True, "ticks": {"display": True}},
                },
            }
        ),
    }


def _gains(tally: Tally) -> list[tuple[str, int, int]]:
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


def _tables(tally: Tally, programme_id: int) -> list[Table]:
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


def _tried(one: Mapping[str, Any], told: Tried, tally: Tally, campaigns: Mapping[int, str]) -> dict[str, Any]:
    """What a tried campaign gave, and why it mostly did not."""
    whys = sorted(told.declined.items(), key=lambda pair: -pair[1])[:3]
    return {
        "id": one["campaign"],
        "name": one["name"],
        "receipts": words.count(told.receipts),
        "share": words.percent(told.receipts, tally.all.receipts),
        "members": words.count(told.members),
        "points": words.money(told.points),
        "discount": words.money(told.discount),
        "why_not": [(words.why_not(code), words.percent(n, tally.all.receipts)) for code, n in whys],
        "beaten_by": [
            (campaigns.get(rival, str(rival)), words.count(n))
            for rival, n in sorted(told.beaten_by.items(), key=lambda pair: -pair[1])
        ],
    }


def _moved(one: Live) -> Decimal:
    return abs(one.points - one.points_before) + abs(one.discount - one.discount_before)


def _live(key: int, one: Live, campaigns: Mapping[int, str], boosts: bool) -> dict[str, Any]:
    """What becomes of a live campaign."""
    points, discount = one.points - one.points_before, one.discount - one.discount_before
    whys = []
    for why, n in sorted(one.because.items(), key=lambda pair: -pair[1]):
        code, _colon, rival = why.partition(":")
        text = words.why_not("boosts" if boosts and code == "otherwise" else code)
        if rival:
            text = f"{text}: “{campaigns.get(int(rival), rival)}”"
        whys.append((text, words.count(n)))
    return {
        "id": key,
        "name": campaigns.get(key, str(key)),
        "points": words.signed(points),
        "discount": words.signed(discount) if one.discount or one.discount_before else "",
        "share": words.percent(points, one.points_before) if one.points_before else "",
        "loses": points + discount < 0,
        "lost": words.count(one.lost),
        "less": words.count(one.less),
        "more": words.count(one.more),
        "gained": words.count(one.gained),
        "because": whys,
    }


def _winners(tally: Tally, names: bool) -> list[dict[str, Any]]:
    """The largest winners, with their names for those who may see them."""
    ids = [winner.member for winner in tally.people.winners]
    known = {str(member.pk): member for member in Member.objects.filter(pk__in=ids)} if names else {}
    return [
        {
            "member": known.get(winner.member),
            "name": str(known[winner.member]) if winner.member in known else _("member %(n)s") % {"n": place},
            "value": words.money(winner.value),
            "points": words.money(winner.points),
            "discount": words.money(winner.discount),
            "on": ngettext(
                "%(n)s receipt, %(share)s of what they paid",
                "%(n)s receipts, %(share)s of what they paid",
                winner.receipts,
            )
            % {"n": words.count(winner.receipts), "share": words.percent(winner.value, winner.sales)},
        }
        for place, winner in enumerate(tally.people.winners, 1)
    ]


def _misses(backtest: Backtest, tally: Tally, campaigns: Mapping[int, str]) -> list[dict[str, Any]]:
    """What members would have had to do to gain more, campaign by campaign."""
    told = []
    for one in backtest.tried:
        found = tally.misses.get(one["campaign"], {})
        kinds = [
            {
                "text": words.miss(kind, miss, backtest.programme.currency),
                "points": words.money(miss.points) if miss.points else "",
                "discount": words.money(miss.discount) if miss.discount else "",
                "worth": miss.points + miss.discount,
            }
            for kind, miss in found.items()
            if miss.receipts
        ]
        if kinds:
            kinds.sort(key=lambda kind: -kind["worth"])  # type: ignore[operator]
            told.append({"name": one["name"], "kinds": kinds})
    return told
