"""What the house sends, kept in a list: for tests that read a code as its receiver does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from django.conf import LazySettings

from members.delivery import Undeliverable


class Sent(NamedTuple):
    """A message that went out."""

    kind: str
    to: str
    text: str
    subject: str
    key: str

    @property
    def code(self) -> str:
        """The six digits in it."""
        found = re.search(r"\b\d{6}\b", self.text)
        assert found is not None, self.text
        return found[0]


SENT: list[Sent] = []
#: Addresses that nothing reaches.
DEAD: set[str] = set()


def take(kind: str, to: str, text: str, *, subject: str = "", key: str = "") -> str:
    """A sender, as ``MESSAGE_SENDER`` names one."""
    if to in DEAD:
        raise Undeliverable("Nothing reaches this address.")
    SENT.append(Sent(kind, to, text, subject, key))
    return "test"


@contextmanager
def box(settings: LazySettings) -> Iterator[list[Sent]]:
    """What the house sends while a test goes on; empty before and after."""
    settings.MESSAGE_SENDER = f"{__name__}.take"
    SENT.clear()
    DEAD.clear()
    yield SENT
    SENT.clear()
    DEAD.clear()
