"""Codes to print: whoever scans one joins, and where they came from is known."""

from __future__ import annotations

from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.safestring import SafeString

from campaigns.models import LandingPage
from loyalty.appearance import arrivals, domains, look
from loyalty.appearance.look import Look
from loyalty.models import Programme, Store
from rewards.coupons import pictures


class Poster(NamedTuple):
    """A sheet of paper with a code."""

    programme: Programme
    look: Look
    title: str
    address: str
    qr: SafeString


def of_store(request: HttpRequest, pk: int) -> HttpResponse:
    """The code of a store: a sheet for each programme that it takes part in."""
    if not request.user.has_perm("loyalty.view_store"):
        raise PermissionDenied
    store = get_object_or_404(Store, pk=pk)
    there = Programme.objects.filter(active=True, participations__partner=store.partner_id)
    sheets = [
        _draw(
            request, programme, store.name, "cabinet:enter", [programme.code], f"{arrivals.STORE}{store.code}"
        )
        for programme in there.order_by("participations__priority", "id")
    ]
    return _show(request, sheets, store.name, reverse("admin:loyalty_store_change", args=[pk]))


def of_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The code of a landing page; who scans it is told from those who come by other links to it."""
    if not request.user.has_perm("campaigns.view_landingpage"):
        raise PermissionDenied
    page = get_object_or_404(LandingPage.objects.select_related("campaign__programme"), pk=pk)
    programme = page.campaign.programme
    sheet = _draw(request, programme, page.title, "site:landing", [programme.code, page.code], "qr")
    return _show(request, [sheet], page.title, reverse("admin:campaigns_landingpage_change", args=[pk]))


def _draw(
    request: HttpRequest, programme: Programme, title: str, name: str, args: list[str], source: str
) -> Poster:
    shown = look.of(programme.pk)
    origin = domains.origin(shown.domain, request.build_absolute_uri("/"))
    address = f"{origin}{reverse(name, args=args)}?from={source}"
    return Poster(programme, shown, title, address, pictures.qr(address))


def _show(request: HttpRequest, sheets: list[Poster], title: str, back: str) -> HttpResponse:
    context = {"sheets": sheets, "title": title, "back": back}
    return TemplateResponse(request, "backoffice/site/poster.html", context)
