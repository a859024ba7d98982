"""A questionnaire finished from many places at once: one sheet, one event, one bonus."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest

from campaigns.models import AnswerSheet, EventReward
from campaigns.questionnaires import answering, document
from campaigns.questionnaires.answering import Sent
from loyalty.models import Account, Transfer
from members import attributes
from members.models import Event, Member
from tests import factories
from tests.factories import START
from tests.questions import bonus, opened, question
from tests.races.parallel import THREADS, books_right_after, done, together

pytestmark = pytest.mark.django_db(transaction=True)
NOW = START + timedelta(days=1)


def test_a_questionnaire_begun_and_finished_in_sixteen_threads_gives_one_bonus() -> None:
    programme = factories.open_shop().programme
    factories.publish_campaign(programme, bonus())
    pets = opened(programme, question("name", required=True, attribute="dog"))
    anna = factories.enrol(programme)
    questions = document.read(pets.versions.get().document)

    def answer() -> object:
        sheet = answering.begin(anna, pets, NOW)
        answering.keep(sheet.id, questions, Sent({"name": ["Rex"]}), NOW)
        return answering.finish(sheet.id, NOW)

    with books_right_after():
        results = together([answer] * THREADS)

    assert len(done(results)) >= 1
    assert AnswerSheet.objects.filter(finished_at=NOW).count() == AnswerSheet.objects.count() == 1
    assert Event.objects.filter(kind="questionnaire.finished").count() == 1
    assert (
        EventReward.objects.count() == Transfer.objects.filter(reason="questionnaire.finished").count() == 1
    )
    assert Account.objects.get(holders__member=anna).balance == Decimal(50)


def test_a_form_that_is_claimed_from_many_browsers_at_once_is_one_members() -> None:
    programme = factories.open_shop().programme
    factories.publish_campaign(programme, bonus())
    form = opened(programme, for_anyone=True)
    members = [factories.enrol(programme) for _ in range(THREADS)]
    sheet, token = answering.begin_unknown(form, "10.0.0.1", "", NOW)
    questions = document.read(sheet.version.document)
    answering.keep(sheet.id, questions, Sent({"name": ["Rex"]}), NOW)
    answering.finish(sheet.id, NOW)

    with books_right_after():
        taken = together([partial(answering.claim, token, who, programme.pk, NOW) for who in members])

    assert len([one for one in taken if one is not None]) == 1
    assert sum(Account.objects.filter(kind="member").values_list("balance", flat=True)) == Decimal(50)


def test_two_who_write_different_attributes_at_once_both_stand() -> None:
    anna = factories.enrol(factories.open_shop().programme)

    together([partial(attributes.change, anna.id, {f"a{number}": 1}) for number in range(THREADS)])

    assert len(Member.objects.get(id=anna.id).attributes) == THREADS
