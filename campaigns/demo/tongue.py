"""The language in which the demo is loaded: its names and texts as they stand, or in Russian.

Codes, prices and receipts are the same in every language. What the data calls goods is said in Russian by their
categories: thousands of types in shop English have no names of their own there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_RUSSIAN = Path(__file__).parent / "russian.json"
#: Units of packages as the data writes them.
_UNITS = {
    "OZ": "унц.", "FL": "жидк.", "LB": "фунт.", "CT": "шт.", "PC": "шт.", "PK": "уп.", "ML": "мл", "L": "л",
    "LITER": "л", "LTR": "л", "QT": "кварт.", "PT": "пинт.", "GAL": "галл.", "GA": "галл.", "IN": "дюйм.", "FT": "фут.",
    "SQ": "кв.", "DZ": "дюж.", "STEM": "стебл.", "LOAD": "стирок", "LOADS": "стирок", "KIT": "набор",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tongue:
    """Says the demo's English in a language."""

    language: str = "en"
    texts: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    #: Categories of goods.
    goods: Mapping[str, str] = field(default_factory=dict)

    @property
    def translates(self) -> bool:
        """Whether it is another language than that of the data."""
        return self.language != "en"

    def text(self, english: str) -> str:
        """A name or text of the demo's own; what is none stays as it is."""
        return self.texts.get(english, english)

    def document(self, value: Any) -> Any:
        """A document with every text in it said: codes are no texts."""
        if isinstance(value, dict):
            return {key: self.document(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.document(inner) for inner in value]
        return self.text(value) if isinstance(value, str) else value

    def size(self, size: str) -> str:
        """The size of a package: ``12.5 OZ`` as ``12,5 унц.``, in small letters where the language is the data's."""
        if not self.translates:
            return " ".join(size.lower().split())
        parts = re.findall(r"\d+(?:\.\d+)?|[A-Z]+|[^\sA-Z\d]+", size.upper())
        return " ".join(_UNITS.get(part, part.replace(".", ",").lower()) for part in parts)


#: As the data and the files are written.
ENGLISH = Tongue()


def speak(language: str) -> Tongue:
    """The tongue of a language. Raises ``KeyError`` for one that the demo does not speak."""
    if language == "en":
        return ENGLISH
    kept = {"ru": _RUSSIAN}[language].read_text(encoding="utf-8")
    return Tongue(language, **json.loads(kept))
