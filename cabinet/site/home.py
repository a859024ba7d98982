"""What the programme gives: rules, ladder and campaigns in the sentences that they make themselves, and partners."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cabinet import access
from cabinet.site import links
from campaigns.desk import published
from campaigns.desk.names import Names
from campaigns.desk.published import Offer
from campaigns.models import LandingPage
from loyalty import wording
from loyalty.appearance import look
from loyalty.models import Programme
from loyalty.shops import finder
from loyalty.tiers import ladder_wording, ladders

#: Languages as preview cards want them, with a country.
LOCALES = {"en": "en_GB", "ru": "ru_RU", "fr": "fr_FR"}
#: Where they come from who join by the site itself.
SITE = "site"


@require_safe
def show(request: HttpRequest, programme: str) -> HttpResponse:
    """The first page of the site; where a programme shows none, its domain leads to the cabinet."""
    here = access.programme_of(programme)
    shown = look.of(here.pk)
    if not shown.public:
        if getattr(request, "own_programme", None) == here.code:
            return redirect("cabinet:home", programme=here.code)
        raise Http404
    offers = published.running(here, timezone.now())
    page = frame(request, here, "home") | {
        "offers": [offer_card(request, here, offer) for offer in offers],
        "rules": wording.describe_programme(here, Names(here)),
        "partners": partners(here),
        "description": shown.slogan or " ".join(shown.about.split())[:200],
        **ladder(here),
    }
    return render(request, "site/home.html", page)


def frame(request: HttpRequest, programme: Programme, screen: str) -> dict[str, Any]:
    """What every page of the site needs."""
    shown = look.of(programme.pk)
    return {
        "programme": programme,
        "screen": screen,
        "zone": programme.time_zone,
        "look": shown,
        "home": links.path(request, programme, "home") if shown.public else "",
        "stores_page": links.path(request, programme, "stores") if shown.public else "",
        "canonical": links.address(request, programme, screen) if screen in ("home", "stores") else "",
        "origin": links.address(request, programme, "home"),
        "locale": LOCALES.get(get_language() or "", ""),
        "card": reverse("cabinet:home", args=[programme.code]),
        "join": f"{reverse('cabinet:enter', args=[programme.code])}?from={SITE}",
    }


def offer_card(request: HttpRequest, programme: Programme, offer: Offer) -> dict[str, Any]:
    """A campaign in a list, with the page that tells more where there is one."""
    page = LandingPage.objects.filter(campaign=offer.campaign, published=True).order_by("id").first()
    return {
        "name": offer.campaign.name,
        "sentences": offer.sentences,
        "closes": offer.closes,
        "page": links.path(request, programme, "landing", page.code) if page else "",
    }


def ladder(programme: Programme) -> dict[str, Any]:
    """The tiers with what each gives and from where on, and the rules of going up and down."""
    found = ladders.read(programme)
    if not found.steps:
        return {"tiers": [], "ladder": []}
    tiers = [
        {
            "name": step.name,
            "from": ladder_wording.describe_amount(step.threshold, found.basis, programme.currency)
            if step.threshold
            else "",
            "benefits": step.benefits.splitlines(),
        }
        for step in found.steps
    ]
    return {"tiers": tiers, "ladder": ladder_wording.describe(found, programme.currency)}


def partners(programme: Programme) -> list[tuple[str, int]]:
    """Who takes part, with the number of their stores."""
    rows = finder.of_programme(programme).order_by("partner__name").values_list("partner__name")
    return [(name, stores) for name, stores in rows.annotate(stores=Count("id"))]
