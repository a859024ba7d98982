"""The builder: the questions one below the other, each in its card, with buttons that move, copy and take away; beside
them what must still be mended, and the questionnaire as a phone shows it.

Every order keeps the draft, so nothing is lost with a closed tab; members are asked what was opened, not the draft.
"""

from __future__ import annotations

from typing import Any

from csp.decorators import csp_replace
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.admin import ModelAdmin

from campaigns.models import Questionnaire
from campaigns.questionnaires import document, drafting, soundness
from campaigns.questionnaires.kinds import KINDS
from foundation.refusals import Conflict

#: Kinds whose answers can be kept as an attribute.
KEPT = frozenset(name for name, kind in KINDS.items() if kind.keep is not None)


def edit(request: HttpRequest, desk: ModelAdmin, row: Questionnaire) -> HttpResponse:
    """The page; with POST, the draft that was sent is kept, and changed as the pressed button says."""
    may_change = desk.has_change_permission(request, row)
    if request.method != "POST":
        return _page(request, desk, row, may_change)
    if not may_change:
        raise PermissionDenied
    draft = drafting.read_form(
        {name: [str(value) for value in values] for name, values in request.POST.lists()}
    )
    order = request.POST.get("act", "")
    beside = request.htmx and request.htmx.target == "beside"  # type: ignore[attr-defined]
    if order and not beside:
        draft = drafting.act(draft, order)
    trouble = ""
    try:
        row = drafting.save(row.pk, draft, request.POST.get("seen", ""), timezone.now())
    except Conflict as conflict:
        trouble = conflict.detail
    if request.htmx:  # type: ignore[attr-defined]
        context = _context(request, desk, row, may_change, draft) | {"trouble": trouble}
        if trouble:
            context["seen"] = request.POST.get(
                "seen", ""
            )  # what somebody else kept is not overwritten by the next click
        name = "beside" if beside else "questions"
        return render(request, f"backoffice/questionnaires/answer_{name}.html", context)
    if trouble:
        messages.error(request, trouble)
    elif not order:
        messages.success(request, _("Saved."))
    return HttpResponseRedirect(reverse("admin:campaigns_questionnaire_builder", args=[row.pk]))


@xframe_options_sameorigin
@csp_replace(config={"frame-ancestors": ["'self'"]})  # type: ignore[arg-type]
def preview(request: HttpRequest, desk: ModelAdmin, row: Questionnaire) -> HttpResponse:
    """The draft as a phone shows it, all pages one below the other; nothing can be sent."""
    questions = document.read(row.draft)
    pages = [
        [
            {"question": question, "values": [], "fault": "", "after": _after(question, questions)}
            for question in page
        ]
        for page in document.pages(questions)
    ]
    # nothing of the cabinet around it: no languages, and no messages, which are the builder's
    context = {"questionnaire": row, "programme": row.programme, "pages": pages, "offline": True}
    return render(request, "backoffice/questionnaires/preview.html", context)


def standing(request: HttpRequest, desk: ModelAdmin, row: Questionnaire) -> dict[str, Any]:
    """How a questionnaire stands: its state, and whether the draft says other than what is asked."""
    newest = row.versions.order_by("-number").first()
    here = [row.programme.code, row.code]
    return {
        "questionnaire": row,
        "newest": newest,
        "changed": newest is not None and newest.document != row.draft,
        "may_change": desk.has_change_permission(request, row),
        "answered": row.sheets.filter(finished_at__isnull=False).count(),
        "begun": row.sheets.filter(finished_at=None).count(),
        "address": request.build_absolute_uri(reverse("cabinet:questionnaire", args=here)),
        "open_address": request.build_absolute_uri(reverse("cabinet:form", args=here)),
    }


def _page(request: HttpRequest, desk: ModelAdmin, row: Questionnaire, may_change: bool) -> HttpResponse:
    context = desk.admin_site.each_context(request) | _context(request, desk, row, may_change)
    context |= {"title": row.name, "opts": desk.opts, "original": row}
    return TemplateResponse(request, "backoffice/questionnaires/page.html", context)


def _context(
    request: HttpRequest, desk: ModelAdmin, row: Questionnaire, may_change: bool, sent: Any = None
) -> dict[str, Any]:
    draft = sent if sent is not None else row.draft or {"questions": []}
    wrong: dict[str, list[str]] = {}
    for fault in soundness.faults(document.read(draft)):
        wrong.setdefault(fault.field, []).append(fault.detail)
    rows = [_row(question, draft, wrong) for question in draft.get("questions", ())]
    return standing(request, desk, row) | {
        "on_builder": True,
        "rows": rows,
        "wrong": [
            (index, row_["text"], row_["wrong"]) for index, row_ in enumerate(rows, 1) if row_["wrong"]
        ],
        "wrong_whole": wrong.get("", []),
        "kinds": list(KINDS.values()),
        "seen": drafting.mark(row),
        "may_change": may_change,
        "most": {"text": document.TEXTS["text"], "help": document.TEXTS["help"], "option": document.OPTION},
    }


def _row(question: Any, draft: Any, wrong: Any) -> dict[str, Any]:
    """A question as its card draws it."""
    before = drafting.earlier(draft, question["key"])
    chosen = next((one for one in before if one["key"] == question.get("after")), None)
    answers = document.read({"questions": [chosen]})[0].choices if chosen else []
    return {
        **question,
        "wrong": wrong.get(question["key"], []),
        "has_options": question["kind"] in ("one", "many"),
        "has_bounds": question["kind"] in ("scale", "number"),
        "can_be_kept": question["kind"] in KEPT,
        "before": [(one["key"], one["text"] or "…") for one in before],
        "lost": bool(question.get("after")) and chosen is None,
        "choices": [(key, text or "…", key in question.get("answers", ())) for key, text in answers],
    }


def _after(question: document.Question, questions: Any) -> str:
    """After which answers a question is asked, in words; empty where it is always asked."""
    earlier = next((one for one in questions if one.key == question.after), None)
    if earlier is None:
        return ""
    chosen = ", ".join(text for key, text in earlier.choices if key in question.answers)
    return _("Only after “%(answers)s” to “%(question)s”") % {"answers": chosen, "question": earlier.text}
