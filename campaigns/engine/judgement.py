"""Who gives what to a basket: every campaign is let in or declined, with its reason.

Discounts come first, then exchanges, then (once it is known what is paid with points) the points, then
what multiplies them. A campaign that does several of these is let in once.
"""

from __future__ import annotations

from campaigns.engine.awards import Award, Sheet
from campaigns.engine.case import Case
from campaigns.engine.cuts import Cuts
from campaigns.engine.discounts import Cut
from campaigns.engine.gates import Reason
from campaigns.engine.limits import find_money, find_room
from campaigns.engine.machine import Campaign, Machine
from campaigns.engine.outcome import ZERO, Args, Because, Declined, Progress
from campaigns.engine.promises import open_key
from campaigns.engine.scopes import RECEIPT
from campaigns.engine.stacking import Entry, choose


class Judgement:
    """One basket: who is let in, who gives, what it comes to."""

    def __init__(self, machine: Machine, case: Case) -> None:
        self.machine = machine
        self.case = case
        self.cuts = Cuts(case)
        self.sheet = Sheet(case, machine)
        self.declined: dict[int, Declined] = {}
        self.progress: list[Progress] = []
        self.told: list[Campaign] = []
        self.awards: list[Award] = []
        #: Promises of earlier purchases that this one keeps, and their keys.
        self.kept: list[tuple[Award, str]] = []
        self.traded: list[Campaign] = []
        self._admitted: set[int] = set()

    def cheapen(self) -> None:
        """Take off what campaigns take off: the groups are judged on the basket as it came."""
        candidates: list[tuple[Campaign, list[Cut]]] = []
        for campaign in self.machine.discounters:
            if not self.admit(campaign):
                continue
            self._admitted.add(campaign.number)
            if campaign.card is not None and not self._stamp(campaign):
                continue
            found = self.cuts.find(campaign, self.cuts.left)
            if isinstance(found, list):
                candidates.append((campaign, found))
            else:
                self.decline(campaign, *found)
        entries = [
            Entry(campaign.stacking, sum(cut.cents for cut in cuts), campaign.number)
            for campaign, cuts in candidates
            if campaign.stacking is not None
        ]
        self._choose(entries)
        for campaign, _ in candidates:
            if campaign.number not in self.declined:
                self._cut(campaign)

    def _cut(self, campaign: Campaign) -> None:
        """Take off what a campaign takes off what is left by now, within its limits."""
        room = find_money(campaign.limits, self.case, campaign.id)
        if room.units == 0 and room.reason:
            self.decline(campaign, *room.reason)
            return
        found = self.cuts.find(campaign, self.cuts.left)
        if isinstance(found, list):
            self.cuts.enter(campaign, found, room)
        else:
            self.decline(campaign, *found)

    def keep_promises(self) -> None:
        """Give what earlier purchases promised for this one."""
        if not self.case.is_member:
            return
        for campaign in self.machine.promisers:
            key = open_key(self.case, campaign.id)
            given = campaign.promise.give(self.case.receipt) if key and campaign.promise else None
            if key and given:
                award = Award(campaign, (given,), self.sheet.weights(RECEIPT))
                self.sheet.enter(award)
                self.kept.append((award, key))

    def give(self, campaigns: tuple[Campaign, ...]) -> None:
        """Give the points of campaigns that give some themselves; note those that give or say something else."""
        candidates = []
        for campaign in campaigns:
            if campaign.discounts:
                if campaign.number not in self._admitted:
                    continue
            elif not self.admit(campaign) or (campaign.card is not None and not self._stamp(campaign)):
                continue
            award = self._reckon(campaign) if campaign.effects else None
            if award is not None:
                candidates.append(award)
            elif not campaign.effects or (campaign.sides and self.case.is_member):
                self._tell(campaign)
        self._enter(
            [award for award in candidates if self._fits(award.campaign)] if candidates else candidates
        )

    def boost(self) -> None:
        """Multiply what the other campaigns gave. Every multiplier counts from that, none from another."""
        candidates = []
        for campaign in self.machine.boosters:
            if not self.admit(campaign):
                continue
            if not self.case.is_member:
                self.decline(campaign, "no_member", {})
                continue
            award = self.sheet.boost(campaign)
            if award is None:
                self.decline(campaign, "nothing_to_multiply", {})
            elif self._limit(award):
                candidates.append(award)
        if candidates:
            self._enter([award for award in candidates if self._fits(award.campaign)])

    def _tell(self, campaign: Campaign) -> None:
        """Note a campaign that gives no points, unless nobody can take what it gives or its limits are reached."""
        for_member = campaign.promise or (campaign.sides and campaign.sides.for_member)
        if for_member and not self.case.is_member:
            self.decline(campaign, "no_member", {})
        elif (reason := self.room(campaign)) is not None:
            self.decline(campaign, *reason)
        elif self._fits(campaign):
            self.declined.pop(campaign.number, None)
            self.told.append(campaign)

    def room(self, campaign: Campaign) -> Reason | None:
        """Why a campaign may not give anything more; None when it may."""
        room = find_room(campaign.limits, self.case, campaign.id, self.machine.unit)
        return room.reason if room.units == 0 else None

    def exchange(self, campaign: Campaign, words: Args) -> None:
        """Note an exchange that takes place."""
        self.traded.append(campaign)
        self.sheet.receipt_because.append(Because(campaign.id, campaign.revision, ZERO, "exchange", words))

    def admit(self, campaign: Campaign) -> bool:
        """Whether a campaign is meant for this case; if not, its reason is noted."""
        case = self.case
        for test, declined in campaign.gates:
            if not test(case):
                self.declined[campaign.number] = declined
                return False
        if not case.scopes[campaign.scope]:
            self.declined[campaign.number] = campaign.no_lines
            return False
        if campaign.counters and case.is_member:
            self._count(campaign)
        if campaign.condition is not None:
            reason = campaign.condition(case)
            if reason is not None:
                self.decline(campaign, *reason)
                return False
        return True

    def _count(self, campaign: Campaign) -> None:
        for counter in campaign.counters:
            count, adds = counter.tally(self.case, campaign.id)
            if counter.repeats or count <= counter.goal:
                value, key = counter.value(count, adds), counter.key(self.case)
                self.progress.append(Progress(campaign.id, campaign.revision, value, counter.goal, adds, key))

    def _stamp(self, campaign: Campaign) -> bool:
        """Count the stamps of a campaign's card; an anonymous shopper has none."""
        card, case = campaign.card, self.case
        if card is None or not case.is_member:
            self.decline(campaign, "no_member", {})
            return False
        _, adds = card.stamps(case, campaign.id)
        value = card.value(case, campaign.id)
        self.progress.append(Progress(campaign.id, campaign.revision, value, card.goal, adds))
        return True

    def _reckon(self, campaign: Campaign) -> Award | None:
        """What a campaign gives by itself, within its limits; None when that is nothing."""
        case, weights = self.case, None
        if campaign.full_price and case.discounted:
            weights = self.sheet.full_price(campaign)
            cents = weights[2]
            if not weights[0]:
                self.decline(campaign, "all_discounted", {})
                return None
        else:
            cents = case.receipt if campaign.to_receipt else self.sheet.weights(campaign.scope)[2]
        given = [part for effect in campaign.effects if (part := effect(case, cents))]
        if not given:
            if campaign.card is not None:
                self.decline(campaign, *campaign.card.collected(case, campaign.id))
            else:
                self._refuse(campaign.zero, campaign)
            return None
        if campaign.event is not None:
            given = [part._replace(to_receipt=True) for part in given]
        award = Award(campaign, given, weights)
        if not case.is_member:
            self.decline(campaign, "no_member", {"points": str(self.machine.points[award.units])})
            return None
        return award if self._limit(award) else None

    def _limit(self, award: Award) -> bool:
        """Cut an award to its limits; False, with the reason noted, when they leave nothing."""
        campaign = award.campaign
        if campaign.limits:
            room = find_room(campaign.limits, self.case, campaign.id, self.machine.unit)
            if room.units == 0 and room.reason:
                self.decline(campaign, *room.reason)
                return False
            award.limit(room)
        return True

    def _fits(self, campaign: Campaign) -> bool:
        """Whether a campaign may join what its group has given already: an exclusive one stays alone."""
        stacking = campaign.stacking
        if stacking is None:
            return True
        for other in (*(pair[0] for pair in self.cuts.campaigns), *(award.campaign for award in self.awards)):
            theirs = other.stacking
            if other is not campaign and theirs and theirs.group == stacking.group and (
                "exclusive" in (theirs.mode, stacking.mode)
            ):  # fmt: skip
                self.decline(campaign, "excluded_by", _named(other))
                return False
        return True

    def _enter(self, candidates: list[Award]) -> None:
        """Give the awards that their groups let through."""
        entries = [
            Entry(award.campaign.stacking, award.units, award.campaign.number)
            for award in candidates
            if award.campaign.stacking is not None
        ]
        losers = self._choose(entries)
        for award in candidates:
            if award.campaign.number not in losers:
                self.declined.pop(award.campaign.number, None)
                self.sheet.enter(award)
                self.awards.append(award)

    def _choose(self, entries: list[Entry]) -> set[int]:
        """Decline those who lose in their groups; their numbers."""
        campaigns, losers = self.machine.campaigns, set()
        for loser in choose(entries) if len(entries) > 1 else ():
            self.decline(campaigns[loser.number], loser.code, _named(campaigns[loser.winner]))
            losers.add(loser.number)
        return losers

    def decline(self, campaign: Campaign, code: str, args: Args) -> None:
        """Note why a campaign gives nothing."""
        self._refuse(Declined(campaign.id, campaign.revision, code, args), campaign)

    def _refuse(self, declined: Declined, campaign: Campaign) -> None:
        """A campaign that took money off is not declined, whatever becomes of its points."""
        if not self.cuts.campaigns or all(other is not campaign for other, _ in self.cuts.campaigns):
            self.declined[campaign.number] = declined


def _named(campaign: Campaign) -> Args:
    return {"campaign": campaign.name, "campaign_id": str(campaign.id)}
