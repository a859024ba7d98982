"""Rulebooks: publishing campaigns, and finding the rules that were in force at a moment.

A rulebook row is immutable, so what is built from it can be kept in memory for ever; which one is
in force is asked of the database with every purchase. A published revision is therefore live in
every process with the next basket.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from campaigns import funding, lifetimes
from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.rulebook import Revision as EngineRevision
from campaigns.engine.rulebook import Rulebook as EngineRulebook
from campaigns.engine.rulebook import Terms
from campaigns.models import Campaign, Revision, Rulebook
from foundation.remembered import Remembered
from loyalty.models import Programme
from loyalty.shops import payers
from members.timeline import events

EVERYONE = Programme.ConfirmWhom.EVERYONE.value


@dataclass(frozen=True, slots=True)
class Rules:
    """A rulebook ready to judge with.

    ``revision_ids`` gives the row of a campaign's revision, ``names`` the campaign's name then. The
    rest are terms of the programme that the engine does not need: grace of restored points and hold
    time, what becomes of points owed, from how many points on a redemption is confirmed by a code, and whether by
    everybody or by who shows no changing code.
    """

    id: int
    engine: EngineRulebook
    revision_ids: Mapping[int, int]
    names: Mapping[int, str]
    grace_days: int
    hold_minutes: int
    debt_policy: str
    #: Accounts of the payers, by what definitions name them; None for the house.
    funders: Mapping[str, UUID | None]
    confirm_above: Decimal | None
    confirm_whom: str = EVERYONE


def terms_of(programme: Programme) -> dict[str, Any]:
    """The programme's terms as a rulebook keeps them."""
    return {
        "currency": programme.currency,
        "point_decimals": programme.point_decimals,
        "rounding": programme.rounding,
        "earn_on": programme.earn_on,
        "expiry": programme.expiry or None,
        "activation_days": programme.activation_days,
        "spending": {**programme.spending, "point_value": str(programme.point_value)},
        "grace_days": programme.grace_days,
        "inactivity_days": programme.inactivity_days,
        "hold_minutes": programme.hold_minutes,
        "debt_policy": programme.debt_policy,
        "confirm_above": None if programme.confirm_above is None else str(programme.confirm_above),
        # left out where it is as it always was, so that older rulebooks say the same
        **({} if programme.confirm_whom == EVERYONE else {"confirm_whom": programme.confirm_whom}),
    }


@transaction.atomic
def publish(
    campaign: Campaign, at: datetime, user_id: int | None = None, *, refreshed: bool = True
) -> Revision:
    """Make the campaign's draft its newest revision, in force from ``at`` on; not ``refreshed``: as soon as the
    caller refreshes the rules, once for many campaigns.

    Raises ``DefinitionError`` when the draft is broken, naming each place and the mend, when nobody could ever
    spend its points, or when it names a payer that the programme does not have.
    """
    parse(campaign.draft)
    if (unknown := funding.problem(campaign.draft, campaign.programme)) is not None:
        raise DefinitionError([unknown])
    if (late := lifetimes.problem(campaign.draft, lifetimes.terms_of(campaign.programme), at)) is not None:
        raise DefinitionError([late])
    Campaign.objects.select_for_update(no_key=True).get(id=campaign.id)
    last = campaign.revisions.aggregate(number=Max("number"))["number"] or 0
    revision = Revision.objects.create(
        campaign=campaign,
        number=last + 1,
        name=campaign.name,
        definition=campaign.draft,
        published_at=at,
        published_by_id=user_id,
    )
    _funders(campaign.programme, [revision])  # the payer's account is there before anybody sells
    campaign.status = Campaign.Status.LIVE
    campaign.save(update_fields=["status", "draft", "name"])
    if refreshed:
        refresh(campaign.programme, at)
    events.record("campaign.published", None, at, campaign=campaign.code, revision=revision.number)
    return revision


@transaction.atomic
def stop(
    campaign: Campaign, at: datetime, status: str = Campaign.Status.PAUSED, *, refreshed: bool = True
) -> None:
    """Take the campaign out of the rules from ``at`` on; not ``refreshed``: when the caller refreshes them."""
    campaign.status = status
    campaign.save(update_fields=["status"])
    if refreshed:
        refresh(campaign.programme, at)
    events.record("campaign.stopped", None, at, campaign=campaign.code)


@transaction.atomic
def resume(campaign: Campaign, at: datetime, *, refreshed: bool = True) -> bool:
    """Put the last revision of a paused campaign back in force from ``at`` on; its draft stays a draft. Not
    ``refreshed``: when the caller refreshes the rules.

    False, and nothing happens, when the campaign is not paused (any more). Raises ``DefinitionError`` when nobody could
    ever spend its points any more.
    """
    paused = Campaign.objects.filter(id=campaign.id, status=Campaign.Status.PAUSED)
    if not paused.update(status=Campaign.Status.LIVE):
        return False
    newest = campaign.revisions.order_by("-number")[0]
    if late := lifetimes.problem(newest.definition, lifetimes.terms_of(campaign.programme), at):
        raise DefinitionError([late])
    campaign.status = Campaign.Status.LIVE
    if refreshed:
        refresh(campaign.programme, at)
    events.record("campaign.resumed", None, at, campaign=campaign.code, revision=newest.number)
    return True


@transaction.atomic
def refresh(programme: Programme, at: datetime) -> Rulebook:
    """Write the programme's terms and live revisions as they stand now as its newest rulebook.

    Rules never change backwards: ``at`` before the newest rulebook counts as that rulebook's moment.
    """
    Programme.objects.select_for_update(no_key=True).get(id=programme.id)
    newest = Rulebook.objects.filter(programme=programme).order_by("-in_force_from", "-id").first()
    live = (
        Revision.objects.filter(campaign__programme=programme, campaign__status=Campaign.Status.LIVE)
        .order_by("campaign_id", "-number")
        .distinct("campaign_id")
        .values_list("id", flat=True)
    )
    return Rulebook.objects.create(
        programme=programme,
        in_force_from=max(at, newest.in_force_from) if newest else at,
        terms=terms_of(programme),
        revisions=list(live),
    )


def get(rulebook_id: int | None) -> Rules:
    """The rules of that rulebook, compiled on first use and kept while they are in use."""
    return _known(rulebook_id)


def _load(rulebook_id: int | None) -> Rules:
    assert rulebook_id is not None
    row = Rulebook.objects.get(id=rulebook_id)
    revisions = list(Revision.objects.filter(id__in=row.revisions).select_related("campaign"))
    return build(row.id, row.terms, revisions, _funders(row.programme, revisions))


#: Rules that nobody asked for in so many seconds are forgotten.
_IDLE = 900.0
_known = Remembered(_load, _IDLE)


def in_force(programme_id: int, at: datetime) -> Rules | None:
    """The rules of a programme at a moment; None before its first rulebook."""
    newest = Rulebook.objects.filter(programme_id=programme_id, in_force_from__lte=at)
    found = newest.order_by("-in_force_from", "-id").values_list("id", flat=True).first()
    return get(found) if found is not None else None


def _funders(programme: Programme, revisions: list[Revision]) -> dict[str, UUID | None]:
    return payers.accounts(programme, {text for r in revisions if (text := funding.named(r.definition))})


def build(
    rulebook_id: int,
    terms: Mapping[str, Any],
    revisions: list[Revision],
    funders: Mapping[str, UUID | None] = MappingProxyType({}),
) -> Rules:
    """Rules of a programme's terms and some revisions, stored or not (a backtest's drafts)."""
    document = dict(terms)
    document.pop("inactivity_days", None)  # the audit's: what lapses is settled before campaigns are asked
    rest = {key: document.pop(key) for key in ("grace_days", "hold_minutes", "debt_policy", "confirm_above")}
    confirm_above, confirm_whom = rest.pop("confirm_above"), document.pop("confirm_whom", EVERYONE)
    engine = EngineRulebook(
        terms=Terms(**document),
        campaigns=tuple(
            EngineRevision(r.campaign_id, r.campaign.code, r.name, r.number, parse(r.definition))
            for r in revisions
        ),
    )
    return Rules(
        id=rulebook_id,
        engine=engine,
        revision_ids={r.campaign_id: r.id for r in revisions},
        names={r.campaign_id: r.name for r in revisions},
        funders=funders,
        confirm_above=None if confirm_above is None else Decimal(confirm_above),
        confirm_whom=confirm_whom,
        **rest,
    )
