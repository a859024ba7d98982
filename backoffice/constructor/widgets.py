"""What a template shows for a field: its place, its value, its choices, and which template draws it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from django.urls import reverse
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from backoffice import figures
from backoffice.constructor.composite import Either, Hours, Inside, PeriodField, Rows, SpanField, Tagged
from backoffice.constructor.fields import (
    Choice,
    Code,
    Day,
    Field,
    Number,
    Picks,
    Text,
    Weekdays,
    When,
    format_number,
    local,
)
from backoffice.constructor.making import MAKERS
from backoffice.constructor.things import PAGES, address_of
from campaigns.desk.names import Names
from campaigns.desk.sources import SOURCES
from campaigns.engine.words.compared import VALUES
from rewards.models import Series

Widget = dict[str, Any]
Owner = Mapping[str, Any]
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass
class Look:
    """What drawing needs to know: names of things, money, problems by place, and who may edit."""

    names: Names
    currency: str = ""
    problems: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: Sources of which the user may make things on the spot.
    makes: frozenset[str] = frozenset()

    def wrong(self, path: str, keys: Sequence[str] = ()) -> list[str]:
        """The problems at a place and below it; with ``keys``, of these properties alone."""
        places = [f"{path}.{key}" for key in keys] or [path]
        return [
            text
            for place, texts in self.problems.items()
            if any(place == one or place.startswith(f"{one}.") for one in places)
            for text in texts
        ]


def id_of(name: str) -> str:
    """The HTML id of the row or group at a place."""
    return "f-" + name.replace(".", "-").replace("~", "x-")


def field_id(name: str) -> str:
    """The HTML id of a field: a row and the field in it may have one name, and never one id."""
    return f"i{id_of(name)}"


def parts(text: Any, fields: Sequence[Field], owner: Owner, path: str, look: Look) -> list[str | Widget]:
    """A sentence with fields in it, piece by piece: texts and widgets."""
    by_slot = {part.slot: part for part in fields}
    pieces: list[str | Widget] = []
    at = 0
    said = str(text)
    for slot in _SLOT.finditer(said):
        if slot[1] not in by_slot:
            continue
        if before := said[at : slot.start()].strip():
            pieces.append(before)
        pieces.append(build(by_slot[slot[1]], owner, path, look))
        at = slot.end()
    if rest := said[at:].strip():
        pieces.append(rest)
    return pieces


def _base(part: Field, path: str, template: str, look: Look, **more: Any) -> Widget:
    name = f"{path}.{part.name}"
    return {
        "template": f"backoffice/constructor/fields/{template}.html",
        "name": name,
        "id": field_id(name),
        "label": part.label,
        "wrong": bool(look.wrong(name)),
        **more,
    }


def _shown(value: Any) -> str:
    return "" if value is None else format_number(value) if isinstance(value, int | float) else str(value)


@singledispatch
def build(part: Field, owner: Owner, path: str, look: Look) -> Widget:
    """The widget of a field of the owner at ``path``."""
    return _base(part, path, "text", look, value=_shown(owner.get(part.name)))


@build.register
def _number(part: Number, owner: Owner, path: str, look: Look) -> Widget:
    unit = {"money": look.currency, "percent": "%"}.get(part.unit, "")
    value = figures.typed(_shown(owner.get(part.name)))
    return _base(part, path, "number", look, value=value, unit=unit, hint=part.hint, whole=part.whole)


@build.register
def _text(part: Text, owner: Owner, path: str, look: Look) -> Widget:
    template = "area" if part.lines > 1 else "text"
    return _base(
        part, path, template, look, value=_shown(owner.get(part.name)), lines=part.lines, hint=part.hint
    )


@build.register
def _day(part: Day, owner: Owner, path: str, look: Look) -> Widget:
    return _base(part, path, "text", look, value=_shown(owner.get(part.name)), kind="date")


@build.register
def _choice(part: Choice, owner: Owner, path: str, look: Look) -> Widget:
    value = part.format(owner[part.name]) if part.name in owner else ""
    options = [(key, str(label)) for key, label in part.options]
    if value not in dict(options):
        value = options[0][0] if value in ("", "true", "programme", "whole", "scope", "all") else value
        if value not in dict(options):
            options.append((value, value))
    return _base(
        part,
        path,
        "radio" if part.big else "choice",
        look,
        value=value,
        options=options,
        whole=part.structural,
    )


def _picker(part: Field, path: str, look: Look, chosen: list[Any], sources: list[str], **more: Any) -> Widget:
    free = any(SOURCES[source].free for source in sources)
    widget = _base(part, path, "picker", look, chosen=chosen, sources=",".join(sources), free=free, **more)
    widget["pages"] = ",".join(source for source in sources if source in PAGES)
    widget["makes"] = [
        {"label": MAKERS[source].label, "address": _make_address(source, path)}
        for source in sources
        if source in look.makes
    ]
    return widget


def _make_address(source: str, path: str) -> str:
    """Where the form for a new thing is. What a campaign issues are many codes; what it asks for, first of all one."""
    kind = {"series": Series.Kind.PERSONAL if path.startswith("what.") else Series.Kind.MASS}.get(source, "")
    address = reverse("admin:campaigns_campaign_make", args=[source])
    return f"{address}?{urlencode({'kind': kind})}" if kind else address


@build.register
def _code(part: Code, owner: Owner, path: str, look: Look) -> Widget:
    code, name = owner.get(part.name) or "", f"{path}.{part.name}"
    address = address_of(part.source, code, look.names.programme)
    chosen = [(name, code, look.names(part.source, code), address)] if code else []
    names = {part.source: name}
    return _picker(
        part, path, look, chosen, [part.source], names=_join(names), single=True, whole=part.structural
    )


@build.register
def _picks(part: Picks, owner: Owner, path: str, look: Look) -> Widget:
    pairs = [(key, VALUES.get(str(owner.get("key")), source)) for key, source in part.sources]
    chosen = [
        (f"{path}.{key}", code, look.names(source, code), address_of(source, code, look.names.programme))
        for key, source in pairs
        for code in owner.get(key) or ()
    ]
    names = {source: f"{path}.{key}" for key, source in pairs}
    sources = [source for _, source in pairs]
    widget = _picker(part, path, look, chosen, sources, names=_join(names), marker=f"{path}.{part.marker}")
    widget["id"] = field_id(f"{path}.{part.keys[0]}")
    widget["wrong"] = bool(look.wrong(path, part.keys))
    widget["hint"] = _("all") if part.optional else ""
    return widget


def _join(names: Mapping[str, str]) -> str:
    return ",".join(f"{source}={name}" for source, name in names.items())


@build.register
def _when(part: When, owner: Owner, path: str, look: Look) -> Widget:
    value = owner.get(part.name, "")
    return _base(part, path, "moment", look, value=local(value), was=value, was_name=f"{path}.~{part.name}")


@build.register
def _weekdays(part: Weekdays, owner: Owner, path: str, look: Look) -> Widget:
    chosen = set(owner.get(part.name) or ())
    days = [(day, WEEKDAYS_ABBR[day - 1], day in chosen) for day in range(1, 8)]
    return _base(part, path, "weekdays", look, days=days, marker=f"{path}.~{part.name}")


@build.register
def _hours(part: Hours, owner: Owner, path: str, look: Look) -> Widget:
    windows = [
        {
            "name": f"{path}.{part.name}.{at}",
            "id": field_id(f"{path}.{part.name}.{at}"),
            "start": window[0],
            "end": window[1],
        }
        for at, window in enumerate(owner.get(part.name) or ())
    ]
    return _base(part, path, "hours", look, windows=windows, marker=f"{path}.~{part.name}")


@build.register
def _either(part: Either, owner: Owner, path: str, look: Look) -> Widget:
    variant = part.of(owner)
    if variant.text:
        inner = parts(variant.text, variant.fields, owner, path, look)
    else:
        inner = [build(one, owner, path, look) for one in variant.fields]
    options = [(one.key, str(one.label)) for one in part.variants]
    name = f"{path}.~{part.name}"
    widget = _base(
        part, path, "either", look, value=variant.key, options=options, parts=inner, after=part.after
    )
    return widget | {"name": name, "id": field_id(name)}


@build.register
def _inside(part: Inside, owner: Owner, path: str, look: Look) -> Widget:
    inner = f"{path}.{part.name}"
    pieces = parts(part.text, part.fields, owner.get(part.name) or {}, inner, look)
    return _base(part, path, "inside", look, parts=pieces, marker=f"{inner}.~")


@build.register
def _rows(part: Rows, owner: Owner, path: str, look: Look) -> Widget:
    inner = f"{path}.{part.name}"
    rows = [
        {
            "name": f"{inner}.{at}",
            "parts": parts(part.text, part.fields, row, f"{inner}.{at}", look),
            "problems": look.wrong(f"{inner}.{at}"),
        }
        for at, row in enumerate(owner.get(part.name) or ())
    ]
    return _base(part, path, "rows", look, rows=rows, marker=f"{path}.~{part.name}", add=part.add)


@build.register
def _period(part: PeriodField, owner: Owner, path: str, look: Look) -> Widget:
    value = owner.get(part.name) or part.options[0][0]
    days = _shown(value.get("days")) if isinstance(value, Mapping) else ""
    word = "days" if isinstance(value, Mapping) else value
    return _base(part, path, "period", look, value=word, days=days, options=part.options)


@build.register
def _span(part: SpanField, owner: Owner, path: str, look: Look) -> Widget:
    unit = next((unit for unit in part.keys if unit in owner), part.units[0][0])
    name = f"{path}.~{part.name}"
    widget = _base(part, path, "span", look, value=_shown(owner.get(unit)), unit=unit, units=part.units)
    return widget | {"name": name, "id": field_id(name), "wrong": bool(look.wrong(path, part.keys))}


@build.register
def _tagged(part: Tagged, owner: Owner, path: str, look: Look) -> Widget:
    value, inner = owner.get(part.name) or {}, f"{path}.{part.name}"
    variant = part.of(value)
    pieces = parts(variant.text, variant.fields, value, inner, look)
    options = [(one.key, str(one.label)) for one in part.kinds]
    return _base(part, path, "tagged", look, value=variant.key, options=options, parts=pieces)
