"""Every kind of event that Regulars records or knows of: how it is told, and what campaigns may do with it.

The one list: the timeline's words, the constructor's events, what other systems may report and what is rewarded
afterwards are read from it. A kind that is not here is one that another system reports; it is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class EventKind:
    """A kind of event. ``told`` is what the member did, as the timeline says it.

    ``happens`` is what must happen for a campaign to reward it, as the constructor asks; empty where none is offered.
    ``reported``: other systems may report it, whether a campaign mentions it or not. ``waits``: it is recorded in the
    middle of other work, and a task gives afterwards what campaigns give for it (``occasions.own_events``).
    """

    name: str
    told: StrOrPromise
    happens: StrOrPromise = ""
    reported: bool = False
    waits: bool = False


KINDS: dict[str, EventKind] = {
    kind.name: kind
    for kind in (
        EventKind("member.registered", _("joined"), _("the member joins")),
        EventKind(
            "profile.completed", _("completed the profile"), _("the profile is filled in"), reported=True
        ),
        EventKind("member.birthday", _("birthday"), _("it is the member’s birthday")),
        EventKind("member.anniversary", _("anniversary of joining"), _("it is the day of joining again")),
        EventKind(
            "member.dormant", _("has not bought for a while"), _("the member has not bought for a while")
        ),
        EventKind("tier.reached", _("reached a tier"), _("a tier is reached"), waits=True),
        EventKind("segment.entered", _("entered a segment"), _("the member enters a segment"), waits=True),
        EventKind(
            "referral.joined", _("a friend joined"), _("a friend joins on the member’s word"), waits=True
        ),
        EventKind(
            "friend.purchased", _("a friend bought something"), _("a friend who was brought makes a purchase")
        ),
        EventKind("goal.reached", _("reached a goal"), _("a goal is reached"), reported=True),
        EventKind(
            "questionnaire.finished", _("filled in a questionnaire"), _("a questionnaire is filled in")
        ),
        EventKind("review.left", _("left a review"), _("a review is left"), reported=True),
        EventKind("survey.answered", _("answered a survey"), _("a survey is answered"), reported=True),
        EventKind("subscription.made", _("subscribed"), _("the member subscribes"), reported=True),
        EventKind("app.installed", _("installed the app"), _("the app is installed"), reported=True),
        EventKind("visit.made", _("visited"), _("the member visits"), reported=True),
        EventKind("account.joined", _("came to share an account")),
        EventKind("account.left", _("left a shared account")),
        EventKind("account.owner", _("became the owner of a shared account")),
        EventKind("account.rights", _("got other rights in a shared account")),
        EventKind("badge.earned", _("earned a badge")),
        EventKind("badge.lost", _("lost a badge")),
        EventKind("campaign.published", _("a campaign was published")),
        EventKind("campaign.resumed", _("a paused campaign went on")),
        EventKind("campaign.stopped", _("a campaign was stopped")),
        EventKind("coupon.expired", _("a coupon expired")),
        EventKind("coupon.issued", _("was given a coupon")),
        EventKind("coupon.returned", _("got a used coupon back")),
        EventKind("coupon.revoked", _("a coupon was withdrawn")),
        EventKind("coupon.used", _("used a coupon")),
        EventKind("demo.begun", _("the demo began to be loaded")),
        EventKind("demo.loaded", _("the demo was loaded")),
        EventKind("member.contact", _("changed the phone or e-mail")),
        EventKind("member.leaving", _("asked to leave")),
        EventKind("member.left", _("left")),
        EventKind("member.stayed", _("took leaving back")),
        EventKind("points.activated", _("points became active")),
        EventKind("points.adjusted", _("points were given or taken by hand")),
        EventKind("points.reversed", _("points given or taken by hand were reversed")),
        EventKind("points.expired", _("points expired")),
        EventKind("points.sent", _("sent points to another member")),
        EventKind("points.received", _("got points from another member")),
        EventKind("purchase.cancelled", _("a purchase was cancelled")),
        EventKind("purchase.completed", _("bought something")),
        EventKind("purchase.held", _("a purchase was held")),
        EventKind("purchase.returned", _("gave goods back")),
        EventKind("segment.left", _("left a segment")),
        EventKind("shares.due", _("points of others are due")),
        EventKind("tier.lost", _("lost a tier")),
    )
}
