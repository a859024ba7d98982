"""Bounds of a number: ``at_least``, ``at_most`` and ``below``. What is unsound in them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from campaigns.engine.document import GOODS
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import Schema
from campaigns.engine.words.voice import Fields
from campaigns.engine.words.word import Judge


def bounded(schema: Schema, goods: bool = False) -> Judge:
    """The judge of a word whose schema has bounds: it says nothing without one, and something must fit.

    ``goods``: it says nothing without goods, either.
    """
    names = tuple(name for name in ("at_least", "below", "at_most") if name in schema["properties"])

    def judge(leaf: Fields, path: str, asked: Questions) -> Iterator[Problem]:
        if not set(names) & set(leaf):
            bounds = {"bounds": ", ".join(names)}
            yield Problem(path, "no_amount" if "below" in names else "no_number", bounds)
        least = Decimal(leaf.get("at_least", 0))
        if "below" in leaf and least >= Decimal(leaf["below"]):
            yield Problem(f"{path}.below", "below_not_above")
        if "at_most" in leaf and least > Decimal(leaf["at_most"]):
            yield Problem(f"{path}.at_most", "most_below_least")
        if goods:
            yield from names_goods(leaf, path, asked)

    return judge


def names_goods(leaf: Fields, path: str, _: Questions) -> Iterator[Problem]:
    """A word that speaks of goods and names none."""
    if not set(leaf) & set(GOODS):
        yield Problem(path, "no_goods")
