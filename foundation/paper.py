"""A table on paper: a PDF of A4 pages in a font that has Latin, Cyrillic and Greek letters and signs of currencies.

The font (DejaVu Sans) lies beside this module, with its licence. What it has no picture of is shown as a box.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fpdf import FPDF
from fpdf.enums import XPos, YPos

FONTS = Path(__file__).parent / "fonts"
_FILES = {"": FONTS / "DejaVuSans.ttf", "B": FONTS / "DejaVuSans-Bold.ttf"}
#: Millimetres of a line of text, and points of its letters.
_LINE, _SIZE = 4.2, 8
#: A cell is cut at so many letters: a page holds any of that size.
_LONGEST = 600


class Column(NamedTuple):
    """A column: what stands above it, its width in millimetres (180 in all), and whether it holds numbers."""

    title: str
    width: float
    number: bool = False


class _Sheet(FPDF):
    """Pages with the table's head above and their number below."""

    def __init__(self, columns: Sequence[Column], numbered: Callable[[int], str]) -> None:
        super().__init__(format="A4")
        self.columns, self.numbered = columns, numbered
        for style, file in _FILES.items():
            self.add_font("DejaVu", style, file)
        self.set_margins(15, 15, 15)
        self.c_margin = 0
        self.set_auto_page_break(False)
        self.begun = False

    def header(self) -> None:
        """The head of the table, on every page but the first, where it follows the heading."""
        if self.begun:
            self.head()

    def footer(self) -> None:
        """The page's number."""
        self.set_y(-12)
        self.set_font("DejaVu", "", 7)
        self.cell(0, 5, known(self.numbered(self.page_no())), align="C")

    def head(self) -> None:
        """What stands above the columns."""
        self.begun = True
        self.row([column.title for column in self.columns], bold=True)

    def row(self, cells: Sequence[str], *, bold: bool = False) -> None:
        """One row, on this page or the next."""
        self._write_in("B" if bold else "")
        texts = [known(cell) for cell in cells]
        lines = [
            self._wrapped(text, column.width - 2) for column, text in zip(self.columns, texts, strict=True)
        ]
        height = max(map(len, lines)) * _LINE + 1.2
        if self.get_y() + height > self.h - 18 and not bold:
            self.add_page()
            self._write_in("")
        top, left = self.get_y(), self.l_margin
        for column, written in zip(self.columns, lines, strict=True):
            for number, line in enumerate(written):
                shift = column.width - 1 - self._wide(line) if column.number else 0
                self.text(left + shift, top + 0.6 + (number + 0.75) * _LINE, line)
            left += column.width
        self.set_draw_color(200)
        self.line(self.l_margin, top + height, self.w - self.r_margin, top + height)
        self.set_xy(self.l_margin, top + height)

    def _write_in(self, style: str) -> None:
        self.set_font("DejaVu", style, _SIZE)
        self.widths = _widths()[style]

    def _wrapped(self, text: str, width: float) -> list[str]:
        """The lines of a cell: broken at blanks, and inside of words that are wider than the cell. Widths are those of
        the letters alone, which fpdf2's own breaking goes through far more slowly."""
        lines = []
        for part in text.split("\n"):
            line, used = "", 0.0
            for word in part.split(" "):
                for piece in self._pieces(word, width):
                    wide = self._wide(piece)
                    blank = self._wide(" ") if line else 0.0
                    if line and used + blank + wide > width:
                        lines.append(line)
                        line, used = piece, wide
                    else:
                        line, used = f"{line} {piece}" if line else piece, used + blank + wide
            lines.append(line)
        return lines

    def _pieces(self, word: str, width: float) -> Iterator[str]:
        """A word, in pieces of which each has its place in a cell."""
        begin, used = 0, 0.0
        for end, letter in enumerate(word):
            wide = self._wide(letter)
            if used + wide > width:
                yield word[begin:end]
                begin, used = end, 0.0
            used += wide
        yield word[begin:]

    def _wide(self, text: str) -> float:
        """How wide letters are, in millimetres."""
        return sum(self.widths[ord(letter)] for letter in text) * self.font_size / 1000


def table(
    title: str,
    heading: Iterable[str],
    columns: Sequence[Column],
    rows: Iterable[Sequence[str]],
    *,
    numbered: Callable[[int], str] = str,
    language: str = "en",
    below: str = "",
) -> bytes:
    """The PDF of a table: a title, lines of a heading, rows, a line below. ``numbered`` says a page's number."""
    sheet = _Sheet(columns, numbered)
    sheet.set_title(known(title))
    sheet.set_lang(language)
    sheet.add_page()
    sheet.set_font("DejaVu", "B", 14)
    sheet.multi_cell(0, 7, known(title), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.set_font("DejaVu", "", 9)
    for line in heading:
        sheet.multi_cell(0, 4.6, known(line), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    sheet.ln(3)
    sheet.head()
    for row in rows:
        sheet.row(row)
    if below:
        sheet.ln(2)
        sheet.set_font("DejaVu", "", 8)
        sheet.multi_cell(0, 4.2, known(below), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    return bytes(sheet.output())


def known(text: str) -> str:
    """The text without what the font has no picture of, cut where no cell holds it; signs that say how letters are
    written and are none (a joiner, a tab) are blanks."""
    letters = _letters()
    return "".join(
        one if ord(one) in letters else "\n" if one == "\n" else _instead(one) for one in text[:_LONGEST]
    )


def _instead(sign: str) -> str:
    return "□" if sign.isprintable() else " "


@cache
def _letters() -> frozenset[int]:
    """What both fonts have pictures of."""
    return frozenset(set.intersection(*(set(widths) for widths in _widths().values())))


@cache
def _widths() -> dict[str, dict[int, float]]:
    """The letters of each font and how wide they are, in thousandths of its size."""
    bare, found = FPDF(), {}
    for style, file in _FILES.items():
        bare.add_font("DejaVu", style, file)
        bare.set_font("DejaVu", style, _SIZE)
        font: Any = bare.current_font
        found[style] = {letter: font.cw[letter] for letter in font.cmap}
    return found
