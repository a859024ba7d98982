"""The end of a departure: one transaction that ends the points, empties every table and file, and says that it did.

Whatever ends the worker, it is whole or not begun. The account is locked and written first, so a sale at a till comes
before it as a whole, or is judged again and finds nobody. docs/adr/0032 says what is kept, and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from campaigns.checkout.clashes import retried
from loyalty.ledger import ledger
from loyalty.models import Holder, Receipt
from loyalty.sharing import closing
from members.erasure import departures, door, erasing, person
from members.erasure.erasing import Handed
from members.erasure.person import Person
from members.models import Departure, Member, new_id
from members.registration import make_referral_code
from members.timeline import events
from rewards.coupons import handouts
from rewards.models import Coupon

log = structlog.get_logger(__name__)


def carry_out_due(now: datetime) -> int:
    """Let everybody go whose time is over. Returns how many; one that fails does not keep the others waiting."""
    done = 0
    for departure_id in departures.due(now):
        try:
            done += carry_out(departure_id, now)
        except Exception:
            log.exception("not_erased", departure=str(departure_id))
    return done


def carry_out(departure_id: UUID, now: datetime) -> bool:
    """Let somebody go whose time is over. Safe to repeat, and at once in many places.

    False when it was taken back, is done, or has to wait: for a purchase that is held. Somebody who is in other
    programmes stays there; what was theirs in this one becomes nobody's. The last one takes the person with it.
    """
    return retried(lambda attempt: _carry_out(departure_id, now))


def _carry_out(departure_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        departure = _claim(departure_id, now)
        if departure is None:
            return False
        member = departure.member
        holdings = list(
            Holder.objects.filter(member=member).select_related("account", "programme").order_by("account_id")
        )
        here = [holding for holding in holdings if holding.programme.code == departure.circle]
        ledger.lock(sorted(account for holding in here for account in closing.accounts(holding)))
        if _held(member) != [_told(holding) for holding in holdings]:
            raise ledger.Stale  # they came to share an account, left one, or joined a programme meanwhile
        if _waits(here):
            return False
        for holding in here:
            _end(holding, departure, now)
        if len(here) < len(holdings):
            _leave_one(member, here, departure.circle, now)
        else:
            erase(member, departure.circle, now)
        Departure.objects.filter(pk=departure.pk).update(done_at=now)
    return True


def erase(member: Member, circle: str, now: datetime, by: int | None = None) -> None:
    """Forget a member everywhere. Must run in a transaction, under the locks of the member's accounts."""
    who = person.of_member(Member.objects.select_for_update().get(pk=member.pk))
    door.open_for(member.pk, circle, now, by)
    erasing.forget(who)
    events.record("member.left", member.pk, now, programme=circle)


def _claim(departure_id: UUID, now: datetime) -> Departure | None:
    waiting = Departure.objects.filter(pk=departure_id, taken_back_at=None, done_at=None, due_at__lte=now)
    return waiting.select_for_update(of=("self",)).select_related("member").first()


def _waits(holdings: Iterable[Holder]) -> bool:
    """Whether something of theirs is still held at a till, with whichever account: it is let go by itself."""
    held = Receipt.objects.filter(
        member__in=[holding.member_id for holding in holdings],
        programme__in=[holding.programme_id for holding in holdings],
        status=Receipt.Status.HELD,
    )
    return held.exists()


def _held(member: Member) -> list[tuple[UUID, UUID | None, str]]:
    """Which accounts a member holds now. Under the accounts' locks that stays."""
    return [_told(one) for one in Holder.objects.filter(member=member).order_by("account_id")]


def _told(holding: Holder) -> tuple[UUID, UUID | None, str]:
    return holding.account_id, holding.own_id, holding.role


def _end(holding: Holder, departure: Departure, now: datetime) -> None:
    """End the points and coupons of somebody in one programme."""
    closing.leave(holding, str(departure.pk), now)
    mine = Coupon.objects.filter(member=holding.member_id, programme=holding.programme_id, withdrawn=False)
    unused: Sequence[int] = list(mine.filter(state=Coupon.State.ISSUED).values_list("id", flat=True))
    if unused:
        handouts.revoke(unused, now)


def _leave_one(member: Member, here: Iterable[Holder], circle: str, now: datetime) -> None:
    """Make nobody's what was the member's in one programme; they live on in the others."""
    nobody = new_id()
    door.open_for(nobody, circle, now)
    Member.objects.create(
        id=nobody, status=Member.Status.ERASED, language=member.language, channel=member.channel,
        referred_by_id=member.referred_by_id, joined_at=member.joined_at, referral_code=make_referral_code(),
    )  # fmt: skip
    for holding in here:
        erasing.hand_over(Handed(member.pk, nobody, holding.programme_id, circle))
    erasing.forget(Person(nobody))
    events.record("member.left", nobody, now, programme=circle)
