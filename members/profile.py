"""What members say of themselves: names, gender, language; a birthday once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.refusals import Fault, Invalid
from members.models import Member

MOST = 80
EARLIEST = 1900


class Profile(NamedTuple):
    """What a form says. ``birthday`` is a day as ``1990-05-17``; empty leaves it as it is."""

    first_name: str
    middle_name: str = ""
    last_name: str = ""
    gender: str = ""
    language: str = "en"
    birthday: str = ""


def write(member: Member, said: Profile, today: date) -> None:
    """Keep what a member says. A birthday that is there already stays: it is rewarded, so nobody moves their own.

    Raises ``Invalid`` with every fault by its field.
    """
    faults = [*_faults(said), *_birthday_faults(said.birthday, today)]
    if faults:
        raise Invalid(*faults)
    names = ("first_name", "middle_name", "last_name", "gender", "language")
    here = Member.objects.filter(pk=member.pk).exclude(status=Member.Status.ERASED)
    here.update(**{name: getattr(said, name) for name in names})
    if said.birthday:
        here.filter(birthday=None).update(birthday=date.fromisoformat(said.birthday))
    member.refresh_from_db()


def read(form: Mapping[str, str]) -> Profile:
    """What a form says, without the blanks around it."""
    return Profile(**{name: form.get(name, "").strip() for name in Profile._fields})


def birthday_of(text: str, today: date) -> date:
    """The day that a text says. Raises ``Invalid`` for ``birthday``."""
    faults = _birthday_faults(text, today) or ([_no_day()] if not text else [])
    if faults:
        raise Invalid(*faults)
    return date.fromisoformat(text)


def _faults(said: Profile) -> list[Fault]:
    faults = []
    if not said.first_name:
        faults.append(
            Fault("first_name", "required", _("Tell us your first name, so that we know how to greet you."))
        )
    for name in ("first_name", "middle_name", "last_name"):
        if len(getattr(said, name)) > MOST:
            faults.append(Fault(name, "too_long", _("At most 80 characters.")))
        elif "\0" in getattr(said, name):
            faults.append(Fault(name, "characters", _("Leave out what is no letter.")))
    if said.gender not in Member.Gender.values:
        faults.append(Fault("gender", "unknown", _("Choose one of these.")))
    if said.language not in dict(settings.LANGUAGES):
        faults.append(Fault("language", "unknown", _("Choose one of the languages.")))
    return faults


def _birthday_faults(text: str, today: date) -> list[Fault]:
    if not text:
        return []
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return [_no_day()]
    return [] if len(text) == 10 and day.year >= EARLIEST and day <= today else [_no_day()]


def _no_day() -> Fault:
    return Fault("birthday", "no_day", _("Give the day on which you were born."))
