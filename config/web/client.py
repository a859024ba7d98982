"""A connection: what arrives on it, the answer, and until when it may take its time."""

from __future__ import annotations

import socket
import time
from typing import Any

from gunicorn.http import RequestParser

from config.web.arrival import Arrival
from config.web.reply import Reply


class Client:
    """One connection. While ``busy``, a thread has it and the loop only notes that it ``heard`` something.

    ``client``, ``server`` and ``sock`` are gunicorn's names for what it asks of a connection.
    """

    __slots__ = (
        *("arrival", "busy", "client", "gone", "heard", "keepalive", "keeps", "leaving", "line", "parser"),
        *("reply", "rest", "sending", "server", "since", "until"),
    )

    def __init__(self, line: socket.socket, address: Any, server: Any, keepalive: float) -> None:
        self.line, self.client, self.server, self.keepalive = line, address, server, keepalive
        self.reply = Reply(line)
        self.parser: RequestParser | None = None
        self.keeps = True
        self.heard = True  # what it asks for may have come with it
        self.busy = self.leaving = self.gone = False
        self.renew()

    def renew(self) -> None:
        """Wait for another request."""
        self.arrival = Arrival()
        self.rest = b""
        self.sending = False
        self.since = time.monotonic()
        self.until = self.since + self.keepalive

    @property
    def sock(self) -> Reply:
        """Where the answer is written."""
        return self.reply

    @property
    def is_idle(self) -> bool:
        """Whether it asks for nothing."""
        return not (self.busy or self.arrival.size or self.reply.waiting or self.leaving)

    def take_rest(self) -> bytes:
        """What came with the request and is not of it: the beginning of the next one."""
        assert self.parser is not None
        unreader = self.parser.unreader
        return bytes(unreader.take_buffered() + b"".join(unreader.iter or ()))
