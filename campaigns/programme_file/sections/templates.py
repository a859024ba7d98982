"""The programme's own templates for campaigns, known by their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import CampaignTemplate
from campaigns.programme_file.columns import Columns
from campaigns.programme_file.document import Change, Document, Moment, Section, Step, same_keys
from campaigns.programme_file.problems import FileProblem
from campaigns.programme_file.sections.mechanics import DEFINITION, keep_form, tell_new
from campaigns.words.differences import differences
from loyalty.models import Programme

COLUMNS = Columns(CampaignTemplate, "name", "description")
#: A template's name, and which of that name it is.
_Key = tuple[str, int]


class Templates(Section):
    """``templates``: a list; two of one name are told apart by their order."""

    name = "templates"
    comment = "The programme's own templates for campaigns."

    def schema(self) -> Document:
        """A list of entries."""
        entry = {
            "type": "object",
            "properties": COLUMNS.schema() | {"definition": DEFINITION},
            "required": ["name"],
            "additionalProperties": False,
        }
        return {"type": "array", "items": entry}

    def read(self, programme: Programme, document: Document) -> list[Document]:
        """The templates as they are."""
        rows = CampaignTemplate.objects.filter(programme=programme).order_by("name", "id")
        return _listed({key: _write(row) for key, row in _keyed(rows, lambda row: row.name).items()})

    def fill(self, step: Step) -> list[Document]:
        """What the file says over what is there."""
        said, before = step.said.get(self.name), _entries(step.was(self.name))
        if said is None:
            return _listed(before)
        filled = {key: _fill(entry, before.get(key)) for key, entry in _entries(said).items()}
        return _listed(({} if step.prune else before) | filled)

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses."""
        for index, entry in enumerate(step.after[self.name]):
            for name, message in COLUMNS.check(entry, new=True):
                yield FileProblem((self.name, index, name), message)
            if entry["definition"] is None:
                yield FileProblem((self.name, index, "definition"), _("is missing; add it"))

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Templates that come, change and go."""
        old, new = _entries(before), _entries(after)
        for key in same_keys(old, new):  # type: ignore[arg-type]
            subject = _("Template “%(name)s”") % {"name": key[0]}
            was, entry = old.get(key), new.get(key)  # type: ignore[call-overload]
            if entry is None:
                yield Change(self.name, "removed", subject)
            elif was is None:
                yield Change(self.name, "added", subject, tuple(tell_new(entry["definition"])))
            elif was != entry:
                lines = (
                    *COLUMNS.differences(was, entry),
                    *differences(was["definition"], entry["definition"]),
                )
                yield Change(self.name, "changed", subject, lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save the templates."""
        rows = CampaignTemplate.objects.filter(programme=programme).order_by("name", "id")
        there = _keyed(rows, lambda row: row.name)
        old, new = _entries(before), _entries(after)
        for key in set(old) - set(new):
            there[key].delete()
        for key, entry in new.items():
            if old.get(key) != entry:
                row = there.get(key) or CampaignTemplate(programme=programme)
                COLUMNS.put(row, entry)
                row.definition = entry["definition"]
                row.save()


def _write(row: CampaignTemplate) -> Document:
    return COLUMNS.write(row) | {"definition": row.definition}


def _fill(said: Document, before: Document | None) -> Document:
    was = (before or {}).get("definition")
    return COLUMNS.fill(said, before) | {"definition": keep_form(was, said.get("definition", was))}


def _entries(listed: list[Document] | None) -> dict[_Key, Document]:
    return _keyed(listed or [], lambda entry: entry["name"])


def _keyed(items: Any, name_of: Any) -> dict[_Key, Any]:
    seen: Counter[str] = Counter()
    keyed = {}
    for item in items:
        name = name_of(item)
        keyed[(name, seen[name])] = item
        seen[name] += 1
    return keyed


def _listed(entries: dict[_Key, Document]) -> list[Document]:
    return [entries[key] for key in sorted(entries)]
