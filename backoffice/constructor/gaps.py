"""What is still missing, as the page shows it: marked in the sentence, and as a list of places to go to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from backoffice.constructor.sheet import Sheet
from campaigns.words.phrases.missing import CLOSE, OPEN

_GAP = re.compile(f"{OPEN}([^{OPEN}{CLOSE}]*){CLOSE}")
#: How many things the page lists.
SHOWN = 6


class Todo(NamedTuple):
    """Something that is missing or wrong: the row's id, the question it belongs to, and what to do."""

    anchor: str
    question: str
    text: str


def mark(text: str) -> SafeString:
    """A sentence with its gaps marked."""
    pieces = _GAP.split(text)
    return format_html_join(
        "",
        "{}",
        (
            (format_html('<mark class="rc-gap">{}</mark>', piece) if number % 2 else piece,)
            for number, piece in enumerate(pieces)
        ),
    )


def todos(sheets: Iterable[Sheet]) -> Iterator[Todo]:
    """What is to be mended, the first few, in the order of the questions."""
    left = SHOWN
    for sheet in sheets:
        for anchor, texts in _places(sheet):
            for text in texts:
                if not left:
                    return
                left -= 1
                yield Todo(anchor, f"{sheet.number}\u00a0{sheet.title}", text)


def _places(sheet: Sheet) -> Iterator[tuple[str, list[str]]]:
    yield f"q-{sheet.key}", sheet.problems
    for line in (*sheet.lines, *sheet.all_conditions(), *(sheet.effects or ())):
        yield line.id, line.problems
