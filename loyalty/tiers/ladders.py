"""Ladders of programmes: reading one as the rules need it, and noting that it was changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.db.models import F

from loyalty.models import Ladder, Programme
from loyalty.rules import tiers
from loyalty.rules.tiers import Span, Step

_MONTHS = {Ladder.Window.MONTH: 1, Ladder.Window.QUARTER: 3, Ladder.Window.YEAR: 12}


def read(programme: Programme) -> tiers.Ladder:
    """The ladder of a programme as it is now."""
    steps = tuple(
        Step(tier.id, tier.code, tier.name, tier.threshold, tier.benefits)
        for tier in programme.tiers.order_by("threshold")
    )
    zone = ZoneInfo(programme.time_zone)
    return value(Ladder.objects.filter(programme=programme).first(), steps, zone)


def value(ladder: Ladder | None, steps: tuple[Step, ...], zone: ZoneInfo) -> tiers.Ladder:
    """The ladder's rules with these steps; None is the ladder of a programme that never said anything."""
    if ladder is None:
        return tiers.Ladder(steps, zone)
    window = _span(ladder, ladder.window)
    term = None
    if ladder.down == Ladder.Down.IDLE:
        term = Span(ladder.idle_days or 1)
    elif ladder.down == Ladder.Down.BELOW:
        term = window or _span(ladder, ladder.term)
    return tiers.Ladder(
        steps,
        zone,
        version=ladder.version,
        basis=ladder.basis,
        window=window,
        down=ladder.down,
        term=term,
        below=ladder.below if ladder.down == Ladder.Down.BELOW else None,
        lowest=ladder.fall == Ladder.Fall.LOWEST,
        grace=ladder.grace_days,
        down_from=ladder.down_from,
        since=ladder.changed_at,
    )


def note_change(programme: Programme, now: datetime) -> Ladder:
    """Count a change of the ladder or its tiers, so that members counted before it are counted again, as of ``now``.

    A rule for going down that says nothing else applies from the day of ``now`` on.
    """
    ladder, created = Ladder.objects.get_or_create(programme=programme)
    Ladder.objects.filter(pk=ladder.pk).update(version=F("version") + int(not created), changed_at=now)
    if ladder.down != Ladder.Down.NEVER and ladder.down_from is None:
        today = now.astimezone(ZoneInfo(programme.time_zone)).date()
        Ladder.objects.filter(pk=ladder.pk).update(down_from=today)
    ladder.refresh_from_db()
    return ladder


def dump(ladder: tiers.Ladder) -> Any:
    """A document of the ladder, by which it can be judged when it has been changed: without what members read."""
    steps = tuple(replace(step, benefits="") for step in ladder.steps)
    document = msgspec.to_builtins(replace(ladder, steps=steps, since=None), enc_hook=str)
    del document["since"]  # which ladder it is does not depend on it
    return document


def load(document: Any) -> tiers.Ladder:
    """The ladder of a document."""
    return msgspec.convert(document, tiers.Ladder, strict=False, dec_hook=_zone)


def _zone(kind: type, text: str) -> Any:
    return kind(text)


def _span(ladder: Ladder, window: str) -> Span | None:
    if window == Ladder.Window.ROLLING:
        return Span(ladder.span_amount or 1, ladder.span_unit)
    months = _MONTHS.get(window)  # type: ignore[call-overload]
    return Span(months, "months", calendar=True) if months else None
