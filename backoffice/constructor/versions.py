"""Revisions and every change in between: side by side, in sentences, and back again as a draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from backoffice.constructor import views
from backoffice.constructor.json_text import differences, render
from campaigns.desk import states
from campaigns.desk.names import Names
from campaigns.models import Campaign
from campaigns.words import sentence
from members.models import User

#: The newest changes that the page shows.
SHOWN = 60
#: What somebody did to a campaign, as its history tells it.
DEEDS: dict[str, Any] = {
    "save": gettext_lazy("saved the draft"),
    "submit": gettext_lazy("sent it to review"),
    "send-back": gettext_lazy("sent it back"),
    "launch": gettext_lazy("launched it"),
    "pause": gettext_lazy("paused it"),
    "resume": gettext_lazy("resumed it"),
    "end": gettext_lazy("ended it"),
    "archive": gettext_lazy("archived it"),
    "bring-back": gettext_lazy("brought it back"),
    "restore": gettext_lazy("restored an older version"),
}


@dataclass(frozen=True, slots=True)
class Version:
    """Something a campaign once was: a revision (``r3``) or a draft that was saved (``d17``)."""

    key: str
    title: str
    at: datetime
    who: str
    name: str
    document: Mapping[str, Any]
    published: bool
    deed: str = ""


def changes(before: Mapping[str, Any], after: Mapping[str, Any], names: Names) -> list[tuple[str, str]]:
    """What is said differently, as (sign, sentence): − for what is no longer so, + for what is so now.

    Where the sentences are the same and the documents are not, the fields that differ.
    """
    names.learn_all(before)
    names.learn_all(after)
    currency = names.programme.currency if names.programme else ""
    old, new = sentence.describe(before, names, currency), sentence.describe(after, names, currency)
    told = [("−", text) for text in old if text not in new] + [("+", text) for text in new if text not in old]
    return told or [("·", text) for text in differences(before, after)]


def read(campaign: Campaign) -> list[Version]:
    """All versions of a campaign, the newest first."""
    found = [
        Version(f"r{row.number}", _("Revision {number}").format(number=row.number), row.published_at,
                str(row.published_by or ""), row.name, row.definition, True)
        for row in campaign.revisions.select_related("published_by")
    ]  # fmt: skip
    events: Any = campaign.events  # type: ignore[attr-defined]
    rows = list(events.select_related("pgh_context").order_by("-pgh_id")[: SHOWN + 1])
    users = {
        str(user.pk): str(user)
        for user in User.objects.filter(pk__in={_user_id(row) for row in rows} - {None})
    }
    for row, before in zip(rows[:SHOWN], [*rows[1:], None], strict=False):
        metadata = row.pgh_context.metadata if row.pgh_context else {}
        if "did" not in metadata and before and (row.name, row.draft) == (before.name, before.draft):
            continue  # nothing that anybody did or would see
        deed = DEEDS.get(metadata.get("did", ""), _("changed it") if before else _("began it"))
        found.append(
            Version(f"d{row.pgh_id}", str(deed), row.pgh_created_at, users.get(str(_user_id(row)), ""),
                    row.name, row.draft, False, str(deed))
        )  # fmt: skip
    return sorted(found, key=lambda version: (version.at, version.published), reverse=True)


def _user_id(row: Any) -> Any:
    return (row.pgh_context.metadata if row.pgh_context else {}).get("user")


def show(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """Every version, two of them side by side; or one of them restored as the draft."""
    views.require(request, "view")
    campaign = views.find(object_id)
    found = read(campaign)
    if request.method == "POST":
        return _restore(request, campaign, found)
    by_key = {version.key: version for version in found}
    names = Names(campaign.programme)
    before, after = _pair(campaign, found)
    left = by_key.get(request.GET.get("a", "")) or before
    right = by_key.get(request.GET.get("b", "")) or after
    context = desk.admin_site.each_context(request) | {
        "title": _("History: {campaign}").format(campaign=campaign.name),
        "opts": desk.opts,
        "original": campaign,
        "campaign": campaign,
        "versions": found,
        "left": left,
        "right": right,
        "sides": [
            _side(version, other, names) for version, other in ((left, right), (right, left)) if version
        ],
        "may_change": views.may(request, "change") and campaign.archived_at is None,
        "may_publish": views.may(request, "publish"),
        "state": states.state_of(campaign, timezone.now()),
    }
    return TemplateResponse(request, "backoffice/constructor/versions.html", context)


def _pair(campaign: Campaign, found: list[Version]) -> tuple[Version | None, Version | None]:
    """What is compared unless something else is asked for: the newest revision and the draft, or the last two."""
    revisions = [version for version in found if version.published]
    if revisions and revisions[0].document != campaign.draft and not found[0].published:
        return revisions[0], found[0]
    pair = (revisions if len(revisions) > 1 else found)[:2]
    return (pair[1] if len(pair) > 1 else None), (pair[0] if pair else None)


def _side(version: Version, other: Version | None, names: Names) -> dict[str, Any]:
    """A version's sentences, those marked that the other one does not have."""
    names.learn_all(version.document)
    currency = names.programme.currency if names.programme else ""
    theirs = sentence.describe(other.document, names, currency) if other else []
    said = [(text, text not in theirs) for text in sentence.describe(version.document, names, currency)]
    return {"version": version, "said": said, "text": render(version.document)}


def _restore(request: HttpRequest, campaign: Campaign, found: list[Version]) -> HttpResponse:
    views.require(request, "change")
    if campaign.archived_at is not None:
        raise PermissionDenied
    version = next((one for one in found if one.key == request.POST.get("restore")), None)
    if version is None:
        raise Http404
    campaign.draft, campaign.name = dict(version.document), version.name
    with pghistory.context(user=request.user.pk, did="restore"):
        campaign.save(update_fields=["draft", "name"])
    messages.success(request, _("The draft is as it was then. It counts once it is launched."))
    return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))
