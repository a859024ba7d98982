"""What of the history is looked at: one kind, one period; the same on the page, in the table and on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import django_filters
from django import forms
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from cabinet.access import Visit
from campaigns.checkout import movements
from campaigns.checkout.movements import Movement
from loyalty.models import Receipt

#: Purchases are looked at as such, with or without points; the other kinds are movements of points.
PURCHASES = "purchases"
KINDS: dict[str, Any] = {
    PURCHASES: gettext_lazy("Purchases"),
    **{code: name for code, (name, _kinds) in movements.GROUPS.items()},
}
#: Rows that are told at once.
AT_ONCE = 200
#: The days that a calendar of ours goes from and to; others are as these.
_EARLIEST, _LATEST = date(1900, 1, 1), date(2999, 12, 31)


class Days(forms.Form):
    """Two days of which the second is not before the first."""

    def clean(self) -> dict[str, Any]:
        """Raises a fault of the second day."""
        days: dict[str, Any] = super().clean() or {}
        since, until = days.get("since"), days.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first: choose a later one."))
        return days


def _day(label: Any, **how: Any) -> Any:
    return django_filters.DateFilter(
        label=label,
        widget=forms.DateInput(
            attrs={"type": "date", "min": "1900-01-01", "max": "2999-12-31"}, format="%Y-%m-%d"
        ),
        error_messages={"invalid": gettext_lazy("Write a day like 2026-03-31.")},
        **how,
    )


class Period(django_filters.FilterSet):  # type: ignore[misc]
    """Rows from one day to another, both included, by the programme's clock. ``moment`` is the column that counts."""

    since = _day(pgettext_lazy("first day", "From"), method="begin")
    until = _day(pgettext_lazy("last day", "Until"), method="end")

    class Meta:
        form = Days

    def __init__(self, *args: Any, zone: ZoneInfo, moment: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone, self.moment = zone, moment

    def begin(self, rows: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        """Rows of the day and later ones."""
        return rows.filter(**{f"{self.moment}__gte": self._midnight(day)})

    def end(self, rows: QuerySet[Any], _name: str, day: date) -> QuerySet[Any]:
        """Rows of the day and earlier ones."""
        return rows.filter(**{f"{self.moment}__lt": self._midnight(day) + timedelta(days=1)})

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(min(max(day, _EARLIEST), _LATEST), time(), self.zone)


class Shown:
    """What a member asked to see of an account's history. Without a fault in it, it can be listed and told."""

    def __init__(self, visit: Visit, asked: Mapping[str, str]) -> None:
        self.visit, self.asked = visit, asked
        self.zone = ZoneInfo(visit.programme.time_zone)
        kind = asked.get("kind", "")
        self.kind = kind if kind in KINDS else ""
        self.period = self._between(movements.of_account(visit.account.id), "at")

    def _between(self, rows: QuerySet[Any], moment: str) -> Period:
        return Period(self.asked, rows, zone=self.zone, moment=moment)

    @cached_property
    def valid(self) -> bool:
        """Whether the days are days."""
        return bool(self.period.is_valid())

    @property
    def form(self) -> forms.Form:
        """The two days, as they were typed."""
        found: forms.Form = self.period.form
        return found

    @property
    def days(self) -> tuple[date | None, date | None]:
        """The two days, where they are chosen."""
        chosen = self.form.cleaned_data if self.valid else {}
        return chosen.get("since"), chosen.get("until")

    @property
    def within(self) -> str:
        """The days as a part of an address."""
        named = zip(("since", "until"), self.days, strict=True)
        return urlencode({name: day for name, day in named if day})

    @property
    def query(self) -> str:
        """Kind and days as a part of an address."""
        kind = urlencode({"kind": self.kind}) if self.kind else ""
        return "&".join(filter(None, [kind, self.within]))

    def listing(self) -> QuerySet[Any]:
        """Purchases, or the ids of movements, the newest first."""
        account_id = self.visit.account.id
        if self.kind == PURCHASES:
            found = self._between(movements.purchases(account_id), "purchased_at").qs
            return found.defer("outcome", "shopper")  # type: ignore[no-any-return]
        rows = self.period.qs
        if self.kind:
            rows = rows.filter(kind__in=movements.GROUPS[self.kind][1])
            return rows.values_list("id", "at")  # type: ignore[no-any-return]
        still = self._between(movements.without_points(account_id), "purchased_at").qs
        others = still.order_by().annotate(at=F("purchased_at")).values_list("id", "at")
        return rows.order_by().values_list("id", "at").union(others, all=True).order_by("-at", "-id")  # type: ignore[no-any-return]

    def tell(self, found: Sequence[Any]) -> Sequence[Movement | Receipt]:
        """Some of what is listed, as it is read."""
        if self.kind == PURCHASES:
            return found
        return movements.tell([row[0] for row in found], self.visit.account, self.zone)

    def all(self, most: int | None = None) -> Iterator[Sequence[Movement | Receipt]]:
        """All that is listed, or the newest, some at a time."""
        listed = self.listing()
        rows = iter((listed[:most] if most else listed).iterator(chunk_size=AT_ONCE))
        while some := list(islice(rows, AT_ONCE)):
            yield self.tell(some)


def quick(today: date) -> list[tuple[Any, date, date]]:
    """Periods that are one tap away: what they are called, their first day and their last."""
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    return [
        (_("This month"), first, today),
        (_("Last month"), before.replace(day=1), before),
        (_("90 days"), today - timedelta(days=89), today),
        (_("This year"), today.replace(month=1, day=1), today),
    ]
