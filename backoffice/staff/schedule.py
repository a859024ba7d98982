"""When periodic tasks run: celery-beat's own pages in the back office's looks."""

from __future__ import annotations

from calendar import monthrange
from typing import Any

from celery.schedules import ParseException, crontab_parser
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice.desk import RegisterInline
from loyalty import zones

#: The fields of a crontab: how many values there are, the first one, and what is said of another.
_PARTS: dict[str, tuple[int, int, Any]] = {
    "minute": (60, 0, _("Give minutes from 0 to 59, such as 0,30 or */15.")),
    "hour": (24, 0, _("Give hours from 0 to 23, such as 8 or 9-17.")),
    "day_of_month": (31, 1, _("Give days from 1 to 31, such as 1 or 1-7.")),
    "month_of_year": (12, 1, _("Give months from 1 to 12, such as 3 or */3.")),
    "day_of_week": (7, 0, _("Give weekdays from 0 (Sunday) to 6 (Saturday), or mon to sun.")),
}
#: What celery-beat says in English alone.
_HELP: dict[str, Any] = {
    "expire_seconds": _("After so many seconds a task that nobody took up is not run any more."),
    "exchange": _("For a message broker with exchanges of its own."),
    "routing_key": _("For a message broker with routes of its own."),
    "month_of_year": _("Months from 1 to 12, or * for all. For example: 1,12"),
    "day_of_week": _("Weekdays from 0 (Sunday) to 6, or * for all. For example: 0,5"),
}
LONGEST = {month: monthrange(2024, month)[1] for month in range(1, 13)}
"""Days of each month; 29 February comes every fourth year."""

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(model)


def _say(form: forms.Form | forms.ModelForm[Any], help_texts: dict[str, Any]) -> None:
    """Have a form's fields say what stands in the house's own words."""
    for name in help_texts.keys() & form.fields.keys():
        form.fields[name].help_text = help_texts[name]


class TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):  # type: ignore[misc]
    """Celery-beat's choice of tasks."""


class TaskForm(beat.PeriodicTaskForm):  # type: ignore[misc]
    """Celery-beat's form with the back office's widgets."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()
        _say(self, _HELP)


@admin.register(PeriodicTask)
class TaskDesk(beat.PeriodicTaskAdmin, ModelAdmin):  # type: ignore[misc]
    """Periodic tasks."""

    form = TaskForm
    date_hierarchy = None
    list_filter = (("enabled", BooleanRadioFilter), ("one_off", BooleanRadioFilter))
    list_filter_submit = True
    list_fullwidth = True
    list_display = ("name", "enabled", "show_schedule", "start_time", "last_run_at", "one_off")
    list_select_related = ("interval", "crontab", "solar", "clocked")

    @display(description=_("schedule"))
    def show_schedule(self, task: PeriodicTask) -> str:
        """When it runs, in words."""
        return say_every(task.interval) if task.interval else str(task.scheduler or "")


def say_every(interval: IntervalSchedule) -> str:
    """How often, in words that fit the number."""
    count = interval.every
    said = {
        "days": ngettext("every day", "every %(count)s days", count),
        "hours": ngettext("every hour", "every %(count)s hours", count),
        "minutes": ngettext("every minute", "every %(count)s minutes", count),
        "seconds": ngettext("every second", "every %(count)s seconds", count),
    }.get(interval.period)
    return said % {"count": count} if said else str(interval)


class TaskInline(RegisterInline):
    """The tasks that a schedule starts."""

    model = PeriodicTask
    fields = ("name", "task", "enabled", "last_run_at")


@admin.register(IntervalSchedule)
class IntervalDesk(ModelAdmin):  # type: ignore[misc]
    """Every so often."""

    inlines = (TaskInline,)
    list_display = ("show_every",)

    @display(description=_("schedule"))
    def show_every(self, interval: IntervalSchedule) -> str:
        """How often, in words."""
        return say_every(interval)


class CrontabForm(forms.ModelForm):  # type: ignore[type-arg]
    """Times that come: celery drops a schedule that it cannot read, and never says so."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        _say(self, _HELP)

    def clean(self) -> dict[str, Any]:
        """Read each field as celery does, and look for a day that there is."""
        given: dict[str, Any] = super().clean() or {}
        found = {name: self._read(name, str(given.get(name, "*"))) for name in _PARTS}
        if "timezone" in given:
            try:
                zones.validate(given["timezone"])
            except ValidationError as error:
                self.add_error("timezone", error)
        days, months = found["day_of_month"], found["month_of_year"]
        if days and months and min(days) > max(LONGEST[month] for month in months):
            self.add_error("day_of_month", _("None of these months has such a day: it would never run."))
        return given

    def _read(self, name: str, text: str) -> set[int]:
        most, least, said = _PARTS[name]
        try:
            found: set[int] = crontab_parser(most, least).parse(text)
        except (ParseException, ValueError):
            found = set()
        if not found and name not in self.errors:
            self.add_error(name, said)
        return found


@admin.register(CrontabSchedule)
class CrontabDesk(beat.CrontabScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """At times of the day, week or month."""

    form = CrontabForm
    inlines = (TaskInline,)


@admin.register(SolarSchedule)
class SolarDesk(ModelAdmin):  # type: ignore[misc]
    """With the sun."""

    inlines = (TaskInline,)


@admin.register(ClockedSchedule)
class ClockedDesk(beat.ClockedScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """Once, at a moment."""

    inlines = (TaskInline,)
