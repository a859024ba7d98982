"""What anybody may know of a programme's campaigns: those that run or are about to, told by their own definitions.

Nothing is written twice: the sentences are those of ``campaigns.words``, made of the revision in force, so they cannot
say anything else than what the engine does. What is for some members alone, what is the shop's own affair (who pays,
what the cashier gets, how much the campaign may cost), and what only a code would name is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from campaigns.desk import states
from campaigns.desk.names import Names, mentioned
from campaigns.desk.states import State
from campaigns.models import Campaign, Revision
from campaigns.words import readers, sentence
from loyalty.models import Programme

#: Conditions that tell some members from others by what is known of them alone, or that guests are not to know.
PRIVATE = frozenset({"segment", "attribute", "cashier", "coupon", "event_data", "balance"})
#: Effects that are for others than members.
NOT_FOR_MEMBERS = frozenset({"staff_points"})
#: Parts of a definition that are the shop's own affair.
_OWN = ("tell", "stacking")


class Offer(NamedTuple):
    """A campaign as anybody may know it: its window, and what it gives in sentences, the first of them the main one."""

    campaign: Campaign
    state: State
    opens: datetime | None
    closes: datetime | None
    sentences: Sequence[str]


def running(programme: Programme, now: datetime) -> list[Offer]:
    """The listed campaigns that are live, those that end first before the others."""
    listed = Campaign.objects.filter(programme=programme, listed=True, status=Campaign.Status.LIVE)
    found = _tell(listed, programme, now)
    live = [offer for offer in found if offer.state == State.LIVE and offer.sentences]
    return sorted(live, key=lambda offer: (offer.closes is None, offer.closes or now, offer.campaign.name))


def tell(campaign: Campaign, now: datetime) -> Offer:
    """One campaign; without sentences where guests may not read what it gives, or where it was never published."""
    return _tell(Campaign.objects.filter(pk=campaign.pk), campaign.programme, now)[0]


def may_tell(document: Mapping[str, Any]) -> bool:
    """Whether guests may read what a definition gives."""
    whom = document.get("whom", {})
    if (
        whom.get("segments")
        or whom.get("except")
        or document.get("lots", {}).get("terms", {}).get("segments")
    ):
        return False
    given = [effect for effect in document.get("what", ()) if effect.get("effect") not in NOT_FOR_MEMBERS]
    return bool(given) and PRIVATE.isdisjoint(readers.conditions_of(document))


def public_part(document: Mapping[str, Any]) -> dict[str, Any]:
    """A definition without what is the shop's own affair."""
    part = {name: value for name, value in document.items() if name not in _OWN}
    part["what"] = [one for one in document.get("what", ()) if one.get("effect") not in NOT_FOR_MEMBERS]
    if "lots" in part:
        part["lots"] = {name: value for name, value in part["lots"].items() if name != "funder"}
    if "judge" in part:
        part["judge"] = {"limits": readers.own_limits(document)}
    return part


def _tell(campaigns: QuerySet[Campaign], programme: Programme, now: datetime) -> list[Offer]:
    rows: list[Any] = list(states.annotate(campaigns, now))
    newest = (
        Revision.objects.filter(campaign__in=rows).order_by("campaign_id", "-number").distinct("campaign_id")
    )
    definitions = {row.campaign_id: row.definition for row in newest}
    parts = {pk: public_part(document) for pk, document in definitions.items() if may_tell(document)}
    names = Names(programme)
    names.learn_all(list(parts.values()))
    return [
        Offer(row, State(row.state), row.opens, row.closes, _sentences(parts.get(row.pk), names))
        for row in rows
    ]


def _sentences(part: Mapping[str, Any] | None, names: Names) -> Sequence[str]:
    if part is None or any(
        (kind, code) in names.missing for kind, codes in mentioned(part).items() for code in codes
    ):
        return ()
    programme = names.programme
    return sentence.describe(dict(part), names, programme.currency if programme else "")
