"""What is still to be chosen or filled in, in words: in the sentence, and beside the field.

Inside a sentence a gap is told between ‹ and ›, so that a page can mark it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

OPEN, CLOSE = "‹", "›"

#: What to do, by the kind of thing that nobody has chosen yet.
CHOOSE: dict[str, StrOrPromise] = {
    "tiers": _("choose the tier"),
    "segments": _("choose the segment"),
    "card_kinds": _("choose the card type"),
    "stores": _("choose the stores"),
    "groups": _("choose the stores"),
    "partners": _("choose the stores"),
    "tills": _("choose the till"),
    "channels": _("choose the channel"),
    "goods": _("choose the goods"),
    "products": _("choose the products"),
    "sets": _("choose the goods"),
    "categories": _("choose the category"),
    "brands": _("choose the brand"),
    "series": _("choose the coupon series"),
    "badges": _("choose the badge"),
    "cashiers": _("choose the cashier"),
    "funders": _("choose who pays"),
    "stacking": _("name the group"),
    "events": _("choose what must happen"),
    "attributes": _("choose what is looked at"),
    "event_keys": _("choose what is looked at"),
    "dates": _("choose the date"),
    "weekdays": _("choose the days"),
    "what": _("choose what they get"),
    "conditions": _("add a condition"),
    "steps": _("add a step"),
}

#: What a value is, where none is there.
VALUES: dict[str, StrOrPromise] = {
    "number": pgettext_lazy("gap in a sentence", "how many"),
    "money": pgettext_lazy("gap in a sentence", "how much"),
    "percent": pgettext_lazy("gap in a sentence", "how many percent"),
    "time": pgettext_lazy("gap in a sentence", "time"),
    "date": pgettext_lazy("gap in a sentence", "date"),
    "period": pgettext_lazy("gap in a sentence", "period"),
    "text": pgettext_lazy("gap in a sentence", "value"),
    "limit": pgettext_lazy("gap in a sentence", "how many points or times"),
}


def gap(kind: str) -> str:
    """The gap of something that is missing: ``‹choose the tier›``."""
    return f"{OPEN}{CHOOSE.get(kind) or VALUES.get(kind) or VALUES['text']}{CLOSE}"
