"""Where channels report what became of messages: ``/messages/<channel>/status/``. What is believed is the channel's."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, RawPostDataException
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from foundation.refusals import Forbidden, Invalid, Missing, Refusal
from messaging.channels.channel import Report
from messaging.channels.table import CHANNELS

#: A report is short, bytes.
LONGEST = 64 * 1024
_STATUSES: dict[type[Refusal], int] = {Invalid: 400, Forbidden: 403, Missing: 404}


@csrf_exempt
@require_http_methods(["GET", "POST"])
def hear(request: HttpRequest, channel: str) -> HttpResponse:
    """Take a channel's report: 200, or in one sentence why not."""
    known = CHANNELS.get(channel)
    if known is None or known.hear is None:
        raise Http404
    try:
        body = request.body
    except RawPostDataException:  # a form in parts, which is read already
        body = b""
    if len(body) > LONGEST:
        return HttpResponse(status=413)
    report = Report(
        {name.lower(): value for name, value in request.headers.items()},
        request.GET.dict(),
        request.POST.dict(),
        body,
    )
    try:
        known.hear(report, timezone.now())
    except (Invalid, Forbidden, Missing) as refusal:
        return HttpResponse(
            f"{refusal.detail}\n", status=_STATUSES[type(refusal)], content_type="text/plain; charset=utf-8"
        )
    return HttpResponse(status=200)
