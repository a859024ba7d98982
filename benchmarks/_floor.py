"""The floor of ``checkout.py``: the rows of a purchase written by hand with psycopg, in pipeline mode.

Each purchase is one transaction of two round trips: begin, lock the account, read its open lots; then
every insert and update and the commit in one flight. The rows are those that the real checkout decided on for
sample baskets, under new ids. Nothing is validated, looked up, judged, explained or answered. One
process per connection.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import uuid_utils

_LOCK = "SELECT balance, version FROM loyalty_account WHERE id = %s FOR NO KEY UPDATE"
_LOTS = "SELECT id, remaining FROM loyalty_lot WHERE account_id = %s AND remaining > 0"
_LOT = "UPDATE loyalty_lot SET remaining = remaining - %s WHERE id = %s"
_BALANCE = "UPDATE loyalty_account SET balance = %s, version = version + 1 WHERE id = %s"
_UPSERT = {
    "analytics_memberfacts": " ON CONFLICT (member_id, programme_id) DO UPDATE SET purchases = EXCLUDED.purchases,"
    " spent = EXCLUDED.spent, tier_id = EXCLUDED.tier_id, first_purchase_at = EXCLUDED.first_purchase_at,"
    " last_purchase_at = EXCLUDED.last_purchase_at",
    "campaigns_usage": " ON CONFLICT (member_id, campaign_id, period) DO UPDATE SET times = EXCLUDED.times,"
    " points = EXCLUDED.points",
}


def new_id() -> str:
    """A new UUIDv7, as text."""
    return str(uuid.UUID(int=uuid_utils.uuid7().int))


def work(
    pipe: Any, dsn: str, samples: list[dict[str, Any]], accounts: list[tuple[str, str]], run: str
) -> None:
    """Write purchases until the time is over. Told to go by ``pipe``, which gets the number of purchases.

    ``accounts`` are (account, member) to choose from.
    """
    chance = random.Random(run)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.prepare_threshold = 0
        writer = Writer(connection)
        pipe.send("ready")
        seconds = pipe.recv()
        until = time.perf_counter() + seconds
        done = 0
        while time.perf_counter() < until:
            account, member = chance.choice(accounts)
            writer.purchase(chance.choice(samples), account, member, f"{run}-{done}")
            done += 1
        pipe.send([0.0] * done)


class Writer:
    """One connection that writes purchases."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.cursor = connection.cursor()
        self.other = connection.cursor()

    def purchase(self, sample: dict[str, Any], account: str, member: str, number: str) -> None:
        """Write one."""
        now = datetime.now(UTC).isoformat()
        receipt_id = new_id()
        with self.connection.pipeline() as pipeline:
            self.cursor.execute("BEGIN")
            self.cursor.execute(_LOCK, (account,))
            self.other.execute(_LOTS, (account,))
            balance = self.cursor.fetchone()[0]  # type: ignore[index]
            lots = self.other.fetchall()
            receipt = sample["receipts"]["receipts"][0] | {
                "id": receipt_id, "number": number, "member_id": member, "account_id": account,
                "purchased_at": now, "recorded_at": now,
            }  # fmt: skip
            self.insert("loyalty_receipt", [receipt])
            self.insert(
                "loyalty_receiptline",
                [line | {"receipt_id": receipt_id} for line in sample["receipts"]["lines"]],
            )
            self.ledger(sample["ledger"], account, receipt, balance, lots, now)
            for table, name in (("analytics_memberfacts", "facts"), ("campaigns_usage", "usage")):
                self.insert(table, [row | {"member_id": member} for row in sample[name]])
            event = sample["events"][0] | {
                "id": new_id(), "member_id": member, "at": now, "recorded_at": now, "data": {"receipt": receipt_id},
            }  # fmt: skip
            self.insert("members_event", [event])
            self.cursor.execute("COMMIT")
            pipeline.sync()

    def ledger(
        self,
        sample: dict[str, Any],
        account: str,
        receipt: dict[str, Any],
        balance: Decimal,
        lots: list[Any],
        now: str,
    ) -> None:
        """Transfers, lots and their uses, and the balance."""
        moves, uses, ids = [], [], {}
        for row in sample["transfers"]:
            points = Decimal(row["points"])
            key = f"{receipt['id']}:{row['key'].split(':', 1)[1]}"
            row = row | {"id": new_id(), "key": key, "at": now, "receipt_id": receipt["id"]}
            if row["kind"] == "redeem":
                parts = list(_take(lots, points))
                points = sum((part for _lot, part in parts), Decimal(0))
                if not points:
                    continue
                balance -= points
                uses += [{"transfer_id": row["id"], "lot_id": lot, "points": part} for lot, part in parts]
                row |= {"source_id": account, "points": points, "source_balance": balance}
            else:
                balance += points
                ids[sample["transfers_ids"][len(moves)]] = row["id"]
                row |= {"target_id": account, "target_balance": balance}
            moves.append(row)
        self.insert("loyalty_transfer", moves)
        fresh = [
            lot | {"id": new_id(), "account_id": account, "transfer_id": transfer, "earned_at": now}
            for lot, transfer in zip(sample["lots"], ids.values(), strict=True)
        ]
        self.insert("loyalty_lot", fresh)
        self.insert("loyalty_lotuse", uses)
        for use in uses:
            self.cursor.execute(_LOT, (use["points"], use["lot_id"]))
        self.cursor.execute(_BALANCE, (balance, account))

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """All rows of a table in one statement."""
        if not rows:
            return
        columns = list(rows[0])
        one = f"({', '.join(['%s'] * len(columns))})"
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * len(rows))}"
        values = [_value(row[column]) for row in rows for column in columns]
        self.cursor.execute((statement + _UPSERT.get(table, "")).encode(), values)


def _take(lots: list[Any], points: Decimal) -> Any:
    for lot, remaining in lots:
        if points <= 0:
            return
        part = min(points, remaining)
        points -= part
        yield lot, part


def _value(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def prepare(samples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Samples with what is the same in every purchase made ready: JSON columns as text."""
    for sample in samples:
        for receipt in sample["receipts"]["receipts"]:
            receipt["shopper"], receipt["outcome"] = (
                json.dumps(receipt["shopper"]),
                json.dumps(receipt["outcome"]),
            )
        for line in sample["receipts"]["lines"]:
            line["traits"] = json.dumps(line["traits"])
        sample["ledger"]["transfers_ids"] = [row["id"] for row in sample["ledger"]["transfers"]]
    return samples
