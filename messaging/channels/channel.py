"""What a channel is: which kinds of messages it carries, how it sends one, and what it needs to be set up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

SMS, EMAIL = "sms", "email"


class Message(NamedTuple):
    """A text on its way. ``to`` is a phone in E.164 form or an e-mail address; ``key`` is our id of it.
    ``sender`` is the name of who writes, empty for the house's."""

    kind: str
    to: str
    text: str
    subject: str
    key: str
    sender: str = ""


class Fault(NamedTuple):
    """What is wrong with a channel's settings: which variable, and what to do. ``grave``: nothing can be sent so."""

    variable: str
    remedy: str
    grave: bool = True


class NotTaken(Exception):
    """The channel surely did not take the message: ``words`` for the log (no text, no address), ``told`` for people."""

    def __init__(self, words: str, told: str) -> None:
        super().__init__(words)
        self.words, self.told = words, told


class Unclear(NotTaken):
    """Whether the message was taken cannot be known: the line broke after it was handed over."""


class Report(NamedTuple):
    """What somebody tells of a message later: a request, whoever sent it. Names of headers are in small letters."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes


class Channel(NamedTuple):
    """One way to send.

    ``send`` returns the other side's id of the message, empty where it gives none, and raises ``NotTaken`` or
    ``Unclear``. ``find_faults`` looks into the settings, for ``manage.py check``. ``hear`` takes what the other side
    reports, and refuses whom it does not believe.
    """

    name: str
    kinds: frozenset[str]
    send: Callable[[Message], str]
    find_faults: Callable[[], Iterable[Fault]]
    hear: Callable[[Report, datetime], None] | None = None
