"""What becomes of a programme's file that was brought: tried and told, and done when somebody agrees."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import ngettext

from backoffice.files.uploads import Outcome, Tell, content_of
from backoffice.models import Upload
from campaigns.programme_file import importing
from campaigns.programme_file.document import Moment
from campaigns.programme_file.importing import Plan, StaleError
from campaigns.programme_file.problems import FileError
from loyalty.models import Programme

KIND = "loyalty.programme"


class ProgrammeFile:
    """A programme as a file."""

    def count(self, content: bytes) -> int:
        """How many lines the file has."""
        return content.count(b"\n") + 1

    def check(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """Try the file and take it back: what it would do, or everything that is wrong with it."""
        try:
            plan = importing.foresee(content_of(upload), _moment(upload, at, tell), upload.options["prune"])
        except FileError as error:
            return _refused(error)
        return Outcome(Upload.State.READY if plan.changes else Upload.State.DONE, _document(plan))

    def write(self, upload: Upload, at: datetime, tell: Tell) -> Outcome:
        """Do what was shown. When the programme is not any more what it was then, what the file would do now is
        shown instead."""
        moment, base = _moment(upload, at, tell), upload.result["base"]
        try:
            plan = importing.apply(content_of(upload), moment, upload.options["prune"], base)
        except StaleError:
            outcome = self.check(upload, at, tell)
            return Outcome(outcome.state, outcome.result | {"stale": True})
        except FileError as error:
            return _refused(error)
        _log(upload, plan)
        return Outcome(Upload.State.DONE, _document(plan) | {"applied": True})


def _moment(upload: Upload, at: datetime, tell: Tell) -> Moment:
    """The import's; how far it is, is told in lines of the file."""
    return Moment(at, upload.by_id, lambda share: tell(int(share * upload.rows)))


def _document(plan: Plan) -> dict[str, Any]:
    changes = [
        {
            "section": change.section,
            "kind": change.kind,
            "subject": change.subject,
            "lines": list(change.lines),
        }
        for change in plan.changes
    ]
    return {
        "code": plan.code, "name": plan.name, "is_new": plan.is_new, "changes": changes,
        "notes": list(plan.notes), "base": plan.base,
    }  # fmt: skip


def _refused(error: FileError) -> Outcome:
    problems = [[problem.line, problem.place, problem.message] for problem in error.problems]
    return Outcome(Upload.State.REFUSED, {"problems": problems})


def _log(upload: Upload, plan: Plan) -> None:
    done = ngettext("“%(file)s”: %(count)s change.", "“%(file)s”: %(count)s changes.", len(plan.changes))
    programme = Programme.objects.get(code=plan.code)
    LogEntry.objects.create(
        user_id=upload.by_id, content_type=ContentType.objects.get_for_model(Programme), action_flag=CHANGE,
        object_id=str(programme.pk), object_repr=str(programme)[:200],
        change_message=done % {"file": upload.name, "count": len(plan.changes)},
    )  # fmt: skip
