"""What a campaign is at a moment, and how it goes from one state to the next.

The row keeps what people did (``status``, ``submitted_at``, ``archived_at``); whether a published campaign
is scheduled, live or over follows from the window of its newest revision at the moment of asking. The
engine reads the same window, so what is shown is what happens.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Case, DateTimeField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from campaigns import rulebooks
from campaigns.models import Campaign, Revision


class State(models.TextChoices):
    """What a campaign is at a moment."""

    DRAFT = "draft", _("draft")
    REVIEW = "review", _("in review")
    SCHEDULED = "scheduled", _("scheduled")
    LIVE = "live", _("live")
    PAUSED = "paused", _("paused")
    ENDED = "ended", _("ended")
    ARCHIVED = "archived", _("archived")


def annotate(campaigns: QuerySet[Campaign], now: datetime) -> QuerySet[Campaign, Any]:
    """Campaigns with their ``state`` at ``now``, and the window of their newest revision (``opens``, ``closes``)."""
    newest = Revision.objects.filter(campaign=OuterRef("pk")).order_by("-number")

    def edge(name: str) -> Subquery:
        moment = Cast(KT(f"definition__when__{name}"), DateTimeField())
        return Subquery(newest.annotate(edge=moment).values("edge")[:1])

    status = Campaign.Status
    waits = Q(submitted_at__isnull=False) & ~Q(status=status.LIVE)
    in_force = Q(status__in=(status.LIVE, status.PAUSED))
    return campaigns.annotate(opens=edge("from"), closes=edge("until")).annotate(
        state=Case(
            When(archived_at__isnull=False, then=Value(State.ARCHIVED)),
            When(waits, then=Value(State.REVIEW)),
            When(in_force & Q(closes__lte=now), then=Value(State.ENDED)),
            When(Q(status=status.LIVE, opens__gt=now), then=Value(State.SCHEDULED)),
            When(status=status.LIVE, then=Value(State.LIVE)),
            When(status=status.PAUSED, then=Value(State.PAUSED)),
            When(status=status.ENDED, then=Value(State.ENDED)),
            default=Value(State.DRAFT),
            output_field=models.CharField(),
        )
    )


def state_of(campaign: Campaign, now: datetime) -> State:
    """What a campaign is at ``now``, asked of the database."""
    if campaign.pk is None:
        return State.DRAFT
    found: Any = annotate(Campaign.objects.filter(pk=campaign.pk), now).get()
    return State(found.state)


class Impossible(ValueError):
    """What was asked for cannot be done in the campaign's state."""


def _lock(campaign: Campaign) -> Campaign:
    """The campaign's row, locked until the transaction ends, with its draft as it is stored."""
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


def _require(held: bool) -> None:
    if not held:
        raise Impossible


@transaction.atomic
def submit(campaign: Campaign, at: datetime, user_id: int | None) -> None:
    """Ask for somebody with the right to publish to look at the draft. What is in force stays."""
    row = _lock(campaign)
    _require(row.archived_at is None)
    row.submitted_at, row.submitted_by_id = at, user_id
    row.save(update_fields=["submitted_at", "submitted_by"])


@transaction.atomic
def send_back(campaign: Campaign) -> None:
    """Give a submitted draft back to be worked on."""
    row = _lock(campaign)
    _require(row.submitted_at is not None)
    row.submitted_at = row.submitted_by = None
    row.save(update_fields=["submitted_at", "submitted_by"])


@transaction.atomic
def launch(campaign: Campaign, at: datetime, user_id: int | None) -> Revision:
    """Publish the draft as it is stored, from ``at`` on: it is live, or scheduled if its window opens later.

    A draft that says what is in force already, or was until a pause, makes no new revision. Raises
    ``DefinitionError``.
    """
    row = _lock(campaign)
    _require(row.archived_at is None)
    newest = row.revisions.order_by("-number").first()
    going = row.status in (Campaign.Status.LIVE, Campaign.Status.PAUSED)
    if newest and going and (newest.definition, newest.name) == (row.draft, row.name):
        revision = newest
        rulebooks.resume(row, at)  # only what is paused
    else:
        revision = rulebooks.publish(row, at, user_id)
    if row.submitted_at is not None:
        row.submitted_at = row.submitted_by = None
        row.save(update_fields=["submitted_at", "submitted_by"])
    return revision


@transaction.atomic
def pause(campaign: Campaign, at: datetime) -> None:
    """Take the campaign out of the rules at once, to be resumed."""
    row = _lock(campaign)
    _require(row.status == Campaign.Status.LIVE)
    rulebooks.stop(row, at, Campaign.Status.PAUSED)


@transaction.atomic
def resume(campaign: Campaign, at: datetime) -> None:
    """Put the newest revision of a paused campaign in force again, as it was; the draft stays a draft.

    Raises ``DefinitionError`` when nobody could ever spend its points any more.
    """
    row = _lock(campaign)
    _require(row.archived_at is None and rulebooks.resume(row, at))


@transaction.atomic
def end(campaign: Campaign, at: datetime) -> None:
    """Take the campaign out of the rules for good. What it gave stays."""
    row = _lock(campaign)
    _require(row.status in (Campaign.Status.LIVE, Campaign.Status.PAUSED))
    rulebooks.stop(row, at, Campaign.Status.ENDED)


@transaction.atomic
def archive(campaign: Campaign, at: datetime) -> None:
    """Put a campaign away that gives nothing any more, or never did."""
    row = _lock(campaign)
    over = state_of(row, at) in (State.DRAFT, State.REVIEW, State.ENDED, State.PAUSED)
    _require(row.archived_at is None and over)
    if row.status == Campaign.Status.LIVE:  # its window is over
        rulebooks.stop(row, at, Campaign.Status.ENDED)
    row.archived_at, row.submitted_at, row.submitted_by = at, None, None
    row.save(update_fields=["archived_at", "submitted_at", "submitted_by"])


@transaction.atomic
def bring_back(campaign: Campaign) -> None:
    """Take a campaign out of the archive, to what it was."""
    row = _lock(campaign)
    _require(row.archived_at is not None)
    row.archived_at = None
    row.save(update_fields=["archived_at"])
