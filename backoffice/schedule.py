"""When periodic tasks run: celery-beat's own pages in the back office's looks."""

from __future__ import annotations

from django.contrib import admin
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
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from backoffice.desk import RegisterInline

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(model)


class TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):  # type: ignore[misc]
    """Celery-beat's choice of tasks."""


class TaskForm(beat.PeriodicTaskForm):  # type: ignore[misc]
    """Celery-beat's form with the back office's widgets."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class TaskDesk(beat.PeriodicTaskAdmin, ModelAdmin):  # type: ignore[misc]
    """Periodic tasks."""

    form = TaskForm
    date_hierarchy = None
    list_filter = (("enabled", BooleanRadioFilter), ("one_off", BooleanRadioFilter))
    list_filter_submit = True
    list_fullwidth = True


class TaskInline(RegisterInline):
    """The tasks that a schedule starts."""

    model = PeriodicTask
    fields = ("name", "task", "enabled", "last_run_at")


@admin.register(IntervalSchedule)
class IntervalDesk(ModelAdmin):  # type: ignore[misc]
    """Every so often."""

    inlines = (TaskInline,)


@admin.register(CrontabSchedule)
class CrontabDesk(beat.CrontabScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """At times of the day, week or month."""

    inlines = (TaskInline,)


@admin.register(SolarSchedule)
class SolarDesk(ModelAdmin):  # type: ignore[misc]
    """With the sun."""

    inlines = (TaskInline,)


@admin.register(ClockedSchedule)
class ClockedDesk(beat.ClockedScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """Once, at a moment."""

    inlines = (TaskInline,)
