"""Errors as ``application/problem+json`` (RFC 9457): one table from what went wrong to what the client reads."""

from __future__ import annotations

import math
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions

from foundation.refusals import (
    Conflict,
    Fault,
    Forbidden,
    Gone,
    Invalid,
    Missing,
    Refusal,
    Refused,
    TooMany,
    Unexpected,
)
from pos.authentication import CHALLENGE

CONTENT_TYPE = "application/problem+json"
log = structlog.get_logger("regulars.pos")

_REFUSED: dict[type[Refusal], int] = {
    Invalid: 400, Forbidden: 403, Missing: 404, Conflict: 409, Gone: 410, Refused: 422, TooMany: 429, Unexpected: 500,
}  # fmt: skip
_UNDERSTOOD: dict[type[exceptions.APIException], str] = {
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.AuthenticationFailed: "authentication_failed",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "throttled",
}


class TooLarge(Exception):
    """The body is larger than the endpoint takes (413)."""

    def __init__(self, most: int) -> None:
        super().__init__(_("The body is too large: at most %(most)s bytes.") % {"most": most})


class Problem(msgspec.Struct):
    """What a client reads of an error: ``code`` is stable and meant for programs, ``detail`` for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: tuple[Fault, ...] = ()

    @property
    def document(self) -> dict[str, Any]:
        """As it is sent."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "errors": [fault._asdict() for fault in self.errors],
        }


def make(status: int, code: str, detail: str, faults: Iterable[Fault] = ()) -> Problem:
    """A problem of that status."""
    title = HTTPStatus(status).phrase
    return Problem(f"urn:regulars:problem:{code}", title, status, detail, code, tuple(faults))


def of_refusal(refusal: Refusal) -> Problem:
    """The problem of a use case's refusal."""
    status = next(status for kind, status in _REFUSED.items() if isinstance(refusal, kind))
    return make(status, refusal.code, refusal.detail, refusal.faults)


def of_exception(error: Exception) -> Problem:
    """The problem of anything that was raised; what nobody foresaw is logged and told without details."""
    if isinstance(error, Refusal):
        return of_refusal(error)
    if isinstance(error, TooLarge):
        return make(413, "too_large", str(error))
    if isinstance(error, Http404):
        return make(404, "not_found", _("There is no such address."))
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, OperationalError | InterfaceError):
        log.warning("database did not answer", exc_info=error)
        return make(503, "unavailable", _("The database does not answer; send the same request again."))
    log.error("unexpected error", exc_info=error)
    return make(500, "internal_error", _("Something went wrong here; send the same request again later."))


def answer(error: Exception) -> HttpResponse:
    """The response to a request that ended with this error."""
    problem = of_exception(error)
    response = HttpResponse(
        msgspec.json.encode(problem.document), content_type=CONTENT_TYPE, status=problem.status
    )
    if problem.status == 401:
        response["WWW-Authenticate"] = CHALLENGE
    elif isinstance(error, exceptions.Throttled):
        response["Retry-After"] = str(math.ceil(getattr(error, "wait", None) or 1))
    elif isinstance(error, TooMany):
        response["Retry-After"] = str(max(math.ceil(error.wait.total_seconds()), 1))
    elif problem.status == 503:
        response["Retry-After"] = "1"
    return response


def handle(error: Exception, context: object) -> HttpResponse:
    """DRF's exception handler, for views that are not endpoints: the document and its page."""
    return answer(error)


def _of_framework(error: exceptions.APIException) -> Problem:
    code = next((code for kind, code in _UNDERSTOOD.items() if isinstance(error, kind)), "error")
    return make(error.status_code, code, str(error.detail))
