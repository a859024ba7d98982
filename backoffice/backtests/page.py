"""A backtest's result as its page tells it: the answer first, then what it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from backoffice.backtests import answer, moved, parts, words
from backoffice.backtests.answer import Fact
from backoffice.backtests.parts import Table
from backoffice.backtests.payers import Share, share_out
from campaigns import funding
from campaigns.backtest import adding_up
from campaigns.backtest.adding_up import Tally, Tried
from campaigns.models import Backtest, Campaign
from loyalty.shops import payers

_BOOSTS = [{"effect": "multiplier"}]


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
    page.growth, page.margin = answer.growth_to_pay(tally.all), words.percent(answer.MARGIN, 1)
    page.sentences = list(answer.sentences(tally, page.currency))
    page.facts = list(answer.facts(tally, page.currency))
    page.chart = parts.chart(tally)
    page.gains = parts.gains(tally)
    page.tables = parts.tables(tally, backtest.programme_id)
    known = payers.directory(backtest.programme_id)
    page.payers = share_out(tally, known)
    page.tried = [
        moved.of_tried(one, tally.tried.get(one["campaign"], Tried()), tally, campaigns)
        | {"payer": known.name(funding.named(one["definition"]))}
        for one in backtest.tried
    ]
    page.live = [
        moved.of_live(key, one, campaigns, key in boosters)
        for key, one in sorted(tally.live.items(), key=lambda pair: moved.distance(pair[1]), reverse=True)
        if one.is_moved
    ]
    page.winners = moved.winners(tally, names)
    top = sum((one.value for one in tally.people.winners), Decimal(0))
    page.winners_share = words.percent(top, tally.people.gained)
    page.misses = moved.misses(backtest, tally, campaigns)
    return page
