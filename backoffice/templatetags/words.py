"""Codes as people say them."""

from __future__ import annotations

from django import template

from loyalty.wording import describe_reason
from members.wording import name_channel, name_event

register = template.Library()
register.filter("channel", name_channel)
register.filter("event", name_event)
register.filter("reason", describe_reason)
