"""Guessing is slowed down, at every door: members' phones, cards, e-mails and codes, coupons, confirmation codes.

Only what was not found counts, and the same thing again counts once: a till that sells to known customers never
meets the guard, and a mistyped card now and then does not either. Whoever guesses is known by the API key or the
cashier, and by the address. After so many misses within a minute (ten times as many within an hour, fifty times
within a day) nothing of that kind is looked at for a minute, what is there neither, or the answers would tell
which is. Each further block within a day of the last one is twice as long, an hour at most.

Counted in the database, in a row that only misses write: right for all processes, and a restart forgets nothing. What
is missed is kept as a digest. Hits cost nothing: whether a key is blocked comes with the key (``pos.keys``), and what
this process has blocked it knows. ``docs/operating/access.md`` tells it in prose.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from campaigns.checkout.sale import Sale, Who
from foundation.refusals import Missing, Refusal, Refused, TooMany
from members.lookup import lookup
from pos.keys import Client
from pos.models import Guesses


class Kind(StrEnum):
    """What is guessed at."""

    MEMBER = "member"
    CODE = "code"
    COUPON = "coupon"
    CONFIRMATION = "confirm"
    #: The till page's one field for everything: goods that are not known count here, too.
    SCAN = "scan"


#: The setting that says how many misses of a kind a minute may have, and a factor.
_LIMITS = {
    Kind.MEMBER: ("POS_MEMBER_MISSES_PER_MINUTE", 1),
    Kind.CODE: ("POS_CODE_MISSES_PER_MINUTE", 1),
    Kind.COUPON: ("POS_COUPON_MISSES_PER_MINUTE", 1),
    Kind.CONFIRMATION: ("POS_CODE_MISSES_PER_MINUTE", 1),
    Kind.SCAN: ("POS_MEMBER_MISSES_PER_MINUTE", 2),
}
#: By what a member is named: the kind of guess it may be. An id is too long to be guessed.
_FORMS = {"phone": Kind.MEMBER, "card": Kind.MEMBER, "email": Kind.MEMBER, "code": Kind.CODE}
#: Windows in which misses are counted, and how many times the limit each may have.
WINDOWS = ((timedelta(minutes=1), 1), (timedelta(hours=1), 10), (timedelta(days=1), 50))
FIRST_BLOCK, LONGEST_BLOCK, CALM = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
#: Behind one address stand many tills, and behind a partner's key all of its stores.
_MANY = 10
#: Missed things of one guesser that are remembered, so that they do not count again.
REMEMBERED = 100
_MOST_KEPT = 10_000
_blocked: dict[tuple[str, str], datetime] = {}


class Guesser(NamedTuple):
    """Who may be guessing: a key, a cashier or an address; ``many`` where several people stand behind it."""

    name: str
    many: bool = False

    def limit(self, kind: Kind) -> int:
        """How many misses of a kind a minute may have."""
        setting, times = _LIMITS[kind]
        wide = self.many and (kind is Kind.MEMBER or self.name.startswith("address:"))
        most: int = getattr(settings, setting)
        return most * times * (_MANY if wide else 1)


def named(who: Who | None) -> tuple[str, str]:
    """The form by which a member is named, and its value; empty where there is none."""
    given = who.given if who is not None else []
    return given[0] if len(given) == 1 else ("", "")


def of_client(client: Client, address: str) -> list[Guesser]:
    """Who calls the API."""
    return [Guesser(f"key:{client.name}", many=client.store_id is None), *_of_address(address)]


def of_user(request: HttpRequest) -> list[Guesser]:
    """Who stands at the till page."""
    return [Guesser(f"user:{request.user.pk}"), *_of_address(request.META.get("REMOTE_ADDR", ""))]


def kind_of(form: str) -> Kind | None:
    """The kind of guess that naming a member so may be."""
    return _FORMS.get(form)


def require_free(
    kind: Kind, guessers: Iterable[Guesser], now: datetime, client: Client | None = None
) -> None:
    """Raise ``TooMany`` for whoever is known to be blocked. Asks nobody."""
    found = [_blocked.get((kind, guesser.name)) for guesser in guessers]
    if client is not None:
        found.append(client.blocked.get(kind))
    require_over(max(filter(None, found), default=None), now)


def require_free_anywhere(kind: Kind, guessers: Sequence[Guesser], now: datetime) -> None:
    """The same, asking the database: for doors where a query more does not matter."""
    names = [guesser.name for guesser in guessers]
    rows = Guesses.objects.filter(kind=kind, who__in=names, blocked_until__gt=now)
    require_over(rows.order_by("-blocked_until").values_list("blocked_until", flat=True).first(), now)


def note(kind: Kind, guessers: Sequence[Guesser], missed: Collection[str], now: datetime) -> None:
    """Count what was not found. The miss that reaches a limit blocks its guesser from then on.

    Locks the guessers' rows, in the order of their names. Raises ``TooMany`` where one is blocked already, or was
    meanwhile: then the answer must not be told.
    """
    digests = {_digest(kind, value) for value in missed}
    until: list[datetime] = []
    with transaction.atomic():
        for guesser in sorted(guessers):
            row = _lock(kind, guesser.name, now)
            if row.blocked_until is not None and row.blocked_until > now:
                until.append(row.blocked_until)
            else:
                _count(row, digests, guesser.limit(kind), now)
                row.save()
            if row.blocked_until is not None:
                _remember(kind, guesser.name, row.blocked_until)
    require_over(max(until, default=None), now)


def forgive(guessers: Sequence[Guesser], known_now: Iterable[str]) -> None:
    """Take back misses: whoever asks for a phone, finds nobody and registers it was not guessing."""
    digests = [_digest(Kind.MEMBER, value) for value in known_now if value]
    with connection.cursor() as cursor:
        cursor.execute(_FORGIVE, {"names": [guesser.name for guesser in guessers], "digests": digests})


@contextmanager
def watching(
    client: Client,
    address: str,
    form: str,
    value: str,
    now: datetime,
    *,
    confirms: bool = False,
    shown: str = "",
) -> Iterator[None]:
    """Around what may find a member, or not, outside its transaction. ``confirms``: a confirmation code is shown;
    ``shown`` is what a member showed beside what they are named by, to prove that they are there.

    Raises ``TooMany`` for whoever guesses.
    """
    kind, guessers = kind_of(form), of_client(client, address)
    for asked in filter(None, (kind, Kind.CONFIRMATION if confirms or shown else None)):
        require_free(asked, guessers, now, client)
    try:
        yield
    except (Missing, Refused) as refusal:
        if refusal.code == "member_not_found" and kind is not None:
            note(kind, guessers, [lookup.spelling(form, value, client.manner)], now)
        elif refusal.code == "confirmation_invalid":
            note(Kind.CONFIRMATION, guessers, [f"{value}:{now.isoformat()}"], now)
        elif refusal.code == "confirmation_required" and shown:
            note_shown(client, address, shown, now)
        raise


def note_shown(client: Client, address: str, shown: str, now: datetime) -> None:
    """Note that what was shown proved nothing: over, or guessed. Raises ``TooMany`` for who guesses."""
    note(Kind.CONFIRMATION, of_client(client, address), [shown], now)


class BatchWatch:
    """Watches the sales of a batch while they are judged, when nothing may be written beside them.

    The misses are counted when the batch is done; until then no more of them are answered than a minute may have.
    """

    def __init__(self, client: Client, address: str, now: datetime) -> None:
        self._client, self._guessers, self._now = client, of_client(client, address), now
        self._missed: dict[Kind, set[str]] = {}

    def refuse(self, sale: Sale) -> Refusal | None:
        """Why a sale is not judged: who sent it is guessing."""
        for kind in self._asked(sale):
            try:
                require_free(kind, self._guessers, self._now, self._client)
            except TooMany as refusal:
                return refusal
            if len(self._missed.get(kind, ())) >= min(one.limit(kind) for one in self._guessers):
                return TooMany(FIRST_BLOCK, say())
        return None

    def hear(self, sale: Sale, refusal: Refusal) -> None:
        """Note what was not found."""
        form, value = named(sale.member)
        kind = kind_of(form)
        if refusal.code == "member_not_found" and kind is not None:
            self._missed.setdefault(kind, set()).add(lookup.spelling(form, value, self._client.manner))
        elif refusal.code == "confirmation_invalid":
            self._missed.setdefault(Kind.CONFIRMATION, set()).add(f"{value}:{sale.receipt_number}")
        elif refusal.code == "confirmation_required" and sale.shown_code:
            self._missed.setdefault(Kind.CONFIRMATION, set()).add(sale.shown_code)

    def close(self) -> None:
        """Count the misses, now that the batch is done."""
        for kind, values in self._missed.items():
            with suppress(TooMany):
                note(kind, self._guessers, values, self._now)

    def _asked(self, sale: Sale) -> list[Kind]:
        kind = kind_of(named(sale.member)[0])
        proves = sale.confirmation_code or sale.shown_code
        return [one for one in (kind, Kind.CONFIRMATION if proves else None) if one]


def say() -> str:
    """What whoever guesses is told."""
    return _("Too many that nobody knows: wait before the next one.")


def require_over(until: datetime | None, now: datetime) -> None:
    """Raise ``TooMany`` for a block that is not over."""
    if until is not None and until > now:
        raise TooMany(until - now, say())


def forget() -> None:
    """Forget what is kept in memory, in this process."""
    _blocked.clear()


def _of_address(text: str) -> list[Guesser]:
    """The guesser at an address; none for this machine itself. An IPv6 host has a whole /64 to choose from."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return []
    if address.is_loopback:
        return []
    if isinstance(address, ipaddress.IPv6Address):
        return [Guesser(f"address:{ipaddress.ip_network((int(address), 64), strict=False)}", many=True)]
    return [Guesser(f"address:{address}", many=True)]


def _lock(kind: Kind, name: str, now: datetime) -> Guesses:
    """The guesser's row, locked; made on the first miss."""
    found = Guesses.objects.select_for_update().filter(kind=kind, who=name).first()
    if found is not None:
        return found
    windows = len(WINDOWS)
    begun = {"misses": [0] * windows, "since": [now] * windows, "noted_at": now}
    _row, made = Guesses.objects.get_or_create(kind=kind, who=name, defaults=begun)
    if made:  # rare, so the time to sweep
        Guesses.objects.filter(noted_at__lt=now - 2 * CALM).delete()
    return Guesses.objects.select_for_update().get(kind=kind, who=name)


def _count(row: Guesses, digests: Collection[str], limit: int, now: datetime) -> None:
    fresh = sorted(set(digests).difference(row.seen))
    if not fresh:
        return
    row.seen = [*row.seen, *fresh][-REMEMBERED:]
    row.noted_at = now
    over = False
    for index, (length, times) in enumerate(WINDOWS):
        if row.since[index] <= now - length:
            row.since[index], row.misses[index] = now, 0
        row.misses[index] += len(fresh)
        over = over or row.misses[index] >= limit * times
    if over:
        calm = row.blocked_until is None or row.blocked_until <= now - CALM
        row.blocks = 1 if calm else row.blocks + 1
        row.blocked_until = now + min(FIRST_BLOCK * 2 ** min(row.blocks - 1, 10), LONGEST_BLOCK)
        row.misses[0] = 0


def _remember(kind: Kind, name: str, until: datetime) -> None:
    if len(_blocked) >= _MOST_KEPT:
        _blocked.clear()
    _blocked[kind, name] = until


def _digest(kind: Kind, value: str) -> str:
    """What is kept of a missed thing: nobody reads a phone out of it."""
    return salted_hmac("pos.guard", f"{kind}:{value.strip().lower()}").hexdigest()[:20]


_FORGIVE = """
UPDATE pos_guesses
   SET seen = ARRAY(SELECT s FROM unnest(seen) AS s WHERE s <> ALL(%(digests)s::text[])),
       misses = ARRAY(SELECT GREATEST(m - (SELECT count(*) FROM unnest(seen) AS s
                                            WHERE s = ANY(%(digests)s::text[]))::int, 0) FROM unnest(misses) AS m)
 WHERE kind = 'member' AND who = ANY(%(names)s::text[]) AND seen && %(digests)s::varchar[]
"""
