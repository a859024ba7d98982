"""Other people's servers, with real sockets: a gateway of text messages, and one that takes letters."""

from __future__ import annotations

import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Heard(NamedTuple):
    """A request that the gateway got; names of headers are in small letters."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Gateway:
    """Answers with ``status`` and ``content``; with a status of 0 it takes the request and hangs up."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.status, self.content = 200, b'{"id": "g-1"}'
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                gateway.heard.append(Heard(self.command, self.path, headers, body))
                if gateway.status == 0:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(gateway.status)
                self.send_header("location", "/elsewhere")
                self.send_header("content-length", str(len(gateway.content)))
                self.end_headers()
                self.wfile.write(gateway.content)

            do_GET = do_PUT = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()


class PostOffice:
    """Speaks as much SMTP as a letter needs. ``refuses``: answers to RCPT with 550, repeating the address."""

    def __init__(self) -> None:
        self.letters: list[str] = []
        self.refuses = False
        office = self

        class Handler(socketserver.StreamRequestHandler):
            def say(self, line: str) -> None:
                self.wfile.write(f"{line}\r\n".encode())

            def handle(self) -> None:
                self.say("220 office")
                while line := self.rfile.readline():
                    verb = line[:4].upper()
                    if verb == b"RCPT" and office.refuses:
                        self.say(f"550 nobody at {line.decode().strip()}")
                    elif verb == b"DATA":
                        self.say("354 go on")
                        letter = b""
                        while (part := self.rfile.readline()) != b".\r\n":
                            letter += part
                        office.letters.append(letter.decode())
                        self.say("250 taken")
                    elif verb == b"QUIT":
                        self.say("221 bye")
                        return
                    else:
                        self.say("250 well")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = int(self.server.server_address[1])
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()
