"""What of the sale screen changed since the page was last told: only that is sent.

The page says what it shows, as ``name:print`` of the customer, of what did not apply, and of each line by its
position. A print is a digest of everything that its part is made from, so that nothing is kept on the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2s
from typing import Any

Context = dict[str, Any]


def find(context: Context, shown: str, more: object) -> Context:
    """What the answer leaves out, for its template. ``more`` is what else the customer's part is made from.

    ``whole`` says that the basket is sent as a whole; else ``fresh`` and ``altered`` are the rows to send, and
    ``gone`` the positions to take away.
    """
    prints = make_prints(context, more)
    there = dict(part.split(":", 1) for part in shown.split() if ":" in part)
    rows = {name: print_ for name, print_ in there.items() if name.isdecimal()}
    return prints | {
        "same_customer": there.get("customer") == prints["customer_print"]
        or ("newcomer" in there and _is_untouched(context, more)),
        "same_declined": there.get("declined") == prints["declined_print"],
        "whole": not rows or not context["rows"],
        "fresh": [row for row in context["rows"] if str(row["line"].position) not in rows],
        "altered": [
            row
            for row in context["rows"]
            if rows.get(str(row["line"].position), row["print"]) != row["print"]
        ],
        "gone": sorted(rows.keys() - {str(row["line"].position) for row in context["rows"]}),
    }


def _is_untouched(context: Mapping[str, Any], more: object) -> bool:
    """Whether an answer says nothing of a customer: whoever is being registered meanwhile is typed on."""
    return context["customer"] is None and not more and "customer" not in context["notes"]


def make_prints(context: Mapping[str, Any], more: object) -> Context:
    """The prints of the parts; those of the rows are written into the rows."""
    for row in context["rows"]:
        told = row["told"] or {}
        row["print"] = _digest(row["line"], row["net"], told.get("discount"), told.get("earned"))
    declined = context["quote"]["declined"] if context["quote"] else []
    return {
        "customer_print": _digest(context["customer"], context["notes"].get("customer"), more),
        "declined_print": _digest(declined),
    }


def _digest(*parts: object) -> str:
    return blake2s(repr(parts).encode(), digest_size=5).hexdigest()
