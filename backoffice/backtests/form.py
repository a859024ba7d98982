"""The form of a backtest: which campaigns, which past, compared with what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from backoffice.backtests.words import period as period_words
from campaigns.backtest import running
from campaigns.engine.definition import DefinitionError
from campaigns.models import Backtest, Campaign
from campaigns.words.problems import tell_problem
from loyalty.models import Programme, Receipt

OWN = "own"
#: A campaign that rewards what members do judges no receipts.
_EVENT = "event"


class DayWidget(UnfoldAdminTextInputWidget):
    """A day, picked from the browser's own calendar."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        """Browsers want days as 2026-11-21, in any language."""
        return value.isoformat() if isinstance(value, date) else value


class BacktestForm(forms.Form):
    """What to try. ``asked`` is the page's query: campaigns to begin with, or a backtest to do again."""

    campaigns = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Campaigns"),
        queryset=Campaign.objects.none(),
        error_messages={"required": gettext_lazy("Choose at least one campaign.")},
    )
    period = forms.ChoiceField(label=gettext_lazy("Past receipts of"), widget=UnfoldAdminRadioSelectWidget)
    begins = forms.DateField(label=gettext_lazy("From"), required=False, widget=DayWidget)
    ends = forms.DateField(label=gettext_lazy("To"), required=False, widget=DayWidget)
    against = forms.ChoiceField(
        label=gettext_lazy("Compared with"),
        choices=Backtest.Against.choices,
        initial=Backtest.Against.HAPPENED,
        widget=UnfoldAdminRadioSelectWidget,
        help_text=gettext_lazy("For campaigns that never ran it is the same."),
    )
    keep_dates = forms.BooleanField(
        label=gettext_lazy("Only between the dates that a campaign names"),
        required=False,
        widget=UnfoldBooleanWidget,
        help_text=gettext_lazy("Otherwise it is tried on the whole period."),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, required=False, widget=UnfoldAdminTextInputWidget,
        help_text=gettext_lazy("To find it again. Left empty, campaigns and period name it."),
    )  # fmt: skip

    def __init__(self, asked: Mapping[str, str], data: Any = None) -> None:
        self.again = Backtest.objects.filter(pk=_number(asked.get("again")) or 0).first()
        chosen = _chosen(asked, self.again)
        self.programme = self._programme(asked, chosen)
        self.today = _today(self.programme)
        super().__init__(data, initial=self._initial(chosen))
        fields: dict[str, Any] = self.fields
        fields["campaigns"].queryset = _of_receipts(self.programme)
        fields["period"].choices = [
            (key, f"{label} ({period_words(*days)})") for key, (label, days) in self.periods.items()
        ] + [(OWN, _("other days"))]
        for name in ("begins", "ends"):
            fields[name].widget.attrs["max"] = self.today.isoformat()

    @property
    def periods(self) -> dict[str, tuple[str, tuple[date, date]]]:
        """The shortcuts, with their first and last days."""
        return {
            "month": (_("last month"), last_months(self.today, 1)),
            "quarter": (_("last quarter"), last_months(self.today, 3)),
            "year": (_("the last twelve months"), last_year(self.today)),
        }

    @property
    def groups(self) -> list[tuple[str, list[tuple[Campaign, bool]]]]:
        """The campaigns to choose from by status, drafts first, and whether each is chosen."""
        chosen = {str(getattr(one, "pk", one)) for one in self["campaigns"].value() or ()}
        order = [Campaign.Status.DRAFT, *(s for s in Campaign.Status if s != Campaign.Status.DRAFT)]
        groups: dict[str, list[tuple[Campaign, bool]]] = {status: [] for status in order}
        for campaign in self.fields["campaigns"].queryset.order_by("name"):  # type: ignore[attr-defined]
            groups[campaign.status].append((campaign, str(campaign.pk) in chosen))
        return [(str(Campaign.Status(status).label), found) for status, found in groups.items() if found]

    @property
    def days(self) -> list[forms.BoundField]:
        """The fields of the first and the last day."""
        return [self["begins"], self["ends"]]

    @property
    def programmes(self) -> QuerySet[Programme]:
        """Those to choose from."""
        return Programme.objects.filter(active=True).order_by("name")

    @property
    def receipts(self) -> str:
        """From the day of the first receipt to that of the last; empty when there is none."""
        found = Receipt.objects.filter(programme=self.programme.pk).aggregate(
            first=Min("purchased_at"), last=Max("purchased_at")
        )
        if found["first"] is None:
            return ""
        zone = ZoneInfo(self.programme.time_zone)
        return period_words(found["first"].astimezone(zone).date(), found["last"].astimezone(zone).date())

    def clean(self) -> dict[str, Any]:
        """The days of the period; they must lie in the past, in their order."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("period") != OWN:
            if cleaned.get("period"):
                cleaned["days"] = self.periods[cleaned["period"]][1]
            return cleaned
        begins, ends = cleaned.get("begins"), cleaned.get("ends")
        for name, day in (("begins", begins), ("ends", ends)):
            if day is None and name not in self.errors:
                self.add_error(name, _("Give a day."))
            elif day and day > self.today:
                self.add_error(name, _("Give a day that has come."))
        if begins and ends and begins > ends:
            self.add_error("ends", _("Give a day that is not before the first one."))
        cleaned["days"] = (begins, ends)
        return cleaned

    def ask(self, user_id: int | None) -> Backtest | None:
        """Note the backtest down. None, with errors on the form, when a draft is broken."""
        cleaned = self.cleaned_data
        broken = False
        for campaign in cleaned["campaigns"]:
            try:
                running.require_sound(campaign)
            except DefinitionError as error:
                first = error.problems[0]
                said = _("“%(name)s” cannot be tried: %(problem)s") % {
                    "name": campaign.name,
                    "problem": f"{first.path}: {tell_problem(first)}",
                }
                self.add_error("campaigns", said)
                broken = True
        if broken:
            return None
        return running.ask(
            self.programme,
            list(cleaned["campaigns"]),
            cleaned["days"],
            name=cleaned["name"] or self._name(),
            against=cleaned["against"],
            keep_dates=cleaned["keep_dates"],
            user_id=user_id,
        )

    def _name(self) -> str:
        names = [campaign.name for campaign in self.cleaned_data["campaigns"]]
        shown = ", ".join(names[:3]) + (f" +{len(names) - 3}" if len(names) > 3 else "")
        return f"{shown}, {period_words(*self.cleaned_data['days'])}"[:200]

    def _initial(self, chosen: list[int]) -> dict[str, Any]:
        initial: dict[str, Any] = {"campaigns": chosen, "period": "quarter"}
        if self.again:
            initial |= {
                "period": OWN, "begins": self.again.begins, "ends": self.again.ends, "against": self.again.against,
            }  # fmt: skip
        else:
            first, last = last_months(self.today, 3)
            initial |= {"begins": first, "ends": last}
        return initial

    @staticmethod
    def _programme(asked: Mapping[str, str], chosen: list[int]) -> Programme:
        programmes = Programme.objects.filter(active=True).order_by("name")
        known = (
            programmes.filter(campaigns__in=chosen).first()
            or programmes.filter(pk=_number(asked.get("programme")) or 0).first()
        )
        return known or programmes.first() or Programme()


def _of_receipts(programme: Programme) -> QuerySet[Campaign]:
    """Campaigns of a programme that judge receipts."""
    if programme.pk is None:
        return Campaign.objects.none()
    no_event = Q(draft__what_for__of__isnull=True) | ~Q(draft__what_for__of=_EVENT)
    return Campaign.objects.filter(no_event, programme=programme)


def _chosen(asked: Mapping[str, str], again: Backtest | None) -> list[int]:
    if again is not None:
        return [one["campaign"] for one in again.tried]
    texts = (asked.get("campaigns") or asked.get("campaign") or "").split(",")
    return [number for text in texts if (number := _number(text)) is not None]


def _number(text: str | None) -> int | None:
    return int(text) if text and text.strip().isdecimal() else None


def _today(programme: Programme) -> date:
    return timezone.now().astimezone(ZoneInfo(programme.time_zone)).date()


def last_months(today: date, months: int) -> tuple[date, date]:
    """The first and last day of the last whole month, or quarter (3), before a day."""
    month = (today.month - 1) // months * months + 1
    last = date(today.year, month, 1) - timedelta(days=1)
    first_month = last.month - months + 1
    return date(last.year, first_month, 1), last


def last_year(today: date) -> tuple[date, date]:
    """The first and last day of the last twelve whole months before a day."""
    after = date(today.year, today.month, 1)
    return after.replace(year=after.year - 1), after - timedelta(days=1)
