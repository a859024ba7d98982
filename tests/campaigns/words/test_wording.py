"""Numbers in sentences look as the reader's language has them; everything else stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from campaigns.words import definition_words, wording

SAID: list[Any] = [
    pytest.param("percent", {"percent": "2.5", "of": "259.82"}, ("2.5", "259.82"), ("2,5", "259,82"), id="texts"),
    pytest.param("fixed", {"points": Decimal("12.50")}, ("12.50",), ("12,50",), id="decimals"),
    pytest.param("percent", {"percent": "5", "of": "300"}, ("5%", "300"), ("5%", "300"), id="whole numbers"),
    pytest.param("outside_hours", {"hours": "13:00–15:30"}, ("13:00–15:30",), ("13:00–15:30",), id="hours"),
    pytest.param(
        "not_started", {"from": "2026-05-01 10:00"}, ("2026-05-01 10:00",), ("01.05.2026 10:00",), id="moments"
    ),
    pytest.param("wrong_tier", {"tiers": "1.5, 2.0"}, ("1.5, 2.0",), ("1.5, 2.0",), id="codes are no numbers"),
    pytest.param(
        "none_of_these",
        {"reasons": [("amount_too_low", {"at_least": "10.50", "amount": "9.99"})]},
        ("10.50", "9.99"),
        ("10,50", "9,99"),
        id="reasons within a reason",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "args", "english", "russian"), SAID)
def test_a_reason_has_the_decimal_sign_of_its_reader(
    code: str, args: dict[str, Any], english: tuple[str, ...], russian: tuple[str, ...]
) -> None:
    for language, parts in (("en", english), ("ru", russian), ("en", english)):
        with translation.override(language):
            told = wording.reason(code, args)
        assert all(part in told for part in parts), told


def test_limits_and_messages_have_it_too() -> None:
    with translation.override("ru"):
        assert "12,50" in wording.limit("balance", Decimal("12.50"), {})
        assert "0,5" in wording.limit("step", Decimal(3), {"step": "0.5"})
        assert wording.message("{points}!", {"points": "7.25"}) == "7,25!"
    with translation.override("en"):
        assert "12.50" in wording.limit("balance", Decimal("12.50"), {})
        assert wording.message("{points}!", {"points": "7.25"}) == "7.25!"


def test_what_explains_a_limit_may_hold_documents_and_lists() -> None:
    refused = [{"lot": "1", "points": "9.50", "code": "outside_hours", "args": {"hours": "13:00–15:00"}}]
    with translation.override("ru"):
        assert "834,08" in wording.limit("lot_terms", Decimal("834.08"), {"refused": refused})
        assert wording.localized({"refused": refused})["refused"][0]["points"] == "9,50"
        assert wording.localized({"steps": ["1.5", ["2.5"]]}) == {"steps": ["1,5", ["2,5"]]}


def test_what_a_marketer_wrote_is_left_as_it_is() -> None:
    with translation.override("ru"):
        assert wording.message("Menu 1.5 for {points}", {"points": "2.50"}) == "Menu 1.5 for 2,50"


@pytest.mark.parametrize(
    ("name", "value", "english", "russian"),
    [
        ("percent", "2.5", "2.5", "2,5"),
        ("from", "50.5", "50.5", "50,5"),
        ("from", "2026-12-01T00:00:00+00:00", "2026-12-01", "01.12.2026"),
        ("until", "2026-12-24T14:00:00+00:00", "2026-12-24 14:00", "24.12.2026 14:00"),
        ("products", ["2.5"], "2.5", "2.5"),
    ],
)
def test_what_changes_in_a_definition_is_told_in_the_numbers_and_days_of_the_language(
    name: str, value: Any, english: str, russian: str
) -> None:
    with timezone.override("UTC"):
        assert definition_words.say(name, value) == english
        with translation.override("ru"):
            assert definition_words.say(name, value) == russian
