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


@register.filter(is_safe=True)
def named_act(item: str) -> SafeString:
    """An entry of a menu, with the class of what stands on the page itself where there is no room for menus."""
    return mark_safe(item.replace('<li class="', '<li class="regulars-act ', 1))
