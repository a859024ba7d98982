"""Time zones that may be chosen: those of places, and UTC.

Names such as ``CET`` or ``EST5EDT`` mean one thing in Python's zone files and another in PostgreSQL's, an hour apart
for half of the year; ``localtime`` is whatever the machine is set to; ``Etc/GMT-3`` lies east of Greenwich,
not west. A name of the form Area/City means the same everywhere.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

UTC = "UTC"
AREAS = frozenset(
    {
        *("Africa", "America", "Antarctica", "Arctic", "Asia"),
        *("Atlantic", "Australia", "Europe", "Indian", "Pacific"),
    }
)


@cache
def list_names() -> frozenset[str]:
    """The names that may be chosen."""
    return frozenset(
        {UTC, *(name for name in available_timezones() if "/" in name and name.partition("/")[0] in AREAS)}
    )


def validate(name: object) -> None:
    """Refuse what is neither UTC nor Area/City."""
    if str(name) not in list_names():
        raise ValidationError(
            _("“%(name)s” is no time zone: give UTC or Area/City, such as Europe/Berlin."),
            code="unknown_zone",
            params={"name": name},
        )
