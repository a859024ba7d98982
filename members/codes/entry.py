"""Codes by which somebody proves that a phone or an e-mail address is theirs, before anybody is known by it.

The same is done for a stranger as for a member: a code is sent, or not sent yet. So nobody learns here who takes
part. A code is bound to the browser that asked for it, is kept hashed, as is the address, lives for minutes, works
once, and stands five tries, which are counted before they are looked at: no number of threads gets a sixth.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from foundation import prepared
from foundation.refusals import Refused, TooMany
from members import delivery
from members.models import EntryCode

DIGITS = 6
#: Of what was typed, so much is looked at: six digits with whatever stands between them.
MOST_TYPED = 32
LIFE = timedelta(minutes=10)
MOST_TRIES = 5
#: An address gets no further code sooner.
PAUSE = timedelta(seconds=30)
#: What may be asked for at most: by whom, how many codes, within how long.
LIMITS = (
    ("address", 3, timedelta(minutes=15)),
    ("address", 10, timedelta(days=1)),
    ("browser", 10, timedelta(hours=1)),
    ("caller", 60, timedelta(hours=1)),
)
#: What is kept of a code that is over: enough to count by. So many older ones are cleared away with each new one.
KEPT, CLEARED = timedelta(days=2), 500


class Address(NamedTuple):
    """Where somebody can be reached: ``kind`` "sms" with a phone in E.164 form, or "email" with an address."""

    kind: str
    to: str

    @property
    def digest(self) -> str:
        """What is kept of it. A phone is soon tried out, so the server's secret is in it."""
        return salted_hmac(
            "members.codes.entry", f"{self.kind}:{self.to.lower()}", algorithm="sha256"
        ).hexdigest()


class Asker(NamedTuple):
    """Who asks: the random token of a browser, and the address that it calls from."""

    browser: str
    caller: str

    @property
    def digests(self) -> dict[str, str]:
        """What is kept of both."""
        return {
            name: salted_hmac("members.codes.asker", f"{name}:{value}", algorithm="sha256").hexdigest()
            for name, value in zip(self._fields, self, strict=True)
        }


def send(
    address: Address, asker: Asker, subject: str, text: str, now: datetime, sender: str = ""
) -> datetime:
    """Send a code to the address, for this browser; earlier ones of the address end. Returns until when it works.

    ``text`` has ``{code}`` where the code goes; ``sender`` is who writes, as a letter names it. Raises ``TooMany`` with
    how long to wait, and ``Refused`` with ``code_not_deliverable``. Locks the address until its transaction, one of its
    own, ends.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    with transaction.atomic():
        kept = {"address": address.digest, **asker.digests}
        for value in sorted(kept.values()):
            prepared.run(
                "SELECT pg_advisory_xact_lock(hashtextextended(%(value)s::text, 0))", {"value": value}
            )
        _require_room(kept, now)
        EntryCode.objects.filter(address=address.digest, ended_at=None).update(ended_at=now)
        row = EntryCode.objects.create(
            digest=_digest(address, code), created_at=now, expires_at=now + LIFE, **kept
        )
    _clear(now)
    try:
        # not ``format``: a programme may be called by a name with braces in it
        said = text.replace("{code}", code)
        delivery.deliver(
            address.kind, address.to, said, subject=subject, key=f"entry-{row.pk}", sender=sender
        )
    except delivery.Undeliverable as error:
        raise Refused("code_not_deliverable", str(error)) from error
    return row.expires_at


def prove(address: Address, asker: Asker, code: str, now: datetime) -> None:
    """Use up the code that this browser was sent. Raises ``Refused`` with ``code_wrong`` or ``code_over``.

    To be called outside a transaction: a try counts whatever follows. With ``REVIEW_LOGIN`` set, its one phone may
    give its one code, for reviewers of app stores.
    """
    row = (
        EntryCode.objects.filter(address=address.digest, browser=asker.digests["browser"], ended_at=None)
        .filter(expires_at__gte=now)
        .order_by("-id")
        .first()
    )
    if row is None:
        raise Refused("code_over", _("This code is over: ask for a new one."))
    tried = EntryCode.objects.filter(id=row.id, ended_at=None, attempts__lt=MOST_TRIES)
    if tried.update(attempts=F("attempts") + 1) == 0:
        raise Refused("code_over", _("This code was tried too often: ask for a new one."))
    given = "".join(letter for letter in code[:MOST_TYPED] if letter.isdigit())
    right = constant_time_compare(row.digest, _digest(address, given)) or is_review(address, given)
    if not right:
        raise Refused("code_wrong", _("This is not the code that we sent. Look at the newest message."))
    if EntryCode.objects.filter(id=row.id, ended_at=None).update(ended_at=now) == 0:
        raise Refused("code_over", _("This code is over: ask for a new one."))


def is_review(address: Address, code: str) -> bool:
    """Whether that is the login for reviewers: off unless the settings name its phone and its code."""
    phone, _colon, fixed = settings.REVIEW_LOGIN.partition(":")
    return bool(fixed) and address.to == phone and constant_time_compare(code, fixed)


def _clear(now: datetime) -> None:
    """Clear old codes away, past those that others hold just now: so nobody waits for anybody here."""
    old = EntryCode.objects.filter(created_at__lt=now - KEPT).select_for_update(skip_locked=True)
    with transaction.atomic():
        EntryCode.objects.filter(id__in=list(old.values_list("id", flat=True)[:CLEARED])).delete()


def _require_room(kept: dict[str, str], now: datetime) -> None:
    waits = []
    newest = EntryCode.objects.filter(address=kept["address"]).order_by("-created_at").first()
    if newest is not None:
        waits.append(newest.created_at + PAUSE - now)
    for who, most, within in LIMITS:
        recent = EntryCode.objects.filter(**{who: kept[who]}, created_at__gt=now - within)
        times = list(recent.order_by("-created_at").values_list("created_at", flat=True)[:most])
        if len(times) == most:
            waits.append(times[-1] + within - now)
    wait = max(waits, default=timedelta(0))
    if wait > timedelta(0):
        raise TooMany(wait, _("A code was sent a moment ago."))


def _digest(address: Address, code: str) -> str:
    """Six digits are soon tried out, so they are hashed with the server's secret and the address."""
    return salted_hmac("members.codes.entry", f"{address.digest}:{code}", algorithm="sha256").hexdigest()
