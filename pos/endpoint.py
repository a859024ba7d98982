"""What every address of the API has in common: who calls, how often, and how errors are told.

DRF's view without its content negotiation, parsers, renderers and serializers: they cost more than a
whole purchase (``docs/performance.md``). Bodies are read by ``pos.bodies``, answers written by ``reply``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from foundation.refusals import Forbidden
from pos import problems
from pos.authentication import KeyAuthentication
from pos.keys import Client
from pos.throttling import KeyThrottle


class Endpoint(APIView):
    """A view of the API. ``client`` is whoever holds the key of the request."""

    http_method_names = ["get", "post"]
    authentication_classes: tuple[type[BaseAuthentication], ...] = (KeyAuthentication,)
    throttle_classes: tuple[type[BaseThrottle], ...] = (KeyThrottle,)
    client: Client
    #: Whether the key of a closed store still comes in here.
    even_closed = False

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """DRF's request, without parsers and negotiation."""
        return Request(request, authenticators=self.get_authenticators())

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let in whoever has a key and does not call too often. Raises ``Forbidden`` for a closed store."""
        self.client = cast(Client, request.auth)
        if self.client.closed and not self.even_closed:
            raise Forbidden("store_closed", _("The store of this key is closed."))
        self.check_throttles(request)

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]
        """Tell any error as a problem."""
        response = problems.answer(exc)
        if response.status_code == 500:
            got_request_exception.send(sender=type(self), request=self.request)
        return response

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Answers hold members' data: nobody on the way keeps them."""
        response["Cache-Control"] = "no-store"
        if response.status_code == 405:
            response["Allow"] = ", ".join(self.allowed_methods)
        return response

    @property
    def plain_request(self) -> HttpRequest:
        """Django's own request."""
        plain: HttpRequest = self.request._request
        return plain

    @property
    def address(self) -> str:
        """Where the request came from, as far as the proxies that are trusted say."""
        address: str = self.plain_request.META.get("REMOTE_ADDR", "")
        return address


class Nowhere(Endpoint):
    """Any address below the API that is none."""

    authentication_classes = ()
    throttle_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """There is nothing here, whoever asks."""
        raise Http404


def reply(body: Mapping[str, Any], status: int = 200, *, replay: bool = False) -> HttpResponse:
    """A JSON answer; a replay is told as such, with status 200."""
    response = HttpResponse(
        msgspec.json.encode(body), content_type="application/json", status=200 if replay else status
    )
    if replay:
        response["Idempotent-Replay"] = "true"
    return response
