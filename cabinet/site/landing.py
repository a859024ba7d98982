"""A landing page: a campaign with a picture, its rules, and the way in. What it shows follows the campaign."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cabinet import access, open_forms
from cabinet.site import home, links
from campaigns.desk import published
from campaigns.desk.states import State
from campaigns.models import LandingPage
from loyalty.appearance import arrivals
from loyalty.models import Programme

#: A word that may be added to a page's own source: where its link was put.
_WORD = re.compile(r"[\w-]{1,18}")
_OVER = (State.PAUSED, State.ENDED, State.ARCHIVED)


@require_safe
def show(request: HttpRequest, programme: str, code: str) -> HttpResponse:
    """The page, for whoever has its address; its visits are counted, not its visitors."""
    here = access.programme_of(programme)
    row = get_object_or_404(
        LandingPage.objects.select_related("campaign", "picture", "form").defer("picture__content"),
        code=code,
        campaign__programme=here,
    )
    now = timezone.now()
    if not row.published:
        if not request.user.has_perm("campaigns.view_landingpage"):
            raise Http404
        return render(request, "site/landing.html", contents(request, here, row, now) | {"draft": True})
    if request.method == "GET":
        arrivals.note(here, source_of(request, row), now.astimezone(ZoneInfo(here.time_zone)).date())
    return render(request, "site/landing.html", contents(request, here, row, now))


def contents(request: HttpRequest, programme: Programme, row: LandingPage, now: datetime) -> dict[str, Any]:
    """All that the page shows at ``now``, the same for guests and for whoever looks at a draft of it."""
    offer = published.tell(row.campaign, now)
    address = links.address(request, programme, "landing", row.code)
    way_in = reverse("cabinet:enter", args=[programme.code])
    return home.frame(request, programme, "landing") | {
        "page": row,
        "offer": offer,
        "over": offer.state in _OVER,
        "ahead": offer.state == State.SCHEDULED,
        "sentences": offer.sentences if row.tells_rules else (),
        "canonical": address,
        "description": row.lead or (offer.sentences[0] if offer.sentences else row.title),
        "picture": picture_address(request, row),
        "join": f"{way_in}?{urlencode({'from': source_of(request, row)})}",
        "form": open_forms.draw(request, programme, row.form.code, source_of(request, row))
        if row.form
        else None,
        "shares": shares(address, row.title),
    }


def source_of(request: HttpRequest, row: LandingPage) -> str:
    """Where whoever comes by this link comes from: the page, and the word that was added to its address."""
    word = request.GET.get("from", "")
    return f"{arrivals.PAGE}{row.code}" + (f".{word}" if _WORD.fullmatch(word) else "")


def picture_address(request: HttpRequest, row: LandingPage) -> str:
    """The whole address of the page's picture: social networks want it so."""
    if row.picture is None:
        return ""
    return request.build_absolute_uri(reverse("picture", args=[row.picture.digest]))


def shares(address: str, title: str) -> list[tuple[str, str]]:
    """Ways of sending the page on that need no script and no foreign code: name and link."""
    link, text = quote(address, safe=""), quote(title, safe="")
    return [
        ("Telegram", f"https://t.me/share/url?url={link}&text={text}"),
        ("WhatsApp", f"https://wa.me/?text={text}%20{link}"),
        (_("E-mail"), f"mailto:?subject={text}&body={link}"),
    ]
