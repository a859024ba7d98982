"""Who shares the account: the family. Its owner invites, says what each may do, and sends away; anybody leaves.

What becomes of the points is said before anything is done. Rules and locks are ``loyalty.sharing``'s.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cabinet import keys
from cabinet.access import Visit, for_members
from foundation.refusals import Refusal
from loyalty.ledger import allowance
from loyalty.models import Employee, Holder, Invitation
from loyalty.sharing import company, holders, invitations, rights
from loyalty.sharing.holders import By
from loyalty.shops import membership
from loyalty.templatetags import numbers
from members.lookup import lookup, phones


@require_safe
@for_members
def show(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Who shares the account and what each may do; who is invited; and by whom one is."""
    return page(request, visit)


@require_POST
@for_members
def invite(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make an invitation: by a link, or for whoever has a phone."""
    key = keys.read(request)
    try:
        given, phone = _read_rights(request, visit), read_phone(request, visit)
        invitations.invite(visit.account.id, visit.member, given, key, timezone.now(), phone=phone)
    except Refusal as refusal:
        return page(request, visit, key=key, typed=request.POST, faults=beside(refusal), status=422)
    messages.success(request, _("The invitation is ready: send the link to whom it is for."))
    return redirect("cabinet:family", programme=visit.programme.code)


@require_POST
@for_members
def withdraw(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Take an invitation back."""
    back = "company" if request.POST.get("employee") else "family"
    return _do(
        request, visit, _("The invitation is withdrawn."), back,
        lambda now: invitations.withdraw(_id(request, "invitation"), visit.account.id, visit.member, now),
    )  # fmt: skip


@require_POST
@for_members
def set_rights(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Say what one who shares the account may do."""
    member_id = _id(request, "member")
    try:
        given = _read_rights(request, visit)
        holders.set_rights(visit.account.id, member_id, given, By(visit.member.id), timezone.now())
    except Refusal as refusal:
        return page(
            request, visit, typed_of=member_id, typed=request.POST, faults=beside(refusal), status=422
        )
    messages.success(request, _("Saved."))
    return redirect("cabinet:family", programme=visit.programme.code)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def send_away(request: HttpRequest, visit: Visit, member_id: UUID) -> HttpResponse:
    """Let somebody share the account no more, after what it means was said."""
    other = _other(visit, member_id)
    if request.method == "POST":
        return _do(
            request, visit, _("They share the account no more."), "family",
            lambda now: holders.leave(visit.account.id, member_id, By(visit.member.id), now),
        )  # fmt: skip
    name = {"name": other.member.first_name}
    told = holders.farewell(other, timezone.now())
    return _sure(
        request, visit, _("%(name)s shares this account no more") % name, told, _("Send %(name)s away") % name
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def hand_over(request: HttpRequest, visit: Visit, member_id: UUID) -> HttpResponse:
    """Make somebody else the owner, after what it means was said."""
    other = _other(visit, member_id)
    if request.method == "POST":
        return _do(
            request, visit, _("The account has a new owner."), "family",
            lambda now: holders.hand_over(visit.account.id, member_id, By(visit.member.id), now),
        )  # fmt: skip
    name = {"name": other.member.first_name}
    return _sure(
        request, visit, _("%(name)s becomes the owner") % name, None, _("Make %(name)s the owner") % name
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def leave(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Leave the account that one shares, after what becomes of the points was said."""
    if request.method == "POST":
        if request.POST.get("account") != str(visit.account.id):  # a double click: they have left
            return redirect("cabinet:family", programme=visit.programme.code)
        return _do(
            request, visit, _("You are on an account of your own again."), "family",
            lambda now: holders.leave(visit.account.id, visit.member.id, By(visit.member.id), now),
        )  # fmt: skip
    told = holders.farewell(visit.holder, timezone.now())
    return _sure(request, visit, _("Leave the shared account"), told, _("Leave"), leaving=True)


@require_POST
@for_members
def bring(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Bring along what waits on one's own account."""
    return _do(
        request, visit, _("Your points are on the shared account."), "family",
        lambda now: holders.bring_along(visit.member, visit.programme.pk, now),
    )  # fmt: skip


def page(request: HttpRequest, visit: Visit, status: int = 200, **more: Any) -> HttpResponse:
    """The page of the family, with what was typed and what is wrong with it."""
    now, owns = timezone.now(), visit.holder.role == Holder.Role.OWNER
    shared = Holder.objects.filter(account=visit.account).select_related("member", "programme")
    context = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "me",
        "zone": visit.programme.time_zone,
        "owns": owns,
        "people": [_person(one, now) for one in shared.order_by("-role", "member__first_name", "id")],
        "roles": rights.NAMES.items(),
        "open": [_invitation(request, one) for one in invitations.waiting(visit.account.id, now)]
        if owns
        else [],
        "to_me": invitations.to_member(visit.member, visit.programme.pk, now),
        "waits": holders.points_of(visit.holder.own_id, now),
        "manages": company.is_manager(visit.holder),
        "firms": Employee.objects.filter(
            member=visit.member, until=None, account__programme=visit.programme
        ).select_related("account"),
    }
    return render(request, "cabinet/family.html", context | more, status=status)


def read_phone(request: HttpRequest, visit: Visit) -> str:
    """The phone that an invitation is for, in E.164 form; empty where none was named. Raises ``Invalid``."""
    typed = request.POST.get("phone", "").strip()
    country = membership.manner_of_programme(visit.programme).country
    return lookup.read_phone(typed, country) if typed else ""


def tell(refusal: Refusal) -> str:
    """A refusal as one sentence."""
    return refusal.faults[0].detail if refusal.faults else refusal.detail


def link_of(request: HttpRequest, invitation: Invitation) -> str:
    """The address that is sent to whom an invitation is for."""
    programme = invitation.account.programme.code
    return request.build_absolute_uri(reverse("cabinet:invited", args=[programme, invitation.token]))


def _person(holder: Holder, now: datetime) -> dict[str, Any]:
    given = rights.of(holder)
    return {
        "holder": holder,
        "member": holder.member,
        "role": rights.role_of(holder),
        "a_day": holder.daily_limit,
        "may": _("owner") if holder.role == Holder.Role.OWNER else say(given),
        "left": allowance.left(holder, now),
    }


def say(given: rights.Rights) -> str:
    """What somebody may do, in words."""
    if given.a_day is not None:
        return _("may spend up to %(points)s points a day") % {"points": numbers.points(given.a_day)}
    return str(rights.NAMES[given.role])


def _invitation(request: HttpRequest, one: Invitation) -> dict[str, Any]:
    return {
        "invitation": one,
        "may": say(rights.of(one)),
        "link": link_of(request, one),
        "phone": phones.mask(one.phone) if one.phone else "",
    }


def _read_rights(request: HttpRequest, visit: Visit) -> rights.Rights:
    role, a_day = request.POST.get("role", ""), request.POST.get("a_day", "")
    return rights.read(role, a_day, visit.programme.point_decimals)


def beside(refusal: Refusal) -> dict[str, str]:
    """What is wrong, by the field beside which it is said."""
    return {fault.field: fault.detail for fault in refusal.faults} or {"all": refusal.detail}


def _other(visit: Visit, member_id: UUID) -> Holder:
    """Somebody else who shares the account, for its owner. Raises ``Http404``."""
    found = Holder.objects.filter(account=visit.account, member_id=member_id).exclude(member=visit.member)
    holder = found.select_related("member", "account").first()
    if holder is None or visit.holder.role != Holder.Role.OWNER:
        raise Http404
    return holder


def _sure(
    request: HttpRequest,
    visit: Visit,
    title: str,
    told: holders.Farewell | None,
    button: str,
    *,
    leaving: bool = False,
) -> HttpResponse:
    alone = leaving and visit.holder.role == Holder.Role.OWNER
    context = {
        "visit": visit, "programme": visit.programme, "screen": "me", "title": title, "told": told, "button": button,
        "leaving": leaving, "owner": alone,
    }  # fmt: skip
    return render(request, "cabinet/sure.html", context)


def _do(request: HttpRequest, visit: Visit, said: str, back: str, work: Any) -> HttpResponse:
    """Do something and go back to the page, which says that it is done or why it is not."""
    try:
        work(timezone.now())
    except Refusal as refusal:
        messages.error(request, tell(refusal))
    else:
        messages.success(request, said)
    return redirect(f"cabinet:{back}", programme=visit.programme.code)


def _id(request: HttpRequest, name: str) -> UUID:
    """An id that a form carries. Raises ``Http404`` for what is none."""
    try:
        return UUID(request.POST.get(name, ""))
    except ValueError:
        raise Http404 from None
