"""The history to take away: what is shown, as a table for spreadsheets and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cabinet.access import Visit, for_members
from cabinet.shown import KINDS, PURCHASES, Shown
from campaigns.checkout.movements import Movement
from foundation import paper
from foundation.paper import Column
from loyalty.models import Receipt
from loyalty.templatetags import numbers
from members import tables

#: Rows of one paper; a table for spreadsheets holds all.
ON_PAPER = 1000


@require_safe
@for_members
def table(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """What is shown as CSV, sent as it is read: as spreadsheets of the reader's language open it."""
    shown = Shown(visit, request.GET)
    if not shown.valid:
        return _back(request, visit)
    lines = _lines(shown, get_language() or "en")
    return _named(StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"), shown, "csv")


@require_safe
@for_members
def sheet(request: HttpRequest, visit: Visit) -> HttpResponseBase:
    """What is shown as PDF: the newest rows of it."""
    shown = Shown(visit, request.GET)
    if not shown.valid:
        return _back(request, visit)
    rows = [row for some in shown.all(ON_PAPER + 1) for row in some]
    below = "" if rows else _("Nothing here yet.")
    if len(rows) > ON_PAPER:
        below = _("Only the newest %(count)s: choose a shorter period for the others.") % {"count": ON_PAPER}
    document = paper.table(
        visit.programme.name,
        _heading(shown),
        _columns(shown),
        [_printed(row, shown) for row in rows[:ON_PAPER]],
        numbered=lambda page: _("Page %(page)s") % {"page": page},
        language=get_language() or "en",
        below=below,
    )
    return _named(HttpResponse(document, content_type="application/pdf"), shown, "pdf")


def _back(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Days that are none are said on the page."""
    page = reverse("cabinet:history", args=[visit.programme.code])
    return redirect(f"{page}?{request.GET.urlencode()}")


def _named(answer: HttpResponseBase, shown: Shown, kind: str) -> HttpResponseBase:
    """Give the file a name: the programme and the day."""
    today = timezone.now().astimezone(shown.zone).date().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="{shown.visit.programme.code}-{today}.{kind}"'
    return answer


# For spreadsheets


class _Echo:
    """Gives a line back instead of writing it."""

    def write(self, text: str, /) -> str:
        return text


def _lines(shown: Shown, language: str) -> Iterator[str]:
    """The lines of the table. Where a comma parts decimals, semicolons part the columns."""
    with override(language):
        sign = get_format("DECIMAL_SEPARATOR")
        writer = tables.Writer(_Echo(), ";" if sign == "," else ",")
        yield "\ufeff" + writer.row(_titles(shown))
    for some in shown.all():
        with override(language):
            lines = [writer.row(_cells(row, shown, sign)) for row in some]
        yield "".join(lines)


def _titles(shown: Shown) -> list[str]:
    day, store, receipt, currency = _("Day"), _("Store"), _("Receipt"), shown.visit.programme.currency
    if shown.kind == PURCHASES:
        paid, by_points = _("Paid, %(currency)s"), _("Paid with points, %(currency)s")
        money = [text % {"currency": currency} for text in (paid, by_points)]
        return [day, store, receipt, _("Status"), *money, _("Points spent"), _("Points earned")]
    return [day, _("What"), _("Name"), _("Why"), _("Points"), _("Then"), _("Good until"), store, receipt]


def _cells(row: Movement | Receipt, shown: Shown, sign: str) -> Sequence[str]:
    """A row: days and numbers as spreadsheets know them, numbers of receipts as texts."""

    def number(value: Decimal | None) -> str:
        return "" if value is None else f"{value:.2f}".replace(".", sign)

    def moment(value: datetime | None) -> str:
        return f"{value.astimezone(shown.zone):%Y-%m-%d %H:%M}" if value else ""

    if isinstance(row, Receipt):
        return [
            moment(row.purchased_at), row.store.name, _number(row), str(row.get_status_display()), number(row.to_pay),
            number(row.redeemed_amount), number(row.redeemed_points), number(row.earned),
        ]  # fmt: skip
    receipt = row.receipt
    return [
        moment(row.at), row.what, row.title, "; ".join(row.reasons), number(-row.points if row.leaves else row.points),
        number(row.after), moment(row.until), *([receipt.store.name, _number(receipt)] if receipt else ["", ""]),
    ]  # fmt: skip


def _number(receipt: Receipt) -> str:
    """A receipt's number as a text that no spreadsheet makes a number of, which would lose its zeros."""
    return f"№ {receipt.number}"


# On paper


def _heading(shown: Shown) -> list[str]:
    """Whose history it is, of what, and from when."""
    visit = shown.visit
    card = visit.member.cards.filter(blocked=False).order_by("-id").values_list("number", flat=True).first()
    since, until = (date_format(day, "DATE_FORMAT") if day else "…" for day in shown.days)
    whose = ", ".join(
        filter(None, [visit.member.full_name, card and _("card %(number)s") % {"number": card}])
    )
    today = date_format(timezone.now().astimezone(shown.zone), "DATETIME_FORMAT")
    what = str(KINDS[shown.kind]) if shown.kind else _("Everything")
    period = f"{what}, {since} – {until}" if any(shown.days) else what
    return [*filter(None, [whose]), period, _("As of %(moment)s") % {"moment": today}]


def _columns(shown: Shown) -> list[Column]:
    currency = {"currency": shown.visit.programme.currency}
    if shown.kind == PURCHASES:
        return [
            Column(_("Day"), 32), Column(_("Store"), 50), Column(_("Receipt"), 32),
            Column(_("Paid, %(currency)s") % currency, 26, True), Column(_("Points spent"), 20, True),
            Column(_("Points earned"), 20, True),
        ]  # fmt: skip
    return [
        Column(_("Day"), 30), Column(_("What and why"), 84), Column(_("Good until"), 26), Column(_("Points"), 20, True),
        Column(_("Then"), 20, True),
    ]  # fmt: skip


def _printed(row: Movement | Receipt, shown: Shown) -> list[str]:
    def moment(value: datetime | None, how: str) -> str:
        return date_format(value.astimezone(shown.zone), how) if value else ""

    if isinstance(row, Receipt):
        return [
            moment(row.purchased_at, "SHORT_DATETIME_FORMAT"), row.store.name, row.number, numbers.money(row.to_pay),
            numbers.points(row.redeemed_points), numbers.points(row.earned),
        ]  # fmt: skip
    said = [row.title, *row.reasons]
    if row.receipt:
        said.append(f"{row.receipt.store.name}, № {row.receipt.number}")
    return [
        moment(row.at, "SHORT_DATETIME_FORMAT"), "\n".join(said), moment(row.until, "SHORT_DATE_FORMAT"),
        f"{'−' if row.leaves else '+'}{numbers.points(row.points)}", numbers.points(row.after),
    ]  # fmt: skip
