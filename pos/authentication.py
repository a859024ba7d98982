"""``Authorization: Api-Key <key>``, for DRF and for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from pos import keys
from pos.keys import Client

CHALLENGE = 'Api-Key realm="pos"'


class KeyAuthentication(BaseAuthentication):
    """A key of a till or of a partner's system. ``request.auth`` is the ``Client``; there is no user."""

    def authenticate(self, request: Request) -> tuple[None, Client]:
        """The client of the request. Raises ``NotAuthenticated`` or ``AuthenticationFailed``."""
        scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "api-key" or not secret:
            raise NotAuthenticated(_("Send the header “Authorization: Api-Key <key>”."))
        client = keys.find(secret.strip(), timezone.now())
        if client is None:
            raise AuthenticationFailed(_("This API key is unknown, revoked or too old."))
        return None, client

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return CHALLENGE


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The security scheme in the OpenAPI document."""

    target_class = "pos.authentication.KeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """An API key in a header, with its prefix."""
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Api-Key <key>`: the word, a space, and the key of a till or a partner.",
        }
