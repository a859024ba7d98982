"""Addresses of a programme's cabinet, looked for once: a list names one for each of its rows."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import quote
from uuid import UUID

from django import template
from django.urls import get_script_prefix, reverse

#: Stand for what a page is about while the rest of its address is looked for: for a code, for an id.
_CODE, _ID = "-any-", UUID(int=2**128 - 1)
#: What stands for itself in a part of a path, beside letters and digits (RFC 3986, section 3.3).
_PLAIN = "!$&'()*+,;=~:@"
register = template.Library()


@register.simple_tag
def way(page: str, programme: str, about: str | UUID) -> str:
    """The path of a page of the cabinet that is about one thing: a code, an id. As ``reverse`` finds it."""
    before, after = _around(page, programme, isinstance(about, UUID), get_script_prefix())
    return f"{before}{quote(str(about), safe=_PLAIN)}{after}"


@lru_cache(maxsize=1024)
def _around(page: str, programme: str, by_id: bool, _prefix: str) -> tuple[str, str]:
    """What comes before it and what after it."""
    mark = str(_ID) if by_id else _CODE
    before, _mark, after = reverse(f"cabinet:{page}", args=[programme, mark]).rpartition(mark)
    return before, after
