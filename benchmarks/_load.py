"""The load of ``checkout.py``: tills that sell over HTTP, on raw sockets, as lean as can be."""

from __future__ import annotations

import random
import socket
import threading
import time
from datetime import UTC, datetime
from typing import Any

Goods = list[tuple[str, str, str, str, str]]


def body(chance: random.Random, goods: Goods, card: str, number: str, redeem: str) -> bytes:
    """A purchase of five lines."""
    lines = []
    for position in range(1, 6):
        sku, name, category, brand, price = chance.choice(goods)
        quantity = chance.randint(1, 3)
        lines.append(
            f'{{"position":{position},"sku":"{sku}","name":"{name}","category":"{category}","brand":"{brand}",'
            f'"quantity":"{quantity}","price":"{price}"}}'
        )
    return (
        f'{{"store":"bench","till":"1","cashier":"C-17","channel":"pos","receipt_number":"{number}",'
        f'"purchased_at":"{datetime.now(UTC).isoformat()}","member":{{"card":"{card}"}},"lines":[{",".join(lines)}],'
        f'"redeem":"{redeem}","coupons":[],"state":"completed"}}'
    ).encode()


def work(
    pipe: Any, port: int, secret: str, goods: Goods, cards: list[str], connections: int, run: str
) -> None:
    """Sell on some connections until the time is over. ``pipe`` gets every purchase's seconds."""
    tills = [Till(port, secret, goods, cards, f"{run}-{n}") for n in range(connections)]
    pipe.send("ready")
    seconds = pipe.recv()
    threads = [threading.Thread(target=till.sell, args=(seconds,)) for till in tills]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send([took for till in tills for took in till.took])


class Till:
    """One connection."""

    def __init__(self, port: int, secret: str, goods: Goods, cards: list[str], name: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = (
            f"POST /api/v1/purchases HTTP/1.1\r\nHost: localhost\r\nAuthorization: Api-Key {secret}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self.goods, self.cards, self.name = goods, cards, name
        self.took: list[float] = []

    def sell(self, seconds: float) -> None:
        """Sell until the time is over: every second buyer spends all the points they may."""
        chance = random.Random(self.name)
        until = time.perf_counter() + seconds
        while (started := time.perf_counter()) < until:
            number = f"{self.name}-{len(self.took)}"
            redeem = "max" if len(self.took) % 2 else "0"
            content = body(chance, self.goods, chance.choice(self.cards), number, redeem)
            self.socket.sendall(b"%s%d\r\n\r\n%s" % (self.head, len(content), content))
            status, answer = self.receive()
            if status != 201:
                raise RuntimeError(f"{status}: {answer[:500]!r}")
            self.took.append(time.perf_counter() - started)

    def receive(self) -> tuple[int, bytes]:
        """The next response: its status and body."""
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head = received[:end].lower()
        at = head.index(b"content-length:") + 15
        size = int(head[at : at + 12].split(b"\r\n")[0])
        while len(received) < end + 4 + size:
            received += self._more()
        return int(received[9:12]), received[end + 4 :]

    def _more(self) -> bytes:
        more = self.socket.recv(65536)
        if not more:
            raise RuntimeError("the server closed the connection")
        return more
