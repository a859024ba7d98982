"""Points between members as each of the two reads them in the history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from loyalty.models import Remittance
from loyalty.remittances.remittances import initial


def read(transfer_ids: Sequence[UUID]) -> dict[UUID, Remittance]:
    """What stands behind transfers between members, by their ids. One statement, none for no transfer."""
    if not transfer_ids:
        return {}
    found = Remittance.objects.filter(transfer__in=transfer_ids).select_related("member", "receiver")
    return {row.transfer_id: row for row in found if row.transfer_id is not None}


def describe(row: Remittance, *, sender: bool) -> Iterator[str]:
    """To whom the points went, or from whom they came, and for what, as ``sender`` or receiver reads it."""
    letter = initial(row.receiver)
    if sender:
        said = _("To %(letter)s…, %(phone)s") if letter and row.phone else _("To another member")
        yield said % {"letter": letter, "phone": row.phone}
    elif row.member.first_name:
        yield _("From %(name)s") % {"name": row.member.first_name}
    else:
        yield _("From another member")
    if row.note:
        yield row.note
