"""A walk through the whole back office: every page that a link leads to, and what a person reads on it."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import Resolver404, resolve, reverse

#: What nobody reads: scripts, styles, definitions as JSON and other people's texts in code.
_UNREAD = {"script", "style", "template", "pre", "code", "svg"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_READ_ATTRIBUTES = ("placeholder", "aria-label", "title", "alt")
#: Icons are names that a font draws.
_ICON = "material-symbols-outlined"
#: Pages of one view that are opened, so that a walk ends; a view's pages differ by what they show.
MOST = 12
_LEFT_OUT = ("logout", "jsi18n", "autocomplete", "set_language", "password_change", "view_on_site")


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its address, the name of its view, and the texts on it, one for each piece."""

    address: str
    view: str
    texts: tuple[str, ...]


class _Reader(HTMLParser):
    """Reads a page's texts and links."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.open: list[tuple[str, bool]] = []

    @property
    def unread(self) -> bool:
        return bool(self.open) and self.open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.links += [found[name] for name in ("href", "hx-get") if found.get(name)]
        hidden = self.unread or tag in _UNREAD or _ICON in found.get("class", "")
        if not hidden:
            self.texts += [found[name] for name in _READ_ATTRIBUTES if found.get(name)]
            if tag == "input" and found.get("type", "text") in ("text", "search", "number"):
                self.texts.append(found.get("value", ""))
        if tag not in _VOID:
            self.open.append((tag, hidden))

    def handle_endtag(self, tag: str) -> None:
        names = [name for name, _hidden in self.open]
        if tag in names:
            del self.open[len(names) - 1 - names[::-1].index(tag) :]

    def handle_data(self, data: str) -> None:
        if not self.unread and (text := " ".join(data.split())):
            self.texts.append(text)


def walk(client: Client, language: str) -> Iterator[Page]:
    """All pages of the back office in a language, from the first page on."""
    start = reverse("admin:index")
    waiting, seen, counts = deque([start]), {start}, Counter[str]()
    while waiting:
        address = waiting.popleft()
        view = _view(address, start)
        if view is None or counts[view] >= MOST:
            continue
        answer = client.get(address, headers={"Accept-Language": language})
        if answer.status_code != 200 or not answer.headers["Content-Type"].startswith("text/html"):
            assert answer.status_code in (200, 204, 302), (address, answer.status_code)
            continue
        counts[view] += 1
        reader = _Reader()
        reader.feed(answer.content.decode())
        yield Page(address, view, tuple(reader.texts))
        for link in reader.links:
            found = urlsplit(urljoin(address, link))._replace(fragment="")
            target = found.path + (f"?{found.query}" if found.query else "")
            if target not in seen and not found.netloc:
                seen.add(target)
                waiting.append(target)


def _view(address: str, start: str) -> str | None:
    """The name of an address' view, None where a walk does not go: outside, and where a look does something.

    Lists that are sorted or filtered are the lists that were seen already.
    """
    path, _sign, query = address.partition("?")
    if not path.startswith(start) or re.search(r"(^|&)(o|p|_popup|e)=|__|all=", query):
        return None
    try:
        name = resolve(path).url_name or path
    except Resolver404:
        return None
    return None if any(name.endswith(end) for end in _LEFT_OUT) else name
