"""Bring a friend: the member's own link and code, ways to send it, who came and what it gave."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from cabinet import home
from cabinet.access import Visit, for_members
from campaigns.occasions import referrals
from campaigns.prospects import prospects

#: Friends that are named; all of them are counted.
FRIENDS = 50


class Way(NamedTuple):
    """A way to send the link, and the address that opens it with the text filled in."""

    name: object
    address: str


@require_safe
@for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The page."""
    known = home.read(visit, timezone.now())
    link = friend_link(request, visit)
    text = _("Join %(programme)s by my link:") % {"programme": visit.programme.name}
    brought = referrals.brought(visit.member, visit.account, FRIENDS)
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "me",
        "zone": visit.programme.time_zone,
        "link": link,
        "text": text,
        "code": visit.member.referral_code,
        "ways": ways(link, text, visit.programme.name),
        "mine": list(map(home.offer_card, prospects.running(known.book.bringing, known))),
        "theirs": list(map(home.offer_card, prospects.welcoming(known))),
        "friends": brought.friends,
        "came": brought.came,
        "points": brought.points,
    }
    return render(request, "cabinet/friends.html", page)


def friend_link(request: HttpRequest, visit: Visit) -> str:
    """The link by which a friend joins."""
    way_in = reverse("cabinet:enter", args=[visit.programme.code])
    return request.build_absolute_uri(f"{way_in}?friend={visit.member.referral_code}")


def ways(link: str, text: str, subject: str) -> list[Way]:
    """Plain links to the usual messengers and networks, with the text filled in. Nothing of theirs is loaded here."""
    whole = f"{text} {link}"

    def to(address: str, **fields: str) -> str:
        return f"{address}?{urlencode(fields, quote_via=quote)}"

    return [
        Way("WhatsApp", to("https://wa.me/", text=whole)),
        Way("Telegram", to("https://t.me/share/url", url=link, text=text)),
        Way("Viber", to("viber://forward", text=whole)),
        Way("VK", to("https://vk.com/share.php", url=link, title=text)),
        Way("Facebook", to("https://www.facebook.com/sharer/sharer.php", u=link)),
        Way("X", to("https://x.com/intent/post", url=link, text=text)),
        Way(gettext_lazy("Text message"), to("sms:", body=whole)),
        Way(gettext_lazy("E-mail"), to("mailto:", subject=subject, body=whole)),
    ]
