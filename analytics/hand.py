"""A member's tier set by hand: at least that one or exactly that one, until a day or for good, and let go again.

What is set lies over what the ladder says, which goes on underneath: when it ends, the member stands where the
purchases have led meanwhile. Each act is kept with its reason and its author.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _

from analytics import facts, stored_facts
from analytics.facts import ByHand, Facts
from analytics.models import MemberFacts
from foundation.refusals import Fault, Invalid
from loyalty.ledger import ledger
from loyalty.models import Holder, Programme
from loyalty.rules.days import end_of_day
from loyalty.shops import places
from loyalty.shops.places import Scheme
from loyalty.tiers import tier_changes
from loyalty.tiers.tier_changes import Because
from members.models import Member
from members.timeline import events


class TierToSet(NamedTuple):
    """A tier to set: its code; ``until`` the end of which day, None for good; ``exactly`` or at least."""

    tier: str
    until: date | None = None
    exactly: bool = False


def set_tier(
    member: Member, programme: Programme, given: TierToSet, reason: str, now: datetime, user_id: int | None
) -> None:
    """Set a member's tier by hand. Locks the account.

    Raises ``Invalid`` for a tier that is not on the ladder, a day that is over, or without a reason.
    """
    scheme = places.scheme(programme.pk)
    step = next((step for step in scheme.ladder.steps if step.code == given.tier), None)
    faults = _check_reason(reason)
    if step is None:
        faults.append(
            Fault("tier", "unknown", _("The programme has no tier “%(code)s”.") % {"code": given.tier})
        )
    if given.until is not None and given.until < scheme.ladder.day(now):
        faults.append(Fault("until", "in_the_past", _("Choose today or a later day.")))
    if faults or step is None:
        raise Invalid(*faults)
    until = end_of_day(given.until, scheme.zone) if given.until else None
    _write(member, scheme, ByHand(step.id, until, given.exactly), reason.strip(), now, user_id)


def keep(
    member: Member, programme: Programme, until: date, reason: str, now: datetime, user_id: int | None
) -> None:
    """Protect the tier that a member has: it is kept until the end of that day. Locks the account.

    Raises ``Invalid`` for a member without a tier, a day that is over, or without a reason.
    """
    scheme = places.scheme(programme.pk)
    tier = facts.rank(stored_facts.read(member.pk, programme.pk, scheme.ladder), scheme.ladder, now).tier
    if tier is None:
        raise Invalid(Fault("tier", "none", _("The member has no tier that could be kept.")))
    set_tier(member, programme, TierToSet(tier.code, until), reason, now, user_id)


def let_go(member: Member, programme: Programme, reason: str, now: datetime, user_id: int | None) -> None:
    """Take back what was set by hand: the ladder alone decides again. Locks the account.

    Raises ``Invalid`` without a reason, or when nothing is set.
    """
    if faults := _check_reason(reason):
        raise Invalid(*faults)
    if not MemberFacts.objects.filter(member=member, programme=programme, set_tier__isnull=False).exists():
        raise Invalid(Fault("tier", "not_set", _("No tier is set by hand.")))
    _write(member, places.scheme(programme.pk), None, reason.strip(), now, user_id)


def _check_reason(reason: str) -> list[Fault]:
    if not reason.strip():
        return [Fault("reason", "required", _("Say why: it is kept with the change."))]
    if len(reason.strip()) > 200:
        return [Fault("reason", "too_long", _("Give at most 200 characters."))]
    return []


def _write(
    member: Member, scheme: Scheme, by_hand: ByHand | None, reason: str, now: datetime, user_id: int | None
) -> None:
    with transaction.atomic():
        holding = Holder.objects.filter(member=member, programme_id=scheme.id).first()
        account_id = (
            holding.account_id
            if holding
            else ledger.open_account(member, Programme.objects.get(pk=scheme.id)).pk
        )
        book = ledger.lock([account_id])[account_id]
        book.touched = True
        before = stored_facts.read(member.pk, scheme.id, scheme.ladder)
        after = before._replace(by_hand=by_hand)
        because = Because("hand", None, user_id, reason, by_hand.until if by_hand else None)
        changed = facts.changes(member.pk, scheme, before, after, because, now)
        if not any(change.why == "hand" for change in changed):
            changed.append(_note(member, scheme, after, because, now))
        facts.write([facts.row(member.pk, scheme, after, now)], changed)
        _store(member, scheme, by_hand)
        ledger.post(book)
        told = [change for change in changed if change.was != change.now]
        events.record_all(tier_changes.event(change, scheme.code) for change in told)


def _note(
    member: Member, scheme: Scheme, known: Facts, because: Because, now: datetime
) -> tier_changes.ChangeRow:
    """That somebody set the tier which the member has anyway."""
    level = facts.level(known, scheme.ladder, now)
    return tier_changes.row(member.pk, scheme.id, scheme.ladder, level, level, because, now, now)


def _store(member: Member, scheme: Scheme, by_hand: ByHand | None) -> None:
    tier_id, until, exactly = by_hand or (None, None, False)
    MemberFacts.objects.filter(member=member, programme_id=scheme.id).update(
        set_tier_id=tier_id, set_until=until, set_exactly=exactly
    )
