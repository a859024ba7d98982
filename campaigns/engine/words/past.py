"""Figures of a member's past purchases in a period: what ``spent``, ``bought`` and ``purchases`` share."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from campaigns.engine.case import Case
from campaigns.engine.gates import Reason
from campaigns.engine.needs import Kind, Needs, figure
from campaigns.engine.words.site import Condition, Leaf, goods_words, of_member, within
from campaigns.engine.words.voice import Fields, Voice


def needs_of(kind: Kind) -> Callable[[Fields, Needs], None]:
    """The wish for a figure of the period and the goods that a leaf names."""
    return lambda leaf, needs: needs.add(figure(kind, leaf["period"], leaf))


def within_period(leaf: Leaf, kind: Kind, here: Callable[[Case], Decimal]) -> Condition:
    """A figure of a period within bounds, this receipt (``here``) included unless it is left out."""
    key = figure(kind, leaf["period"], leaf).key
    period = leaf["period"]
    words = {"period": f"{period['days']}d" if isinstance(period, dict) else period, **goods_words(leaf)}
    test, with_this = within(leaf, kind, words), leaf.get("with_this", True)

    def judge(case: Case) -> Reason | None:
        before = case.figure(key)
        return test(before + here(case) if with_this else before)

    return of_member(judge)


def with_this(leaf: Fields, text: str, voice: Voice) -> str:
    """A clause, and whether this receipt counts."""
    if leaf.get("with_this", True):
        return text
    return voice.gettext("{clause} before this receipt").format(clause=text)
