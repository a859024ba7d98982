"""``manage.py backtest_part``: a process that works on parts of a backtest. Started by the one who runs it."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand

from campaigns.backtest import crew


class Command(BaseCommand):
    """Works on the spans that come in as lines, and answers with tallies as lines."""

    help = (
        "Works on parts of a backtest. Started by the process that runs it; not meant to be called by hand."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Answer on what was standard output; whatever else is said goes to standard error."""
        answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        crew.serve(sys.stdin.buffer, answers)
