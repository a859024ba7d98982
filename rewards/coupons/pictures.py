"""Codes as pictures: QR (ISO/IEC 18004) and Code 128 (ISO/IEC 15417), as SVG that scales to any paper."""

from __future__ import annotations

from io import BytesIO

from barcode import Code128
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from segno import QRCode, make

#: Light modules around a barcode that scanners need.
_QUIET = 10
_HEIGHT = 60


def qr(code: str) -> SafeString:
    """A QR symbol of the code alone: what a scanner reads is what a cashier would type."""
    return mark_safe(symbol(code).svg_inline(omitsize=True, border=4))


def picture(code: str) -> bytes:
    """The same symbol as a file of its own."""
    out = BytesIO()
    symbol(code).save(out, kind="svg", border=4, light="white", scale=8)
    return out.getvalue()


def symbol(code: str) -> QRCode:
    """The symbol's modules. Letters beyond ASCII are written as UTF-8: left to itself, segno takes Shift JIS for
    Cyrillic ones, which few readers know."""
    return make(code, error="m", micro=False, encoding=None if code.isascii() else "utf-8")


def barcode(code: str) -> SafeString | None:
    """A Code 128 symbol; None for a code with characters that it has not."""
    if not code.isascii():
        return None
    [modules] = Code128(code).build()
    path = "".join(f"M{start} 0h{width}v{_HEIGHT}h-{width}z" for start, width in _bars(modules))
    size = len(modules) + 2 * _QUIET
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" preserveAspectRatio="none" '
        'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{}v{}h-{}z"/><path fill="#000" d="{}"/></svg>',
        size, _HEIGHT, size, _HEIGHT, size, path,
    )  # fmt: skip


def _bars(modules: str) -> list[tuple[int, int]]:
    """Where the dark bars begin and how wide they are, quiet zone included."""
    bars: list[tuple[int, int]] = []
    for place, module in enumerate(modules, _QUIET):
        if module == "0":
            continue
        if bars and sum(bars[-1]) == place:
            bars[-1] = (bars[-1][0], bars[-1][1] + 1)
        else:
            bars.append((place, 1))
    return bars
