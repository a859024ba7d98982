"""Settings of what is sent to members: by which channel, and what each channel needs (``messaging.channels``)."""

from __future__ import annotations

from config.settings.environment import read_dotted, read_flag, read_host, read_number, read_sender, read_text

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
