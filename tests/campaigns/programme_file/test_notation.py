"""The YAML of a programme's file: what is written is read back, and nothing else is let in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.programme_file import notation
from campaigns.programme_file.problems import FileError

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
WORDS = st.sampled_from(
    ["", "~", "null", "true", "No", "on", "1e5", "1.", "007", "-0", "0x1F", "1_000", "13:00", "2026-11-21", "=", "<<",
     "- a", "a: b", "#", "a #b", "*a", "&a", "!x", "%", "@", "`", "{", "[", "|", ">", "?", "'", '"', "\u2028", "\x85",
     "line\nline\n", "\n", " ", "tab\t", "…", "\ufeff", "trailing \n", "--- a", "..."]
)  # fmt: skip
VALUES: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
    | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT | WORDS, inner, max_size=4),
    max_leaves=15,
)


@given(value=st.dictionaries(TEXT | WORDS, VALUES, max_size=4))
@example(value={"a": 1e22, "b": 5.0, "c": -0.0, "d": 1e-7})
def test_whatever_is_written_is_read_back(value: Any) -> None:
    text = notation.write(value)

    assert notation.read(text).value == value
    assert notation.read(text.encode()).value == value
    assert notation.write(notation.read(text).value) == text


@given(first=TEXT | WORDS, second=TEXT | WORDS)
@example(first="\n", second="")
@example(first="Free coffee.\n\n", second="\n\n")
def test_parts_that_are_written_apart_are_read_together(first: str, second: str) -> None:
    text = notation.write({"a": first}) + notation.write({"b": second})

    assert notation.read(text).value == {"a": first, "b": second}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("13:00", "13:00"),
        ("2026-11-21", "2026-11-21"),
        ("007", "007"),
        ("no", "no"),
        ("7", 7),
        ("-7.50", -7.5),
        ("1e3", 1000.0),
        ("True", True),
        ("~", None),
        ("1e999", "1e999"),
        ("", None),
        ("'7'", "7"),
    ],
)
def test_words_mean_what_they_look_like(text: str, value: Any) -> None:
    assert notation.read(f"a: {text}\n").value == {"a": value}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "line 3: “a” stands here twice"),
        ("a: &x [1]\nb: *x\n", "line 1: anchors (&) and references (*) are not read here"),
        ("a: 1\nb: !!python/object:os.system x\n", "line 2: tags (!) are not read here"),
        ("a: !!str x\n", "line 1: tags (!)"),
        ("a: [1, 2\nb: 3\n", "line 2: this is not YAML"),
        ("a: 1\n\tb: 2\n", "this is not YAML"),
        ("a: 1\n---\nb: 2\n", "there is a second document (---)"),
        ("? [a, b]\n: 1\n", "line 1: a name must be a plain text"),
        ("", "The file is empty."),
        ("# nothing but a comment\n", "The file is empty."),
        ("[" * 100 + "]" * 100, "nested too deep"),
        ("a: \x00b\n", "this is not YAML"),
    ],
)
def test_what_is_not_plain_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(FileError) as error:
        notation.read(text)
    assert said in str(error.value)


def test_a_file_that_is_not_utf_8_or_too_large_is_refused() -> None:
    with pytest.raises(FileError, match="UTF-8"):
        notation.read("a: Кофе".encode("cp1251"))
    with pytest.raises(FileError, match="larger than 2 MB"):
        notation.read(b"a" * (notation.MOST_BYTES + 1))


def test_a_mark_at_the_beginning_is_no_part_of_the_text() -> None:
    assert notation.read("\ufeffa: 1\n".encode()).value == {"a": 1}
    assert notation.read("\ufeffa: 1\n").value == {"a": 1}


def test_every_place_has_its_line() -> None:
    source = notation.read("a:\n  b: 1\n  c:\n  - x\n  - d: 2\n    e: 3\n")

    assert source.line(("a", "b")) == 2
    assert source.line(("a", "c", 1, "e")) == 6
    assert source.line(("a", "c", 1, "missing", 0)) == 5
    assert source.line(("nowhere",)) == 0
