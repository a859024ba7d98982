"""Codes of the way in, from many threads at once: five tries in all, one use, the limits, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from members.codes import entry
from members.codes.entry import Address, Asker
from members.models import EntryCode
from tests.cabinet import post
from tests.races.parallel import THREADS, done, refusals, together

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PHONE, HERE = Address("sms", "+4915112345678"), Asker("browser", "192.0.2.1")


@pytest.fixture(autouse=True)
def box(settings: LazySettings) -> Iterator[None]:
    with post.box(settings):
        yield


def send(address: Address = PHONE, asker: Asker = HERE, at: datetime = NOW) -> datetime:
    return entry.send(address, asker, "Code", "{code}", at)


def test_sixteen_wrong_codes_at_once_are_five_tries() -> None:
    send()
    right = post.SENT[-1].code
    wrong = [f"{(int(right) + 1 + number) % 1_000_000:06d}" for number in range(THREADS)]

    told = refusals(together([partial(entry.prove, PHONE, HERE, code, NOW) for code in wrong]))

    assert sorted(told) == ["code_over"] * (THREADS - 5) + ["code_wrong"] * 5
    assert EntryCode.objects.get().attempts == 5
    with pytest.raises(entry.Refused):
        entry.prove(PHONE, HERE, right, NOW)


def test_the_right_code_given_by_sixteen_at_once_is_used_once() -> None:
    send()
    code = post.SENT[-1].code

    results = together([partial(entry.prove, PHONE, HERE, code, NOW)] * THREADS)

    assert done(results) == [None]
    assert set(refusals(results)) == {"code_over"}


def test_of_many_browsers_that_ask_for_one_address_at_once_one_is_sent_a_code() -> None:
    askers = [Asker(f"browser {number}", f"192.0.2.{number}") for number in range(THREADS)]

    results = together([partial(send, PHONE, asker) for asker in askers])

    assert len(done(results)) == len(post.SENT) == 1
    assert refusals(results) == ["throttled"] * (THREADS - 1)
    assert EntryCode.objects.filter(ended_at=None).count() == 1


def test_the_limit_of_a_browser_holds_for_many_addresses_at_once() -> None:
    addresses = [Address("sms", f"+49151123456{number:02d}") for number in range(THREADS)]

    results = together([partial(send, address) for address in addresses])

    assert len(done(results)) == 10


def test_old_codes_are_cleared_past_those_that_somebody_holds_and_nobody_waits_over_it() -> None:
    """Whoever asks ends the old code of their own address: were others to wait for it, two could block."""
    other = Address("sms", "+4915112345679")
    for number, address in enumerate((PHONE, other)):
        send(address, Asker(f"browser {number}", f"192.0.2.{number}"), NOW - timedelta(days=3))

    def ask() -> datetime:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '10s'")  # who waits here waits for good
        return send(other)

    with transaction.atomic():
        held = EntryCode.objects.select_for_update().get(address=PHONE.digest)
        results = together([ask])

    assert len(done(results)) == 1
    old = EntryCode.objects.filter(created_at__lt=NOW - entry.KEPT)
    assert list(old) == [held]
    send(PHONE, Asker("browser", "192.0.2.9"))
    assert not old.all().exists()
