"""Why something is shown to a member, how to end that, and how the programme makes its recommendations."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from cabinet.access import Visit, for_members, programme_of, visit_of
from campaigns.checkout import offered
from campaigns.desk.names import Names
from members import consents
from members.models import Purpose
from rewards.models import Coupon


@require_safe
@for_members
def coupon(request: HttpRequest, visit: Visit, code: str) -> HttpResponse:
    """Why the member has a coupon."""
    mine = Coupon.objects.filter(member=visit.member, programme=visit.programme, code=code)
    row = mine.select_related("series").first()
    if row is None:
        raise Http404
    names = Names(visit.programme)
    page = {
        "visit": visit,
        "programme": visit.programme,
        "screen": "home",
        "name": row.series.offer or row.series.name,
        "why": offered.of_coupon(row, visit.account, visit.zone, names),
        "agreed": consents.stands(visit.member, Purpose.PROFILING),
    }
    return render(request, "cabinet/why.html", page)


@never_cache
@require_safe
def recommendations(request: HttpRequest, programme: str) -> HttpResponse:
    """How recommendations are made, for everybody: what the campaigns in force look at, who decides, how to end it."""
    here = programme_of(programme)
    visit = visit_of(request, programme)
    page = {
        "visit": visit,
        "programme": here,
        "looked_at": offered.looked_at(here.pk, timezone.now()),
        "agreed": consents.stands(visit.member, Purpose.PROFILING) if visit else None,
    }
    return render(request, "cabinet/recommendations.html", page)
