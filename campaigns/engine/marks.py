"""Texts that somebody translates later: the engine marks them, whoever shows them has the language."""

from __future__ import annotations


def gettext_noop(text: str) -> str:
    """Mark a text for translation and leave it as it is."""
    return text
