"""Where a request comes from: the client's own address, as far as proxies that are trusted tell it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

#: What proxies add. Where none is trusted, a request with one of these did not start on this machine.
_FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP", "HTTP_VIA")


class ClientAddress:
    """Middleware: puts the client's address where everybody looks for it, behind ``TRUST_PROXY`` proxies.

    Each proxy adds the address that it heard from at the end of ``X-Forwarded-For``; what stands before those of
    the trusted ones was written by the client, and nobody believes it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.TRUSTED_PROXIES:
            told = read(request.META.get("HTTP_X_FORWARDED_FOR", ""), settings.TRUSTED_PROXIES)
            if told:
                request.META["REMOTE_ADDR"] = told
        return self.get_response(request)


def read(forwarded: str, proxies: int) -> str:
    """The address that the outermost of so many trusted proxies heard from; empty where there is none."""
    heard = [part.strip() for part in forwarded.split(",") if part.strip()]
    if len(heard) < proxies:
        return ""
    text = heard[-proxies]
    if text.startswith("["):
        text = text[1:].partition("]")[0]  # [2001:db8::1]:443
    elif text.count(":") == 1:
        text = text.partition(":")[0]  # 203.0.113.9:443
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def is_local(request: HttpRequest) -> bool:
    """Whether a request comes from this very machine, and through no proxy that may speak for somebody else."""
    if not settings.TRUSTED_PROXIES and any(request.META.get(name) for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
