"""What the library's forms need put right."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter(is_safe=True)
def unshadow(form: str) -> SafeString:
    """The form, whose scripts find the browser's address even where a field is called ``window``.

    Where fields depend on each other, the library's scripts know each of them by its name, before the browser's own.
    """
    return mark_safe(form.replace("window.location", "globalThis.location"))
