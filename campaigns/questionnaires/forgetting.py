"""Letting go of what a person said in questionnaires: for an erasure, in its transaction."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from campaigns.models import AnswerPhoto, AnswerSheet
from members.models import ERASING


def forget(member_id: UUID) -> None:
    """Empty the answers of a member and delete their photos; that they finished a questionnaire stays, and so does
    the event that it was. Must run in the transaction of an erasure, behind the open door."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {ERASING}")
        if not cursor.fetchone()[0]:
            raise RuntimeError("Answers are forgotten in an erasure alone.")
    AnswerPhoto.objects.filter(sheet__member_id=member_id).delete()
    AnswerSheet.objects.filter(member_id=member_id).update(answers={}, source="", caller="", token=None)


def hand_over(member_id: UUID, nobody_id: UUID, programme_id: int) -> None:
    """Let nobody have answered what a member answered in a programme that they leave. As ``forget``."""
    mine = AnswerSheet.objects.filter(member_id=member_id, questionnaire__programme=programme_id)
    mine.update(member_id=nobody_id)
