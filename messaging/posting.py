"""One request to a system that we know nothing about: it has so many seconds in all, whatever it does with them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family, create_connection


class Answer(NamedTuple):
    """What came back: an HTTP status, or 0 and in words what came instead.

    ``content`` is the beginning of the body, as far as it was asked for; ``reached``: the other side may have heard.
    """

    status: int
    words: str
    content: bytes = b""
    reached: bool = True

    @property
    def ok(self) -> bool:
        """Whether it was taken. Redirects are not followed."""
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> Answer:
    """Send a body and read the status, within ``seconds`` in all: connecting, sending and waiting together.

    What the receiver says beyond the head of its answer is not read. Proxies and certificates are those of
    the environment, as ``requests`` knows them. Only the system's resolver of names keeps its own time.
    """
    return ask("POST", url, body, headers, seconds)


def ask(
    method: str, url: str, body: bytes, headers: Mapping[str, str], seconds: float, most: int = 0
) -> Answer:
    """Send a request and read its answer, ``most`` bytes of its body among it, within ``seconds`` in all.

    An answer that is longer is cut off; one that is not all there in time is none.
    """
    limit, silence = _Limit(time.monotonic() + seconds), f"no answer within {seconds:g} seconds"
    with requests.Session() as session, limit.watched():
        adapter = _Adapter(limit)
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        try:
            answer = session.request(
                method,
                url,
                data=body,
                headers=dict(headers),
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            )
            with answer:
                content = _read(answer, most)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            said = silence if limit.over else _shorten(error)
            return Answer(0, said, reached=limit.line is not None)
        if limit.over:  # cut off in its head, which the library takes for the end of it
            return Answer(0, silence)
        return Answer(answer.status_code, f"HTTP {answer.status_code}", content)


def _read(answer: requests.Response, most: int) -> bytes:
    return bytes(answer.raw.read(most, decode_content=True)) if most else b""


def _shorten(error: Exception) -> str:
    """What went wrong, without the library's wrappings."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return str(reason or error).rpartition(">: ")[2][:200] or type(error).__name__


class _Limit:
    """Until when a call may last: cuts the line then, so that nobody waits on it any longer."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.line: Any = None

    @property
    def left(self) -> float:
        return self.until - time.monotonic()

    @property
    def over(self) -> bool:
        return self.left <= 0

    @contextmanager
    def watched(self) -> Iterator[None]:
        watchman = threading.Timer(self.left, self._cut)
        watchman.daemon = True
        watchman.start()
        try:
            yield
        finally:
            watchman.cancel()

    def _cut(self) -> None:
        if self.line is not None:
            with suppress(OSError):
                self.line.shutdown(socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """Connections that keep the limit, with and without a proxy."""

    def __init__(self, limit: _Limit) -> None:
        self.limit = limit
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.poolmanager.pool_classes_by_scheme = _pools(self.limit)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)  # type: ignore[no-untyped-call]
        manager.pool_classes_by_scheme = _pools(self.limit)
        return manager


def _pools(limit: _Limit) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(_Limited, HTTPConnection):
        _limit = limit

    class Secure(_Limited, HTTPSConnection):
        _limit = limit

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Limited:
    """Mixed into a connection of urllib3."""

    _limit: _Limit
    _dns_host: str
    port: int
    sock: Any

    def connect(self) -> None:
        """Connect, with TLS where it is asked for, and let the limit know the line."""
        super().connect()  # type: ignore[misc]
        self._limit.line = self.sock
        if self._limit.over:
            self._limit._cut()

    def _new_conn(self) -> socket.socket:
        """Try the addresses of the host in turn, each for what is left of the time."""
        failed: OSError | None = None
        try:
            found = socket.getaddrinfo(
                self._dns_host,
                self.port,
                allowed_gai_family(),
                socket.SOCK_STREAM,  # type: ignore[attr-defined]
            )
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error  # type: ignore[attr-defined,arg-type]
        for *_family, address in found:
            if (left := self._limit.left) <= 0:
                break
            try:
                return create_connection(address[:2], left, socket_options=self.socket_options)  # type: ignore[attr-defined,arg-type]
            except OSError as error:
                failed = error
        if failed is None or isinstance(failed, TimeoutError):
            raise ConnectTimeoutError(self, "no connection in time")
        raise NewConnectionError(self, str(failed))  # type: ignore[arg-type]
