"""Examples in the API's documentation. Where the demo shop is loaded they name its things, so that they work."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.utils import timezone

SOLD_AT, RETURNED_AT = "2026-11-21T12:31:00+03:00", "2026-11-21T12:41:00+03:00"
STORE, TILL, PHONE, CARD, SKU, NAME, PRICE = (
    "main-01", "1", "+79161234545", "2000000000015", "COFFEE-250", "Coffee 250 g", "199.90",
)  # fmt: skip

LOOKUP = {"phone": PHONE}
MEMBER = {"phone": "+79031112233", "first_name": "Anna", "last_name": "Kern", "consents": {"sms": True}}
JOIN = {"programme": "main", "consents": {"email": True}}
NOTHING: dict[str, Any] = {}
QUOTE = {
    "store": STORE,
    "till": TILL,
    "cashier": "C-17",
    "channel": "pos",
    "purchased_at": SOLD_AT,
    "member": {"card": CARD},
    "lines": [{"position": 1, "sku": SKU, "name": NAME, "quantity": "2", "price": PRICE}],
    "redeem": "max",
}
PURCHASE = {**QUOTE, "receipt_number": "000123", "redeem": "0"}
BATCH = {"purchases": [{**PURCHASE, "receipt_number": "000124"}]}
RETURN = {
    "return_number": "R-9",
    "returned_at": RETURNED_AT,
    "lines": [{"position": 1, "quantity": "1"}],
}
EVENT = {
    "type": "review.left",
    "key": "shop-42/review/77",
    "member": {"card": CARD},
    "occurred_at": SOLD_AT,
    "data": {"stars": 5},
}


def localise(document: dict[str, Any]) -> None:
    """Put the demo shop's store, till, member and product in the place of the examples' own."""
    words = _demo_words() if settings.DEMO else {}
    if not words:
        return
    for path in document["paths"].values():
        for operation in path.values():
            content = (
                operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            )
            for media in content.values():
                for example in media.get("examples", {}).values():
                    example["value"] = _swap(example["value"], words)


def _swap(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _swap(item, words) for key, item in value.items()}
    if isinstance(value, list):
        return [_swap(item, words) for item in value]
    return words.get(value, value) if isinstance(value, str) else value


def _demo_words() -> dict[str, str]:
    try:
        demo = json.loads((settings.VAR / "demo.json").read_text(encoding="utf-8"))
        key, member, product = demo["api_keys"][0], demo["members"][0], demo["products"][0]
    except (OSError, ValueError, LookupError):
        return {}
    now = timezone.now().replace(microsecond=0).isoformat()
    found = {
        SOLD_AT: now,
        RETURNED_AT: now,
        STORE: key.get("store"),
        PHONE: member.get("phone"),
        CARD: member.get("card"),
        SKU: product.get("sku"),
        NAME: product.get("name"),
        PRICE: product.get("price"),
    }
    return {word: str(own) for word, own in found.items() if own}
