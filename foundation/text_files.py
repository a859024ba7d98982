"""Files that people send: their text, whatever program wrote it, and the one way of saying that a file will not do."""

from __future__ import annotations

from django.utils.translation import gettext as _


class FileFault(Exception):
    """A file that cannot be used as a whole; the text says what is wrong and how to mend it."""


def decode(content: bytes) -> str:
    """Text as people's programs write it: UTF-8, UTF-16 with its mark, or else Windows' Cyrillic.

    What cannot be read of UTF-16 is replaced: whoever reads on finds rows that name nothing.
    """
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def decode_table(content: bytes) -> str:
    """The same of a table. Raises ``FileFault`` for a workbook."""
    if content[:2] == b"PK":
        raise FileFault(_("This is a workbook: save its sheet as CSV and load that."))
    return decode(content)
