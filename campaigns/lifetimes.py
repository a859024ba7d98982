"""Points that nobody could ever spend: campaigns whose points expire on a fixed day, before they are active.

Such a definition is refused where it would come into force; a campaign that is in force and whose day draws near
is told of ahead of it. After its day the engine itself gives nothing (``never_spendable``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.engine.problem import Problem
from campaigns.engine.vocabulary import brought
from campaigns.models import Campaign, Revision
from loyalty.models import Programme
from loyalty.rules import expiry
from loyalty.rules.document import DocumentError
from loyalty.rules.expiry import Delay

#: How long before the last points that can be spent it is told that they are the last.
AHEAD = timedelta(days=14)


class Terms(NamedTuple):
    """What a programme says of points whose campaign says nothing: ``expires`` is a policy's document."""

    expires: Mapping[str, Any] | None
    activation_days: int
    zone: ZoneInfo

    @property
    def last_chance(self) -> datetime | None:
        """The last moment to earn points of the programme that can be spent; None where there is always time."""
        return _last_chance(self.expires, self._delay, self.zone)

    def last_chance_of(self, document: Mapping[str, Any]) -> datetime | None:
        """The same for points of a campaign with this definition; None, too, when it gives none or is unfinished."""
        if not _gives_points(document):
            return None
        lots = document.get("lots") or {}
        try:
            delay = self._delay if lots.get("delay") is None else expiry.parse_delay(lots["delay"])
            return _last_chance(lots.get("expires") or self.expires, delay, self.zone)
        except (DocumentError, AttributeError, TypeError):
            return None  # said elsewhere

    @property
    def _delay(self) -> Delay | None:
        return Delay("days", self.activation_days) if self.activation_days else None


class Ending(NamedTuple):
    """A campaign whose points can soon be spent no more, in words."""

    campaign: Campaign
    text: str


def terms_of(programme: Programme) -> Terms:
    """The terms of a programme as it stands."""
    return Terms(programme.expiry or None, programme.activation_days or 0, ZoneInfo(programme.time_zone))


def _last_chance(policy: Mapping[str, Any] | None, delay: Delay | None, zone: ZoneInfo) -> datetime | None:
    return expiry.last_chance(expiry.parse(policy), delay, zone)


def _gives_points(document: Mapping[str, Any]) -> bool:
    return not brought(document.get("what") or ()).isdisjoint({"points", "later", "shared"})


def is_late(last: datetime | None, document: Mapping[str, Any], now: datetime) -> bool:
    """Whether a campaign that is in force from now on, or from its beginning, could give nothing that can be spent."""
    if last is None:
        return False
    try:
        opens = datetime.fromisoformat(str((document.get("when") or {}).get("from", "")))
    except ValueError:
        return last <= now
    return last <= max(opens, now) if opens.tzinfo else last <= now


def problem(document: Mapping[str, Any], terms: Terms, now: datetime) -> Problem | None:
    """What is wrong with a definition that would be in force from ``now`` on; None when its points can be spent."""
    last = terms.last_chance_of(document)
    if last is None or not is_late(last, document, now):
        return None
    return Problem("lots.expires", "never_spendable", {"day": _day(terms, document)})


def refusal(terms: Terms) -> str:
    """That points of the programme could never be spent, in words."""
    return Problem("", "never_spendable", {"day": _day(terms, {})}).say(_)


def _day(terms: Terms, document: Mapping[str, Any]) -> str:
    policy = (document.get("lots") or {}).get("expires") or terms.expires or {}
    return str(policy.get("date"))


def caution(document: Mapping[str, Any], terms: Terms, now: datetime) -> str:
    """That a campaign in force gives its last points that can be spent, or gave them; empty when there is time."""
    last = terms.last_chance_of(document)
    if last is None or last - AHEAD > now:
        return ""
    day = date_format(last.astimezone(terms.zone).date(), "SHORT_DATE_FORMAT")
    if last <= now:
        return _("Gives no points any more: they would expire before anybody could spend them.")
    return _("Points given after %(day)s could never be spent, so none are given then.") % {"day": day}


def ending(programmes: Iterable[Programme], now: datetime) -> Iterator[Ending]:
    """Live campaigns whose points can soon be spent no more, or cannot: one statement for all of them."""
    known = {programme.pk: terms_of(programme) for programme in programmes}
    dated = Q(definition__lots__expires__kind="on_date") | Q(campaign__programme__expiry__kind="on_date")
    newest = Revision.objects.filter(
        campaign__programme__in=known, campaign__status=Campaign.Status.LIVE
    ).order_by("campaign_id", "-number")
    rows = newest.distinct("campaign_id").values("id")
    for row in (
        Revision.objects.filter(dated, id__in=rows).select_related("campaign").order_by("campaign__name")
    ):
        if text := caution(row.definition, known[row.campaign.programme_id], now):
            yield Ending(row.campaign, text)
