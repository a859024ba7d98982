"""Stamp cards that a member is filling: how many stamps there are, of how many, and by when."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from campaigns import rulebooks
from campaigns.engine.counters import PROGRESS
from campaigns.models import Usage


class Filling(NamedTuple):
    """A card begun: ``value`` of ``goal`` stamps, until a moment or without an end. ``rounds`` are full already."""

    campaign: str
    value: int
    goal: int
    rounds: int
    until: datetime | None


def begun(member_id: UUID, programme_id: int, now: datetime) -> list[Filling]:
    """The cards of campaigns that run now on which the member has stamps, the fullest first. Two statements."""
    rules = rulebooks.in_force(programme_id, now)
    if rules is None:
        return []
    cards = {one.id: one.card for one in rules.engine.machine.campaigns if one.card is not None}
    if not cards:
        return []
    ends = {
        one.campaign_id: _end(one.definition.questions.when.until)
        for one in rules.engine.campaigns
        if one.campaign_id in cards
    }
    kept = Usage.objects.filter(member_id=member_id, campaign_id__in=list(cards), period=PROGRESS)
    found = []
    for campaign_id, times in kept.values_list("campaign_id", "times"):
        goal, until = cards[campaign_id].goal, ends[campaign_id]
        if times % goal and (until is None or until > now):
            name = rules.names[campaign_id]
            found.append(Filling(name, times % goal, goal, times // goal, until))
    return sorted(found, key=lambda card: (-card.value / card.goal, card.campaign))


def _end(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
