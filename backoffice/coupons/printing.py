"""Codes that leave the house: as sheets to print, as pictures, and as a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from io import StringIO
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from members import tables
from rewards import codes
from rewards.coupons import pictures, validity
from rewards.models import Coupon, Series

#: Coupons of a page of paper, and of a sheet that the browser is given at once.
ON_PAPER, ON_SHEET = 10, 200
#: Lines of a piece of a file.
IN_PIECE = 5_000
COLUMNS = ("code", "state", "issued_to", "uses", "most_uses", "issued_at", "valid_until", "printed")


@dataclass(frozen=True, slots=True)
class Print:
    """A coupon as it is printed."""

    coupon: Coupon
    text: str
    qr: SafeString
    barcode: SafeString | None
    until: Any


def may_take_out(request: HttpRequest) -> bool:
    """Whether the user may take codes out of the house: whoever has one may use it."""
    user = request.user
    return user.has_perm("rewards.view_coupon") and user.has_perm("backoffice.export_records")


def sheet(desk: ModelAdmin, request: HttpRequest, pk: int) -> HttpResponse:
    """A sheet of coupons that can be used, ten on a page of paper; of one code for all, that one ten times."""
    found = _open(request, pk)
    rows = _chosen(found, request).filter(state=Coupon.State.ISSUED)
    if (after := request.GET.get("after", "")).isdigit():
        rows = rows.filter(id__gt=int(after))
    page = list(rows[: ON_SHEET + 1])
    following = page[ON_SHEET - 1].pk if len(page) > ON_SHEET else None
    prints = [draw(coupon) for coupon in page[:ON_SHEET]]
    if found.kind == Series.Kind.MASS:
        prints *= ON_PAPER
    context = {
        "series": found,
        "papers": [prints[start : start + ON_PAPER] for start in range(0, len(prints), ON_PAPER)],
        "following": following,
        "batch": request.GET.get("batch", ""),
        "count": len(prints),
    }
    return TemplateResponse(request, "backoffice/coupons/sheet.html", context)


def picture(request: HttpRequest, pk: int) -> HttpResponse:
    """One coupon as an SVG file."""
    coupon = get_object_or_404(Coupon.objects.select_related("series__programme"), pk=pk)
    if not may_take_out(request):
        raise PermissionDenied
    content = render_to_string("backoffice/coupons/coupon.svg", {"print": draw(coupon)})
    response = HttpResponse(content, content_type="image/svg+xml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{coupon.series.code}-{coupon.pk}.svg"'
    return response


def export(desk: ModelAdmin, request: HttpRequest, object_id: str) -> StreamingHttpResponse:
    """The codes of a series, or of one of its batches, as a CSV file."""
    found = _open(request, int(object_id))
    zone = timezone.get_current_timezone()  # the programme's, as long as the request lasts
    lines = _lines(_chosen(found, request), found, zone)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{found.code}.csv"'
    return response


def draw(coupon: Coupon) -> Print:
    """A coupon with its pictures. Reads no more than the coupon with its series and programme."""
    return Print(
        coupon,
        codes.show(coupon.code, coupon.series.prefix),
        pictures.qr(coupon.code),
        pictures.barcode(coupon.code),
        validity.end_of_coupon(coupon),
    )


def _chosen(found: Series, request: HttpRequest) -> QuerySet[Coupon]:
    rows = Coupon.objects.filter(series=found).select_related("series__programme", "member").order_by("id")
    try:
        return rows.filter(batch=UUID(request.GET["batch"]))
    except (KeyError, ValueError):
        return rows


def _lines(rows: QuerySet[Coupon], found: Series, zone: tzinfo) -> Iterator[str]:
    """The file in pieces of many lines: a million pieces would take a minute to send."""
    buffer = StringIO()
    writer = tables.Writer(buffer)
    buffer.write("\ufeff")  # the mark tells Excel that it is UTF-8
    writer.row(COLUMNS)
    fields = ("code", "state", "member__phone", "uses", "most", "issued_at", "valid_until")
    for number, row in enumerate(rows.values_list(*fields).iterator(IN_PIECE), start=1):
        code, state, phone, uses, most, *times = row
        issued_at, until = (at.astimezone(zone).isoformat(" ", "seconds") if at else "" for at in times)
        printed = codes.show(code, found.prefix)
        writer.row((code, state, phone or "", uses, most or "", issued_at, until, printed))
        if number % IN_PIECE == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _open(request: HttpRequest, pk: int) -> Series:
    found = get_object_or_404(Series.objects.select_related("programme"), pk=pk)
    if not may_take_out(request):
        raise PermissionDenied
    return found
