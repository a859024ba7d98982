"""What changed from one definition of a campaign to another, in words that a manager reads.

Values that mean the same (``5``, ``"5"``, a default left out or written) are no difference. Effects,
conditions and limits are compared with their own kind, wherever they moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from campaigns.engine.definition import DefinitionError, parse
from campaigns.engine.document import GROUPS
from campaigns.engine.schema import SCHEMA
from campaigns.words import definition_words as words

_QUESTIONS = tuple(SCHEMA["properties"])
_MOST = 160


def differences(before: Any, after: Any) -> list[str]:
    """What changed, a line each: ``percent of points: 5 → 7``. Empty when both mean the same."""
    old, new = plain(before), plain(after)
    lines: list[str] = []
    for name in dict.fromkeys((*_QUESTIONS, *old, *new)):
        if old.get(name) != new.get(name):
            told = list(_compare_question(name, old.get(name), new.get(name)))
            lines += told or [_("%(part)s: written in another order") % {"part": name}]
    return lines


def tell(definition: Any) -> list[str]:
    """What a definition says, a line each: ``percent of points 5``."""
    lines: list[str] = []
    told = plain(definition)
    for name in sorted(
        told, key=lambda name: _QUESTIONS.index(name) if name in _QUESTIONS else len(_QUESTIONS)
    ):
        value = told[name]
        if name == "if" and isinstance(value, Mapping):
            lines.append(_("if: %(condition)s") % {"condition": words.describe(value)})
        elif name == "what" and isinstance(value, list):
            lines += [words.describe(effect) for effect in value if isinstance(effect, Mapping)]
        else:
            rest, limits = _split(value)
            lines += [
                f"{_label(path)}: {_short(_say(path, said))}" for path, said in _leaves(rest, name).items()
            ]
            lines += [_tell_limit(limit) for limit in limits]
    return lines


def mean_the_same(before: Any, after: Any) -> bool:
    """Whether two definitions do the same, however they are written."""
    return plain(before) == plain(after)


def plain(definition: Any) -> dict[str, Any]:
    """The one form of a definition; one that is broken stays as it is."""
    try:
        document = parse(definition).document
    except DefinitionError:
        document = definition if isinstance(definition, Mapping) else {"?": definition}
    return {name: part for name, part in document.items() if part not in ({}, [], None)}


def _compare_question(name: str, old: Any, new: Any) -> Iterator[str]:
    match name:
        case "what":
            yield from _compare_elements(_listed(old), _listed(new))
        case "if":
            yield from _compare_conditions(old, new)
        case _:
            (old, old_limits), (new, new_limits) = _split(old), _split(new)
            yield from _compare_fields(name, old, new)
            yield from _compare_limits(old_limits, new_limits)


def _compare_fields(name: str, old: Any, new: Any) -> Iterator[str]:
    before, after = _leaves(old, name), _leaves(new, name)
    for path in dict.fromkeys((*before, *after)):
        if before.get(path) != after.get(path):
            yield _changed(_label(path), _say(path, before.get(path)), _say(path, after.get(path)))


def _compare_conditions(old: Any, new: Any) -> Iterator[str]:
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        told = [words.describe(one) if isinstance(one, Mapping) else "–" for one in (old, new)]
        yield _changed(_("condition"), *told)
    elif words.kind_of(old) != words.kind_of(new):
        yield _changed(_("condition"), words.describe(old), words.describe(new))
    elif (kind := words.kind_of(old)) in GROUPS:
        yield from _compare_elements(_listed(old.get(kind)), _listed(new.get(kind)))
    else:
        yield from _compare_element(old, new)


def _compare_elements(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Effects or conditions: those of one kind are compared with each other in their order."""
    matcher = SequenceMatcher(
        None, [words.kind_of(one) for one in old], [words.kind_of(one) for one in new], autojunk=False
    )
    gone: list[Mapping[str, Any]] = []
    come: list[Mapping[str, Any]] = []
    for kind, first, last, start, stop in matcher.get_opcodes():
        if kind == "equal":
            for before, after in zip(old[first:last], new[start:stop], strict=True):
                yield from _compare_conditions(before, after) if before != after else ()
        else:
            gone += old[first:last]
            come += new[start:stop]
    for element in gone:
        if element not in come:
            yield _("removed: %(what)s") % {"what": _short(words.describe(element))}
    for element in come:
        if element not in gone:
            yield _("added: %(what)s") % {"what": _short(words.describe(element))}


def _compare_element(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    kind = words.kind_of(old)
    title, main = words.name_kind(kind), words.main_of(kind)
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            what = title if name == main else f"{title}, {words.label(name)}"
            yield _changed(what, words.say(name, old.get(name), kind), words.say(name, new.get(name), kind))


def _compare_limits(old: list[Any], new: list[Any]) -> Iterator[str]:
    before, after = ({words.name_limit(limit): limit for limit in limits} for limits in (old, new))
    if len(before) != len(old) or len(after) != len(new):  # two of one kind: nobody can say which is which
        yield from (
            _("removed: %(what)s") % {"what": _tell_limit(limit)} for limit in old if limit not in new
        )
        yield from (_("added: %(what)s") % {"what": _tell_limit(limit)} for limit in new if limit not in old)
        return
    for named in dict.fromkeys((*before, *after)):
        if named not in after:
            yield _("removed: %(what)s") % {"what": _tell_limit(before[named])}
        elif named not in before:
            yield _("added: %(what)s") % {"what": _tell_limit(after[named])}
        else:
            for name in ("times", "points"):
                values = before[named].get(name), after[named].get(name)
                if values[0] != values[1]:
                    yield _changed(
                        f"{named}, {words.label(name)}", *(words.say(name, value) for value in values)
                    )


def _tell_limit(limit: Mapping[str, Any]) -> str:
    bounds = [f"{words.label(name)} {limit[name]}" for name in ("times", "points") if name in limit]
    return f"{words.name_limit(limit)}: {', '.join(bounds)}"


def _split(part: Any) -> tuple[Any, list[Any]]:
    """A part without its limits, and these."""
    if not isinstance(part, Mapping) or "limits" not in part:
        return part, []
    rest = {name: value for name, value in part.items() if name != "limits"}
    return rest, [limit for limit in _listed(part["limits"])]


def _leaves(value: Any, path: str) -> dict[str, Any]:
    """The fields of a part by their paths; what has a name of its own is one field, whatever it holds."""
    if value in (None, {}, []):
        return {}
    if path in words.PARTS or not isinstance(value, Mapping):
        return {path: value}
    leaves: dict[str, Any] = {}
    for name, inner in value.items():
        leaves |= _leaves(inner, f"{path}.{name}")
    ranks = list(words.PARTS)
    return dict(
        sorted(leaves.items(), key=lambda leaf: ranks.index(leaf[0]) if leaf[0] in ranks else len(ranks))
    )


def _label(path: str) -> str:
    return str(words.PARTS.get(path, path))


def _say(path: str, value: Any) -> str:
    return words.say(path.rpartition(".")[2], value)


def _changed(what: str, before: str, after: str) -> str:
    return _("%(what)s: %(before)s → %(after)s") % {
        "what": what, "before": _short(before), "after": _short(after),
    }  # fmt: skip


def _listed(value: Any) -> list[Any]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _short(text: str) -> str:
    line = " ⏎ ".join(text.splitlines())
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"
