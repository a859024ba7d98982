"""A programme as it is: as a document, and as the text of a file."""

from __future__ import annotations

from typing import Any

from campaigns.engine.schema import SCHEMA
from campaigns.programme_file import notation
from campaigns.programme_file.document import VERSION, Document
from campaigns.programme_file.layout import IN_FILE, TO_READ
from loyalty.models import Programme

#: What is left out where it says what is true of most.
_USUAL: dict[str, Any] = {"archived": False, "draft": None}

#: What comes first wherever it stands: the database does not keep the order of a document.
_FIRST = ("name", "definition", *SCHEMA["properties"], "effect", "condition")


def take(programme: Programme) -> Document:
    """The programme as a document, complete and in a fixed order."""
    read: Document = {}
    for section in TO_READ:
        read[section.name] = section.read(programme, read)
    return {section.name: read[section.name] for section in IN_FILE}


def write(document: Document) -> str:
    """The document as YAML, the same text for the same programme."""
    name = " ".join(str(document["programme"]["name"]).split())
    head = [
        f"The loyalty programme “{name}”, written by Regulars.",
        "manage.py import_programme --dry-run FILE says what a changed file would do.",
        "What this file does not name is left as it is.",
    ]
    parts = ["".join(f"# {line}\n" for line in head) + notation.write({"version": VERSION})]
    for section in IN_FILE:
        parts.append(
            f"# {section.comment}\n{notation.write({section.name: _arrange(document, section.name)})}"
        )
    return "\n".join(parts)


def export(programme: Programme) -> str:
    """The programme as the text of a file."""
    return write(take(programme))


def _arrange(document: Document, name: str) -> Any:
    """A section as it is best read: what is usual left out, definitions in the order of the seven questions."""
    match name:
        case "campaigns":
            return {code: _arrange_entry(entry) for code, entry in document[name].items()}
        case "payers":
            return {code: _arrange_payer(entry) for code, entry in document[name].items()}
        case "templates":
            return [_arrange_entry(entry) for entry in document[name]]
    return document[name]


def _arrange_entry(entry: Document) -> Document:
    told = {name: value for name, value in entry.items() if name not in _USUAL or value != _USUAL[name]}
    for name in ("definition", "draft"):
        if name in told:
            told[name] = _in_order(told[name])
    return told


def _arrange_payer(entry: Document) -> Document:
    """A payer without what only some have: a partner, and spellings of old campaigns."""
    return {name: value for name, value in entry.items() if value or name not in ("partner", "spellings")}


def _in_order(value: Any) -> Any:
    if isinstance(value, dict):
        ranks = {name: _FIRST.index(name) if name in _FIRST else len(_FIRST) for name in value}
        return {name: _in_order(value[name]) for name in sorted(value, key=lambda name: (ranks[name], name))}
    return [_in_order(item) for item in value] if isinstance(value, list) else value
