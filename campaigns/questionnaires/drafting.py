"""The draft of a questionnaire, as its builder changes it: questions and answers added, moved, copied, taken away.

A draft may have gaps and faults; ``soundness.faults`` says what must be mended before it is asked. Keys are made here
and stay with their question, whatever becomes of its words and its place.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from campaigns.models import Questionnaire
from campaigns.questionnaires import states
from campaigns.questionnaires.document import CHOSEN, FORM, OPTIONS, QUESTIONS, TEXTS
from campaigns.questionnaires.kinds import KINDS
from foundation.refusals import Conflict

Draft = dict[str, Any]
#: What is kept of a text that is too long: enough to see that it is.
_LONGEST = 4000


def save(questionnaire_id: int, draft: Draft, seen: str, now: datetime) -> Questionnaire:
    """Keep the draft. ``seen`` is when the one that was changed was kept, as ``mark`` says it.

    Raises ``Conflict`` with ``changed_meanwhile`` when somebody else has kept another one since. Locks the row.
    """
    with transaction.atomic():
        row = states.lock(questionnaire_id)
        if seen != mark(row):
            raise Conflict(
                "changed_meanwhile",
                _(
                    "Somebody else changed the questions meanwhile. Load the page anew: what you changed last is lost."
                ),
            )
        if row.draft != draft:
            row.draft, row.changed_at = draft, now
            row.save(update_fields=["draft", "changed_at"])
        return row


def mark(row: Questionnaire) -> str:
    """By which a form says which draft it was made of."""
    return row.changed_at.isoformat()


def read_form(sent: Mapping[str, list[str]]) -> Draft:
    """The draft that a form of the builder holds: its questions in the order of ``question``, each field under the
    question's key."""
    keys = list(dict.fromkeys(key for key in sent.get("question", ()) if key))[: QUESTIONS + 1]
    return {"version": FORM, "questions": [_read(key, sent) for key in keys]}


def _read(key: str, sent: Mapping[str, list[str]]) -> Draft:
    def one(name: str) -> str:
        values = sent.get(f"{key}.{name}", [""])
        return values[0].replace("\0", "").strip()[:_LONGEST]

    kind = one("kind") if one("kind") in KINDS else "text"
    told: Draft = {"key": key[:16], "kind": kind}
    told |= {name: one(name) for name in ("text", *TEXTS) if one(name)} | {"text": one("text")}
    told |= {name: True for name in ("required", "new_page") if one(name)}
    told |= {name: one(name).replace(",", ".") for name in ("least", "most") if one(name)}
    if one("after"):
        told |= {"after": one("after"), "answers": sent.get(f"{key}.answers", [])[:OPTIONS]}
    options = list(dict.fromkeys(sent.get(f"{key}.option", ())))[: OPTIONS + 1]
    if options:
        told["options"] = [{"key": each[:16], "text": one(f"option.{each}")} for each in options]
    return told


def act(draft: Draft, order: str) -> Draft:
    """The draft after an order of the builder, such as ``up:q1a2b3`` or ``add:text``; the same for an unknown one."""
    name, _colon, about = order.partition(":")
    changed: Draft = copy.deepcopy(draft)
    questions: list[Draft] = changed["questions"]
    if name == "add" and about in KINDS:
        questions.append(blank(about))
        return changed
    key, _colon, option = about.partition(":")
    at = next((index for index, question in enumerate(questions) if question["key"] == key), None)
    if at is None:
        return changed
    if option or name == "add-option":
        _act_on_options(questions[at], name, option)
    elif name in ("up", "down"):
        _swap(questions, at, at + (1 if name == "down" else -1))
    elif name == "copy":
        questions.insert(at + 1, _copy(questions[at]))
    elif name == "remove":
        del questions[at]
    elif name == "kind":
        questions[at] = _filled(questions[at])
    return changed


def blank(kind: str) -> Draft:
    """A new question of a kind, with room for two answers where it has some."""
    return _filled({"key": f"q{secrets.token_hex(4)}", "kind": kind, "text": ""})


def _filled(question: Draft) -> Draft:
    """The question with what its kind needs to begin with."""
    if question["kind"] in ("one", "many") and not question.get("options"):
        question["options"] = [_option(), _option()]
    if question["kind"] == "scale":
        question.setdefault("least", "1")
        question.setdefault("most", "5")
    return question


def _option() -> Draft:
    return {"key": f"a{secrets.token_hex(3)}", "text": ""}


def _act_on_options(question: Draft, name: str, option: str) -> None:
    options: list[Draft] = question.setdefault("options", [])
    if name == "add-option":
        options.append(_option())
        return
    at = next((index for index, one in enumerate(options) if one["key"] == option), None)
    if at is None:
        return
    if name in ("up", "down"):
        _swap(options, at, at + (1 if name == "down" else -1))
    elif name == "remove":
        del options[at]


def _swap(rows: list[Draft], one: int, other: int) -> None:
    if 0 <= other < len(rows):
        rows[one], rows[other] = rows[other], rows[one]


def _copy(question: Draft) -> Draft:
    """The question once more, under a key of its own, and kept as no attribute: two cannot be kept as one."""
    made = copy.deepcopy(question) | {"key": f"q{secrets.token_hex(4)}"}
    made.pop("attribute", None)
    return made


def earlier(draft: Draft, key: str) -> list[Draft]:
    """The questions on which another one can depend: those before it with answers to choose from that depend on
    none themselves."""
    before: list[Draft] = []
    for question in draft["questions"]:
        if question["key"] == key:
            break
        if question["kind"] in CHOSEN and not question.get("after"):
            before.append(question)
    return before
