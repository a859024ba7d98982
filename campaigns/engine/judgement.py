"""Who gives what to a basket: every campaign is let in or declined, with its reason.

Discounts come first, then exchanges, then (once it is known what is paid with points) the points, then
what multiplies them. A campaign that does several of these is let in once. ``declined`` may name a
campaign that gave something after all: the outcome leaves it out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from campaigns.engine.awards import Award, Sheet
from campaigns.engine.case import Case
from campaigns.engine.cuts import Cuts
from campaigns.engine.discounts import Cut
from campaigns.engine.gates import Reason
from campaigns.engine.limits import Room, find_money, find_room
from campaigns.engine.machine import Campaign, Machine
from campaigns.engine.outcome import ZERO, Args, Because, Declined, Progress
from campaigns.engine.promises import open_key
from campaigns.engine.scopes import RECEIPT
from campaigns.engine.stacking import Entry, choose


class Judgement:
    """One basket: who is let in, who gives, what it comes to. ``paid`` is as in ``Cuts``."""

    def __init__(self, machine: Machine, case: Case, paid: Mapping[int, int] | None = None) -> None:
        self.machine = machine
        self.case = case
        self.cuts = Cuts(case, machine.money, machine.scopes, paid)
        self.sheet = Sheet(case, machine)
        self.declined: dict[int, Declined] = {}
        self.progress: list[Progress] = []
        #: Campaigns that gave no points and took no money off, and gave or said something else.
        self.told: list[Campaign] = []
        self.awards: list[Award] = []
        #: Promises of earlier purchases that this one keeps, and their keys; and units by campaign.
        self.kept: list[tuple[Award, str]] = []
        self.promised: dict[int, int] = {}
        self.traded: list[Campaign] = []
        #: Coupons that campaigns needed to be let in, by campaign.
        self.coupons: dict[int, Collection[str]] = {}
        #: Campaigns with discounts that may give points too.
        self._admitted: set[int] = set()
        #: Who gave something in each group, by number.
        self._groups: dict[str, dict[int, Campaign]] = {}

    def cheapen(self) -> None:
        """Take off what campaigns take off: the groups are judged on the basket as it came."""
        candidates: list[tuple[Campaign, int]] = []
        offers: dict[int, tuple[list[Cut], Room]] = {}
        for campaign in self.machine.discounters:
            if not self.admit(campaign) or (campaign.card is not None and not self._stamp(campaign)):
                continue
            self._admitted.add(campaign.number)
            found = self.cuts.find(campaign)
            if not isinstance(found, list):
                self.decline(campaign, *found)
                continue
            room = find_money(campaign.limits, self.case, campaign.id)
            offers[campaign.number] = found, room
            if room.units == 0 and room.reason:
                self.decline(campaign, *room.reason)
            else:
                cents = sum([cut.cents for cut in found])
                candidates.append((campaign, cents if room.units is None else min(cents, room.units)))
        losers = self._choose(candidates)
        self._admitted -= losers
        for campaign, _ in candidates:
            if campaign.number not in losers:
                self._cut(campaign, *offers[campaign.number])

    def _cut(self, campaign: Campaign, offer: list[Cut], room: Room) -> None:
        """Take off what a campaign takes off what is left by now, within its budget."""
        found = self.cuts.find_anew(campaign, offer)
        if not isinstance(found, list):
            self.decline(campaign, *found)
        elif self.cuts.enter(campaign, found, room):
            self.join(campaign)
        else:
            self.decline(campaign, "nothing_left", {})

    def keep_promises(self) -> None:
        """Give what earlier purchases promised for this one, as far as the limits of points go."""
        case = self.case
        for campaign in self.machine.promisers if case.is_member else ():
            key = open_key(case, campaign.id)
            given = campaign.promise.give(case.receipt) if key and campaign.promise else None
            room = find_room(campaign.limits, case, campaign.id, self.machine.unit, anew=False)
            if key and given and room.units != 0 and self.stillborn(campaign) is None:
                award = Award(campaign, (given,), self.sheet.weights(RECEIPT))
                award.limit(room)
                self.sheet.enter(award)
                self.kept.append((award, key))
                self.promised[campaign.number] = award.units

    def give(self, campaigns: Sequence[Campaign]) -> None:
        """Give the points of campaigns that give some themselves; note those that give or say something else."""
        candidates: list[tuple[Campaign, Award | None]] = []
        for campaign in campaigns:
            if campaign.discounts:
                if campaign.number not in self._admitted:
                    continue
            elif not self.admit(campaign) or (campaign.card is not None and not self._stamp(campaign)):
                continue
            award = self._reckon(campaign) if campaign.effects else None
            if award is not None or self._does_more(campaign):
                candidates.append((campaign, award))
        if candidates:
            self._enter(candidates)

    def boost(self) -> None:
        """Multiply what the other campaigns gave. Every multiplier counts from that, none from another."""
        candidates: list[tuple[Campaign, Award | None]] = []
        for campaign in self.machine.boosters:
            if not self.admit(campaign):
                continue
            if not self.case.is_member:
                self.decline(campaign, "no_member", {})
                continue
            award = self.sheet.boost(campaign)
            if award is None:
                self.decline(campaign, "nothing_to_multiply", {})
            elif (reason := self.stillborn(campaign)) is not None:
                self.decline(campaign, *reason)
            elif self._limit(award):
                candidates.append((campaign, award))
        if candidates:
            self._enter(candidates)

    def _does_more(self, campaign: Campaign) -> bool:
        """Whether a campaign that gives no points gives something else, or says something."""
        sides, promise, is_member = campaign.sides, campaign.promise, self.case.is_member
        if campaign.number in self.cuts.campaigns or (
            campaign.effects and (not is_member or not (sides or promise))
        ):
            return False  # it gave already, or its reason is noted
        stillborn = self.stillborn(campaign) if campaign.dated else None
        if stillborn is not None and (promise or sides) and not (sides and sides.for_member):
            self.decline(campaign, *stillborn)
            return False
        for_member = promise or (sides and sides.for_member)
        if for_member and not is_member:
            reason: Reason | None = ("no_member", {})
        elif (reason := self.room(campaign)) is None and sides and not for_member:
            reason = sides.missing(self.case, self.base(campaign))
        if reason is not None:
            self.decline(campaign, *reason)
        return reason is None

    def stillborn(self, campaign: Campaign) -> Reason | None:
        """That points given now could never be spent, as they would expire before they are active."""
        if not campaign.dated or not self.case.by_piece:
            return None
        active_from, expires_at = self.machine.life(campaign.dates, self.case)
        now = self.case.moment.in_programme
        if expires_at is None or expires_at > (active_from or now):
            return None
        return "never_spendable", {"date": expires_at.astimezone(now.tzinfo).date().isoformat()}

    def base(self, campaign: Campaign) -> int:
        """What a campaign reckons with, in cents."""
        case = self.case
        if campaign.full_price and case.discounted:
            return self.sheet.full_price(campaign)[2]
        return case.receipt if campaign.to_receipt else self.sheet.weights(campaign.scope)[2]

    def room(self, campaign: Campaign) -> Reason | None:
        """Why a campaign may not give anything more; None when it may."""
        room = find_room(campaign.limits, self.case, campaign.id, self.machine.unit)
        return room.reason if room.units == 0 else None

    def exchange(self, campaign: Campaign, words: Args) -> None:
        """Note an exchange that takes place."""
        self.traded.append(campaign)
        self.join(campaign)
        self.sheet.receipt_because.append(Because(campaign.id, campaign.revision, ZERO, "exchange", words))

    def admit(self, campaign: Campaign) -> bool:
        """Whether a campaign is meant for this case; if not, its reason is noted."""
        case = self.case
        for test, declined in campaign.gates:
            if not test(case):
                self.declined[campaign.number] = declined
                return False
        if not case.scopes[campaign.scope] and campaign.event is None:
            self.declined[campaign.number] = campaign.no_lines
            return False
        if campaign.counters and case.is_member:
            self._count(campaign)
        if campaign.condition is not None:
            reason = campaign.condition(case)
            if reason is not None:
                self.decline(campaign, *reason)
                return False
            if campaign.coupons is not None and case.basket.coupons:
                self.coupons[campaign.number] = campaign.coupons(case) or ()
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
        lines: Sequence[int] = case.scopes[campaign.scope]
        if campaign.full_price and case.discounted:
            lines, _, cents = weights = self.sheet.full_price(campaign)
            if not lines:
                self.decline(campaign, "all_discounted", {})
                return None
        else:
            cents = case.receipt if campaign.to_receipt else self.sheet.weights(campaign.scope)[2]
        given = [part for effect in campaign.effects if (part := effect(case, lines, cents))]
        if not given:
            if campaign.card is not None:
                self.decline(campaign, *campaign.card.collected(case, campaign.id))
            else:
                self.declined[campaign.number] = campaign.zero
            return None
        if campaign.event is not None:
            given = [part._replace(to_receipt=True) for part in given]
        if campaign.dated and (reason := self.stillborn(campaign)) is not None:
            self.decline(campaign, *reason)
            return None
        award = Award(campaign, given, weights)
        if not case.is_member:
            self.decline(campaign, "no_member", {"points": str(self.machine.points[award.units])})
            return None
        return award if self._limit(award) else None

    def _limit(self, award: Award) -> bool:
        """Cut an award to its limits; False, with the reason noted, when they leave nothing."""
        campaign = award.campaign
        if campaign.limits:
            given = self.promised.get(campaign.number, 0)
            room = find_room(campaign.limits, self.case, campaign.id, self.machine.unit, given)
            if room.units == 0 and room.reason:
                self.decline(campaign, *room.reason)
                return False
            award.limit(room)
        return True

    def fits(self, campaign: Campaign) -> bool:
        """Whether a campaign may join what its group gave in an earlier step; if not, its reason is noted.

        An exclusive one stays alone, and of those with mode ``best`` only one gives. Who gave already may go on.
        """
        stacking = campaign.stacking
        before = self._groups.get(stacking.group) if stacking else None
        if stacking is None or before is None or campaign.number in before:
            return True
        for other in before.values():
            mode = other.stacking.mode if other.stacking else ""
            if "exclusive" in (mode, stacking.mode):
                self.decline(campaign, "excluded_by", _named(other))
                return False
            if mode == stacking.mode == "best":
                self.decline(campaign, "came_first", _named(other))
                return False
        return True

    def join(self, campaign: Campaign) -> None:
        """Note that a campaign gave something, for its group."""
        if campaign.stacking is not None:
            self._groups.setdefault(campaign.stacking.group, {})[campaign.number] = campaign

    def _enter(self, candidates: list[tuple[Campaign, Award | None]]) -> None:
        """Give the awards that their groups let through, and note the others that they let through."""
        fitting = [one for one in candidates if one[0].stacking is None or self.fits(one[0])]
        losers = self._choose(
            [
                (campaign, award.units if award else 0)
                for campaign, award in fitting
                if campaign.stacking is not None
            ]
        )
        for campaign, award in fitting:
            if campaign.stacking is not None:
                if campaign.number in losers:
                    continue
                self.join(campaign)
            if award is None:
                self.told.append(campaign)
            else:
                self.sheet.enter(award)
                self.awards.append(award)

    def _choose(self, candidates: list[tuple[Campaign, int]]) -> set[int]:
        """Decline those who lose in their groups; their numbers. Who gave already takes no part."""
        entries = [
            Entry(campaign.stacking, worth, campaign.number)
            for campaign, worth in candidates
            if campaign.stacking is not None and campaign.number not in self.cuts.campaigns
        ]
        campaigns, losers = self.machine.campaigns, set()
        for loser in choose(entries) if len(entries) > 1 else ():
            self.decline(campaigns[loser.number], loser.code, _named(campaigns[loser.winner]))
            losers.add(loser.number)
        return losers

    def decline(self, campaign: Campaign, code: str, args: Args) -> None:
        """Note why a campaign gives nothing."""
        self.declined[campaign.number] = Declined(campaign.id, campaign.revision, code, args)


def _named(campaign: Campaign) -> Args:
    return {"campaign": campaign.name, "campaign_id": str(campaign.id)}
