"""Whatever is killed under load, every acknowledged purchase is there exactly once, as it was answered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config.embedded.cluster import Cluster
from config.management.commands.run import describe_processes
from tests.config.processes import ROOT, build_environment, find_port, manage

pytestmark = pytest.mark.slow

CLIENTS = 4
#: A client gives up on a purchase after so many seconds: longer than any recovery takes.
PATIENCE = 240.0
MAKE_SHOP = """
import json
from tests import factories
shop = factories.open_shop(store="s", spending={"max_share": "50"})
factories.publish_campaign(shop.programme)
factories.ProductFactory(partner=shop.partner, sku="TEA")
members = [factories.enrol(shop.programme, "500") for _ in range(5)]
print("SHOP", json.dumps({"key": shop.secret, "phones": [member.phone for member in members]}))
"""


class Server:
    """The web server and its database, each of which can be killed."""

    def __init__(self, var: Path) -> None:
        self.var, self.port = var, find_port()
        self.cluster = Cluster(var / "postgres")
        self.cluster.ensure("regulars")
        self.dsn = self.cluster.dsn("regulars")
        assert manage("migrate", "-v0", var=var, DATABASE_URL=self.dsn).returncode == 0
        made = manage("shell", "-v0", "-c", MAKE_SHOP, var=var, DATABASE_URL=self.dsn)
        assert "SHOP " in made.stdout, made.stderr
        shop = json.loads(made.stdout.split("SHOP ", 1)[1])
        self.key, self.phones = shop["key"], shop["phones"]
        (var / "metrics").mkdir()
        self.web = subprocess.Popen(
            describe_processes()["web"],
            cwd=ROOT,
            env=build_environment(
                var, DATABASE_URL=self.dsn, REGULARS_MODE="demo", PORT=str(self.port), WEB_WORKERS="2",
                WEB_THREADS="4", LOG_LEVEL="ERROR", PROMETHEUS_MULTIPROC_DIR=str(var / "metrics"),
            ),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip

    def kill_worker(self) -> None:
        """One of gunicorn's workers ends on the spot."""
        children = Path(f"/proc/{self.web.pid}/task/{self.web.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGKILL)

    def kill_backend(self) -> None:
        """One database process ends on the spot: PostgreSQL drops all connections and recovers."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'regulars' ORDER BY state, pid LIMIT 1"
            ).fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGKILL)

    def kill_database(self) -> None:
        """The whole database ends on the spot, and is started again."""
        os.kill(int((self.cluster.data / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGKILL)
        time.sleep(0.5)
        self.cluster.leave()
        self.cluster = Cluster(self.var / "postgres")
        self.cluster.ensure("regulars")

    def ask(self, question: str) -> Any:
        """The one value that a query gives."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(question.encode()).fetchone()
            assert row is not None
            return row[0]

    def stop(self) -> None:
        """End what was started."""
        self.web.terminate()
        self.web.wait(30)
        self.cluster.leave()


class Till(threading.Thread):
    """A client that sends each purchase until it is answered, always the same bytes."""

    def __init__(self, server: Server, name: str, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.server, self.label, self.stop = server, name, stop
        self.connection: HTTPConnection | None = None
        self.answers: dict[bytes, dict[str, Any]] = {}
        self.repeated = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                content = self.basket(len(self.answers))
                self.answers[content] = self.sell(content)[1]
        except BaseException as error:
            self.error = error

    def basket(self, n: int) -> bytes:
        return json.dumps(
            {
                "store": "s",
                "till": "1",
                "receipt_number": f"{self.label}-{n}",
                "purchased_at": datetime.now(UTC).isoformat(),
                "member": {"phone": self.server.phones[n % 5]},
                "lines": [{"position": 1, "sku": "TEA", "quantity": "2", "price": "9.99"}],
                "redeem": "max" if n % 3 == 0 else "0",
            }
        ).encode()

    def sell(self, content: bytes) -> tuple[int, dict[str, Any]]:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                status, answer = self.send(content)
            except (OSError, HTTPException, ValueError):
                status, answer = 0, {}
            if status in (200, 201):
                return status, answer
            assert status == 0 or status >= 500, (status, answer)
            assert time.monotonic() < until, f"no answer for {PATIENCE} seconds, the last: {status} {answer}"
            self.repeated += 1
            self.connection = None
            time.sleep(0.05)

    def send(self, content: bytes) -> tuple[int, dict[str, Any]]:
        if self.connection is None:
            self.connection = HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        headers = {"Authorization": f"Api-Key {self.server.key}", "Content-Type": "application/json"}
        self.connection.request("POST", "/api/v1/purchases", content, headers | {"Host": "localhost"})
        response = self.connection.getresponse()
        return response.status, json.loads(response.read())


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="rg") as folder:
        started = Server(Path(folder))
        try:
            yield started
        finally:
            started.stop()


def test_every_acknowledged_purchase_is_there_once_whatever_was_killed(server: Server) -> None:
    stop = threading.Event()
    tills = [Till(server, f"till{n}", stop) for n in range(CLIENTS)]
    for till in tills:
        till.start()

    def sell_on(count: int) -> None:
        """Wait until so many purchases more were answered."""
        target = sum(len(till.answers) for till in tills) + count
        until = time.monotonic() + PATIENCE
        while sum(len(till.answers) for till in tills) < target and time.monotonic() < until:
            if any(till.error for till in tills):
                break
            time.sleep(0.02)

    for disaster in (server.kill_worker, server.kill_backend, server.kill_worker, server.kill_database):
        sell_on(40)
        disaster()
    sell_on(40)
    stop.set()
    for till in tills:
        till.join(PATIENCE)
        assert till.error is None, till.error

    answers = {content: answer for till in tills for content, answer in till.answers.items()}
    assert len(answers) >= 200
    assert sum(till.repeated for till in tills) > 0, "nothing was ever lost: the kills hit nobody"
    assert server.ask("SELECT count(*) FROM loyalty_receipt") == len(answers)
    assert server.ask("SELECT count(*) FROM members_event WHERE kind = 'purchase.completed'") == len(answers)
    assert len({answer["id"] for answer in answers.values()}) == len(answers)
    for content, answer in answers.items():
        assert tills[0].sell(content) == (200, answer)
    audit = manage("audit_ledger", var=server.var, DATABASE_URL=server.dsn)
    assert audit.returncode == 0, audit.stdout + audit.stderr
