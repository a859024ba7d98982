"""So many points for each piece, for at most ``up_to`` pieces."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from campaigns.engine.case import Case, cents_text, plain
from campaigns.engine.effects import Given
from campaigns.engine.marks import gettext_noop
from campaigns.engine.shapes import PIECES, POINTS, closed
from campaigns.engine.words.voice import Fields, Voice
from campaigns.engine.words.word import EffectWord
from campaigns.engine.words.work import Work
from loyalty.rules.rounding import round_points

_NONE = Decimal(0)


def _work(effect: Fields, work: Work) -> None:
    points, places, rule = Decimal(effect["points"]), work.unit.places, work.unit.rule
    most = Decimal(effect["up_to"]) if "up_to" in effect else None
    words = {"points": plain(points)}

    def give(case: Case, lines: Sequence[int], cents: int) -> Given | None:
        pieces = max(sum([case.lines[index].quantity for index in lines], _NONE), _NONE)
        if most is not None and pieces > most:
            pieces = most
        units = int(round_points(points * pieces, places, rule).scaleb(places))
        args = {**words, "pieces": plain(pieces), "of": cents_text(cents)}
        return Given(units, "per_piece", args) if units else None

    work.effects.append(give)


def _say(effect: Fields, voice: Voice) -> str:
    text = voice.gettext("{points} for every piece").format(points=voice.points(effect.get("points")))
    if "up_to" not in effect:
        return text
    pieces = voice.pieces(effect["up_to"])
    return voice.gettext("{what} (of {pieces} at most)").format(what=text, pieces=pieces)


WORD = EffectWord(
    name="points_per_piece",
    schema=closed({"points": POINTS, "up_to": PIECES}, ("points",)),
    title=gettext_noop("points for each piece"),
    main="points",
    say=_say,
    work=_work,
    brings=("points",),
    reasons={"per_piece": gettext_noop("{points} points a piece, pieces: {pieces}")},
)
