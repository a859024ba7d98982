"""Who is in a segment: searched, put in, taken out and exported, on the segment's page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Value
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from analytics import segments
from analytics.models import Segment, SegmentMember
from backoffice import search
from members import tables
from members.lookup.lookup import read_id
from members.models import Member

#: Rows of a page, and how many of those who were searched for are offered.
ROWS, OFFERED = 25, 8
COLUMNS = ("id", "phone", "email", "first_name", "middle_name", "last_name", "cards", "since")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """The text itself."""
        return text


def describe(desk: ModelAdmin, request: HttpRequest, segment: Segment) -> dict[str, Any]:
    """What the members' part of the page shows: one page of them, as far as searched."""
    said = request.GET.get("find", "").strip()
    rows = segment.memberships.select_related("member", "added_by").prefetch_related("member__cards")
    if said:
        named = search.members(Member.objects.filter(segments__segment=segment).order_by(), said)
        rows = rows.filter(member_id__in=list(named.values_list("id", flat=True)[: search.MOST]))
    if (after := request.GET.get("after", "")).isdigit():
        rows = rows.filter(id__lt=int(after))
    page = list(rows.order_by("-id")[: ROWS + 1])
    return {
        "segment": segment,
        "rows": page[:ROWS],
        "next": page[ROWS - 1].id if len(page) > ROWS else None,
        "size": segments.sizes([segment.code])[segment.code],
        "find": said,
        "may_change": may_change(desk, request, segment),
    }


def may_change(desk: ModelAdmin, request: HttpRequest, segment: Segment) -> bool:
    """Whether the user may say who is in it; a rule says it of the others."""
    return segment.kind == Segment.Kind.LIST and desk.has_change_permission(request, segment)


def show_members(desk: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """The members that were searched for, or the next page of them."""
    segment = _open(desk, request, pk)
    part = "rows" if request.GET.get("after") else "members"
    return TemplateResponse(request, f"backoffice/segments/{part}.html", describe(desk, request, segment))


def show_candidates(desk: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Members that may be put in, by phone, card, e-mail or name."""
    segment = _open(desk, request, pk, to_change=True)
    said = request.GET.get("who", "").strip()
    inside = SegmentMember.objects.filter(segment=segment, member=OuterRef("pk"))
    everyone = Member.objects.exclude(status=Member.Status.ERASED).annotate(inside=Exists(inside))
    everyone = everyone.order_by("-id").prefetch_related("cards")
    found = list(search.members(everyone, said)[: OFFERED + 1]) if said else []
    context = {"segment": segment, "said": said, "found": found[:OFFERED], "more": len(found) > OFFERED}
    return TemplateResponse(request, "backoffice/segments/candidates.html", context)


def put_in(desk: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Put a member in."""
    segment, member = _chosen(desk, request, pk)
    change = segments.add(segment, [member.id], timezone.now(), request.user.pk)
    if change.entered:
        desk.log_change(request, segment, _("Put in: %(member)s") % {"member": member})
    return _changed(request, segment, member, True)


def take_out(desk: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """Take a member out."""
    segment, member = _chosen(desk, request, pk)
    change = segments.remove(segment, [member.id], timezone.now())
    if change.left:
        desk.log_change(request, segment, _("Taken out: %(member)s") % {"member": member})
    return _changed(request, segment, member, False)


def export(desk: ModelAdmin, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
    """The members as a CSV file."""
    if not request.user.has_perm("backoffice.export_records"):
        raise PermissionDenied
    segment = _open(desk, request, int(object_id))
    response = StreamingHttpResponse(_lines(segment), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{segment.code}.csv"'
    return response


def _lines(segment: Segment) -> Iterator[str]:
    writer = tables.Writer(_Echo())
    yield "\ufeff" + writer.row(COLUMNS)  # the mark tells Excel that it is UTF-8
    cards = StringAgg("member__cards__number", Value(" "), default=Value(""))
    names = ("email", "first_name", "middle_name", "last_name")
    rows = segment.memberships.annotate(numbers=cards).order_by("id").values_list(
        "member_id", "member__phone", *(f"member__{name}" for name in names), "numbers", "added_at"
    )  # fmt: skip
    for *said, since in rows.iterator(chunk_size=2000):
        moment = timezone.localtime(since).isoformat(timespec="seconds")
        yield writer.row((*said, moment))


def _open(desk: ModelAdmin, request: HttpRequest, pk: int, to_change: bool = False) -> Segment:
    segment = get_object_or_404(Segment, pk=pk)
    allowed = may_change(desk, request, segment) if to_change else desk.has_view_permission(request, segment)
    if not allowed:
        raise PermissionDenied
    return segment


def _chosen(desk: ModelAdmin, request: HttpRequest, pk: int) -> tuple[Segment, Member]:
    if request.method != "POST":
        raise Http404
    segment = _open(desk, request, pk, to_change=True)
    member_id = read_id(request.POST.get("member", ""))
    if member_id is None:
        raise Http404
    return segment, get_object_or_404(Member, id=member_id)


def _changed(request: HttpRequest, segment: Segment, member: Member, inside: bool) -> HttpResponse:
    """The member's row among those who are offered; the list of members hears that it is to be drawn anew."""
    context = {"segment": segment, "member": member, "inside": inside}
    answer = TemplateResponse(request, "backoffice/segments/candidate.html", context)
    answer["HX-Trigger"] = "segment-changed"
    return answer
