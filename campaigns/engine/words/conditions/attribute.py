"""Anything else that is known of the member, by its name."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Needs
from campaigns.engine.shapes import CODE, COMPARED, closed
from campaigns.engine.words import compared
from campaigns.engine.words.site import Condition, Leaf, Site, of_member
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    key = leaf["key"]
    return of_member(compared.test_of(leaf, "wrong_attribute", lambda case: case.shopper.attributes.get(key)))


def _wish(leaf: Fields, needs: Needs) -> None:
    needs.attributes.add(leaf["key"])


def _say(leaf: Fields, voice: Voice) -> str:
    name = voice.name("attributes", leaf.get("key"))
    return voice.gettext("the member’s {name} is {value}").format(name=name, value=compared.say(leaf, voice))


WORD = ConditionWord(
    name="attribute",
    about="member",
    schema=closed({"key": CODE} | COMPARED, ("key",)),
    title=gettext_noop("attribute"),
    main="key",
    say=_say,
    compile=_test,
    needs=_wish,
    judge=compared.judge,
    facts=("attributes",),
    free=True,
    reasons={"wrong_attribute": gettext_noop("only where “{key}” is {wanted}")},
)
