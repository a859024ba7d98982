"""Unknown coupons of a sale count as guesses before the sale is judged: a quote tells of them among much else.

A code that no coupon of the partner's programmes has is a miss; the same code again is none, as tills ask anew with
every line they scan. One statement asks whether the guesser is blocked and which codes are known.
"""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from campaigns.checkout.sale import Sale
from foundation import prepared
from foundation.refusals import Fault, Invalid
from members import bounds
from pos import guard
from pos.guard import Kind
from pos.keys import Client
from rewards.coupons import coupons
from rewards.coupons import statements as coupon_statements

_LOOK = f"""
SELECT (SELECT max(blocked_until) FROM pos_guesses
         WHERE kind = 'coupon' AND who = ANY(%(guessers)s::text[])) AS blocked_until,
       ARRAY({coupon_statements.KNOWN}) AS known
"""


def watch(client: Client, sale: Sale, now: datetime, address: str = "") -> None:
    """Count the unknown coupons of a sale that is to be judged. One look-up; a miss writes the guessers' rows.

    Raises ``TooMany`` while the key or the address is blocked, ``Invalid`` for more coupons than a sale may show.
    """
    if not sale.coupons:
        return
    if len(sale.coupons) > bounds.COUPONS:
        raise Invalid(Fault("coupons", "count", _("At most %(most)s.") % {"most": bounds.COUPONS}))
    guessers = guard.of_client(client, address)
    codes = set(coupons.kept(sale.coupons))
    params = {
        "guessers": [guesser.name for guesser in guessers],
        "programmes": list(client.programmes),
        "codes": list(codes),
    }
    found = prepared.run(_LOOK, params)[0]
    guard.require_over(found["blocked_until"], now)
    missed = codes.difference(found["known"])
    if missed:
        guard.note(Kind.COUPON, guessers, missed, now)
