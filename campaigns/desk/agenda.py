"""A programme's campaigns over time: when each is or would be in force, in which state, and where they meet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min, OuterRef, Q, Subquery

from campaigns.desk import overlaps, states
from campaigns.desk.overlaps import Entry, Meeting
from campaigns.desk.states import State
from campaigns.models import Campaign, Revision
from campaigns.words.shape import readable
from loyalty.models import Category, Programme

#: Campaigns that are or will be in force.
COMING = (State.LIVE, State.SCHEDULED)


@dataclass(frozen=True, slots=True)
class Plan:
    """A campaign in the agenda. Its entry holds what is in force, or the draft where nothing is yet."""

    campaign: Campaign
    state: State
    entry: Entry


def read(programme: Programme, now: datetime) -> list[Plan]:
    """The campaigns of a programme that are not archived, by their beginning."""
    newest = Revision.objects.filter(campaign=OuterRef("pk")).order_by("-number")
    stops = Q(event__status__in=(Campaign.Status.PAUSED, Campaign.Status.ENDED))
    campaigns: Any = states.annotate(Campaign.objects.filter(programme=programme), now)
    rows = campaigns.exclude(state=State.ARCHIVED).annotate(
        in_force=Subquery(newest.values("definition")[:1]),
        began=Min("revisions__published_at"),
        stopped=Max("event__pgh_created_at", filter=stops),
    )
    plans = [_plan(row, now) for row in rows]
    return sorted(
        plans, key=lambda plan: (plan.entry.opens is not None, plan.entry.opens, plan.campaign.name)
    )


def _plan(row: Any, now: datetime) -> Plan:
    state = State(row.state)
    published = state in (State.LIVE, State.SCHEDULED, State.PAUSED, State.ENDED)
    document = row.in_force if published and row.in_force is not None else readable(row.draft)
    when = document.get("when", {})
    opens, closes = _moment(when.get("from")), _moment(when.get("until"))
    opens = max(filter(None, (opens, row.began if published else now)), default=None)
    if row.status in (Campaign.Status.PAUSED, Campaign.Status.ENDED) and row.stopped is not None:
        closes = min(filter(None, (closes, row.stopped)), default=None)
    return Plan(row, state, Entry(row.pk, row.name, document, opens, closes))


def entry_of(number: int, name: str, document: Mapping[str, Any], now: datetime) -> Entry:
    """The entry of a definition that is in force from ``now`` on, within its own window."""
    when = document.get("when", {})
    return Entry(number, name, document, _moment(when.get("from")) or now, _moment(when.get("until")))


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else None


def ancestors() -> overlaps.Ancestors:
    """The codes of a category and all above it, for whoever asks many times."""
    paths = dict(Category.objects.values_list("code", "path"))
    return lambda code: paths.get(code) or (code,)


def meetings(plans: Iterable[Plan]) -> list[Meeting]:
    """Where the campaigns of an agenda meet that are not over, in a way that may surprise."""
    entries = [plan.entry for plan in plans if plan.state != State.ENDED]
    return list(overlaps.find(entries, ancestors()))


def meetings_of(document: Mapping[str, Any], campaign: Campaign, now: datetime) -> list[Meeting]:
    """Where a definition of this campaign would meet what is live or scheduled; it stands first in each."""
    mine = entry_of(campaign.pk or 0, campaign.name, document, now)
    others = [
        plan.entry
        for plan in read(campaign.programme, now)
        if plan.state in COMING and plan.campaign.pk != campaign.pk
    ]
    above = ancestors()
    return [
        Meeting(mine, other, kind)
        for other in others
        if (kind := overlaps.kind_of(document, other.document)) and overlaps.may_meet(mine, other, above)
    ]
