"""What a file would bring about that its words alone do not show: points that nobody could spend, clashes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from campaigns import lifetimes
from campaigns.desk import agenda, overlaps, warnings
from campaigns.lifetimes import Terms
from campaigns.models import Campaign
from campaigns.programme_file.document import Document, Step
from campaigns.programme_file.problems import FileProblem, steps_of
from campaigns.words.problems import tell_problem

#: Meetings of which a file is told: those whose outcome nobody decided.
_UNDECIDED = ("undecided", "order")


def problems(step: Step, now: datetime) -> Iterator[FileProblem]:
    """Points of the programme, or of campaigns that come into force, that would expire before they are active."""
    after, before = step.after["programme"], step.was("programme") or {}
    terms = _terms(after)
    last, names = terms.last_chance, ("expiry", "activation_days")
    if last is not None and last <= now and any(after[name] != before.get(name) for name in names):
        yield FileProblem(("programme", "expiry", "date"), lifetimes.refusal(terms))
    was = step.was("campaigns") or {}
    for code, entry in _in_force(step):
        if entry != was.get(code) and (late := lifetimes.problem(entry["definition"], terms, now)):
            yield FileProblem(("campaigns", code, "definition", *steps_of(late.path)), tell_problem(late))


def notes(step: Step, now: datetime) -> Iterator[str]:
    """Campaigns whose points can soon be spent no more, and those that clash with others that the file brings."""
    terms, was = _terms(step.after["programme"]), step.was("campaigns") or {}
    live = dict(_in_force(step))
    for entry in live.values():
        if text := lifetimes.caution(entry["definition"], terms, now):
            yield f"{entry['name']}: {text}"
    entries = {
        code: agenda.entry_of(number, entry["name"], entry["definition"], now)
        for number, (code, entry) in enumerate(live.items())
    }
    changed = {entries[code].id for code in live if live[code] != was.get(code)}
    for meeting in overlaps.find(entries.values(), agenda.ancestors()) if changed else ():
        if meeting.kind in _UNDECIDED and {meeting.one.id, meeting.other.id} & changed:
            yield f"{meeting.one.name}: {warnings.say(meeting.kind).format(campaign=meeting.other.name)}"


def _terms(programme: Document) -> Terms:
    zone = ZoneInfo(programme["time_zone"])
    return Terms(programme["expiry"] or None, programme["activation_days"] or 0, zone)


def _in_force(step: Step) -> Iterator[tuple[str, Document]]:
    """The campaigns that are live once the file is read, by code."""
    for code, entry in step.after["campaigns"].items():
        if entry["status"] == Campaign.Status.LIVE and isinstance(entry["definition"], Mapping):
            yield code, entry
