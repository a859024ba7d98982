"""What the library's forms need put right."""

from __future__ import annotations

import re

from django import template
from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

#: How the library leads from a field that is only shown to the record in it.
_SHOWN_LINK = re.compile(
    r'<a href="[^"]*/(?P<app>\w+)/(?P<model>\w+)/[^"/]+/change/" class="text-link">(?P<text>[^<]*)</a>'
)


@register.filter(is_safe=True)
def unshadow(form: str) -> SafeString:
    """The form, whose scripts find the browser's address even where a field is called ``window``.

    Where fields depend on each other, the library's scripts know each of them by its name, before the browser's own.
    """
    return mark_safe(form.replace("window.location", "globalThis.location"))


@register.filter(is_safe=True)
def reachable(form: str, request: HttpRequest) -> SafeString:
    """The form, in which what is only shown leads to no page that the reader may not open."""

    def tell(link: re.Match[str]) -> str:
        app, model = link["app"], link["model"]
        return link[0] if request.user.has_perm(f"{app}.view_{model}") else link["text"]

    return mark_safe(_SHOWN_LINK.sub(tell, form))


@register.filter(is_safe=True)
def named_act(item: str) -> SafeString:
    """An entry of a menu, with the class of what stands on the page itself where there is no room for menus."""
    return mark_safe(item.replace('<li class="', '<li class="regulars-act ', 1))
