"""Gunicorn's threads behind a loop that waits for clients, so that no thread ever does.

A thread is taken only by a request that has arrived whole, and given back once its answer is written down;
the loop reads the one and sends what is left of the other, as slowly as the client likes, until a deadline
(docs/adr/0021-threads-for-whole-requests.md).

The loop competes with the threads for the interpreter, and each system call may cost it five milliseconds
of waiting when they are busy. So lines are watched edge-triggered, registered once, and a request takes two
calls of it: one to hear, one to read. A thread says by ``Client.busy`` alone that it is through; it wakes
the loop only where something is left to do.
"""

from __future__ import annotations

import resource
import select
import socket
import time
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from gunicorn.http import RequestParser
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.gthread import ThreadWorker

from config.web.arrival import Refusal
from config.web.client import Client
from config.web.patience import BYTES_A_SECOND, FAREWELL, HEAD_START, MOST_HELD, SECONDS

AT_ONCE = 64 * 1024
AT_MOST = 16
"""Pieces that are read of one client before the others have their turn."""
OTHER_FILES = 128
"""Files and connections of the process that are not clients'."""
FULL = "503 Service Unavailable"
_WATCHED = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET


class Worker(ThreadWorker):  # type: ignore[misc]
    """One web process."""

    poller: Any
    worker_connections: int

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clients: dict[int, Client] = {}
        self.again: list[Client] = []  # of whom more is to be read at once
        self.held = 0  # bytes of requests that are not whole
        self.looked = 0.0
        self.max_keepalived = self.worker_connections + 1  # the loop lets go of who waits longest instead

    # -- the loop

    def run(self) -> None:
        """Wait for clients until asked to stop; then let those finish who are being served."""
        self.poller.close()
        self.poller = select.epoll()
        self.worker_connections = min(self.worker_connections, count_files() - OTHER_FILES)
        self.poller.register(self.method_queue.fileno(), select.EPOLLIN)
        for listener in self.sockets:
            listener.setblocking(False)
            self.poller.register(listener.fileno(), select.EPOLLIN)
        doors = {listener.fileno(): listener for listener in self.sockets}
        while self.alive:
            self.turn(doors)
        for door in doors:
            self.poller.unregister(door)
        until = time.monotonic() + self.cfg.graceful_timeout
        while self.clients and time.monotonic() < until:
            for client in [client for client in self.clients.values() if client.is_idle]:
                self.drop(client)
            self.turn({}, seconds=0.1)
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()
        for listener in self.sockets:
            listener.close()

    def turn(self, doors: dict[int, socket.socket], seconds: float = 1.0) -> None:
        """Serve what has happened, waiting for it for a while."""
        again, self.again = self.again, []
        for number, _event in self.poller.poll(0 if again else seconds):
            client = self.clients.get(number)
            if client is not None:
                client.heard = True
                self.look(client)
            elif number in doors:
                self.accept(doors[number])
            else:
                self.method_queue.run_callbacks(number)
        for client in again:
            self.look(client)
        now = time.monotonic()
        if now >= self.looked + 1.0:
            self.look_round(now)

    def look_round(self, now: float) -> None:
        """Once a second: tell the arbiter that all is well, and send away who is late."""
        self.looked = now
        self.notify()
        if not self.is_parent_alive():
            self.alive = False
        for client in [one for one in self.clients.values() if not one.busy and one.until < now]:
            self.give_up(client)

    def accept(self, listener: socket.socket) -> None:
        """Take a new client; where there are as many as can be, let go of the one who has waited longest.

        The processes race for each one; who has more of them starts later, so that tills spread over all.
        """
        time.sleep(min(len(self.clients), 10) * HEAD_START)
        try:
            line, address = listener.accept()
        except OSError:  # taken by another process, or gone again
            return
        if len(self.clients) >= self.worker_connections:
            waiting = [client for client in self.clients.values() if not client.busy]
            if not waiting:
                line.close()
                return
            self.drop(min(waiting, key=lambda client: client.since))
        line.setblocking(False)
        client = Client(line, address, listener.getsockname(), self.cfg.keepalive)
        self.clients[line.fileno()] = client
        self.poller.register(line.fileno(), _WATCHED)

    def look(self, client: Client) -> None:
        """Something has happened on the client's line, or may have: go on with it, unless a thread is at it."""
        if client.busy or client.gone:
            return
        if client.reply.waiting:
            self.send(client)
        elif client.heard:
            self.read(client)

    # -- a request

    def read(self, client: Client) -> None:
        """Read what has come. What comes after less than was asked for is heard again."""
        for _ in range(AT_MOST):
            client.heard = False
            try:
                data = client.line.recv(AT_ONCE)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                self.drop(client)
                return
            client.heard = len(data) == AT_ONCE
            if not client.leaving:
                self.gather(client, data)
            if client.busy or client.gone or not client.heard:
                return
        self.again.append(client)

    def gather(self, client: Client, data: bytes) -> None:
        """Add to the request, and hand it to a thread when it is whole."""
        arrival = client.arrival
        if not arrival.size:
            client.since = time.monotonic()
        try:
            arrival.take(data)
            self.held += len(data)
            if arrival.whole:
                self.held -= arrival.size
                client.busy = True
                self.enqueue_req(client)
                return
            if self.held > MOST_HELD:
                raise Refusal(FULL)
        except Refusal as refusal:
            self.refuse(client, str(refusal))
            return
        except OSError:  # no room on the disk
            self.refuse(client, FULL)
            return
        if arrival.asks_to_go_on:
            arrival.asks_to_go_on = False
            with suppress(OSError):
                client.line.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        client.until = client.since + SECONDS + arrival.size / BYTES_A_SECOND

    def refuse(self, client: Client, status: str) -> None:
        """Answer a request that has not arrived, and part."""
        self.held -= client.arrival.size
        client.renew()
        client.keeps = False
        client.reply.sendall(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        self.send(client)

    def enqueue_req(self, conn: Client) -> None:
        """Hand a whole request to a thread."""
        self.tpool.submit(self.handle, conn).add_done_callback(lambda done: self.finish(conn, done))

    def handle(self, conn: Client) -> bool:
        """Answer a request that has arrived whole; in a thread. True when the connection stays open."""
        request = None
        try:
            conn.parser = RequestParser(self.cfg, conn.arrival.pieces(), conn.client)
            request = next(conn.parser)
            return bool(self.handle_request(request, conn) and conn.parser.finish_body())
        except (NoMoreData, StopIteration):
            return False
        except OSError:  # no room for the answer: the client sees that it ends too early
            self.log.exception("The answer could not be kept.")
            return False
        except Exception as error:
            self.handle_error(request, conn.reply, conn.client, error)
            return False

    # -- an answer

    def finish(self, client: Client, done: Future[bool]) -> None:
        """A thread is through with it; in the thread. What is usual needs nothing of the loop."""
        client.keeps = not done.cancelled() and done.exception() is None and done.result()
        rest = client.take_rest() if client.keeps else b""
        sent = client.reply.push()
        if sent and client.keeps and not rest and not client.reply.broken and self.alive:
            client.renew()
            client.busy = False
            if client.heard:  # by the loop, while the thread was at it
                self.method_queue.defer(self.look, client)
        else:
            self.method_queue.defer(self.go_on, client, rest)

    def go_on(self, client: Client, rest: bytes) -> None:
        """Send the rest of an answer, read the rest of what came with its request, or part."""
        client.busy = False
        client.rest = rest
        self.send(client)

    def send(self, client: Client) -> None:
        """Send what is left of the answer, as the client takes it."""
        if not client.sending:
            client.sending = True
            client.since = time.monotonic()
            client.until = client.since + SECONDS + client.reply.waiting / BYTES_A_SECOND
        if not client.reply.push():
            return
        if client.reply.broken:
            self.drop(client)
        elif client.keeps and self.alive:
            rest = client.rest
            client.renew()
            if rest:
                self.gather(client, rest)
            self.look(client)
        else:
            self.part(client)

    def part(self, client: Client) -> None:
        """Say that nothing more comes; close once the client has, lest the last answer is lost on the way."""
        client.leaving = True
        client.until = time.monotonic() + FAREWELL
        with suppress(OSError):
            client.line.shutdown(socket.SHUT_WR)
        self.look(client)

    def give_up(self, client: Client) -> None:
        """Its time is over: tell one whose request is on its way, drop the others."""
        if client.arrival.size and not client.reply.waiting and not client.leaving:
            self.refuse(client, "408 Request Timeout")
        else:
            self.drop(client)

    def drop(self, client: Client) -> None:
        """Close at once."""
        if not client.arrival.whole:
            self.held -= client.arrival.size
        client.gone = True
        client.arrival.forget()
        client.reply.forget()
        del self.clients[client.line.fileno()]
        client.line.close()


def count_files() -> int:
    """Lift this process's limit on open files as far as it may go, and say how far that is."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 65_536) if hard != resource.RLIM_INFINITY else 65_536
    if soft < wanted:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
