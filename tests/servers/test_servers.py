"""One flow through web, workers and scheduler on each of the servers that a bigger house brings."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import msgspec
import psycopg
import pytest
import requests

from tests.config.processes import ROOT, build_environment, find_port, manage
from tests.flows import guide
from tests.messaging.listener import Listener
from tests.servers import debian

#: A shop, and a webhook that hears of everything in it.
OPEN = """
import json, sys
from loyalty.models import Programme
from messaging.models import Webhook
from tests import factories
shop = factories.open_shop()
member = factories.enrol(shop.programme, "120")
product = factories.ProductFactory(partner=shop.partner)
Webhook.objects.create(name="erp", url=sys.argv[1], kinds=Webhook.Kind.values)
print(json.dumps({
    "api_keys": [{"key": shop.secret, "store": shop.store.code, "till": shop.till.code}],
    "members": [{"id": str(member.id), "phone": member.phone, "card": member.cards.get().number}],
    "products": [{"sku": product.sku, "name": product.name, "price": "10.00"}],
}))
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    """PostgreSQL 15, its database ``shop`` set up through pgbouncer where there is one."""
    with tempfile.TemporaryDirectory(prefix="rg15") as name, ExitStack() as stack:
        folder = Path(name)
        port = stack.enter_context(debian.start_postgres(folder))
        with ExitStack() as pooled:
            settings = {"DATABASE_URL": debian.address(port)}
            if debian.PGBOUNCER.exists():
                pooler = pooled.enter_context(debian.start_pgbouncer(folder, port))
                settings = {"DATABASE_URL": debian.address(pooler), "DATABASE_POOLER": "transaction"}
            for command in ("install_broker", "migrate"):
                done = manage(command, var=folder, **settings)
                assert done.returncode == 0, done.stderr
        yield port


@contextmanager
def start(kind: str, folder: Path, postgres: int) -> Iterator[dict[str, str]]:
    """A server beside PostgreSQL, and the settings that use it, with a database of its own."""
    with psycopg.connect(debian.address(postgres, "postgres"), autocommit=True) as connection:
        connection.execute(f"create database {kind}_shop template shop".encode())
    direct = {"DATABASE_URL": debian.address(postgres, f"{kind}_shop")}
    match kind:
        case "pgbouncer":
            with debian.start_pgbouncer(folder, postgres) as port:
                yield {"DATABASE_URL": debian.address(port, f"{kind}_shop"), "DATABASE_POOLER": "transaction"}
        case "redis":
            with debian.start_redis(folder) as port:
                url = f"redis://127.0.0.1:{port}"
                yield direct | {"CELERY_BROKER_URL": f"{url}/0", "REDIS_URL": f"{url}/1"}
        case "rabbitmq":
            with debian.start_rabbitmq(folder) as port:
                yield direct | {"CELERY_BROKER_URL": f"amqp://guest:guest@127.0.0.1:{port}//"}


@contextmanager
def run(var: Path, settings: dict[str, str]) -> Iterator[str]:
    """``make run``; its address."""
    port = find_port()
    url = f"http://localhost:{port}"
    (var / "demo.json").write_text(json.dumps({"base_url": url}))  # spares the load
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env=build_environment(var, PORT=str(port), **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if "Regulars is ready" in line:
                break
        else:
            pytest.fail("".join(said))
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        said.append(process.communicate(timeout=120)[0])
    text = "".join(said)
    assert process.returncode == 0, text
    assert "Traceback" not in text, text
    assert "starts again" not in text, text


def wait_until_heard(listener: Listener, kinds: set[str]) -> list[str]:
    """The kinds of events that were told, once all of these are."""
    until = monotonic() + debian.PATIENCE
    while True:
        told = [msgspec.json.decode(body)["type"] for _headers, body in list(listener.heard)]
        if kinds <= set(told) or monotonic() > until:
            return told
        sleep(0.2)


def hold_and_confirm(url: str, demo: dict[str, Any]) -> dict[str, Any]:
    """A purchase that is held, repeated, confirmed and confirmed again."""
    key = demo["api_keys"][0]
    call = requests.Session()
    call.headers["Authorization"] = f"Api-Key {key['key']}"
    sale = {
        "store": key["store"],
        "receipt_number": "held-1",
        "purchased_at": datetime.now(UTC).isoformat(),
        "member": {"card": demo["members"][0]["card"]},
        "lines": [{"position": 1, "sku": demo["products"][0]["sku"], "quantity": "2", "price": "10.00"}],
        "redeem": "max",
        "state": "held",
    }
    held = call.post(f"{url}/api/v1/purchases", json=sale, timeout=60)
    assert held.status_code == 201, held.text
    assert call.post(f"{url}/api/v1/purchases", json=sale, timeout=60).json() == held.json()
    batch = call.post(f"{url}/api/v1/purchases/batch", json={"purchases": [sale]}, timeout=60)
    assert batch.status_code == 200, batch.text
    confirm = f"{url}/api/v1/purchases/{held.json()['id']}/confirm"
    first, second = call.post(confirm, timeout=60), call.post(confirm, timeout=60)
    assert first.json()["status"] == second.json()["status"] == "completed"
    return dict(first.json())


@pytest.mark.parametrize("kind", ["pgbouncer", "redis", "rabbitmq"])
def test_the_contract_is_kept_and_what_happens_is_told_on(kind: str, postgres: int, tmp_path: Path) -> None:
    listener = Listener()
    with ExitStack() as stack:
        stack.callback(listener.stop)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rg")))
        (folder / "server").mkdir()
        (folder / "var").mkdir()
        settings = stack.enter_context(start(kind, folder / "server", postgres))
        url = stack.enter_context(run(folder / "var", settings))
        opened = subprocess.run(
            [
                sys.executable,
                "-c",
                f"import django; django.setup()\n{OPEN}",
                listener.url,
            ],
            cwd=ROOT,
            env=build_environment(
                folder / "var", REGULARS_MODE="demo", DJANGO_SETTINGS_MODULE="config.settings", **settings
            ),
            capture_output=True,
            text=True,
            check=False,
        )
        assert opened.returncode == 0, opened.stderr
        demo = json.loads(opened.stdout) | {"base_url": url}

        found, *_rest, conflict, back, read = guide.follow(demo, tmp_path)
        assert found["id"] == demo["members"][0]["id"]
        assert conflict["code"] == "idempotency_conflict"
        assert back["status"] == read["status"] == "partially_returned"
        hold_and_confirm(url, demo)

        wanted = {"member.registered", "purchase.completed", "purchase.held", "purchase.returned"}
        assert wanted <= set(wait_until_heard(listener, wanted))
        audit = subprocess.run(
            [sys.executable, "manage.py", "audit_ledger"],
            cwd=ROOT,
            env=build_environment(folder / "var", **settings),
            capture_output=True,
            text=True,
            check=False,
        )
        assert audit.returncode == 0, audit.stdout + audit.stderr


def test_postgresql_is_the_oldest_one_that_is_promised(postgres: int) -> None:
    with psycopg.connect(debian.address(postgres)) as connection:
        assert connection.info.server_version // 10_000 == 15
