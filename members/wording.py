"""Codes of events, channels and sources as people say them, for every door.

The codes themselves stay what they are in the API, in webhooks and in files. A code that nobody put into
words here (an event that another system reports) is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

EVENTS: Mapping[str, Any] = {
    "app.installed": _("installed the app"),
    "badge.earned": _("earned a badge"),
    "badge.lost": _("lost a badge"),
    "campaign.published": _("a campaign was published"),
    "campaign.resumed": _("a paused campaign went on"),
    "campaign.stopped": _("a campaign was stopped"),
    "coupon.expired": _("a coupon expired"),
    "coupon.issued": _("was given a coupon"),
    "coupon.returned": _("got a used coupon back"),
    "coupon.revoked": _("a coupon was withdrawn"),
    "coupon.used": _("used a coupon"),
    "demo.begun": _("the demo began to be loaded"),
    "demo.loaded": _("the demo was loaded"),
    "friend.purchased": _("a friend bought something"),
    "goal.reached": _("reached a goal"),
    "member.anniversary": _("anniversary of joining"),
    "member.birthday": _("birthday"),
    "member.dormant": _("has not bought for a while"),
    "member.registered": _("joined"),
    "points.activated": _("points became active"),
    "points.adjusted": _("points were given or taken by hand"),
    "points.reversed": _("points given or taken by hand were reversed"),
    "points.expired": _("points expired"),
    "profile.completed": _("completed the profile"),
    "purchase.cancelled": _("a purchase was cancelled"),
    "purchase.completed": _("bought something"),
    "purchase.held": _("a purchase was held"),
    "purchase.returned": _("gave goods back"),
    "referral.joined": _("a friend joined"),
    "review.left": _("left a review"),
    "segment.entered": _("entered a segment"),
    "segment.left": _("left a segment"),
    "shares.due": _("points of others are due"),
    "subscription.made": _("subscribed"),
    "survey.answered": _("answered a survey"),
    "tier.lost": _("lost a tier"),
    "tier.reached": _("reached a tier"),
    "visit.made": _("visited"),
}

#: Where people buy and join, how they are reached, and who told of a consent.
CHANNELS: Mapping[str, Any] = {
    "app": _("app"),
    "cabinet": _("cabinet"),
    "call": _("call"),
    "demo": _("demo"),
    "desk": _("service desk"),
    "email": _("e-mail"),
    "file": _("file"),
    "kiosk": _("kiosk"),
    "pos": pgettext_lazy("channel", "shop till"),
    "post": _("letter"),
    "push": _("push message"),
    "sms": _("SMS"),
    "telegram": _("Telegram"),
    "till": _("till page"),
    "viber": _("Viber"),
    "web": _("web shop"),
}


def name_event(kind: str) -> str:
    """A kind of event in words; the kind itself when it has none."""
    return str(EVENTS.get(kind, kind))


def name_channel(code: str) -> str:
    """A channel, or the source of a consent, in words; the code itself when it has none."""
    if code.startswith("api:"):
        return gettext("API, %(partner)s") % {"partner": code.removeprefix("api:")}
    return str(CHANNELS.get(code, code))
