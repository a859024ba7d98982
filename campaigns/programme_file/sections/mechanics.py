"""Campaigns: what is in force, what is being drafted, and whether it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from campaigns import funding, rulebooks
from campaigns.engine.definition import DefinitionError, parse
from campaigns.models import Campaign, Revision
from campaigns.programme_file.columns import Columns, change
from campaigns.programme_file.document import Change, Document, Moment, Section, Step, same_keys
from campaigns.programme_file.problems import FileProblem, Path, steps_of
from campaigns.programme_file.sections import payers
from campaigns.words import sentence
from campaigns.words.differences import differences, mean_the_same, tell
from campaigns.words.problems import tell_problem
from loyalty.models import Programme

COLUMNS = Columns(Campaign, "name", "status")
_DRAFT = Campaign.Status.DRAFT
#: How much of an import is done before its campaigns are written, and after.
WRITING, WRITTEN = 0.4, 0.95
_TEXT = {"type": "string", "minLength": 1, "maxLength": 120}
#: In the file a definition is checked by the engine, which says better what is wrong.
DEFINITION: Document = {"type": "object", "title": "the definition of a campaign, an object {…}"}


class Campaigns(Section):
    """``campaigns`` by code. ``definition`` is what is published, or drafted where nothing is yet;
    ``draft`` is what is being edited beyond it."""

    name = "campaigns"
    comment = (
        "Campaigns. definition: what is in force. draft: what is being edited, where that is something else."
    )

    def schema(self) -> Document:
        """Entries by code."""
        draft = {
            "type": ["object", "null"],
            "properties": {"name": _TEXT, "definition": DEFINITION},
            "additionalProperties": False,
        }
        more = {"archived": {"type": "boolean"}, "definition": DEFINITION, "draft": draft}
        entry = {"type": "object", "properties": COLUMNS.schema() | more, "additionalProperties": False}
        names = {"pattern": r"^[-a-zA-Z0-9_]{1,64}$"}
        return {"type": "object", "propertyNames": names, "additionalProperties": entry}

    def read(self, programme: Programme, document: Document) -> Document:
        """The campaigns as they are."""
        newest = Revision.objects.filter(campaign__programme=programme).order_by("campaign_id", "-number")
        published = {row.campaign_id: row for row in newest.distinct("campaign_id")}
        rows = Campaign.objects.filter(programme=programme).order_by("code")
        return {row.code: _write(row, published.get(row.pk)) for row in rows}

    def fill(self, step: Step) -> Document:
        """What the file says over what is there."""
        said, before = step.said.get(self.name), step.was(self.name) or {}
        if said is None:
            return before
        filled = {code: _fill(entry, before.get(code), step.prune) for code, entry in said.items()}
        kept = (
            {code: gone for code, entry in before.items() if (gone := _retire(entry))}
            if step.prune
            else before
        )
        return dict(sorted((kept | filled).items()))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses, and what cannot become of a campaign. Definitions are checked apart."""
        before = step.was(self.name) or {}
        for code, entry in step.after[self.name].items():
            was, place = before.get(code), (self.name, code)
            for name, message in COLUMNS.check(entry, was is None):
                yield FileProblem((*place, name), message)
            if entry["definition"] is None:
                yield FileProblem((*place, "definition"), _("is missing; add it"))
            if entry["status"] == _DRAFT and entry["draft"] is not None:
                yield FileProblem(
                    (*place, "draft"), _("nothing is published yet: write it as the definition")
                )
            if was is not None and was["status"] != _DRAFT and entry["status"] == _DRAFT:
                yield FileProblem((*place, "status"), _("was published before; use live, paused or ended"))
            if entry["archived"] and entry["status"] == Campaign.Status.LIVE:
                yield FileProblem(
                    (*place, "archived"), _("a campaign that is live cannot be archived; pause or end it")
                )
            if entry != was and entry["status"] != _DRAFT and isinstance(entry["definition"], Mapping):
                yield from _check_definition((*place, "definition"), entry["definition"])
                yield from _check_payer((*place, "definition"), entry["definition"], step.after)

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Campaigns that come, change and go."""
        before = before or {}
        for code in same_keys(before, after):
            entry = after.get(code) or before[code]
            subject = _("Campaign “%(name)s”") % {"name": entry["name"]}
            if code not in before:
                yield Change(self.name, "added", subject, tuple(_tell(entry)))
            elif code not in after:
                yield Change(self.name, "removed", subject)
            elif lines := tuple(_compare(before[code], entry)):
                yield Change(self.name, "changed", subject, lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save, publish, stop and archive, as the back office would."""
        before = before or {}
        Campaign.objects.filter(programme=programme, code__in=set(before) - set(after)).delete()
        rows = {row.code: row for row in Campaign.objects.filter(programme=programme)}
        moved = False
        for number, (code, entry) in enumerate(after.items()):
            moment.tell(WRITING + (WRITTEN - WRITING) * number / len(after))
            if before.get(code) != entry:
                row = rows.get(code) or Campaign(code=code)
                row.programme = programme
                moved |= _save(row, before.get(code), entry, moment)
        if moved:  # one rulebook for all of them: each holds every campaign
            rulebooks.refresh(programme, moment.at)


def _write(row: Campaign, published: Revision | None) -> Document:
    entry: Document = {"name": row.name, "status": row.status, "archived": row.archived_at is not None}
    if published is None:
        return entry | {"status": str(_DRAFT), "definition": row.draft, "draft": None}
    same = (row.name, row.draft) == (published.name, published.definition)
    draft = None if same else {"name": row.name, "definition": row.draft}
    return entry | {"name": published.name, "definition": published.definition, "draft": draft}


def _fill(said: Document, before: Document | None, prune: bool) -> Document:
    was = before or {
        "name": None,
        "status": str(_DRAFT),
        "archived": False,
        "definition": None,
        "draft": None,
    }
    entry = {name: said.get(name, was[name]) for name in ("name", "status", "archived", "definition")}
    entry["definition"] = keep_form(was["definition"], entry["definition"])
    draft = said["draft"] if "draft" in said else None if prune or was["status"] == _DRAFT else was["draft"]
    if draft is not None:
        fallback = was["draft"] or entry
        draft = {name: draft.get(name, fallback[name]) for name in ("name", "definition")}
        draft["definition"] = keep_form((was["draft"] or entry)["definition"], draft["definition"])
        if draft == {"name": entry["name"], "definition": entry["definition"]}:
            draft = None
    return entry | {"draft": draft}


def keep_form(before: Any, after: Any) -> Any:
    """The definition that was there, where the other says the same in another form."""
    return before if before is not None and after is not None and mean_the_same(before, after) else after


def _retire(entry: Document) -> Document | None:
    """What becomes of a campaign that is not wanted any more; None: it was never published and goes."""
    if entry["status"] == _DRAFT:
        return None
    return entry | {"status": str(Campaign.Status.ENDED), "archived": True}


def _check_definition(place: Path, definition: Any) -> Iterator[FileProblem]:
    try:
        parse(definition)
    except DefinitionError as error:
        yield from (FileProblem((*place, *steps_of(one.path)), tell_problem(one)) for one in error.problems)


def _check_payer(place: Path, definition: Mapping[str, Any], after: Document) -> Iterator[FileProblem]:
    """Who pays must be there, or come with the file."""
    if unknown := funding.unknown(funding.named(definition), payers.texts(after)):
        yield FileProblem((*place, *steps_of(unknown.path)), tell_problem(unknown))


def _tell(entry: Document) -> Iterator[str]:
    yield COLUMNS.all[1].say(entry["status"])
    yield from tell_new(entry["definition"])
    if entry["draft"] is not None:
        yield from _compare_drafts(entry, None, entry["draft"])


def tell_new(definition: Any) -> list[str]:
    """What a definition does in sentences; of one that is broken, what it says."""
    try:
        return sentence.describe(parse(definition).document)
    except DefinitionError:
        return tell(definition)


def _compare(before: Document, after: Document) -> Iterator[str]:
    yield from COLUMNS.differences(before, after)
    if before["archived"] != after["archived"]:
        yield _("archived") if after["archived"] else _("taken out again")
    yield from differences(before["definition"], after["definition"])
    if before["draft"] != after["draft"]:
        yield from _compare_drafts(after, before["draft"], after["draft"])


def _compare_drafts(published: Document, before: Document | None, after: Document | None) -> Iterator[str]:
    if after is None:
        yield _("the draft of the next version is dropped")
        return
    was = before or published
    lines = [change(_("name"), was["name"], after["name"])] if was["name"] != after["name"] else []
    for line in lines + differences(was["definition"], after["definition"]):
        yield _("draft of the next version: %(change)s") % {"change": line}


def _save(row: Campaign, before: Document | None, entry: Document, moment: Moment) -> bool:
    """Save a campaign. Whether the rules are to be refreshed."""
    was = before or {"status": str(_DRAFT)}
    changed = was["status"] == _DRAFT or any(was[name] != entry[name] for name in ("name", "definition"))
    row.name, row.draft = entry["name"], entry["definition"]
    row.save()
    if entry["status"] != _DRAFT:
        begins = entry["status"] == Campaign.Status.LIVE and was["status"] != entry["status"]
        if changed or (begins and not rulebooks.resume(row, moment.at, refreshed=False)):
            rulebooks.publish(row, moment.at, moment.user_id, refreshed=False)
            row.submitted_at = row.submitted_by = None
        if entry["status"] != row.status:
            rulebooks.stop(row, moment.at, entry["status"], refreshed=False)
        if entry["draft"] is not None:
            row.name, row.draft = entry["draft"]["name"], entry["draft"]["definition"]
    if entry["archived"] and row.archived_at is None:
        row.archived_at, row.submitted_at, row.submitted_by = moment.at, None, None
    elif not entry["archived"]:
        row.archived_at = None
    row.save()
    return bool(entry["status"] != _DRAFT and (changed or was["status"] != entry["status"]))
