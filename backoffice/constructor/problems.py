"""What is wrong with a definition, in words a shop owner understands, by the place in the form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from backoffice.constructor.faults import UNDONE, say
from backoffice.constructor.forms import at, name_of
from campaigns import funding
from campaigns.desk.names import Names
from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.problem import Problem
from campaigns.engine.vocabulary import word_of
from campaigns.words.phrases.missing import CHOOSE

#: What is chosen at a place, by the last step of its path.
_CHOSEN = {name: name for name in CHOOSE} | {
    "products": "goods", "funder": "funders", "group": "stacking", "event": "events", "key": "attributes",
    "date": "dates", "code": "badges", "category": "categories", "all": "conditions", "any": "conditions",
    "none": "conditions",
}  # fmt: skip
#: Rows that cannot be taken away: they are asked while what stands above them holds.
_ASKED = ("what_for.", "what.")


def find(document: object, names: Names | None = None) -> dict[str, list[str]]:
    """What is wrong with a document, in sentences by place (``what.0.percent``); empty when nothing is.

    With ``names`` also a payer that nobody knows.
    """
    found: dict[str, list[str]] = {}
    try:
        parse(document)
    except DefinitionError as error:
        found = by_place(error.problems, document)
    if names is not None and isinstance(document, Mapping) and (text := funding.named(document)):
        names.learn("funders", [text])
        if ("funders", text) in names.missing:
            unknown = funding.unknown(text, ())
            found |= by_place([unknown] if unknown else [], document)
    return found


def by_place(problems: Iterable[Problem], document: object = None) -> dict[str, list[str]]:
    """Problems as sentences, by the places of the form; what is missing in ``document`` is called by its name."""
    told: dict[str, list[str]] = {}
    for problem in problems:
        place = name_of(problem.path)
        texts = told.setdefault(place, [])
        text = _choose(place, problem.code, document) or say(problem)
        if text not in texts:
            texts.append(text)
    return told


def _choose(place: str, code: str, document: Any) -> str:
    """``Choose the tier, or take this row away.``, where nothing is chosen yet; empty elsewhere."""
    if code not in UNDONE:
        return ""
    owner, _dot, last = place.rpartition(".")
    around = at(document, owner) if owner else document
    if last == "in" and isinstance(around, Mapping):
        word = word_of(around)
        kind = word.names.get("in", "") if word else ""
    elif last == "date" and not owner.endswith("around"):
        kind = ""
    else:
        kind = _CHOSEN.get(last, "")
    if kind not in CHOOSE:
        return ""
    text = str(CHOOSE[kind])
    text = text[:1].upper() + text[1:]
    if code != "empty_list" or place.startswith(_ASKED):
        return f"{text}."
    return _("{choose}, or take this row away.").format(choose=text)
