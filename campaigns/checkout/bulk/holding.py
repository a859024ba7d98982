"""The holds of a replay: whose time is over is let go of before the next receipt is judged, as at a till."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from campaigns.checkout import holds, returns
from campaigns.checkout.bulk.buyers import Buyer
from campaigns.checkout.bulk.chunk import Candidate
from campaigns.checkout.decision import Decision
from campaigns.checkout.situation import Situation
from loyalty.models import Receipt


class Holds:
    """The held purchases whose time may be over before some receipts, and those that are to be let go next.

    Of a ``dry`` replay they are those that it made up itself, and they are let go of in memory.
    """

    def __init__(self, *, dry: bool) -> None:
        self._dry = dry
        self._held: dict[UUID, tuple[int, datetime]] = {}
        self._made: dict[UUID, tuple[Decision, Buyer | None, Situation]] = {}
        self._over: list[UUID] = []
        self._at: datetime | None = None
        self._tried: set[UUID] = set()

    def read(self, candidates: Sequence[Candidate]) -> None:
        """Read those of the candidates' programmes that end before the last of them."""
        self._over = []
        if self._dry or not candidates:
            return
        last = max(candidate.sale.purchased_at for candidate in candidates)
        programmes = {candidate.scheme.id for candidate in candidates}
        found = Receipt.objects.filter(
            status=Receipt.Status.HELD, hold_until__lt=last, programme_id__in=programmes
        )
        self._held = {
            one: (programme, until)
            for one, programme, until in found.values_list("id", "programme_id", "hold_until")
            if until is not None
        }

    def note(self, decided: Decision, buyer: Buyer | None, found: Situation) -> None:
        """Take in a purchase that was just decided."""
        receipt = decided.receipt
        if receipt["status"] != "held":
            return
        self._held[receipt["id"]] = receipt["programme_id"], receipt["hold_until"]
        if self._dry:
            self._made[receipt["id"]] = decided, buyer, found

    def end_before(self, candidate: Candidate) -> bool:
        """Whether some of its programme end before a sale; they are then the ones to be let go."""
        self._at = candidate.sale.purchased_at
        over = [
            (until, one)
            for one, (programme, until) in self._held.items()
            if until < self._at and programme == candidate.scheme.id and one not in self._tried
        ]
        self._over = [one for _, one in sorted(over)]
        return bool(over)

    def let_go(self) -> None:
        """Let go of what has ended, as of the sale that it ended before, each once."""
        over, at, self._over = self._over, self._at, []
        self._tried.update(over)
        if at is None or not over:
            return
        if not self._dry:
            holds.let_go(over, at)
            return
        for one in over:
            decided, buyer, found = self._made.pop(one)
            if buyer is not None:
                grace = returns.grace_until(found.scheme, found.rules, at)
                buyer.let_go(decided, at, grace, found.rules.engine.terms.point_decimals)
