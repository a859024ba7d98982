"""What a gateway reports later: that a message arrived, or that it never will.

Believed is who knows ``SMS_CALLBACK_SECRET``: as ``Authorization: Bearer``, as ``?secret=`` (for gateways that can do
no other), or, where ``SMS_CALLBACK_SIGNATURE`` names a header, by the body's HMAC-SHA256 in it; then nothing outside
the body is read.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from foundation.refusals import Fault, Forbidden, Invalid, Missing
from messaging.channels import deliveries
from messaging.channels.channel import Report
from messaging.channels.sms import reading
from messaging.models import Delivery

NAME = "sms"


def hear(report: Report, now: datetime) -> None:
    """Write down what became of a message. A status that is neither of the two ends is passed over.

    Raises ``Missing`` where no callback is set up and for an id nobody knows (the gateway may ask again: the message
    may be in a transaction that is not over yet), ``Forbidden`` for a wrong secret, ``Invalid`` without id or status.
    """
    if not settings.SMS_CALLBACK_SECRET:
        raise Missing("not_found", _("No reports are expected here."))
    if not _is_believed(report):
        raise Forbidden("forbidden", _("The secret or the signature is wrong."))
    told = [_read_one(one) for one in _split(_read(report))]
    known = [deliveries.hear(NAME, gateway_id, _name_status(said), now) for gateway_id, said in told]
    if not all(known):
        raise Missing("message_not_found", _("There is no such message."))


def _split(document: Any) -> list[Any]:
    """The reports in a document: itself, or those of the list that ``SMS_CALLBACK_LIST`` names."""
    if not settings.SMS_CALLBACK_LIST:
        return [document]
    found = reading.reach(document, settings.SMS_CALLBACK_LIST)
    if not isinstance(found, list):
        raise Invalid(Fault(settings.SMS_CALLBACK_LIST, "required", _("This field is missing.")))
    return found


def _read_one(document: Any) -> tuple[str, str]:
    """The id and the status of one report."""
    places = (settings.SMS_CALLBACK_ID, settings.SMS_CALLBACK_STATUS)
    for place in places:
        if not reading.find(document, place):
            raise Invalid(Fault(place, "required", _("This field is missing.")))
    gateway_id, said = (reading.find(document, place) for place in places)
    return gateway_id, said


def _name_status(said: str) -> str | None:
    if said.lower() in settings.SMS_DELIVERED:
        return Delivery.Status.DELIVERED
    if said.lower() in settings.SMS_UNDELIVERED:
        return Delivery.Status.UNDELIVERED
    return None


def _is_believed(report: Report) -> bool:
    secret = settings.SMS_CALLBACK_SECRET
    if settings.SMS_CALLBACK_SIGNATURE:
        given = (
            report.headers.get(settings.SMS_CALLBACK_SIGNATURE.lower(), "").removeprefix("sha256=").lower()
        )
        signed = hmac.new(secret.encode(), report.body, hashlib.sha256).hexdigest()
        return bool(report.body) and constant_time_compare(given, signed)
    scheme, _space, given = report.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        given = report.query.get("secret", "")
    return constant_time_compare(given.strip(), secret)


def _read(report: Report) -> Any:
    """The fields of a report: of its body, and of its address where that is to be believed."""
    if report.body.lstrip()[:1] in (b"{", b"["):
        try:
            return reading.parse(report.body)
        except ValueError as error:
            raise Invalid(Fault("", "not_json", _("The body is no JSON."))) from error
    return dict(report.form) if settings.SMS_CALLBACK_SIGNATURE else {**report.query, **report.form}
