"""Another phone or e-mail of a member: proved on the old one and on the new one, and the old one is told."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation import prepared
from foundation.refusals import Refused
from foundation.violations import constraint_of
from members import delivery
from members.codes.entry import Address
from members.lookup import lookup
from members.lookup.lookup import Sought
from members.models import Member, new_id
from members.registration import NEVER, THEIR_OWN, Circle, lock
from members.timeline import events

log = structlog.get_logger(__name__)
FIELDS = {"sms": "phone", "email": "email"}
#: Whether somebody else is known so here, and anywhere.
_OTHERS = """
WITH {named}
SELECT (SELECT count(*) FROM named WHERE id <> %(member)s::uuid) > 0 AS anywhere,
       (SELECT count(*) FROM named n JOIN members_member m ON m.id = n.id {join} WHERE n.id <> %(member)s::uuid) > 0
         AS here
"""


def old_of(member: Member, kind: str) -> Address | None:
    """Where a change of that kind is asked for first: at the address that it replaces, else at the other one."""
    known = {"sms": member.phone, "email": member.email}
    order = (kind, *(other for other in known if other != kind))
    return next((Address(one, str(known[one])) for one in order if known[one]), None)


def change(member_id: UUID, new: Address, circle: Circle, now: datetime, *, programme: str) -> None:
    """Write a member's new address, which was proved, as was the old one; tell the old one. Safe to repeat.

    ``circle`` says who is known here, as for a newcomer. Raises ``Refused`` with ``address_in_use``, whoever uses it.
    Locks the address until the transaction ends.
    """
    field = FIELDS[new.kind]
    sought = Sought(phones=(new.to,)) if new.kind == "sms" else lookup.seek("email", new.to, circle.manner)
    try:
        with transaction.atomic():
            lock(sought)
            member = Member.objects.select_for_update().get(pk=member_id)
            if member.status == Member.Status.ERASED:
                raise _in_use()
            before = getattr(member, field)
            if before == new.to:
                return
            params = {**sought.params(NEVER), **circle.scope.params, "member": member_id}
            statement = _OTHERS.format(named=lookup.NAMED, join=circle.scope.join)
            known = prepared.run(statement, params)[0]
            if known["here"]:
                raise _in_use()
            setattr(member, field, new.to)
            if known["anywhere"]:
                member.apart = circle.code
            member.save(update_fields=[field, "apart"])
            events.record("member.contact", member_id, now, channel=new.kind, programme=circle.code)
    except IntegrityError as error:
        if constraint_of(error) not in THEIR_OWN:
            raise
        raise _in_use() from error
    if before:
        _tell(member, Address(new.kind, before), programme)


def _in_use() -> Refused:
    return Refused("address_in_use", _("This address cannot be yours here: take another one, or ask us."))


def _tell(member: Member, old: Address, programme: str) -> None:
    with override(member.language):
        said = {"name": programme}
        subject = _("Your address at %(name)s was changed") % said
        text = _("Your address at %(name)s was changed; this one is not used any more.") % said
        text = f"{text} {_('If it was not you, tell us at once.')}"
    try:
        delivery.deliver(old.kind, old.to, text, subject=subject, key=f"contact-{new_id()}")
    except delivery.Undeliverable:
        log.info("old_address_not_told", member=str(member.pk))
