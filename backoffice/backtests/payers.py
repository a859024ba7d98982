"""Who would have paid for what a backtest tried."""

from __future__ import annotations

from dataclasses import dataclass

from backoffice.backtests import words
from campaigns.backtest.adding_up import Paid, Tally
from loyalty.models import Payer
from loyalty.shops import payers


@dataclass(slots=True)
class Share:
    """What the trial changes for one payer."""

    name: str
    paid: Paid
    payer: Payer | None

    @property
    def points(self) -> str:
        """Extra points."""
        return words.signed(self.paid.points)

    @property
    def discount(self) -> str:
        """Extra money off."""
        return words.signed(self.paid.discount)

    @property
    def cost(self) -> str:
        """Both, in money."""
        return words.signed(self.paid.cost)


def share_out(tally: Tally, known: payers.Directory) -> list[Share]:
    """What each payer would pay, the dearest first; spellings of one payer are one."""
    found: dict[str, Share] = {}
    for text, paid in tally.by_payer.items():
        code = known.code(text)
        share = found.setdefault(code, Share(known.name(text), Paid(), known.find(text)))
        for name in Paid.__struct_fields__:
            setattr(share.paid, name, getattr(share.paid, name) + getattr(paid, name))
    return sorted(found.values(), key=lambda share: (-share.paid.cost, share.name))
