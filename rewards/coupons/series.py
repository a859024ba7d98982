"""Series of coupons: opened, changed, and their limits with them.

A limit's counter exists only where there is a limit. When one is set while coupons are in use, the uses
so far are counted under a lock that waits for the sales under way and lets no other begin, so the
counter is exact from its first moment.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection
from django.db.models import Count
from django.utils.translation import gettext as _

from foundation.refusals import Conflict, Fault, Invalid
from rewards import codes
from rewards.coupons.statements import CLOSES
from rewards.models import Coupon, CouponUse, Series, SeriesTotal

#: What is chosen once: coupons and campaigns rely on it.
FIXED = ("programme_id", "code", "kind", "uses_each", "from_pool")

_COUNT_MEMBERS = """
INSERT INTO rewards_seriesmember (series_id, member_id, uses, most)
SELECT series_id, member_id, count(*), greatest(count(*), %(most)s)
  FROM rewards_couponuse
 WHERE series_id = %(series)s AND member_id IS NOT NULL AND state <> 'returned'
 GROUP BY series_id, member_id
"""
_RELABEL = f"""
UPDATE rewards_coupon c
   SET state = CASE WHEN c.issued_at IS NULL THEN 'waiting' ELSE 'issued' END
  FROM rewards_series s JOIN loyalty_programme p ON p.id = s.programme_id
 WHERE s.id = %(series)s AND c.series_id = s.id AND c.state = 'expired'
   AND coalesce(least(c.valid_until, {CLOSES}) >= %(at)s, true)
"""


def save(series: Series, most_in_all: int | None, at: datetime, code: str = "") -> Series:
    """Write a series and its limit of uses in all; a new one for all gets its ``code``.

    Must run in a transaction. Locks the series of an existing one against every sale until then.
    Raises ``Invalid`` naming the fields that will not do, ``Conflict`` when the code is taken.
    """
    series.prefix = codes.squeeze(series.prefix)
    before = _lock(series)
    found = [*_changed(series, before), *faults(series, most_in_all, code if before is None else None)]
    if found:
        raise Invalid(*found)
    if before is not None:
        series.version = before.version + 1
    series.save()
    if before is None and series.kind == Series.Kind.MASS:
        _make_code(series, code, at)
    if before is not None:
        _keep_members(series, before)
        if before.valid_until != series.valid_until:
            _run(_RELABEL, {"series": series.pk, "at": at})
    _keep_total(series, most_in_all)
    return series


def find(programme: str, code: str) -> Series | None:
    """The series of that code in the programme of that code."""
    return Series.objects.select_related("programme").filter(programme__code=programme, code=code).first()


def faults(series: Series, most_in_all: int | None, code: str | None) -> list[Fault]:
    """What will not do about a series as it would be written; ``code`` is that of a new one for all."""
    found = []
    if most_in_all is not None and most_in_all < 1:
        found.append(Fault("most_in_all", "too_small", _("Give a number above zero, or nothing.")))
    if series.prefix and not codes.squeeze(series.prefix).isalnum():
        found.append(Fault("prefix", "not_alphanumeric", _("Only letters and digits.")))
    if series.valid_from and series.valid_until and series.valid_from > series.valid_until:
        found.append(Fault("valid_until", "before_start", _("The end lies before the beginning.")))
    if series.kind != Series.Kind.MASS:
        return found
    if series.from_pool:
        found.append(Fault("from_pool", "one_code", _("One code for all is handed out to nobody.")))
    if series.days is not None:
        found.append(Fault("days", "one_code", _("One code for all is issued to nobody: give dates.")))
    if code is not None and not codes.normalise(code):
        detail = _("Give from %(least)s to %(most)s letters and digits.")
        found.append(Fault("mass_code", "malformed", detail % {"least": codes.LEAST, "most": codes.MOST}))
    return found


def foresee(series: Series, most_in_all: int | None, code: str) -> list[Fault]:
    """What ``save`` would refuse of a series as things are now. Locks and writes nothing."""
    found = faults(series, most_in_all, None if series.pk else code)
    if not series.pk and series.kind == Series.Kind.MASS and series.programme_id:
        kept = codes.normalise(code)
        if kept and Coupon.objects.filter(programme_id=series.programme_id, code=kept).exists():
            found.append(Fault("mass_code", "taken", _taken(kept)))
    if series.pk and most_in_all is not None:
        total = SeriesTotal.objects.filter(series=series).first()
        found += _too_few(most_in_all, total.uses if total is not None else count_uses(series))
    return found


def count_by_state(series: Series) -> dict[str, int]:
    """How many coupons of the series are in each state, by their labels; every state is there."""
    rows = series.coupons.order_by().values_list("state").annotate(Count("pk"))
    return dict.fromkeys(Coupon.State.values, 0) | dict(rows)


def count_uses(series: Series) -> int:
    """How many purchases hold coupons of the series."""
    return CouponUse.objects.filter(series=series).exclude(state=CouponUse.State.RETURNED).count()


def code_for_all(series: Series) -> Coupon:
    """The one coupon of a series with one code for all."""
    return series.coupons.get()


def _lock(series: Series) -> Series | None:
    return Series.objects.select_for_update().filter(pk=series.pk).first() if series.pk else None


def _changed(series: Series, before: Series | None) -> list[Fault]:
    return [
        Fault(name.removesuffix("_id"), "fixed", _("This is chosen once, when the series is made."))
        for name in FIXED
        if before is not None and getattr(before, name) != getattr(series, name)
    ]


def _make_code(series: Series, code: str, at: datetime) -> None:
    kept = codes.normalise(code)
    if Coupon.objects.filter(programme_id=series.programme_id, code=kept).exists():
        raise Conflict("coupon_exists", _taken(kept))
    Coupon.objects.create(
        programme_id=series.programme_id, series=series, code=kept, most=series.uses_each, issued_at=at
    )


def _keep_members(series: Series, before: Series) -> None:
    """Make the members' counters when a limit is new, drop them when it is gone."""
    if series.most_per_member is None:
        series.members.all().delete()
    elif before.most_per_member is None:
        _run(_COUNT_MEMBERS, {"series": series.pk, "most": series.most_per_member})


def _keep_total(series: Series, most: int | None) -> None:
    total = SeriesTotal.objects.select_for_update().filter(series=series).first()
    if most is None:
        if total is not None:
            total.delete()
        return
    uses = total.uses if total is not None else count_uses(series)
    if found := _too_few(most, uses):
        raise Invalid(*found)
    if total is None:
        SeriesTotal.objects.create(series=series, uses=uses, most=most)
    elif total.most != most:
        SeriesTotal.objects.filter(series=series).update(most=most)


def _taken(code: str) -> str:
    return _("There is a coupon “%(code)s” already.") % {"code": code}


def _too_few(most: int, uses: int) -> list[Fault]:
    if most >= uses:
        return []
    detail = _("%(uses)s coupons have been used already: give at least that many.") % {"uses": uses}
    return [Fault("most_in_all", "too_small", detail)]


def _run(sql: str, params: dict[str, int | datetime]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
