"""What the demo asks its members: a questionnaire that some have answered, and the campaign that thanks them for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns import rulebooks
from campaigns.demo.dataset import card_of
from campaigns.models import Campaign, LandingPage, Questionnaire
from campaigns.questionnaires import answering, document, states
from campaigns.questionnaires.answering import Sent
from loyalty.models import Programme
from members.models import Member

#: So many members have answered; the others find it on their first page.
ANSWERED = 14


def begin(programme: Programme, asked: Mapping[str, Any], households: Sequence[int], now: datetime) -> int:
    """Open the questionnaires that are not there yet, and let some members answer. Returns how many are new."""
    thanks = asked["campaign"]
    with transaction.atomic():
        if not Campaign.objects.filter(programme=programme, code=thanks["code"]).exists():
            campaign = Campaign.objects.create(
                programme=programme, code=thanks["code"], name=thanks["name"], draft=thanks["definition"]
            )
            rulebooks.publish(campaign, now)
    known = set(Questionnaire.objects.filter(programme=programme).values_list("code", flat=True))
    new = [one for one in asked["questionnaires"] if one["code"] not in known]
    for one in new:
        row = _open(programme, one, now)
        numbers = [card_of(household) for household in households[-ANSWERED:]]
        members = Member.objects.filter(cards__number__in=numbers, status=Member.Status.ACTIVE).order_by("id")
        for index, member in enumerate(members):
            _answer(row, member, asked["answers"][index % len(asked["answers"])], now)
    return len(new)


@transaction.atomic
def _open(programme: Programme, one: Mapping[str, Any], now: datetime) -> Questionnaire:
    told = {name: one[name] for name in ("code", "name", "intro", "thanks", "for_anyone")}
    draft = {"version": document.FORM, "questions": one["questions"]}
    row = Questionnaire.objects.create(programme=programme, draft=draft, **told)
    states.publish(row.pk, now)
    row.refresh_from_db()
    pages = LandingPage.objects.filter(campaign__programme=programme, code=one["page"])
    pages.update(form=row)
    return row


def _answer(row: Questionnaire, member: Member, said: Mapping[str, list[str]], now: datetime) -> None:
    sheet = answering.begin(member, row, now)
    for page in document.pages(document.read(sheet.version.document)):
        answering.keep(sheet.id, page, Sent(said), now)
    answering.finish(sheet.id, now)
