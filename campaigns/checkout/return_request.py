"""What a till says of a return, as plain values, and what must be true of it before anything is asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import msgspec
from django.utils.translation import gettext as _

from foundation.refusals import Fault, Invalid
from members import bounds


class LineBack(msgspec.Struct, frozen=True):
    """How many of a line come back."""

    position: int
    quantity: Decimal


class ReturnRequest(msgspec.Struct, frozen=True):
    """A return as the till reports it."""

    return_number: str
    returned_at: datetime
    lines: tuple[LineBack, ...] | Literal["all"]

    @property
    def content_hash(self) -> str:
        """The same for the same content."""
        lines: Any = self.lines
        if not isinstance(lines, str):
            lines = sorted((line.position, format(line.quantity.normalize(), "f")) for line in lines)
        content = msgspec.json.encode([self.returned_at.timestamp(), lines])
        return hashlib.sha256(content).hexdigest()


def check(wanted: ReturnRequest, now: datetime) -> None:
    """Refuse what is malformed. Raises ``Invalid`` with every fault found."""
    faults = list(bounds.text_fault("return_number", wanted.return_number, bounds.RETURN["return_number"]))
    if not wanted.return_number or wanted.return_number.startswith("~"):
        faults.append(
            Fault("return_number", "required", _("Give the return's number, at most 64 characters."))
        )
    if wanted.returned_at.tzinfo is None:
        faults.append(Fault("returned_at", "offset_required", _("Give the time with its offset.")))
    elif wanted.returned_at > now + timedelta(minutes=5):
        faults.append(
            Fault("returned_at", "in_the_future", _("The time lies in the future: set the till's clock."))
        )
    if not isinstance(wanted.lines, str):
        faults += _line_faults(wanted.lines)
    if faults:
        raise Invalid(*faults)


def _line_faults(lines: tuple[LineBack, ...]) -> Iterator[Fault]:
    if not lines:
        yield Fault("lines", "required", _("Give the lines that come back, or “all”."))
    if len(lines) > bounds.ROWS_BACK:
        yield Fault("lines", "count", _("Give from 1 to %(most)s lines.") % {"most": bounds.ROWS_BACK})
    seen: set[int] = set()
    for index, line in enumerate(lines):
        if line.position in seen:
            yield Fault(f"lines[{index}].position", "repeated", _("Name each position once."))
        seen.add(line.position)
        yield from bounds.number_faults(f"lines[{index}].quantity", line.quantity, bounds.QUANTITY)
