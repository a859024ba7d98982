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
from campaigns import funding, lifetimes
from campaigns.desk import agenda
from campaigns.engine.document import Document, leaves
from campaigns.models import Campaign
from campaigns.words.problems import tell_problem
from campaigns.words.shape import readable


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
    document = readable(document)
    found = [
        *_window(document, now),
        *_lifetime(document, campaign, now),
        *_payer(document, campaign),
        *_segments(document),
        *_meetings(document, campaign, now),
    ]
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


def _lifetime(document: Document, campaign: Campaign, now: datetime) -> Iterator[Caution]:
    """Points that nobody can spend, or soon nobody can."""
    terms = lifetimes.terms_of(campaign.programme)
    if late := lifetimes.problem(document, terms, now):
        yield Caution(late.path, tell_problem(late), grave=True)
    elif text := lifetimes.caution(document, terms, now):
        yield Caution("lots.expires", text)


def _payer(document: Document, campaign: Campaign) -> Iterator[Caution]:
    """A payer that the programme does not have."""
    if unknown := funding.problem(document, campaign.programme):
        yield Caution(unknown.path, tell_problem(unknown), grave=True)


def _unknown(document: Document, known: Known) -> Iterator[Caution]:
    """Codes that nothing in the database has."""
    mentioned = _texts(document)
    for kind, code in sorted(known.missing):
        if code in mentioned and kind != "funders":  # said better
            yield Caution(
                "",
                _("There is no “{code}” any more; take it away or choose another.").format(code=code),
                grave=True,
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
    for leaf in leaves(document.get("if", {})):
        if leaf.kind == "segment" and leaf.wanted:
            codes |= set(leaf.fields.get("in", ()))
    for segment in Segment.objects.filter(code__in=codes, kind=Segment.Kind.LIST):
        if not SegmentMember.objects.filter(segment=segment).exists():
            yield Caution(
                "whom.segments", _("Nobody is in the segment “{segment}” yet.").format(segment=segment)
            )


def _meetings(document: Document, campaign: Campaign, now: datetime) -> Iterator[Caution]:
    """Campaigns that are live or scheduled and would meet this one in a way that may surprise."""
    for meeting in agenda.meetings_of(document, campaign, now):
        text = say(meeting.kind).format(campaign=meeting.other.name)
        yield Caution(_PLACES.get(meeting.kind, "what"), text, grave=meeting.kind == "undecided")


_PLACES = {"undecided": "stacking", "order": "stacking", "exclusive": "stacking", "best": "stacking"}


def say(kind: str) -> str:
    """What comes of meeting another ``{campaign}``, in words."""
    texts = {
        "undecided": _(
            "“{campaign}” is exclusive in the same group with the same priority: say which of them goes first."
        ),
        "exclusive": _("It never counts together with “{campaign}”."),
        "best": _("Of it and “{campaign}” only the one that gives more counts."),
        "boosters": _("“{campaign}” multiplies points at the same time: both boosters count."),
        "discounts": _("“{campaign}” gives a discount at the same time: both count."),
        "order": _(
            "“{campaign}” takes money off the same goods with the same priority, and what is paid depends on "
            "which of them comes first: give one of them a higher priority."
        ),
    }
    return texts[kind]
