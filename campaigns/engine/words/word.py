"""What a word of a definition is made of. A part that is left out says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from campaigns.engine.counters import Counter
from campaigns.engine.needs import Needs
from campaigns.engine.problem import Problem
from campaigns.engine.questions import Questions
from campaigns.engine.shapes import Schema
from campaigns.engine.words.site import Compiler
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.work import Work

#: Says what is unsound in a word's fields, which stand at a path of a definition that fits the schema.
Judge = Callable[[Fields, str, Questions], Iterator[Problem]]
#: Other ways to say a reason: (argument, or argument=value, sentence).
Choices = Mapping[str, tuple[tuple[str, str], ...]]


def sound(fields: Fields, path: str, asked: Questions) -> Iterator[Problem]:
    """Nothing that the schema lets through is unsound."""
    yield from ()


def knows_enough(fields: Fields, needs: Needs) -> None:
    """What every sale reads will do."""


@dataclass(frozen=True, kw_only=True)
class Word:
    """A condition or an effect.

    ``title`` is what it is called in a list of differences, with the value of its field ``main``; ``say`` tells its
    fields in a sentence. ``reasons`` are the sentences of the codes that it gives, ``choices`` other ways to say them.
    """

    name: str
    schema: Schema
    title: str
    say: Callable[[Fields, Voice], str]
    main: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    choices: Choices = field(default_factory=dict)
    #: What must be known beyond what every sale reads.
    needs: Callable[[Fields, Needs], None] = knows_enough
    judge: Judge = sound
    #: Fields of a made-up sale (``campaigns.desk.sample``) that it looks at.
    facts: tuple[str, ...] = ()
    #: What its fields name, by the field: codes of ``tiers``, of ``series``.
    names: Mapping[str, str] = field(default_factory=dict)
    #: Whether its numbers are whole ones.
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class ConditionWord(Word):
    """A condition: ``compile`` makes its test. ``about`` says of what it can be asked."""

    about: Literal["receipt", "member", "event"]
    compile: Compiler
    #: Whether the values that it compares are texts that somebody wrote, and no words of the vocabulary.
    free: bool = False
    #: Whether its reasons name the goods that it counts.
    of_goods: bool = False
    #: The counter behind it, and the series of coupons any of which makes it hold.
    counter: Callable[[Fields], Counter] | None = None
    series: Callable[[Fields], frozenset[str]] | None = None
    #: Whether it is known only once points are spent.
    after_points: bool = False


#: What an effect brings: ``points`` to the shopper, now or ``later``; points that are ``shared`` out to others;
#: ``money`` off; money that is ``traded`` for points; or another ``thing``.
Brings = Literal["points", "later", "shared", "money", "traded", "thing"]


@dataclass(frozen=True, kw_only=True)
class EffectWord(Word):
    """An effect: ``work`` adds what it does to the work of its campaign.

    ``brings`` is all that it may bring; ``choose`` says which of it, where that hangs on its fields.
    """

    work: Callable[[Fields, Work], None]
    brings: tuple[Brings, ...]
    choose: Callable[[Fields], Brings] | None = None
    #: Whether an event can give it: that has no goods, and an amount only where its data brings one.
    for_events: bool = False
    #: Whether a campaign has one of it at most, or gives one thing by it however often it is named.
    single: bool = False
    once: bool = False
    #: Whether it keeps the campaign's own counter.
    counts: bool = False
    #: Whether it comes after all others of its campaign.
    last: bool = False
    #: Whether it is told in a sentence of its own, and not as something that the shopper gets.
    apart: bool = False

    def brought(self, effect: Fields) -> Brings:
        """What this effect of a sound definition brings."""
        return self.choose(effect) if self.choose else self.brings[0]
