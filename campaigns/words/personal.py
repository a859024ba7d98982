"""What of a definition looks at the member, and why an offer is shown to somebody, in plain words.

All of it comes from the definition itself, so it cannot drift from what the engine does. Names of tiers, segments and
goods come from a function that is passed in.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from campaigns.engine.document import Document, Leaf, leaves
from campaigns.engine.vocabulary import CONDITIONS
from campaigns.words import sentence
from campaigns.words.phrases import conditions
from campaigns.words.phrases.words import Names, Voice
from campaigns.words.phrases.yours import Yours

#: Tiers and types of cards are what somebody has reached or holds: known to them, and no profile.
OWN = frozenset({"tier", "card_kind"})


def is_personal(document: Document) -> bool:
    """Whether an offer is made for somebody by what is known of them beside their tier and card."""
    whom = document.get("whom", {})
    listed = "segments" in whom or "segments" in whom.get("except", {})
    dated = "around" in document.get("when", {})
    return bool(listed or dated or any(leaf.kind not in OWN for leaf in _of_member(document)))


def looks_at(document: Document) -> set[str]:
    """What a definition looks at, of members, in the words of the form: "age", "money spent"."""
    whom = document.get("whom", {})
    kinds = {leaf.kind for leaf in _of_member(document)}
    named = {"tiers": "tier", "segments": "segment", "card_kinds": "card_kind"}
    for word, kind in named.items():
        if word in whom or word in whom.get("except", {}):
            kinds.add(kind)
    told = {_(CONDITIONS[kind].title) for kind in kinds if kind in CONDITIONS}
    if around := document.get("when", {}).get("around"):
        told.add(_("birthday") if around.get("date") == "birthday" else _("a date that you told us"))
    return told


def why(document: Document, names: Names = sentence.by_code, currency: str = "") -> list[str]:
    """Why an offer is shown to somebody whom it is for, a sentence each; none where it is for everybody."""
    return [capfirst(text) for text in _why(document, Yours(names, currency))]


def _why(document: Document, voice: Voice) -> Iterator[str]:
    whom = document.get("whom", {})
    if "tiers" in whom:
        yield _("It is for the tier {tiers}, which is yours.").format(
            tiers=voice.named("tiers", whom["tiers"])
        )
    if "segments" in whom:
        said = _("It is for members on a list that the programme keeps ({segments}); you are on it.")
        yield said.format(segments=voice.named("segments", whom["segments"]))
    if "card_kinds" in whom:
        said = _("It is for members with a card {cards}, such as yours.")
        yield said.format(cards=voice.named("card_kinds", whom["card_kinds"]))
    but = whom.get("except", {})
    if left_out := [voice.name(kind, code) for kind, codes in but.items() for code in codes]:
        yield _("It is not for {names}; you are not among them.").format(names=", ".join(left_out))
    if around := document.get("when", {}).get("around"):
        yield _("It counts {when}.").format(when=sentence.tell_around(around, voice))
    if clauses := list(_clauses(document, voice)):
        yield _("It counts only if {clauses}.").format(clauses="; ".join(clauses))


def _clauses(document: Document, voice: Voice) -> Iterator[str]:
    """What must hold of the member, each part that asks about them as a clause: whole, so that it stays true."""
    tree = document.get("if") or {}
    for part in tree.get("all", [tree] if tree else []):
        if _of_members(part):
            yield conditions.describe(part, voice)


def _of_member(document: Document) -> list[Leaf]:
    return _of_members(document.get("if") or {})


def _of_members(tree: Document) -> list[Leaf]:
    return [
        leaf for leaf in leaves(tree) if leaf.kind in CONDITIONS and CONDITIONS[leaf.kind].about == "member"
    ]
