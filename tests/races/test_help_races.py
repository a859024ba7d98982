"""Requests for help under forms that come at once: one request of one form, and the day's limit exact."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from foundation.refusals import TooMany
from messaging.helpdesk import requests
from messaging.helpdesk.requests import About, Written
from messaging.models import HelpMessage, HelpRequest
from tests import factories
from tests.races.parallel import together

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_one_form_sent_sixteen_times_at_once_is_one_request_and_one_answer() -> None:
    programme = factories.ProgrammeFactory()
    member, written = factories.enrol(programme), Written(uuid4(), "Why?")

    rows = together([lambda: requests.ask(member, programme, written, About(), NOW)] * 16)
    reply = Written(uuid4(), "Because.")
    answers = together([lambda: requests.answer(rows[0].id, reply, None, NOW)] * 8)

    assert {row.id for row in rows} == {HelpRequest.objects.get().id}
    assert len({one.id for one in answers}) == 1
    assert HelpMessage.objects.count() == 2


def test_a_days_limit_holds_for_forms_that_come_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "MOST_A_DAY", 5)
    programme = factories.ProgrammeFactory()
    member = factories.enrol(programme)

    got = together([lambda: requests.ask(member, programme, Written(uuid4(), "Why?"), About(), NOW)] * 16)

    assert sum(isinstance(one, TooMany) for one in got) == 11
    assert HelpMessage.objects.count() == 5
