"""Card numbers: one form of each, how many digits a type of card has, and the check digit at its end.

People type cards in groups, and spreadsheets take leading zeros away; both are the same card.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from members.models import CardKind

MOST_CHARACTERS = 64
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015\u2212\u00a0]+")


class Rule(NamedTuple):
    """What the numbers of a type of card are like: how long they may be, and by what their last digit is reckoned."""

    kind: str
    lengths: tuple[int, ...]
    check_digit: str = ""

    def fits(self, number: str) -> bool:
        """Whether a number in its one form is like this."""
        if self.lengths and len(number) not in self.lengths:
            return False
        return not self.check_digit or CHECKS[self.check_digit](number)


def rules() -> tuple[Rule, ...]:
    """The rules of all types of cards; whatever a type does not say, its numbers are free in. One statement."""
    rows = CardKind.objects.order_by("code").values_list("code", "lengths", "check_digit")
    return tuple(Rule(code, tuple(lengths), check) for code, lengths, check in rows)


def normalise(text: str) -> str:
    """A card's number in its one form: without blanks and dashes, in capitals."""
    return _SEPARATORS.sub("", text[:MOST_CHARACTERS]).upper()


def spellings(text: str, known: Sequence[Rule] = ()) -> tuple[str, ...]:
    """Under which numbers a card that is shown so may be kept, the likeliest first."""
    number = normalise(text)
    if not number or len(text) > MOST_CHARACTERS:
        return ()
    found = [number, text.strip(), number.lower()]
    if number.isascii() and number.isdigit():
        lengths = sorted({length for rule in known for length in rule.lengths})
        padded = [number.zfill(length) for length in lengths if length > len(number)]
        found += [card for card in padded if any(rule.lengths and rule.fits(card) for rule in known)]
        found.append(number.lstrip("0") or number)
    return tuple(dict.fromkeys(found))


def may_be_one(text: str, known: Sequence[Rule]) -> bool:
    """Whether a text may be a card of some type: False for one that was mistyped, if every type has a rule."""
    return not known or any(rule.fits(card) for card in spellings(text, known) for rule in known)


def is_like_one(text: str, known: Sequence[Rule]) -> bool:
    """Whether a text is as long as a card of some type and ends in its check digit; lost zeros are forgiven."""
    return any(rule.lengths and rule.fits(card) for card in spellings(text, known) for rule in known)


def is_as_long(text: str, known: Sequence[Rule]) -> bool:
    """Whether a text is digits, as many as a card of some type has, whatever the last one is."""
    number = normalise(text)
    return number.isascii() and number.isdigit() and any(len(number) in rule.lengths for rule in known)


def is_luhn(number: str) -> bool:
    """Whether the last digit is that of Luhn's formula (ISO/IEC 7812-1, annex B)."""
    if not (number.isascii() and number.isdigit()):
        return False
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(number)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def is_ean(number: str) -> bool:
    """Whether the last digit is that of GS1's numbers, EAN-13 among them (GS1 General Specifications, 7.9)."""
    if not (number.isascii() and number.isdigit()):
        return False
    return sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(reversed(number))) % 10 == 0


CHECKS = {"luhn": is_luhn, "ean": is_ean}
