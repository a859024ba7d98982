"""Currencies that a programme may be in: those of ISO 4217 whose smallest unit is a hundredth.

Every sum here has two places (receipts, limits, refunds, what is spread over lines). A currency with none (yen) or
three (Kuwaiti dinar) would be rounded where its tills do not round, so it is refused where a programme is made.
The table of codes and minor units is the standard's own, by the package ``iso4217``.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from iso4217 import Currency

PLACES = 2


def read(text: str) -> str:
    """A currency's code in capital letters. Raises ``ValidationError`` for one in which no programme can be."""
    code = text.strip().upper()
    try:
        places = Currency(code).exponent
    except ValueError:
        told = _("“%(code)s” is no currency: give its three letters, as EUR.") % {"code": text}
        raise ValidationError(told) from None
    if places is None:
        told = _("%(code)s is no money that people pay with: give a currency, as EUR.") % {"code": code}
        raise ValidationError(told)
    if places != PLACES:
        told = _(
            "Sums have two decimal places here, and those of %(code)s have %(places)s: programmes in this currency "
            "are not possible."
        ) % {"code": code, "places": places}
        raise ValidationError(told)
    return code
