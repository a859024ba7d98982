"""What own events of members rest on: the purchases that caused them, as far as these stand.

Whoever buys may reach a tier, and be rewarded for it; whoever stays away after a purchase may be won back. When
goods come back, such an event is told anew from the purchases that remain, as if the others had never been:
it stands, or says another tier, or nothing of it is left. docs/algorithms/own-events.md says it in prose.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from analytics import stored_facts
from campaigns.models import EventReward
from loyalty.ledger import provenance
from loyalty.models import Holder, Receipt, Return
from loyalty.rules import rises
from loyalty.rules.rises import Rise
from loyalty.rules.tiers import Bought, Ladder
from loyalty.shops.places import Scheme
from loyalty.tiers import ladders
from members.models import Event
from members.timeline.events import EventRow

REACHED, DORMANT = "tier.reached", "member.dormant"
#: Events of a member that purchases of the same member cause.
KINDS = (REACHED, DORMANT)


class Ground(NamedTuple):
    """Whether an event stands, and what it says now where that is not what it said."""

    stands: bool = True
    says: dict[str, Any] | None = None


GONE = Ground(stands=False)
AS_IT_WAS = Ground()


class _Told(NamedTuple):
    """An event that told of a tier, with the ladder it is judged by and the rises that there are on it."""

    id: UUID
    tier: str
    receipt_id: UUID | None
    recorded_at: datetime
    ladder: Ladder
    rises: Sequence[Rise]

    @property
    def level(self) -> int:
        """The level of its tier; above all for one that is not on the ladder."""
        steps = self.ladder.steps
        return next((number for number, step in enumerate(steps) if step.code == self.tier), len(steps))


def rewards(member_id: UUID, programme_id: int) -> list[EventReward]:
    """What was given to a member for events that rest on purchases. Runs under the lock of the member's account."""
    found = EventReward.objects.filter(
        programme_id=programme_id, event__member_id=member_id, event__kind__in=KINDS, rulebook__isnull=False
    )
    return list(found.select_related("event__member").order_by("event__recorded_at", "event_id"))


def accounts(receipt: Receipt) -> set[UUID]:
    """The accounts that a return of a purchase may write to: of the purchase, and of what rests on it."""
    found = {receipt.account_id} if receipt.account_id else set()
    member, programme_id = receipt.member, receipt.programme_id
    given = rewards(member.id, programme_id) if member is not None else []
    if member is not None and given:
        both = [member.id, *([member.referred_by_id] if member.referred_by_id else [])]
        held = Holder.objects.filter(member_id__in=both, programme_id=programme_id)
        found.update(held.values_list("account_id", flat=True))
        for reward in given:
            found.update(provenance.accounts_given(f"event:{reward.event_id}:").values())
    return found


def ladder_of(event: Event | EventRow, scheme: Scheme) -> Any:
    """The tiers by which an event is told anew, as a document; None for an event that tells of none."""
    return ladders.dump(scheme.ladder) if event.kind == REACHED else None


def of_event(event: Event | EventRow, member_id: UUID, scheme: Scheme) -> Ground:
    """What stands of an event that is to be rewarded now. Runs under the lock of the member's account.

    Told anew only if something came back since it happened: nearly always it stands as it was.
    """
    if event.kind not in KINDS or event.data.get("why") == "hand":
        return AS_IT_WAS
    back = Return.objects.filter(
        receipt__member_id=member_id, receipt__programme_id=scheme.id, recorded_at__gte=event.recorded_at
    )
    if not back.exists():
        return AS_IT_WAS
    bought = stored_facts.read_bought([member_id], scheme.id)[member_id]
    return settled(member_id, scheme, bought).get(event.id, AS_IT_WAS)


def settled(member_id: UUID, scheme: Scheme, bought: Sequence[Bought]) -> dict[UUID, Ground]:
    """What stands of all events of a member in a programme that rest on purchases, if these are all there are.

    A function of the events and the purchases alone, so it does not matter in which order goods came back.
    """
    told = Event.objects.filter(member_id=member_id, kind__in=KINDS, data__programme=scheme.code)
    happened = list(told.order_by("recorded_at", "id"))
    found = _absences([event for event in happened if event.kind == DORMANT], scheme, bought)
    reached = [event for event in happened if event.kind == REACHED and event.data.get("why") != "hand"]
    return found | (_tiers(reached, scheme, bought) if reached else {})


def _tiers(reached: Sequence[Event], scheme: Scheme, bought: Sequence[Bought]) -> dict[UUID, Ground]:
    """Events of tiers: each by the ladder it was judged by; a rise is told by one event."""
    kept = EventReward.objects.filter(programme_id=scheme.id, event_id__in=[one.id for one in reached])
    documents = dict(kept.exclude(ladder=None).values_list("event_id", "ladder"))
    today = ladders.dump(scheme.ladder)
    known: dict[str, tuple[Ladder, list[Rise]]] = {}
    told = []
    for event in reached:
        document = documents.get(event.id, today)
        name = json.dumps(document, sort_keys=True)
        if name not in known:
            ladder = ladders.load(document)
            known[name] = ladder, rises.read(ladder, bought)
        told.append(_read(event, *known[name]))
    matched = _match(told)
    return {one.id: _said(one, matched.get(one.id)) for one in told}


def _read(event: Event, ladder: Ladder, found: list[Rise]) -> _Told:
    receipt = event.data.get("receipt")
    tier = event.data.get("tier", "")
    return _Told(event.id, tier, UUID(receipt) if receipt else None, event.recorded_at, ladder, found)


def _match(told: Sequence[_Told]) -> dict[UUID, Rise]:
    """Which rise each event tells of: that of its own purchase; else one that no other tells of, of the same tier
    if there is one, by a purchase that was not made before. The latest event comes first: what went stays away."""
    receipts = {rise.receipt_id for one in told for rise in one.rises}
    when = dict(Receipt.objects.filter(id__in=receipts).values_list("id", "recorded_at"))

    def own(one: _Told, rise: Rise) -> bool:
        return rise.receipt_id == one.receipt_id

    def later(one: _Told, rise: Rise) -> bool:
        return one.receipt_id is None or when[rise.receipt_id] >= one.recorded_at

    def same(one: _Told, rise: Rise) -> bool:
        return later(one, rise) and rise.level == one.level

    found: dict[UUID, Rise] = {}
    taken: set[tuple[object, UUID]] = set()
    tests: tuple[Callable[[_Told, Rise], bool], ...] = (own, same, later)
    for test in tests:
        for one in (one for one in reversed(told) if one.id not in found):
            # a changed ladder may lift again whom a purchase has lifted on the one before
            where = one.ladder if one.receipt_id is None else None
            free = (rise for rise in one.rises if (where, rise.receipt_id) not in taken and test(one, rise))
            rise = next(free, None)
            if rise is not None:
                found[one.id] = rise
                taken.add((where, rise.receipt_id))
    return found


def _said(one: _Told, rise: Rise | None) -> Ground:
    """What an event says of the rise that it tells of now; who stands on the lowest step needs none."""
    if rise is None:
        return AS_IT_WAS if one.level <= one.ladder.level(rises.ZERO) else GONE
    tier, was = one.ladder.step(rise.level), one.ladder.step(rise.was)
    if tier is None or tier.code == one.tier:
        return AS_IT_WAS
    return Ground(says={"tier": tier.code, "was": was.code if was else ""})


def _absences(happened: Sequence[Event], scheme: Scheme, bought: Iterable[Bought]) -> dict[UUID, Ground]:
    """Events of absences: each since the last purchase before it that stands, and each such absence once."""
    days = sorted({one.at.astimezone(scheme.zone).date() for one in bought})
    since: Mapping[UUID, date] = {event.id: date.fromisoformat(event.data["since"]) for event in happened}
    found: dict[UUID, Ground] = {}
    counted: set[tuple[int, date]] = set()
    for own in (True, False):
        for event in happened:
            last = max((day for day in days if day <= since[event.id]), default=None)
            if event.id in found or last is None or (own and last != since[event.id]):
                continue
            name = (event.data["days"], last)
            if name not in counted:
                counted.add(name)
                found[event.id] = AS_IT_WAS
    return {event.id: found.get(event.id, GONE) for event in happened}
