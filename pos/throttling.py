"""How often a key may call. How often it may guess is ``pos.guard``'s.

Counted in the default cache by whole minutes: with Redis over all processes, without it in each
process by itself, so that a server of n processes lets through up to n times as much.
"""

from __future__ import annotations

import time
from typing import cast

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from pos.keys import Client

_SECONDS = 60


class KeyThrottle(BaseThrottle):
    """At most ``POS_CALLS_PER_MINUTE`` requests of a key in a minute."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request; False when it is one too many."""
        client = cast(Client, request.auth)
        return _count("calls", client.name) <= settings.POS_CALLS_PER_MINUTE

    def wait(self) -> float:
        """Seconds until the minute is over."""
        return _left()


def _count(what: str, who: str) -> int:
    key = _key(what, who)
    try:
        return cache.incr(key)
    except ValueError:
        return 1 if cache.add(key, 1, _SECONDS) else cache.incr(key)


def _key(what: str, who: str) -> str:
    return f"pos:{what}:{who}:{int(time.time()) // _SECONDS}"


def _left() -> float:
    return _SECONDS - time.time() % _SECONDS
