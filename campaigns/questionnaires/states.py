"""A questionnaire's life: drafted, open for a while, closed; and for whom it is open.

What is asked is a version. Opening makes one of the draft where the newest is another; whoever had begun an earlier
one goes on with that, and what was answered stays with it.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from analytics.models import SegmentMember
from campaigns.models import AnswerSheet, Questionnaire, QuestionnaireVersion
from campaigns.questionnaires import document, soundness
from foundation import prepared
from foundation.refusals import Invalid, Refused
from members.models import Member

#: As ``waiting`` has it: the first page of the cabinet asks with every visit.
_NEXT = """
SELECT q.name FROM campaigns_questionnaire q
 WHERE q.programme_id = %(programme)s::bigint AND q.state = 'open'
   AND (q.opens_at IS NULL OR q.opens_at <= %(now)s::timestamptz)
   AND (q.closes_at IS NULL OR q.closes_at > %(now)s::timestamptz)
   AND (q.segment_id IS NULL OR EXISTS (SELECT FROM analytics_segmentmember s
         WHERE s.segment_id = q.segment_id AND s.member_id = %(member)s::uuid))
   AND NOT EXISTS (SELECT FROM campaigns_answersheet a
         WHERE a.questionnaire_id = q.id AND a.member_id = %(member)s::uuid AND a.finished_at IS NOT NULL)
 ORDER BY q.closes_at ASC NULLS LAST, q.id DESC LIMIT 1
"""


def publish(questionnaire_id: int, now: datetime) -> QuestionnaireVersion:
    """Open it with the questions of the draft. Returns the version that is asked from now on.

    Raises ``Invalid`` with what must be mended first. Locks the questionnaire.
    """
    with transaction.atomic():
        row = lock(questionnaire_id)
        wrong = list(soundness.faults(document.read(row.draft)))
        if wrong:
            raise Invalid(*wrong)
        newest = row.versions.order_by("-number").first()
        if newest is None or newest.document != row.draft:
            number = newest.number + 1 if newest else 1
            newest = row.versions.create(number=number, document=row.draft, at=now)
        row.state = Questionnaire.State.OPEN
        row.save(update_fields=["state"])
        return newest


def close(questionnaire_id: int) -> None:
    """Ask nobody any more. What was answered stays. Raises ``Refused`` with ``not_open`` for a draft."""
    with transaction.atomic():
        row = lock(questionnaire_id)
        if row.state == Questionnaire.State.DRAFT:
            raise Refused("not_open", _("It was never opened."))
        row.state = Questionnaire.State.CLOSED
        row.save(update_fields=["state"])


def lock(questionnaire_id: int) -> Questionnaire:
    """The row, locked until the transaction ends: for those who change what is asked."""
    return Questionnaire.objects.select_for_update(of=("self",)).get(id=questionnaire_id)


def is_open(questionnaire: Questionnaire, now: datetime) -> bool:
    """Whether it is asked at the moment."""
    begun = questionnaire.opens_at is None or questionnaire.opens_at <= now
    over = questionnaire.closes_at is not None and questionnaire.closes_at <= now
    return questionnaire.state == Questionnaire.State.OPEN and begun and not over


def open_in(programme_id: int, now: datetime) -> QuerySet[Questionnaire]:
    """Those of a programme that are asked at the moment, whomever."""
    begun = Q(opens_at=None) | Q(opens_at__lte=now)
    goes_on = Q(closes_at=None) | Q(closes_at__gt=now)
    found = Questionnaire.objects.filter(begun, goes_on, programme_id=programme_id)
    return found.filter(state=Questionnaire.State.OPEN)


def open_to(member: Member, programme_id: int, now: datetime) -> QuerySet[Questionnaire]:
    """Those of a programme that are asked of the member at the moment, answered or not."""
    mine = SegmentMember.objects.filter(member=member).values("segment")
    return open_in(programme_id, now).filter(Q(segment=None) | Q(segment__in=mine))


def waiting(member: Member, programme_id: int, now: datetime) -> QuerySet[Questionnaire]:
    """Those that wait for the member's answers, begun or not; what closes soonest first."""
    done = AnswerSheet.objects.filter(questionnaire=OuterRef("pk"), member=member, finished_at__isnull=False)
    found = open_to(member, programme_id, now).filter(~Exists(done))
    return found.order_by(F("closes_at").asc(nulls_last=True), "-id")


def next_waiting(member: Member, programme_id: int, now: datetime) -> str | None:
    """The name of the first of them, by one prepared statement; None where nothing waits."""
    found = prepared.run(_NEXT, {"programme": programme_id, "member": member.pk, "now": now})
    return found[0]["name"] if found else None


def is_for(questionnaire: Questionnaire, member: Member) -> bool:
    """Whether it is asked of the member."""
    if questionnaire.segment_id is None:
        return True
    return SegmentMember.objects.filter(segment_id=questionnaire.segment_id, member=member).exists()


def require_open(questionnaire: Questionnaire, now: datetime) -> None:
    """Raise ``Refused`` with ``not_open`` unless it is asked at the moment."""
    if not is_open(questionnaire, now):
        raise Refused("not_open", _("This questionnaire is not open any more."))


def newest(questionnaire: Questionnaire) -> QuestionnaireVersion:
    """The version that who begins now is asked."""
    found = questionnaire.versions.order_by("-number").first()
    if found is None:
        raise Refused("not_open", _("This questionnaire is not open any more."))
    return found
