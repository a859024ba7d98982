"""The constructor's pages: the questions, their parts for htmx, and what its buttons do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pghistory
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from backoffice.constructor import bench as benches
from backoffice.constructor import making, things
from backoffice.constructor.bench import Bench
from backoffice.constructor.fields import State
from backoffice.constructor.gaps import mark, todos
from campaigns.desk import standing, states
from campaigns.desk.ready.catalogue import MECHANICS
from campaigns.desk.states import State as CampaignState
from campaigns.engine.definition import DefinitionError
from campaigns.models import Campaign
from campaigns.words.problems import tell_problem
from loyalty.models import Programme


def may(request: HttpRequest, verb: str) -> bool:
    """Whether the user may change campaigns, or publish them."""
    right = "backoffice.publish_campaigns" if verb == "publish" else f"campaigns.{verb}_campaign"
    return bool(request.user.has_perm(right))  # type: ignore[union-attr]


def require(request: HttpRequest, verb: str) -> None:
    """Raise ``PermissionDenied`` unless the user may do it."""
    if not may(request, verb):
        raise PermissionDenied


def state_sent(request: HttpRequest) -> State:
    """What the browser sent, as lists by name; without a button's order where none was pressed."""
    sent = {name: values for name, values in request.POST.lists() if isinstance(values, list)}
    if is_preview(request):
        sent.pop("op", None)
    return sent  # type: ignore[return-value]


def is_preview(request: HttpRequest) -> bool:
    """Whether the form itself asks what it does now. Nobody pressed a button then, whatever the browser sends."""
    return bool(request.htmx) and request.htmx.target == "result"  # type: ignore[attr-defined]


def programme_of(request: HttpRequest) -> Programme:
    """The programme a new campaign is for: the chosen one, else the first active one."""
    programmes = Programme.objects.filter(active=True).order_by("code")
    chosen = request.POST.get("programme") or request.GET.get("programme") or ""
    found = programmes.filter(pk=chosen).first() if chosen.isdecimal() else None
    found = found or programmes.first()
    if found is None:
        raise Http404(_("There is no active programme yet: make one first."))
    return found


def find(object_id: str) -> Campaign:
    """The campaign of that id."""
    found = Campaign.objects.select_related("programme", "submitted_by").filter(pk=object_id).first()
    if found is None:
        raise Http404
    return found


def edit(desk: ModelAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """The page of a stored campaign."""
    require(request, "view")
    campaign = find(object_id)
    bench = benches.lay(campaign, campaign.draft, request, timezone.now())
    bench.editable = may(request, "change") and campaign.archived_at is None
    if request.method == "POST":
        return _answer(desk, request, bench) if bench.editable else _try_out(request, bench)
    return page(desk, request, bench)


def _try_out(request: HttpRequest, bench: Bench) -> HttpResponse:
    """What another sample gets, for those who may only look. Raises ``PermissionDenied`` for anything else."""
    if not request.htmx or request.htmx.target not in ("sample", "result"):  # type: ignore[attr-defined]
        raise PermissionDenied
    bench.try_out(state_sent(request))
    benches.keep(bench, request)
    return fragment(request, bench)


def begin(desk: ModelAdmin, request: HttpRequest, document: Mapping[str, Any], name: str) -> HttpResponse:
    """The page of a campaign that is not stored yet."""
    require(request, "add")
    campaign = Campaign(programme=programme_of(request), name=name)
    bench = benches.lay(campaign, document, request, timezone.now())
    if request.method == "POST":
        return _answer(desk, request, bench)
    return page(desk, request, bench)


def _answer(desk: ModelAdmin, request: HttpRequest, bench: Bench) -> HttpResponse:
    """Do what a button of the page says; without one, show the page anew."""
    bench.take(state_sent(request))
    benches.keep(bench, request)
    if request.htmx:  # type: ignore[attr-defined]
        return fragment(request, bench)
    for verb in ("_save", "_launch", "_submit"):
        if verb in request.POST:
            return _save(desk, request, bench, verb)
    return page(desk, request, bench)


def fragment(request: HttpRequest, bench: Bench) -> HttpResponse:
    """What a change of the form changes on the page: the questions too, where they are the target."""
    target = request.htmx.target or ""  # type: ignore[attr-defined]
    names = {"questions": "questions", "sample": "sample"}
    context = _context(bench) | {"fragment": True}
    return render(request, f"backoffice/constructor/answer_{names.get(target, 'result')}.html", context)


def _context(bench: Bench) -> dict[str, Any]:
    problems = bench.problems()
    told = None if problems else bench.told()
    sheets = bench.sheets()
    return {
        "bench": bench,
        "extras": [
            bench.names("series" if kind == "coupon" else "badges", code) for kind, code in told.extras
        ]
        if told
        else [],
        "sheets": sheets,
        "todos": [] if bench.text is not None else list(todos(sheets)),
        "faults": problems if bench.text is not None and not bench.text_error else {},
        "wrong_places": " ".join(problems),
        "sentences": [mark(text) for text in bench.sentences()],
        "cautions": bench.warnings(),
        "needs": bench.needs(),
        "told": told,
        "problem_count": sum(len(texts) for texts in problems.values()),
        "knobs": bench.knobs(),
        "currency": bench.campaign.programme.currency,
    }


def page(desk: ModelAdmin, request: HttpRequest, bench: Bench) -> HttpResponse:
    """The whole page."""
    campaign = bench.campaign
    state = states.state_of(campaign, bench.now)
    newest = campaign.revisions.order_by("-number").first() if campaign.pk else None
    context = desk.admin_site.each_context(request) | _context(bench)
    context |= {
        "title": campaign.name or _("New campaign"),
        "opts": desk.opts,
        "original": campaign if campaign.pk else None,
        "campaign": campaign,
        "state": state,
        "newest": newest,
        "changed": bool(newest and (newest.definition, newest.name) != (campaign.draft, campaign.name)),
        "programmes": [] if campaign.pk else list(Programme.objects.filter(active=True).order_by("code")),
        "may_publish": may(request, "publish"),
        "may_change": bench.editable,
        "search_url": reverse("admin:campaigns_campaign_search"),
        "seen": last_event(campaign),
        "companion": companion(request),
    }
    return TemplateResponse(request, "backoffice/constructor/page.html", context)


def companion(request: HttpRequest) -> Any:
    """What the ready mechanic that was opened needs beside it."""
    mechanic = MECHANICS.get(request.GET.get("ready", ""))
    return mechanic.companion if mechanic else ""


def last_event(campaign: Campaign) -> int:
    """The newest kept change of a campaign: who saves says which one was seen."""
    if campaign.pk is None:
        return 0
    events: Any = campaign.events  # type: ignore[attr-defined]
    return events.order_by("-pgh_id").values_list("pgh_id", flat=True).first() or 0


def _save(desk: ModelAdmin, request: HttpRequest, bench: Bench, verb: str) -> HttpResponse:
    """Store the draft; then go on to the launch or to review when the draft is sound."""
    campaign = bench.campaign
    if bench.text_error:
        messages.error(request, bench.text_error)
        return page(desk, request, bench)
    if not campaign.name.strip():
        messages.error(request, _("Give the campaign a name."))
        return page(desk, request, bench)
    seen = request.POST.get("seen", "")
    if campaign.pk and seen.isdecimal() and int(seen) != last_event(campaign):
        messages.warning(
            request,
            _(
                "Somebody else changed this campaign meanwhile: see its history. Save again to go on with yours."
            ),
        )
        return page(desk, request, bench)
    store(desk, request, campaign, bench.document)
    benches.keep(bench, request)
    problems = bench.problems()
    change = reverse("admin:campaigns_campaign_change", args=[campaign.pk])
    if problems:
        messages.warning(
            request, _("Saved as a draft. What is marked must be fixed before it can be launched.")
        )
        return HttpResponseRedirect(change)
    if verb == "_launch" and may(request, "publish"):
        return HttpResponseRedirect(reverse("admin:campaigns_campaign_launch", args=[campaign.pk]))
    if verb == "_submit":
        with pghistory.context(user=request.user.pk, did="submit"):
            states.submit(campaign, timezone.now(), request.user.pk)
        messages.success(request, _("Sent to review."))
        return HttpResponseRedirect(change)
    messages.success(request, _("Saved. It counts once it is launched."))
    return HttpResponseRedirect(change)


def store(desk: ModelAdmin, request: HttpRequest, campaign: Campaign, document: Mapping[str, Any]) -> None:
    """Store a campaign's draft, under the user's name."""
    new = campaign.pk is None
    campaign.draft = dict(document)
    with pghistory.context(user=request.user.pk, did="save"):
        if new:
            _create(campaign, request.POST.get("code", ""))
        else:
            campaign.save(update_fields=["draft", "name"])
    if new:
        desk.log_addition(request, campaign, "")
    else:
        desk.log_change(request, campaign, "")


def _create(campaign: Campaign, wanted: str) -> None:
    """Store a new campaign under a code that is free."""
    base = slugify(wanted or campaign.name)[:48] or "campaign"
    for number in range(1, 1000):
        campaign.code = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                campaign.save(force_insert=True)
        except IntegrityError:
            continue
        return
    raise IntegrityError(f"no free code for {base}")


def stand(request: HttpRequest, object_id: str) -> HttpResponse:
    """How a launched campaign is doing right now."""
    require(request, "view")
    campaign = find(object_id)
    context = {"campaign": campaign, "standing": standing.read(campaign, timezone.now())}
    return render(request, "backoffice/constructor/standing.html", context)


def search(request: HttpRequest) -> HttpResponse:
    """What a picker's search finds, as options of a list."""
    require(request, "view")
    text = request.GET.get("q", "").strip()[:100]
    sources = [name for name in request.GET.get("sources", "").split(",") if name]
    chosen = request.GET.get("programme", "")
    programme = Programme.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
    found = things.search(sources, text, programme)
    context = {"found": found, "many": len(sources) > 1, "text": text}
    return render(request, "backoffice/constructor/search.html", context)


def make(request: HttpRequest, source: str) -> HttpResponse:
    """The small form for a thing that a campaign needs, and the thing once it is made."""
    if not (may(request, "add") or may(request, "change")):
        raise PermissionDenied
    return making.answer(request, source, _programme_named(request))


def visit(request: HttpRequest) -> HttpResponse:
    """On to the page of what a campaign names: ``?source=series&code=CODE&programme=ID``."""
    require(request, "view")
    asked = request.GET
    address = things.page_of(asked.get("source", ""), asked.get("code", ""), _programme_named(request))
    if address is None:
        raise Http404
    return HttpResponseRedirect(address)


def _programme_named(request: HttpRequest) -> Programme:
    """The programme that the address names. Raises ``Http404``."""
    chosen = request.GET.get("programme", "")
    found = Programme.objects.filter(pk=chosen).first() if chosen.isdecimal() else None
    if found is None:
        raise Http404
    return found


def said(state: CampaignState) -> str:
    """What a campaign is now, as an answer."""
    return _("The campaign is {state} now.").format(state=state.label)


def move(request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
    """Pause, resume, end, archive, bring back, or send back a campaign, at once."""
    if request.method != "POST":
        raise Http404
    require(request, "publish")
    campaign, now = find(object_id), timezone.now()
    try:
        with pghistory.context(user=request.user.pk, did=verb):
            _move(campaign, verb, now)
    except states.Impossible:
        messages.error(request, _("This cannot be done in the campaign’s present state."))
    except DefinitionError as refused:
        for problem in refused.problems:
            messages.error(request, tell_problem(problem))
    else:
        messages.success(request, said(states.state_of(campaign, now)))
    return HttpResponseRedirect(reverse("admin:campaigns_campaign_change", args=[campaign.pk]))


def _move(campaign: Campaign, verb: str, now: datetime) -> None:
    match verb:
        case "pause":
            states.pause(campaign, now)
        case "resume":
            states.resume(campaign, now)
        case "end":
            states.end(campaign, now)
        case "archive":
            states.archive(campaign, now)
        case "bring-back":
            states.bring_back(campaign)
        case "send-back":
            states.send_back(campaign)
        case _:
            raise Http404
