"""The page's seven questions made ready for the templates: rows, menus, trees of conditions, problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from backoffice.constructor import rows as vocabulary
from backoffice.constructor.edits import GROUP
from backoffice.constructor.forms import at
from backoffice.constructor.questions import QUESTIONS, ROWS, Document, Question, Row
from backoffice.constructor.widgets import Look, id_of, parts
from campaigns.engine.document import GROUPS, group_of
from campaigns.engine.schema import NESTING
from campaigns.engine.vocabulary import FOR_EVENTS, FOR_SHOPPER, OF_EVENT, OF_RECEIPT


@dataclass
class Choice:
    """Something that may be added, and the order of its button."""

    label: str
    order: str
    group: str = ""


@dataclass
class Line:
    """A row as it is shown. ``remove`` is the order of its button; fixed rows have none."""

    id: str
    parts: list[Any]
    remove: str = ""
    note: str = ""
    problems: list[str] = field(default_factory=list)
    #: What must be sent with it: (name, value).
    hidden: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Group:
    """Conditions of which all, any or none must hold. ``lines`` holds lines and groups."""

    id: str
    path: str
    mode: str
    lines: list[Line | Group]
    menu: list[tuple[str, list[Choice]]]
    remove: str
    can_group: bool
    bare: bool = False
    problems: list[str] = field(default_factory=list)
    is_group: bool = True

    @property
    def menu_id(self) -> str:
        """The id of its menu of conditions."""
        return f"add-{self.id}"

    @property
    def group_order(self) -> str:
        """The order that adds a group inside this one."""
        return f"add:{self.path if self.bare else f'{self.path}.{self.mode}'}:{GROUP}"


@dataclass
class Sheet:
    """One question: its rows, what may be added to them, and what is wrong with it."""

    key: str
    number: int
    title: str
    hint: str
    lines: list[Line]
    choices: list[Choice]
    problems: list[str]
    tree: Group | None = None
    has_tree: bool = False
    tree_menu: list[tuple[str, list[Choice]]] = field(default_factory=list)
    effects: list[Line] | None = None
    effect_menu: list[tuple[str, list[Choice]]] = field(default_factory=list)
    #: What may be said about the points that are given.
    point_menu: list[tuple[str, list[Choice]]] = field(default_factory=list)

    def all_conditions(self) -> Iterator[Line | Group]:
        """Every row and group of the tree of conditions."""
        waiting: list[Line | Group] = [self.tree] if self.tree else []
        while waiting:
            line = waiting.pop()
            yield line
            if isinstance(line, Group):
                waiting += line.lines


def lay_out(document: Document, look: Look) -> list[Sheet]:
    """The seven questions of a document."""
    return [_question(number, question, document, look) for number, question in enumerate(QUESTIONS, 1)]


def _question(number: int, question: Question, document: Document, look: Look) -> Sheet:
    lines, choices, claimed = [], [], []
    for row in question.rows:
        owner = at(document, row.part) or {}
        there = bool(set(row.keys) & set(owner)) if isinstance(owner, Mapping) else False
        if there or (row.fixed and row.applies(document)):
            lines.append(_line(row, owner, look))
            claimed += [f"{row.part}.{key}" for key in row.keys]
        elif row.applies(document) and not row.fixed:
            choices.append(Choice(str(row.title), f"add:{row.part}:{row.key}"))
    sheet = Sheet(
        key=question.key,
        number=number,
        title=str(question.title),
        hint="" if [line for line in lines if line.remove] else str(question.hint),
        lines=lines,
        choices=choices,
        problems=_unclaimed(question, claimed, look),
    )
    if "if" in question.lists:
        _add_conditions(sheet, document, look)
    if "what" in question.lists:
        _add_effects(sheet, document, look)
    return sheet


def _line(row: Row, owner: Document, look: Look) -> Line:
    return Line(
        id=id_of(f"{row.part}.{row.key}"),
        parts=parts(row.text, row.fields, owner, row.part, look),
        remove="" if row.fixed else f"remove:{row.part}:{row.key}",
        note=str(row.note),
        problems=look.wrong(row.part, row.keys),
    )


def _unclaimed(question: Question, claimed: Sequence[str], look: Look) -> list[str]:
    """Problems of the question's parts that no row shows."""
    tops = {row.part.partition(".")[0] for row in question.rows}
    elsewhere = [f"{row.part}.{key}" for row in ROWS if row not in question.rows for key in row.keys]
    shown = (*claimed, *elsewhere, "what.", "if.", "if")  # a tree of conditions shows its own
    return [
        text
        for place, texts in look.problems.items()
        if (place.partition(".")[0] in tops or place in question.lists)
        and not any(place == one or place.startswith(f"{one.rstrip('.')}.") for one in shown)
        for text in texts
    ]


def _menu(
    table: Mapping[str, vocabulary.Row], path: str, offered: Sequence[str]
) -> list[tuple[str, list[Choice]]]:
    """What may be added to a list, by group."""
    groups: dict[str, list[Choice]] = {}
    for key, row in table.items():
        if key in offered:
            groups.setdefault(str(row.group), []).append(Choice(str(row.title), f"add:{path}:{key}"))
    return list(groups.items())


def _leaf(row: vocabulary.Row | None, leaf: Document, path: str, kind: str, look: Look) -> Line:
    name = str(leaf.get(kind, ""))
    return Line(
        id=id_of(path),
        parts=parts(row.text, row.fields, leaf, path, look) if row else [name],
        remove=f"remove:{path}",
        problems=look.wrong(path),
        hidden=[(f"{path}.{kind}", name)],
    )


def _add_effects(sheet: Sheet, document: Document, look: Look) -> None:
    event = document.get("what_for", {}).get("of") == "event"
    offered = [key for key in vocabulary.EFFECTS if not event or key in FOR_EVENTS]
    sheet.effect_menu = _menu(vocabulary.EFFECTS, "what", offered)
    earns = any(effect.get("effect") in FOR_SHOPPER for effect in document.get("what", ()))
    life = [choice for choice in sheet.choices if ".terms:" not in choice.order]
    spending = [choice for choice in sheet.choices if ".terms:" in choice.order]
    sheet.point_menu = [(_("The points"), life), (_("What they can be spent on"), spending)] if earns else []
    sheet.choices = []
    sheet.effects = [
        _leaf(vocabulary.EFFECTS.get(effect.get("effect", "")), effect, f"what.{number}", "effect", look)
        for number, effect in enumerate(document.get("what", ()))
    ]


def _add_conditions(sheet: Sheet, document: Document, look: Look) -> None:
    event = document.get("what_for", {}).get("of") == "event"
    hidden = OF_RECEIPT if event else OF_EVENT
    offered = [key for key in vocabulary.CONDITIONS if key not in hidden]
    sheet.has_tree = True
    sheet.tree_menu = _menu(vocabulary.CONDITIONS, "if", offered)
    tree = document.get("if")
    if tree is None:
        return
    if "condition" in tree:
        leaf = _leaf(vocabulary.CONDITIONS.get(tree["condition"]), tree, "if", "condition", look)
        leaf.remove = "remove:if"
        sheet.tree = Group(id_of("if.~"), "if", "", [leaf], sheet.tree_menu, "", can_group=True, bare=True)
    else:
        sheet.tree = _group(tree, "if", offered, look)


def _group(tree: Document, path: str, offered: Sequence[str], look: Look) -> Group:
    mode = group_of(tree) or "all"
    inner_path = f"{path}.{mode}"
    depth = sum(step in GROUPS for step in inner_path.split("."))
    lines: list[Line | Group] = []
    for number, inner in enumerate(tree.get(mode, ())):
        place = f"{inner_path}.{number}"
        if "condition" in inner:
            row = vocabulary.CONDITIONS.get(inner["condition"])
            lines.append(_leaf(row, inner, place, "condition", look))
        else:
            lines.append(_group(inner, place, offered, look))
    own = look.problems.get(path, ()), look.problems.get(inner_path, ())
    return Group(
        id=id_of(path),
        path=path,
        mode=mode,
        lines=lines,
        menu=_menu(vocabulary.CONDITIONS, inner_path, offered),
        remove=f"remove:{path}" if path != "if" else "",
        can_group=depth < NESTING,
        problems=[text for texts in own for text in texts],
    )
