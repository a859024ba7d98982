"""Codes of coupons: how they are made, checked, read from what people type, and shown.

A generated code is the series' prefix, random characters, and a check character. The 31 characters are
the digits and capital letters without those that are taken for one another (0 O, 1 I L). Each random
character carries log2(31) = 4.95 bits of ``os.urandom``: the usual twelve characters (eleven and the
check) hold 54 bits, so that with a million codes in use one guess in 25 billion finds any of them.

The check character is that of ISO/IEC 7064's pure systems (as MOD 37-2), with the alphabet's size as
modulus, 31, and 3 as radix: the values a of the random characters and the check, the check last and i = 0,
satisfy Σ aᵢ·3ⁱ ≡ 1 (mod 31). 31 is prime and 3 generates its field's 30 units, so every single wrong
character, every swap of two characters less than 30 apart and every doubled pair mistaken for another
is found. Unlike MOD 37-2 the check needs no character beyond the alphabet.

Imported codes and codes for all are whatever their maker chose; they have no check character.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
MODULUS, RADIX = len(ALPHABET), 3
#: Characters of a generated code after the prefix, with the check: the fewest and the most.
SHORTEST, LONGEST = 8, 24
#: Characters of any code.
LEAST, MOST = 3, 40
#: A guess finds a code at most once in so many; more codes need more characters.
SAFETY = 1_000_000

_VALUES = {character: value for value, character in enumerate(ALPHABET)}
#: Bytes to characters, evenly: 248 = 8 · 31 bytes are used, the other eight thrown away.
_LETTERS = bytes(ord(ALPHABET[byte % MODULUS]) for byte in range(256))
_UNEVEN = bytes(range(256 - 256 % MODULUS, 256))
#: What people put between characters: blanks, dashes of every kind, underscores.
_BETWEEN = re.compile(r"[\s_\-\u00ad\u200b\u2010-\u2015\u2212\ufeff]+")


def normalise(text: str) -> str:
    """A code in its one form: capital letters and digits of any script. Empty when it cannot be a code."""
    if len(text) > 4 * MOST:
        return ""
    code = squeeze(text)
    return code if LEAST <= len(code) <= MOST and code.isalnum() else ""


def squeeze(text: str) -> str:
    """A text in capital letters, without what people put between characters."""
    plain = unicodedata.normalize("NFKC", text)
    return unicodedata.normalize("NFKC", _BETWEEN.sub("", plain).upper())


def generate(count: int, length: int, prefix: str = "") -> Iterator[str]:
    """Random codes with their check characters. ``prefix`` is normalised and not covered by the check."""
    size = length - 1
    text = _random(count * size).decode()
    for start in range(0, count * size, size):
        body = text[start : start + size]
        yield prefix + body + check_character(body)


def check_character(body: str) -> str:
    """The check character of random characters."""
    total = 0
    for character in body:
        total = (total + _VALUES[character]) * RADIX
    return ALPHABET[(1 - total) % MODULUS]


def is_right(code: str) -> bool:
    """Whether the check character of a code without its prefix is right."""
    return bool(code) and all(c in _VALUES for c in code) and check_character(code[:-1]) == code[-1]


def room(length: int) -> int:
    """How many codes of this length there may be, so that guessing stays hopeless."""
    return int(MODULUS ** (length - 1) // SAFETY)


def show(code: str, prefix: str = "") -> str:
    """A generated code as it is printed: in groups of four, after its prefix."""
    if not code.startswith(prefix) or not is_right(code[len(prefix) :]):
        return code
    body = code[len(prefix) :]
    groups = [body[start : start + 4] for start in range(0, len(body), 4)]
    return "-".join([prefix, *groups] if prefix else groups)


def _random(count: int) -> bytes:
    found = b""
    while len(found) < count:
        found += os.urandom((count - len(found)) * 17 // 16 + 64).translate(_LETTERS, _UNEVEN)
    return found[:count]
