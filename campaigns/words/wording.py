"""Reasons, limits and messages as sentences, in the language of whoever reads them.

Numbers in sentences have the decimal sign of the language; numbers in JSON are none of this module's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.utils.formats import date_format, get_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.engine import reasons

#: Arguments that are codes and names: what looks like a number in them is none.
_NAMES = frozenset({"campaign", "cards", "codes", "key", "segments", "series", "tiers", "wanted"})
_DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")
_FRACTION = re.compile(r"(?<![\w.,:])(-?\d+)\.(\d+)(?![\w.,:])")


def reason(code: str, args: Mapping[str, Any], language: str | None = None) -> str:
    """The sentence of a reason for or against. Who tells many asks once for the ``language`` that is active.

    The same few reasons are told with every basket, so the newest sentences are kept.
    """
    try:
        return _sentence(language or get_language(), code, tuple(args.items()))
    except TypeError:  # arguments that hold lists of further reasons
        return reasons.describe(code, localized(args), _)


@lru_cache(maxsize=4096)
def _sentence(language: str | None, code: str, args: tuple[tuple[str, Any], ...]) -> str:
    return reasons.describe(code, localized(dict(args)), _)


def message(text: str, args: Mapping[str, Any]) -> str:
    """What a campaign says, its placeholders filled."""
    return reasons.fill(text, localized(args))


def localized(args: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a sentence, their numbers with the decimal sign of the language that is active."""
    sign = get_format("DECIMAL_SEPARATOR")
    if sign == ".":
        return dict(args)
    return {name: value if name in _NAMES else _localize(value, sign) for name, value in args.items()}


def _localize(value: Any, sign: str) -> Any:
    """A number or a text that holds numbers; lists and documents with such inside."""
    if isinstance(value, Decimal):
        value = format(value, "f")
    if isinstance(value, str) and _DAY.fullmatch(value):
        return _day(value)
    if isinstance(value, str):
        return _FRACTION.sub(rf"\1{sign}\2", value)
    if isinstance(value, Mapping):
        return localized(value)
    if isinstance(value, Iterable):
        return [_localize(inner, sign) for inner in value]
    return value


def _day(text: str) -> str:
    """A day of a reason, or a moment of the programme's clock, as the language writes it."""
    try:
        return date_format(datetime.fromisoformat(text), "DATETIME_FORMAT" if " " in text else "DATE_FORMAT")
    except ValueError:
        return text


def limit(code: str, most: Decimal, args: Mapping[str, Any]) -> str:
    """Why no more than ``most`` points can be spent."""
    given, most, args = args, localized({"most": most})["most"], localized(args)
    match code:
        case "not_allowed":
            return _("this holder may not spend from the account")
        case "balance":
            return _("%(most)s points are on the account") % {"most": most}
        case "max_share":
            return _("at most %(share)s%% of the receipt can be paid with points") % {
                "share": args.get("share")
            }
        case "leave":
            return _("%(leave)s must remain to be paid in money") % {"leave": args.get("leave")}
        case "min_receipt":
            return _("points can be spent from a receipt of %(receipt)s on") % {
                "receipt": _money(given["least"])
            }
        case "excluded":
            return _("points cannot be spent on some of these products")
        case "per_day":
            return _("at most %(most)s points are spent in a day") % {"most": args.get("most", most)}
        case "holder_per_day":
            return _("this holder may spend %(limit)s points a day, and today %(left)s more") % {
                "limit": args.get("most"),
                "left": most,
            }
        case "lot_terms":
            return _("only %(most)s of the points can pay for these goods here and now") % {"most": most}
        case "step":
            said = _("points are spent in steps of %(step)s") % {"step": _plain(given["step"])}
        case "min_points":
            said = _("at least %(least)s points are spent at once") % {"least": _plain(given["least"])}
        case _:
            return code
    if "receipt" in given:
        said += ", " + _("from a receipt of %(receipt)s on") % {"receipt": _money(given["receipt"])}
    return said


def _plain(points: str) -> str:
    """Points without zeros that say nothing."""
    return str(_localize(f"{Decimal(points).normalize():f}", get_format("DECIMAL_SEPARATOR")))


def _money(amount: str) -> str:
    """Money as a sentence tells it: two places, the decimal sign of the language."""
    return str(_localize(f"{Decimal(amount):.2f}", get_format("DECIMAL_SEPARATOR")))
