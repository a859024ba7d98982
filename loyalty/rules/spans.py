"""Spans of local days in which something counts, and in which a condition must be met again to be held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from loyalty.rules.days import add_months

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: the last ``amount`` days or months, or a calendar period of so many months (1, 3 or 12)."""

    amount: int
    unit: str = "days"
    calendar: bool = False

    def begin(self, day: date) -> date:
        """The first day that counts on ``day``."""
        if self.calendar:
            return first_day(period(day, self.amount), self.amount)
        if self.unit == "days":
            return day - timedelta(days=self.amount - 1)
        return add_months(day, -self.amount) + _DAY

    def last_held(self, start: date, falls: int, grace: int) -> date:
        """The last day before fall number ``falls`` of one who met the condition on ``start``, and never since."""
        if self.calendar:  # held through the end of the next period, and its grace
            turn = first_day(period(start, self.amount) + falls + 1, self.amount)
            return turn + timedelta(days=grace - 1)
        if self.unit == "days":
            return start + timedelta(days=falls * (self.amount + grace))
        return add_months(start, falls * self.amount) + timedelta(days=falls * grace)

    def falls(self, start: date, day: date, grace: int) -> int:
        """How often one falls by ``day`` who met the condition on ``start``, and never since."""
        if self.calendar:
            past = period(day - timedelta(days=grace), self.amount) - period(start, self.amount)
            return max(0, past - 1)
        if self.unit == "days":
            return max(0, ((day - start).days - 1) // (self.amount + grace))
        falls = 0
        while self.last_held(start, falls + 1, grace) < day:
            falls += 1
        return falls


def period(day: date, months: int) -> int:
    """The number of the calendar period of so many months in which a day lies."""
    return (day.year * 12 + day.month - 1) // months


def first_day(number: int, months: int) -> date:
    """The first day of a calendar period."""
    year, month = divmod(number * months, 12)
    return date(year, month + 1, 1)
