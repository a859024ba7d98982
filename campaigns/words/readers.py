"""What a campaign gives, told to whom it gives: "You get 5% of the receipt", "Your friend gets 50 points".

The sentences of ``sentence`` speak of members to those who make campaigns. Here the same parts speak to one of them,
without what is the shop's own affair: who pays, what the cashier gets, what the whole campaign may cost, which texts
the till shows and how campaigns get along.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from campaigns.engine.document import Document, leaves
from campaigns.engine.vocabulary import EFFECTS
from campaigns.engine.words import shared
from campaigns.words import sentence
from campaigns.words.phrases import conditions
from campaigns.words.phrases.words import Names, Voice, days, listed
from campaigns.words.phrases.yours import Yours

#: Effects that are for others than the reader.
_NOT_THEIRS = frozenset({"staff_points", "referrer_points"})
#: What happens when somebody brings a friend, and the condition that a friend's purchase is the first one.
JOINED, PURCHASED, REGISTERED = "referral.joined", "friend.purchased", "member.registered"
FIRST = {"condition": "event_data", "key": "first", "is": "true"}


class Reader(NamedTuple):
    """How somebody is told that they get something: alone, on some goods, on all, and when something happens; and who
    tells what it depends on."""

    plain: str
    on_goods: str
    on_all: str
    on_event: str
    voice: type[Voice] = Voice


def you() -> Reader:
    """The member who reads."""
    return Reader(
        _("you get {what}"),
        _("you get {what} on {goods}"),
        _("you get {what} on all goods"),
        _("{event} you get {what}"),
        Yours,
    )


def friend() -> Reader:
    """Whom the member who reads may bring."""
    return Reader(
        _("your friend gets {what}"),
        _("your friend gets {what} on {goods}"),
        _("your friend gets {what} on all goods"),
        _("{event} your friend gets {what}"),
    )


def describe(
    document: Document, reader: Reader, names: Names = sentence.by_code, currency: str = ""
) -> list[str]:
    """The sentences that tell a sound definition to its reader; none where it gives them nothing."""
    voice = reader.voice(names, currency)
    main = [*_main(document, reader, voice), *_apart(document, voice)]
    if not main:
        return []
    own = {"judge": {"limits": own_limits(document)}}
    return [
        sentence.finish(text)
        for part in (main, _only_if(document, voice), sentence.tell_limits(own, voice),
                     sentence.tell_lots(document, voice), sentence.tell_terms(document, voice))
        for text in part
    ]  # fmt: skip


def describe_bringing(document: Document, names: Names = sentence.by_code, currency: str = "") -> list[str]:
    """What a definition gives to whoever brought a member, for their purchases; none where it gives nothing."""
    voice = Voice(names, currency)
    shares = [one for one in document.get("what", ()) if one.get("effect") == "referrer_points"]
    text = _("You get {gives} when a friend whom you brought buys something")
    rest = _around(document, voice)
    said = [", ".join([text.format(gives=shared.say(one, voice)), *rest]) + "." for one in shares]
    return [sentence.finish(text) for text in (*said, *_only_if(document, voice))] if said else []


def _main(document: Document, reader: Reader, voice: Voice) -> Iterator[str]:
    what_for = document.get("what_for", {})
    given = _told(document, voice, apart=False)
    if not (what := listed(given)):
        return
    values = {"what": what, "goods": voice.goods(what_for)}
    of = what_for.get("of", "receipt")
    text = reader.plain
    if of == "event":
        values["event"] = _event(document, voice)
        text = reader.on_event
    elif of == "lines":
        text = reader.on_goods if values["goods"] else reader.on_all
    yield ", ".join([text.format(**values), *_around(document, voice)]) + "."


def _apart(document: Document, voice: Voice) -> list[str]:
    """Effects that are a sentence of their own."""
    return _told(document, voice, apart=True)


def _told(document: Document, voice: Voice, *, apart: bool) -> list[str]:
    words = [(EFFECTS[one["effect"]], one) for one in document.get("what", ())]
    return [
        word.say(one, voice) for word, one in words if word.name not in _NOT_THEIRS and word.apart is apart
    ]


def _around(document: Document, voice: Voice) -> list[str]:
    what_for = document.get("what_for", {})
    return [*sentence.tell_not_for(what_for, voice), *sentence.tell_when(document.get("when", {}), voice),
            *sentence.tell_where(document.get("where", {}), voice)]  # fmt: skip


def _event(document: Document, voice: Voice) -> str:
    """When it is given, to whom it is given."""
    what_for = document.get("what_for", {})
    name, offset = what_for.get("event", ""), what_for.get("offset") or 0
    if name == JOINED:
        return _("when a friend joins by your link,")
    if name == PURCHASED:
        first = FIRST in _all_of(document.get("if"))
        return _("when a friend makes the first purchase,") if first else _("when a friend buys something,")
    if name == REGISTERED:
        return _("on joining")
    if name == "member.birthday":
        texts = (_("{days} before your birthday"), _("on your birthday"), _("{days} after your birthday"))
    elif name == "member.anniversary":
        texts = (
            _("{days} before the day on which you joined"), _("on the day on which you joined, every year,"),
            _("{days} after the day on which you joined"),
        )  # fmt: skip
    else:
        return sentence.tell_event(what_for, voice)
    return texts[(offset > 0) - (offset < 0) + 1].format(days=days(abs(offset)))


def _only_if(document: Document, voice: Voice) -> Iterator[str]:
    """The conditions, but for the one that ``_event`` tells, and the coupon that the reader has in their hand."""
    tree = document.get("if")
    told = [FIRST] if document.get("what_for", {}).get("event") == PURCHASED else []
    rest = [one for one in _all_of(tree) if one not in told and one.get("condition") != "coupon"]
    if len(rest) < len(_all_of(tree)):
        tree = {"all": rest} if rest else None
    if tree:
        yield _("Only if {clause}.").format(clause=conditions.describe(tree, voice))


def _all_of(tree: Any) -> list[Any]:
    """What must all hold, where a tree is one condition or a list of such."""
    if not isinstance(tree, Mapping):
        return []
    return list(tree["all"]) if "all" in tree else [tree]


def own_limits(document: Document) -> list[Any]:
    """The limits of a member alone: how much a campaign may give to all is the shop's own affair."""
    limits = document.get("judge", {}).get("limits", ())
    return [one for one in limits if one.get("per", "member") == "member"]


def conditions_of(document: Document) -> set[str]:
    """The names of all conditions of a definition."""
    return {leaf.kind for leaf in leaves(document.get("if") or {})}
