"""What the things of a definition are called: names by kind of thing and code, asked for once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from campaigns.desk.sources import SOURCES
from campaigns.engine.vocabulary import word_of
from loyalty.models import Programme


@dataclass
class Names:
    """The names of things by kind and code, asked for once. What nobody knows is called by its code."""

    programme: Programme | None
    known: dict[tuple[str, str], str] = field(default_factory=dict)
    missing: set[tuple[str, str]] = field(default_factory=set)

    def __call__(self, kind: str, code: str) -> str:
        """The name of one thing."""
        if (kind, code) not in self.known:
            self.learn(kind, [code])
        return self.known[kind, code]

    def learn(self, kind: str, codes: Iterable[str]) -> None:
        """Ask for the names of several things at once."""
        new = [code for code in dict.fromkeys(codes) if (kind, code) not in self.known]
        source = SOURCES.get(kind)
        if not new or source is None:
            self.known |= {(kind, code): code for code in new}
            return
        found = source.name(self.programme, new)
        for code in new:
            self.known[kind, code] = found.get(code, code)
            if code not in found and not source.free:
                self.missing.add((kind, code))

    def learn_all(self, document: Any) -> None:
        """Ask for the names of everything that a document mentions in lists, a statement for each kind."""
        for kind, codes in mentioned(document).items():
            self.learn(kind, codes)


def mentioned(document: Any, found: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    """Codes of a document by kind of thing (``SOURCES``)."""
    found = {} if found is None else found
    if isinstance(document, Mapping):
        word = word_of(document)
        named = word.names if word else {}
        for name, value in document.items():
            kind = named.get(name, name)
            if isinstance(value, list) and kind in SOURCES:
                found.setdefault(kind, []).extend(code for code in value if isinstance(code, str) and code)
            else:
                mentioned(value, found)
        if document.get("funder"):
            found.setdefault("funders", []).append(str(document["funder"]))
        for name, kind in named.items():
            if (code := document.get(name)) and not isinstance(code, list):
                found.setdefault(kind, []).append(str(code))
    elif isinstance(document, list):
        for item in document:
            mentioned(item, found)
    return found
