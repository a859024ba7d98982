"""Points for another member: to whom and how many, the code, a last look, and what was sent."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cabinet import keys
from cabinet.access import Visit, for_members
from foundation.refusals import Fault, Invalid, Refusal
from loyalty.models import Remittance
from loyalty.remittances import bounds, remittances
from loyalty.remittances.remittances import APPROVED_FOR, initial

#: Digits, perhaps in groups, and at most two after a point or a comma.
_NUMBER = re.compile(r"[0-9]{1,10}(?:[.,][0-9]{1,2})?")
_GAPS = re.compile(r"[\s\u00a0\u202f]")


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def begin(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Ask for a number and how many points; a code is sent then, whether anybody is known by the number or not."""
    if told := remittances.refusal(visit.holder):
        return render(request, "cabinet/send.html", _page(visit) | {"refusal": told}, status=403)
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            points = _read(request.POST.get("points", ""), visit.programme.point_decimals)
            to, note = request.POST.get("to", "").strip(), request.POST.get("note", "").strip()
            key, now = keys.read(request), timezone.now()
            row = remittances.begin(visit.holder, to, points, note, key, now)
            return redirect("cabinet:sending", programme=visit.programme.code, remittance_id=row.id)
        except Refusal as refusal:
            faults = {fault.field: fault.detail for fault in refusal.faults} or {"whole": refusal.detail}
    page = _page(visit) | _terms(visit) | {"faults": faults, "typed": request.POST}
    if faults:
        page["key"] = keys.read(request)
    return render(request, "cabinet/send.html", page, status=422 if faults else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def go_on(request: HttpRequest, visit: Visit, remittance_id: UUID) -> HttpResponse:
    """What comes next for it: the code, then a last look, then that it was sent."""
    row = _own(visit, remittance_id)
    fault, told = "", ""
    if request.method == "POST":
        now = timezone.now()
        try:
            if "again" in request.POST:
                remittances.send_code(row, now)
                told = _("A new code is on its way; the one before is over.")
            elif "sure" in request.POST:
                remittances.carry_out(row.id, visit.member, now)
                return _on(row, visit)
            else:
                remittances.approve(row, request.POST.get("code", ""), now)
                return _on(row, visit)
        except Refusal as refusal:
            row = _own(visit, remittance_id)
            if refusal.code == "nobody" or remittances.is_over(row):
                return _over(request, visit)
            fault = refusal.faults[0].detail if refusal.faults else refusal.detail
        except Remittance.DoesNotExist:  # cleared away, or somebody was erased, meanwhile
            raise Http404 from None
    elif remittances.is_over(row):
        return _over(request, visit)
    page = _page(visit) | {"row": row, "step": _step(row), "letter": initial(row.receiver)}
    page |= {"total": row.points + row.fee, "fault": fault, "told": told}
    return render(request, "cabinet/sending.html", page, status=422 if fault else 200)


def _own(visit: Visit, remittance_id: UUID) -> Remittance:
    found = Remittance.objects.select_related("member", "account__programme", "receiver")
    row = found.filter(id=remittance_id, member=visit.member, account_id=visit.account.id).first()
    if row is None:
        raise Http404
    return row


def _step(row: Remittance) -> str:
    if row.transfer_id is not None:
        return "sent"
    proved = row.proved_at is not None and row.proved_at > timezone.now() - APPROVED_FOR
    return "look" if proved else "code"


def _on(row: Remittance, visit: Visit) -> HttpResponse:
    return redirect("cabinet:sending", programme=visit.programme.code, remittance_id=row.id)


def _over(request: HttpRequest, visit: Visit) -> HttpResponse:
    page = _page(visit) | _terms(visit) | {"faults": {"to": remittances.nobody().detail}, "typed": {}}
    return render(request, "cabinet/send.html", page, status=422)


def _page(visit: Visit) -> dict[str, Any]:
    zone = visit.programme.time_zone
    return {"visit": visit, "programme": visit.programme, "screen": "me", "zone": zone}


def _terms(visit: Visit) -> dict[str, Any]:
    """What can be sent now, and what bounds it."""
    terms = bounds.terms_of(visit.programme)
    tightest = bounds.left(visit.account, visit.programme, timezone.now())[0]
    return {"terms": terms, "room": tightest, "why": bounds.describe(tightest, terms)}


def _read(text: str, places: int) -> Decimal:
    """A number of points that was typed. Raises ``Invalid``."""
    plain = _GAPS.sub("", text)[:32]
    if _NUMBER.fullmatch(plain):
        points = Decimal(plain.replace(",", "."))
        if points > 0 and points == round(points, places):
            return points
    said = (
        _("Write a number of points, like 100.")
        if not places
        else _("Write a number of points, like 100 or 12.50.")
    )
    raise Invalid(Fault("points", "invalid", said))
