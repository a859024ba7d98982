"""An invitation by its link: what it is for whoever opens it, and the answer of the member who is logged in."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cabinet import access, family
from cabinet.access import Visit
from foundation.refusals import Fault, Invalid, Missing, Refusal
from loyalty.sharing import holders, invitations, rights


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, programme: str, token: str) -> HttpResponse:
    """An invitation by its link: what it is, and the answer of who is logged in; others log in or join first."""
    here, visit, now = access.programme_of(programme), access.visit_of(request, programme), timezone.now()
    fault = ""
    if visit is not None and request.method == "POST":
        try:
            return _answer(request, visit, token, now)
        except Missing:
            pass  # said below
        except Refusal as refusal:
            fault = family.tell(refusal)
    try:
        invitation = invitations.find(token, here.pk, now)
        if visit is not None and not fault:
            invitations.require_for(invitation, visit.member)
    except Missing as missing:
        told = {"programme": here, "visit": visit, "over": missing.detail}
        return render(request, "cabinet/invited.html", told, status=404)
    except Refusal as refusal:
        fault = family.tell(refusal)
    context = {
        "programme": here,
        "visit": visit,
        "screen": "me",
        "invitation": invitation,
        "gives": family.say(rights.of(invitation)),
        "own": holders.points_of(visit.account.id, now) if visit and not invitation.employee else 0,
        "fault": fault,
        "enter": f"{reverse('cabinet:enter', args=[here.code])}?invitation={token}",
    }
    return render(request, "cabinet/invited.html", context, status=422 if fault else 200)


def _answer(request: HttpRequest, visit: Visit, token: str, now: datetime) -> HttpResponse:
    if request.POST.get("answer") == "no":
        invitations.decline(token, visit.member, visit.programme.pk, now)
        messages.success(request, _("You said no."))
        return redirect("cabinet:family", programme=visit.programme.code)
    choice = request.POST.get("bring")
    if choice not in ("yes", "no") and request.POST.get("asked"):
        raise Invalid(Fault("bring", "missing", _("Say whether your points come along.")))
    invitation = invitations.accept(token, visit.member, visit.programme.pk, now, bring=choice == "yes")
    said = _("You are an employee now.") if invitation.employee else _("You share the account now.")
    messages.success(request, said)
    return redirect("cabinet:family", programme=visit.programme.code)
