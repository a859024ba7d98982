"""Numbers, lists, goods and times in words. A field that is still empty is told as a gap: ``‹how many›``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.dates import MONTHS_ALT
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext

from campaigns.engine.document import GOODS
from campaigns.engine.words.voice import Fields
from campaigns.words.phrases.missing import gap

#: The name of a thing by its kind (``tiers``, ``products``, …) and code.
Names = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Voice:
    """Who tells, as the words ask it (``campaigns.engine.words.voice``): the names of things, and the money they cost.

    The language is the current one.
    """

    names: Names
    currency: str = ""

    def name(self, kind: str, code: object) -> str:
        """The name of one thing."""
        return self.names(kind, str(code)) if code else gap(kind)

    def named(self, kind: str, codes: Sequence[str] | None, last: str = "or") -> str:
        """The names of several things, any of which will do; or all of which (``and``)."""
        return listed([self.name(kind, code) for code in codes or ()] or [gap(kind)], last)

    def money(self, value: object) -> str:
        """An amount of money."""
        if not is_number(value):
            return gap("money")
        return f"{number(value)}\u00a0{self.currency}" if self.currency else number(value)

    def gettext(self, text: str) -> str:
        """A text in the current language."""
        return _(text)

    def ngettext(self, one: str, many: str, n: int) -> str:
        """The same for one thing or ``n`` of them."""
        return ngettext(one, many, n)

    def goods(self, fields: Fields) -> str:
        """Goods of any kind, any of which will do; empty when none are named."""
        found = [self.name(kind, code) for kind in GOODS for code in fields.get(kind, ())]
        return listed(found, "or") if found else ""

    def bounds(self, fields: Fields, say: Callable[[object], str] | None = None) -> str:
        """Bounds of a number; how each of them is told is for the asker to say."""
        return bounds(fields, say or number)

    def gap(self, kind: str) -> str:
        """That something of this kind is still missing."""
        return gap(kind)

    def listed(self, items: Iterable[str], last: str = "and") -> str:
        """Several texts as one."""
        return listed(items, last)

    def period(self, value: object) -> str:
        """The period in which something is counted."""
        return period(value)

    def number(self, value: object) -> str:
        """A number as the current language writes it."""
        return number(value)

    def count(self, value: object) -> int:
        """The number that decides about singular and plural."""
        return count(value)

    def points(self, value: object) -> str:
        """Points, with their number."""
        return points(value)

    def pieces(self, value: object) -> str:
        """Pieces, with their number."""
        return pieces(value)

    def days(self, value: object) -> str:
        """Days, with their number."""
        return days(value)

    def percent(self, value: object) -> str:
        """A percent."""
        return percent(value)


def is_number(value: object) -> bool:
    """Whether a value is a number, or a text that is one."""
    try:
        return Decimal(str(value)).is_finite()
    except ArithmeticError:
        return False


def number(value: object) -> str:
    """A number as the reader's language writes it."""
    if not is_number(value):
        return gap("number")
    text = format(Decimal(str(value)), "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    places = len(text.partition(".")[2])
    return str(number_format(Decimal(text), decimal_pos=places or None, use_l10n=True, force_grouping=True))


def count(value: object) -> int:
    """The number that decides about singular and plural; a fraction counts like two."""
    try:
        plain = Decimal(str(value))
    except ArithmeticError:
        return 2
    return int(plain) if plain.is_finite() and plain == int(plain) and abs(plain) < 10**9 else 2


def points(value: object) -> str:
    """``50 points``."""
    return ngettext("{n} point", "{n} points", count(value)).format(n=number(value))


def at_most_points(value: object) -> str:
    """``50 points`` after "at most", where some languages bend it."""
    return npgettext("at most", "{n} point", "{n} points", count(value)).format(n=number(value))


def at_most_times(value: object) -> str:
    """``3 times`` after "at most"."""
    return npgettext("at most", "{n} time", "{n} times", count(value)).format(n=number(value))


def pieces(value: object) -> str:
    """``3 pieces``."""
    return ngettext("{n} piece", "{n} pieces", count(value)).format(n=number(value))


def days(value: object) -> str:
    """``3 days``."""
    return ngettext("{n} day", "{n} days", count(value)).format(n=number(value))


def percent(value: object) -> str:
    """``5%``."""
    return _("{n}%").format(n=number(value)) if is_number(value) else gap("percent")


def listed(items: Iterable[str], last: str = "and") -> str:
    """``a, b or c``."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    text = _("{first} or {last}") if last == "or" else _("{first} and {last}")
    return text.format(first=", ".join(parts[:-1]), last=parts[-1])


def bounds(fields: Fields, say: Callable[[object], str] = number) -> str:
    """``at least 5 and less than 10``, of ``at_least``, ``below`` and ``at_most``."""
    least, below, most = fields.get("at_least"), fields.get("below"), fields.get("at_most")
    if least is not None and most is not None:
        if number(least) == number(most):
            return _("exactly {n}").format(n=say(least))
        return _("from {least} to {most}").format(least=say(least), most=say(most))
    parts = []
    if least is not None:
        parts.append(_("at least {n}").format(n=say(least)))
    if below is not None:
        parts.append(_("less than {n}").format(n=say(below)))
    if most is not None:
        parts.append(_("at most {n}").format(n=say(most)))
    return listed(parts) or say(None)


def span(fields: Fields) -> str:
    """A length of time, ``{"months": 6}``."""
    for unit, texts in (
        ("hours", lambda n: ngettext("{n} hour", "{n} hours", n)),
        ("days", lambda n: ngettext("{n} day", "{n} days", n)),
        ("weeks", lambda n: ngettext("{n} week", "{n} weeks", n)),
        ("months", lambda n: ngettext("{n} month", "{n} months", n)),
        ("years", lambda n: ngettext("{n} year", "{n} years", n)),
    ):
        if unit in fields:
            return str(texts(count(fields[unit])).format(n=number(fields[unit])))
    return gap("period")


def moment(text: object, last: bool = False) -> str:
    """A moment of the current time zone. ``last``: it is an end, and midnight means the day before."""
    try:
        at = datetime.fromisoformat(str(text))
        at = timezone.localtime(at) if at.tzinfo else at
    except (ValueError, OverflowError):
        return gap("date")
    if (at.hour, at.minute) != (0, 0):
        return date_format(at, "DATETIME_FORMAT")
    if last:
        return date_format(at - timedelta(days=1), "DATE_FORMAT") if at.toordinal() > 1 else gap("date")
    return date_format(at, "DATE_FORMAT")


def hours(windows: Iterable[Sequence[str]]) -> str:
    """``from 13:00 to 15:00``."""
    said = [
        pgettext("hours", "from {start} to {end}").format(
            start=window[0] or gap("time"), end=window[1] or gap("time")
        )
        for window in windows
    ]
    return listed(said) or gap("time")


def weekdays(chosen: Iterable[object]) -> str:
    """``on Mondays and Fridays``."""
    found = sorted({day for day in chosen if isinstance(day, int) and 1 <= day <= 7})
    if found == [1, 2, 3, 4, 5]:
        return _("from Monday to Friday")
    if found == [6, 7]:
        return _("at weekends")
    if not found:
        return _("on {days}").format(days=gap("weekdays"))
    names = (
        pgettext("on which days", "Mondays"),
        pgettext("on which days", "Tuesdays"),
        pgettext("on which days", "Wednesdays"),
        pgettext("on which days", "Thursdays"),
        pgettext("on which days", "Fridays"),
        pgettext("on which days", "Saturdays"),
        pgettext("on which days", "Sundays"),
    )
    return _("on {days}").format(days=listed(names[day - 1] for day in found))


def period(value: object) -> str:
    """The period in which something is counted."""
    if isinstance(value, Mapping):
        return _("within {days}").format(days=days(value.get("days")))
    known = {
        "day": _("today"),
        "week": _("this week"),
        "month": _("this month"),
        "year": _("this year"),
        "ever": _("since joining"),
    }
    return known.get(str(value)) or gap("period")


def every(value: object) -> str:
    """The period that a limit speaks of."""
    known = {
        "receipt": _("a receipt"),
        "day": _("a day"),
        "week": _("a week"),
        "month": _("a month"),
        "year": _("a year"),
        "ever": _("in all"),
    }
    return known.get(str(value)) or gap("period")


def expiry(policy: Fields) -> str:
    """When points expire, after "the points"."""
    match policy.get("kind"):
        case "after":
            return _("expire {span} after they are earned").format(span=span(policy))
        case "on_date":
            try:
                day = date_format(datetime.fromisoformat(str(policy.get("date"))), "DATE_FORMAT")
            except ValueError:
                day = gap("date")
            return _("expire on {date}").format(date=day)
        case "yearly":
            month = MONTHS_ALT.get(count(policy.get("month", 0))) or gap("date")
            return _("expire every year on {day} {month}").format(
                day=policy.get("day") or gap("date"), month=month
            )
        case "anniversary":
            return _("expire on the anniversary of joining")
        case "end_of":
            units = {
                "month": _("at the end of the month"),
                "quarter": _("at the end of the quarter"),
                "year": _("at the end of the year"),
            }
            return _("expire {when}").format(when=units.get(str(policy.get("unit"))) or gap("date"))
    return _("never expire")
