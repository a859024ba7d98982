"""The member's first purchase: of all, in this store, at this partner, or of a category."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.engine.case import Case, plain
from campaigns.engine.gates import Reason
from campaigns.engine.marks import gettext_noop
from campaigns.engine.needs import Need, Needs, figure
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import CODE, closed
from campaigns.engine.words.conditions import contains
from campaigns.engine.words.site import NO_MEMBER, Condition, Leaf, Site, goods_words
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import ConditionWord


def _figure(leaf: Leaf) -> Need | None:
    """The number of earlier purchases there; None where every sale knows it."""
    where = leaf.get("in", "programme")
    return None if where == "programme" else figure(f"in_{where}", "ever", _goods(leaf))  # type: ignore[arg-type]


def _goods(leaf: Leaf) -> Leaf:
    return {"categories": [leaf["category"]]} if leaf.get("in") == "category" else {}


def _wish(leaf: Fields, needs: Needs) -> None:
    if need := _figure(leaf):
        needs.add(need)


def _test(leaf: Leaf, site: Site) -> Condition:
    need, goods, where = _figure(leaf), _goods(leaf), leaf.get("in", "programme")
    if need is None:
        return _of_all
    scope, key = site.scopes.add(goods), need.key

    def judge(case: Case) -> Reason | None:
        if not case.is_member:
            return NO_MEMBER
        if not case.scopes[scope]:
            return "goods_missing", {**goods_words(goods), "pieces": "1", "value": "0"}
        earlier = case.figure(key)
        return None if not earlier else (f"not_first_in_{where}", {"number": plain(earlier + 1)})

    return judge


def _of_all(case: Case) -> Reason | None:
    if not case.is_member:
        return NO_MEMBER
    if case.purchases:
        return "not_first_purchase", {"number": str(case.purchases + 1)}
    return None


def _judge(leaf: Fields, path: str, _: Questions) -> Iterator[Problem]:
    if (leaf.get("in") == "category") != ("category" in leaf):
        yield Problem(f"{path}.category", "category_alone")


def _say(leaf: Fields, voice: Voice) -> str:
    match leaf.get("in"):
        case "store":
            return voice.gettext("it is the member’s first purchase in this store")
        case "partner":
            return voice.gettext("it is the member’s first purchase at this partner")
        case "category":
            return voice.gettext("it is the member’s first purchase of {category}").format(
                category=voice.name("categories", leaf.get("category"))
            )
    return voice.gettext("it is the member’s first purchase")


WORD = ConditionWord(
    name="first_purchase",
    about="receipt",
    schema=closed({"in": {"enum": ["programme", "store", "partner", "category"]}, "category": CODE}),
    title=gettext_noop("first purchase"),
    say=_say,
    compile=_test,
    needs=_wish,
    judge=_judge,
    facts=("purchases",),
    names={"category": "categories"},
    reasons={
        "goods_missing": contains.MISSING,
        "not_first_purchase": gettext_noop("only for the first purchase, and this is number {number}"),
        "not_first_in_store": gettext_noop(
            "only for the first purchase in this store, and this is number {number}"
        ),
        "not_first_in_partner": gettext_noop(
            "only for the first purchase at this partner, and this is number {number}"
        ),
        "not_first_in_category": gettext_noop(
            "only for the first purchase of these products, and this is number {number}"
        ),
    },
)
