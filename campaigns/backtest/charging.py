"""Charging: what a trial changes for those who pay, receipt by receipt."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from campaigns import funding
from campaigns.backtest.adding_up import Adder, Paid
from campaigns.backtest.judging import Judged
from campaigns.engine.rulebook import Rulebook

ZERO = Decimal(0)


class Charger:
    """Counts in an adder's tally what each payer pays more, or less. Payers are called what campaigns call them."""

    def __init__(self, adder: Adder) -> None:
        self._adder = adder
        self._known: dict[int, Mapping[int, str]] = {}

    def note(self, judged: Judged) -> None:
        """Count a receipt; one on which nothing differs, its payers neither, costs nobody more or less."""
        if judged.before == judged.after and self._payers_of(judged.book) == self._payers_of(judged.was):
            return
        points: dict[str, Decimal] = {}
        money: dict[str, Decimal] = {}
        for verdict, book, sign in ((judged.after, judged.book, 1), (judged.before, judged.was, -1)):
            payers = self._payers_of(book)
            for table, sums in (
                (verdict.points, points),
                (verdict.shared, points),
                (verdict.discounts, money),
            ):
                for campaign_id, amount in table.items():
                    name = payers.get(campaign_id, "")
                    sums[name] = sums.get(name, ZERO) + sign * amount
        for name in {**points, **money}:
            self._charge(judged, name, points.get(name, ZERO), money.get(name, ZERO))

    def _charge(self, judged: Judged, name: str, points: Decimal, money: Decimal) -> None:
        if not points and not money:
            return
        table = self._adder.tally.by_payer
        paid = table.get(name)
        if paid is None:
            paid = table[name] = Paid()
        paid.receipts += 1
        paid.points += points
        paid.discount += money
        paid.worth += points * self._adder.value_of(judged)

    def _payers_of(self, book: Rulebook) -> Mapping[int, str]:
        """What the campaigns of a rulebook call their payers, by their ids; only of those that name one."""
        key = id(book)
        if key not in self._known:
            told = ((one.campaign_id, funding.named(one.definition.document)) for one in book.campaigns)
            self._known[key] = {campaign_id: name for campaign_id, name in told if name}
        return self._known[key]
