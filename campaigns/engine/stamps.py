"""Stamps: receipts or pieces that a campaign counts, and the reward of every so many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from campaigns.engine.case import Case, plain
from campaigns.engine.effects import Effect, Given, Unit
from campaigns.engine.gates import Reason
from campaigns.engine.pieces import whole_pieces


class StampCard(NamedTuple):
    """A campaign's stamp card: ``goal`` stamps are one round. ``per_piece`` stamps each piece of the scope."""

    goal: int
    per_piece: bool
    scope: int
    reward: Mapping[str, Any]

    def stamps(self, case: Case, campaign_id: int) -> tuple[int, int]:
        """Stamps before this receipt, and those that it adds."""
        adds = 1
        if self.per_piece:
            adds = sum(whole_pieces(case.lines[index].quantity) for index in case.scopes[self.scope])
        return case.progress.get(campaign_id, 0), adds

    def rounds(self, case: Case, campaign_id: int) -> int:
        """How many rounds are completed by this receipt."""
        before, adds = self.stamps(case, campaign_id)
        return (before + adds) // self.goal - before // self.goal

    def value(self, case: Case, campaign_id: int) -> int:
        """Stamps of the round that is being collected, this receipt included; a full one on completing it."""
        before, adds = self.stamps(case, campaign_id)
        return (before + adds) % self.goal or (self.goal if adds else 0)

    def collected(self, case: Case, campaign_id: int) -> Reason:
        """That the receipt brings stamps, and not yet the reward."""
        return "stamp_collected", {"value": str(self.value(case, campaign_id)), "goal": str(self.goal)}


def points_of(card: StampCard, campaign_id: int, unit: Unit) -> Effect:
    """The effect that gives points for every completed round."""
    units = unit.units(card.reward["points"])
    words = {"goal": str(card.goal), "points": plain(card.reward["points"])}

    def give(case: Case, _: Sequence[int], __: int) -> Given | None:
        rounds = card.rounds(case, campaign_id)
        if not rounds or not units:
            return None
        return Given(units * rounds, "stamps", {**words, "rounds": str(rounds)}, True)

    return give
