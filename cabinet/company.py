"""A firm's account, for who manages it: employees, points for one or for many from a file, and undoing for a day."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from cabinet import family, keys
from cabinet.access import Visit, for_members
from foundation.refusals import Conflict, Fault, Invalid, Refusal
from foundation.text_files import FileFault
from loyalty.ledger import balances
from loyalty.models import Handout
from loyalty.sharing import company, invitations, lists
from loyalty.sharing.company import Part
from loyalty.sharing.rights import Rights
from loyalty.templatetags import numbers
from members.lookup import phones

#: Handouts that the page shows, and what the points of a file are signed with between the preview and the handout.
SHOWN, SALT = 20, "cabinet.company"


@require_safe
@for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The firm's points, employees, and what was handed out."""
    return page(request, visit)


@require_POST
@for_members
def invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Invite somebody to be an employee: by a link, or for whoever has a phone."""
    key = keys.read(request)
    try:
        phone, now = family.read_phone(request, visit), timezone.now()
        invitations.invite(
            visit.account.id, visit.member, Rights(False), key, now, phone=phone, employee=True
        )
    except Refusal as refusal:
        told = family.tell(refusal)
        return page(request, visit, key=key, invited=request.POST, fault_of_invitation=told, status=422)
    messages.success(request, _("The invitation is ready: send the link to whom it is for."))
    return redirect("cabinet:company", programme=visit.programme.code)


@require_POST
@for_members
def hand(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Hand points to one employee."""
    key = keys.read(request)
    try:
        points = lists.read_points(request.POST.get("points", ""))
        if points is None or points <= 0 or points != round(points, visit.programme.point_decimals):
            raise Invalid(Fault("points", "invalid", _("Say how many points: a number above zero.")))
        employee = request.POST.get("employee", "")
        part = Part(int(employee) if employee.isascii() and employee.isdigit() else 0, points)
        handout = company.hand_out(visit.account.id, visit.member, [part], key, timezone.now())
    except Refusal as refusal:
        key = keys.new() if isinstance(refusal, Conflict) else key  # what is shown is another wish
        return page(
            request, visit, key=key, typed=request.POST, fault_of_one=family.tell(refusal), status=422
        )
    return _handed(request, visit, handout)


@require_POST
@for_members
def preview(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Show what a file would hand out, row by row, with totals, before anything is done."""
    sent = request.FILES.get("file")
    try:
        company.require_manager(visit.holder)
        if sent is None:
            raise FileFault(_("Choose a file."))
        if (sent.size or 0) > lists.MOST_BYTES:
            raise FileFault(_("The file is larger than 500 KB: send it in parts."))
        sheet = lists.read(sent.read(), visit.account.id, visit.programme)
    except (FileFault, Refusal) as fault:
        told = family.tell(fault) if isinstance(fault, Refusal) else str(fault)
        return page(request, visit, fault_of_file=told, status=422)
    spendable, _pending = balances.of_account(visit.account.id, timezone.now())
    context = _base(visit) | {
        "sheet": sheet,
        "spendable": spendable,
        "after": spendable - sheet.total,
        "enough": sheet.total <= spendable,
        "parts": signing.dumps(
            [str(visit.account.id), [[part.employee_id, str(part.points)] for part in sheet.parts]], salt=SALT
        ),
    }
    return render(request, "cabinet/handout.html", context)


@require_POST
@for_members
def hand_many(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Hand out what was shown of a file."""
    try:
        account, rows = signing.loads(request.POST.get("parts", ""), salt=SALT, max_age=24 * 60 * 60)
        parts = [Part(employee, Decimal(points)) for employee, points in rows]
    except (signing.BadSignature, ValueError):
        return page(request, visit, fault_of_file=_("Send the file again."), status=422)
    try:
        if account != str(visit.account.id):
            raise Http404
        handout = company.hand_out(visit.account.id, visit.member, parts, keys.read(request), timezone.now())
    except Refusal as refusal:
        return page(request, visit, fault_of_file=family.tell(refusal), status=422)
    return _handed(request, visit, handout)


@require_POST
@for_members
def undo(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take back what is not spent of a handout."""
    try:
        handout_id = UUID(request.POST.get("handout", ""))
        back = company.undo(handout_id, visit.account.id, visit.member, timezone.now())
    except ValueError:
        raise Http404 from None
    except Refusal as refusal:
        messages.error(request, family.tell(refusal))
    else:
        messages.success(request, _("%(points)s points are back.") % {"points": numbers.points(back)})
    return redirect("cabinet:company", programme=visit.programme.code)


@require_POST
@for_members
def call(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Note how the firm calls an employee in its files."""
    employee, code = request.POST.get("employee", ""), request.POST.get("code", "").strip()
    number = int(employee) if employee.isascii() and employee.isdigit() else 0
    try:
        company.call(visit.account.id, number, code, visit.member)
    except Refusal as refusal:
        told = {"fault_of_code": family.tell(refusal), "called": number, "typed_code": code}
        return page(request, visit, status=422, **told)
    messages.success(request, _("Saved."))
    return redirect("cabinet:company", programme=visit.programme.code)


@require_POST
@for_members
def dismiss(request: HttpRequest, visit: Visit) -> HttpResponse:
    """End an employment: one of the firm's, or one's own."""
    try:
        employee, account = int(request.POST.get("employee", "")), UUID(request.POST.get("account", ""))
    except ValueError:
        raise Http404 from None
    try:
        company.dismiss(account, employee, visit.member, timezone.now())
    except Refusal as refusal:
        messages.error(request, family.tell(refusal))
    else:
        messages.success(request, _("They get no more points of the firm."))
    back = "company" if account == visit.account.id else "family"
    return redirect(f"cabinet:{back}", programme=visit.programme.code)


def page(request: HttpRequest, visit: Visit, status: int = 200, **more: Any) -> HttpResponse:
    """The page of the firm, with what was typed and what is wrong with it; who manages none is told so."""
    if not company.is_manager(visit.holder):
        return render(request, "cabinet/company.html", _base(visit) | {"manages": False}, status=status)
    now = timezone.now()
    spendable, _pending = balances.of_account(visit.account.id, now)
    handed = (
        Handout.objects.filter(account=visit.account)
        .select_related("by")
        .prefetch_related("lines__employee__member")
    )
    waiting = invitations.waiting(visit.account.id, now, employee=True).select_related("account__programme")
    context = _base(visit) | {
        "manages": True,
        "spendable": spendable,
        "employees": company.employees(visit.account.id),
        "handouts": [_handout(one, now) for one in handed[:SHOWN]],
        "open": [
            {
                "invitation": one,
                "link": family.link_of(request, one),
                "phone": phones.mask(one.phone) if one.phone else "",
            }
            for one in waiting[:SHOWN]
        ],
    }
    return render(request, "cabinet/company.html", context | more, status=status)


def _base(visit: Visit) -> dict[str, Any]:
    return {
        "visit": visit, "programme": visit.programme, "screen": "me", "zone": visit.programme.time_zone,
    }  # fmt: skip


def _handout(one: Handout, now: Any) -> dict[str, Any]:
    lines = list(one.lines.all())
    return {
        "handout": one,
        "lines": lines,
        "only": lines[0] if len(lines) == 1 else None,
        "back": sum(line.back for line in lines),
        "undoable": one.undone_at is None and now <= one.at + company.UNDONE_WITHIN,
    }


def _handed(request: HttpRequest, visit: Visit, handout: Handout) -> HttpResponse:
    count = handout.lines.count()
    said = ngettext(
        "%(points)s points for %(count)s employee.", "%(points)s points for %(count)s employees.", count
    )
    messages.success(request, said % {"points": numbers.points(handout.points), "count": count})
    return redirect("cabinet:company", programme=visit.programme.code)
