"""A real HTTP server that remembers what it was told and answers as it is asked to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def at(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands."""
    return lambda: moment


class Listener:
    """Another system. ``heard`` are the headers and bodies it was sent."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(listener.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


class Dripper:
    """A system that takes a call and then sends a byte of its head now and then, for ever; or says nothing at all."""

    def __init__(self, drip: bytes) -> None:
        self.calls = 0
        self.over = threading.Event()
        self.line = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.line.getsockname()[1]}/hook"
        self.drip = drip
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while not self.over.is_set():
            try:
                caller, _address = self.line.accept()
            except OSError:
                return
            self.calls += 1
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller: socket.socket) -> None:
        with caller:
            try:
                if self.drip:
                    caller.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not self.over.wait(0.05):
                    caller.sendall(self.drip)
            except OSError:
                pass

    def stop(self) -> None:
        """Stop listening, and let callers go."""
        self.over.set()
        self.line.close()
