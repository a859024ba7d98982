"""All ready mechanics, in the groups of the gallery."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from campaigns.desk.ready.mechanic import Mechanic
from campaigns.desk.ready.offers import DISCOUNTS, OCCASIONS
from campaigns.desk.ready.points import AGAIN, BASE, GOODS, TIME

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

GROUPS: dict[str, StrOrPromise] = {
    "base": _("Points for every purchase"),
    "goods": _("Points for certain goods"),
    "time": _("At certain times"),
    "again": _("For coming again"),
    "discounts": _("Discounts, gifts and vouchers"),
    "occasions": _("When something happens"),
}
MECHANICS: dict[str, Mechanic] = {
    mechanic.key: mechanic for mechanic in (*BASE, *GOODS, *TIME, *AGAIN, *DISCOUNTS, *OCCASIONS)
}


def grouped() -> Iterator[tuple[StrOrPromise, list[Mechanic]]]:
    """The mechanics by group, in the order of the gallery."""
    for key, title in GROUPS.items():
        yield title, [mechanic for mechanic in MECHANICS.values() if mechanic.group == key]
