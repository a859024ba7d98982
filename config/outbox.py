"""The demo's outbox: the newest messages that would have been sent, so that a newcomer can log in.

Messages hold codes and phones: the page is there in the demo alone, and for its own machine alone.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import languages
from config.addresses import is_local
from members.lookup import phones
from messaging.channels.channel import SMS
from messaging.channels.outbox import outbox

#: Messages on the page.
SHOWN = 20
#: What members type: six digits that stand for themselves.
_CODE = re.compile(r"(?<![\w.,:/=-])\d{6}(?![\w/=-]|[.,:]\d)")


class Shown(NamedTuple):
    """A message as the page shows it."""

    key: str
    kind: str
    channel: str
    to: str
    at: datetime | None
    subject: str
    text: str
    code: str


@never_cache
@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """The page; for its own questions whether there is news, the list alone, or 204 when there is none."""
    if not settings.DEMO or not is_local(request):
        raise Http404
    messages = [_tell(entry) for entry in outbox.read_newest(SHOWN)]
    seen = hashlib.sha256("\n".join(f"{one.key} {one.kind}" for one in messages).encode()).hexdigest()[:16]
    if getattr(request, "htmx", False):
        if request.GET.get("seen") == seen:
            return HttpResponse(status=204)
        return render(request, "partials/outbox.html", {"messages": messages, "seen": seen})
    context = {"messages": messages, "seen": seen, "languages": languages.of_staff()}
    return render(request, "outbox.html", context)


def _tell(entry: dict[str, Any]) -> Shown:
    found = _CODE.search(entry["text"])
    to = phones.show(entry["to"]) if entry["kind"] == SMS else entry["to"]
    return Shown(
        entry["key"],
        entry["kind"],
        str(entry.get("channel", "")),
        to,
        _read_moment(entry["at"]),
        entry["subject"],
        entry["text"],
        found[0] if found else "",
    )


def _read_moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
