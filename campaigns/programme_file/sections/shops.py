"""Partners that take part, and the card types by which they are told apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from campaigns.programme_file import references
from campaigns.programme_file.columns import Columns, change
from campaigns.programme_file.document import Change, Document, Moment, Section, Step, same_keys
from campaigns.programme_file.problems import FileProblem
from loyalty.models import Participation, Partner, ProductSet, Programme
from members.models import CardKind

KINDS = Columns(CardKind, "name", "lengths", "check_digit")
PARTNERS = Columns(Partner, "name", "country")
TERMS = Columns(Participation, "priority")
_CODE = {"type": ["string", "null"], "maxLength": 32}
_CODES = {"pattern": r"^[-a-zA-Z0-9_]{1,32}$"}


class CardTypes(Section):
    """``card_types``: those that the programme speaks of, so that an empty database can have them too."""

    name = "card_types"
    comment = "Card types that this file speaks of."

    def schema(self) -> Document:
        """Names by code."""
        entry = {"type": "object", "properties": KINDS.schema(), "additionalProperties": False}
        return {"type": "object", "propertyNames": _CODES, "additionalProperties": entry}

    def read(self, programme: Programme, document: Document) -> Document:
        """Those that the other sections name."""
        return self.find(references.card_types(document))

    def find(self, codes: set[str]) -> Document:
        """The card types of these codes."""
        return {
            kind.code: KINDS.write(kind) for kind in CardKind.objects.filter(code__in=codes).order_by("code")
        }

    def fill(self, step: Step) -> Document:
        """What the file says over what is there; card types are never taken away."""
        said = step.said.get(self.name, {})
        before = (step.was(self.name) or {}) | self.find(set(said))
        filled = {code: KINDS.fill(entry, before.get(code)) for code, entry in said.items()}
        return dict(sorted((before | filled).items()))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses."""
        for code, entry in step.after[self.name].items():
            yield from (
                FileProblem((self.name, code, name), message)
                for name, message in KINDS.check(entry, new=True)
            )

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Card types that come or are renamed."""
        there = self.find(set(after))
        for code, entry in after.items():
            subject = _("Card type “%(name)s”") % {"name": entry["name"]}
            if code not in there:
                yield Change(self.name, "added", subject)
            elif lines := tuple(KINDS.differences(there[code], entry)):
                yield Change(self.name, "changed", subject, lines)

    def prepare(self, programme: Programme, before: Any, after: Any) -> None:
        """Save the card types: partners and campaigns point at them."""
        there = self.find(set(after))
        for code, entry in after.items():
            if there.get(code) != entry:
                CardKind.objects.update_or_create(code=code, defaults=entry)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Done by ``prepare``."""


class Partners(Section):
    """``partners``: who takes part, by code, and under which condition."""

    name = "partners"
    comment = "Partners that take part. A receipt belongs to the first programme by priority."

    def schema(self) -> Document:
        """Entries by code."""
        links = {"card_type": _CODE, "product_set": _CODE}
        properties = PARTNERS.schema() | TERMS.schema() | links
        entry = {"type": "object", "properties": properties, "additionalProperties": False}
        return {"type": "object", "propertyNames": _CODES, "additionalProperties": entry}

    def read(self, programme: Programme, document: Document) -> Document:
        """The participations as they are."""
        rows = Participation.objects.filter(programme=programme).select_related(
            "partner", "card_kind", "product_set"
        )
        return {row.partner.code: _write(row) for row in rows.order_by("partner__code")}

    def fill(self, step: Step) -> Document:
        """What the file says over what is there."""
        said, before = step.said.get(self.name), step.was(self.name) or {}
        if said is None:
            return before
        known = {p.code: PARTNERS.write(p) for p in Partner.objects.filter(code__in=said)}
        filled = {}
        for code, entry in said.items():
            was = before.get(code)
            links = {name: entry.get(name, (was or {}).get(name)) for name in ("card_type", "product_set")}
            filled[code] = PARTNERS.fill(entry, known.get(code)) | TERMS.fill(entry, was) | links
        kept = {} if step.prune else before
        return dict(sorted((kept | filled).items()))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the models refuse, and what the entries point at."""
        for code, entry in step.after[self.name].items():
            for columns in (PARTNERS, TERMS):
                for name, message in columns.check(entry, new=True):
                    yield FileProblem((self.name, code, name), message)
            if (kind := entry["card_type"]) is not None and not _there(
                CardKind, kind, step.after["card_types"]
            ):
                message = _("there is no card type “%(code)s”; add it to card_types") % {"code": kind}
                yield FileProblem((self.name, code, "card_type"), message)
            if (goods := entry["product_set"]) is not None and not _there(
                ProductSet, goods, step.after["product_sets"]
            ):
                message = _("there is no product set “%(code)s”; add it to product_sets") % {"code": goods}
                yield FileProblem((self.name, code, "product_set"), message)

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Partners that join, change and leave."""
        before = before or {}
        for code in same_keys(before, after):
            entry = after.get(code) or before[code]
            subject = _("Partner “%(name)s”") % {"name": entry["name"]}
            if code not in before:
                yield Change(self.name, "added", subject, tuple(_tell(entry)))
            elif code not in after:
                yield Change(self.name, "removed", subject)
            elif lines := tuple(_compare(before[code], entry)):
                yield Change(self.name, "changed", subject, lines)

    def prepare(self, programme: Programme, before: Any, after: Any) -> None:
        """Save the partners: product sets name them."""
        there = {partner.code: PARTNERS.write(partner) for partner in Partner.objects.filter(code__in=after)}
        for code, entry in after.items():
            said = {name: entry[name] for name in PARTNERS.names}
            if there.get(code) != said:
                Partner.objects.update_or_create(code=code, defaults=said)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save who takes part."""
        before = before or {}
        gone = set(before) - set(after)
        Participation.objects.filter(programme=programme, partner__code__in=gone).delete()
        for code, entry in after.items():
            if before.get(code) == entry:
                continue
            row = Participation.objects.filter(programme=programme, partner__code=code).first()
            row = row or Participation(programme=programme, partner=Partner.objects.get(code=code))
            TERMS.put(row, entry)
            row.card_kind = _get(CardKind, entry["card_type"])
            row.product_set = _get(ProductSet, entry["product_set"])
            row.save()


def _write(row: Participation) -> Document:
    links = {
        "card_type": row.card_kind.code if row.card_kind else None,
        "product_set": row.product_set.code if row.product_set else None,
    }
    return PARTNERS.write(row.partner) | TERMS.write(row) | links


def _there(model: Any, code: str, section: Document) -> bool:
    return code in section or model.objects.filter(code=code).exists()


def _get(model: Any, code: str | None) -> Any:
    return None if code is None else model.objects.get(code=code)


def _links() -> dict[str, str]:
    return {"card_type": _("for holders of card type"), "product_set": _("for receipts with products of")}


def _tell(entry: Document) -> Iterator[str]:
    yield _("priority %(priority)s") % {"priority": entry["priority"]}
    yield from (f"{label}: {entry[name]}" for name, label in _links().items() if entry[name] is not None)


def _compare(before: Document, after: Document) -> Iterator[str]:
    yield from PARTNERS.differences(before, after)
    yield from TERMS.differences(before, after)
    for name, label in _links().items():
        if before[name] != after[name]:
            yield change(label, before[name] or "–", after[name] or "–")
