"""An answer on its way out: written by a thread, which never waits for the client to read it."""

from __future__ import annotations

import socket
import tempfile
from typing import IO

AT_ONCE = 64 * 1024
"""Bytes that are gathered before they are given to the system."""
IN_MEMORY = 256 * 1024
PIECE = 64 * 1024


class Reply:
    """Stands for the client's socket where the server writes an answer.

    What the system does not take at once is kept, in memory or in a file, for the loop to send. Threads
    write before the loop sends; the two never meet.
    """

    __slots__ = ("_file", "_line", "_memory", "_read_at", "_write_at", "broken")

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._read_at = self._write_at = 0
        self.broken = False

    @property
    def waiting(self) -> int:
        """Bytes that the client has not taken yet."""
        return 0 if self.broken else len(self._memory) + self._write_at - self._read_at

    def sendall(self, data: bytes) -> None:
        """Add to the answer."""
        if self._file is not None:
            self._store(data)
            return
        self._memory += data
        if len(self._memory) >= AT_ONCE:
            self.push()
            if len(self._memory) > IN_MEMORY:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the connection
                rest, self._memory = bytes(self._memory), bytearray()
                self._store(rest)

    def push(self) -> bool:
        """Give the system what it takes at the moment; whether all is gone. A broken line takes everything."""
        while self.waiting:
            piece = bytes(self._memory[:PIECE]) if self._memory else self._load()
            try:
                sent = self._line.send(piece, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except OSError:
                self.broken = True
                break
            if self._memory:
                del self._memory[:sent]
            else:
                self._read_at += sent
        self.forget()
        return True

    def forget(self) -> None:
        """Let go of what was kept."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._memory = bytearray()
        self._read_at = self._write_at = 0

    def _store(self, data: bytes) -> None:
        assert self._file is not None
        self._file.seek(self._write_at)
        self._file.write(data)
        self._write_at += len(data)

    def _load(self) -> bytes:
        assert self._file is not None
        self._file.seek(self._read_at)
        return self._file.read(min(PIECE, self._write_at - self._read_at))

    # -- what else gunicorn asks of a socket

    def send(self, data: bytes) -> int:
        """Only ``100 Continue`` is sent this way, which the loop has said before it waited for the body."""
        return len(data)

    def recv(self, size: int) -> bytes:
        """Nothing more comes: the request is whole."""
        return b""

    def gettimeout(self) -> float:
        """It never waits."""
        return 0.0

    def settimeout(self, seconds: float | None) -> None:
        """It never waits."""

    def shutdown(self, how: int) -> None:
        """The loop closes."""

    def close(self) -> None:
        """The loop closes."""
