"""Who pays for what campaigns give: the house, partners, brands and suppliers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from campaigns.funding import campaigns_of
from campaigns.programme_file.columns import Columns, change
from campaigns.programme_file.document import Change, Document, Moment, Section, Step, same_keys
from campaigns.programme_file.problems import FileError, FileProblem
from foundation.refusals import Refusal
from loyalty.models import Account, Partner, Payer, Programme
from loyalty.models.payer import HOUSE
from loyalty.shops import payers

COLUMNS = Columns(Payer, "name", "kind")
_CODES = {"pattern": r"^[-a-zA-Z0-9_]{1,32}$"}
_SPELLING = {"type": "string", "minLength": 1, "maxLength": 32}


class Payers(Section):
    """``payers`` by code. ``spellings`` are what campaigns from before there were payers call them."""

    name = "payers"
    comment = "Who pays for what campaigns give. The house pays where a campaign names nobody."

    def schema(self) -> Document:
        """Entries by code."""
        more = {
            "partner": {"type": ["string", "null"], "maxLength": 32},
            "spellings": {"type": "array", "items": _SPELLING, "uniqueItems": True},
        }
        entry = {"type": "object", "properties": COLUMNS.schema() | more, "additionalProperties": False}
        return {"type": "object", "propertyNames": _CODES, "additionalProperties": entry}

    def read(self, programme: Programme, document: Document) -> Document:
        """The payers as they are."""
        rows = Payer.objects.filter(programme=programme).select_related("partner").order_by("code")
        known = payers.directory(programme.pk)
        return {row.code: _write(row, known) for row in rows}

    def fill(self, step: Step) -> Document:
        """What the file says over what is there; every programme has its house."""
        said, before = step.said.get(self.name), step.was(self.name) or {}
        if step.is_new:
            name = payers.tidy(step.after["programme"]["name"] or "") or step.after["programme"]["code"]
            before = {HOUSE: _fill({"name": name, "kind": str(Payer.Kind.HOUSE)}, None)}
        if said is None:
            return before
        filled = {code: _fill(entry, before.get(code)) for code, entry in said.items()}
        kept = _prune(step.programme, before) if step.prune else before
        return dict(sorted((kept | filled).items()))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses, what the entries point at, and names that are one name."""
        before, names, partners = step.was(self.name) or {}, dict[str, str](), dict[str, str]()
        for code, entry in step.after[self.name].items():
            for name, message in COLUMNS.check(entry, code not in before):
                yield FileProblem((self.name, code, name), message)
            other = names.setdefault(str(entry["name"]).lower(), code)
            if other != code:
                message = _("“%(other)s” is called so already: capitals and blanks make no other payer")
                yield FileProblem((self.name, code, "name"), message % {"other": other})
            if (entry["kind"] == Payer.Kind.HOUSE) != (code == HOUSE):
                yield FileProblem((self.name, code, "kind"), _("there is one house, and its code is “house”"))
            yield from self._check_partner(code, entry, step, partners)
            yield from self._check_spellings(code, entry, step)

    def _check_partner(
        self, code: str, entry: Document, step: Step, seen: dict[str, str]
    ) -> Iterator[FileProblem]:
        place, partner = (self.name, code, "partner"), entry["partner"]
        if (entry["kind"] == Payer.Kind.PARTNER) != (partner is not None):
            yield FileProblem(place, _("goes with the kind “partner”: give both, or neither"))
        elif partner is not None and partner not in step.after["partners"]:
            yield FileProblem(
                place, _("there is no partner “%(code)s”; add it to partners") % {"code": partner}
            )
        elif partner is not None and (other := seen.setdefault(partner, code)) != code:
            yield FileProblem(place, _("is the payer “%(other)s” already") % {"other": other})

    def _check_spellings(self, code: str, entry: Document, step: Step) -> Iterator[FileProblem]:
        """A spelling leads to one payer, for ever."""
        after = step.after[self.name]
        for text in entry["spellings"]:
            others = [
                one for one, other in after.items() if one != code and text in (one, *other["spellings"])
            ]
            if others:
                message = _("“%(text)s” leads to the payer “%(other)s”") % {"text": text, "other": others[0]}
                yield FileProblem((self.name, code, "spellings"), message)
        was = (step.was(self.name) or {}).get(code, {"spellings": []})["spellings"]
        if gone := [text for text in was if text not in entry["spellings"]]:
            message = _("campaigns know the payer as “%(text)s”: keep it") % {"text": gone[0]}
            yield FileProblem((self.name, code, "spellings"), message)

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Payers that come, change and go."""
        before = before or {}
        for code in same_keys(before, after):
            entry = after.get(code) or before[code]
            subject = _("Payer “%(name)s”") % {"name": entry["name"]}
            if code not in before and code == HOUSE:
                continue  # it comes with the programme
            if code not in before:
                yield Change(self.name, "added", subject, tuple(_compare(_fill({}, None), entry)))
            elif code not in after:
                yield Change(self.name, "removed", subject)
            elif lines := tuple(_compare(before[code], entry)):
                yield Change(self.name, "changed", subject, lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save the payers as the back office would. Raises ``FileError`` with what it refuses."""
        before = before or {}
        rows = {row.code: row for row in Payer.objects.filter(programme=programme)}
        Payer.objects.filter(programme=programme, code__in=set(before) - set(after)).delete()
        changed = [code for code in after if before.get(code) != after[code]]
        self._make_room(rows, changed)
        for code in changed:
            row = rows.get(code) or Payer(programme=programme, code=code)
            COLUMNS.put(row, after[code])
            partner = after[code]["partner"]
            row.partner = None if partner is None else Partner.objects.get(code=partner)
            try:
                payers.save(row)
            except Refusal as refusal:
                found = [
                    FileProblem((self.name, code, fault.field), fault.detail) for fault in refusal.faults
                ]
                raise FileError(found or [FileProblem((self.name, code), refusal.detail)]) from refusal
            _spell(row, after[code]["spellings"])

    def _make_room(self, rows: dict[str, Payer], changed: list[str]) -> None:
        """Give payers names that nobody has, so that two of them may change theirs, and their partners."""
        for code in changed:
            if code in rows:
                free = {"name": f"\u00b7 {rows[code].pk}", "kind": rows[code].kind}
                if rows[code].kind == Payer.Kind.PARTNER:
                    free |= {"kind": str(Payer.Kind.BRAND), "partner": None}  # type: ignore[dict-item]
                Payer.objects.filter(pk=rows[code].pk).update(**free)


def texts(document: Document) -> set[str]:
    """Everything by which definitions may name the payers of a document."""
    return {text for code, entry in document["payers"].items() for text in (code, *entry["spellings"])}


def _write(row: Payer, known: payers.Directory) -> Document:
    spellings = sorted(known.texts(row) - {row.code})
    partner = row.partner.code if row.partner else None
    return COLUMNS.write(row) | {"partner": partner, "spellings": spellings}


def _fill(said: Document, before: Document | None) -> Document:
    entry = COLUMNS.fill(said, before)
    if isinstance(entry["name"], str):
        entry["name"] = payers.tidy(entry["name"])
    for name, usual in (("partner", None), ("spellings", [])):
        entry[name] = said.get(name, (before or {}).get(name, usual))
    entry["spellings"] = sorted(entry["spellings"])
    return entry


def _prune(programme: Programme | None, before: Document) -> Document:
    """Payers who pay, or are named by what stays in the database, stay; so does the house."""
    rows = Payer.objects.filter(programme=programme, code__in=before).prefetch_related("accounts")
    stay = {HOUSE} | {row.code for row in rows if row.accounts.all() or campaigns_of(row).exists()}
    return {code: entry for code, entry in before.items() if code in stay}


def _spell(payer: Payer, spellings: list[str]) -> None:
    """Let the spellings of old campaigns lead to the payer: each is the code of an account."""
    budget = {"programme_id": payer.programme_id, "kind": Account.Kind.BUDGET}
    for text in spellings:
        Account.objects.get_or_create(**budget, code=text, defaults={"payer": payer})


def _compare(before: Document, after: Document) -> Iterator[str]:
    yield from COLUMNS.differences(before, after)
    if before["partner"] != after["partner"]:
        yield change(_("partner"), before["partner"] or "–", after["partner"] or "–")
    if before["spellings"] != after["spellings"]:
        old, new = (", ".join(one["spellings"]) or "–" for one in (before, after))
        yield change(_("spellings"), old, new)
