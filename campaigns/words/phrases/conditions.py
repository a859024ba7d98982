"""A tree of conditions as a clause after "only if": every condition tells its own part."""

from __future__ import annotations

from django.utils.translation import gettext as _

from campaigns.engine.vocabulary import CONDITIONS
from campaigns.engine.words.voice import Fields, Voice
from campaigns.words.phrases.missing import gap
from campaigns.words.phrases.words import listed


def describe(tree: Fields, voice: Voice, deep: bool = False) -> str:
    """A tree of conditions as one clause."""
    if "condition" in tree:
        word = CONDITIONS.get(tree["condition"])
        return word.say(tree, voice) if word else str(tree["condition"])
    for group, inner in tree.items():
        clauses = [describe(leaf, voice, True) for leaf in inner]
        if group == "none":
            return _("none of this holds: {clauses}").format(clauses="; ".join(clauses) or gap("conditions"))
        text = listed(clauses, "or" if group == "any" else "and") or gap("conditions")
        return f"({text})" if deep and len(clauses) > 1 else text
    return gap("conditions")
