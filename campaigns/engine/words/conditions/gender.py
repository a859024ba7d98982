"""Whether the member is a woman or a man."""

from __future__ import annotations

from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Needs
from campaigns.engine.shapes import closed
from campaigns.engine.words.site import Condition, Leaf, Site, of_member
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _test(leaf: Leaf, _: Site) -> Condition:
    wanted = leaf["is"]
    reason: Reason = (f"not_{wanted}", {})
    return of_member(lambda case: None if case.shopper.gender == wanted else reason)


def _wish(_: Fields, needs: Needs) -> None:
    needs.gender = True


def _say(leaf: Fields, voice: Voice) -> str:
    if leaf.get("is") == "female":
        return voice.gettext("the member is a woman")
    return voice.gettext("the member is a man")


WORD = ConditionWord(
    name="gender",
    about="member",
    schema=closed({"is": {"enum": ["female", "male"]}}, ("is",)),
    title=gettext_noop("gender"),
    main="is",
    say=_say,
    compile=_test,
    needs=_wish,
    facts=("gender",),
    reasons={"not_female": gettext_noop("only for women"), "not_male": gettext_noop("only for men")},
)
