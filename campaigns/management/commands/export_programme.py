"""``manage.py export_programme CODE``: a programme as YAML, the same text as long as it is the same."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.programme_file import layout, snapshot
from loyalty.models import Programme


class Command(BaseCommand):
    """Write a programme to a file or to the standard output."""

    help = "Writes a programme as YAML; docs/operating/programme-as-code.md describes the file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The programme, the file, or the schema instead."""
        parser.add_argument(
            "code", nargs="?", help="the programme's code; not needed where there is only one"
        )
        parser.add_argument(
            "--output", "-o", type=Path, metavar="FILE", help="the standard output if it is left out"
        )
        parser.add_argument("--schema", action="store_true", help="write the JSON Schema of the file instead")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write what was asked for."""
        if options["schema"]:
            text = json.dumps(layout.schema(), indent=2, ensure_ascii=False) + "\n"
        else:
            text = snapshot.export(find(options["code"]))
        if options["output"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            options["output"].write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(
                f"{options['output']} cannot be written: {error.strerror}.", returncode=2
            ) from None


def find(code: str | None) -> Programme:
    """The programme of that code, or the only one. Raises ``CommandError`` naming those that there are."""
    programmes = {programme.code: programme for programme in Programme.objects.order_by("code")}
    if code is None and len(programmes) == 1:
        return next(iter(programmes.values()))
    if code in programmes:
        return programmes[code]
    known = ", ".join(programmes) or "none"
    said = "Say which programme" if code is None else f"There is no programme “{code}”"
    raise CommandError(f"{said}; there are: {known}.", returncode=2)
