"""Every kind of file that can be brought to the back office, by its name."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from backoffice.files import programme_uploads, segment_uploads, sheet_files, sheet_rows
from backoffice.files.sheet import Sheet
from backoffice.files.sheet_drafts import Report
from backoffice.files.sheets import SHEETS
from backoffice.files.uploads import Kind, Outcome, Tell, content_of
from backoffice.models import Upload


class _Mistaken(Exception):
    """Takes back what was written before the mistake was found."""


class Table:
    """A file of one of the tables."""

    def __init__(self, sheet: type[Sheet]) -> None:
        self.sheet = sheet

    def count(self, content: bytes) -> int:
        """How many rows the file has. Raises ``FileFault`` for no table, or one of other columns."""
        table = sheet_files.read(content)
        self.sheet().columns(table.headers)
        return len(table.rows)

    def check(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """What would be made and changed."""
        report = self._walk(upload, at, tell, write=False)
        if report.wrong:
            return Outcome(Upload.State.REFUSED, report.document())
        nothing = not report.new and not report.changed
        return Outcome(Upload.State.DONE if nothing else Upload.State.READY, report.document())

    def write(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """Make and change it, all or nothing: what became wrong since the check is told instead."""
        try:
            with transaction.atomic():
                report = self._walk(upload, at, tell, write=True)
                if report.wrong:
                    raise _Mistaken
        except _Mistaken:
            return Outcome(Upload.State.REFUSED, report.document())
        return Outcome(Upload.State.DONE, report.document())

    def _walk(self, upload: Upload, at: datetime, tell: Tell, *, write: bool) -> Report:
        sheet = self.sheet(author=upload.by_id, file=upload.name)
        return sheet_rows.examine(sheet, sheet_files.read(content_of(upload)), at, write=write, tell=tell)


KINDS: dict[str, Kind] = {
    **{model: Table(sheet) for model, sheet in SHEETS.items()},
    programme_uploads.KIND: programme_uploads.ProgrammeFile(),
    segment_uploads.LOADED: segment_uploads.Loaded(),
    segment_uploads.APPLIED: segment_uploads.Applied(),
}
