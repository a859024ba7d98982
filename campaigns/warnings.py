"""What is allowed in a definition and yet looks wrong: things that do not exist, windows that are over, clashes.

The definition's parser refuses what can be seen in the document alone; these checks ask the database. They
never forbid a draft; those that are ``grave`` forbid a launch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext as _

from analytics.models import Segment, SegmentMember
from campaigns.models import Campaign
from campaigns.suggestion import leaves_of

Document = Mapping[str, Any]


class Caution(NamedTuple):
    """What looks wrong, and where in the document (``whom.segments``)."""

    path: str
    text: str
    grave: bool = False


class Known(Protocol):
    """Who has looked up the names of a document's codes: ``missing`` are those that nobody knows."""

    missing: set[tuple[str, str]]

    def learn_all(self, document: Any) -> None:
        """Look up every code of a document."""


def check(document: Document, campaign: Campaign, now: datetime, known: Known | None = None) -> list[Caution]:
    """Everything that looks wrong with a definition of this campaign at ``now``."""
    found = [*_window(document, now), *_segments(document), *_clashes(document, campaign)]
    if known is not None:
        known.learn_all(document)
        found += _unknown(document, known)
    return found


def _window(document: Document, now: datetime) -> Iterator[Caution]:
    try:
        until = datetime.fromisoformat(document.get("when", {}).get("until", ""))
    except ValueError:
        return
    if until.tzinfo and until <= now:
        yield Caution("when.until", _("Its time is over already: it would never begin."), grave=True)


def _unknown(document: Document, known: Known) -> Iterator[Caution]:
    """Codes that nothing in the database has."""
    mentioned = _texts(document)
    for _kind, code in sorted(known.missing):
        if code in mentioned:
            yield Caution(
                "", _("There is no “{code}” any more; take it away or choose another.").format(code=code)
            )


def _texts(value: Any) -> set[str]:
    if isinstance(value, str):
        return {value}
    if isinstance(value, Mapping):
        return set().union(*(_texts(inner) for inner in value.values()))
    if isinstance(value, list):
        return set().union(*(_texts(inner) for inner in value)) if value else set()
    return set()


def _segments(document: Document) -> Iterator[Caution]:
    """Segments that nobody is in."""
    codes = set(document.get("whom", {}).get("segments", ()))
    for leaf in leaves_of(document.get("if", {})):
        if leaf["condition"] == "segment":
            codes |= set(leaf.get("in", ()))
    for segment in Segment.objects.filter(code__in=codes, kind=Segment.Kind.LIST):
        if not SegmentMember.objects.filter(segment=segment).exists():
            yield Caution(
                "whom.segments", _("Nobody is in the segment “{segment}” yet.").format(segment=segment)
            )


def _clashes(document: Document, campaign: Campaign) -> Iterator[Caution]:
    """Live campaigns of the same group that would shut this one out, or be shut out by it."""
    stacking = document.get("stacking", {})
    if not stacking.get("group"):
        return
    others = Campaign.objects.filter(
        programme=campaign.programme, status=Campaign.Status.LIVE, draft__stacking__group=stacking["group"]
    ).exclude(pk=campaign.pk)
    for other in others:
        theirs = other.draft.get("stacking", {})
        if "exclusive" not in (stacking.get("mode"), theirs.get("mode")):
            continue
        if stacking.get("mode") == theirs.get("mode") and stacking.get("priority", 0) == theirs.get(
            "priority", 0
        ):
            yield Caution(
                "stacking",
                _(
                    "“{campaign}” is exclusive in the same group with the same priority: say which goes first."
                ).format(campaign=other.name),
                grave=True,
            )
        else:
            yield Caution(
                "stacking", _("It never counts together with “{campaign}”.").format(campaign=other.name)
            )
