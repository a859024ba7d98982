"""``manage.py import_programme FILE``: what a file says of a programme, all of it or nothing."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.programme_file import importing
from campaigns.programme_file.document import Moment
from campaigns.programme_file.importing import Plan
from campaigns.programme_file.problems import FileError

SIGNS = {"added": "+", "changed": "~", "removed": "-"}


class Command(BaseCommand):
    """Read a programme from a file, in one transaction."""

    help = "Reads a programme from YAML; docs/operating/programme-as-code.md describes the file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The file, and how to take it."""
        parser.add_argument("file", help="the file, or - for the standard input")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument(
            "--prune", action="store_true", help="what a section of the file does not name goes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what changes, a line each; exits with 1 when the file will not do, with 2 when it cannot be read."""
        moment = Moment(timezone.now())
        take = importing.foresee if options["dry_run"] else importing.apply
        try:
            plan = take(self.read(options["file"]), moment, prune=options["prune"])
        except FileError as error:
            for problem in error.problems:
                self.stderr.write(str(problem))
            raise CommandError(_("Nothing was changed."), returncode=1) from None
        for line in told(plan):
            self.stdout.write(line)
        self.stdout.write(self.conclude(plan, options["dry_run"]))

    def read(self, name: str) -> bytes:
        """The file's content. Raises ``CommandError`` when there is none."""
        try:
            return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise CommandError(f"{name} cannot be read: {error.strerror}.", returncode=2) from None

    def conclude(self, plan: Plan, dry: bool) -> str:
        """How it went, in one sentence."""
        if not plan.changes:
            return _("The programme “%(name)s” is as the file says; nothing changes.") % {"name": plan.name}
        if dry:
            return _("This is what would change; nothing was changed.")
        return _("Done: the programme “%(name)s” is as the file says.") % {"name": plan.name}


def told(plan: Plan) -> list[str]:
    """The plan line by line: ``~ Campaign “Coffee hours”: percent of points: 5 → 7``."""
    lines = []
    for change in plan.changes:
        sign = SIGNS[change.kind]
        lines += [f"{sign} {change.subject}: {line}" for line in change.lines] or [f"{sign} {change.subject}"]
    return lines + [f"! {note}" for note in plan.notes]
