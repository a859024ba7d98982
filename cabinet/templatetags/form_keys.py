"""A form that does what it does once: it carries a key of its own, and the room that it leads to keeps it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cabinet import keys

register = template.Library()


@register.simple_tag(takes_context=True)
def form_key(context: dict[str, Any]) -> SafeString:
    """The form's key: the one that came with what is being mended (``key`` of the page), else a new one."""
    kept = context.get("key")
    return format_html(
        '<input type="hidden" name="{}" value="{}">',
        keys.FIELD,
        kept if isinstance(kept, UUID) else keys.new(),
    )
