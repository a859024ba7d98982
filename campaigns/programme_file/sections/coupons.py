"""Series of coupons. Their codes stay in the database, but for the one code that is for all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from campaigns.programme_file.columns import Columns, change
from campaigns.programme_file.document import Change, Document, Moment, Section, Step, same_keys
from campaigns.programme_file.problems import FileError, FileProblem
from foundation.refusals import Refusal
from loyalty.models import Programme
from rewards import codes
from rewards.coupons import series as desk
from rewards.models import Coupon, Series

COLUMNS = Columns(
    Series,
    "name", "offer", "kind", "good_for", "uses_each", "most_per_member", "combinable", "valid_from", "valid_until",
    "days", "from_pool", "prefix", "length", "active",
)  # fmt: skip
FIXED = ("kind", "uses_each", "from_pool", "mass_code")


class CouponSeries(Section):
    """``coupon_series``: the rules of each series by its code."""

    name = "coupon_series"
    comment = "Series of coupons. Personal codes are not in this file."

    def schema(self) -> Document:
        """Entries by code."""
        count = {"type": ["integer", "null"], "minimum": 1}
        more = {"most_in_all": count, "mass_code": {"type": ["string", "null"], "maxLength": codes.MOST}}
        entry = {"type": "object", "properties": COLUMNS.schema() | more, "additionalProperties": False}
        names = {"pattern": r"^[-a-zA-Z0-9_]{1,64}$"}
        return {"type": "object", "propertyNames": names, "additionalProperties": entry}

    def read(self, programme: Programme, document: Document) -> Document:
        """The series as they are."""
        rows = Series.objects.filter(programme=programme).select_related("total").order_by("code")
        for_all = Coupon.objects.filter(series__programme=programme, series__kind=Series.Kind.MASS)
        shown = dict(for_all.order_by("-id").values_list("series_id", "code"))
        return {row.code: _write(row, shown.get(row.pk)) for row in rows}

    def fill(self, step: Step) -> Document:
        """What the file says over what is there."""
        said, before = step.said.get(self.name), step.was(self.name) or {}
        if said is None:
            return before
        filled = {code: _fill(entry, before.get(code)) for code, entry in said.items()}
        kept = _prune(step.programme, before) if step.prune else before
        return dict(sorted((kept | filled).items()))

    def check(self, step: Step) -> Iterator[FileProblem]:
        """Fields the model refuses, and what is chosen once; the rest is said by who saves a series."""
        before, codes_for_all = step.was(self.name) or {}, dict[str, str]()
        for code, entry in step.after[self.name].items():
            was = before.get(code)
            wrong = dict(COLUMNS.check(entry, was is None))
            for name in FIXED:
                if was is not None and entry[name] != was[name]:
                    fixed = _("is chosen once, when the series is made (%(value)s); make another series")
                    wrong[name] = fixed % {"value": was[name]}
            if "kind" not in wrong and entry["kind"] != Series.Kind.MASS and entry["mass_code"] is not None:
                wrong.setdefault("mass_code", _("only a series of kind “mass” has one code for all"))
            other = codes_for_all.setdefault(entry["mass_code"] or code, code)
            if was is None and entry["mass_code"] is not None and other != code:
                wrong["mass_code"] = _("is the code of “%(other)s” already") % {"other": other}
            if not wrong and entry != was:
                wrong = self._faults(step, code, entry)
            yield from (FileProblem((self.name, code, name), message) for name, message in wrong.items())

    def _faults(self, step: Step, code: str, entry: Document) -> dict[str, str]:
        """What saving the series would refuse, by field."""
        found = step.programme and Series.objects.filter(programme=step.programme, code=code).first()
        row = found or Series(programme=step.programme, code=code)
        COLUMNS.put(row, entry)
        faults = desk.foresee(row, entry["most_in_all"], entry["mass_code"] or "")
        return {fault.field: fault.detail for fault in faults}

    def tell(self, before: Any, after: Any) -> Iterator[Change]:
        """Series that come, change and go."""
        before = before or {}
        for code in same_keys(before, after):
            entry = after.get(code) or before[code]
            subject = _("Coupon series “%(name)s”") % {"name": entry["name"]}
            if code not in before:
                yield Change(self.name, "added", subject, tuple(_compare(_fill({}, None), entry)))
            elif code not in after:
                yield Change(self.name, "removed", subject)
            elif lines := tuple(_compare(before[code], entry)):
                yield Change(self.name, "changed", subject, lines)

    def write(self, programme: Programme, before: Any, after: Any, moment: Moment) -> None:
        """Save the series as the back office would. Raises ``FileError`` with what it refuses."""
        before = before or {}
        Series.objects.filter(programme=programme, code__in=set(before) - set(after)).delete()
        for code, entry in after.items():
            if before.get(code) == entry:
                continue
            row = Series.objects.filter(programme=programme, code=code).first()
            row = row or Series(programme=programme, code=code)
            COLUMNS.put(row, entry)
            try:
                desk.save(row, entry["most_in_all"], moment.at, entry["mass_code"] or "")
            except Refusal as refusal:
                raise FileError(self._problems(code, refusal)) from refusal

    def _problems(self, code: str, refusal: Refusal) -> list[FileProblem]:
        if not refusal.faults:
            return [FileProblem((self.name, code, "mass_code"), refusal.detail)]
        return [FileProblem((self.name, code, fault.field), fault.detail) for fault in refusal.faults]


def _write(row: Series, mass_code: str | None) -> Document:
    total = getattr(row, "total", None)
    return COLUMNS.write(row) | {"most_in_all": total.most if total else None, "mass_code": mass_code}


def _fill(said: Document, before: Document | None) -> Document:
    entry = COLUMNS.fill(said, before)
    entry["prefix"] = codes.squeeze(entry["prefix"])
    for name in ("most_in_all", "mass_code"):
        entry[name] = said.get(name, (before or {}).get(name))
    if entry["mass_code"] is not None:
        entry["mass_code"] = codes.normalise(entry["mass_code"]) or entry["mass_code"]
    return entry


def _prune(programme: Programme | None, before: Document) -> Document:
    """Series of which coupons exist stay, closed; the others go."""
    used = Series.objects.filter(programme=programme, coupons__isnull=False).values_list("code", flat=True)
    return {code: entry | {"active": False} for code, entry in before.items() if code in set(used)}


def _compare(before: Document, after: Document) -> Iterator[str]:
    yield from COLUMNS.differences(before, after)
    for name, label in (("most_in_all", _("uses in all")), ("mass_code", _("code for all"))):
        if before[name] != after[name]:
            old, new = ("–" if entry[name] is None else str(entry[name]) for entry in (before, after))
            yield change(label, old, new)
