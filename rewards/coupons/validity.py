"""Until when series and coupons are valid, for people; ``coupon_statements`` says the same to the database."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from loyalty.rules.days import end_of_day
from rewards.models import Coupon, Series


def end_of_series(series: Series) -> datetime | None:
    """The last second of the series' last day; None when it has none."""
    return _end(series, series.valid_until) if series.valid_until is not None else None


def end_of_issue(series: Series, issued_at: datetime) -> datetime | None:
    """The last second of a coupon that is issued then, by the series' days; None without any."""
    if series.days is None:
        return None
    zone = ZoneInfo(series.programme.time_zone)
    return end_of_day(issued_at.astimezone(zone).date() + timedelta(days=series.days), zone)


def end_of_coupon(coupon: Coupon) -> datetime | None:
    """The last second of a coupon: its own or its series', whichever is first; None when there is none."""
    ends = [end for end in (coupon.valid_until, end_of_series(coupon.series)) if end is not None]
    return min(ends, default=None)


def is_over(series: Series, at: datetime) -> bool:
    """Whether the series' last day has passed."""
    end = end_of_series(series)
    return end is not None and end < at


def state_at(coupon: Coupon, at: datetime) -> str:
    """The coupon's state by its label and, where that is late, by its dates."""
    end = end_of_coupon(coupon)
    late = coupon.state in (Coupon.State.ISSUED, Coupon.State.WAITING) and end is not None and end < at
    return Coupon.State.EXPIRED if late else coupon.state


def _end(series: Series, day: date) -> datetime:
    return end_of_day(day, ZoneInfo(series.programme.time_zone))
