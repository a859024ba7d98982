"""What came with an event, by its name."""

from __future__ import annotations

from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import CODE, COMPARED, closed
from campaigns.engine.words import compared
from campaigns.engine.words.site import Condition, Leaf, Site
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    key = leaf["key"]
    return compared.test_of(leaf, "wrong_data", lambda case: case.data.get(key))


def _say(leaf: Fields, voice: Voice) -> str:
    name = voice.name("event_keys", leaf.get("key"))
    return voice.gettext("the event’s {name} is {value}").format(name=name, value=compared.say(leaf, voice))


WORD = ConditionWord(
    name="event_data",
    about="event",
    schema=closed({"key": CODE} | COMPARED, ("key",)),
    title=gettext_noop("what came with the event"),
    main="key",
    say=_say,
    compile=_test,
    judge=compared.judge,
    facts=("data",),
    free=True,
    reasons={"wrong_data": gettext_noop("only where “{key}” of the event is {wanted}")},
)
