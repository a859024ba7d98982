"""A request on its way in, gathered until it is whole. Knows bytes alone: no sockets, no clock."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from typing import IO

LONGEST_HEAD = 64 * 1024
LONGEST_BODY = 100 * 1024 * 1024
"""Bytes. A million coupon codes or a year of receipts fit; what is larger is loaded by a command."""
IN_MEMORY = 256 * 1024
"""Bytes of a request that are kept in memory; the rest waits in a file without a name."""
PIECE = 64 * 1024

_LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:[ \t]*(\d+)[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding[ \t]*:", re.IGNORECASE)
_CONTINUE = re.compile(rb"\r\nexpect[ \t]*:[ \t]*100-continue", re.IGNORECASE)


class Refusal(Exception):
    """A request that need not arrive further; the text is a status line such as ``413 Content Too Large``."""


class Arrival:
    """One request, as far as it has come.

    Only its end is looked for. Whether it is a good request is for the server's own parser to say, which
    is given the bytes once they are ``whole``: it meets the end of them where it would have waited.
    """

    __slots__ = ("_chunks", "_file", "_head", "_memory", "_needed", "asks_to_go_on", "size", "whole")

    def __init__(self) -> None:
        self.size = 0
        self.whole = False
        #: The client waits for ``100 Continue`` before it sends the body.
        self.asks_to_go_on = False
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self._head = 0
        self._needed = 0
        self._chunks: _Chunks | None = None

    def take(self, data: bytes) -> None:
        """Add what has come. Raises ``Refusal`` when it is too long."""
        self.size += len(data)
        self._keep(data)
        if self._head:
            self._follow(data)
            return
        end = self._memory.find(b"\r\n\r\n", max(0, self.size - len(data) - 3))
        if (end if end >= 0 else self.size) > LONGEST_HEAD:
            raise Refusal("431 Request Header Fields Too Large")
        if end >= 0:
            self._head = end + 4
            self._read_head(bytes(self._memory[: self._head]))
            self._follow(bytes(self._memory[self._head :]))

    def pieces(self) -> Iterator[bytes]:
        """What has come, in order; each byte once."""
        if self._file is None:
            yield bytes(self._memory)
            return
        with self._file as kept:
            kept.seek(0)
            while piece := kept.read(PIECE):
                yield piece

    def forget(self) -> None:
        """Let go of what was kept."""
        if self._file is not None:
            self._file.close()

    def _keep(self, data: bytes) -> None:
        if self._file is None and len(self._memory) + len(data) > IN_MEMORY and self._head:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the request
            self._file.write(self._memory)
            self._memory = bytearray()
        if self._file is None:
            self._memory += data
        else:
            self._file.write(data)

    def _read_head(self, head: bytes) -> None:
        if _CHUNKED.search(head):
            self._chunks = _Chunks()
        elif length := _LENGTH.search(head):
            if len(length[1]) > 15 or int(length[1]) > LONGEST_BODY:
                raise Refusal("413 Content Too Large")
            self._needed = int(length[1])
        self.asks_to_go_on = _CONTINUE.search(head) is not None

    def _follow(self, data: bytes) -> None:
        if self._chunks is None:
            self.whole = self.size >= self._head + self._needed
            return
        self._chunks.take(data)
        self.whole = self._chunks.ended
        if self.size > self._head + LONGEST_BODY:
            raise Refusal("413 Content Too Large")


class _Chunks:
    """Follows the frames of a chunked body (RFC 9112, section 7.1) to see its end."""

    __slots__ = ("_left", "_line", "_trailer", "ended")

    def __init__(self) -> None:
        self._left, self._line, self._trailer, self.ended = 0, b"", False, False

    def take(self, data: bytes) -> None:
        """Go on. What makes no sense ends it: the parser will say what is wrong."""
        at = 0
        while at < len(data) and not self.ended:
            if self._left:
                step = min(self._left, len(data) - at)
                self._left -= step
                at += step
                continue
            end = data.find(b"\n", at)
            self._line += data[at : end if end >= 0 else len(data)]
            if len(self._line) > LONGEST_HEAD:
                raise Refusal("431 Request Header Fields Too Large")
            if end < 0:
                return
            at = end + 1
            line, self._line = self._line.strip(), b""
            self._read(line)

    def _read(self, line: bytes) -> None:
        if self._trailer:
            self.ended = not line
        elif line:  # an empty one ends the chunk before
            try:
                self._left = int(line.split(b";")[0], 16)
            except ValueError:
                self.ended = True
            self._trailer = self._left == 0
            self.ended = self.ended or self._left < 0
