"""What a document's parser says, in English, by code: the wording of files, the API and commands.

``SENTENCES`` has one for every code that a :class:`~loyalty.rules.document.DocumentError` may bear, and ``WANTED``
tells what a field wants, for those that say so. Nothing reads these texts but people: who must know what is wrong
looks at the code and its words.
"""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: dict[str, str] = {
    "not_object": "{value} is not an object; write {{…}}",
    "missing": "is missing; add it",
    "unknown_field": "is not known here; known are {known}",
    "unknown_choice": "{value} is not known; use one of {choices}",
    "blank_choice": "{value} is not known; use one of {choices}",
    "one_of": "has {count} of {names}; give exactly one",
    "unfit": "{value} will not do; give {wanted}",
    "blank": "{value} will not do; give {wanted}",
    "not_day": "{value} is not a day; write it as YYYY-MM-DD",
    "not_time": "{value} is not a time; write it as HH:MM, 00:00 to 24:00",
    "blank_time": "{value} is not a time; write it as HH:MM, 00:00 to 24:00",
    "never_opens_all_day": 'never opens; for the whole day give ["00:00", "24:00"]',
    "no_goods": "names no goods; give products, sets, categories or brands",
}

WANTED: dict[str, str] = {
    "codes": "a list of codes",
    "objects": "a list of objects",
    "hours": 'a list of pairs, like [["13:00", "15:00"]]',
    "pair": 'a pair, like ["13:00", "15:00"]',
    "weekdays": "a list of weekdays, 1 (Monday) to 7 (Sunday)",
    "weekday_numbers": "numbers 1 (Monday) to 7 (Sunday)",
    "whole_within": "a whole number from {least} to {most}",
    "number_within": "a number from {least} to {most}, at most {places} places",
    "year_within": "a year from {least} to {most}",
}


def write(
    code: str,
    words: Mapping[str, str],
    sentences: Mapping[str, str] = SENTENCES,
    wanted: Mapping[str, str] = WANTED,
) -> str:
    """The sentence of a code, filled in. A code that has none is its own sentence."""
    if "wanted" in words:
        kind = words["wanted"]
        words = {**words, "wanted": wanted.get(kind, kind).format_map(words)}
    return sentences.get(code, code).format_map(words)
