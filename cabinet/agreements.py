"""Consents: asked for on one calm page where they are due, and on a page where each is seen, given and withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cabinet import access, asking
from cabinet.access import Visit, for_members, unasked
from foundation.refusals import Invalid
from loyalty.shops import membership
from members import consents, questions, wording
from members.consents import Said
from members.models import Consent, Purpose
from members.questions import Key, Question

SOURCE = "cabinet"
#: By which channels news can be agreed to here.
CHANNELS = ("sms", "email")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
@unasked
def ask(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for what is still to be answered, and go on to where the member wanted to go.

    Who says no to the processing of their data has said so, and is shown the ways that are left.
    """
    onward = access.inside(request.POST.get("next") or request.GET.get("next", ""), visit.programme)
    due = asking.find_open(visit)
    if not due:
        return redirect(onward)
    form = asking.Ticks(request.POST or None, questions=due)
    if request.method == "POST" and form.is_valid():
        evidence = access.evidence_of(request, visit)
        questions.answer(visit.member, form.said(), timezone.now(), SOURCE, evidence)
        return redirect(request.get_full_path() if asking.has_refused(visit) else onward)
    partners = membership.partners_of(visit.programme)
    page = {
        "programme": visit.programme,
        "next": onward,
        "form": form,
        "asked": [(asking.name(question, partners), form[question.field]) for question in due],
        "refused": asking.has_refused(visit),
    }
    return render(request, "cabinet/asked.html", page, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def browse(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Every consent as it stands, to give and to withdraw, and everything that was said to each."""
    asked = {question.key: question for question in asking.questions(visit.programme, CHANNELS)}
    if request.method == "POST":
        _change(request, visit, asked)
        return redirect("cabinet:consents", programme=visit.programme.code)
    partners = membership.partners_of(visit.programme)
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "me",
        "zone": visit.programme.time_zone,
        "groups": _groups(asked, questions.said_by(visit.member), partners),
        "past": [_tell(row, partners) for row in consents.everything(visit.member)],
    }
    return render(request, "cabinet/consents.html", page)


def _change(request: HttpRequest, visit: Visit, asked: Mapping[Key, Question]) -> None:
    """Give or withdraw one consent; it counts from this moment. The one by which somebody takes part stays here."""
    key = tuple(request.POST.get(name, "") for name in ("purpose", "channel", "party"))
    wanted = request.POST.get("granted")
    question = asked.get(key)  # type: ignore[arg-type]
    if wanted not in ("yes", "no") or key[0] == questions.NEEDED:
        return
    if question is None and (wanted == "yes" or key not in questions.said_by(visit.member)):
        return
    try:
        if question is not None and wanted == "yes":
            questions.require_seen(question, request.POST.get("text") or str(question.text.pk))
    except Invalid as refusal:
        messages.warning(request, refusal.faults[0].detail)
        return
    said = question.answer(granted=wanted == "yes") if question else Said(key[0], False, key[1], key[2])
    questions.answer(visit.member, [said], timezone.now(), SOURCE, access.evidence_of(request, visit))
    messages.success(request, _("Noted: yes.") if said.granted else _("Noted: no."))


def _groups(
    asked: Mapping[Key, Question], said: Mapping[Key, Consent], partners: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The rows of the table, by purpose: what is asked, and whatever else was once agreed to."""
    groups: dict[str, dict[str, Any]] = {}
    others = [key for key, row in said.items() if key not in asked and row.granted]
    for key in [*asked, *sorted(others)]:
        purpose, channel, party = key
        question, row = asked.get(key), said.get(key)
        text = question.text if question else row and row.text
        group = groups.setdefault(
            f"{purpose} {party}",
            {"name": consents.name(purpose, "", partners.get(party, party)), "text": text, "rows": []},
        )
        group["rows"].append(
            {
                "purpose": purpose,
                "channel": channel,
                "party": party,
                "name": consents.name(purpose, channel, partners.get(party, party)),
                "by": wording.name_channel(channel) if channel else "",
                "text_id": question.text.pk if question else "",
                "said": row,
                "granted": bool(row and row.granted),
                "stays": purpose == questions.NEEDED,
            }
        )
    order = list(Purpose.values)
    return sorted(groups.values(), key=lambda group: order.index(group["rows"][0]["purpose"]))


def _tell(row: Consent, partners: Mapping[str, str]) -> dict[str, Any]:
    """An answer of once: when, to what, from where, and which text stood there."""
    return {
        "at": row.at,
        "name": consents.name(row.purpose, row.channel, partners.get(row.party, row.party)),
        "granted": row.granted,
        "source": wording.name_channel(row.source) if row.source else "",
        "device": row.evidence.get("device", ""),
        "text": row.text,
    }
