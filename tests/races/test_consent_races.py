"""Consents and their texts, from many threads at once: one answer, and a version of its own for each who writes."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from members import consent_texts, questions
from members.models import Consent, ConsentText, Purpose
from tests import factories
from tests.races.parallel import THREADS, done, together

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def test_the_same_answer_given_sixteen_times_at_once_is_one() -> None:
    member = factories.MemberFactory()
    asked = questions.of("club", "en", ["sms"], [])
    said = [question.answer(granted=True) for question in asked]

    results = together([partial(questions.answer, member, said, NOW, "cabinet", {})] * THREADS)

    assert sorted(done(results)) == [0] * (THREADS - 1) + [len(asked)]
    assert Consent.objects.count() == len(asked)


def test_sixteen_who_write_a_text_at_once_write_sixteen_versions() -> None:
    def write(number: int) -> ConsentText:
        wording = ConsentText(circle="club", purpose=Purpose.PROFILING, language="en", text=f"Text {number}.")
        return consent_texts.write(wording, NOW)

    together([partial(write, number) for number in range(THREADS)])

    assert sorted(ConsentText.objects.values_list("version", flat=True)) == list(range(1, THREADS + 1))
