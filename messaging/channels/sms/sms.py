"""Text messages by a gateway over HTTP. Address, method, headers and body are templates in the settings.

Whatever the gateway does, there is one of three outcomes within ``SMS_SECONDS``: it took the message, it surely did
not, or nobody can know. Nothing that is logged or kept holds the text or the phone, the gateway's own words neither:
they may repeat both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.conf import settings
from django.utils.translation import gettext as _

from messaging.channels.channel import SMS, Channel, Fault, Message, NotTaken, Unclear
from messaging.channels.sms import callback, reading, templates
from messaging.posting import Answer, ask

#: Bytes of an answer that are read.
MOST_READ = 64 * 1024
SHORTEST_SECRET = 16
_BUSY = 429


def send(message: Message) -> str:
    """Hand a text to the gateway; returns the gateway's id, empty where ``SMS_ANSWER_ID`` names no place for it."""
    values = templates.write_values(message.to, message.text, message.key)
    try:
        body, content_type = templates.fill_body(settings.SMS_BODY, values)
    except ValueError as error:
        raise NotTaken(
            "SMS_BODY is no JSON", _("The text message could not be sent; try again later.")
        ) from error
    headers = templates.fill_headers(settings.SMS_HEADERS, values)
    if content_type and not any(name.lower() == "content-type" for name in headers):
        headers["content-type"] = content_type
    address = templates.fill_address(settings.SMS_URL, values)
    return _judge(ask(settings.SMS_METHOD, address, body, headers, settings.SMS_SECONDS, MOST_READ))


def _judge(answer: Answer) -> str:
    """The gateway's id, or what went wrong."""
    told = _("The text message could not be sent; try again later.")
    if answer.status == 0:
        if not answer.reached:
            raise NotTaken("no connection", told)
        raise Unclear("no answer", told)
    words = f"HTTP {answer.status}"
    if answer.status == _BUSY:
        raise NotTaken(words, _("Too many text messages are being sent just now; try again in a minute."))
    if answer.status >= 500:
        raise Unclear(words, told)
    if not answer.ok:
        raise NotTaken(words, told)
    if not settings.SMS_ANSWER_ID:
        return ""
    try:
        document = reading.parse(answer.content)
    except ValueError as error:
        raise Unclear(f"{words}, no JSON", told) from error
    found = reading.find(document, settings.SMS_ANSWER_ID)
    if not found:  # how gateways refuse that answer 200 to everything
        raise NotTaken(f"{words}, no id at SMS_ANSWER_ID", told)
    return found


def _find_faults() -> Iterator[Fault]:
    if not settings.SMS_URL:
        yield Fault("SMS_URL", "Give the gateway's address, such as https://sms.example.com/send.")
    if not settings.DEMO and settings.SMS_URL.startswith("http:"):
        yield Fault(
            "SMS_URL", "Codes travel readably over http: use https, if the gateway has it.", grave=False
        )
    if settings.SMS_METHOD == "GET" and settings.SMS_BODY:
        yield Fault("SMS_BODY", "A GET has no body: put the places into SMS_URL, or set SMS_METHOD to POST.")
    for name, value in settings.SMS_HEADERS.items():
        if not (f"{name}{value}".isascii() and f"{name}{value}".isprintable()):
            yield Fault(
                "SMS_HEADERS", f"The header {name!r} may hold Latin letters, digits and signs on one line."
            )
    yield from _place_faults()
    secret = settings.SMS_CALLBACK_SECRET
    if secret and len(secret) < SHORTEST_SECRET:
        yield Fault("SMS_CALLBACK_SECRET", f"Take at least {SHORTEST_SECRET} characters that nobody guesses.")
    if settings.SMS_CALLBACK_SIGNATURE and not secret:
        yield Fault("SMS_CALLBACK_SECRET", "SMS_CALLBACK_SIGNATURE needs the secret that signs.")


def _place_faults() -> Iterator[Fault]:
    used: set[str] = set()
    allowed = {"SMS_URL": templates.PLACES, "SMS_BODY": templates.PLACES, "SMS_HEADERS": templates.IN_HEADERS}
    for variable, names in allowed.items():
        try:
            places = _places(getattr(settings, variable))
        except (ValueError, RecursionError):
            yield Fault(
                variable, "It begins like JSON and is none: mend it, or let it begin with neither { nor [."
            )
            places = set(names)  # which it would hold is not known
        used |= places
        if strange := sorted(places - names):
            known = ", ".join(f"{{{name}}}" for name in sorted(names))
            yield Fault(variable, f"It may hold {known}, not {{{strange[0]}}}.")
    if not used & {templates.PHONE, templates.DIGITS} or templates.TEXT not in used:
        yield Fault(
            "SMS_BODY",
            "Say here or in SMS_URL where the phone goes, {phone} or {digits}, and where the {text}.",
        )


def _places(template: str | Mapping[str, str]) -> set[str]:
    if isinstance(template, str):
        return templates.find_places(template)
    return {name for value in template.values() for name in templates.find_places(f" {value}")}


CHANNEL = Channel("sms", frozenset({SMS}), send, _find_faults, callback.hear)
