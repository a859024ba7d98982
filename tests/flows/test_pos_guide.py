"""The integrators' guide: its commands are run as they stand, against a real server."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)
GUIDE = Path(__file__).parents[2] / "docs" / "integrating" / "pos-api.md"


def test_the_commands_of_the_guide_work(live_server: Any, tmp_path: Path) -> None:
    shop = factories.open_shop()
    member = factories.enrol(shop.programme, "120")
    product = factories.ProductFactory(partner=shop.partner)
    (tmp_path / "var").mkdir()
    demo = {
        "base_url": live_server.url,
        "api_keys": [{"key": shop.secret, "store": shop.store.code, "till": "1"}],
        "members": [{"id": str(member.id), "phone": member.phone, "card": member.cards.get().number}],
        "products": [{"sku": product.sku, "name": product.name, "price": "10.00"}],
    }
    (tmp_path / "var" / "demo.json").write_text(json.dumps(demo))
    commands = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL))

    done = subprocess.run(
        ["sh", "-eu"], input=commands, cwd=tmp_path, capture_output=True, text=True, timeout=240
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    found, joined, quoted, bought, again, conflict, back, read = (
        json.loads(line) for line in done.stdout.splitlines()
    )
    assert found["id"] == str(member.id)
    assert joined["first_name"] == "Anna"
    assert quoted["redeemed"]["points"] == "120.00"
    assert again == bought
    assert conflict["code"] == "idempotency_conflict"
    assert back["status"] == read["status"] == "partially_returned"
