"""Codes: what their check character finds, what the reader forgives, and how they are shown."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rewards import codes

bodies = st.text(codes.ALPHABET, min_size=codes.SHORTEST - 1, max_size=codes.LONGEST - 1)
right_codes = bodies.map(lambda body: body + codes.check_character(body))


def test_the_alphabet_has_no_characters_that_are_taken_for_one_another() -> None:
    assert len(codes.ALPHABET) == len(set(codes.ALPHABET)) == 31
    assert not set("01OIL") & set(codes.ALPHABET)


@given(right_codes, st.data())
def test_every_single_wrong_character_is_found(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 1))
    wrong = data.draw(st.sampled_from(codes.ALPHABET.replace(code[place], "")))
    assert codes.is_right(code)
    assert not codes.is_right(code[:place] + wrong + code[place + 1 :])


@given(right_codes, st.data())
def test_every_swap_of_two_characters_is_found(code: str, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(code) - 2))
    second = data.draw(st.integers(first + 1, len(code) - 1))
    assume(code[first] != code[second])
    swapped = list(code)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    assert not codes.is_right("".join(swapped))


@given(right_codes, st.data())
def test_every_doubled_pair_that_is_taken_for_another_is_found(code: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(code) - 3))
    pair = data.draw(st.sampled_from(codes.ALPHABET))
    body = code[:place] + pair * 2 + code[place + 2 : -1]
    other = data.draw(st.sampled_from(codes.ALPHABET.replace(pair, "")))
    whole = body + codes.check_character(body)
    assert not codes.is_right(whole[:place] + other * 2 + whole[place + 2 :])


@pytest.mark.parametrize(("code", "right"), [("7K2M9XQ4", False), ("", False), ("O0I1L", False)])
def test_what_is_no_code_is_not_right(code: str, right: bool) -> None:
    assert codes.is_right(code) is right


def test_generated_codes_differ_have_the_asked_length_and_are_right() -> None:
    made = list(codes.generate(5_000, 12, "SUMMER"))
    assert len(set(made)) == 5_000
    assert {len(code) for code in made} == {18}
    assert all(codes.is_right(code.removeprefix("SUMMER")) for code in made)


def test_generated_characters_are_even_over_the_alphabet() -> None:
    text = "".join(code[:-1] for code in codes.generate(31_000, 11))
    counts = [text.count(character) for character in codes.ALPHABET]
    assert len(text) == 310_000
    assert all(9_300 < found < 10_700 for found in counts)  # 10 000 each, seven standard deviations


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("welcome10", "WELCOME10"),
        ("  Welcome 10 ", "WELCOME10"),
        ("7k2m-9xq4-bbbb", "7K2M9XQ4BBBB"),
        ("7K2M–9XQ4—BBBB", "7K2M9XQ4BBBB"),
        ("7K2M_9XQ4 BBBB", "7K2M9XQ4BBBB"),
        ("ＷＥＬＣＯＭＥ１０", "WELCOME10"),
        ("скидка 10", "СКИДКА10"),
        ("ab", ""),
        ("", ""),
        ("A" * 41, ""),
        ("A" * 500, ""),
        ("50% off", ""),
        ("a'; drop table", ""),
        ("abc\0def", ""),
    ],
)
def test_what_people_type_is_read_as_the_code_they_mean(typed: str, code: str) -> None:
    assert codes.normalise(typed) == code


@given(st.text(max_size=60))
def test_a_code_in_its_one_form_is_read_as_itself(typed: str) -> None:
    code = codes.normalise(typed)
    assert codes.normalise(code) == code


@given(right_codes)
def test_a_code_as_shown_is_read_as_itself(code: str) -> None:
    assert codes.normalise(codes.show("SUN" + code, "SUN")) == "SUN" + code
    assert codes.normalise(codes.show(code)) == code


def test_a_generated_code_is_shown_in_groups_and_another_as_it_is() -> None:
    body = "7K2M9XQ4BBB"
    code = body + codes.check_character(body)
    assert codes.show("SUN" + code, "SUN") == f"SUN-7K2M-9XQ4-BBB{code[-1]}"
    assert codes.show("WELCOME10", "SUN") == "WELCOME10"
    assert codes.show("SUN10OFF", "SUN") == "SUN10OFF"


def test_short_codes_leave_room_for_few() -> None:
    assert codes.room(8) < 30_000
    assert codes.room(10) > 1_000_000
