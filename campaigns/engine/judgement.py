"""Who gives points to a basket, and how many: every campaign is let in or declined, with its reason."""

from __future__ import annotations

from campaigns.engine.awards import Award, Sheet
from campaigns.engine.case import Case
from campaigns.engine.limits import find_room
from campaigns.engine.machine import Campaign, Machine
from campaigns.engine.outcome import Args, Declined, Progress
from campaigns.engine.stacking import Entry, choose


class Judgement:
    """The points of one basket: who is let in, who gives, what it comes to."""

    def __init__(self, machine: Machine, case: Case) -> None:
        self.machine = machine
        self.case = case
        self.sheet = Sheet(case, machine)
        self.declined: dict[int, Declined] = {}
        self.progress: list[Progress] = []
        self.told: list[Campaign] = []
        self.awards: list[Award] = []

    def give(self, campaigns: tuple[Campaign, ...]) -> None:
        """Give the points of campaigns that give some themselves; note those that only say something."""
        candidates = []
        for campaign in campaigns:
            if not self._admit(campaign):
                continue
            if campaign.effects:
                award = self._reckon(campaign)
                if award is not None:
                    candidates.append(award)
            else:
                room = find_room(campaign.limits, self.case, campaign.id, self.machine.unit)
                if room.units == 0 and room.reason:
                    self._decline(campaign, *room.reason)
                else:
                    self.told.append(campaign)
        self._enter(candidates)

    def boost(self) -> None:
        """Multiply what the other campaigns gave. Every multiplier counts from that, none from another."""
        candidates = []
        for campaign in self.machine.boosters:
            if not self._admit(campaign):
                continue
            if not self.case.is_member:
                self._decline(campaign, "no_member", {})
                continue
            award = self.sheet.boost(campaign)
            if award is None:
                self._decline(campaign, "nothing_to_multiply", {})
            elif self._limit(award):
                candidates.append(award)
        if candidates:
            self._enter([award for award in candidates if self._fits(award)])

    def _admit(self, campaign: Campaign) -> bool:
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
                self._decline(campaign, *reason)
                return False
        return True

    def _count(self, campaign: Campaign) -> None:
        for counter in campaign.counters:
            count, adds = counter.tally(self.case, campaign.id)
            if counter.repeats or count <= counter.goal:
                value = counter.value(count, adds)
                self.progress.append(Progress(campaign.id, campaign.revision, value, counter.goal, adds))

    def _reckon(self, campaign: Campaign) -> Award | None:
        """What a campaign gives by itself, within its limits; None when that is nothing."""
        cents = self.case.receipt if campaign.to_receipt else self.sheet.weights(campaign.scope)[2]
        given = [part for effect in campaign.effects if (part := effect(self.case, cents))]
        if not given:
            self.declined[campaign.number] = campaign.zero
            return None
        award = Award(campaign, given)
        if not self.case.is_member:
            self._decline(campaign, "no_member", {"points": str(self.machine.points[award.units])})
            return None
        return award if self._limit(award) else None

    def _limit(self, award: Award) -> bool:
        """Cut an award to its limits; False, with the reason noted, when they leave nothing."""
        campaign = award.campaign
        if campaign.limits:
            room = find_room(campaign.limits, self.case, campaign.id, self.machine.unit)
            if room.units == 0 and room.reason:
                self._decline(campaign, *room.reason)
                return False
            award.limit(room)
        return True

    def _fits(self, award: Award) -> bool:
        """Whether a multiplier may join what its group has given: an exclusive one stays alone."""
        stacking = award.campaign.stacking
        if stacking is None:
            return True
        for other in self.awards:
            theirs = other.campaign.stacking
            if theirs and theirs.group == stacking.group and "exclusive" in (theirs.mode, stacking.mode):
                self._decline(award.campaign, "excluded_by", _named(other.campaign))
                return False
        return True

    def _enter(self, candidates: list[Award]) -> None:
        """Give the awards that their groups let through."""
        entries = [
            Entry(award.campaign.stacking, award.units, award.campaign.number)
            for award in candidates
            if award.campaign.stacking is not None
        ]
        campaigns = self.machine.campaigns
        for loser in choose(entries) if len(entries) > 1 else ():
            self._decline(campaigns[loser.number], loser.code, _named(campaigns[loser.winner]))
        for award in candidates:
            if award.campaign.number not in self.declined:
                self.sheet.enter(award)
                self.awards.append(award)

    def _decline(self, campaign: Campaign, code: str, args: Args) -> None:
        self.declined[campaign.number] = Declined(campaign.id, campaign.revision, code, args)


def _named(campaign: Campaign) -> Args:
    return {"campaign": campaign.name, "campaign_id": str(campaign.id)}
