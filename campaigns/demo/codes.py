"""Numbers that scanners read."""

from __future__ import annotations


def ean13(prefix: str, number: int) -> str:
    """An EAN-13 in a range that shops use among themselves (20–29), with its check digit."""
    digits = f"{prefix}{number:0{12 - len(prefix)}d}"
    weighted = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(digits))
    return f"{digits}{-weighted % 10}"
