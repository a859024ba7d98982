"""Settings of what is sent to members: by which channel, and what each channel needs (``messaging.channels``)."""

from __future__ import annotations

from config.settings.environment import (
    read_address,
    read_choice,
    read_dotted,
    read_flag,
    read_host,
    read_list,
    read_number,
    read_sender,
    read_text,
    read_texts,
)

_demo = read_text("REGULARS_MODE") == "demo"

#: A function with the signature of ``members.delivery.deliver``.
MESSAGE_SENDER = read_dotted("MESSAGE_SENDER", "messaging.channels.sending.send", "function")
#: What ``MESSAGE_SENDER`` and the channels replaced: whoever still sets it hears so from ``manage.py check``.
CONFIRMATION_SENDER = read_text("CONFIRMATION_SENDER")
#: Channels by name, from ``messaging.channels.table``; without one, messages of that kind are not sent.
SMS_CHANNEL = read_text("SMS_CHANNEL", "outbox" if _demo else "")
EMAIL_CHANNEL = read_text("EMAIL_CHANNEL", "outbox" if _demo else "smtp")

EMAIL_BACKEND = read_dotted(
    "EMAIL_BACKEND",
    f"django.core.mail.backends.{'filebased' if _demo else 'smtp'}.EmailBackend",
    "class",
)
EMAIL_HOST = read_host("EMAIL_HOST", "localhost")
EMAIL_PORT = read_number("EMAIL_PORT", 25, least=1, most=65_535)
EMAIL_HOST_USER = read_text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = read_text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = read_flag("EMAIL_USE_TLS")
EMAIL_USE_SSL = read_flag("EMAIL_USE_SSL")
DEFAULT_FROM_EMAIL = read_sender("EMAIL_FROM", "regulars@localhost")
EMAIL_TIMEOUT = 10  # seconds
ANYMAIL = read_texts("ANYMAIL")  # what a backend of django-anymail needs, where one is installed

#: The gateway of text messages: templates with {phone}, {digits}, {text} and {key} (``messaging.channels.sms``).
SMS_URL = read_address("SMS_URL", ("http", "https"))
SMS_METHOD = read_choice("SMS_METHOD", "POST", ("POST", "GET", "PUT"))
SMS_HEADERS = read_texts("SMS_HEADERS")
SMS_BODY = read_text("SMS_BODY")
#: Where the gateway's id stands in its answer, such as ``messages.0.id``; where it stands, and the status, in a report.
SMS_ANSWER_ID = read_text("SMS_ANSWER_ID")
SMS_SECONDS = read_number("SMS_SECONDS", 10, least=1, most=30)
SMS_CALLBACK_SECRET = read_text("SMS_CALLBACK_SECRET")
SMS_CALLBACK_SIGNATURE = read_text("SMS_CALLBACK_SIGNATURE")
SMS_CALLBACK_LIST = read_text("SMS_CALLBACK_LIST")
SMS_CALLBACK_ID = read_text("SMS_CALLBACK_ID", "id")
SMS_CALLBACK_STATUS = read_text("SMS_CALLBACK_STATUS", "status")
SMS_DELIVERED = frozenset(word.lower() for word in read_list("SMS_DELIVERED", "delivered,delivrd"))
_never = "undelivered,undeliv,undeliverable,failed,expired,rejected,rejectd,deleted"
SMS_UNDELIVERED = frozenset(word.lower() for word in read_list("SMS_UNDELIVERED", _never))
