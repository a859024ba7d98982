"""Files that people send, in the encodings that their programs write."""

from __future__ import annotations

import pytest

from foundation.text_files import FileFault, decode, decode_table


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1251"])
def test_text_is_read_whatever_program_wrote_it(encoding: str) -> None:
    assert decode("код;Чай\n".encode(encoding)) == "код;Чай\n"


def test_utf_16_that_breaks_off_in_a_letter_is_read_up_to_there() -> None:
    assert decode("код".encode("utf-16")[:-1]) == "ко\ufffd"


def test_a_workbook_is_no_table() -> None:
    with pytest.raises(FileFault, match="save its sheet as CSV"):
        decode_table(b"PK\x03\x04")
