"""The refusal of what no account, counter or column of the books can hold, whoever notices it."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from foundation.refusals import Refused
from members.bounds import spaced

CODE = "beyond_the_books"


def refusal(what: str = "") -> Refused:
    """The refusal of what no account can hold; ``what`` tells it."""
    told = what or _("this comes to more than the books can hold")
    return Refused(
        CODE, _("Nothing was saved: %(what)s. Look at the numbers and the campaigns.") % {"what": told}
    )


def too_much(what: str, number: Decimal, most: Decimal) -> str:
    """What is told of a number that is too large: ``most`` is the least that is."""
    return _("%(what)s would be %(number)s, and must stay below %(most)s") % {
        "what": what,
        "number": format(number, "f"),
        "most": spaced(int(most)),
    }
