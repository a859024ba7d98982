"""Phone numbers: brought into E.164 form, and masked for whoever need not know them."""

from __future__ import annotations

import re

import phonenumbers
from django.conf import settings

_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015\u00a0]+")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


def parse(text: str) -> str | None:
    """The number in E.164 form, ``+79161234545``; None when the text is no phone number.

    A number without ``+`` or ``00`` is read as one of the country ``PHONENUMBER_DEFAULT_REGION``,
    if that is set, else as an international one.
    """
    plain = _SEPARATORS.sub("", text)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not plain.startswith("+"):
        plain = _nationally(plain) or "+" + plain
    return plain if _E164.fullmatch(plain) else None


def _nationally(digits: str) -> str | None:
    region = getattr(settings, "PHONENUMBER_DEFAULT_REGION", None)
    if not region:
        return None
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask(phone: str) -> str:
    """``+79161234545`` as ``+79•••••••45``: enough to recognise, too little to call."""
    return f"{phone[:3]}{'•' * (len(phone) - 5)}{phone[-2:]}"
