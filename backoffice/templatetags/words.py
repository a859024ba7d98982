"""Codes as people say them."""

from __future__ import annotations

from django import template

from loyalty.wording import describe_reason
from members import consents
from members.models import Consent
from members.wording import name_channel, name_event

register = template.Library()
register.filter("channel", name_channel)
register.filter("event", name_event)
register.filter("reason", describe_reason)


@register.filter
def consent(row: Consent) -> str:
    """What a consent is to."""
    return consents.name(row.purpose, row.channel, row.party)
