"""What a check of the audit is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """Statements that find what is off, by name; and one before them that says at less cost whether anything is.

    ``sums`` gives one row with a boolean for each name. It compares sums over whole tables in which each row has a
    random weight: they are equal only when all rows are. Then nothing is looked for.
    """

    statements: Mapping[str, str]
    sums: str = ""
