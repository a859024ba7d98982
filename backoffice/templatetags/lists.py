"""What a list says when it shows nothing."""

from __future__ import annotations

from typing import Any

from django import template

from backoffice import nothing

register = template.Library()


@register.simple_tag
def narrowed(cl: Any) -> bool:
    """Whether something was searched for, or a filter chosen."""
    return bool(cl.query or cl.get_filters_params())


@register.simple_tag(takes_context=True)
def nothing_in(context: Any, cl: Any) -> dict[str, Any]:
    """Whether the list was searched or filtered, what belongs into it, and the steps that the user may take.

    ``put_away`` says that there is nothing but what the list shows only when it is asked for; ``more`` leads there,
    keeping what was searched for.
    """
    found = nothing.LISTS[cl.opts.label_lower]
    sought = narrowed(cl)
    told = {"sought": sought, "text": found.text, "steps": nothing.steps(found, context.request)}
    away = found.away
    if away is not None and not set(away.query) & set(cl.get_filters_params()):
        if cl.query:
            told["more"] = (away.search, cl.get_query_string(dict(away.query)))
        elif not sought and cl.root_queryset.exists():
            told |= {"put_away": away.text, "more": (away.show, cl.get_query_string(dict(away.query)))}
    return told
