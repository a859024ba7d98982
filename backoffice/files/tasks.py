"""The back office's work that takes its time. Each task may run late, twice, or in two workers at once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from backoffice.files import uploads
from backoffice.files.upload_kinds import KINDS
from foundation.sending import send

#: A file that nobody touched for so long has lost its worker.
LOST_AFTER = timedelta(minutes=2)


@shared_task
def work_on_upload(upload_id: str) -> None:
    """Do the step of an uploaded file that is due."""
    uploads.work(UUID(upload_id), KINDS, timezone.now())


@shared_task
def tidy_uploads() -> None:
    """Take up files whose worker is gone, or whose task was lost; forget old ones."""
    now = timezone.now()
    uploads.forget(now - uploads.KEPT)
    for upload_id in uploads.forgotten(now - LOST_AFTER):
        send(work_on_upload, str(upload_id))
