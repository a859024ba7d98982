"""What becomes of a large file of a segment's members: a worker finds them, and a worker applies what was shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils.translation import gettext as _

from analytics import segment_files
from analytics.models import Segment, SegmentFile
from backoffice.files.uploads import Outcome, Tell, content_of
from backoffice.models import Upload
from foundation.text_files import FileFault

LOADED, APPLIED = "analytics.segment", "analytics.segmentfile"


class Loaded:
    """A file whose members are to be found."""

    def count(self, content: bytes) -> int:
        """How many lines the file has."""
        return content.count(b"\n") + 1

    def check(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """Find the members, and keep what was found for the segment's own page of the file."""
        segment = Segment.objects.get(pk=upload.options["segment"])
        try:
            file = segment_files.keep(segment, upload.name, content_of(upload), at, upload.by_id, tell)
        except FileFault as fault:
            return Outcome(Upload.State.REFUSED, {"told": str(fault)})
        return Outcome(
            Upload.State.DONE, {"address": reverse("admin:analytics_segment_file", args=[file.pk])}
        )

    def write(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """Never: there is nothing to agree to here."""
        raise NotImplementedError


class Applied:
    """A file that was read, and is to be applied as somebody chose."""

    def count(self, content: bytes) -> int:
        """Nothing is brought."""
        return 0

    def check(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """What failed is done again: it was agreed to."""
        return self.write(upload, at, tell)

    def write(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """Do what was shown, once."""
        pk, mode = UUID(upload.options["file"]), upload.options["mode"]
        repeated = SegmentFile.objects.get(pk=pk).applied_at is not None
        try:
            file = segment_files.apply(pk, mode, at, upload.by_id)
        except FileFault as fault:
            return Outcome(Upload.State.REFUSED, {"told": str(fault)})
        if not repeated:
            LogEntry.objects.create(
                user_id=upload.by_id, content_type=ContentType.objects.get_for_model(Segment), action_flag=CHANGE,
                object_id=str(file.segment_id), object_repr=str(file.segment)[:200], change_message=tell_of(file),
            )  # fmt: skip
        return Outcome(
            Upload.State.DONE, {"address": reverse("admin:analytics_segment_file", args=[file.pk])}
        )


def tell_of(file: SegmentFile) -> str:
    """What applying a file did."""
    told = _("“%(file)s”: entered %(entered)s, left %(left)s.")
    return told % {"file": file.name, "entered": file.entered, "left": file.left}
