"""Why a member has a coupon, and what a programme looks at when it makes offers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import rulebooks
from campaigns.engine.definition import parse
from campaigns.models import Revision
from campaigns.words import personal
from campaigns.words.phrases.words import Names
from campaigns.words.sentence import by_code
from loyalty.models import Account, Receipt
from members.models import Event
from members.wording import name_event
from rewards.models import Coupon

#: What stands behind a coupon that a campaign gave: the receipt or the event, the campaign, the series.
_CAUSE = re.compile(r"([0-9a-f-]{36}):(\d+):")


class Why(NamedTuple):
    """Why something is shown to a member. ``personal``: it was made for them by what is known of them."""

    sentences: list[str]
    personal: bool


def of_coupon(coupon: Coupon, account: Account, zone: ZoneInfo, names: Names = by_code) -> Why:
    """Why a member has a coupon: which campaign gave it, for what, and whom that campaign is for.

    The campaign is told as it was when it gave the coupon. ``names`` are those of tiers and segments.
    """
    found = _CAUSE.match(coupon.cause or "")
    revision = _revision(int(found[2]), coupon.issued_at) if found else None
    if found is None or revision is None:
        return Why([_("It was given to you by the people of the programme.")], False)
    document = parse(revision.definition).document
    said = [_("The campaign “%(campaign)s” gave it to you.") % {"campaign": revision.name}]
    if origin := _origin(UUID(found[1]), coupon, account, zone):
        said.append(origin)
    return Why([*said, *personal.why(document, names)], personal.is_personal(document))


def looked_at(programme_id: int, now: datetime) -> list[str]:
    """What the campaigns that are in force look at, of members, in words; nothing is told of who is meant."""
    rules = rulebooks.in_force(programme_id, now)
    if rules is None:
        return []
    return sorted(
        set().union(*(personal.looks_at(one.definition.document) for one in rules.engine.campaigns))
    )


def _revision(campaign_id: int, at: datetime | None) -> Revision | None:
    """The campaign as it was published at a moment."""
    published = Revision.objects.filter(campaign_id=campaign_id)
    if at is not None:
        published = published.filter(published_at__lte=at)
    return published.order_by("-number").first()


def _origin(origin: UUID, coupon: Coupon, account: Account, zone: ZoneInfo) -> str:
    """What it was given for: a purchase of the account, or something that happened to the member."""
    receipt = Receipt.objects.filter(id=origin, account_id=account.id).select_related("store").first()
    if receipt is not None:
        day = date_format(receipt.purchased_at.astimezone(zone).date(), "DATE_FORMAT")
        said = _("It came with your purchase of %(day)s at %(store)s.")
        return said % {"day": day, "store": receipt.store.name}
    event = Event.objects.filter(id=origin, member=coupon.member).first()
    if event is None:
        return ""
    day = date_format(event.at.astimezone(zone).date(), "DATE_FORMAT")
    return _("What it was given for: %(what)s, %(day)s.") % {"what": name_event(event.kind), "day": day}
