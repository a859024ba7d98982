"""The web server: a thread only for a request that has arrived whole."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from config.web.arrival import LONGEST_HEAD, Arrival, Refusal
from tests.config.echo import LARGE
from tests.config.processes import ROOT, build_environment, find_port

THREADS = 2
SLOW = 200
STARTS = (
    b"",
    b"POST / HT",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
)


@contextmanager
def serve(folder: Path, **given: str) -> Iterator[int]:
    """Where one process of two threads answers."""
    port = find_port()
    settings = {
        "REGULARS_MODE": "demo",
        "LOG_LEVEL": "ERROR",
        "WEB_WORKERS": "1",
        "WEB_THREADS": str(THREADS),
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:config.gunicorn"]
    process = subprocess.Popen(
        [*command, "tests.config.echo:application"],
        cwd=ROOT,
        env=build_environment(folder, PORT=str(port), **settings, **given),
    )
    try:
        while process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
        yield port
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with serve(tmp_path_factory.mktemp("web")) as port:
        yield port


def call(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


def ask(port: int, body: bytes = b"") -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/", body=body)
    return connection.getresponse().read().decode()


def read_answer(line: socket.socket) -> bytes:
    """One answer, by its length."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += line.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += line.recv(65536)
    return body


def is_silent(line: socket.socket) -> bool:
    """Whether the server has neither answered nor hung up."""
    line.setblocking(False)
    try:
        line.recv(1)
    except BlockingIOError:
        return True
    finally:
        line.settimeout(60)
    return False


@pytest.mark.parametrize("start", STARTS[1:])
def test_tills_are_answered_while_two_hundred_clients_trickle(port: int, start: bytes) -> None:
    slow = [call(port) for _ in range(SLOW)]
    for line in slow:
        line.sendall(start)
    for number in range(20):
        assert ask(port, b"x" * number) == f"{number} bytes"
        for line in slow:  # the head grows by a header nobody needs; a body stays as it is
            if b"\r\n\r\n" not in start and start.endswith(b"\r\n"):
                line.sendall(b"X: y\r\n")
    assert all(is_silent(line) for line in slow)
    for line in slow:
        line.close()
    assert ask(port) == "0 bytes"


def test_tills_are_answered_while_clients_do_not_read_what_they_asked_for(port: int) -> None:
    slow = [call(port) for _ in range(THREADS * 3)]
    for line in slow:
        line.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    for number in range(20):
        assert ask(port, b"x" * number) == f"{number} bytes"
    assert len(read_answer(slow[0])) == LARGE  # and whoever reads gets all of it
    for line in slow:
        line.close()


def test_tills_are_answered_while_clients_that_were_answered_do_not_hang_up(port: int) -> None:
    parting = [call(port) for _ in range(THREADS * 3)]
    for line in parting:
        line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert read_answer(line) == b"0 bytes"
    assert ask(port) == "0 bytes"


def test_a_slow_request_is_answered_once_it_is_whole(port: int) -> None:
    for start, rest in (
        (STARTS[1], b"TP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12345"),
        (STARTS[3], b"67890"),
        (STARTS[4], b"45\r\n5\r\n67890\r\n0\r\n\r\n"),
    ):
        with call(port) as line:
            line.sendall(start)
            assert ask(port, b"1") == "1 bytes"
            line.sendall(rest)
            assert read_answer(line) == (b"5 bytes" if start is STARTS[1] else b"10 bytes")


def test_requests_sent_together_are_answered_in_turn(port: int) -> None:
    one = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s"
    with call(port) as line:
        line.sendall(b"".join(one % (size, b"x" * size) for size in (1, 2, 3)) + (one % (4, b"x" * 4))[:-1])
        received = b""
        while received.count(b" bytes") < 3:
            received += line.recv(65536)
        line.sendall(b"x")
        assert read_answer(line) == b"4 bytes"
    assert [int(part[-1:]) for part in received.split(b" bytes")[:3]] == [1, 2, 3]


def test_a_large_upload_arrives_whole(port: int) -> None:
    assert ask(port, b"x" * 3_000_000) == "3000000 bytes"


def test_a_client_that_waits_to_go_on_is_told_to(port: int) -> None:
    with call(port) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert line.recv(100).startswith(b"HTTP/1.1 100 ")
        line.sendall(b"123")
        assert read_answer(line) == b"3 bytes"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", b"413"),
        (b"POST / HTTP/1.1\r\nX: " + b"y" * (LONGEST_HEAD + 1), b"431"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
    ],
)
def test_a_request_that_cannot_be_is_refused(port: int, request_: bytes, status: bytes) -> None:
    with call(port) as line:
        line.sendall(request_)
        assert line.recv(100).startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\ncontent-length:  5 \r\n\r\n12345",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\n12345\r\nA\r\n1234567890\r\n0\r\nT: x\r\n\r\n",
    ],
)
def test_a_request_is_whole_with_its_last_byte_however_it_is_cut(request_: bytes) -> None:
    for size in (1, 2, 3, 7, len(request_)):
        arrival = Arrival()
        for at in range(0, len(request_), size):
            assert not arrival.whole
            arrival.take(request_[at : at + size])
        assert arrival.whole
        assert b"".join(arrival.pieces()) == request_


def test_a_request_that_takes_too_long_is_told_so_and_others_are_served(tmp_path: Path) -> None:
    with serve(tmp_path, IMPATIENT="1") as port, call(port) as slow:
        slow.sendall(STARTS[3])
        assert ask(port) == "0 bytes"
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")
        assert ask(port) == "0 bytes"


def test_chunks_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.web.arrival.LONGEST_BODY", 500_000)
    arrival = Arrival()
    arrival.take(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    with pytest.raises(Refusal, match="413"):
        for _ in range(7):
            arrival.take(b"186A0\r\n" + b"x" * 100_000 + b"\r\n")
    arrival.forget()
