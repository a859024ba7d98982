"""The cabinet on a phone: what makes it installable, and what it shows without a network."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cabinet import access
from loyalty.appearance import look
from loyalty.models import Programme

#: What a page without a network is made of, beside itself.
PARTS = ("css/base.css", "cabinet/cabinet.css", "cabinet/card.js", "cabinet/cabinet.js",
         "vendor/qrcode-generator/qrcode.js", "img/mark.svg")  # fmt: skip


@require_safe
def manifest(request: HttpRequest, programme: str) -> JsonResponse:
    """The web app manifest of the programme's cabinet."""
    here = access.programme_of(programme)
    home = reverse("cabinet:home", args=[programme])
    shown = look.of(here.pk)
    drawn = {192: shown.small_icon, 512: shown.icon}
    icons = [
        {
            "src": reverse("picture", args=[own.digest]) if own else static(f"cabinet/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": aim,
        }
        for size, own in drawn.items()
        for aim in ("any", "maskable")
    ]
    answer = JsonResponse(
        {
            "name": here.name,
            "short_name": here.name[:12],
            "id": home,
            "start_url": home,
            "scope": home,
            "display": "standalone",
            "background_color": "#fbf9f4",
            "theme_color": shown.theme,
            "icons": icons,
        }
    )
    answer["Content-Type"] = "application/manifest+json"
    answer["Cache-Control"] = "no-cache"
    return answer


@require_safe
def worker(request: HttpRequest, programme: str) -> HttpResponse:
    """The service worker of the programme's cabinet: it keeps the card for the way without a network."""
    parts = _parts(access.programme_of(programme))
    known = {
        "home": reverse("cabinet:home", args=[programme]),
        "wayIn": reverse("cabinet:enter", args=[programme]),
        "offline": reverse("cabinet:offline", args=[programme]),
        "parts": parts,
        "version": _version(parts),
    }
    answer = render(request, "cabinet/worker.js", {"known": json.dumps(known)}, "text/javascript")
    answer["Cache-Control"] = "private, no-cache"
    return answer


@never_cache
@require_safe
def offline(request: HttpRequest, programme: str) -> HttpResponse:
    """What is shown without a network to somebody who never saw their card here."""
    page = {"programme": access.programme_of(programme), "offline": True}
    return render(request, "cabinet/offline.html", page)


def _parts(programme: Programme) -> list[str]:
    """The paths of what a page without a network is made of: what all cabinets share, and the programme's own look."""
    shown = look.of(programme.pk)
    own = [reverse("site:look", args=[programme.code, shown.version])] if shown.version else []
    return (
        [static(name) for name in PARTS]
        + own
        + [reverse("picture", args=[one.digest]) for one in (shown.logo,) if one]
    )


def _version(parts: list[str]) -> str:
    """Another one as soon as any part, or the language of the page without a network, is another; the same in every
    process. Names of static files carry their contents' digest, but not while somebody works on them."""
    stamps = [_stamp(name) for name in PARTS] if settings.DEBUG else []
    said = "\n".join([*parts, *stamps, get_language() or ""])
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _stamp(name: str) -> str:
    found = finders.find(name)
    return str(Path(str(found)).stat().st_mtime_ns) if found else ""
