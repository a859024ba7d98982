"""The code on a member's screen that changes every half minute: RFC 6238, with a secret for each device.

It is made on the phone, in aeroplane mode too, and read by a till as any one-time code. It is the device's number,
which finds it, and eight digits, which prove the moment. A screenshot is soon no key. The secret follows from the
server's own and the device's number, so nothing that opens a door is kept in the database; it ends with the device.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import NamedTuple

from django.utils.crypto import constant_time_compare, salted_hmac

NUMBER, DIGITS, STEP = 10, 8, 30
#: Clocks of phones go wrong by a step; and a sale takes its time: what was shown at its beginning holds at its end.
AHEAD, BEHIND = 1, 10


def make_number() -> str:
    """A number for a new device."""
    return f"{secrets.randbelow(9 * 10 ** (NUMBER - 1)) + 10 ** (NUMBER - 1)}"


def secret_of(number: str) -> bytes:
    """The secret that the device of that number shares with the server: 20 bytes, as RFC 4226 asks for."""
    return salted_hmac("members.lookup.rotating", number, algorithm="sha256").digest()[:20]


def code_at(number: str, moment: datetime) -> str:
    """What the device shows at a moment."""
    return f"{number}{_totp(secret_of(number), int(moment.timestamp()) // STEP)}"


class Proof(NamedTuple):
    """That a device showed a code: its number, and the step of time whose code it is."""

    number: str
    step: int


def proof(code: str, moment: datetime) -> Proof | None:
    """Which device shows the code about then, and of which step it is; None for any other text."""
    code = code.strip()
    if len(code) != NUMBER + DIGITS or not (code.isascii() and code.isdigit()):
        return None
    number, shown = code[:NUMBER], code[NUMBER:]
    secret, step = secret_of(number), int(moment.timestamp()) // STEP
    near = range(step - BEHIND, step + AHEAD + 1)
    right = [one for one in near if constant_time_compare(shown, _totp(secret, one))]
    return Proof(number, right[0]) if right else None


def proven(code: str, moment: datetime) -> str | None:
    """The device's number, if the code is what it shows about then; None for any other text."""
    found = proof(code, moment)
    return found.number if found else None


def _totp(secret: bytes, step: int) -> str:
    """RFC 4226, section 5.3, over RFC 6238's count of steps, with SHA-1 as both take for granted."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"
