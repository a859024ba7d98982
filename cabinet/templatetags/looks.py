"""How the programme of a page shows itself."""

from __future__ import annotations

from django import template

from loyalty.appearance import look
from loyalty.appearance.look import Look
from loyalty.models import Programme

register = template.Library()


@register.simple_tag
def look_of(programme: Programme) -> Look:
    """The look of a programme."""
    return look.of(programme.pk)
