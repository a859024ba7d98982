"""Guessing coupons' codes through the API is slowed down, key by key.

Each sale that shows coupons is looked at before it is judged. A code that no coupon of the partner's
programmes has is a miss; the same code again is none, as tills ask anew with every line they scan. After
``POS_COUPON_MISSES_PER_MINUTE`` misses within a minute the key may show no coupons for a minute, known
ones neither, or the answers would tell which are. Each further block within a day of the last one is twice as
long, an hour at most: a key that guesses day and night gets a few hundred answers a day. Counted in the
database, in a row per key that only misses write: the same for all processes, and a restart forgets nothing.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled

from campaigns.sale import Sale
from members import prepared
from members.refusals import Fault, Invalid
from pos.keys import Client
from pos.models import CouponGuesses
from rewards import coupon_statements, coupons

#: Coupons that one sale may show.
MOST_COUPONS = 20
WINDOW, FIRST_BLOCK = timedelta(minutes=1), timedelta(minutes=1)
LONGEST_BLOCK, CALM = timedelta(hours=1), timedelta(days=1)
#: Missed codes of a key that are remembered, so that they do not count again.
REMEMBERED = 100

_LOOK = f"""
SELECT (SELECT blocked_until FROM pos_couponguesses WHERE client_id = %(client)s::text) AS blocked_until,
       ARRAY({coupon_statements.KNOWN}) AS known
"""


def watch(client: Client, sale: Sale, now: datetime) -> None:
    """Count the unknown coupons of a sale that is to be judged. One look-up; a miss writes the key's row.

    Raises ``Throttled`` while the key is blocked, ``Invalid`` for more coupons than a sale may show.
    """
    if not sale.coupons:
        return
    if len(sale.coupons) > MOST_COUPONS:
        raise Invalid(Fault("coupons", "count", _("At most %(most)s coupons.") % {"most": MOST_COUPONS}))
    codes = set(coupons.kept(sale.coupons))
    params = {"client": client.key_id, "programmes": list(client.programmes), "codes": list(codes)}
    found = prepared.run(_LOOK, params)[0]
    _require_free(found["blocked_until"], now)
    missed = codes.difference(found["known"])
    if missed:
        _count(client, missed, now)


def _count(client: Client, missed: Set[str], now: datetime) -> None:
    """Count misses; the one that reaches the limit blocks the key. Locks the key's row."""
    with transaction.atomic():
        CouponGuesses.objects.get_or_create(client_id=client.key_id, defaults={"since": now})
        row = CouponGuesses.objects.select_for_update().get(client_id=client.key_id)
        _require_free(row.blocked_until, now)  # another request may have been the one too many
        fresh = missed - set(row.seen)
        if not fresh:
            return
        if row.since <= now - WINDOW:
            row.since, row.misses = now, 0
        row.misses += len(fresh)
        row.seen = [*row.seen, *sorted(fresh)][-REMEMBERED:]
        if row.misses >= settings.POS_COUPON_MISSES_PER_MINUTE:
            calm = row.blocked_until is None or row.blocked_until <= now - CALM
            row.blocks = 1 if calm else row.blocks + 1
            row.blocked_until = now + min(FIRST_BLOCK * 2 ** min(row.blocks - 1, 10), LONGEST_BLOCK)
            row.misses = 0
        row.save()


def _require_free(until: datetime | None, now: datetime) -> None:
    if until is not None and until > now:
        wait = (until - now).total_seconds()
        raise Throttled(wait, _("Too many unknown coupons; wait before showing the next one."))
