"""Letting go of what a person said in questionnaires: for an erasure, in its transaction."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from campaigns.models import AnswerPhoto, AnswerSheet


def forget(member_id: UUID) -> None:
    """Empty the answers of a member and delete their photos; that they finished a questionnaire stays, and so does
    the event that it was. Must run in the transaction of an erasure, which has set ``regulars.erasing``."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('regulars.erasing', true)")
        if cursor.fetchone()[0] != "on":
            raise RuntimeError("Answers are forgotten in an erasure alone.")
    AnswerPhoto.objects.filter(sheet__member_id=member_id).delete()
    AnswerSheet.objects.filter(member_id=member_id).update(answers={}, source="", caller="", token=None)
