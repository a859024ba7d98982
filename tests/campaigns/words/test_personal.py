"""Why an offer is shown to somebody, in plain words from its definition, and which offers are personal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polib
import pytest
from django.conf import settings

from campaigns.engine.vocabulary import CONDITIONS
from campaigns.words import personal
from campaigns.words.phrases.yours import YOURS

#: The catalogue that holds every text of the code.
RUSSIAN = Path(settings.LOCALE_PATHS[0]) / "ru" / "LC_MESSAGES" / "django.po"
GIVES = {"what": [{"effect": "points_fixed", "points": "5"}]}
SPENT = {"condition": "spent", "period": "month", "at_least": "100"}
LARGE = {"condition": "receipt_amount", "at_least": "50"}
WOMEN = {"condition": "gender", "is": "female"}


def offer(**parts: Any) -> dict[str, Any]:
    return {**GIVES, **{name.rstrip("_"): part for name, part in parts.items()}}


def named(kind: str, code: str) -> str:
    return {"gold": "Gold", "tea": "Tea lovers"}.get(code, code)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (offer(), []),
        (offer(whom={"who": "members"}, if_=LARGE), []),
        (offer(whom={"tiers": ["gold"]}), ["It is for the tier Gold, which is yours."]),
        (
            offer(whom={"segments": ["tea"]}),
            ["It is for members on a list that the programme keeps (Tea lovers); you are on it."],
        ),
        (offer(whom={"card_kinds": ["plastic"]}), ["It is for members with a card plastic, such as yours."]),
        (
            offer(whom={"except": {"segments": ["tea"]}}),
            ["It is not for Tea lovers; you are not among them."],
        ),
        (
            offer(when={"around": {"date": "birthday", "before": 3}}),
            ["It counts from 3 days before your birthday to the day itself."],
        ),
    ],
)
def test_an_offer_tells_whom_it_is_for(document: dict[str, Any], said: list[str]) -> None:
    assert personal.why(document, named) == said


def test_every_word_that_is_spoken_otherwise_to_the_member_is_one_that_is_said() -> None:
    known = {entry.msgid for entry in polib.pofile(str(RUSSIAN))}
    assert set(YOURS) <= known


def test_conditions_on_the_member_are_told_and_those_on_the_purchase_alone_are_not() -> None:
    (text,) = personal.why(offer(if_={"all": [SPENT, LARGE, WOMEN]}), named)

    assert text.startswith("It counts only if ")
    assert "you are a woman" in text
    assert text.count(";") == 1


def test_of_several_conditions_of_which_one_is_enough_all_are_told_so_that_it_stays_true() -> None:
    (text,) = personal.why(offer(if_={"any": [WOMEN, LARGE]}), named)
    (against,) = personal.why(offer(if_={"none": [WOMEN]}), named)

    assert " or " in text
    assert "50" in text
    assert "none of this holds" in against


@pytest.mark.parametrize(
    ("document", "is_personal"),
    [
        (offer(), False),
        (offer(whom={"tiers": ["gold"]}), False),
        (offer(if_=LARGE), False),
        (offer(whom={"segments": ["tea"]}), True),
        (offer(whom={"except": {"segments": ["tea"]}}), True),
        (offer(when={"around": {"date": "birthday"}}), True),
        (offer(if_={"any": [LARGE, WOMEN]}), True),
        (offer(if_={"none": [SPENT]}), True),
    ],
)
def test_an_offer_is_personal_where_it_looks_at_more_of_a_member_than_tier_and_card(
    document: dict[str, Any], is_personal: bool
) -> None:
    assert personal.is_personal(document) is is_personal


def test_every_condition_on_a_member_is_told_by_the_name_of_the_form() -> None:
    about = {kind for kind, word in CONDITIONS.items() if word.about == "member"}
    tree = {"all": [{"condition": kind} for kind in sorted(CONDITIONS)]}

    assert personal.looks_at(offer(if_=tree)) == {str(CONDITIONS[kind].title) for kind in about}
    assert personal.looks_at(offer(whom={"tiers": ["gold"]}, when={"around": {"date": "birthday"}})) == {
        "tier",
        "birthday",
    }
