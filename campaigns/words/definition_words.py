"""What the parts of a definition are called, and their values as people say them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from campaigns.engine.document import GROUPS, group_of
from campaigns.engine.vocabulary import CONDITIONS, EFFECTS
from campaigns.engine.words.word import Word
from campaigns.words.phrases import words
from loyalty import wording

#: Fields of the definition's seven questions, by their path.
PARTS: Mapping[str, Any] = {
    "whom.who": gettext_lazy("for whom"),
    "whom.tiers": gettext_lazy("tiers"),
    "whom.card_kinds": gettext_lazy("card types"),
    "whom.segments": gettext_lazy("segments"),
    "whom.except.tiers": gettext_lazy("not for tiers"),
    "whom.except.card_kinds": gettext_lazy("not for card types"),
    "whom.except.segments": gettext_lazy("not for segments"),
    "where.partners": gettext_lazy("partners"),
    "where.stores": gettext_lazy("stores"),
    "where.groups": gettext_lazy("store groups"),
    "where.tills": gettext_lazy("tills"),
    "where.channels": gettext_lazy("channels"),
    "where.except.partners": gettext_lazy("not at partners"),
    "where.except.stores": gettext_lazy("not in stores"),
    "where.except.groups": gettext_lazy("not in store groups"),
    "where.except.tills": gettext_lazy("not at tills"),
    "where.except.channels": gettext_lazy("not by channels"),
    "when.from": gettext_lazy("begins"),
    "when.until": gettext_lazy("ends"),
    "when.weekdays": gettext_lazy("weekdays"),
    "when.hours": gettext_lazy("hours"),
    "when.around.date": gettext_lazy("around the date"),
    "when.around.before": gettext_lazy("days before the date"),
    "when.around.after": gettext_lazy("days after the date"),
    "what_for.of": gettext_lazy("looks at"),
    "what_for.event": gettext_lazy("event"),
    "what_for.offset": gettext_lazy("days from the date"),
    "what_for.days": gettext_lazy("days without a purchase"),
    "what_for.products": gettext_lazy("products"),
    "what_for.sets": gettext_lazy("product sets"),
    "what_for.categories": gettext_lazy("categories"),
    "what_for.brands": gettext_lazy("brands"),
    "what_for.except.products": gettext_lazy("without the products"),
    "what_for.except.sets": gettext_lazy("without the product sets"),
    "what_for.except.categories": gettext_lazy("without the categories"),
    "what_for.except.brands": gettext_lazy("without the brands"),
    "lots.expires": gettext_lazy("points expire"),
    "lots.delay": gettext_lazy("points wait"),
    "lots.terms": gettext_lazy("terms of the points"),
    "lots.funder": gettext_lazy("paid for by"),
    "tell.till": gettext_lazy("text at the till"),
    "tell.receipt": gettext_lazy("text on the receipt"),
    "judge.budget.points": gettext_lazy("budget of points"),
    "judge.budget.money": gettext_lazy("budget of money"),
    "stacking.group": gettext_lazy("group of campaigns"),
    "stacking.mode": gettext_lazy("with others of the group"),
    "stacking.priority": gettext_lazy("priority"),
    "stacking.discounted": gettext_lazy("lines that another campaign made cheaper"),
}

#: Groups of conditions.
_GROUPS: Mapping[str, Any] = {
    "all": gettext_lazy("all of these"),
    "any": gettext_lazy("any of these"),
    "none": gettext_lazy("none of these"),
}
_WORDS: Mapping[str, Word] = {**CONDITIONS, **EFFECTS}

#: Fields of effects, conditions and limits.
FIELDS: Mapping[str, Any] = {
    "amount": gettext_lazy("amount"),
    "at_least": gettext_lazy("at least"),
    "at_most": gettext_lazy("at most"),
    "below": gettext_lazy("below"),
    "brands": gettext_lazy("brands"),
    "by": gettext_lazy("by the amount of"),
    "categories": gettext_lazy("categories"),
    "category": gettext_lazy("category"),
    "counting": gettext_lazy("counted by"),
    "days": gettext_lazy("days"),
    "every": gettext_lazy("every"),
    "exactly": gettext_lazy("exactly"),
    "free": gettext_lazy("pieces free"),
    "from": pgettext_lazy("amount", "from"),
    "goal": gettext_lazy("stamps needed"),
    "in": gettext_lazy("one of"),
    "is": pgettext_lazy("value", "is"),
    "mode": gettext_lazy("steps count for"),
    "of_at_least": gettext_lazy("of at least"),
    "per": gettext_lazy("for each"),
    "percent": gettext_lazy("percent"),
    "period": gettext_lazy("period"),
    "pieces": gettext_lazy("pieces"),
    "points": gettext_lazy("points"),
    "products": gettext_lazy("products"),
    "reward": gettext_lazy("reward"),
    "sets": gettext_lazy("product sets"),
    "times": gettext_lazy("times"),
    "up_to": gettext_lazy("for at most, pieces"),
    "with_this": gettext_lazy("this purchase counts"),
}

#: Words of the vocabulary, as values.
VALUES: Mapping[str, Any] = {
    "everyone": gettext_lazy("everyone"),
    "members": gettext_lazy("members"),
    "receipt": gettext_lazy("the receipt"),
    "lines": gettext_lazy("lines of the receipt"),
    "event": gettext_lazy("an event"),
    "member": gettext_lazy("member"),
    "store": gettext_lazy("store"),
    "campaign": gettext_lazy("campaign"),
    "day": gettext_lazy("day"),
    "week": gettext_lazy("week"),
    "month": gettext_lazy("month"),
    "year": gettext_lazy("year"),
    "ever": gettext_lazy("in all"),
    "all": gettext_lazy("all count"),
    "best": gettext_lazy("the best one counts"),
    "exclusive": gettext_lazy("the first one excludes the rest"),
    "include": gettext_lazy("count"),
    "exclude": gettext_lazy("do not count"),
    "whole": gettext_lazy("the whole amount"),
    "sliced": gettext_lazy("their own part"),
    "scope": gettext_lazy("these goods"),
    "birthday": gettext_lazy("birthday"),
    "joined": gettext_lazy("day of joining"),
    "female": gettext_lazy("female"),
    "male": gettext_lazy("male"),
    "piece": gettext_lazy("piece"),
    "programme": gettext_lazy("programme"),
    "partner": gettext_lazy("partner"),
    "category": gettext_lazy("category"),
}
#: Fields whose values are words of the vocabulary, and not codes that somebody chose.
WORDS = frozenset({
    "who", "of", "period", "per", "mode", "by", "date", "counting", "discounted", "is", "in",
})  # fmt: skip
#: Fields whose values are numbers, and not codes that look like some.
NUMBERS = frozenset({
    "percent", "points", "per", "by", "amount", "money", "price", "from", "at_least", "below", "at_most", "max_share",
    "min_amount", "of_at_least",
})  # fmt: skip
_PERIODS = {
    "day": gettext_lazy("a day"),
    "week": gettext_lazy("a week"),
    "month": gettext_lazy("a month"),
    "year": gettext_lazy("a year"),
    "ever": gettext_lazy("in all"),
    "receipt": gettext_lazy("on a receipt"),
}


def say(name: str, value: Any, kind: str = "") -> str:
    """A value in words; ``name`` is its field's, ``kind`` that of the effect or condition it belongs to."""
    if value is None or value in ([], {}):
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    match name:
        case "weekdays":
            return ", ".join(
                str(WEEKDAYS_ABBR[day - 1]) for day in value if isinstance(day, int) and 1 <= day <= 7
            )
        case "hours":
            return ", ".join(
                "–".join(map(str, pair)) if isinstance(pair, list) else str(pair) for pair in value
            )
        case "expires":
            return wording.describe_expiry(value) if isinstance(value, Mapping) else str(value)
        case "period":
            return _say_period(value)
        case "steps":
            return "; ".join(_say_fields(step) for step in value if isinstance(step, Mapping))
    if isinstance(value, Mapping):
        return _say_fields(value)
    if isinstance(value, list):
        return ", ".join(say("", item) for item in value)
    known = name in WORDS and not is_free(kind) and isinstance(value, str) and value in VALUES
    return str(VALUES[value]) if known else _say_plain(name, str(value))


def _say_plain(name: str, text: str) -> str:
    """A number or a moment as the language writes it; anything else is a code or a text, and stays."""
    if name in NUMBERS and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text.replace(".", get_format("DECIMAL_SEPARATOR"))
    return words.moment(text) if re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d", text) else text


def describe(element: Mapping[str, Any]) -> str:
    """An effect or condition in a line: ``percent of points 5``; ``any of these: (…; …)``."""
    kind = kind_of(element)
    title = name_kind(kind)
    if kind in GROUPS:
        return (
            f"{title}: ({'; '.join(describe(leaf) for leaf in element[kind] if isinstance(leaf, Mapping))})"
        )
    main = main_of(kind)
    parts = [f"{title} {say(main, element[main], kind)}"] if main in element else [title]
    parts += [
        f"{label(name)} {say(name, value, kind)}"
        for name, value in element.items()
        if name not in (main, "effect", "condition")
    ]
    return ", ".join(parts)


def name_kind(kind: str) -> str:
    """What an effect, a condition or a group of conditions is called."""
    word = _WORDS.get(kind)
    return _(word.title) if word else str(_GROUPS.get(kind, kind))


def main_of(kind: str) -> str:
    """The field that says what an effect or condition is about: its kind names it already. Empty where none does."""
    word = _WORDS.get(kind)
    return word.main if word else ""


def is_free(kind: str) -> bool:
    """Whether the values of a condition are codes and texts that somebody wrote, and no words of the vocabulary."""
    word = CONDITIONS.get(kind)
    return word is not None and word.free


def kind_of(element: Mapping[str, Any]) -> str:
    """What an effect, a condition or a group of conditions is."""
    named = element.get("effect") or element.get("condition")
    return str(named) if named else group_of(element) or "?"


def name_limit(limit: Mapping[str, Any]) -> str:
    """What a limit bounds: ``limit of a member, a month``."""
    whose = {"store": _("limit of a store"), "campaign": _("limit of the campaign")}
    named = whose.get(limit.get("per", ""), _("limit of a member"))
    return f"{named}, {_PERIODS.get(limit.get('period', ''), limit.get('period'))}"


def label(name: str) -> str:
    """What a field of an effect, condition or limit is called."""
    return str(FIELDS.get(name, name.replace("_", " ")))


def _say_period(value: Any) -> str:
    if isinstance(value, Mapping) and set(value) == {"days"}:
        return _("the last %(days)s days") % {"days": value["days"]}
    return str(_PERIODS.get(value, value)) if isinstance(value, str) else str(value)


def _say_fields(fields: Mapping[str, Any]) -> str:
    return ", ".join(f"{label(name)} {say(name, value)}" for name, value in fields.items())
