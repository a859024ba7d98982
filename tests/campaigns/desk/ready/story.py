"""A worked example: what a customer does step by step, and what stands after each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.campaigns.desk.ready.stage import Row

#: 5% for every member: what multipliers multiply.
BASE = {"whom": {"who": "members"}, "what": [{"effect": "points_percent", "percent": "5"}]}


@dataclass(frozen=True)
class Story:
    """``key`` is the ready mechanic, ``title`` what the story shows.

    ``answers`` are what the shop fills in (else ``filling.ANSWERS``), ``changed`` the parts of the mechanic that
    it writes anew, ``beside`` other campaigns at work,
    ``setting`` the programme's rules and what is known about Anna.
    """

    key: str
    title: str
    rows: Sequence[Row]
    beside: Sequence[Mapping[str, Any]] = ()
    answers: Mapping[str, Any] | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    setting: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How the story is called in a test's name."""
        return f"{self.key}: {self.title}"
