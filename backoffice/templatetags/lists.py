"""What a list says when it shows nothing."""

from __future__ import annotations

from typing import Any

from django import template

from backoffice import nothing

register = template.Library()


@register.simple_tag(takes_context=True)
def nothing_in(context: Any, cl: Any) -> dict[str, Any]:
    """Whether the list was searched or filtered, what belongs into it, and the steps that the user may take."""
    found = nothing.LISTS[cl.opts.label_lower]
    sought = bool(cl.query or cl.get_filters_params())
    return {"sought": sought, "text": found.text, "steps": nothing.steps(found, context.request)}
